from odoo import models
from odoo.tools import SQL

from ..tools.arguments import checked
from .lead_score_history import CLASSES

SAMPLE = 20  # so many leads are shown, those that change most
BARS = 10


class LeadScoreCardSimulation(models.AbstractModel):
    """Preview of what publishing a scorecard would change; no score is stored."""

    _name = "lead.score.card.simulation"
    _description = "Scorecard Simulation"

    @checked(one=True)
    def action_simulate(self):
        """Show what publishing this scorecard as it is now would change.

        :return: window action of the preview
        """
        self.check_access("read")
        self._refuse_broken()
        previews = self.env["lead.score.simulation"]
        previews.check_access("create")
        self.env.flush_all()
        # What a preview shows nobody else may write.
        simulation = previews.sudo().create(self.sudo()._simulate())
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Preview of %s", self.name),
            "res_model": simulation._name,
            "res_id": simulation.id,
            "view_mode": "form",
            "target": "new",
        }

    def _simulate(self):
        """Values of a preview, worked out by the statement that scores leads."""
        card = (self.id, self.version, self._definition())
        judge, today = self.env["lead.score.judge"], self.env["crm.lead"]._score_today()
        query = self.env.execute_query
        statement = judge._statement(self._cards_with(card), today, everything=True)
        query(
            SQL(
                "CREATE TEMP TABLE score_preview ON COMMIT DROP AS"
                " SELECT now.*, old.card_id AS card_before FROM (%s) now"
                " LEFT JOIN lead_score old ON old.id = now.id"
                " WHERE now.card_id = %s OR old.card_id = %s",
                statement,
                self.id,
                self.id,
            )
        )
        values = {
            "card_id": self.id,
            **self._simulated_counts(),
            "taken_count": self._simulated_taken(card),
            "lead_ids": [(0, 0, line) for line in self._simulated_leads()],
            "histogram": self._simulated_histogram(),
            "rule_ids": [(0, 0, line) for line in self._simulated_rules(card)],
        }
        query(SQL("DROP TABLE score_preview"))
        return values

    def _cards_with(self, card):
        """Published cards in order, with this one as it is now among them."""
        cards = {other[0]: other for other in self.env["lead.score.judge"]._live()}
        cards[self.id] = card
        records = self.browse(cards).sorted(lambda record: (record.sequence, record.id))
        return [cards[record.id] for record in records]

    def _simulated_counts(self):
        changed = SQL(
            "ROW(%s) IS DISTINCT FROM ROW(%s)",
            SQL(", ").join(map(SQL.identifier, CLASSES)),
            SQL(", ").join(SQL.identifier(f"{name}_before") for name in CLASSES),
        )
        [row] = self.env.execute_query_dict(
            SQL(
                "SELECT count(*) FILTER (WHERE mine) AS lead_count,"
                " count(*) FILTER (WHERE mine AND card_before IS DISTINCT FROM %(card)s)"
                " AS moved_count,"
                " count(*) FILTER (WHERE NOT mine) AS lost_count,"
                " count(*) FILTER (WHERE %(changed)s) AS changed_count,"
                " coalesce(avg(score_before) FILTER (WHERE mine), 0) AS average_before,"
                " coalesce(avg(score) FILTER (WHERE mine), 0) AS average_after"
                " FROM (SELECT *, card_id IS NOT DISTINCT FROM %(card)s AS mine"
                " FROM score_preview) preview",
                card=self.id,
                changed=changed,
            )
        )
        return row

    def _simulated_taken(self, card):
        """How many open leads match this card and are judged by one before it."""
        judge = self.env["lead.score.judge"]
        rows = self.env.execute_query(
            SQL(
                "SELECT count(*) FROM crm_lead WHERE %s AND %s"
                " AND id NOT IN (SELECT id FROM score_preview WHERE card_id = %s)",
                judge._open(None),
                judge._belongs(card[2]),
                self.id,
            )
        )
        return rows[0][0]

    def _simulated_leads(self):
        """The leads whose score changes most."""
        names = ["score", "grade", "temperature"]
        seen = self.env["crm.lead"].with_user(self.env.uid)._search([])
        return self.env.execute_query_dict(
            SQL(
                "SELECT id AS lead_id, %s FROM score_preview WHERE id IN %s"
                " ORDER BY abs(score - coalesce(score_before, 0)) DESC, id LIMIT %s",
                SQL(", ").join(
                    SQL(
                        "%s, %s AS %s",
                        SQL.identifier(f"{name}_before"),
                        SQL.identifier(name),
                        SQL.identifier(f"{name}_after"),
                    )
                    for name in names
                ),
                seen.subselect(),
                SAMPLE,
            )
        )

    def _simulated_histogram(self):
        """Bars before and after, as HTML."""
        counts = {"score_before": [0] * BARS, "score": [0] * BARS}
        for name, bars in counts.items():
            column = SQL.identifier(name)
            for bar, count in self.env.execute_query(
                SQL(
                    "SELECT least(floor(%s / %s)::int, %s) AS bar, count(*) FROM score_preview"
                    " WHERE %s IS NOT NULL GROUP BY bar",
                    column,
                    100 // BARS,
                    BARS - 1,
                    column,
                )
            ):
                bars[bar] = count
        highest = max(*counts["score_before"], *counts["score"], 1)
        return self.env["ir.qweb"]._render(
            "lead_scoring.simulation_histogram",
            {
                "bars": [
                    {
                        "label": f"{bar * 100 // BARS}–{(bar + 1) * 100 // BARS}",
                        "before": before,
                        "after": after,
                        "before_width": round(100 * before / highest),
                        "after_width": round(100 * after / highest),
                    }
                    for bar, (before, after) in enumerate(
                        zip(counts["score_before"], counts["score"], strict=True)
                    )
                ]
            },
        )

    def _simulated_rules(self, card):
        """For how many leads of the card each of its rules counts."""
        judge, today = self.env["lead.score.judge"], self.env["crm.lead"]._score_today()
        attributes, behaviours = judge._usable(card[2])
        counts = {}
        mine = SQL("SELECT id FROM score_preview WHERE card_id = %s", self.id)
        if attributes:
            columns = SQL(", ").join(
                SQL("count(*) FILTER (WHERE %s)", judge._condition(rule["domain"]))
                for rule in attributes
            )
            [row] = self.env.execute_query(
                SQL("SELECT %s FROM crm_lead WHERE id IN (%s)", columns, mine)
            )
            counts = {rule["id"]: count for rule, count in zip(attributes, row, strict=True)}
        if behaviours:
            counted = judge._counted(card[2], behaviours, today, mine)
            counts |= dict(
                self.env.execute_query(
                    SQL(
                        "SELECT number, count(DISTINCT lead_id) FROM (%s) one"
                        " WHERE counted > 0 GROUP BY number",
                        counted,
                    )
                )
            )
        return [
            {"rule_id": rule.id, "match_count": counts.get(rule.id, 0)} for rule in self.rule_ids
        ]
