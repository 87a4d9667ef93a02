from odoo.tests import tagged

from . import test_money
from .common import LifecycleCase


@tagged("post_install", "-at_install")
class TestCorrections(LifecycleCase):
    """Whoever has an invoice corrected has still bought; orders and invoices agree on it."""

    accounting = test_money.TestMoney.accounting

    def setUp(self):
        super().setUp()
        self.accounting()
        self.product.invoice_policy = "order"

    def invoiced(self, order, amount=None):
        """Invoice an order, or a part of it, and post it."""
        move = order._create_invoices(final=True)
        if amount:
            move.invoice_line_ids.price_unit = amount
        move.invoice_date = "2026-06-20"
        move.action_post()
        return move

    def credited(self, move, amount=None):
        note = move._reverse_moves([{"invoice_date": "2026-06-25"}])
        if amount:
            note.invoice_line_ids.price_unit = amount
        note.action_post()
        return note

    def corrected(self, move, amount=None):
        """Odoo's *Reverse and Create Invoice*."""
        wizard = (
            self.env["account.move.reversal"]
            .with_context(active_model="account.move", active_ids=move.ids)
            .create({"journal_id": move.journal_id.id, "date": "2026-06-25"})
        )
        new = self.env["account.move"].browse(wizard.modify_moves()["res_id"])
        if amount:
            new.invoice_line_ids.price_unit = amount
        new.invoice_date = "2026-06-26"
        new.action_post()
        return new

    def down_payment(self, order):
        self.env["sale.advance.payment.inv"].with_context(
            active_model="sale.order", active_ids=order.ids, active_id=order.id
        ).create(
            {
                "sale_order_ids": [(6, 0, order.ids)],
                "advance_payment_method": "fixed",
                "fixed_amount": 100.0,
            }
        ).create_invoices()
        move = order.invoice_ids.sorted("id")[-1:]
        move.invoice_date = "2026-06-15"
        move.action_post()
        return move

    # What is done with an order of 300, and what the customer has spent in the end.
    def case_corrected(self, order):
        self.corrected(self.invoiced(order))
        return 300

    def case_corrected_to_less(self, order):
        self.corrected(self.invoiced(order), amount=200.0)
        return 200

    def case_corrected_twice(self, order):
        self.corrected(self.corrected(self.invoiced(order)))
        return 300

    def case_credited_and_invoiced_again(self, order):
        self.credited(self.invoiced(order))
        self.invoiced(order)
        return 300

    def case_credited(self, order):
        self.credited(self.invoiced(order))
        return 0

    def case_credited_in_part(self, order):
        self.credited(self.invoiced(order), amount=100.0)
        return 200

    def case_reduced_and_credited(self, order):
        move = self.invoiced(order)
        order.order_line.price_unit = 200.0
        self.credited(move, amount=100.0)
        return 200

    def case_down_payment_credited(self, order):
        self.credited(self.down_payment(order))
        self.invoiced(order)
        return 300

    def case_down_payment_corrected(self, order):
        self.corrected(self.down_payment(order))
        self.invoiced(order)
        return 300

    def test_a_correction_takes_no_order_away_by_orders_and_by_invoices(self):
        cases = [name for name in dir(self) if name.startswith("case_")]
        for name in cases:
            for source in ("sale", "invoice"):
                with self.subTest(case=name, source=source):
                    self.profile.source = source
                    partner = self.customer()
                    spent = getattr(self, name)(self.order(partner, 10, 300.0))
                    row = self.row(partner)
                    for _look in ("at once", "by the run"):
                        self.assertAlmostEqual(row.amount_total, spent)
                        self.assertEqual(row.state, "prospect" if not spent else row.state)
                        self.assertEqual(bool(row.order_count), bool(spent))
                        self.env.flush_all()
                        self.env.cr.execute(
                            self.Lifecycle._lifecycle_statement(
                                self.company, row.ids, row._lifecycle_today(self.company)
                            )
                        )
                        self.env.invalidate_all()

    def test_the_first_rate_makes_nobody_rich(self):
        money = self.env["res.currency"].create({"name": "HUX", "symbol": "Hx"})
        pricelist = self.env["product.pricelist"].create({"name": "H", "currency_id": money.id})
        for source in ("sale", "invoice"):
            for day in ("2026-06-29", "2026-01-01"):
                with self.subTest(source=source, day=day):
                    self.env["res.currency.rate"].search([("currency_id", "=", money.id)]).unlink()
                    self.profile.source = source
                    partner = self.customer()
                    order = self.order(partner, 10, 400000.0, pricelist_id=pricelist.id)
                    self.invoiced(order)
                    self.assertEqual(self.row(partner).amount_total, 0)
                    self.env["res.currency.rate"].create(
                        {"currency_id": money.id, "name": day, "rate": 400.0}
                    )
                    self.Lifecycle._lifecycle_apply(self.company, self.row(partner).ids)
                    row = self.row(partner)
                    self.assertAlmostEqual(row.amount_total, 1000)
                    self.assertNotEqual(row.tier, "A")
