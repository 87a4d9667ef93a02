from odoo import api, fields, models
from odoo.exceptions import AccessError

from .lead_score_event import ENGINE, in_engine
from .lead_score_qualification import STATES

CLASSES = {
    "grade": [("A", "A"), ("B", "B"), ("C", "C"), ("D", "D")],
    "temperature": [("hot", "Hot"), ("warm", "Warm"), ("cold", "Cold")],
    "intent": [("high", "High"), ("medium", "Medium"), ("low", "Low")],
    "level": [("none", "Below MQL"), ("mql", "MQL"), ("sql", "SQL")],
}
REASONS = [
    ("create", "New lead"),
    ("edit", "The lead was edited"),
    ("signal", "Something the lead did"),
    ("time", "Time passed"),
    ("rules", "The scorecard changed"),
    ("refresh", "Recalculated"),
    ("override", "Set by hand"),
    ("merge", "Leads were merged"),
    ("qualification", "Qualified or rejected"),
]


class LooseMany2one(fields.Many2one):
    """A link without a foreign key, which PostgreSQL would check for each of many rows.

    For scorecards only: once published they are never deleted.
    """

    def update_db_foreign_key(self, model, column):
        """There is none."""


class LeadScoreHistory(models.Model):
    """One row per change of a lead's score or classes, never changed.

    The engine adds a row when the score, the grade, the temperature, the intent or the level
    changes. Whoever changes `qualification` adds a row by `crm.lead._score_log`.
    """

    _name = "lead.score.history"
    _description = "Lead Score History"
    _order = "date desc, id desc"
    _rec_name = "lead_id"
    _log_access = False
    _allow_sudo_commands = False

    lead_id = fields.Many2one("crm.lead", required=True, readonly=True, ondelete="cascade")
    date = fields.Datetime(required=True, readonly=True, index=True, help="When it changed.")
    reason = fields.Selection(REASONS, readonly=True, help="What made the score change.")
    card_id = LooseMany2one(
        "lead.score.card",
        string="Scorecard",
        readonly=True,
        help="Scorecard by which the lead was judged.",
    )
    card_version = fields.Integer(
        string="Version",
        readonly=True,
        aggregator=None,
        help="Version of the scorecard at that time.",
    )
    score_before = fields.Float(digits=(6, 2), readonly=True, aggregator=None)
    score = fields.Float(digits=(6, 2), readonly=True, aggregator="avg")
    grade_before = fields.Selection(CLASSES["grade"], readonly=True)
    grade = fields.Selection(CLASSES["grade"], readonly=True)
    temperature_before = fields.Selection(CLASSES["temperature"], readonly=True)
    temperature = fields.Selection(CLASSES["temperature"], readonly=True)
    intent_before = fields.Selection(CLASSES["intent"], readonly=True)
    intent = fields.Selection(CLASSES["intent"], readonly=True)
    level_before = fields.Selection(CLASSES["level"], readonly=True)
    level = fields.Selection(CLASSES["level"], readonly=True)
    qualification_before = fields.Selection(STATES, readonly=True)
    qualification = fields.Selection(STATES, readonly=True)
    user_id = fields.Many2one("res.users", string="By", readonly=True, help="Who caused it.")
    note = fields.Char(readonly=True, help="What was written down with it.")

    _lead_index = models.Index("(lead_id, date DESC, id DESC)")

    @api.model
    def _search(self, domain, *args, **kwargs):
        """Who may read a lead may read its history, and nobody else."""
        domain = self.env["lead.score.event"]._visible_domain(domain, kwargs)
        return super()._search(domain, *args, **kwargs)

    @api.model_create_multi
    def create(self, vals_list):
        self._only_the_engine()
        return super().create(vals_list)

    def write(self, vals):
        self._only_the_engine()
        return super().write(vals)

    def unlink(self):
        self._only_the_engine()
        return super().unlink()

    @api.model
    def _add(self, rows):
        """Add rows, from the score's own code.

        :param list rows: values by column
        """
        self.sudo().with_context(score_engine=ENGINE).create(rows)

    def _only_the_engine(self):
        if not in_engine(self.env):
            raise AccessError(
                self.env._("The history of scores is written by the system and cannot be changed.")
            )
