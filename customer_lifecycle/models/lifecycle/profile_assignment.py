import logging

import psycopg2

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL, mute_logger

from ...tools.chance import silence
from .purchase_history import SOURCES

_logger = logging.getLogger(__name__)


class CustomerLifecycle(models.Model):
    """Which profile a customer has, and what the profiles lend to the decision."""

    _inherit = "customer.lifecycle"

    @api.model
    def _lifecycle_profiles(self, company):
        """Profiles of a company, in the order in which they are tried."""
        return (
            self.env["customer.lifecycle.profile"]
            .sudo()
            .with_company(company)
            .search([("company_id", "in", [False, company.id])])
        )

    @api.model
    def _lifecycle_sources(self):
        """Sources of money that profiles in use name."""
        used = self.env["customer.lifecycle.profile"].sudo().search(Domain.TRUE).mapped("source")
        return [source for source in SOURCES if source in used]

    @api.model
    def _lifecycle_assign(self, company, ids=None):
        """Give rows the first profile that fits, and have those that got another one looked at.

        :param ids: ids of rows, None for all of the company
        :return: number of rows that got another profile
        """
        cases = [
            SQL("WHEN %s THEN %s", fits, profile.id)
            for profile in self._lifecycle_profiles(company)
            if (fits := self._lifecycle_members(profile, company))
        ]
        fitting = SQL("CASE %s END", SQL(" ").join(cases)) if cases else SQL("NULL::int")
        only = SQL("AND id = ANY(%s)", list(ids)) if ids is not None else SQL()
        self.env.cr.execute(
            SQL(
                """UPDATE customer_lifecycle l
                      SET profile_id = f.profile_id, check_date = %(today)s
                     FROM (SELECT id, %(fitting)s AS profile_id FROM customer_lifecycle
                            WHERE company_id = %(company)s %(only)s) f
                    WHERE l.id = f.id AND l.profile_id IS DISTINCT FROM f.profile_id""",
                today=self._lifecycle_today(company),
                fitting=fitting,
                company=company.id,
                only=only,
            )
        )
        return self.env.cr.rowcount

    @api.model
    def _lifecycle_mark_due(self, company, profiles):
        """Have the customers of these profiles looked at by the next run."""
        self.env.cr.execute(
            SQL(
                """UPDATE customer_lifecycle SET check_date = %(today)s
                    WHERE company_id = %(company)s AND profile_id = ANY(%(profiles)s)
                      AND (check_date IS NULL OR check_date > %(today)s)""",
                today=self._lifecycle_today(company),
                company=company.id,
                profiles=profiles.ids,
            )
        )

    def _lifecycle_members(self, profile, company):
        """Condition on `partner_id`; a filter that is broken is named and left out."""
        partners = self.env["res.partner"].sudo().with_company(company)
        # Whatever cannot be written is not the fault of the filter.
        self.env.flush_all()
        try:
            with mute_logger("odoo.sql_db"), self.env.cr.savepoint():
                query = partners.with_context(active_test=False)._search(
                    profile._lifecycle_domain()
                )
                fits = SQL("TRUE")
                if query.where_clause:
                    fits = SQL("partner_id IN (%s)", query.subselect())
                    self.env.execute_query(SQL("SELECT EXISTS (%s)", query.subselect()))
        except psycopg2.OperationalError:
            raise
        except Exception as error:
            _logger.info("Filter of lifecycle profile %s is broken: %s", profile.name, error)
            profile.domain_error = str(error)[:500]
            return None
        if profile.domain_error:
            profile.domain_error = False
        return fits

    def _lifecycle_model_sql(self, company):
        """Parameters of the purchase model by profile, in weeks."""
        rows = [
            (
                profile.id,
                model["r"],
                model["alpha"],
                model["a"],
                model["b"],
                profile.horizon_days / 7,
            )
            for profile in self._lifecycle_profiles(company)
            if profile.engine != "none" and (model := profile._lifecycle_model(company))
        ]
        columns = [list(column) for column in zip(*rows, strict=True)] or [[]] * 6
        return SQL(
            """SELECT * FROM unnest(%s::int[], %s::float8[], %s::float8[], %s::float8[],
                                    %s::float8[], %s::float8[])
                   AS t (profile_id, r, alpha, a, b, weeks)""",
            *columns,
        )

    def _lifecycle_chance_rows(self, company, ids, today):
        """Silences of profiles that decide by the chance of an order.

        :return: (profile, purchases, days from first to last, risk, dormant, churn) per history
        """
        rows = []
        for profile in self._lifecycle_by_chance(company):
            query = SQL(
                """SELECT DISTINCT count(*) FILTER (WHERE bought)::int,
                          max(day) FILTER (WHERE bought) - min(day) FILTER (WHERE bought)
                     FROM (%s) days GROUP BY partner_id HAVING bool_or(bought)""",
                self._lifecycle_days_sql(
                    company,
                    profile.source,
                    SQL(
                        "SELECT partner_id FROM customer_lifecycle"
                        " WHERE profile_id = %s AND id = ANY(%s)",
                        profile.id,
                        list(ids),
                    ),
                    today,
                ),
            )
            rows += self._lifecycle_silences(profile, company, self.env.execute_query(query))
        return rows

    def _lifecycle_by_chance(self, company):
        """Profiles that decide by the chance of an order."""
        return self._lifecycle_profiles(company).filtered(lambda profile: profile.engine == "p_buy")

    def _lifecycle_silences(self, profile, company, histories):
        """The silence that each history is allowed by a profile with bands of chance."""
        if not histories:
            return []
        model = profile._lifecycle_model(company)
        parameters = (model["r"], model["alpha"], model["a"], model["b"])
        orders, spans = zip(*histories, strict=True)
        bands = [
            silence(parameters, orders, spans, profile.horizon_days, chance).tolist()
            for chance in (profile.p_risk, profile.p_dormant, profile.p_churn)
        ]
        return list(zip([profile.id] * len(orders), orders, spans, *bands, strict=True))

    def _lifecycle_contact_sql(self, company, today):
        """Last contact of those who would be asleep but for the contacts that their profile counts.

        A contact is an e-mail or comment, a completed activity, or a meeting, with any contact of
        the customer, on the contact itself, a lead, or an order.
        """
        nothing = SQL("SELECT 0 AS partner_id, NULL::date AS day WHERE FALSE")
        if not any(self._lifecycle_profiles(company).mapped("contact_days")):
            return nothing
        person = SQL(
            """SELECT p.id, p.commercial_partner_id AS customer
                 FROM reach JOIN res_partner p ON p.commercial_partner_id = reach.partner_id
                WHERE reach.contact_days > 0 AND reach.dormant_on <= %s""",
            today,
        )
        written = SQL(
            """(m.mail_activity_type_id IS NOT NULL
                OR m.message_type IN ('email', 'email_outgoing', 'comment')
                   AND m.is_internal IS NOT TRUE AND m.lifecycle_automatic IS NOT TRUE)"""
        )
        return SQL(
            """SELECT customer AS partner_id, max(day) AS day FROM (
                   WITH person AS MATERIALIZED (%(person)s)
                   SELECT customer, m.date::date AS day FROM person
                     JOIN mail_message m ON m.model = 'res.partner' AND m.res_id = person.id
                    WHERE %(written)s
                    UNION ALL
                   SELECT customer, m.date::date FROM person
                     JOIN crm_lead o ON o.partner_id = person.id
                     JOIN mail_message m ON m.model = 'crm.lead' AND m.res_id = o.id
                    WHERE %(written)s
                    UNION ALL
                   SELECT customer, m.date::date FROM person
                     JOIN sale_order o ON o.partner_id = person.id
                     JOIN mail_message m ON m.model = 'sale.order' AND m.res_id = o.id
                    WHERE %(written)s
                    UNION ALL
                   SELECT customer, e.start::date FROM person
                     JOIN calendar_event_res_partner_rel r ON r.res_partner_id = person.id
                     JOIN calendar_event e ON e.id = r.calendar_event_id AND e.active
               ) contact WHERE day <= %(today)s GROUP BY customer""",
            person=person,
            written=written,
            today=today,
        )
