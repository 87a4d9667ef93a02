import logging
from functools import partial

from odoo import api, models
from odoo.tools import SQL

from ...tools.jobs import CONFLICTS, guarded

_logger = logging.getLogger(__name__)


class CustomerLifecycle(models.Model):
    """Which rows exist, which profile they have, and deciding about them without one bad apart."""

    _inherit = "customer.lifecycle"

    # ------------------------------------------------------------------
    # At once: a sale, a refund, a lead, a hand
    # ------------------------------------------------------------------

    @api.model
    def _lifecycle_event(self, partners, companies):
        """Something happened with these customers: decide about them now.

        :param partners: contacts; their commercial partners are meant
        :param companies: the companies of ours with which it happened
        """
        customers = partners.sudo().commercial_partner_id
        if not customers:
            return
        self._lifecycle_flush()
        for company in companies.sudo():
            ids = self._lifecycle_ids(company, customers.ids)
            if len(ids) < len(customers):
                self._lifecycle_ensure(company, customers.ids)
                ids = self._lifecycle_ids(company, customers.ids)
            self._lifecycle_apply(company, ids)

    @api.model
    def _lifecycle_follow(self, pairs, new_only=False):
        """Decide about the customers of (company, contact) pairs.

        Whoever sells, invoices or is paid is never stopped by it: what cannot be decided is left
        to the next run.

        :param bool new_only: only about those who have no row yet
        """
        by_company = {}
        for company, partner in pairs:
            if company and partner:
                by_company.setdefault(company, set()).add(partner.id)
        for company, partner_ids in by_company.items():
            partners = self.env["res.partner"].sudo().browse(partner_ids)
            guarded(
                self.env,
                partial(self._lifecycle_look, company, partners, new_only),
                partial(self._lifecycle_put_off, company, partners),
            )

    def _lifecycle_look(self, company, partners, new_only):
        if new_only:
            known = self._lifecycle_rows(partners.commercial_partner_id, company)
            partners = partners.filtered_domain([("commercial_partner_id", "not in", [*known])])
        self._lifecycle_event(partners, company)

    def _lifecycle_put_off(self, company, partners, error):
        """Have the next run decide about these customers, and say why on their rows."""
        _logger.warning("Customers %s are decided about later: %s", partners.ids, error)
        customers = partners.exists().commercial_partner_id.ids
        self.env.cr.execute(
            SQL(
                """UPDATE customer_lifecycle
                      SET check_date = %s, failure = %s
                    WHERE company_id = %s AND partner_id = ANY(%s)""",
                self._lifecycle_today(company),
                _words(error),
                company.id,
                customers,
            )
        )
        self._lifecycle_forget()

    def _lifecycle_refresh(self):
        """Decide anew about these rows."""
        self._lifecycle_flush()
        for company, rows in self.sudo().grouped("company_id").items():
            self._lifecycle_apply(company, rows.ids)

    @api.model
    def _lifecycle_apply(self, company, ids, today=None):
        """Decide about rows, drop what the cache knows of them, and tell whoever listens.

        Parameters as those of `_lifecycle_decide`.
        """
        lifecycle = self.env["customer.lifecycle"].sudo()
        transitions = lifecycle._lifecycle_decide(company, ids, today)
        self._lifecycle_forget()
        if transitions:
            lifecycle.with_company(company)._lifecycle_changed(transitions)
        return transitions

    def _lifecycle_forget(self):
        """What was written in SQL is read anew; nothing else of the cache is touched."""
        for name in ("customer.lifecycle", "customer.lifecycle.transition"):
            self.env[name].invalidate_model(flush=False)
        partner = self.env["res.partner"]
        self.env["res.partner"].invalidate_model(partner._lifecycle_field_names(), flush=False)

    def _lifecycle_flush(self):
        """What was written through the ORM and is asked in SQL goes to the database first."""
        for name, fields in FLUSHED.items():
            if name in self.env:
                self.env[name].flush_model(fields)

    # ------------------------------------------------------------------
    # Rows
    # ------------------------------------------------------------------

    @api.model
    def _lifecycle_ids(self, company, partner_ids):
        query = SQL(
            "SELECT id FROM customer_lifecycle WHERE company_id = %s AND partner_id = ANY(%s)",
            company.id,
            list(partner_ids),
        )
        return [row[0] for row in self.env.execute_query(query)]

    @api.model
    def _lifecycle_ensure(self, company, partner_ids=None):
        """Give customers and prospects without a row one.

        A customer has bought, or was offered something: an order, a quotation, a lead that is not
        lost, an invoice, by the sources that profiles use.

        :param partner_ids: ids of commercial partners to look at, None for all
        :return: ids of new rows
        :rtype: list[int]
        """
        among = SQL("SELECT unnest(%s::int[])", list(partner_ids)) if partner_ids else None
        query = SQL(
            """INSERT INTO customer_lifecycle
                   (partner_id, company_id, state, check_date, profile_version, order_count,
                    create_uid, create_date, write_uid, write_date)
               SELECT DISTINCT found.partner_id, %(company)s::int, 'prospect',
                      %(today)s::date, 0, 0,
                      %(uid)s::int, %(now)s::timestamp, %(uid)s::int, %(now)s::timestamp
                 FROM (%(found)s) found
                WHERE found.partner_id IS NOT NULL AND NOT EXISTS (
                      SELECT FROM customer_lifecycle l
                       WHERE l.partner_id = found.partner_id AND l.company_id = %(company)s)
               ON CONFLICT DO NOTHING
            RETURNING id""",
            company=company.id,
            today=self._lifecycle_today(company),
            uid=self.env.uid,
            now=self.env.cr.now(),
            found=self._lifecycle_known_sql(company, among),
        )
        self.env.cr.execute(query)
        ids = [row[0] for row in self.env.cr.fetchall()]
        if ids:
            self._lifecycle_assign(company, ids)
        return ids

    def _lifecycle_known_sql(self, company, among):
        """Commercial partners with whom the company has anything going on."""
        only = self._lifecycle_among(among)
        orders = SQL(
            """SELECT p.commercial_partner_id AS partner_id
                 FROM sale_order o JOIN res_partner p ON p.id = o.partner_id
                WHERE o.state <> 'cancel' AND o.company_id = %s %s""",
            company.id,
            only,
        )
        leads = SQL(
            """SELECT p.commercial_partner_id
                 FROM crm_lead o JOIN res_partner p ON p.id = o.partner_id
                 LEFT JOIN crm_team team ON team.id = o.team_id
                 LEFT JOIN res_users u ON u.id = o.user_id
                WHERE o.won_status IN ('pending', 'won') AND (o.active OR o.won_status = 'won')
                  AND coalesce(o.company_id, team.company_id, u.company_id, %s) = %s %s""",
            self.env["res.company"].sudo().search([], order="id", limit=1).id,
            company.id,
            only,
        )
        parts = [orders, leads]
        sources = set(self._lifecycle_sources())
        if "invoice" in sources:
            invoices = SQL(
                """SELECT p.commercial_partner_id
                     FROM account_move o JOIN res_partner p ON p.id = o.partner_id
                    WHERE o.state = 'posted' AND o.move_type IN ('out_invoice', 'out_receipt')
                      AND o.company_id = %s %s""",
                company.id,
                only,
            )
            parts.append(invoices)
        if {"pos", "sale_pos"} & sources and "pos.order" in self.env:
            sold = SQL(
                """SELECT p.commercial_partner_id
                     FROM pos_order o JOIN res_partner p ON p.id = o.partner_id
                    WHERE o.state IN ('paid', 'done', 'invoiced') AND o.company_id = %s %s""",
                company.id,
                only,
            )
            parts.append(sold)
        return SQL(" UNION ALL ").join(parts)

    # ------------------------------------------------------------------
    # Many rows
    # ------------------------------------------------------------------

    @api.model
    def _lifecycle_apply_safely(self, company, ids, today=None):
        """Decide about many rows; what fails is narrowed down to the row that is to blame.

        :return: (ids of transitions, number of rows set aside until tomorrow)
        """
        try:
            with self.env.cr.savepoint():
                return self._lifecycle_apply(company, ids, today), 0
        except CONFLICTS:
            raise
        except Exception as error:
            self.env.invalidate_all(flush=False)
            if len(ids) == 1:
                _logger.warning("Lifecycle row %s cannot be decided: %s", ids[0], error)
                self._lifecycle_set_aside(company, ids, error)
                return [], 1
        half = len(ids) // 2
        first, failed = self._lifecycle_apply_safely(company, ids[:half], today)
        second, more = self._lifecycle_apply_safely(company, ids[half:], today)
        return first + second, failed + more

    def _lifecycle_set_aside(self, company, ids, error):
        """Look at these again tomorrow, and not for ever tonight; say why on the row."""
        self.env.cr.execute(
            SQL(
                "UPDATE customer_lifecycle SET check_date = %s::date + 1, failure = %s"
                " WHERE id = ANY(%s)",
                self._lifecycle_today(company),
                _words(error),
                list(ids),
            )
        )


def _words(error):
    return (str(error) or type(error).__name__)[:500]


# Fields that the statements read, by model.
FLUSHED = {
    "res.partner": ["commercial_partner_id", "parent_id", "is_company", "active"],
    # All fields: what an order has computed when it is confirmed is written once, and not twice.
    "sale.order": None,
    "crm.lead": ["partner_id", "company_id", "team_id", "user_id", "won_status", "active"],
    "account.move": [
        "state",
        "move_type",
        "partner_id",
        "company_id",
        "invoice_date",
        "currency_id",
        "amount_untaxed_signed",
        "reversed_entry_id",
    ],
    "account.move.line": ["move_id", "balance"],
    "pos.order": [
        "state",
        "partner_id",
        "company_id",
        "date_order",
        "amount_total",
        "amount_tax",
        "currency_rate",
    ],
    "res.currency.rate": ["currency_id", "company_id"],
    "customer.lifecycle": None,
    "customer.lifecycle.transition": None,
    "customer.lifecycle.profile": None,
    "customer.lifecycle.threshold": None,
}
