from odoo import api, fields, models
from odoo.tools import SQL, ormcache

from ..tools import side_row
from ..tools.side_row import SideRow

# Fields of the lead by the column of `lead.score` that they show.
SCORE_FIELDS = {
    "score": "score",
    "score_computed": "computed",
    "score_fit": "fit",
    "score_need": "need",
    "score_budget": "budget",
    "score_authority": "authority",
    "score_timing": "timing",
    "score_engagement": "engagement",
    "score_negative": "negative",
    "score_grade": "grade",
    "score_temperature": "temperature",
    "score_intent": "intent",
    "score_level": "level",
    "score_matrix": "matrix",
    "score_due_date": "due_date",
    "score_card_id": "card_id",
    "score_card_version": "card_version",
    "score_day": "day",
    "score_failure": "failure",
    "score_override": "override_score",
    "score_override_set": "override_set",
    "score_override_until": "override_until",
    "score_override_reason": "override_reason",
    "score_override_user_id": "override_user_id",
}

# Of more leads than a list shows, whoever goes through them asks for a field or two.
PAGE = 100


def _points(column, label, text):
    return fields.Float(
        string=label, related=f"lead_score_id.{column}", aggregator="avg", help=text
    )


class CrmLead(models.Model):
    """The score on a lead: fields to read, search, sort and group by, and what keeps them right.

    Others may rely on: the fields of `SCORE_FIELDS` and `score_trend`; `_score_update(reason)`
    after changing what rules look at past `write`; `_score_changed(before)`, to be overridden;
    `_score_log(values)` to add rows to the history.
    """

    _name = "crm.lead"
    _inherit = ["crm.lead"]

    lead_score_id = SideRow(
        "lead.score",
        string="Score record",
        compute="_compute_lead_score_id",
        search="_search_lead_score_id",
        compute_sudo=True,
        help="Where the score of the lead is kept.",
    )
    score = _points("score", "Score", "From 0 to 100: whom to call first. Set by hand or counted.")
    score_computed = _points("computed", "Counted score", "The score that the rules give.")
    score_fit = _points("fit", "Fit", "How well the lead suits us.")
    score_need = _points("need", "Need", "How much the lead needs what we sell.")
    score_budget = _points("budget", "Budget", "Whether the lead has the money.")
    score_authority = _points("authority", "Authority", "Whether we talk to who decides.")
    score_timing = _points("timing", "Timing", "Whether the lead will buy soon.")
    score_engagement = _points("engagement", "Engagement", "How much the lead does.")
    score_negative = _points("negative", "Negative", "What speaks against the lead.")
    score_grade = fields.Selection(
        string="Grade",
        related="lead_score_id.grade",
        help="How well the lead suits us, from A (best) to D.",
    )
    score_temperature = fields.Selection(
        string="Temperature",
        related="lead_score_id.temperature",
        help="How promising the lead is, by its score.",
    )
    score_intent = fields.Selection(
        string="Intent",
        related="lead_score_id.intent",
        help="How much the lead wants it now, by need, timing and engagement.",
    )
    score_level = fields.Selection(
        string="Level",
        related="lead_score_id.level",
        help="Whether the score reaches the thresholds of a marketing qualified or a sales "
        "qualified lead.",
    )
    score_matrix = fields.Char(
        string="Matrix",
        related="lead_score_id.matrix",
        help="Grade of fit and intent: A1 suits us best and wants it most, D3 least.",
    )
    score_due_date = fields.Datetime(
        string="Class changes on",
        related="lead_score_id.due_date",
        help="When the passing of time alone will next change the grade, temperature, intent or "
        "level of the lead.",
    )
    score_card_id = fields.Many2one(
        "lead.score.card",
        string="Scorecard",
        related="lead_score_id.card_id",
        help="Scorecard by which the lead is judged.",
    )
    score_card_version = fields.Integer(
        string="Scorecard version", related="lead_score_id.card_version", aggregator=None
    )
    score_failure = fields.Char(
        string="Not scored because",
        related="lead_score_id.failure",
        help="Why the score could not be worked out last time. It is tried again each day.",
    )
    score_day = fields.Date(
        string="Scored on",
        related="lead_score_id.day",
        help="Day on which the score last changed. What a lead did fades day by day; the score is "
        "worked out again when that makes a difference of a point or changes a class.",
    )
    score_override = fields.Float(
        string="Score set by hand",
        related="lead_score_id.override_score",
        aggregator=None,
        help="Score that a person set; the counted one is kept beside it.",
    )
    score_override_set = fields.Boolean(string="Set by hand", related="lead_score_id.override_set")
    score_override_until = fields.Date(
        string="Set until",
        related="lead_score_id.override_until",
        help="Last day on which the score set by hand holds.",
    )
    score_override_reason = fields.Char(
        string="Reason for the score", related="lead_score_id.override_reason"
    )
    score_override_user_id = fields.Many2one(
        "res.users", string="Score set by", related="lead_score_id.override_user_id"
    )
    score_event_ids = fields.One2many(
        "lead.score.event", "lead_id", readonly=True, copy=False, help="What the lead did."
    )
    score_history_ids = fields.One2many(
        "lead.score.history",
        "lead_id",
        readonly=True,
        copy=False,
        help="Every change of the score or a class, with its reason.",
    )

    # ------------------------------------------------------------------
    # Fields that live in the side table
    # ------------------------------------------------------------------

    @api.model
    @ormcache()
    def _score_beside(self):
        """By name of a field, its link to a narrow table and all that is shown of that."""
        return {
            name: (link, pairs)
            for link, pairs in side_row.shown(self).items()
            for name, _column in pairs
        }

    def _compute_field_value(self, field):
        beside = self._score_beside().get(field.name)
        if beside and len(self) <= PAGE:
            return side_row.show(self, *beside)
        return super()._compute_field_value(field)

    def _compute_lead_score_id(self):
        side_row.link(self, "lead_score_id")

    def _search_lead_score_id(self, operator, value):
        return side_row.search(self.env["lead.score"], operator, value)

    # ------------------------------------------------------------------
    # What keeps the score right
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        leads = super().create(vals_list)
        leads._score_update("create")
        return leads

    def unlink(self):
        ids = tuple(self.ids)
        result = super().unlink()
        if ids:
            self.env.cr.execute(SQL("DELETE FROM lead_score_history WHERE lead_id IN %s", ids))
        return result

    def _score_changed(self, before):
        """Hook: the classes of these leads have just changed. Does nothing by itself.

        Called once per batch by every way in which a score changes: create, write, signal,
        time, publishing a card, refresh, override, merge. It runs after the new classes are stored
        and can be read from the fields; it may write the leads.
        `self.env.context["score_reason"]` says what caused it (a key of `REASONS` in
        `lead_score_history`).

        :param dict before: by lead id, the classes before as a dict with the keys `score`,
            `grade`, `temperature`, `intent` and `level`; all of them False for a lead that had
            never been scored
        """

    def _score_log(self, values):
        """Add one row to the history of each lead.

        :param dict values: by lead id, the columns of `lead.score.history` that changed, such as
            `{"qualification_before": "raw", "qualification": "mql", "reason": "qualification"}`,
            the same columns for each; score, classes, card, date and user are filled in
        """
        self.env["lead.score.history"]._add(
            {lead_id: values[lead_id] for lead_id in self.ids if lead_id in values}
        )

    # ------------------------------------------------------------------
    # Merge
    # ------------------------------------------------------------------

    def _merge_dependences(self, opportunities):
        result = super()._merge_dependences(opportunities)
        self._score_merge(opportunities)
        return result
