from itertools import product

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

from ...tools.purchase_sql import sql_p_buy

# A chance that moved by less than this is left as it is: it is shown in bands, not in thousandths.
P_BUY_STEP = 0.005
SCORES = range(1, 6)
# What recency, frequency, money and tier are ranked by, and what is less than all of it.
RANKED = {
    "last_order_date": "'-infinity'::date",
    "orders": "-1",
    "amount_total": "'-infinity'::float8",
    "amount_year": "'-infinity'::float8",
}
# Tier by fifth of the spend of a year, 5 being the highest.
TIER_BY_FIFTH = "CASE %s WHEN 5 THEN 'A' WHEN 4 THEN 'B' WHEN 1 THEN 'D' ELSE 'C' END"


class CustomerLifecycle(models.Model):
    """What depends on the other customers: RFM scores and groups, tiers by rank, and the chance."""

    _inherit = "customer.lifecycle"

    @api.model
    def _lifecycle_rescore(self, company, today=None):
        """Score all customers of a company, and write those that moved.

        Equal customers get equal scores: a score counts who is strictly below. Whoever is not
        tracked or has not bought is left out, and scores wait for `lifecycle_rfm_minimum`
        customers.

        :return: (number of rows written, ids of transitions)
        """
        today = today or self._lifecycle_today(company)
        groups = self._lifecycle_group_rows()
        columns = [list(column) for column in zip(*groups, strict=True)] or [[]] * 4
        by_rank = company.lifecycle_tier_mode == "quintile"
        query = SQL(
            """WITH base AS (%(base)s), fifth AS (%(fifths)s), scored AS (%(scores)s),
                    grp AS (SELECT * FROM unnest(%(r)s::int[], %(f)s::int[], %(m)s::int[],
                                                 %(id)s::int[]) AS t (r, f, m, group_id)),
                    model AS (%(model)s),
                    fresh AS (
                        SELECT s.*, grp.group_id AS new_group, %(tier)s AS new_tier,
                               CASE WHEN s.orders > 0 AND model.r IS NOT NULL
                                    THEN %(p_buy)s END AS new_p
                          FROM scored s
                          LEFT JOIN grp ON (grp.r, grp.f, grp.m) = (s.r, s.f, s.m)
                          LEFT JOIN model ON model.profile_id = s.profile_id),
                    moved AS (
                        SELECT * FROM fresh
                         WHERE (r_score, f_score, m_score, group_id, tier)
                               IS DISTINCT FROM (r, f, m, new_group, new_tier)
                            OR abs(p_buy - new_p) >= %(step)s
                            OR (p_buy IS NULL) <> (new_p IS NULL)),
                    written AS (
                        UPDATE customer_lifecycle l
                           SET r_score = moved.r, f_score = moved.f, m_score = moved.m,
                               group_id = moved.new_group,
                               previous_group_id = CASE
                                   WHEN moved.group_id IS DISTINCT FROM moved.new_group
                                   THEN moved.group_id ELSE l.previous_group_id END,
                               previous_tier = CASE WHEN moved.tier <> moved.new_tier
                                   THEN moved.tier ELSE l.previous_tier END,
                               tier = moved.new_tier, p_buy = moved.new_p, write_date = %(now)s
                          FROM moved WHERE l.id = moved.id),
                    told AS (
                        INSERT INTO customer_lifecycle_transition
                            (lifecycle_id, partner_id, company_id, profile_id, kind, from_value,
                             to_value, date_entered, reason, replayed, recovered, amount,
                             order_count, create_date, create_uid)
                        SELECT moved.id, partner_id, %(company)s, profile_id, c.kind, c.was, c.now,
                               %(today)s, 'time', FALSE, FALSE, amount_year, orders,
                               %(now)s, %(uid)s
                          FROM moved
                          LEFT JOIN customer_lifecycle_group was ON was.id = moved.group_id
                          LEFT JOIN customer_lifecycle_group became ON became.id = moved.new_group
                         CROSS JOIN LATERAL (
                             VALUES ('group', was.name ->> 'en_US', became.name ->> 'en_US',
                                     moved.group_id <> moved.new_group),
                                    ('tier', moved.tier, moved.new_tier,
                                     moved.tier <> moved.new_tier)
                         ) c (kind, was, now, is_new)
                         WHERE c.is_new RETURNING id)
               SELECT (SELECT count(*) FROM moved), (SELECT array_agg(id) FROM told)""",
            base=self._lifecycle_score_base(company, today),
            fifths=self._lifecycle_fifths_sql(),
            scores=self._lifecycle_scores_sql(company),
            r=columns[0],
            f=columns[1],
            m=columns[2],
            id=columns[3],
            model=self._lifecycle_model_sql(company),
            tier=SQL("CASE WHEN s.scorable THEN %s END", SQL(TIER_BY_FIFTH, SQL("s.y")))
            if by_rank
            else SQL("s.tier"),
            p_buy=sql_p_buy(
                [SQL("model.r"), SQL("model.alpha"), SQL("model.a"), SQL("model.b")],
                SQL("(s.orders - 1)::float8"),
                SQL("(s.last_order_date - s.first_order_date) / 7.0::float8"),
                SQL("(%s - s.first_order_date) / 7.0::float8", today),
                SQL("model.weeks"),
            ),
            step=P_BUY_STEP,
            now=self.env.cr.now(),
            company=company.id,
            today=today,
            uid=self.env.uid,
        )
        self._lifecycle_tune()
        self.env.cr.execute(query)
        [(count, told)] = self.env.cr.fetchall()
        if count:
            self._lifecycle_forget()
        return count, told or []

    def _lifecycle_score_base(self, company, today):
        """All who bought; `scorable` are those who are tracked, if there are enough of them."""
        return SQL(
            """SELECT l.id, partner_id, profile_id, r_score, f_score, m_score, group_id, tier,
                      p_buy, order_count AS orders, first_order_date, last_order_date,
                      amount_total, amount_year, %(today)s - last_order_date AS silent,
                      state <> 'not_tracked' AND order_count > 0
                      AND count(*) FILTER (WHERE state <> 'not_tracked' AND order_count > 0)
                          OVER () >= %(minimum)s
                          AS scorable
                 FROM customer_lifecycle l
                WHERE company_id = %(company)s AND (order_count > 0 OR r_score IS NOT NULL)""",
            today=today,
            minimum=company.lifecycle_rfm_minimum,
            company=company.id,
        )

    def _lifecycle_fifths_sql(self):
        """The values above which the second to fifth fifth of the customers begin, by column.

        A fifth of n customers ends with number ceil(n / 5); the half is for numbers that are not
        exact in binary. Whoever has the same value as that one is not above it.
        """
        columns = SQL(", ").join(
            SQL(
                "percentile_disc((SELECT places FROM place)) WITHIN GROUP (ORDER BY %s) AS %s",
                self._lifecycle_known(column),
                SQL.identifier(column),
            )
            for column in RANKED
        )
        return SQL(
            """WITH place AS (
                   SELECT array_agg(((k * n + 4) / 5 - 0.5)::float8 / n ORDER BY k) AS places
                     FROM generate_series(1, 4) AS k,
                          (SELECT nullif(count(*), 0) AS n FROM base WHERE scorable) AS counted)
               SELECT %s FROM base WHERE scorable""",
            columns,
        )

    def _lifecycle_known(self, column):
        return SQL("coalesce(base.%s, %s)", SQL.identifier(column), SQL(RANKED[column]))

    def _lifecycle_scores_sql(self, company):
        """Scores from 1 to 5: fifths of the customers, or the company's own limits."""
        r, f, m, year = (self._lifecycle_fifth(column) for column in RANKED)
        if company.lifecycle_rfm_mode == "cut":
            days, orders, spent = company._lifecycle_rfm_limits()
            r = self._lifecycle_cut(days, "silent <= %s")
            f = self._lifecycle_cut(orders, "base.orders >= %s")
            m = self._lifecycle_cut(spent, "base.amount_total >= %s")
        return SQL(
            "SELECT base.*, %s FROM base CROSS JOIN fifth",
            SQL(", ").join(
                SQL(
                    "CASE WHEN scorable AND base.orders > 0 THEN %s END AS %s",
                    score,
                    SQL.identifier(name),
                )
                for score, name in zip((r, f, m, year), "rfmy", strict=True)
            ),
        )

    def _lifecycle_fifth(self, column):
        """Fifth of a customer; equal customers are in the same."""
        value, limits = self._lifecycle_known(column), SQL.identifier("fifth", column)
        return SQL(
            "(1 + %s)",
            SQL(" + ").join(
                SQL("(%s > %s[%s])::int", value, limits, place) for place in range(1, 5)
            ),
        )

    def _lifecycle_cut(self, limits, condition):
        return SQL(
            "(1 + %s)",
            SQL(" + ").join(SQL("(%s)::int", SQL(condition, limit)) for limit in limits),
        )

    def _lifecycle_group_rows(self):
        """The first group that fits each of the 125 combinations of scores."""
        groups = self.env["customer.lifecycle.group"].sudo().search(Domain.TRUE)
        rows = []
        for r, f, m in product(SCORES, repeat=3):
            group = groups.filtered(lambda group, r=r, f=f, m=m: group._fits(r, f, m))[:1]
            if group:
                rows.append((r, f, m, group.id))
        return rows
