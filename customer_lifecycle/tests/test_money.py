import random
from contextlib import closing
from itertools import product
from unittest.mock import patch

from odoo.tests import tagged

from ..models.lifecycle import lifecycle_state as lifecycle_decide
from .common import LifecycleCase
from .test_states import ahead


@tagged("post_install", "-at_install")
class TestMoney(LifecycleCase):
    """What counts as a purchase, and for how much."""

    def test_foreign_currency_is_converted(self):
        currency = self.env["res.currency"].create(
            {"name": "ZZA", "symbol": "z", "rate_ids": [(0, 0, {"name": "2020-01-01", "rate": 4})]}
        )
        self.env["product.pricelist"].search([]).active = False
        pricelist = self.env["product.pricelist"].create({"name": "Z", "currency_id": currency.id})
        partner = self.customer()
        order = self.order(partner, pricelist_id=pricelist.id, amount=100.0)
        self.assertEqual(order.currency_rate, 4)
        self.assertEqual(self.row(partner).amount_total, 25)

    def test_a_currency_without_rate_is_named_and_stops_nothing(self):
        currency = self.env["res.currency"].create({"name": "ZZB", "symbol": "b"})
        pricelist = self.env["product.pricelist"].create({"name": "B", "currency_id": currency.id})
        partner = self.customer(30)
        self.order(partner, pricelist_id=pricelist.id, amount=100.0)
        self.assertEqual(self.row(partner).order_count, 2)
        self.assertEqual(self.row(partner).amount_total, 100)
        warnings = list(self.env["customer.lifecycle.run"]._run_warnings(self.company))
        self.assertTrue(any("ZZB" in warning for warning in warnings))

    def test_a_company_that_takes_another_currency_counts_in_it_at_once(self):
        currency = self.env["res.currency"].create({"name": "ZZC", "symbol": "c"})
        pricelist = self.env["product.pricelist"].create({"name": "C", "currency_id": currency.id})
        partner = self.customer(30)
        self.order(partner, pricelist_id=pricelist.id, amount=70.0)
        self.assertEqual(self.row(partner).amount_total, 100, "in the currency without rate: 0")
        self.company.currency_id = currency
        self.order(partner, pricelist_id=pricelist.id, amount=40.0)
        self.assertEqual(self.row(partner).amount_total, 110, "now the other one has no rate")

    def invoice(self, partner, amount, day, kind="out_invoice", **values):
        move = self.env["account.move"].create(
            {
                "move_type": kind,
                "partner_id": partner.id,
                "invoice_date": day,
                "invoice_line_ids": [
                    (0, 0, {"name": "x", "quantity": 1, "price_unit": amount, "tax_ids": False})
                ],
                **values,
            }
        )
        move.action_post()
        return move

    def accounting(self):
        journal = self.env["account.journal"].search(
            [("type", "=", "sale"), ("company_id", "=", self.company.id)], limit=1
        )
        if journal:
            return
        account = self.env["account.account"].create(
            [
                {"name": "Income", "code": "LIFE1", "account_type": "income"},
                {"name": "Debtors", "code": "LIFE2", "account_type": "asset_receivable"},
            ]
        )
        self.env["account.journal"].create(
            {
                "name": "Sales",
                "code": "LIFE",
                "type": "sale",
                "default_account_id": account[0].id,
            }
        )
        self.env["ir.default"].set(
            "res.partner",
            "property_account_receivable_id",
            account[1].id,
            company_id=self.company.id,
        )

    def test_invoices_are_purchases_where_the_profile_says_so(self):
        self.accounting()
        self.profile.source = "invoice"
        partner = self.customer(5)
        move = self.invoice(partner, 200, "2026-06-01")
        row = self.row(partner)
        self.assertEqual((row.state, row.order_count, row.amount_total), ("new", 1, 200))
        self.invoice(partner, 50, "2026-06-10", kind="out_refund")
        row = self.row(partner)
        self.assertEqual((row.state, row.order_count, row.amount_total), ("new", 1, 150))
        self.invoice(partner, 200, "2026-06-12", kind="out_refund", reversed_entry_id=move.id)
        self.assertEqual(self.row(partner).state, "prospect")
        move.button_draft()
        self.assertEqual(self.row(partner).order_count, 0)

    def test_an_order_that_is_credited_entirely_is_no_purchase(self):
        self.accounting()
        self.product.invoice_policy = "order"
        partner = self.customer(100)
        order = self.order(partner, days_ago=1, amount=300.0)
        self.assertEqual(self.row(partner).order_count, 2)
        self.credited(order)
        row = self.row(partner)
        self.assertEqual(row.order_count, 1)
        self.assertEqual(row.amount_total, 100)
        self.assertEqual(row.state, "dormant")

    def credited(self, order, **values):
        """Invoice an order, and give everything back."""
        invoice = order._create_invoices()
        invoice.write(values)
        invoice.action_post()
        invoice._reverse_moves([{"invoice_date": "2026-06-30"}]).action_post()

    def test_what_is_given_back_stays_given_back_when_an_order_is_confirmed_again(self):
        self.accounting()
        self.product.invoice_policy = "order"
        partner = self.customer(100)
        order = self.order(partner, days_ago=1, amount=300.0)
        self.credited(order)
        self.assertEqual(self.row(partner).amount_total, 100)
        self.order(partner, amount=50.0)
        self.assertEqual(self.row(partner).amount_total, 150)
        order._action_cancel()
        order.action_draft()
        order.action_confirm()
        self.assertEqual(self.row(partner).amount_total, 150)

    def test_an_order_cancelled_before_it_is_credited_stays_credited(self):
        self.accounting()
        self.product.invoice_policy = "order"
        partner = self.customer(100)
        order = self.order(partner, days_ago=1, amount=300.0)
        invoice = order._create_invoices()
        invoice.action_post()
        order._action_cancel()
        invoice._reverse_moves([{"invoice_date": "2026-06-30"}]).action_post()
        order.action_draft()
        order.action_confirm()
        self.assertEqual(self.row(partner).amount_total, 100)

    def test_a_credit_note_to_somebody_else_counts_for_who_ordered(self):
        self.accounting()
        self.product.invoice_policy = "order"
        partner = self.customer(100)
        payer = self.env["res.partner"].create({"name": "Payer"})
        order = self.order(partner, days_ago=1, amount=300.0)
        self.assertEqual(self.row(partner).amount_total, 400)
        self.credited(order, partner_id=payer.id)
        self.assertEqual(self.row(partner).amount_total, 100)
        self.order(partner, amount=50.0)
        self.assertEqual(self.row(partner).amount_total, 150)

    def test_a_credit_note_without_any_order_is_no_loss(self):
        self.accounting()
        stranger, partner = self.env["res.partner"].create({"name": "No order"}), self.customer(100)
        self.order(partner, days_ago=0, amount=300.0)
        for customer in (stranger, partner):
            self.invoice(customer, 50, "2026-06-10", kind="out_refund")
        self.assertEqual(self.row(partner).amount_total, 350)
        self.assertFalse(self.Lifecycle._lifecycle_rows(stranger, self.company))

    def decided(self, rows, days, each):
        """Rows and history as they come out after so many days, and are taken back."""
        columns = [*lifecycle_decide.WRITTEN, "id", "state_since", "previous_state"]
        unlike = {"id", "display_name", "create_date", "write_date", "__last_update"}
        with closing(self.env.cr.savepoint()):
            before = self.env["customer.lifecycle.transition"].search([], order="id desc", limit=1)
            each(rows.ids, ahead(days))
            told = self.env["customer.lifecycle.transition"].search([("id", ">", before.id)])
            history = [
                {name: value for name, value in values.items() if name not in unlike}
                for values in told.sorted(lambda t: (t.lifecycle_id.id, t.kind)).read()
            ]
            return rows.read(columns), history

    def assertDecided(self, found, expected):
        """The same rows and history; a chance is the same to the twelfth digit."""
        for rows, wanted in zip(found, expected, strict=True):
            self.assertEqual(len(rows), len(wanted))
            for row, other in zip(rows, wanted, strict=True):
                self.assertAlmostEqual(row.pop("p_buy", 0), other.pop("p_buy", 0), 12)
                self.assertEqual(row, other)

    def varied(self):
        """Customers with any past: orders of tomorrow, credited ones, none."""
        self.accounting()
        self.product.invoice_policy = "order"
        chance = random.Random(5)
        customers = self.env["res.partner"]
        for number in range(12):
            days = [chance.randrange(-5, 500) for _ in range(chance.randrange(0, 6))]
            customer = self.customer(*days, amount=chance.choice([20.0, 900.0]))
            orders = self.env["sale.order"].search([("partner_id", "=", customer.id)])
            if number % 3 == 0 and orders:
                moves = orders[0]._create_invoices()
                moves.action_post()
                refund = moves._reverse_moves([{"invoice_date": "2026-06-30"}])
                if number % 2:
                    refund.invoice_line_ids.price_unit /= 2
                refund.action_post()
            if not orders:
                self.order(customer, confirm=False)
            customers += customer
        self.invoice(customers[1], 50, "2026-06-10", kind="out_refund")
        return customers

    def test_one_alone_is_decided_about_like_one_of_many(self):
        customers = self.varied()
        rows = self.Lifecycle.search([("partner_id", "in", customers.ids)], order="id")
        self.assertEqual(len(rows), len(customers))
        rows[2].action_set_state("not_tracked", "A test customer")
        rows[4].action_set_state("loyal", "A friend", ahead(20))

        def at_once(ids, today):
            with patch.object(lifecycle_decide, "FEW", 0):
                self.Lifecycle._lifecycle_apply(self.company, ids, today)

        def alone(ids, today):
            for one in ids:
                self.Lifecycle._lifecycle_apply(self.company, [one], today)

        moved = 0
        for engine, source in product(("fixed", "p_buy", "curve", "none"), ("sale", "invoice")):
            self.profile.write({"engine": engine, "source": source, "contact_days": 10})
            self.env.flush_all()
            for days in (0, 30, 95, 400):
                with self.subTest(engine=engine, source=source, days=days):
                    expected = self.decided(rows, days, at_once)
                    self.assertDecided(self.decided(rows, days, alone), expected)
                    moved += len(expected[1])
        self.assertGreater(moved, 20)
