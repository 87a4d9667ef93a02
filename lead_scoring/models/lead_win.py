from odoo import fields, models

BANDS = [
    ("low", "Low"),
    ("medium", "Average"),
    ("high", "High"),
]


class LeadWin(models.Model):
    """The win probability of a lead: one narrow row per lead, with the same id as the lead.

    Written by the prediction only, in SQL: a row of `crm_lead` is dear to rewrite, one of this is
    not. `crm.lead` shows its columns as ordinary fields.
    """

    _name = "lead.win"
    _description = "Win Probability of a Lead"
    _order = "probability desc, id desc"
    _log_access = False
    _allow_sudo_commands = False

    probability = fields.Float(readonly=True, aggregator="avg")
    band = fields.Selection(BANDS, readonly=True)
    model_id = fields.Many2one("lead.score.model", readonly=True, ondelete="set null")
    date = fields.Datetime(readonly=True)
    dirty = fields.Boolean(readonly=True)

    _lead_fkey = models.Constraint("FOREIGN KEY (id) REFERENCES crm_lead (id) ON DELETE CASCADE")
    _probability_index = models.Index("(probability DESC, id DESC)")
    _dirty_index = models.Index("(id) WHERE dirty")
