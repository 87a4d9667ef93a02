from odoo import api, fields, models
from odoo.tools import SQL


class CustomerPlaybookEnrolment(models.Model):
    """What became of a passage, whether it was treated or left alone."""

    _inherit = "customer.playbook.enrolment"

    window_end = fields.Datetime(
        string="Measured until",
        readonly=True,
        help="Purchases until this moment count for the result.",
    )
    measured = fields.Boolean(
        readonly=True, help="The time for the result is over; it does not change any more."
    )
    came_back = fields.Boolean(
        readonly=True, help="Bought within the time for the result, or the lead was won."
    )
    revenue = fields.Monetary(
        readonly=True,
        help="Confirmed orders within the time for the result, without taxes, in the currency of "
        "the company. For leads the expected revenue of the won ones.",
    )
    currency_id = fields.Many2one(
        related="company_id.currency_id",
        export_string_translation=False,
        help="The currency of the company.",
    )

    _unmeasured_index = models.Index("(playbook_id, window_end) WHERE measured IS NOT TRUE")

    @api.model
    def _measure(self, playbooks=None):
        """Write down what customers and leads did, until the time for their result is over.

        A few statements over the rows whose time is not over; rows that do not change are not
        written.

        :param playbooks: only these, None for all
        """
        for model in (self._name, "sale.order", "account.move", "crm.lead", "res.partner"):
            self.env[model].flush_model()
        where = SQL("e.measured IS NOT TRUE")
        if playbooks is not None:
            where = SQL("%s AND e.playbook_id IN %s", where, tuple(playbooks.ids) or (0,))
        facts = [self._lead_facts(where)]
        profiles = self.env["customer.lifecycle.profile"].sudo()
        sources = {"sale", *(source for [source] in profiles._read_group([], ["source"]))}
        open_rows = [("measured", "=", False), ("partner_id", "!=", False)]
        for [company] in self.sudo()._read_group(open_rows, ["company_id"]):
            facts += [self._customer_facts(where, company, source) for source in sources]
        for rows in facts:
            self.env.cr.execute(self._measure_query(rows))
        self.invalidate_model(["measured", "came_back", "revenue"])

    def _measure_query(self, facts):
        return SQL(
            """
            WITH facts AS (%(facts)s)
            UPDATE customer_playbook_enrolment e
               SET came_back = facts.came_back,
                   revenue = facts.revenue,
                   measured = e.window_end <= %(now)s
              FROM facts
             WHERE e.id = facts.id
               AND (e.came_back, e.revenue, e.measured)
                   IS DISTINCT FROM (facts.came_back, facts.revenue, e.window_end <= %(now)s)
            """,
            facts=facts,
            now=self.env.cr.now(),
        )

    def _customer_facts(self, where, company, source):
        """Purchases of customers within the time for their result, as the lifecycle counts them.

        Purchases of the day of entry do not count: one of them may have been the reason for it.
        """
        rows = SQL(
            """
            SELECT e.id, e.partner_id, e.date_start, e.window_end
              FROM customer_playbook_enrolment e
              LEFT JOIN customer_lifecycle row
                     ON row.partner_id = e.partner_id AND row.company_id = e.company_id
              LEFT JOIN customer_lifecycle_profile profile ON profile.id = row.profile_id
             WHERE %(where)s AND e.partner_id IS NOT NULL AND e.company_id = %(company)s
               AND COALESCE(profile.source, 'sale') = %(source)s
            """,
            where=where,
            company=company.id,
            source=source,
        )
        facts = self.env["customer.lifecycle"]
        days = facts._lifecycle_days_sql(company, source, SQL("SELECT partner_id FROM passage"))
        return SQL(
            """
            WITH passage AS MATERIALIZED (%(rows)s), bought AS (%(days)s)
            SELECT passage.id,
                   COALESCE(bool_or(bought.bought), FALSE) AS came_back,
                   COALESCE(sum(bought.amount), 0)::numeric AS revenue
              FROM passage
              LEFT JOIN bought
                     ON bought.partner_id = passage.partner_id
                    AND bought.day > %(begun)s
                    AND bought.day <= %(ended)s
             GROUP BY passage.id
            """,
            rows=rows,
            days=days,
            begun=facts._lifecycle_day(SQL.identifier("passage", "date_start"), company),
            ended=facts._lifecycle_day(SQL.identifier("passage", "window_end"), company),
        )

    def _lead_facts(self, where):
        """Leads that were won within the time for their result."""
        return SQL(
            """
            SELECT e.id,
                   won.id IS NOT NULL AS came_back,
                   COALESCE(won.expected_revenue, 0) AS revenue
              FROM customer_playbook_enrolment e
              LEFT JOIN crm_lead won
                     ON won.id = e.lead_id
                    AND won.won_status = 'won'
                    AND won.date_closed > e.date_start
                    AND won.date_closed <= e.window_end
             WHERE %s AND e.lead_id IS NOT NULL
            """,
            where,
        )
