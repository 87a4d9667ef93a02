from odoo import fields, models


class LeadPoolPreviewLine(models.TransientModel):
    """What one rule would take back from one salesperson."""

    _name = "lead.pool.preview.line"
    _inherit = ["lead.pool.dialog"]
    _description = "What Would Be Taken Back from One Salesperson"
    _order = "now_count desc, week_count desc, id"

    preview_id = fields.Many2one(
        "lead.pool.preview",
        required=True,
        ondelete="cascade",
        help="The preview that this line belongs to.",
    )
    user_id = fields.Many2one(
        "res.users", string="Salesperson", readonly=True, help="Who would lose the record."
    )
    rule_id = fields.Many2one(
        "lead.pool.rule",
        readonly=True,
        ondelete="cascade",
        help="The rule that would take the record back.",
    )
    now_count = fields.Integer(string="Now", readonly=True, help="Records that are due already.")
    week_count = fields.Integer(
        string="Within a week", readonly=True, help="Records due within seven days, or already."
    )
    first_date = fields.Datetime(string="First", readonly=True, help="When the first one is due.")
