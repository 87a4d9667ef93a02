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

    probability = fields.Float(
        readonly=True,
        aggregator="avg",
        help="How likely the lead is won, in percent, learned from closed leads.",
    )
    band = fields.Selection(
        BANDS,
        readonly=True,
        help="High: the odds are at least twice those of an average lead. Low: at most half.",
    )
    model_id = fields.Many2one(
        "lead.score.model",
        readonly=True,
        ondelete="set null",
        help="Version of the model that gave the probability.",
    )
    date = fields.Datetime(readonly=True, help="When the lead was last predicted.")
    dirty = fields.Boolean(
        readonly=True, help="Whether the lead has changed since and waits for the next prediction."
    )

    _lead_fkey = models.Constraint("FOREIGN KEY (id) REFERENCES crm_lead (id) ON DELETE CASCADE")
    _probability_index = models.Index("(probability DESC, id DESC)")
    _dirty_index = models.Index("(id) WHERE dirty")
