from datetime import timedelta

from odoo.tests import tagged

from .common import TODAY, LifecycleCase


@tagged("post_install", "-at_install")
class TestStates(LifecycleCase):
    """A purchase, a refund and time move a customer; nothing else does."""

    def test_each_state_by_what_was_bought_and_when(self):
        for days_ago, state in (
            ((), "prospect"),
            ((5,), "new"),
            ((60,), "new"),
            ((60, 5), "active"),
            ((200, 120, 60, 5), "loyal"),
            ((100,), "dormant"),
            ((400, 300), "dormant"),
            ((400,), "churned"),
        ):
            with self.subTest(days_ago=days_ago):
                partner = self.customer(*days_ago)
                if not days_ago:
                    self.order(partner, confirm=False)
                self.assertEqual(partner.lifecycle_state, state)

    def test_dates_of_the_state(self):
        row = self.row(self.customer(60, 40))
        self.assertEqual(row.state, "active")
        self.assertTrue(row.at_risk)
        self.assertEqual(row.last_order_date, TODAY - timedelta(days=40))
        self.assertEqual(row.due_date, TODAY + timedelta(days=50))
        self.assertEqual(row.order_count, 2)
        self.assertEqual(row.amount_total, 200)
