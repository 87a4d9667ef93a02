from odoo import fields, models


class LeadPoolLookupLine(models.TransientModel):
    """One answer."""

    _name = "lead.pool.lookup.line"
    _description = "Known Record"

    lookup_id = fields.Many2one("lead.pool.lookup", required=True, ondelete="cascade")
    kind = fields.Selection([("lead", "Lead"), ("customer", "Customer")], readonly=True)
    state = fields.Selection(
        [
            ("pooled", "In the pool"),
            ("protected", "Protected"),
            ("owned", "With a salesperson"),
            ("outside", "Known, without a salesperson"),
        ],
        readonly=True,
    )
    pool_name = fields.Char(string="Pool", readonly=True)
    claimable = fields.Boolean(string="You may claim it", readonly=True)
    owner = fields.Char(string="Salesperson", readonly=True)
