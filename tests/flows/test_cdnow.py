"""CDNOW's customers in Odoo: 2,357 people who first bought in 1997, and what became of them.

The first orders come in through Odoo's importer, as a manager would load a file. The others are
written by SQL, past the ORM, which also shows that the nightly run finds them.
"""

import csv
from collections import Counter, defaultdict
from datetime import date, datetime

from freezegun import freeze_time

from odoo.tests import TransactionCase
from odoo.tools import SQL

from ..common import data_file, requires, top_level

TODAY = date(1998, 7, 1)
# Through the importer: the importer takes about 15 ms for an order.
IMPORTED = 500
FIELDS = [
    "name",
    "partner_id/.id",
    "date_order",
    "state",
    "order_line/product_id/.id",
    "order_line/product_uom_qty",
    "order_line/price_unit",
    "order_line/tax_ids/.id",
]


@top_level
class TestCdnow(TransactionCase):
    def test_cdnow(self):
        """The steps stand on each other, so they are one test."""
        requires(self.env, "customer_lifecycle")
        with data_file("cdnow_sample.csv").open(newline="") as file:
            orders = list(csv.DictReader(file))
        self.env = self.env(context={**self.env.context, "tracking_disable": True})
        with freeze_time(datetime(1998, 7, 1, 12, 0)):
            self.load(orders)
            with self.enter_registry_test_mode():
                self.env.ref("customer_lifecycle.ir_cron_lifecycle_run").method_direct_trigger()
            self.rows = self.env["customer.lifecycle"].search(
                [("partner_id", "in", list(self.partners.values()))]
            )
            self.every_customer_is_where_python_says(orders)
            self.books_agree()
            self.rows._lifecycle_refresh()
            before = self.states()
            self.rows.action_rebuild()
            self.assertEqual(self.states(), before)
            self.books_agree()
            often = self.rows.filtered(lambda row: row.order_count > 1)
            self.assertIn("silent for", often[-1].explanation)

    def states(self):
        return {row.id: row.state for row in self.rows}

    def load(self, orders):
        customers = sorted({order["CustomerID"] for order in orders}, key=int)
        partners = self.env["res.partner"].create(
            [{"name": f"CDNOW {customer}", "is_company": False} for customer in customers]
        )
        self.partners = dict(zip(customers, partners.ids, strict=True))
        self.profile = self.env.ref("customer_lifecycle.profile_person")
        product = self.env["product.product"].create({"name": "Records", "taxes_id": False})
        result = self.env["sale.order"].load(
            FIELDS,
            [
                [
                    f"CDNOW-{number}",
                    str(self.partners[order["CustomerID"]]),
                    f"{order['date']} 12:00:00",
                    "sale",
                    str(product.id),
                    "1",
                    order["amount"],
                    "",
                ]
                for number, order in enumerate(orders[:IMPORTED])
            ],
        )
        self.assertFalse([message for message in result["messages"] if message["type"] == "error"])
        self.assertEqual(len(result["ids"]), IMPORTED)
        self.assertTrue(
            self.env["customer.lifecycle"].search_count(
                [("partner_id", "=", self.partners["1"]), ("order_count", ">", 0)]
            )
        )
        rest = orders[IMPORTED:]
        self.env.cr.execute(
            SQL(
                """INSERT INTO sale_order (name, partner_id, partner_invoice_id,
                       partner_shipping_id, company_id, state, date_order, amount_untaxed,
                       currency_id, currency_rate)
                   SELECT 'CDNOW+' || n, partner, partner, partner, %s, 'sale',
                          day::timestamp + interval '12 hours', amount, %s, 1
                     FROM unnest(%s::int[], %s::date[], %s::numeric[])
                          WITH ORDINALITY AS t (partner, day, amount, n)""",
                self.env.company.id,
                self.env.company.currency_id.id,
                [self.partners[order["CustomerID"]] for order in rest],
                [order["date"] for order in rest],
                [order["amount"] for order in rest],
            )
        )
        # Customers of whom the importer brought some orders and SQL the others.
        self.env.cr.execute("UPDATE customer_lifecycle SET check_date = %s", [TODAY])
        self.env.invalidate_all()

    def every_customer_is_where_python_says(self, orders):
        from odoo.addons.customer_lifecycle.tools.states import state_of

        sums = defaultdict(float)
        for order in orders:
            sums[order["CustomerID"], date.fromisoformat(order["date"])] += float(order["amount"])
        days = defaultdict(list)
        for (customer, day), amount in sorted(sums.items()):
            if amount > 0:
                days[self.partners[customer]].append(day)
        self.assertEqual(len(self.rows), 2357)
        found = Counter()
        for row in self.rows:
            bought = days[row.partner_id.id]
            limits = self.profile._lifecycle_limits(self.env.company, bought) if bought else (1,)
            expected = state_of(bought, TODAY, limits, self.profile)
            self.assertEqual(row.state, expected, f"{row.partner_id.name}: {bought}")
            self.assertEqual(row.order_count, len(bought))
            found[row.state] += 1
        self.assertEqual(sum(found.values()), 2357)
        self.assertEqual(self.profile, self.rows.profile_id)
        # All first bought in early 1997 and most never came back: more than half are lost.
        self.assertGreater(found["churned"], 1178)
        self.assertGreater(found["loyal"], 100)

    def books_agree(self):
        """History without gaps or overlaps, the last entry being the present state."""
        self.env.flush_all()
        self.env.cr.execute(
            """SELECT count(*) FROM (
                   SELECT t.*, lead(date_entered) OVER w AS next_entered,
                          lead(state_from) OVER w AS next_from, l.state, l.state_since
                     FROM customer_lifecycle_transition t
                     JOIN customer_lifecycle l ON l.id = t.lifecycle_id
                    WHERE t.kind = 'state'
                   WINDOW w AS (PARTITION BY t.lifecycle_id ORDER BY t.date_entered, t.id)) h
                WHERE date_left IS DISTINCT FROM next_entered
                   OR (next_from IS NOT NULL AND next_from <> state_to)
                   OR (next_entered IS NULL AND (state_to, date_entered) <> (state, state_since))"""
        )
        self.assertEqual(self.env.cr.fetchone(), (0,))
        self.env.cr.execute("""SELECT sum(new_count) FROM customer_lifecycle_movement""")
        [new] = self.env.cr.fetchone()
        bought = self.rows.filtered(lambda row: row.order_count)
        self.assertGreaterEqual(new, len(bought))
