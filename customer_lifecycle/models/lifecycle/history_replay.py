from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL


class CustomerLifecycle(models.Model):
    """History from past orders: the rules of today, played over what was bought until today."""

    _inherit = "customer.lifecycle"

    @api.model
    def _lifecycle_replay(self, company, ids, today=None):
        """Write the history of states of these rows anew, and where it leads to.

        Contacts and states set by hand, but for closings with a reason, are not part of the past
        that is known, so that `_lifecycle_decide` has the last word about the present state.
        Nobody is told: what is filled in afterwards is no news.

        :param company: one `res.company`
        :param ids: ids of rows of that company
        :param date today: last day that is known, the company's own by default
        :return: number of changes that were written
        :rtype: int
        """
        today = today or self._lifecycle_today(company)
        ids = list(ids)
        self._lifecycle_tune()
        explained = self._lifecycle_clear_history(ids)
        limits, chances = (
            self._lifecycle_limits_sql(),
            self._lifecycle_past_chances(company, ids, today),
        )
        parts = [
            SQL("batch AS (%s)", self._lifecycle_batch_sql(company, ids)),
            SQL(
                "purchase AS (%s)", self._lifecycle_purchase_sql(company, self._lifecycle_days_sql)
            ),
            SQL("limits AS (%s)", limits),
            SQL(
                "chance AS (%s)",
                self._lifecycle_chances_sql(self._lifecycle_chance_columns(chances)),
            ),
            SQL("bought AS (%s)", self._lifecycle_bought_sql(today)),
            SQL("step AS (%s)", self._lifecycle_step_sql()),
            SQL("event AS (%s)", self._lifecycle_event_sql(today)),
            SQL("history AS (%s)", self._lifecycle_history_sql(company)),
        ]
        self.env.cr.execute(
            SQL(
                """WITH %s INSERT INTO customer_lifecycle_transition
                       (lifecycle_id, partner_id, company_id, profile_id, kind, from_value,
                        to_value, state_from, state_to, date_entered, date_left, days, reason,
                        recovered, replayed, amount, order_count, facts, create_date, create_uid)
                   SELECT * FROM history""",
                SQL(", ").join(parts),
            )
        )
        written = self.env.cr.rowcount
        self._lifecycle_restore_closings(company, ids, explained)
        self._lifecycle_resume(ids)
        self._lifecycle_keep_hands(company, ids, today)
        return written

    def _lifecycle_past_chances(self, company, ids, today):
        """Silences for each history as it was after each purchase; see `_lifecycle_chance_rows`."""
        rows = []
        for profile in self._lifecycle_profiles(company).filtered(lambda p: p.engine == "p_buy"):
            members = SQL(
                "SELECT partner_id FROM customer_lifecycle WHERE profile_id = %s AND id = ANY(%s)",
                profile.id,
                ids,
            )
            query = SQL(
                """SELECT DISTINCT row_number() OVER w, day - first_value(day) OVER w
                     FROM (%s) days WHERE bought
                   WINDOW w AS (PARTITION BY partner_id ORDER BY day)""",
                self._lifecycle_days_sql(company, profile.source, members, today),
            )
            rows += self._lifecycle_silences(profile, company, self.env.execute_query(query))
        return rows

    def _lifecycle_bought_sql(self, today):
        """Purchase days in order, each with the first and the next."""
        return SQL(
            """SELECT partner_id, day, row_number() OVER w::int AS n,
                      first_value(day) OVER w AS first_day, lead(day) OVER w AS next_day,
                      sum(amount) OVER (PARTITION BY partner_id ORDER BY day
                          RANGE BETWEEN '364 days' PRECEDING AND CURRENT ROW) AS year_total
                 FROM purchase
                WHERE bought AND day <= %s
               WINDOW w AS (PARTITION BY partner_id ORDER BY day)""",
            today,
        )

    def _lifecycle_step_sql(self):
        """Each purchase with the silence that was allowed after it."""
        return SQL(
            """SELECT b.*, batch.id AS lifecycle_id, batch.profile_id, batch.new_days,
                      b.day + coalesce(chance.dormant_days, limits.dormant_days) AS dormant_on,
                      b.day + coalesce(chance.churn_days, limits.churn_days) AS churn_on,
                      CASE WHEN b.n >= loyal_orders AND b.day - b.first_day >= loyal_days
                           THEN 'loyal' ELSE 'active' END AS steady
                 FROM bought b
                 JOIN batch ON batch.partner_id = b.partner_id AND batch.engine <> 'none'
                 LEFT JOIN limits ON limits.profile_id = batch.profile_id
                      AND b.n >= limits.min_orders AND b.n < limits.below_orders
                 LEFT JOIN chance ON chance.profile_id = batch.profile_id
                      AND chance.orders = b.n AND chance.span = b.day - b.first_day"""
        )

    def _lifecycle_event_sql(self, today):
        """What each purchase, and the silence after it, made of the customer."""
        return SQL(
            """SELECT s.*, e.on_day, e.state, e.why, e.recovered
                 FROM (SELECT step.*, lag(dormant_on) OVER (PARTITION BY lifecycle_id ORDER BY day)
                              < day AS came_back FROM step) s
                CROSS JOIN LATERAL (
                    VALUES (day, CASE WHEN n = 1 OR day < first_day + new_days THEN 'new'
                                      ELSE steady END, 'order', coalesce(came_back, FALSE), TRUE),
                           (first_day + new_days, steady, 'time', FALSE,
                            n > 1 AND day < first_day + new_days
                            AND first_day + new_days < dormant_on),
                           (dormant_on, 'dormant', 'time', FALSE, TRUE),
                           (churn_on, 'churned', 'time', FALSE, TRUE)
                ) e (on_day, state, why, recovered, happens)
                WHERE happens AND on_day <= %s
                  AND (on_day = day OR next_day IS NULL OR on_day < next_day)""",
            today,
        )

    def _lifecycle_history_sql(self, company):
        """Only what made a difference, each with the day on which the next one came."""
        return SQL(
            """SELECT lifecycle_id, partner_id, %(company)s::int, profile_id, 'state',
                      before, state, before, state, on_day, next_on, next_on - on_day, why,
                      recovered, TRUE, year_total, n,
                      jsonb_build_object('orders', n, 'first', first_day, 'last', day),
                      %(now)s::timestamp, %(uid)s::int
                 FROM (SELECT changed.*, lead(on_day) OVER (PARTITION BY lifecycle_id
                                                            ORDER BY on_day) AS next_on
                         FROM (SELECT event.*, lag(state) OVER (PARTITION BY lifecycle_id
                                                               ORDER BY on_day) AS before
                                 FROM event) changed
                        WHERE before IS DISTINCT FROM state) h""",
            company=company.id,
            now=self.env.cr.now(),
            uid=self.env.uid,
        )

    def _lifecycle_resume(self, ids):
        """The present follows from the past: state, since when, what was before, and recovery."""
        self.env.cr.execute(
            SQL(
                """UPDATE customer_lifecycle l
                      SET state = t.state_to, state_since = t.date_entered,
                          previous_state = t.state_from, order_count = t.order_count,
                          profile_version = 0,
                          recovered_until = t.came_back + coalesce(pr.recovered_days, 0)
                     FROM (SELECT DISTINCT ON (lifecycle_id) lifecycle_id, state_to, state_from,
                                  date_entered, order_count, profile_id,
                                  CASE WHEN state_to IN ('new', 'active', 'loyal') THEN (
                                      SELECT max(r.date_entered)
                                        FROM customer_lifecycle_transition r
                                       WHERE r.lifecycle_id = o.lifecycle_id AND r.recovered
                                  ) END AS came_back
                             FROM customer_lifecycle_transition o
                            WHERE lifecycle_id = ANY(%s) AND kind = 'state' AND date_left IS NULL
                          ) t
                     LEFT JOIN customer_lifecycle_profile pr ON pr.id = t.profile_id
                    WHERE l.id = t.lifecycle_id""",
                list(ids),
            )
        )

    def _lifecycle_keep_hands(self, company, ids, today):
        """Purchases that were known, or came along with another contact, end no state by hand.

        Only one on a later day than somebody set it does.
        """
        partners = SQL(
            "SELECT partner_id FROM customer_lifecycle WHERE id = ANY(%s) AND manual_state <> ''",
            list(ids),
        )
        for source in self._lifecycle_sources():
            self.env.cr.execute(
                SQL(
                    """UPDATE customer_lifecycle l SET order_count = b.orders
                         FROM (SELECT partner_id, count(*)::int AS orders FROM (%s) AS d
                                WHERE bought GROUP BY partner_id) b,
                              customer_lifecycle_profile pr
                        WHERE l.partner_id = b.partner_id AND l.company_id = %s
                          AND l.manual_state IS NOT NULL AND l.id = ANY(%s)
                          AND pr.id = l.profile_id AND pr.source = %s""",
                    self._lifecycle_days_sql(company, source, partners, today),
                    company.id,
                    list(ids),
                    source,
                )
            )

    @api.model
    def _lifecycle_rebuild_all(self, companies=None, batch_size=20000):
        """Give all customers a row, a history from their past orders, and the state of today.

        Set-based: a few statements per company and batch. Nobody is told.

        :param companies: only these, all by default
        """
        self._lifecycle_flush()
        for company in companies or self.env["res.company"].sudo().search(Domain.TRUE):
            rows = self.with_company(company)
            rows._lifecycle_ensure(company)
            rows._lifecycle_assign(company)
            self._lifecycle_analyse()
            query = SQL(
                "SELECT id FROM customer_lifecycle WHERE company_id = %s ORDER BY id", company.id
            )
            ids = [row[0] for row in self.env.execute_query(query)]
            for start in range(0, len(ids), batch_size):
                batch = ids[start : start + batch_size]
                rows._lifecycle_replay(company, batch)
                self._lifecycle_analyse()
                rows._lifecycle_decide(company, batch)
                rows._lifecycle_align_reasons(batch)
            self._lifecycle_analyse()
            rows._lifecycle_rescore(company)
            self._lifecycle_forget()

    @api.model
    def _lifecycle_analyse(self):
        """Let PostgreSQL look at tables of which most has just been written.

        Statements planned for what was there before have taken minutes instead of seconds.
        """
        self.env.cr.execute("ANALYZE customer_lifecycle, customer_lifecycle_transition")
