from odoo import fields, models

from ..tools.arguments import checked


class LeadScoreSimulation(models.TransientModel):
    """What publishing a scorecard would change."""

    _name = "lead.score.simulation"
    _inherit = ["lead.score.dialog"]
    _description = "Scorecard Preview"

    card_id = fields.Many2one(
        "lead.score.card",
        string="Scorecard",
        readonly=True,
        help="The scorecard that is tried out.",
    )
    lead_count = fields.Integer(
        string="Leads", readonly=True, help="Open leads that the scorecard would judge."
    )
    moved_count = fields.Integer(
        string="New here",
        readonly=True,
        help="Of these, leads that another scorecard or none judges today.",
    )
    lost_count = fields.Integer(
        string="No longer here",
        readonly=True,
        help="Leads that this scorecard judges today and would no longer judge.",
    )
    taken_count = fields.Integer(
        string="Judged by others first",
        readonly=True,
        help="Open leads that match this scorecard too, but a scorecard that comes before it.",
    )
    changed_count = fields.Integer(
        string="Change class",
        readonly=True,
        help="Leads whose grade, temperature, intent or level would change.",
    )
    average_before = fields.Float(
        string="Average score today", readonly=True, help="Average score of the leads as it is."
    )
    average_after = fields.Float(
        string="Average score then",
        readonly=True,
        help="Average score of the leads if the scorecard were published.",
    )
    histogram = fields.Html(
        readonly=True, sanitize=False, help="How many leads have which score, before and after."
    )
    lead_ids = fields.One2many(
        "lead.score.simulation.lead",
        "simulation_id",
        readonly=True,
        help="Leads whose score would change most.",
    )
    rule_ids = fields.One2many(
        "lead.score.simulation.rule",
        "simulation_id",
        readonly=True,
        help="How many leads each rule matches.",
    )

    @checked(one=True)
    def action_publish(self):
        """Publish the scorecard that was previewed.

        :return: action that closes the preview
        """
        self.card_id.action_publish()
        return {"type": "ir.actions.act_window_close"}
