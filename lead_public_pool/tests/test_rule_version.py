from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import PoolCase


@tagged("post_install", "-at_install")
class TestRuleVersion(PoolCase):
    def test_each_change_is_kept_with_its_author_and_what_changed(self):
        rule = self._create_rule()
        rule.with_user(self.admin).write({"delay": 14, "unit": "workday"})
        self.env.invalidate_all()
        second, first = rule.version_ids
        self.assertEqual((first.version, second.version), (1, 2))
        self.assertTrue(first.date_until)
        self.assertFalse(second.date_until)
        self.assertEqual(second.user_id, self.admin)
        self.assertIn("Delay: 7", first.text)
        self.assertIn("Since it was last worked", first.text)
        self.assertEqual(second.changes, "Delay: 7 → 14\nUnit: Days → Working days")
        self.assertFalse(first.changes)
        action = rule.action_open_versions()
        self.assertEqual(self.env[action["res_model"]].search(action["domain"]), second | first)

    def test_a_filter_and_a_target_are_readable(self):
        target = self._create_pool("Archive pool")
        rule = self._create_rule()
        rule.write({"domain": "[('city', '=', 'Oslo')]", "target_pool_id": target.id})
        self.env.invalidate_all()
        changes = rule.version_ids[0].changes
        self.assertIn("[('city', '=', 'Oslo')]", changes)
        self.assertIn("– → Archive pool", changes)

    def test_what_decides_nothing_makes_no_version(self):
        rule = self._create_rule()
        rule.write({"sequence": 3})
        self.assertEqual(len(rule.version_ids), 1)

    def test_ledger_names_the_version_that_took_the_record_back(self):
        rule = self._create_rule()
        rule.delay = 5
        lead = self._claim(self._create_leads())
        self._make_older(lead, days=6)
        self._run_cron()
        self.assertPooled(lead)
        rule.delay = 3
        move = self._moves(lead)[-1]
        self.assertEqual(move.rule_version_id.version, 2)
        self.assertIn("Delay: 5", move.rule_version_id.text)
        self.assertEqual(move.rule_version_id.move_count, 1)
        domain = move.rule_version_id.action_open_moves()["domain"]
        self.assertEqual(self.env["lead.pool.move"].search(domain), move)
        # The rule may go; what it said when it decided stays.
        version = move.rule_version_id
        rule.unlink()
        self.env.invalidate_all()
        self.assertIn("Delay: 5", version.text)
        self.assertEqual(move.rule_version_id, version)
        self.assertFalse(
            self.env["lead.pool.rule.version"].search(
                [("rule_name", "=", "Not worked for a week"), ("date_until", "=", False)]
            ),
            "A deleted rule is valid no longer.",
        )

    def test_every_clock_and_unit_explains_itself_in_the_ledger(self):
        for clock in ("claim", "touch", "first_touch", "create", "stage"):
            for unit in ("hour", "workday", "week", "month"):
                rule = self._create_rule(clock=clock, unit=unit, delay=1, minimum_hours=0)
                lead = self._claim(self._create_leads())
                lead._pool_move("reclaim", rule=rule)
                with self.subTest(clock=clock, unit=unit):
                    self.assertIn("version 1", self._moves(lead)[-1].explanation)
                rule.unlink()

    def test_nobody_writes_the_history(self):
        version = self._create_rule().version_ids
        for user in (self.rep, self.lead_manager, self.admin):
            with self.assertRaises(AccessError):
                version.with_user(user).write({"version": 9})
            with self.assertRaises(AccessError):
                version.with_user(user).unlink()
