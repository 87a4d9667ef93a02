from odoo.tests import BaseCase, tagged

from ..tools.pace import pace_of, trend_of
from .common import TODAY, LifecycleCase
from .test_states import ahead


@tagged("post_install", "-at_install")
class TestPaceTools(BaseCase):
    def test_pace(self):
        for state, at_risk, days, following, expected in (
            ("active", False, 5, ahead(3), "on_track"),
            ("active", False, 5, ahead(-1), "behind"),
            ("new", False, 5, None, "on_track"),
            ("loyal", True, 5, ahead(-9), "stuck"),
            ("dormant", False, 5, None, "stuck"),
            ("prospect", False, 30, None, "on_track"),
            ("prospect", False, 31, None, "stuck"),
            ("churned", False, 5, None, False),
            ("not_tracked", False, 5, None, False),
        ):
            with self.subTest(state=state, following=following):
                self.assertEqual(pace_of(state, at_risk, days, following, TODAY), expected)

    def test_trend(self):
        self.assertEqual(trend_of(120, 100), "up")
        self.assertEqual(trend_of(105, 100), "steady")
        self.assertEqual(trend_of(80, 100), "down")
        self.assertEqual(trend_of(0, 100), "down")
        self.assertFalse(trend_of(0, 0))


@tagged("post_install", "-at_install")
class TestPace(LifecycleCase):
    """A customer is compared with his own past, on his row and on the contact."""

    def test_next_purchase_and_pace(self):
        partner = self.customer(50, 30, 10)
        row = self.row(partner)
        self.assertEqual(row.next_order_date, ahead(10))
        self.assertEqual(row.pace, "on_track")
        self.assertEqual(partner.lifecycle_next_order, ahead(10))
        self.assertEqual(self.row(self.customer(44, 34, 24)).pace, "behind")
        self.assertEqual(self.row(self.customer(100, 90, 80)).pace, "stuck")
        self.assertFalse(self.row(self.customer(5)).next_order_date)

    def test_trend_compares_two_years(self):
        partner = self.customer(800, 500, 400, 20, amount=100)
        row = self.row(partner)
        self.assertEqual((row.amount_year, row.amount_year_before), (100, 200))
        self.assertEqual(row.trend, "down")
        self.assertEqual(partner.lifecycle_trend, "down")
        self.assertFalse(self.row(self.customer(300, 20)).trend)

    def test_time_in_each_state_adds_up(self):
        partner = self.customer(500, 490, 100, 5)
        row = self.row(partner)
        row.action_rebuild()
        history = row.transition_ids.filtered(lambda change: change.kind == "state")
        asleep = history.filtered(lambda change: change.state_to == "dormant")
        self.assertEqual(len(asleep), 2)
        expected = f"Dormant {sum(asleep.mapped('days'))} days (2×)"
        self.assertIn(expected, row.time_in_states)
        self.assertEqual(sum(history.mapped("days")) + row.days_in_state, 500)
