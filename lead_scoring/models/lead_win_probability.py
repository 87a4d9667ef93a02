from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..tools import side_row
from ..tools.arguments import checked
from ..tools.heard import heard
from ..tools.side_row import SideRow

WIN_FIELDS = {
    "win_probability": "probability",
    "win_band": "band",
    "win_model_id": "model_id",
    "win_date": "date",
}
# Band and probability come together, and a probability may be zero.
PREDICTED = Domain("band", "!=", False)
# How many reasons a lead shows in each direction.
REASONS = 4
# A reason that moves the probability by less is none.
LEAST_POINTS = 0.5


class CrmLead(models.Model):
    """The win probability on a lead: fields to read, search and sort, and its reasons.

    It stands beside Odoo's `probability` and `automated_probability`, which are never written.
    A change of a field that the model looks at only marks the lead; a job predicts marked leads.
    """

    _name = "crm.lead"
    _inherit = ["crm.lead"]

    lead_win_id = SideRow(
        "lead.win",
        string="Win probability record",
        compute="_compute_lead_win_id",
        search="_search_lead_win_id",
        compute_sudo=True,
        help="Where the win probability of the lead is kept.",
    )
    win_probability = fields.Float(
        related="lead_win_id.probability",
        string="Win Probability",
        aggregator="avg",
        help="How likely the lead is won, in percent, learned from this company's closed leads. "
        "Odoo's own probability stays what it is.",
    )
    win_band = fields.Selection(
        related="lead_win_id.band",
        string="Chance",
        help="High: the odds are at least twice those of an average lead. Low: at most half.",
    )
    win_model_id = fields.Many2one(
        "lead.score.model",
        related="lead_win_id.model_id",
        string="Prediction model",
        help="Version of the model that gave the win probability.",
    )
    win_date = fields.Datetime(
        related="lead_win_id.date", string="Predicted on", help="When the lead was last predicted."
    )
    win_is_stale = fields.Boolean(
        related="lead_win_id.dirty",
        string="Waits for a prediction",
        help="The lead has changed since it was predicted. It is predicted again within minutes.",
    )
    win_reasons_up = fields.Text(
        string="Speaks for it",
        compute="_compute_win_reasons",
        help="What raises the probability of this lead most, compared with an average lead.",
    )
    win_reasons_down = fields.Text(
        string="Speaks against it",
        compute="_compute_win_reasons",
        help="What lowers the probability of this lead most, compared with an average lead.",
    )

    def _compute_lead_win_id(self):
        side_row.link(self, "lead_win_id", PREDICTED)

    def _search_lead_win_id(self, operator, value):
        return side_row.search(self.env["lead.win"], operator, value, PREDICTED)

    def _order_field_to_sql(self, alias, field_name, direction, nulls, query):
        """Leads that were not predicted come last, not first."""
        if field_name in WIN_FIELDS and direction.code == "DESC" and not nulls.code:
            nulls = SQL("NULLS LAST")
        return super()._order_field_to_sql(alias, field_name, direction, nulls, query)

    @api.depends("lead_win_id")
    def _compute_win_reasons(self):
        explained = {row["id"]: row for row in self._win_explained()}
        for lead in self:
            texts = {True: [], False: []}
            for reason in explained.get(lead._origin.id, {}).get("reasons", ()):
                texts[reason["points"] > 0].append(reason["text"])
            lead.win_reasons_up = "\n".join(texts[True][:REASONS]) or False
            lead.win_reasons_down = "\n".join(texts[False][:REASONS]) or False

    # ------------------------------------------------------------------
    # Public API
    # ------------------------------------------------------------------

    @checked()
    def win_explain(self):
        """Why these leads have their win probability.

        :return: one dict per lead that a model can judge: `id`, `probability` (percent, by the
            values as they are now), `odoo_probability` (Odoo's own, percent), `average` (percent),
            `reasons`: list of dicts with `field`, `text`, `points` (percentage points), the
            strongest first
        :rtype: list[dict]
        """
        self.check_access("read")
        return self._win_explained()

    @checked()
    def win_refresh(self):
        """Predict these leads now instead of at the next run of the job.

        :return: True
        """
        self.check_access("read")
        self.env["lead.score.model"].sudo()._predict_leads(self.ids)
        return True

    def _win_explained(self):
        return self.env["lead.score.model"]._explain_leads(self._origin, LEAST_POINTS)

    # ------------------------------------------------------------------
    # What changes a prediction
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        leads = super().create(vals_list)
        leads._win_mark()
        return leads

    def write(self, vals):
        watched = self.env["lead.score.model"]._watched_fields() & vals.keys()
        result = super().write(vals)
        if watched:
            self._win_mark()
        return result

    def _compute_field_value(self, field):
        """Hear of what Odoo carries over from other records, such as the phone of the contact."""
        result = super()._compute_field_value(field)
        watched = self.env["lead.score.model"]._watched_fields() if field.store else ()
        if watched and any(made.name in watched for made in self.pool.field_computed[field]):
            waiting = heard(self.env, "lead_scoring.win", self._win_mark_heard)
            waiting.update(filter(None, self._ids))
        return result

    @api.model
    def _win_mark_heard(self, ids):
        self.browse(ids).exists()._win_mark()

    def _win_mark(self):
        """Have these leads predicted by the next run of the job."""
        heard(self.env, "lead_scoring.win", self._win_mark_heard).difference_update(self._ids)
        if self.ids and self.env["lead.score.model"]._has_champion():
            self.env.cr.execute(
                SQL(
                    "INSERT INTO lead_win (id, dirty) SELECT unnest(%s), true"
                    " ON CONFLICT (id) DO UPDATE SET dirty = true WHERE NOT lead_win.dirty"
                    " OR lead_win.dirty IS NULL",
                    self.ids,
                )
            )

    def _merge_dependences(self, opportunities):
        result = super()._merge_dependences(opportunities)
        self._win_mark()
        return result
