from odoo import models
from odoo.tools import SQL

# What of an entry of the history goes into its copy.
COPIED = (
    "lifecycle_id",
    "partner_id",
    "company_id",
    "profile_id",
    "kind",
    "to_value",
    "state_to",
    "replayed",
    "amount",
    "order_count",
    "facts",
    "create_date",
    "create_uid",
)


def closed_by_hand(alias):
    """Whether an entry says that somebody closed the customer.

    Whoever does so names a reason, which the end of a lock, by hand too, has not.
    """
    return SQL(
        "(%s = 'manual' AND %s IS NOT NULL)",
        SQL.identifier(alias, "reason"),
        SQL.identifier(alias, "churn_reason_id"),
    )


class CustomerLifecycle(models.Model):
    """Keeps what people said about lost customers when history is made anew from orders.

    Orders do not know why a customer left, nor that somebody closed him earlier than time would
    have. Both stay: the reason with the loss that it explains, the closing as a part of history.
    """

    _inherit = "customer.lifecycle"

    def _lifecycle_clear_history(self, ids):
        """Delete the history of states of these rows, but for closings by hand.

        :return: (lifecycle, first day, last day or None, reason) of losses that were explained
        :rtype: list[tuple]
        """
        self.env.cr.execute(
            SQL(
                """DELETE FROM customer_lifecycle_transition t
                    WHERE lifecycle_id = ANY(%s) AND kind = 'state' AND %s IS NOT TRUE
                RETURNING lifecycle_id, date_entered, date_left, churn_reason_id""",
                list(ids),
                closed_by_hand("t"),
            )
        )
        return [row for row in self.env.cr.fetchall() if row[3]]

    def _lifecycle_restore_closings(self, company, ids, explained):
        """Give losses their reasons back, and closings by hand their place.

        :param explained: what `_lifecycle_clear_history` returned
        """
        self._lifecycle_restore_reasons(explained)
        self.env.cr.execute(
            SQL(
                """SELECT DISTINCT lifecycle_id FROM customer_lifecycle_transition t
                    WHERE lifecycle_id = ANY(%s) AND kind = 'state' AND %s""",
                list(ids),
                closed_by_hand("t"),
            )
        )
        closed = [row[0] for row in self.env.cr.fetchall()]
        if not closed:
            return
        bought = self._lifecycle_end_closings(company, closed)
        for statement in (
            self._lifecycle_after_closings_sql(closed, bought),
            self._lifecycle_within_closings_sql(closed),
            self._lifecycle_repeated_sql(closed),
            self._lifecycle_chain_sql(closed),
        ):
            self.env.cr.execute(statement)

    def _lifecycle_restore_reasons(self, explained):
        if not explained:
            return
        columns = [list(column) for column in zip(*explained, strict=True)]
        self.env.cr.execute(
            SQL(
                """UPDATE customer_lifecycle_transition t SET churn_reason_id = e.reason_id
                     FROM (SELECT * FROM unnest(%s::int[], %s::date[], %s::date[], %s::int[])
                                    e (lifecycle_id, first, last, reason_id)
                            ORDER BY first) e
                    WHERE t.lifecycle_id = e.lifecycle_id AND t.kind = 'state'
                      AND t.state_to = 'churned' AND t.churn_reason_id IS NULL
                      AND t.date_entered <= coalesce(e.last, 'infinity')
                      AND coalesce(t.date_left, 'infinity') > e.first""",
                *columns,
            )
        )

    def _lifecycle_end_closings(self, company, ids):
        """Whoever bought was not lost any more, unless he is closed whatever he buys.

        :return: ids of closings that a purchase ended
        """
        partners = SQL("SELECT partner_id FROM customer_lifecycle WHERE id = ANY(%s)", ids)
        ended = []
        for source in self._lifecycle_sources():
            self.env.cr.execute(
                SQL(
                    """WITH bought AS MATERIALIZED (%(days)s),
                            first AS (
                        SELECT t.id, min(bought.day) AS day
                          FROM customer_lifecycle_transition t
                          JOIN customer_lifecycle l ON l.id = t.lifecycle_id
                          JOIN customer_lifecycle_profile pr ON pr.id = l.profile_id
                          JOIN bought ON bought.partner_id = l.partner_id AND bought.bought
                         WHERE t.lifecycle_id = ANY(%(ids)s) AND t.kind = 'state' AND %(by_hand)s
                           AND pr.source = %(source)s AND bought.day > t.date_entered
                           AND bought.day <= coalesce(t.date_left, 'infinity')
                           AND (t.date_left IS NOT NULL OR l.manual_state IS NULL)
                         GROUP BY t.id)
                       UPDATE customer_lifecycle_transition t SET date_left = first.day
                         FROM first WHERE first.id = t.id
                    RETURNING t.id""",
                    days=self._lifecycle_days_sql(
                        company, source, partners, self._lifecycle_today(company)
                    ),
                    ids=ids,
                    by_hand=closed_by_hand("t"),
                    source=source,
                )
            )
            ended += [row[0] for row in self.env.cr.fetchall()]
        return ended

    def _lifecycle_after_closings_sql(self, ids, bought):
        """When a closing is over, the customer is what the machine says on that day."""
        columns = SQL(", ").join(map(SQL.identifier, COPIED))
        copied = SQL(", ").join(SQL.identifier("m", name) for name in COPIED)
        return SQL(
            """INSERT INTO customer_lifecycle_transition
                   (%(columns)s, date_entered, reason, recovered)
               SELECT DISTINCT ON (t.lifecycle_id, t.date_left) %(copied)s, t.date_left,
                      CASE WHEN t.id = ANY(%(bought)s) THEN 'order' ELSE 'manual' END,
                      t.id = ANY(%(bought)s) AND m.state_to IN ('new', 'active', 'loyal')
                 FROM customer_lifecycle_transition t
                CROSS JOIN LATERAL (
                      SELECT * FROM customer_lifecycle_transition m
                       WHERE m.lifecycle_id = t.lifecycle_id AND m.kind = 'state' AND m.replayed
                         AND m.date_entered <= t.date_left
                       ORDER BY m.date_entered DESC, m.id DESC LIMIT 1) m
                WHERE t.lifecycle_id = ANY(%(ids)s) AND t.kind = 'state' AND %(by_hand)s
                  AND t.date_left IS NOT NULL AND m.date_entered < t.date_left
                ORDER BY t.lifecycle_id, t.date_left, t.id""",
            columns=columns,
            copied=copied,
            bought=bought,
            ids=ids,
            by_hand=closed_by_hand("t"),
        )

    def _lifecycle_within_closings_sql(self, ids):
        """Nothing that the machine would have said meanwhile happened."""
        return SQL(
            """DELETE FROM customer_lifecycle_transition m
                USING customer_lifecycle_transition t
                WHERE t.lifecycle_id = ANY(%s) AND t.kind = 'state' AND %s
                  AND m.lifecycle_id = t.lifecycle_id AND m.kind = 'state' AND m.replayed
                  AND m.date_entered >= t.date_entered
                  AND m.date_entered < coalesce(t.date_left, 'infinity')""",
            ids,
            closed_by_hand("t"),
        )

    def _lifecycle_repeated_sql(self, ids):
        """One entry for two of the same state in a row."""
        return SQL(
            """DELETE FROM customer_lifecycle_transition t
                USING (SELECT id, lag(state_to) OVER (PARTITION BY lifecycle_id
                                                      ORDER BY date_entered, id) AS before
                         FROM customer_lifecycle_transition
                        WHERE lifecycle_id = ANY(%s) AND kind = 'state') o
                WHERE o.id = t.id AND o.before = t.state_to""",
            ids,
        )

    def _lifecycle_chain_sql(self, ids):
        """Each entry follows the one before and lasts until the next."""
        return SQL(
            """UPDATE customer_lifecycle_transition t
                  SET from_value = o.before, state_from = o.before, date_left = o.next_on,
                      days = o.next_on - t.date_entered
                 FROM (SELECT id, lag(state_to) OVER w AS before,
                              lead(date_entered) OVER w AS next_on
                         FROM customer_lifecycle_transition
                        WHERE lifecycle_id = ANY(%s) AND kind = 'state'
                       WINDOW w AS (PARTITION BY lifecycle_id ORDER BY date_entered, id)) o
                WHERE o.id = t.id
                  AND (t.state_from, t.date_left) IS DISTINCT FROM (o.before, o.next_on)""",
            ids,
        )

    def _lifecycle_align_reasons(self, ids):
        """Who is lost has the reason of his loss, on the row and in its history; others have none.

        :param ids: ids of rows that were decided about after their history was made anew
        """
        self.env.cr.execute(
            SQL(
                """UPDATE customer_lifecycle l SET churn_reason_id = o.reason_id
                     FROM (SELECT c.id, CASE WHEN c.state = 'churned'
                                             THEN coalesce(t.churn_reason_id, c.churn_reason_id)
                                        END AS reason_id
                             FROM customer_lifecycle c
                             LEFT JOIN customer_lifecycle_transition t
                                    ON t.lifecycle_id = c.id AND t.kind = 'state'
                                   AND t.date_left IS NULL
                            WHERE c.id = ANY(%s)) o
                    WHERE o.id = l.id AND l.churn_reason_id IS DISTINCT FROM o.reason_id""",
                list(ids),
            )
        )
        self.env.cr.execute(
            SQL(
                """UPDATE customer_lifecycle_transition t SET churn_reason_id = l.churn_reason_id
                     FROM customer_lifecycle l
                    WHERE l.id = t.lifecycle_id AND l.id = ANY(%s) AND t.kind = 'state'
                      AND l.churn_reason_id IS NOT NULL AND t.churn_reason_id IS NULL
                      AND t.date_left IS NULL AND t.state_to = 'churned'""",
                list(ids),
            )
        )
