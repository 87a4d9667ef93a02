from odoo.tests import tagged

from .common import LifecycleCase


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
        invoice = order._create_invoices()
        invoice.action_post()
        refund = invoice._reverse_moves([{"invoice_date": "2026-06-30"}])
        refund.action_post()
        row = self.row(partner)
        self.assertEqual(row.order_count, 1)
        self.assertEqual(row.amount_total, 100)
        self.assertEqual(row.state, "dormant")
