from odoo import fields, models


class LeadPoolResultLine(models.TransientModel):
    """Answer for one record."""

    _name = "lead.pool.result.line"
    _inherit = ["lead.pool.dialog"]
    _description = "What Happened to One Record"
    _order = "ok, id"

    result_id = fields.Many2one(
        "lead.pool.result",
        required=True,
        ondelete="cascade",
        help="The action that this line belongs to.",
    )
    record_name = fields.Char(string="Record", readonly=True, help="The lead or customer.")
    ok = fields.Boolean(string="Moved", readonly=True, help="Whether the record changed hands.")
    asked = fields.Boolean(
        string="Asked for", readonly=True, help="Whether a manager has been asked and decides."
    )
    message = fields.Char(string="Answer", readonly=True, help="What happened, or why not.")
    available_at = fields.Datetime(
        string="Possible from", readonly=True, help="When it may be tried again."
    )
