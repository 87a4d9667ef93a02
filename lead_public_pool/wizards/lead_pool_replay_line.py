from odoo import fields, models


class LeadPoolReplayLine(models.TransientModel):
    """What a rule and a draft of it would have done to one salesperson."""

    _name = "lead.pool.replay.line"
    _inherit = ["lead.pool.dialog"]
    _description = "Replay of a Rule for One Salesperson"
    _order = "draft_taken_count desc, holding_count desc, id"

    replay_id = fields.Many2one(
        "lead.pool.replay",
        required=True,
        ondelete="cascade",
        help="The comparison that this line belongs to.",
    )
    user_id = fields.Many2one(
        "res.users", string="Salesperson", readonly=True, help="Who held the record then."
    )
    holding_count = fields.Integer(
        string="Received", readonly=True, help="Records that he received in the period."
    )
    really_count = fields.Integer(
        string="Really back",
        readonly=True,
        help="Of these, taken back by whatever rule was in force.",
    )
    today_taken_count = fields.Integer(
        string="Rule: back",
        readonly=True,
        help="Records that the rule of today would have taken back.",
    )
    today_touched_count = fields.Integer(
        string="Rule: worked later",
        readonly=True,
        help="Of these, worked by him after that moment: the rule would have done harm.",
    )
    today_won_count = fields.Integer(
        string="Rule: won later",
        readonly=True,
        help="Of these, won by him after that moment.",
    )
    draft_taken_count = fields.Integer(
        string="Draft: back", readonly=True, help="Records that the draft would have taken back."
    )
    draft_touched_count = fields.Integer(
        string="Draft: worked later",
        readonly=True,
        help="Of these, worked by him after that moment: the draft would have done harm.",
    )
    draft_won_count = fields.Integer(
        string="Draft: won later", readonly=True, help="Of these, won by him after that moment."
    )
