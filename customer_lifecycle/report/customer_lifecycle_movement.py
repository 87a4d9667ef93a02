from odoo import fields, models
from odoo.tools import SQL, drop_view_if_exists


class CustomerLifecycleMovement(models.Model):
    """New, lost and recovered customers per month, and what share of the others that is."""

    _name = "customer.lifecycle.movement"
    _description = "Customer Movement"
    _auto = False
    _rec_name = "month"
    _order = "month desc"

    month = fields.Date(readonly=True, help="The first day of the month.")
    company_id = fields.Many2one(
        "res.company", readonly=True, help="The company whose customers are counted."
    )
    start_count = fields.Integer(
        string="At the Start",
        readonly=True,
        aggregator="max",
        help="New, active, loyal and dormant customers when the month began.",
    )
    asleep_count = fields.Integer(
        string="Asleep at the Start",
        readonly=True,
        aggregator="max",
        help="Dormant and churned customers when the month began.",
    )
    new_count = fields.Integer(string="New", readonly=True, help="Bought for the first time.")
    dormant_count = fields.Integer(
        string="Fell Asleep", readonly=True, help="Became dormant in the month."
    )
    lost_count = fields.Integer(string="Lost", readonly=True, help="Became churned in the month.")
    recovered_count = fields.Integer(
        string="Recovered", readonly=True, help="Bought again after having been asleep."
    )
    attrition_rate = fields.Float(
        readonly=True,
        aggregator="avg",
        help="Lost in the month, in percent of the customers at its start.",
    )
    recovery_rate = fields.Float(
        readonly=True,
        aggregator="avg",
        help="Recovered in the month, in percent of those who were asleep at its start.",
    )

    def init(self):
        drop_view_if_exists(self.env.cr, self._table)
        self.env.cr.execute(
            SQL(
                """CREATE VIEW %s AS (
                    WITH moved AS (
                        SELECT company_id, date_trunc('month', date_entered)::date AS month,
                               state_from, state_to, recovered, order_count,
                               (state_to IN ('new', 'active', 'loyal', 'dormant'))::int
                               - (state_from IN ('new', 'active', 'loyal', 'dormant')
                                  AND state_from IS NOT NULL)::int AS kept,
                               (state_to IN ('dormant', 'churned'))::int
                               - (state_from IN ('dormant', 'churned')
                                  AND state_from IS NOT NULL)::int AS asleep
                          FROM customer_lifecycle_transition WHERE kind = 'state'),
                    summed AS (
                        SELECT company_id, month,
                               count(*) FILTER (WHERE state_to NOT IN ('prospect', 'not_tracked')
                                   AND coalesce(state_from, 'prospect') = 'prospect'
                                   AND order_count > 0) AS new_count,
                               count(*) FILTER (WHERE state_to = 'dormant') AS dormant_count,
                               count(*) FILTER (WHERE state_to = 'churned') AS lost_count,
                               count(*) FILTER (WHERE recovered) AS recovered_count,
                               sum(kept) AS kept, sum(asleep) AS asleep
                          FROM moved GROUP BY company_id, month),
                    spent AS (
                        SELECT c.company_id, m::date AS month
                          FROM (SELECT company_id, min(month) AS since FROM summed
                                 GROUP BY company_id) c
                         CROSS JOIN LATERAL generate_series(
                             c.since, date_trunc('month', now()), interval '1 month') m),
                    counted AS (
                        SELECT spent.company_id, spent.month, new_count, dormant_count, lost_count,
                               recovered_count,
                               sum(coalesce(kept, 0)) OVER w - coalesce(kept, 0) AS start_count,
                               sum(coalesce(asleep, 0)) OVER w - coalesce(asleep, 0) AS asleep_count
                          FROM spent LEFT JOIN summed USING (company_id, month)
                        WINDOW w AS (PARTITION BY spent.company_id ORDER BY spent.month))
                    SELECT (company_id::bigint * 100000
                            + (month - DATE '1970-01-01'))::bigint AS id,
                           company_id, month, start_count, asleep_count,
                           coalesce(new_count, 0) AS new_count,
                           coalesce(dormant_count, 0) AS dormant_count,
                           coalesce(lost_count, 0) AS lost_count,
                           coalesce(recovered_count, 0) AS recovered_count,
                           100.0 * coalesce(lost_count, 0) / nullif(start_count, 0)
                               AS attrition_rate,
                           100.0 * coalesce(recovered_count, 0) / nullif(asleep_count, 0)
                               AS recovery_rate
                      FROM counted)""",
                SQL.identifier(self._table),
            )
        )
