from odoo import fields, models
from odoo.tools import SQL


class CustomerLifecycleCohort(models.Model):
    """Of those who bought for the first time in a month, how many bought in each later month.

    The query is made when it is asked for, since profiles say which documents are purchases.
    """

    _name = "customer.lifecycle.cohort"
    _description = "Customer Cohort"
    _auto = False
    _rec_name = "cohort"
    _order = "cohort desc, months"

    company_id = fields.Many2one(
        "res.company", readonly=True, help="The company whose customers are counted."
    )
    cohort = fields.Date(
        readonly=True, help="First day of the month in which the customers bought first."
    )
    months = fields.Integer(
        string="Months Later", readonly=True, aggregator=None, help="0 is the first month itself."
    )
    customers = fields.Integer(readonly=True, help="Customers of the cohort who bought then.")
    size = fields.Integer(
        string="Cohort Size", readonly=True, aggregator="max", help="Customers of the cohort."
    )
    share = fields.Float(
        string="Retention (%)",
        readonly=True,
        aggregator="avg",
        help="Share of the cohort that bought in that month, in percent; of several cohorts "
        "together, large cohorts count for more.",
    )

    def _read_group_select(self, aggregate_spec, query):
        """The average of shares is weighted: of all customers of these cohorts, how many bought."""
        if aggregate_spec != "share:avg":
            return super()._read_group_select(aggregate_spec, query)
        return SQL(
            "100.0 * sum(%s) / NULLIF(sum(%s), 0)",
            self._field_to_sql(self._table, "customers", query),
            self._field_to_sql(self._table, "size", query),
        )

    @property
    def _table_query(self):
        rows = self.env["customer.lifecycle"]
        parts = [
            SQL(
                """SELECT %s::int AS company_id, %s::date AS today, d.partner_id, d.day
                     FROM (%s) d
                     JOIN customer_lifecycle l ON l.partner_id = d.partner_id
                          AND l.company_id = %s
                     JOIN customer_lifecycle_profile pr ON pr.id = l.profile_id AND pr.source = %s
                    WHERE d.bought""",
                company.id,
                rows._lifecycle_today(company),
                rows._lifecycle_days_sql(company, source, until=rows._lifecycle_today(company)),
                company.id,
                source,
            )
            for company in self.env.companies.sudo()
            for source in rows._lifecycle_sources()
        ]
        bought = SQL(" UNION ALL ").join(parts) or SQL(
            "SELECT 0 AS company_id, NULL::date AS today, 0 AS partner_id, NULL::date AS day"
            " WHERE FALSE"
        )
        return SQL(
            """WITH bought AS (%s),
                    begun AS (SELECT company_id, partner_id, max(today) AS today,
                                     date_trunc('month', min(day))::date AS cohort
                                FROM bought GROUP BY company_id, partner_id),
                    seen AS (SELECT DISTINCT b.company_id, b.partner_id, begun.cohort,
                                    (extract(year FROM age(date_trunc('month', b.day),
                                                           begun.cohort)) * 12
                                     + extract(month FROM age(date_trunc('month', b.day),
                                                              begun.cohort)))::int AS months
                               FROM bought b
                               JOIN begun USING (company_id, partner_id)),
                    sized AS (SELECT company_id, cohort, count(*) AS size,
                                     age(date_trunc('month', max(today)), cohort) AS span
                                FROM begun GROUP BY company_id, cohort),
                    -- a month in which nobody bought is a month of 0 %%, not a missing one
                    grid AS (SELECT company_id, cohort, size, generate_series(
                                        0, (extract(year FROM span) * 12
                                            + extract(month FROM span))::int) AS months
                               FROM sized)
               SELECT row_number() OVER (ORDER BY company_id, cohort, months) AS id,
                      company_id, cohort, months, count(partner_id) AS customers,
                      max(size) AS size, 100.0 * count(partner_id) / max(size) AS share
                 FROM grid LEFT JOIN seen USING (company_id, cohort, months)
                GROUP BY company_id, cohort, months""",
            bought,
        )
