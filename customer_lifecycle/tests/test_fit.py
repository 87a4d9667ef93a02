from unittest.mock import patch

import numpy as np

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..models.profile.customer_lifecycle_fit import KEPT
from ..tools import purchase_model, return_curve
from .common_model import ModelCase

LOGGER = "odoo.addons.customer_lifecycle.models.profile.customer_lifecycle_fit"


@tagged("post_install", "-at_install")
class TestLearning(ModelCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.pasts = cls.simulate(600)
        cls.partners = cls.load(cls.pasts)

    def histories(self):
        days = [sorted(set(past), reverse=True) for past in self.pasts if past]
        first, last = (np.array([past[end] for past in days]) for end in (0, -1))
        return np.array([len(past) - 1 for past in days]), (first - last) / 7, first / 7

    def test_learns_from_confirmed_orders_what_python_learns_from_the_same_days(self):
        fit = self.learn()
        wanted = purchase_model.fit(*self.histories())
        self.assertTrue(fit.fitted)
        self.assertEqual(fit.buyers, wanted.buyers)
        self.assertEqual(fit.repeaters, wanted.repeaters)
        self.assertAlmostEqual(fit.log_likelihood, wanted.log_likelihood, 1)
        self.assertAlmostEqual(fit.mean_gap_days, wanted.mean_gap * 7, 4)

    def test_curve_is_stored_and_answers_what_the_explanation_asks(self):
        before = self.profile._lifecycle_return_chance(self.company, 3, 60)
        self.assertIsNone(before)
        fit = self.learn()
        self.assertTrue(fit.has_curve)
        self.assertEqual(len(fit.curve_ids), len(return_curve.CLASSES) * return_curve.WEEKS)
        point = fit.curve_ids.filtered(lambda p: (p.order_class, p.days) == ("2_3", 63))
        chance = self.profile._lifecycle_return_chance(self.company, 3, 63)
        self.assertAlmostEqual(chance, point.chance, 6)
        self.assertGreater(point.cases, 0)
        between = self.profile._lifecycle_return_chance(self.company, 3, 60)
        self.assertGreaterEqual(between, chance)
        point = fit.curve_ids.filtered(lambda p: (p.order_class, p.days) == ("more", 63))
        self.assertAlmostEqual(
            self.profile._lifecycle_return_chance(self.company, 25, 63), point.chance, 6
        )
        very_late = self.profile._lifecycle_return_chance(self.company, 1, 9000)
        self.assertLess(very_late, 0.1)

    def test_engine_gets_the_learned_parameters(self):
        self.assertFalse(self.profile._lifecycle_model(self.company)["fitted"])
        fit = self.learn()
        model = self.profile._lifecycle_model(self.company)
        self.assertEqual(
            model, {"r": fit.r, "alpha": fit.alpha, "a": fit.a, "b": fit.b, "fitted": True}
        )

    def test_versions_are_kept_and_one_is_in_use(self):
        for _time in range(KEPT + 2):
            last = self.learn()
        found = self.fits.search([("profile_id", "=", self.profile.id)])
        self.assertEqual(len(found), KEPT)
        self.assertEqual(found.filtered("is_current"), last)
        self.assertEqual(self.profile.fit_id, last)

    def test_curve_of_another_horizon_is_not_used(self):
        self.learn()
        self.profile.horizon_days = 30
        self.assertIsNone(self.profile._lifecycle_return_chance(self.company, 3, 60))
        self.assertIn((self.profile, self.company), self.fits._lifecycle_due())

    def test_cron_learns_what_is_due_and_then_rests(self):
        self.assertIn((self.profile, self.company), self.fits._lifecycle_due())
        with self.enter_registry_test_mode():
            self.env.ref("customer_lifecycle.ir_cron_fit").method_direct_trigger()
        self.assertTrue(self.profile.fit_id.fitted)
        self.assertNotIn((self.profile, self.company), self.fits._lifecycle_due())
        self.profile.fit_id.date = self.profile.fit_id.date.replace(year=2020)
        self.assertIn((self.profile, self.company), self.fits._lifecycle_due())

    def test_one_profile_that_fails_does_not_stop_the_others(self):
        other = self.profile.copy({"name": "Others", "sequence": 1})
        self.load([[10]] * 3, profile=other)
        learn = type(self.fits)._lifecycle_fit

        def broken(fits, profile, company):
            if profile == self.profile:
                raise ValueError("broken")
            return learn(fits, profile, company)

        with (
            self.enter_registry_test_mode(),
            patch.object(type(self.fits), "_lifecycle_fit", broken),
            mute_logger(LOGGER),
        ):
            self.env.ref("customer_lifecycle.ir_cron_fit").method_direct_trigger()
        self.assertEqual(other.fit_id.warning, "few_buyers")
        failed = self.fits.search([("profile_id", "=", self.profile.id)])
        self.assertEqual((failed.warning, failed.error), ("failed", "broken"))
        self.assertFalse(failed.is_current)

    def test_button_learns_and_says_from_what(self):
        action = self.profile.with_user(self.manager).action_learn()
        self.assertIn("buyers", action["params"]["message"])
        opened = self.profile.with_user(self.manager).action_curve()
        self.assertEqual(opened["res_model"], "customer.lifecycle.curve")

    def test_rep_reads_the_curve_but_does_not_learn(self):
        fit = self.learn()
        self.assertTrue(fit.with_user(self.rep).curve_ids[:1].cases)
        with self.assertRaises(AccessError):
            self.profile.with_user(self.rep).action_learn()
        with self.assertRaises(AccessError):
            fit.with_user(self.manager).r = 1

    def test_numbers_of_another_company_stay_there(self):
        other = self.env["res.company"].create({"name": "Other"})
        fit = self.fits._lifecycle_fit(self.profile, other)
        self.assertEqual(fit.warning, "no_orders")
        self.assertFalse(self.fits.with_user(self.manager).search([("id", "=", fit.id)]))
        with self.assertRaises(AccessError):
            fit.with_user(self.manager).read(["r"])


@tagged("post_install", "-at_install")
class TestForecast(ModelCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.partners = cls.load([[70, 35, 0], [400], [], list(range(0, 700, 7))])
        rows = cls.env["customer.lifecycle"].search([("partner_id", "in", cls.partners.ids)])
        cls.rows = rows.sorted("partner_id")
        cls.rows.flush_recordset()

    def test_expected_orders_and_value_compare_customers(self):
        self.env.cr.execute("UPDATE customer_lifecycle SET amount_total = 100 * order_count")
        self.env.invalidate_all()
        model = self.profile._lifecycle_model(self.company)
        parameters = [model[name] for name in ("r", "alpha", "a", "b")]
        for row, (x, t_x, age) in zip(
            self.rows, [(2, 10, 10), (0, 0, 400 / 7), (0, 0, 0), (99, 99, 99)], strict=True
        ):
            orders = 0.0
            if row.order_count:
                orders = purchase_model.expected_orders(parameters, x, t_x, age, 180 / 7)
            self.assertAlmostEqual(row.expected_orders, orders, 6)
            self.assertAlmostEqual(row.expected_value, 100 * orders, 4)
        self.assertGreater(self.rows[3].expected_value, self.rows[1].expected_value)

    def test_chance_is_shown_and_found_as_a_band(self):
        for row, chance in zip(self.rows, (0.9, 0.05, 0.0, 0.4), strict=True):
            self.env.cr.execute(
                "UPDATE customer_lifecycle SET p_buy = %s WHERE id = %s", [chance, row.id]
            )
        self.env.invalidate_all()
        self.assertEqual(self.rows.mapped("p_band"), ["high", "low", False, "medium"])
        for row in self.rows:
            for band in ("low", "medium", "high", False):
                domain = [("id", "in", self.rows.ids), ("p_band", "=", band)]
                self.assertEqual(row in row.search(domain), row.p_band == band)
        self.assertEqual(
            len(self.rows.search([("id", "in", self.rows.ids), ("p_band", "!=", "low")])), 3
        )


@tagged("post_install", "-at_install")
class TestPoorData(ModelCase):
    def check(self, pasts, warning, curve=False):
        self.load(pasts)
        fit = self.learn()
        self.assertEqual((fit.warning, fit.fitted, fit.has_curve), (warning, False, curve))
        self.assertIn("usual values", self.profile.fit_summary)
        if not curve:
            with self.assertRaises(UserError):
                fit.action_curve()
        return fit

    def test_nobody(self):
        self.check([], "no_orders")

    def test_customers_without_orders(self):
        self.check([[], []], "no_orders")

    def test_one_customer(self):
        fit = self.check([[70, 35, 0]], "few_buyers")
        self.assertAlmostEqual(fit.alpha, 0.7 * 5)

    def test_everybody_bought_once(self):
        self.check([[number % 400] for number in range(250)], "one_time")

    def test_order_of_tomorrow_is_not_a_purchase_yet(self):
        self.load([[-3], [-500, 20], [20]])
        fit = self.learn()
        self.assertEqual((fit.buyers, fit.repeaters), (2, 0))

    def test_decades_of_silence_and_thousands_of_orders(self):
        pasts = [[7300]] * 150 + [list(range(3000))] + [[300, 200]] * 100
        self.load(pasts)
        fit = self.learn()
        self.assertTrue(np.isfinite([fit.r, fit.alpha, fit.a, fit.b]).all())

    def test_button_before_anything_was_learned(self):
        with self.assertRaisesRegex(UserError, "Learn from Purchases"):
            self.profile.action_curve()
