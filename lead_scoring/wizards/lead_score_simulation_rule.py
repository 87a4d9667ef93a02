from odoo import api, fields, models


class LeadScoreSimulationRule(models.TransientModel):
    """How many leads one rule matches in the preview of a scorecard."""

    _name = "lead.score.simulation.rule"
    _inherit = ["lead.score.dialog"]
    _description = "Rule in a Scorecard Preview"
    _order = "id"

    simulation_id = fields.Many2one(
        "lead.score.simulation",
        required=True,
        ondelete="cascade",
        help="The preview that this line belongs to.",
    )
    rule_id = fields.Many2one(
        "lead.score.rule", readonly=True, ondelete="cascade", help="The rule that is tried out."
    )
    points = fields.Float(related="rule_id.points")
    match_count = fields.Integer(string="Leads", readonly=True, help="Leads for which it counts.")
    note = fields.Char(compute="_compute_note", help="What to look at.")

    @api.depends("match_count", "rule_id", "simulation_id.lead_count")
    def _compute_note(self):
        for line in self:
            if line.rule_id.broken:
                line.note = line.rule_id.broken
            elif not line.match_count:
                line.note = self.env._("Matches nothing")
            elif line.match_count >= line.simulation_id.lead_count:
                line.note = self.env._("Matches everything")
            else:
                line.note = line.rule_id.limit_note
