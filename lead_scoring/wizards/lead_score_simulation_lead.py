from odoo import fields, models

from ..models.lead_score_history import CLASSES


class LeadScoreSimulationLead(models.TransientModel):
    """One lead in the preview of a scorecard."""

    _name = "lead.score.simulation.lead"
    _inherit = ["lead.score.dialog"]
    _description = "Lead in a Scorecard Preview"
    _order = "id"

    simulation_id = fields.Many2one(
        "lead.score.simulation",
        required=True,
        ondelete="cascade",
        help="The preview that this line belongs to.",
    )
    lead_id = fields.Many2one(
        "crm.lead", readonly=True, ondelete="cascade", help="A lead whose score would change."
    )
    score_before = fields.Float(string="Score today", readonly=True, help="The score as it is.")
    score_after = fields.Float(
        string="Score then", readonly=True, help="The score if the scorecard were published."
    )
    grade_before = fields.Selection(
        CLASSES["grade"], string="Grade today", readonly=True, help="The grade as it is."
    )
    grade_after = fields.Selection(
        CLASSES["grade"],
        string="Grade then",
        readonly=True,
        help="The grade if the scorecard were published.",
    )
    temperature_before = fields.Selection(
        CLASSES["temperature"],
        string="Temperature today",
        readonly=True,
        help="The temperature as it is.",
    )
    temperature_after = fields.Selection(
        CLASSES["temperature"],
        string="Temperature then",
        readonly=True,
        help="The temperature if the scorecard were published.",
    )
