from odoo import fields, models


class LeadPoolLookupLine(models.TransientModel):
    """One answer."""

    _name = "lead.pool.lookup.line"
    _inherit = ["lead.pool.dialog"]
    _description = "Known Record"

    lookup_id = fields.Many2one(
        "lead.pool.lookup", required=True, ondelete="cascade", help="The search that found this."
    )
    kind = fields.Selection(
        [("lead", "Lead"), ("customer", "Customer")],
        readonly=True,
        help="Whether a lead or a customer was found.",
    )
    state = fields.Selection(
        [
            ("pooled", "In the pool"),
            ("protected", "Protected"),
            ("owned", "With a salesperson"),
            ("outside", "Known, without a salesperson"),
        ],
        readonly=True,
        help="Whether the record can be had.",
    )
    pool_name = fields.Char(
        string="Pool", readonly=True, help="The pool in which the record waits."
    )
    claimable = fields.Boolean(
        string="You may claim it",
        readonly=True,
        help="Whether you may claim the record from its pool.",
    )
    owner = fields.Char(string="Salesperson", readonly=True, help="Who works the record.")
