from odoo import models


class LeadScoreCardSimulation(models.AbstractModel):
    """Preview of what publishing a scorecard would change, without storing anything."""

    _name = "lead.score.card.simulation"
    _description = "Scorecard Simulation"
