from datetime import datetime

from scipy.stats import binomtest

from odoo.tests import BaseCase, tagged

from odoo.addons.customer_lifecycle.tools.control import is_control
from odoo.addons.customer_lifecycle.tools.proportion import (
    mean_difference,
    share_difference,
    wilson,
)
from odoo.addons.customer_lifecycle.tools.quiet import quiet_until


@tagged("post_install", "-at_install")
class TestPlaybookTools(BaseCase):
    def test_draw_is_stable_across_runs_and_servers(self):
        drawn = [n for n in range(1, 101) if is_control("playbook", "res.partner", n, 10)]
        # Written down once: another server, Python or year must draw the same.
        self.assertEqual(drawn, DRAWN)

    def test_draw_has_about_the_size_asked_for_and_only_grows(self):
        small = {n for n in range(20_000) if is_control("k", "crm.lead", n, 10)}
        large = {n for n in range(20_000) if is_control("k", "crm.lead", n, 20)}
        self.assertAlmostEqual(len(small) / 20_000, 0.1, delta=0.01)
        self.assertLess(small, large)
        other = {n for n in range(20_000) if is_control("other", "crm.lead", n, 10)}
        self.assertLess(len(small & other), 350, "two playbooks leave the same ones alone")

    def test_nobody_or_everybody(self):
        self.assertFalse(any(is_control("k", "res.partner", n, 0) for n in range(1000)))
        self.assertTrue(all(is_control("k", "res.partner", n, 100) for n in range(1000)))

    def test_wilson_equals_scipy(self):
        for successes, total in ((0, 10), (3, 10), (10, 10), (81, 263)):
            ours = wilson(successes, total)
            theirs = binomtest(successes, total).proportion_ci(method="wilson")
            self.assertAlmostEqual(ours[0], theirs.low, 9)
            self.assertAlmostEqual(ours[1], theirs.high, 9)

    def test_difference_equals_newcombes_published_examples(self):
        # Newcombe (1998), table II, method 10: 56/70 - 48/80, 9/10 - 3/10, 10/10 - 0/10.
        for counts, low, high in (
            ((56, 70, 48, 80), 0.0524, 0.3339),
            ((9, 10, 3, 10), 0.1705, 0.8090),
            ((10, 10, 0, 10), 0.6075, 1.0),
        ):
            _difference, ours_low, ours_high = share_difference(*counts)
            self.assertAlmostEqual(ours_low, low, 4)
            self.assertAlmostEqual(ours_high, high, 4)
        self.assertIsNone(share_difference(1, 2, 0, 0))

    def test_difference_of_means(self):
        difference, low, high = mean_difference([1, 2, 3, 4], [1, 1, 2, 2])
        self.assertAlmostEqual(difference, 1.0)
        self.assertTrue(low < 0 < high)
        self.assertEqual(mean_difference([5, 5], [3, 3]), (2, 2, 2))
        self.assertIsNone(mean_difference([1], [1, 2]))

    def test_quiet_hours_span_midnight(self):
        evening = datetime(2026, 3, 1, 21, 30)
        self.assertEqual(quiet_until(evening, 20, 8), datetime(2026, 3, 2, 8))
        self.assertEqual(quiet_until(datetime(2026, 3, 1, 5), 20, 8), datetime(2026, 3, 1, 8))
        self.assertIsNone(quiet_until(datetime(2026, 3, 1, 8), 20, 8))
        self.assertIsNone(quiet_until(evening, 12, 12))
        self.assertEqual(
            quiet_until(datetime(2026, 3, 1, 12, 30), 12, 13.5), datetime(2026, 3, 1, 13, 30)
        )
        self.assertEqual(quiet_until(evening, 20, 0), datetime(2026, 3, 2))


DRAWN = [17, 18, 35, 48, 58, 63, 64, 98]
