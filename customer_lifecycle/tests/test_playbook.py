from datetime import timedelta

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from .common_playbook import PlaybookCase


@tagged("post_install", "-at_install")
class TestPlaybookEntry(PlaybookCase):
    def test_once_means_once(self):
        rows = self._go()
        self.assertEqual(rows.state, "done")
        self.assertFalse(self._enter())

    def test_again_after_the_cool_down(self):
        self.playbook.write({"reentry": "cooldown", "cooldown_days": 30})
        first = self._go()
        self.assertFalse(self._enter())
        first.date_end = fields.Datetime.now() - timedelta(days=31)
        self.assertTrue(self._enter())
        self.assertFalse(self._enter(), "entered while still under way")

    def test_each_time_it_applies_anew(self):
        self.customer.ref = "asleep"
        self.playbook.write(
            {"reentry": "always", "domain": "[('ref', '=', 'asleep'), ('name', '=', 'Acme')]"}
        )
        self._go()
        self.assertFalse(self._enter(), "it has applied all the time")
        self.customer.ref = "awake"
        self.assertFalse(self._enter())
        self.customer.ref = "asleep"
        self.assertTrue(self._enter())

    def test_brake_lets_in_so_many_a_day(self):
        customers = self._for(self._create_customers(5), daily_limit=2)
        first = self._enter()
        self.assertEqual(first.partner_id, customers[:2])
        self.assertFalse(self._enter())
        first.date_start = fields.Datetime.now() - timedelta(days=1)
        self.assertEqual(self._enter().partner_id, customers[2:4])

    def test_without_a_brake_all_enter_in_batches(self):
        customers = self._for(self._create_customers(5), daily_limit=0)
        self.assertEqual(len(self.playbook.sudo()._let_in(batch_size=3)), 3)
        self._run_cron("playbook_enter")
        self.assertEqual(self.playbook.enrolment_ids.partner_id, customers)

    def test_only_whole_customers_of_this_company_that_are_in_use(self):
        other = self.env["res.company"].create({"name": "Second company"})
        self._for(
            self._create_customers(1, active=False)
            | self._create_customers(1, company_id=other.id)
            | self.ann
            | self.rep.partner_id
        )
        self.assertFalse(self._enter())

    def test_state_of_the_lifecycle_is_that_of_the_playbooks_company(self):
        self._for(self.customer, entry_state="dormant")
        self.assertFalse(self._enter())
        self.env["customer.lifecycle"].sudo().search(
            [("partner_id", "=", self.customer.id), ("company_id", "=", self.env.company.id)]
        ).unlink()
        self.env["customer.lifecycle"].sudo().create(
            {
                "partner_id": self.customer.id,
                "company_id": self.env.company.id,
                "state": "dormant",
            }
        )
        self.assertTrue(self._enter())

    def test_paused_playbook_waits_and_loses_nothing(self):
        rows = self._enter()
        self.playbook.action_pause()
        self._run()
        self._run_cron("playbook_enter")
        self.assertEqual((rows.state, len(rows.log_ids)), ("running", 0))
        self.playbook.action_start()
        self._run()
        self.assertEqual(rows.state, "done")

    def test_draft_lets_nobody_in(self):
        self.playbook = self._create_playbook(start=False)
        self._run_cron("playbook_enter")
        self.assertFalse(self.playbook.enrolment_ids)
        with self.assertRaises(UserError):
            self.playbook.action_run_now()

    def test_broken_filter_says_so_and_other_playbooks_go_on(self):
        broken = self._create_playbook()
        self.env.cr.execute(
            "UPDATE customer_playbook SET domain = %s, sequence = 1 WHERE id = %s",
            ["[('no_such_field', '=', 1)]", broken.id],
        )
        broken.invalidate_recordset()
        self._run_cron("playbook_enter")
        self.assertIn("no_such_field", broken.error)
        self.assertIn("no_such_field", broken.problem)
        self.assertTrue(self.playbook.enrolment_ids)

    def test_wrong_settings_are_refused(self):
        for values in (
            {"domain": "[('no_such_field', '=', 1)]"},
            {"domain": "__import__('os')"},
            {"model": "crm.lead", "entry_state": "dormant", "domain": "[]"},
            {"assignee": "user"},
        ):
            with self.assertRaises(ValidationError, msg=values), self.env.cr.savepoint():
                self.playbook.write(values)

    def test_begun_playbook_keeps_its_target_and_is_not_deleted(self):
        self._enter()
        with self.assertRaises(UserError):
            self.playbook.model = "crm.lead"
        with self.assertRaises(UserError):
            self.playbook.unlink()
        with self.assertRaises(UserError):
            self.playbook.enrolment_ids.unlink()

    def test_copy_has_its_own_draw_and_starts_as_draft(self):
        copy = self.playbook.copy()
        self.assertNotEqual(copy.key, self.playbook.key)
        self.assertEqual((copy.state, len(copy.step_ids)), ("draft", 1))

    def test_preview_counts_as_the_entry_would_and_changes_nothing(self):
        customers = self._for(self._create_customers(30), daily_limit=10, control_percent=50)
        action = self.playbook.with_user(self.boss).action_preview()
        preview = self.env["customer.playbook.preview"].browse(action["res_id"])
        self.assertFalse(self.playbook.enrolment_ids)
        self.assertRecordValues(
            preview,
            [{"match_count": 30, "enter_count": 10, "waiting_count": 20, "blocked_count": 0}],
        )
        self.assertEqual(len(preview.line_ids), 10)
        rows = self._enter()
        self.assertEqual(rows.partner_id, customers[:10])
        self.assertEqual(preview.control_count, len(rows.filtered("is_control")))

    def test_start_needs_steps_that_work(self):
        empty = self.env["customer.playbook"].create({"name": "Empty"})
        with self.assertRaises(UserError):
            empty.action_start()
        broken = self._create_playbook([{"kind": "email"}], start=False)
        with self.assertRaises(UserError):
            broken.action_start()

    def test_manager_builds_and_runs_rep_looks_on(self):
        playbook = self.playbook.with_user(self.boss)
        playbook.action_run_now()
        row = self.playbook.enrolment_ids
        self.assertEqual(row.state, "done")
        self.assertEqual(row.with_user(self.rep).display_name, "Acme")
        self.assertFalse(
            self.env["customer.playbook.enrolment"]
            .with_user(self.other)
            .search([("id", "=", row.id)])
        )
        for refused in (
            lambda: self.playbook.with_user(self.rep).action_pause(),
            lambda: self.playbook.with_user(self.rep).action_run_now(),
            lambda: row.with_user(self.rep).action_stop(),
            lambda: row.with_user(self.rep).write({"state": "running"}),
            lambda: row.with_user(self.boss).write({"state": "running"}),
            lambda: row.log_ids.with_user(self.boss).unlink(),
        ):
            with self.assertRaises(AccessError):
                refused()

    def test_other_company_sees_no_playbook(self):
        other = self.env["res.company"].create({"name": "Second company"})
        self.boss.write({"company_ids": [Command.set(other.ids)], "company_id": other.id})
        playbooks = self.env["customer.playbook"].with_user(self.boss)
        self.assertFalse(playbooks.search([("id", "=", self.playbook.id)]))


@tagged("post_install", "-at_install")
class TestPlaybookControl(PlaybookCase):
    def test_control_group_is_left_alone_and_enters_like_the_others(self):
        customers = self._for(self._create_customers(40), control_percent=50, daily_limit=0)
        rows = self._go()
        control = rows.filtered("is_control")
        self.assertTrue(5 < len(control) < 35)
        self.assertEqual(set(control.mapped("state")), {"control"})
        self.assertFalse(self._calls(control.partner_id))
        self.assertEqual(len(self._calls(customers)), 40 - len(control))
        self.assertFalse(self._enter())

    def test_same_record_is_always_on_the_same_side(self):
        self._for(self._create_customers(20), control_percent=50)
        self.playbook.write({"reentry": "cooldown", "cooldown_days": 0})
        first = self._enter().filtered("is_control").partner_id
        self.playbook.enrolment_ids.write(
            {"state": "done", "date_end": fields.Datetime.now() - timedelta(days=1)}
        )
        second = self._enter().filtered("is_control").partner_id
        self.assertEqual(first, second)

    def test_outcome_counts_purchases_of_both_groups_within_the_window(self):
        customers = self._for(self._create_customers(4))
        rows = self._enter()
        rows.write(
            {
                "date_start": fields.Datetime.now() - timedelta(days=40),
                "window_end": fields.Datetime.now() - timedelta(days=10),
            }
        )
        ago = fields.Datetime.now
        self._confirm_order(customers[0], date=ago() - timedelta(days=20), price=300)
        self._confirm_order(customers[1], date=ago() - timedelta(days=50), price=500)
        self._confirm_order(customers[2], date=ago() - timedelta(days=5), price=700)
        self.env["sale.order"].create({"partner_id": customers[3].id})
        self._run_cron("playbook_enter")
        self.assertEqual(rows.mapped("came_back"), [True, False, False, False])
        self.assertEqual(rows.mapped("revenue"), [300, 0, 0, 0])
        self.assertEqual(rows.mapped("measured"), [True] * 4)
        self.assertAlmostEqual(self.playbook.treated_rate, 0.25)
        self.assertAlmostEqual(self.playbook.treated_revenue, 75)

    def test_open_windows_do_not_count_yet(self):
        rows = self._enter()
        self._run_cron("playbook_enter")
        self.assertFalse(rows.measured)
        self.assertEqual(self.playbook.treated_count, 0)

    def _fake_result(self, treated, back, control, control_back):
        """Finished passages: so many, of which so many came back."""
        customers = self._for(self._create_customers(treated + control), daily_limit=0)
        rows = self._enter()
        self.env["customer.playbook.enrolment"].flush_model()
        for index, row in enumerate(rows):
            is_control = index >= treated
            came = (index - treated) < control_back if is_control else index < back
            row.write({"is_control": is_control, "came_back": came, "measured": True})
        self.playbook.control_percent = 10
        self.playbook.invalidate_recordset()
        return customers

    def test_verdict_says_not_enough_for_small_groups(self):
        self._fake_result(15, 15, 5, 0)
        self.assertEqual(self.playbook.verdict_kind, "open")
        self.assertIn("Not enough", self.playbook.verdict)

    def test_verdict_says_it_works_when_chance_does_not_explain_it(self):
        self._fake_result(60, 45, 30, 6)
        self.assertEqual(self.playbook.verdict_kind, "better")
        self.assertIn("+55.0 points", self.playbook.rate_difference)
        self.assertTrue(self.playbook.revenue_difference)

    def test_verdict_says_it_harms(self):
        self._fake_result(60, 6, 30, 22)
        self.assertEqual(self.playbook.verdict_kind, "worse")

    def test_verdict_without_control_group_admits_it(self):
        self._enter()
        self.assertIn("no control group", self.playbook.verdict)

    def test_measuring_again_writes_nothing(self):
        self._enter()
        self.env["customer.playbook.enrolment"]._measure()
        self.env.flush_all()
        self.env["customer.playbook.enrolment"]._measure()
        self.assertEqual(self.env.cr.rowcount, 0)
