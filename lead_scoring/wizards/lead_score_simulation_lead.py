from odoo import fields, models

from ..models.lead_score_history import CLASSES


class LeadScoreSimulationLead(models.TransientModel):
    """One lead in the preview of a scorecard."""

    _name = "lead.score.simulation.lead"
    _description = "Lead in a Scorecard Preview"
    _order = "id"

    simulation_id = fields.Many2one("lead.score.simulation", required=True, ondelete="cascade")
    lead_id = fields.Many2one("crm.lead", readonly=True, ondelete="cascade")
    score_before = fields.Float(string="Score today", readonly=True)
    score_after = fields.Float(string="Score then", readonly=True)
    grade_before = fields.Selection(CLASSES["grade"], string="Grade today", readonly=True)
    grade_after = fields.Selection(CLASSES["grade"], string="Grade then", readonly=True)
    temperature_before = fields.Selection(
        CLASSES["temperature"], string="Temperature today", readonly=True
    )
    temperature_after = fields.Selection(
        CLASSES["temperature"], string="Temperature then", readonly=True
    )
