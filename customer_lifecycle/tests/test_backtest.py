from datetime import timedelta
from unittest.mock import patch

import numpy as np

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..models.profile import customer_lifecycle_backtest
from ..tools import backtest
from .common_model import ModelCase

LOGGER = "odoo.addons.customer_lifecycle.models.profile.customer_lifecycle_backtest"


@tagged("post_install", "-at_install")
class TestJudging(ModelCase):
    """The arithmetic, on customers whose story can be told in a line."""

    def judge(self, patience, score=None, rate=0.5):
        # A buys every 10 days, B left on day 0, C was silent for 60 days and came back, D left.
        days = {1: range(0, 201, 10), 2: [0], 3: [0, 40, 100, 130], 4: [50, 60]}
        rows = sorted((customer, day) for customer, past in days.items() for day in past)
        bought = backtest.purchases(*np.array(rows).T, np.full(len(rows), 10.0))
        seen = backtest.snapshot(bought, 99, 60)
        return seen, backtest.judge(bought, seen, patience(bought), rate, score)

    def test_a_rule_of_fixed_days(self):
        seen, result = self.judge(lambda bought: backtest.fixed_patience(bought, 38))
        self.assertEqual(seen.returned.tolist(), [True, False, True, False])
        self.assertEqual(seen.silent.tolist(), [9, 99, 59, 39])
        self.assertEqual(result.flagged, 3)
        self.assertAlmostEqual(result.bought_anyway, 1 / 3)
        self.assertEqual(result.false_alarms, 0.5)
        self.assertEqual(result.found, 1.0)
        self.assertEqual(result.detection_days, 38)
        self.assertAlmostEqual(result.spend_flagged, 20 / 80)
        # Flagged until day 159: B, C twice and D; C came back twice.
        years = (159 * 3 + 109) / 365.25
        self.assertAlmostEqual(result.flips, 6 / years)

    def test_who_is_never_flagged_costs_nothing(self):
        _seen, result = self.judge(lambda bought: backtest.fixed_patience(bought, backtest.NEVER))
        self.assertEqual((result.flagged, result.found, result.flips), (0, 0, 0))
        self.assertIsNone(result.bought_anyway)
        self.assertIsNone(result.detection_days)

    def test_purchases_after_the_cutoff_do_not_make_a_customer_known(self):
        bought = backtest.purchases([1, 1, 2], [0, 120, 110], [1, 1, 5])
        seen = backtest.snapshot(bought, 100, 30)
        self.assertEqual(len(seen.last), 1)
        self.assertEqual(seen.spend.tolist(), [1])

    def test_patience_by_number_of_purchases(self):
        steps = [(4, 20), (1, 90)]
        _seen, result = self.judge(lambda bought: backtest.stepped_patience(bought, steps))
        self.assertEqual(result.flagged, 1)

    def test_ranking_is_judged_at_equal_false_alarms(self):
        back = np.array([True, True, True, True, False, False])
        score = np.array([4.0, 3.0, 2.0, 1.0, 0.5, 3.5])
        self.assertAlmostEqual(backtest.auc(score, back), 5 / 8)
        self.assertAlmostEqual(backtest.found_at(score, back, 0.25), 0.5)
        limit = backtest.limit_at(score, back, 0.25)
        self.assertEqual((score < limit).tolist(), [False, False, False, True, True, False])
        self.assertEqual(backtest.auc(np.ones(6), back), 0.5)

    def test_chance_becomes_patience(self):
        bought = backtest.purchases([1, 1, 2], [0, 30, 5], [1, 1, 1])
        parameters = (0.5, 6.0, 0.8, 2.5)
        days = backtest.p_buy_patience(bought, parameters, 182, 0.3)
        for row, found in enumerate(days):
            x, t_x = bought.orders[row] - 1, (bought.day[row] - bought.first[row]) / 7
            chance = [
                backtest.purchase_model.p_buy(parameters, x, t_x, t_x + day / 7, 26)
                for day in (found - 1, found)
            ]
            self.assertGreaterEqual(chance[0], 0.3)
            self.assertLess(chance[1], 0.3)
        self.assertTrue((backtest.p_buy_patience(bought, parameters, 182, 1e-9) == np.inf).all())


@tagged("post_install", "-at_install")
class TestBacktest(ModelCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.pasts = cls.simulate(1500)
        cls.partners = cls.load(cls.pasts)
        cls.tests = cls.env["customer.lifecycle.backtest"].with_user(cls.manager)

    def create(self, **values):
        return self.tests.create({"profile_id": self.profile.id, **values})

    def run_test(self, **values):
        test = self.create(**values)
        test.action_run()
        self.assertEqual(test.state, "done", test.error)
        return test, {line.rule: line for line in test.line_ids}

    def test_default_is_half_a_year_ago(self):
        test = self.create()
        self.assertEqual(test.cutoff_date, self.today - timedelta(weeks=26))
        self.assertEqual(test.horizon_days, 182)

    def test_default_is_the_first_profile_that_decides(self):
        profiles = self.env["customer.lifecycle.profile"].search([("engine", "!=", "none")])
        self.assertEqual(self.env["customer.lifecycle.backtest"].new().profile_id, profiles[:1])

    def test_counts_are_those_of_the_orders(self):
        test, lines = self.run_test()
        known = [past for past in self.pasts if past and max(past) >= 182]
        back = [past for past in known if any(0 <= ago < 182 for ago in past)]
        self.assertEqual(test.customer_count, len(known))
        self.assertEqual(test.returned_count, len(back))
        flagged = [min(ago for ago in past if ago >= 182) - 182 >= 90 for past in known]
        self.assertEqual(lines["fixed_90"].flagged, sum(flagged))
        anyway = sum(
            any(0 <= ago < 182 for ago in past)
            for past, flag in zip(known, flagged, strict=True)
            if flag
        )
        self.assertAlmostEqual(lines["fixed_90"].bought_anyway, anyway / sum(flagged))
        bought_days = sum(len({ago for ago in past if 0 <= ago < 182}) for past in known)
        self.assertEqual(test.actual_orders, bought_days)

    def test_every_rule_is_judged_and_learned_rules_beat_fixed_days(self):
        _test, lines = self.run_test()
        self.assertEqual(
            set(lines),
            {"profile", "curve", "p_buy", "recency", "fixed_90", "fixed_180", "fixed_365"},
        )
        for rule in ("curve", "p_buy", "recency"):
            self.assertLessEqual(lines[rule].false_alarms, 0.1)
            self.assertGreater(lines[rule].auc, 0.7)
        for rule in ("fixed_90", "fixed_180", "fixed_365"):
            self.assertGreaterEqual(lines["curve"].found_at, lines[rule].found_at)
            self.assertFalse(lines[rule].has_auc)

    def test_verdict_is_in_words_and_warns_of_totals(self):
        test, _lines = self.run_test()
        self.assertIn("At 10 % false alarms", test.verdict)
        self.assertIn("Totals follow the season", test.verdict)
        self.assertIn("progress-bar", test.chart)

    def test_profile_is_judged_with_the_engine_it_has(self):
        _test, lines = self.run_test()
        self.assertEqual(lines["profile"].settings, {"steps": [[1, 90], [4, 120]]})
        self.profile.write({"engine": "fixed", "dormant_days": 90})
        _test, lines = self.run_test()
        self.assertEqual(lines["profile"].flagged, lines["fixed_90"].flagged)
        self.profile.engine = "p_buy"
        _test, lines = self.run_test()
        self.assertIn("chance under 30", lines["profile"].days_text)

    def test_too_little_says_what_is_missing(self):
        self.env.cr.execute("DELETE FROM sale_order WHERE partner_id > %s", [self.partners[40].id])
        test = self.create()
        test.action_run()
        self.assertEqual((test.state, test.shortage), ("failed", "few_customers"))
        self.assertIn("Fewer than 100 customers", test.verdict)

    def test_nobody_came_back(self):
        self.env.cr.execute(
            "DELETE FROM sale_order WHERE date_order::date > %s", [self.today - timedelta(182)]
        )
        test = self.create()
        test.action_run()
        self.assertEqual(test.shortage, "nobody_returned")

    def test_what_is_not_over_cannot_be_judged(self):
        with self.assertRaisesRegex(ValidationError, "not known yet"):
            self.create(cutoff_date=self.today - timedelta(30))
        with self.assertRaisesRegex(ValidationError, "does not track"):
            self.create(profile_id=self.profile.copy({"engine": "none"}).id)

    def test_new_question_voids_the_answer(self):
        test, _lines = self.run_test()
        test.horizon_days = 91
        self.assertEqual(test.state, "draft")
        self.assertFalse(test.line_ids)

    def test_failure_is_written_down(self):
        test = self.create()
        with (
            patch.object(type(test), "_lifecycle_purchases", side_effect=ValueError("no")),
            mute_logger(LOGGER),
        ):
            test.action_run()
        self.assertEqual((test.state, test.shortage, test.error), ("failed", "error", "no"))
        test.action_run()
        self.assertEqual((test.state, test.error), ("done", False))

    def test_large_company_waits_for_the_cron(self):
        with patch.object(customer_lifecycle_backtest, "LARGE", 100):
            test, other = self.create(), self.create()
            (test | other).action_run()
        self.assertEqual(test.state, "queued")
        with self.assertRaises(UserError):
            test.action_run()
        other.action_cancel()
        with self.enter_registry_test_mode():
            self.env.ref("customer_lifecycle.ir_cron_backtest").method_direct_trigger()
        self.assertEqual(test.state, "done")
        self.assertEqual((other.state, len(other.line_ids)), ("cancelled", 0))

    def test_test_cancelled_while_it_runs_leaves_no_result(self):
        with patch.object(customer_lifecycle_backtest, "LARGE", 100):
            test = self.create()
            test.action_run()
        judge = type(test)._lifecycle_judge

        def cancelled_meanwhile(record):
            values = judge(record)
            self.env.cr.execute(
                "UPDATE customer_lifecycle_backtest SET state = 'cancelled' WHERE id = %s",
                record.ids,
            )
            return values

        with (
            self.enter_registry_test_mode(),
            patch.object(type(test), "_lifecycle_judge", cancelled_meanwhile),
        ):
            self.env.ref("customer_lifecycle.ir_cron_backtest").method_direct_trigger()
        self.assertEqual((test.state, len(test.line_ids)), ("cancelled", 0))

    def test_managers_only_and_only_their_companies(self):
        test, _lines = self.run_test()
        with self.assertRaises(AccessError):
            test.with_user(self.rep).read(["verdict"])
        with self.assertRaises(AccessError):
            test.line_ids[0].found = 1
        other = self.env["res.company"].create({"name": "Other"})
        foreign = test.sudo().copy({"company_id": other.id})
        with self.assertRaises(AccessError):
            foreign.with_user(self.manager).read(["state"])

    def test_orders_of_another_company_do_not_count(self):
        before, _lines = self.run_test()
        other = self.env["res.company"].create({"name": "Other"})
        self.env.cr.execute(
            "UPDATE sale_order SET company_id = %s WHERE partner_id = %s",
            [other.id, self.partners[0].id],
        )
        after, _lines = self.run_test()
        was_known = bool(self.pasts[0]) and max(self.pasts[0]) >= 182
        self.assertEqual(after.customer_count, before.customer_count - was_known)


@tagged("post_install", "-at_install")
class TestSuggestion(ModelCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.pasts = cls.simulate(800)
        cls.partners = cls.load(cls.pasts)
        cls.profile = cls.profile.with_user(cls.manager)

    def adopt_from_test(self, rule):
        test = self.env["customer.lifecycle.backtest"].with_user(self.manager).create(
            {"profile_id": self.profile.id}
        )  # fmt: skip
        test.action_run()
        line = test.line_ids.filtered(lambda line: line.rule == rule)
        action = line.action_adopt()
        return test, self.env["customer.lifecycle.suggestion"].with_user(self.manager).browse(
            action["res_id"]
        )

    def settings(self):
        return self.env["customer.lifecycle.suggestion"]._lifecycle_values(self.profile)

    def test_preview_counts_who_would_be_seen_differently(self):
        action = self.profile.action_suggest()
        suggestion = self.env["customer.lifecycle.suggestion"].browse(action["res_id"])
        new = {line[0]: line[1:] for line in suggestion.new_values["thresholds"]}

        def rank(past, steps):
            orders, silent = len(set(past)), min(past)
            days = steps[max(lowest for lowest in steps if lowest <= orders)]
            return sum(silent >= day for day in days)

        old = {1: [60, 90, 365], 4: [60, 120, 365]}
        pasts = [past for past in self.pasts if past]
        changed = sum(rank(past, old) != rank(past, new) for past in pasts)
        self.assertEqual(suggestion.changed_count, changed)
        self.assertEqual(suggestion.customer_count, len(pasts))
        self.assertEqual(self.settings(), suggestion.old_values)

    def test_adopting_writes_the_profile_and_undoing_gives_it_back(self):
        before = self.settings()
        for rule, engine in (("curve", "curve"), ("p_buy", "p_buy"), ("recency", "fixed")):
            _test, suggestion = self.adopt_from_test(rule)
            version = self.profile.version
            suggestion.action_adopt()
            self.assertEqual(self.profile.engine, engine)
            self.assertGreater(self.profile.version, version)
            after = self.settings()
            for name, value in suggestion.new_values.items():
                self.assertEqual(after[name], value)
            suggestion.action_undo()
            self.assertEqual(self.settings(), before)
            self.assertEqual(suggestion.state, "undone")

    def test_refusals(self):
        _test, suggestion = self.adopt_from_test("curve")
        with self.assertRaisesRegex(UserError, "Only what was adopted"):
            suggestion.action_undo()
        with self.assertRaises(AccessError):
            suggestion.with_user(self.rep).sudo(False).action_adopt()
        self.profile.loyal_orders += 1
        suggestion.action_adopt()
        with self.assertRaisesRegex(UserError, "adopted already"):
            suggestion.action_adopt()
        self.profile.threshold_ids[0].dormant_days += 1
        self.profile.loyal_orders += 1
        with self.assertRaisesRegex(UserError, "would lose"):
            suggestion.action_undo()

    def test_stale_suggestion_is_not_adopted(self):
        _test, suggestion = self.adopt_from_test("curve")
        self.profile.threshold_ids[0].dormant_days += 1
        with self.assertRaisesRegex(UserError, "has been changed"):
            suggestion.action_adopt()

    def test_fixed_rules_have_nothing_to_adopt(self):
        test, _suggestion = self.adopt_from_test("curve")
        fixed = test.line_ids.filtered(lambda line: line.rule == "fixed_90")
        with self.assertRaisesRegex(UserError, "Only what was learned"):
            fixed.action_adopt()

    def test_too_few_purchases_to_suggest(self):
        empty = self.profile.copy({"name": "Empty"})
        with self.assertRaisesRegex(UserError, "too few purchases"):
            empty.action_suggest()
