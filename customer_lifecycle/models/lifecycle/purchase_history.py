from typing import NamedTuple
from zoneinfo import ZoneInfo

from odoo import api, fields, models
from odoo.tools import SQL, ormcache

# Documents of a customer, by the source of money that his profile names.
SOURCES = {
    "sale": ("sale",),
    "invoice": ("invoice",),
    "pos": ("pos",),
    "sale_pos": ("sale", "pos"),
}
# What of an order was not given back, in its currency: what was credited and invoiced again, by the
# same or by another invoice, was corrected.
KEPT = SQL(
    """(o.amount_untaxed - greatest(
            coalesce(back.amount, 0) - greatest(coalesce(back.again, 0) - o.amount_untaxed, 0),
            0))"""
)


class Few(NamedTuple):
    """A query of ids of so few customers that their documents are looked up one by one.

    PostgreSQL plans a join for longer than that takes, and would read the documents of all.
    """

    query: SQL


class LifecycleFacts(models.AbstractModel):
    """The one place that says what a customer bought, when, and for how much.

    Everything that looks at purchases (the nightly run, the history, the purchase model, the
    back-test) builds on `_lifecycle_documents_sql` or `_lifecycle_days_sql`.
    """

    _name = "customer.lifecycle.facts"
    _description = "Lifecycle Facts"

    @api.model
    def _lifecycle_today(self, company):
        """The date in the time zone of the company, which also decides on which day it sold.

        :rtype: datetime.date
        """
        return self._lifecycle_day_of(company, fields.Datetime.now())

    @api.model
    def _lifecycle_day_of(self, company, moment):
        """The day of a company on which a moment (UTC, without zone) lies."""
        moment = moment.replace(tzinfo=ZoneInfo("UTC"))
        return moment.astimezone(ZoneInfo(self._lifecycle_zone(company))).date()

    @api.model
    @ormcache("company.id")
    def _lifecycle_zone(self, company):
        """Time zone of a company; each order asks for it. A change clears the cache."""
        return company.sudo().partner_id.with_context(prefetch_fields=False).tz or "UTC"

    @api.model
    def _lifecycle_days_sql(self, company, source, partners=None, until=None):
        """Purchase days of customers: one row per customer and day with at least one document.

        Columns: `partner_id` (commercial partner), `day` (date in the company's time zone),
        `amount` (untaxed, in the company's currency, credit notes deducted),
        `bought` (whether the day counts as a purchase: something of positive value was bought
        that was not given back entirely).

        :param company: one `res.company`
        :param str source: a key of `SOURCES`
        :param partners: query of ids of commercial partners (`SQL` or `Few`), None for all
        :param date until: documents after this day are left out, None for all
        :rtype: SQL
        """
        return SQL(
            """SELECT partner_id, day, sum(amount)::float8 AS amount, bool_or(bought) AS bought
                 FROM (%s) document GROUP BY partner_id, day""",
            self._lifecycle_documents_sql(company, source, partners, until),
        )

    @api.model
    def _lifecycle_documents_sql(self, company, source, partners=None, until=None):
        """Documents of customers; columns and parameters as `_lifecycle_days_sql`, not grouped."""
        parts = []
        for kind in SOURCES[source]:
            parts += getattr(self, f"_lifecycle_{kind}_sql")(company, partners, until)
        return SQL(" UNION ALL ").join(parts)

    def _lifecycle_sale_sql(self, company, partners, until):
        """Confirmed orders less what was credited, and a buyer's credit notes without an order."""
        day = self._lifecycle_day(SQL.identifier("o", "date_order"), company)
        orders = SQL(
            """SELECT %(partner_id)s AS partner_id, %(day)s AS day,
                      %(amount)s AS amount,
                      o.amount_untaxed > 0 AND %(kept)s > 0 AS bought
                 FROM sale_order o %(buyer)s %(back)s
                WHERE o.state = 'sale' AND o.company_id = %(company)s %(partners)s %(until)s""",
            **self._lifecycle_buyer("o", partners),
            day=day,
            amount=self._lifecycle_amount(KEPT, "o", company, day),
            kept=KEPT,
            back=self._lifecycle_back(
                partners, SQL.identifier("o", "id"), *self._lifecycle_credited(company)
            ),
            company=company.id,
            until=self._lifecycle_until(day, until),
        )
        credit_notes = SQL(
            """SELECT %(partner_id)s, m.invoice_date, %(amount)s, FALSE
                 FROM account_move m %(buyer)s
                WHERE m.move_type = 'out_refund' AND m.state = 'posted'
                  AND m.company_id = %(company)s %(partners)s %(until)s AND %(apart)s""",
            **self._lifecycle_buyer("m", partners),
            amount=self._lifecycle_invoiced(company),
            company=company.id,
            until=self._lifecycle_until(SQL.identifier("m", "invoice_date"), until),
            apart=self._lifecycle_apart(company, partners, day, until),
        )
        return [orders, credit_notes]

    def _lifecycle_apart(self, company, partners, day, until):
        """Whether the credit note `m` belongs to no order, and its customer has bought."""
        ordered = SQL(
            """SELECT FROM sale_order o JOIN res_partner b ON b.id = o.partner_id
                WHERE b.commercial_partner_id = %s AND o.state = 'sale' AND o.company_id = %s %s""",
            self._lifecycle_buyer("m", partners)["partner_id"],
            company.id,
            self._lifecycle_until(day, until),
        )
        lines = SQL(
            """SELECT FROM account_move_line l
                 JOIN sale_order_line_invoice_rel rel ON rel.invoice_line_id = l.id
                WHERE l.move_id = m.id"""
        )
        return SQL("NOT EXISTS (%s) AND EXISTS (%s)", lines, ordered)

    def _lifecycle_credited(self, company):
        """What was credited and invoiced of orders, for `_lifecycle_back`: of all, and of `o`.

        In the currency of the order. Down payments are no goods: who gets one back has still
        ordered.
        """
        in_currency = SQL(
            """CASE WHEN l.currency_id = sold.currency_id THEN l.amount_currency
                    ELSE l.balance * coalesce(nullif(sold.currency_rate, 0), 1) END"""
        )
        columns = SQL(
            """CASE WHEN m.move_type = 'out_refund' THEN %(value)s END AS amount,
               CASE WHEN m.move_type <> 'out_refund' THEN -(%(value)s) END AS again""",
            value=in_currency,
        )
        lines = SQL(
            """sale_order_line sol
               JOIN sale_order sold ON sold.id = sol.order_id
               JOIN sale_order_line_invoice_rel rel ON rel.order_line_id = sol.id
               JOIN account_move_line l ON l.id = rel.invoice_line_id
               JOIN account_move m ON m.id = l.move_id AND m.state = 'posted'
                    AND m.move_type IN ('out_refund', 'out_invoice', 'out_receipt')
                    AND m.company_id = %s
              WHERE sol.is_downpayment IS NOT TRUE""",
            company.id,
        )
        credited = SQL(
            """SELECT sol.order_id AS id, %s FROM %s AND sol.order_id IN (
                   SELECT given.order_id FROM account_move n
                     JOIN account_move_line nl ON nl.move_id = n.id
                     JOIN sale_order_line_invoice_rel nr ON nr.invoice_line_id = nl.id
                     JOIN sale_order_line given ON given.id = nr.order_line_id
                    WHERE n.move_type = 'out_refund' AND n.state = 'posted'
                      AND n.company_id = %s)""",
            columns,
            lines,
            company.id,
        )
        return credited, SQL("SELECT %s FROM %s AND sol.order_id = o.id", columns, lines)

    def _lifecycle_invoice_sql(self, company, partners, until):
        """Posted invoices and receipts; credit notes count negative and may undo an invoice."""
        credited = SQL(
            """SELECT reversed_entry_id AS id, amount_untaxed_signed AS amount, 0 AS again
                 FROM account_move
                WHERE move_type = 'out_refund' AND state = 'posted'
                  AND reversed_entry_id IS NOT NULL AND company_id = %s""",
            company.id,
        )
        invoices = SQL(
            """SELECT %(partner_id)s AS partner_id, m.invoice_date AS day,
                      %(amount)s AS amount,
                      m.amount_untaxed_signed + coalesce(back.amount, 0) > 0 AS bought
                 FROM account_move m %(buyer)s %(back)s
                WHERE m.move_type IN ('out_invoice', 'out_receipt', 'out_refund')
                  AND m.state = 'posted' AND m.company_id = %(company)s
                  %(partners)s %(until)s""",
            **self._lifecycle_buyer("m", partners),
            amount=self._lifecycle_invoiced(company),
            back=self._lifecycle_back(partners, SQL.identifier("m", "id"), credited),
            company=company.id,
            until=self._lifecycle_until(SQL.identifier("m", "invoice_date"), until),
        )
        return [invoices]

    def _lifecycle_pos_sql(self, company, partners, until):
        """Paid orders of the point of sale, where that app is installed; returns are negative."""
        if "pos.order" not in self.env:
            return [SQL("SELECT NULL::int, NULL::date, 0::numeric, FALSE WHERE FALSE")]
        day = self._lifecycle_day(SQL.identifier("o", "date_order"), company)
        returned = SQL(
            """SELECT sold.order_id AS id, line.price_subtotal_incl AS amount, 0 AS again
                 FROM pos_order_line line
                 JOIN pos_order given ON given.id = line.order_id
                 JOIN pos_order_line sold ON sold.id = line.refunded_orderline_id
                WHERE given.state IN ('paid', 'done', 'invoiced')"""
        )
        sold = SQL(
            """SELECT %(partner_id)s AS partner_id, %(day)s AS day, %(amount)s AS amount,
                      o.amount_total + coalesce(back.amount, 0) > 0 AS bought
                 FROM pos_order o %(buyer)s %(back)s
                WHERE o.state IN ('paid', 'done', 'invoiced') AND o.company_id = %(company)s
                  %(partners)s %(until)s""",
            **self._lifecycle_buyer("o", partners),
            day=day,
            # The table does not know the currency; its tills have one that has a rate.
            amount=self._lifecycle_converted(SQL("(o.amount_total - o.amount_tax)"), "o"),
            back=self._lifecycle_back(partners, SQL.identifier("o", "id"), returned),
            company=company.id,
            until=self._lifecycle_until(day, until),
        )
        return [sold]

    # ------------------------------------------------------------------
    # Fragments
    # ------------------------------------------------------------------

    def _lifecycle_buyer(self, document, partners):
        """How to come from a document to its commercial partner.

        :param str document: alias of its table
        :param partners: see `_lifecycle_days_sql`
        :return: fragments `partner_id`, `buyer` (a join) and `partners` (a condition)
        :rtype: dict
        """
        buyer = SQL.identifier(document, "partner_id")
        if isinstance(partners, Few):
            return {
                "partner_id": SQL(
                    "(SELECT commercial_partner_id FROM res_partner WHERE id = %s)", buyer
                ),
                "buyer": SQL(),
                "partners": SQL(
                    """AND %s = ANY(ARRAY(
                           SELECT id FROM res_partner WHERE commercial_partner_id IN (%s)))""",
                    buyer,
                    partners.query,
                ),
            }
        return {
            "partner_id": SQL.identifier("p", "commercial_partner_id"),
            "buyer": SQL("JOIN res_partner p ON p.id = %s", buyer),
            "partners": self._lifecycle_among(partners),
        }

    def _lifecycle_back(self, partners, document, credited, of_one=None):
        """Join what was given back of each document.

        :param partners: see `_lifecycle_days_sql`
        :param SQL document: id of the document
        :param SQL credited: query of `id` (document), `amount` credited and `again` invoiced
        :param SQL of_one: the same for the document alone, if it can be had in a simpler way
        """
        if isinstance(partners, Few):
            of_one = of_one or SQL("SELECT * FROM (%s) AS c WHERE id = %s", credited, document)
            # OFFSET keeps it from being looked up once for each column that shows it.
            return SQL(
                """CROSS JOIN LATERAL (
                       SELECT sum(amount) AS amount, sum(again) AS again FROM (%s) c OFFSET 0
                   ) back""",
                of_one,
            )
        return SQL(
            """LEFT JOIN (
                   SELECT id, sum(amount) AS amount, sum(again) AS again
                     FROM (%s) AS c GROUP BY id
               ) back ON back.id = %s""",
            credited,
            document,
        )

    def _lifecycle_day(self, moment, company):
        """The day on which a moment (UTC) lies for the company."""
        zone = self._lifecycle_zone(company)
        if zone == "UTC":
            return SQL("%s::date", moment)
        return SQL("((%s AT TIME ZONE 'UTC') AT TIME ZONE %s)::date", moment, zone)

    def _lifecycle_amount(self, amount, alias, company, day):
        """An amount of a document in the company's currency; 0 where there is no rate."""
        currency, rate = (
            SQL.identifier(alias, "currency_id"),
            SQL.identifier(alias, "currency_rate"),
        )
        return SQL(
            "CASE WHEN %s THEN 0 ELSE %s / %s END",
            self._lifecycle_without_rate(alias, company),
            amount,
            self._lifecycle_rate(currency, rate, company, day),
        )

    def _lifecycle_invoiced(self, company):
        """The untaxed amount of the invoice `m`, as `_lifecycle_amount`.

        Odoo has converted it; where it had no rate yet, it took 1.
        """
        rate = self._lifecycle_rate(
            SQL.identifier("m", "currency_id"),
            SQL("1"),
            company,
            SQL.identifier("m", "invoice_date"),
        )
        return SQL(
            """CASE WHEN %s THEN 0 WHEN coalesce(m.invoice_currency_rate, 1) = 1
                    THEN m.amount_untaxed_signed / %s ELSE m.amount_untaxed_signed END""",
            self._lifecycle_without_rate("m", company),
            rate,
        )

    def _lifecycle_rate(self, currency, rate, company, day):
        """The rate of a document; that of the nearest day where it was made before the first rate.

        Odoo keeps 1 on such a document, whatever rate is entered later.
        """
        root = company.sudo().root_id
        nearest, own = (
            SQL(
                """(SELECT r.rate FROM res_currency_rate r
                     WHERE r.currency_id = %(one)s
                       AND (r.company_id IS NULL OR r.company_id = %(root)s)
                     ORDER BY r.name > %(day)s, abs(r.name - %(day)s), r.company_id LIMIT 1)""",
                one=one,
                root=root.id,
                day=day,
            )
            for one in (currency, SQL("%s", root.currency_id.id))
        )
        return SQL(
            """CASE WHEN %(currency)s <> %(home)s AND coalesce(nullif(%(rate)s, 0), 1) = 1
                    THEN coalesce(%(nearest)s / coalesce(nullif(%(own)s, 0), 1), 1)
                    ELSE coalesce(nullif(%(rate)s, 0), 1) END""",
            currency=currency,
            home=root.currency_id.id,
            rate=rate,
            nearest=nearest,
            own=own,
        )

    def _lifecycle_converted(self, amount, alias):
        """An amount by the rate of its document."""
        rate = SQL.identifier(alias, "currency_rate")
        return SQL("%s / coalesce(nullif(%s, 0), 1)", amount, rate)

    def _lifecycle_without_rate(self, alias, company):
        """Whether a document is in a foreign currency for which there is no rate."""
        root = company.sudo().root_id
        return SQL(
            """(%(currency)s <> %(own)s AND %(currency)s NOT IN (
                SELECT currency_id FROM res_currency_rate
                 WHERE company_id IS NULL OR company_id = %(root)s))""",
            currency=SQL.identifier(alias, "currency_id"),
            own=root.currency_id.id,
            root=root.id,
        )

    def _lifecycle_among(self, partners):
        return SQL("AND p.commercial_partner_id IN (%s)", partners) if partners else SQL()

    def _lifecycle_until(self, day, until):
        return SQL("AND %s <= %s", day, until) if until else SQL()

    @api.model
    def _lifecycle_currencies_without_rate(self, company):
        """Foreign currencies in use for which this company knows no exchange rate.

        Odoo takes their rate for 1, which would make a small order in yen a fortune. Such orders
        count as purchases without a value, and the run names the currency.

        :rtype: recordset of `res.currency`
        """
        root = company.sudo().root_id
        currencies = self.env["res.currency"].sudo().search([("id", "!=", root.currency_id.id)])
        rated = (
            self.env["res.currency.rate"]
            .sudo()
            ._read_group(
                [("currency_id", "in", currencies.ids), ("company_id", "in", [False, root.id])],
                ["currency_id"],
            )
        )
        return currencies - currencies.browse([currency.id for [currency] in rated])
