from datetime import date, timedelta

import numpy as np

from odoo.tests import TransactionCase, tagged
from odoo.tools import SQL

from ..tools import backtest, curve_sql, return_curve

START = date(2024, 1, 1)


def purchases(customers=400, days=900, seed=3):
    """Sorted purchase days of customers who differ in rate and stop at some time."""
    chance = np.random.default_rng(seed)
    rows = set()
    for customer in range(customers):
        gap, day, end = chance.gamma(2, 30) + 1, chance.integers(days), chance.integers(days * 2)
        while day < min(end, days):
            rows.add((customer, int(day)))
            day += 1 + int(chance.exponential(gap))
        rows.add((customer, int(chance.integers(days))))
    return np.array(sorted(rows)).T


@tagged("post_install", "-at_install")
class TestReturnCurve(TransactionCase):
    def test_sql_counts_like_python(self):
        customer, day = purchases()
        values = SQL(", ").join(
            SQL("(%s, %s, %s::date)", int(c) % 2, int(c), START + timedelta(int(d)))
            for c, d in zip(customer, day, strict=True)
        )
        days = SQL("SELECT * FROM (VALUES %s) AS v(grp, partner_id, day)", values)
        for until in (0, 450, 899):
            query = curve_sql.sql_histogram(days, START + timedelta(until))
            found = curve_sql.read_histograms(self.env.execute_query(query))
            for group in (0, 1):
                ours = customer % 2 == group
                wanted = return_curve.histogram(customer[ours], day[ours], until)
                if group not in found:
                    self.assertFalse(sum(counts.sum() for counts in wanted))
                    continue
                for theirs, counts in zip(found[group], wanted, strict=True):
                    np.testing.assert_array_equal(theirs, counts)

    def test_chance_never_rises_with_silence_and_stays_a_chance(self):
        curve = return_curve.curve(return_curve.histogram(*purchases(), 899), 180)
        self.assertTrue((np.diff(curve.chance, axis=1) <= 0).all())
        self.assertTrue(((curve.chance >= 0) & (curve.chance <= 1)).all())

    def test_follows_the_share_that_really_came_back(self):
        customer, day = purchases(6000)
        curve = return_curve.curve(return_curve.histogram(customer, day, 899), 182)
        bought = backtest.purchases(customer, day, np.ones(len(day)))
        gap = bought.following - bought.day
        for silent in (28, 91, 182):
            watched = (bought.day <= 899 - silent - 182) & (gap > silent)
            for number in range(len(return_curve.CLASSES)):
                mine = watched & (return_curve.class_of(bought.orders) == number)
                if mine.sum() > 300:
                    share = (gap[mine] <= silent + 182).mean()
                    found = float(return_curve.chance_at(curve, number, silent))
                    self.assertAlmostEqual(found, share, delta=0.06)

    def test_threshold_is_the_day_on_which_the_chance_falls_under_the_target(self):
        curve = return_curve.curve(return_curve.histogram(*purchases(), 899), 180)
        for target in (0.5, 0.25, 0.1):
            for number, days in enumerate(return_curve.thresholds(curve, target)):
                if 0 < days < return_curve.LONGEST:
                    at, before = return_curve.chance_at(curve, number, np.array([days, days - 1]))
                    self.assertLessEqual(at, target + 1e-9)
                    self.assertGreater(before, target - 1e-9)

    def test_class_without_cases_leans_on_all_classes(self):
        customer, day = purchases(400)
        first = np.r_[True, customer[1:] != customer[:-1]]
        counts = return_curve.histogram(customer[first], day[first], 899)
        counts.returned[0, :40] = 5
        curve = return_curve.curve(counts, 180)
        np.testing.assert_allclose(curve.chance[3], curve.chance[0], atol=0.05)

    def test_nothing_to_count_gives_no_curve(self):
        self.assertIsNone(return_curve.curve(return_curve.histogram([], [], 10), 180))
        one = np.arange(300)
        self.assertIsNone(return_curve.curve(return_curve.histogram(one, one, 900), 180))

    def test_purchases_after_today_and_decades_of_silence_are_counted_right(self):
        counts = return_curve.histogram([1, 1, 2], [0, 9000, 20000], 8000)
        self.assertEqual(counts.waiting.sum(), 1)
        self.assertEqual(counts.waiting[0, return_curve.WEEKS - 1], 1)
