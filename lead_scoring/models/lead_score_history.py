from odoo import api, fields, models
from odoo.tools import SQL

from ..tools.qualification import STATES

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

    For scorecards, which are never deleted once they are published, and for the leads and users
    of the history, which go from it in their `unlink`. A history cannot outlive a lead that is
    just being deleted: whoever adds to it has written the lead's row of `lead.score`, which does
    refer to it.
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
    _inherit = ["lead.score.ledger"]
    _order = "date desc, id desc"
    _rec_name = "lead_id"
    _log_access = False
    _allow_sudo_commands = False

    lead_id = LooseMany2one(
        "crm.lead",
        required=True,
        readonly=True,
        ondelete="cascade",
        help="The lead whose score or class changed.",
    )
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
    score_before = fields.Float(
        digits=(6, 2), readonly=True, aggregator=None, help="The score before the change."
    )
    score = fields.Float(
        digits=(6, 2), readonly=True, aggregator="avg", help="The score from then on."
    )
    grade_before = fields.Selection(
        CLASSES["grade"], readonly=True, help="The grade before the change."
    )
    grade = fields.Selection(
        CLASSES["grade"],
        readonly=True,
        help="How well the lead suited us from then on, from A (best) to D.",
    )
    temperature_before = fields.Selection(
        CLASSES["temperature"], readonly=True, help="The temperature before the change."
    )
    temperature = fields.Selection(
        CLASSES["temperature"], readonly=True, help="How promising the lead was from then on."
    )
    intent_before = fields.Selection(
        CLASSES["intent"], readonly=True, help="The intent before the change."
    )
    intent = fields.Selection(
        CLASSES["intent"], readonly=True, help="How much the lead wanted it from then on."
    )
    level_before = fields.Selection(
        CLASSES["level"], readonly=True, help="The level before the change."
    )
    level = fields.Selection(
        CLASSES["level"], readonly=True, help="Which threshold the score reached from then on."
    )
    qualification_before = fields.Selection(
        STATES, readonly=True, help="The qualification before the change."
    )
    qualification = fields.Selection(STATES, readonly=True, help="The qualification from then on.")
    user_id = LooseMany2one("res.users", string="By", readonly=True, help="Who caused it.")
    note = fields.Char(readonly=True, help="What was written down with it.")

    _lead_index = models.Index("(lead_id, date DESC, id DESC)")

    @api.model
    def _add(self, values):
        """Add a row to the history of each lead, from the score's own code, in one statement.

        :param dict values: see `_score_log`
        """
        if not values:
            return
        ids = sorted(values)
        kept = [SQL.identifier(name) for name in ("score", *CLASSES)]
        before = [SQL.identifier(f"{name}_before") for name in ("score", *CLASSES)]
        given = {"user_id": self.env.uid, **values[ids[0]]}
        columns = [
            [values[lead_id].get(name, given[name]) or None for lead_id in ids] for name in given
        ]
        self.env.cr.execute(
            SQL(
                "INSERT INTO lead_score_history"
                " (lead_id, date, card_id, card_version, %(kept)s, %(before)s, %(names)s)"
                " SELECT lead_id, %(now)s, card_id, card_version, %(stored)s, %(stored)s, %(new)s"
                " FROM unnest(%(ids)s::int[], %(columns)s) AS given (lead_id, %(names)s)"
                " LEFT JOIN lead_score score ON score.id = lead_id ORDER BY lead_id",
                kept=SQL(", ").join(kept),
                before=SQL(", ").join(before),
                names=SQL(", ").join(map(SQL.identifier, given)),
                now=self.env.cr.now(),
                stored=SQL(", ").join(SQL("score.%s", name) for name in kept),
                new=SQL(", ").join(SQL.identifier("given", name) for name in given),
                ids=ids,
                columns=SQL(", ").join(
                    SQL("%s::%s[]", column, SQL(self._fields[name]._column_type[0]))
                    for name, column in zip(given, columns, strict=True)
                ),
            )
        )
        leads = self.env["crm.lead"].browse(ids)
        leads.invalidate_recordset(["score_history_ids"], flush=False)

    def _why_not(self):
        return self.env._("The history of scores is written by the system and cannot be changed.")
