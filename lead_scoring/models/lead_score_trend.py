from odoo import fields, models
from odoo.fields import Domain
from odoo.tools import SQL

DAYS = 7


class Trend(fields.Selection):
    """A selection that is one expression in SQL."""

    def to_sql(self, model, alias):
        """See `Field.to_sql`."""
        return model._score_trend_sql(alias)


class CrmLead(models.Model):
    """Whether a lead gets better or worse, told from the history of its score.

    One expression in SQL is what is shown, searched and grouped by.
    """

    _name = "crm.lead"
    _inherit = ["crm.lead"]

    score_trend = Trend(
        [("up", "Rising"), ("steady", "Steady"), ("down", "Falling")],
        string="Trend",
        compute="_compute_score_trend",
        search="_search_score_trend",
        help="Whether the score rose or fell by a point or more within the last seven days.",
    )

    def _compute_score_trend(self):
        trends = {}
        if self.ids:
            rows = self.env.execute_query(
                SQL(
                    "SELECT id, %s FROM crm_lead WHERE id IN %s",
                    self._score_trend_sql("crm_lead"),
                    tuple(self.ids),
                )
            )
            trends = dict(rows)
        for lead in self:
            lead.score_trend = trends.get(lead._origin.id, "steady")

    def _search_score_trend(self, operator, value):
        if operator != "in":
            return NotImplemented
        value = set(value)
        moving = tuple(value & {"up", "down"})
        domain = Domain.FALSE
        if moving:
            domain |= Domain.custom(to_sql=lambda model, alias, query: self._moved(alias, moving))
        if "steady" in value:
            other = tuple({"up", "down"})
            domain |= ~Domain.custom(to_sql=lambda model, alias, query: self._moved(alias, other))
        return domain

    def _moved(self, alias, trends):
        """Leads with one of these trends; only whose score has changed lately need be looked at."""
        return SQL(
            "(%(lead)s IN (SELECT lead_id FROM lead_score_history WHERE date > %(since)s)"
            " AND %(trend)s IN %(trends)s)",
            lead=SQL.identifier(alias, "id"),
            since=self._score_trend_since(),
            trend=self._score_trend_sql(alias),
            trends=trends,
        )

    def _score_trend_since(self):
        return fields.Datetime.subtract(self.env.cr.now(), days=DAYS)

    def _score_trend_sql(self, alias):
        """`up`, `steady` or `down` for the lead of this alias.

        Compared is the score with the one a week ago, or the first one of a younger lead.
        """
        history = self.env["lead.score.history"]
        return SQL(
            """(
            SELECT CASE WHEN t.change >= 1 THEN 'up'
                        WHEN t.change <= -1 THEN 'down' ELSE 'steady' END
              FROM (
                SELECT (SELECT s.score FROM lead_score s WHERE s.id = %(lead)s) - COALESCE(
                    (SELECT h.score FROM lead_score_history h
                      WHERE h.lead_id = %(lead)s AND h.date <= %(since)s
                      ORDER BY h.date DESC, h.id DESC LIMIT 1),
                    (SELECT COALESCE(h.score_before, h.score) FROM lead_score_history h
                      WHERE h.lead_id = %(lead)s ORDER BY h.date, h.id LIMIT 1)
                ) AS change
              ) t
            )""",
            lead=SQL.identifier(alias, "id"),
            since=self._score_trend_since(),
            to_flush=history._fields["score"],
        )
