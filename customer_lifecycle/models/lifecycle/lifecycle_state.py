from odoo import api, models
from odoo.tools import SQL

from ...tools.purchase_sql import sql_p_buy
from .purchase_history import Few

# Days over which a year's spend is counted.
YEAR = 365
# Up to so many customers, documents are looked up one by one.
FEW = 10

# From the first touch to the loss; an automatic move never goes down this list without a reason.
BOUGHT = SQL("('new', 'active', 'loyal')")
ASLEEP = SQL("('dormant', 'churned')")
# Columns of a row, and what of the decision goes into them.
WRITTEN = {
    "profile_version": "d.version",
    "state": "d.new_state",
    "due_date": "d.next_due",
    "check_date": "d.next_check",
    "at_risk": "d.new_risk",
    "risk_date": "d.risk_on",
    "dormant_date": "d.sleep_on",
    "churn_date": "d.loss_on",
    "recovered": "d.is_marked",
    "recovered_until": "d.marked_until",
    "order_count": "d.orders",
    "first_order_date": "d.first_day",
    "last_order_date": "d.last_day",
    "amount_total": "d.total",
    "amount_year": "d.year_total",
    "last_contact_date": "coalesce(d.contact_day, d.last_contact_date)",
    "tier": "d.new_tier",
    "previous_tier": "CASE WHEN d.tier <> d.new_tier THEN d.tier ELSE l.previous_tier END",
    "p_buy": "d.new_p_buy",
    "manual_state": "CASE WHEN d.by_hand THEN d.manual_state END",
    "manual_reason": "CASE WHEN d.by_hand THEN l.manual_reason END",
    "manual_user_id": "CASE WHEN d.by_hand THEN l.manual_user_id END",
    "manual_date": "CASE WHEN d.by_hand THEN l.manual_date END",
    "lock_date": "CASE WHEN d.by_hand THEN l.lock_date END",
    "lock_until_order": "d.by_hand AND coalesce(l.lock_until_order, FALSE)",
    # Whatever went wrong the last time is over.
    "failure": "NULL",
}
TRANSITION_COLUMNS = (
    "lifecycle_id",
    "partner_id",
    "company_id",
    "profile_id",
    "kind",
    "from_value",
    "to_value",
    "state_from",
    "state_to",
    "date_entered",
    "reason",
    "recovered",
    "replayed",
    "amount",
    "order_count",
    "facts",
    "create_date",
    "create_uid",
)


class CustomerLifecycle(models.Model):
    """The one statement that decides about customers, and writes what changed and why.

    It works on one customer who has just bought, and on some ten thousand of a company at once.
    """

    _inherit = "customer.lifecycle"

    @api.model
    def _lifecycle_decide(self, company, ids, today=None):
        """Look at these rows of one company as of today, and write what is different.

        :param company: one `res.company`
        :param ids: ids of rows of that company
        :param date today: day to decide for, the company's own by default
        :return: ids of the transitions that were written
        :rtype: list[int]
        """
        if not ids:
            return []
        today = today or self._lifecycle_today(company)
        if len(ids) > FEW:
            self._lifecycle_tune()
        self.env.cr.execute(self._lifecycle_statement(company, list(ids), today))
        return [row[0] for row in self.env.cr.fetchall()]

    @api.model
    def _lifecycle_tune(self):
        """For statements over very many rows: sort in memory, and do not compile each."""
        self.env.cr.execute(SQL("SET LOCAL work_mem = '64MB'; SET LOCAL jit = off"))

    def _lifecycle_statement(self, company, ids, today):
        """The statement as SQL.

        OFFSET 0 keeps PostgreSQL from writing each step out wherever the next one uses it, and
        from storing the rows in between.
        """
        now, uid = self.env.cr.now(), self.env.uid
        chances = self._lifecycle_chance_columns(self._lifecycle_chance_rows(company, ids, today))
        with_parts = [
            SQL("batch AS (%s)", self._lifecycle_batch_sql(company, ids)),
            SQL(
                "purchase AS (%s)",
                self._lifecycle_purchase_sql(
                    company, self._lifecycle_documents_sql, few=len(ids) <= FEW
                ),
            ),
            SQL("fact AS (%s)", self._lifecycle_fact_sql(today)),
            SQL("limits AS (%s)", self._lifecycle_limits_sql()),
            SQL("chance AS (%s)", self._lifecycle_chances_sql(chances)),
            SQL("reach AS MATERIALIZED (%s)", self._lifecycle_reach_sql()),
            SQL("contact AS (%s)", self._lifecycle_contact_sql(company, today)),
            SQL("machine AS (%s OFFSET 0)", self._lifecycle_machine_sql(today)),
            SQL("settled AS (%s OFFSET 0)", self._lifecycle_settled_sql()),
            SQL("recovery AS (%s OFFSET 0)", self._lifecycle_recovery_sql()),
            SQL("model AS (%s)", self._lifecycle_model_sql(company)),
            SQL("decided AS MATERIALIZED (%s)", self._lifecycle_decided_sql(company, today)),
            SQL("written AS (%s)", self._lifecycle_write_sql(ids, now)),
            SQL("changed AS MATERIALIZED (%s)", self._lifecycle_change_sql(company, now, uid)),
            SQL("closed AS (%s)", self._lifecycle_close_sql()),
        ]
        columns = SQL(", ").join(map(SQL.identifier, TRANSITION_COLUMNS))
        return SQL(
            "WITH %s INSERT INTO customer_lifecycle_transition (%s) SELECT %s FROM changed"
            " RETURNING id",
            SQL(", ").join(with_parts),
            columns,
            columns,
        )

    # ------------------------------------------------------------------
    # The steps, in order
    # ------------------------------------------------------------------

    def _lifecycle_batch_sql(self, company, ids):
        """The rows as they are, with what their profile says."""
        return SQL(
            """SELECT l.id, l.partner_id, l.profile_id, l.profile_version, l.state, l.state_since,
                      l.order_count, l.last_order_date, l.at_risk, l.recovered_until, l.tier,
                      l.manual_state, l.manual_date, l.lock_date, l.lock_until_order,
                      l.last_contact_date,
                      pr.version, coalesce(pr.engine, 'none') AS engine, pr.source, pr.new_days,
                      pr.loyal_orders, pr.loyal_days, pr.contact_days, pr.recovered_days
                 FROM customer_lifecycle l
                 LEFT JOIN customer_lifecycle_profile pr ON pr.id = l.profile_id
                WHERE l.company_id = %s AND l.id = ANY(%s) AND l.id BETWEEN %s AND %s""",
            company.id,
            list(ids),
            # Neighbours are read as such; a list alone makes PostgreSQL read the whole table.
            min(ids),
            max(ids),
        )

    def _lifecycle_purchase_sql(self, company, purchases, few=False):
        """Their purchases, each by the source that his profile names.

        :param purchases: `_lifecycle_documents_sql` or `_lifecycle_days_sql`
        :param bool few: whether the batch is so small that documents are looked up one by one
        """
        sources = self._lifecycle_sources()
        # Where there is only one, PostgreSQL does not take those who have it for a handful.
        having = SQL("source IS NOT NULL") if len(sources) == 1 else None
        parts = []
        for source in sources:
            members = SQL(
                "SELECT partner_id FROM batch WHERE %s", having or SQL("source = %s", source)
            )
            parts.append(purchases(company, source, Few(members) if few else members))
        nothing = SQL(
            "SELECT 0 AS partner_id, NULL::date AS day, 0::float8 AS amount, FALSE AS bought"
        )
        return SQL(" UNION ALL ").join(parts) if parts else SQL("%s WHERE FALSE", nothing)

    def _lifecycle_fact_sql(self, today):
        """What was bought until today; what is dated later waits for its day."""
        return SQL(
            """SELECT partner_id,
                      count(DISTINCT day) FILTER (WHERE bought AND day <= %(today)s)::int
                          AS orders,
                      min(day) FILTER (WHERE bought AND day <= %(today)s) AS first_day,
                      max(day) FILTER (WHERE bought AND day <= %(today)s) AS last_day,
                      (sum(amount) FILTER (WHERE day <= %(today)s))::float8 AS total,
                      (sum(amount) FILTER (WHERE day <= %(today)s
                                           AND day > %(today)s - %(year)s))::float8 AS year_total,
                      min(day) FILTER (WHERE day <= %(today)s AND day > %(today)s - %(year)s)
                          AS year_day,
                      min(day) FILTER (WHERE day > %(today)s) AS future_day
                 FROM purchase GROUP BY partner_id""",
            today=today,
            year=YEAR,
        )

    def _lifecycle_limits_sql(self):
        """Silent days by number of purchases: each line of a profile up to the next."""
        return SQL(
            """SELECT profile_id,
                      CASE WHEN row_number() OVER (PARTITION BY profile_id ORDER BY min_orders) > 1
                           THEN min_orders ELSE 1 END AS min_orders,
                      coalesce(lead(min_orders) OVER (PARTITION BY profile_id ORDER BY min_orders),
                               2147483647) AS below_orders,
                      t.risk_days, t.dormant_days, t.churn_days
                 FROM customer_lifecycle_threshold t
                 JOIN customer_lifecycle_profile p ON p.id = t.profile_id
                WHERE p.engine = 'curve'
                UNION ALL
               SELECT id, 1, 2147483647, risk_days, dormant_days, churn_days
                 FROM customer_lifecycle_profile
                WHERE engine = 'fixed'
                   OR engine = 'curve' AND NOT EXISTS (
                      SELECT FROM customer_lifecycle_threshold
                       WHERE profile_id = customer_lifecycle_profile.id)"""
        )

    def _lifecycle_chance_columns(self, rows):
        """Rows of `_lifecycle_chance_rows` as six lists."""
        return [list(column) for column in zip(*rows, strict=True)] or [[]] * 6

    def _lifecycle_chances_sql(self, columns):
        """Silent days after which the chance of an order falls below the bands of a profile."""
        return SQL(
            """SELECT * FROM unnest(%s::int[], %s::int[], %s::int[],
                                    %s::int[], %s::int[], %s::int[])
                   AS t (profile_id, orders, span, risk_days, dormant_days, churn_days)""",
            *columns,
        )

    def _lifecycle_reach_sql(self):
        """Each row with its facts, and the days of risk, sleep and loss if nothing is bought."""
        return SQL(
            """SELECT batch.*, coalesce(fact.orders, 0) AS orders, fact.first_day, fact.last_day,
                      coalesce(fact.total, 0) AS total, coalesce(fact.year_total, 0) AS year_total,
                      fact.year_day, fact.future_day,
                      fact.last_day + coalesce(chance.risk_days, limits.risk_days) AS risk_on,
                      fact.last_day + coalesce(chance.dormant_days, limits.dormant_days)
                          AS dormant_on,
                      fact.last_day + coalesce(chance.churn_days, limits.churn_days) AS churn_on
                 FROM batch
                 LEFT JOIN fact ON fact.partner_id = batch.partner_id
                 LEFT JOIN limits ON limits.profile_id = batch.profile_id
                      AND fact.orders >= limits.min_orders AND fact.orders < limits.below_orders
                 LEFT JOIN chance ON chance.profile_id = batch.profile_id
                      AND chance.orders = fact.orders
                      AND chance.span = fact.last_day - fact.first_day"""
        )

    def _lifecycle_machine_sql(self, today):
        """What the rules say, before anybody's hand and before what was is looked at."""
        return SQL(
            """SELECT reach.*, contact.day AS contact_day,
                      CASE WHEN engine = 'none' THEN 'not_tracked'
                           WHEN orders = 0 THEN 'prospect'
                           WHEN %(today)s >= greatest(churn_on, contact.day + contact_days)
                                THEN 'churned'
                           WHEN %(today)s >= greatest(dormant_on, contact.day + contact_days)
                                THEN 'dormant'
                           WHEN orders = 1 OR %(today)s < first_day + new_days THEN 'new'
                           WHEN orders >= loyal_orders AND last_day - first_day >= loyal_days
                                THEN 'loyal'
                           ELSE 'active' END AS machine_state,
                      manual_state IS NOT NULL
                      AND (lock_date IS NULL OR lock_date >= %(today)s)
                      AND NOT (lock_until_order AND (coalesce(last_day > manual_date, FALSE)
                               OR orders > order_count)) AS by_hand,
                      profile_version = version AND manual_state IS NULL AS same_rules
                 FROM reach LEFT JOIN contact ON contact.partner_id = reach.partner_id""",
            today=today,
        )

    def _lifecycle_settled_sql(self):
        """The state that comes out: a hand beats the machine, and it never moves back by itself."""
        return SQL(
            """SELECT machine.*,
                      CASE WHEN by_hand THEN manual_state
                           WHEN same_rules AND state IN %(asleep)s AND orders >= order_count
                                AND last_day = last_order_date
                                AND (machine_state IN %(bought)s
                                     OR machine_state = 'dormant' AND state = 'churned')
                                THEN state
                           WHEN same_rules AND state = 'loyal' AND orders >= order_count
                                AND machine_state IN ('new', 'active') THEN state
                           ELSE machine_state END AS new_state
                 FROM machine""",
            bought=BOUGHT,
            asleep=ASLEEP,
        )

    def _lifecycle_recovery_sql(self):
        """Whoever bought again after having been dormant or churned is marked for a while."""
        return SQL(
            """SELECT settled.*, came.came_back,
                      CASE WHEN came.came_back THEN last_day + recovered_days
                           WHEN new_state IN %(bought)s THEN recovered_until END AS marked_until,
                      greatest(dormant_on, contact_day + contact_days) AS sleep_on,
                      greatest(churn_on, contact_day + contact_days) AS loss_on
                 FROM settled
                CROSS JOIN LATERAL (
                    SELECT coalesce(state IN %(asleep)s AND new_state IN %(bought)s
                                    AND orders > order_count, FALSE) AS came_back
                ) came""",
            bought=BOUGHT,
            asleep=ASLEEP,
        )

    def _lifecycle_decided_sql(self, company, today):
        """Everything that is to be written."""
        ahead = SQL(", ").join(
            SQL("CASE WHEN %(day)s > %(today)s THEN %(day)s END", day=day, today=today)
            for day in (
                SQL("due.day"),
                SQL("CASE WHEN new_state IN %s THEN risk_on END", BOUGHT),
                SQL("marked_until + 1"),
                SQL("year_day + %s", YEAR),
                SQL("future_day"),
            )
        )
        return SQL(
            """SELECT recovery.*, least(%(ahead)s) AS next_check,
                      CASE WHEN due.day > %(today)s THEN due.day END AS next_due,
                      new_state IN %(bought)s AND NOT by_hand
                      AND coalesce(%(today)s >= risk_on, FALSE)
                          AS new_risk,
                      coalesce(marked_until >= %(today)s, FALSE) AS is_marked,
                      least(%(today)s, greatest(state_since,
                          CASE WHEN by_hand THEN manual_date
                               WHEN new_state = 'churned' THEN loss_on
                               WHEN new_state = 'dormant' THEN sleep_on
                               WHEN orders > coalesce(order_count, 0) THEN last_day
                               ELSE %(today)s END)) AS began_on,
                      CASE WHEN by_hand OR manual_state IS NOT NULL THEN 'manual'
                           WHEN orders > coalesce(order_count, 0) AND new_state IN %(bought)s
                                THEN 'order'
                           WHEN orders < order_count THEN 'refund'
                           WHEN state_since IS NULL AND orders = 0 THEN 'lead'
                           WHEN profile_version <> version THEN 'profile'
                           ELSE 'time' END AS why,
                      %(tier)s AS new_tier,
                      CASE WHEN orders > 0 THEN %(p_buy)s END AS new_p_buy
                 FROM recovery
                 LEFT JOIN model ON model.profile_id = recovery.profile_id
                CROSS JOIN LATERAL (
                    SELECT CASE WHEN by_hand THEN lock_date + 1
                                WHEN new_state = 'new' AND orders > 1
                                     THEN least(first_day + new_days, sleep_on)
                                WHEN new_state IN %(bought)s THEN sleep_on
                                WHEN new_state = 'dormant' THEN loss_on END AS day
                ) due""",
            ahead=ahead,
            today=today,
            bought=BOUGHT,
            tier=self._lifecycle_tier_sql(company),
            p_buy=sql_p_buy(
                [SQL("model.r"), SQL("model.alpha"), SQL("model.a"), SQL("model.b")],
                SQL("(orders - 1)::float8"),
                SQL("(last_day - first_day) / 7.0::float8"),
                SQL("(%s - first_day) / 7.0::float8", today),
                SQL("model.weeks"),
            ),
        )

    def _lifecycle_tier_sql(self, company):
        """Tier by the spend of a year, kept until the spend falls clearly below its bound."""
        if company.lifecycle_tier_mode != "band":
            return SQL("CASE WHEN orders > 0 THEN tier END")
        keep = 1 - company.lifecycle_tier_margin / 100
        bounds = [
            SQL(
                "WHEN year_total >= %s * CASE WHEN tier <= %s THEN %s ELSE 1 END THEN %s",
                company[f"lifecycle_tier_{tier.lower()}"],
                tier,
                keep,
                tier,
            )
            for tier in ("A", "B", "C")
        ]
        return SQL(
            "CASE WHEN orders = 0 OR engine = 'none' THEN NULL %s ELSE 'D' END",
            SQL(" ").join(bounds),
        )

    # ------------------------------------------------------------------
    # Writing
    # ------------------------------------------------------------------

    def _lifecycle_write_sql(self, ids, now):
        """Update the rows on which anything is different."""
        columns = SQL(", ").join(SQL.identifier(name) for name in WRITTEN)
        values = SQL(", ").join(SQL(value) for value in WRITTEN.values())
        old = SQL(", ").join(SQL.identifier("l", name) for name in WRITTEN)
        return SQL(
            """UPDATE customer_lifecycle l
                  SET (%(columns)s, state_since, previous_state, write_date)
                      = (%(values)s,
                         CASE WHEN d.state_since IS NULL OR d.new_state <> d.state
                              THEN d.began_on ELSE d.state_since END,
                         CASE WHEN d.state_since IS NOT NULL AND d.new_state <> d.state
                              THEN d.state ELSE l.previous_state END,
                         %(now)s)
                 FROM decided d
                WHERE l.id = d.id AND l.id BETWEEN %(first)s AND %(last)s
                  AND (d.state_since IS NULL OR (%(old)s) IS DISTINCT FROM (%(values)s))
            RETURNING l.id""",
            columns=columns,
            values=values,
            old=old,
            first=min(ids),
            last=max(ids),
            now=now,
        )

    def _lifecycle_change_sql(self, company, now, uid):
        """One row of history per change of state, risk and tier."""
        return SQL(
            """SELECT d.id AS lifecycle_id, d.partner_id, %(company)s AS company_id, d.profile_id,
                      c.kind, c.from_value, c.to_value,
                      CASE WHEN c.kind = 'state' THEN c.from_value END AS state_from,
                      CASE WHEN c.kind = 'state' THEN c.to_value END AS state_to,
                      CASE WHEN c.kind = 'risk' THEN d.risk_on ELSE d.began_on END
                          AS date_entered,
                      CASE WHEN c.kind = 'risk' THEN 'time' ELSE d.why END AS reason,
                      c.kind = 'state' AND d.came_back AS recovered, FALSE AS replayed,
                      d.year_total AS amount, d.orders AS order_count,
                      jsonb_strip_nulls(jsonb_build_object(
                          'orders', d.orders, 'first', d.first_day, 'last', d.last_day,
                          'risk', d.risk_on, 'dormant', d.sleep_on, 'churned', d.loss_on,
                          'contact', d.contact_day, 'engine', d.engine)) AS facts,
                      %(now)s AS create_date, %(uid)s AS create_uid
                 FROM decided d
                CROSS JOIN LATERAL (
                    VALUES ('state', CASE WHEN d.state_since IS NOT NULL THEN d.state END,
                            d.new_state, d.state_since IS NULL OR d.new_state <> d.state),
                           ('risk', NULL, 'at_risk', d.new_risk AND d.at_risk IS NOT TRUE),
                           ('tier', d.tier, d.new_tier, d.tier <> d.new_tier)
                ) c (kind, from_value, to_value, is_new)
                WHERE c.is_new""",
            company=company.id,
            now=now,
            uid=uid,
        )

    def _lifecycle_close_sql(self):
        """The state that was before is over."""
        return SQL(
            """UPDATE customer_lifecycle_transition t
                  SET date_left = c.date_entered, days = c.date_entered - t.date_entered
                 FROM changed c
                WHERE t.lifecycle_id = c.lifecycle_id AND c.kind = 'state' AND t.kind = 'state'
                  AND t.date_left IS NULL"""
        )
