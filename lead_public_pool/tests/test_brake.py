from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import PoolCase


@tagged("post_install", "-at_install")
class TestBrake(PoolCase):
    """Preview before, brake during, undo after."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rule = cls._create_rule()

    def _due_leads(self, count, user=None):
        leads = self._claim(self._create_leads(count), user)
        self._make_older(leads, days=8)
        return leads

    def _braked(self):
        return self.env["lead.pool.run"].search(
            [("pool_id", "=", self.pool.id), ("state", "=", "braked")]
        )

    def test_run_above_the_number_stops_and_asks(self):
        self.pool.brake_count = 2
        leads = self._due_leads(3)
        self._run_cron()
        self._run_cron()
        self.assertEqual(set(leads.mapped("pool_state")), {"owned"})
        self.assertEqual(len(self._braked()), 1)
        self.assertEqual(self._braked().due_count, 3)
        self.assertEqual(self.pool.braked_run_id, self._braked())

    def test_run_above_the_share_stops_and_asks(self):
        self.pool.brake_percent = 50
        self._claim(self._create_leads(2))
        leads = self._due_leads(3)
        self._run_cron()
        self.assertEqual(set(leads.mapped("pool_state")), {"owned"})

    def test_run_within_the_brake_goes_on(self):
        self.pool.write({"brake_count": 3, "brake_percent": 60})
        self._claim(self._create_leads(2))
        leads = self._due_leads(3)
        self._run_cron()
        self.assertEqual(set(leads.mapped("pool_state")), {"pooled"})

    def test_other_pools_go_on_while_one_waits(self):
        other_pool = self._create_pool("Other")
        self._create_rule(pool_id=other_pool.id)
        self.pool.brake_count = 1
        waiting = self._due_leads(2)
        going = self._claim(self._create_leads(2, pool=other_pool))
        self._make_older(going, days=8)
        self._run_cron()
        self.assertEqual(set(waiting.mapped("pool_state")), {"owned"})
        self.assertEqual(set(going.mapped("pool_state")), {"pooled"})

    def test_manager_lets_it_go_on(self):
        self.pool.brake_count = 1
        leads = self._due_leads(2)
        self._run_cron()
        with self.assertRaises(AccessError):
            self._braked().with_user(self.rep).action_approve()
        self._braked().with_user(self.lead_manager).action_approve()
        self._run_cron()
        self.assertEqual(set(leads.mapped("pool_state")), {"pooled"})

    def test_manager_says_no_and_the_records_get_another_week(self):
        self.pool.brake_count = 1
        leads = self._due_leads(2)
        self._run_cron()
        run = self._braked()
        run.with_user(self.lead_manager).action_drop()
        self._run_cron()
        self.assertEqual(set(leads.mapped("pool_state")), {"owned"})
        self.assertFalse(self._braked())
        for lead in leads:
            self.assertGreater(lead.pool_due_date, self.env.cr.now())
        with self.assertRaises(UserError):
            run.with_user(self.lead_manager).action_approve()

    def test_undo_puts_back_what_has_not_moved_since(self):
        leads = self._due_leads(3)
        self._run_cron()
        untouched, claimed, left = leads
        run = self._moves(untouched)[-1].run_id
        self._claim(claimed, self.other)
        left.with_user(self.admin).pool_transfer(self._create_pool("Elsewhere").id)
        with self.assertRaises(AccessError):
            run.with_user(self.lead_manager).action_undo()
        run.with_user(self.admin).action_undo()
        self.assertOwned(untouched, self.rep)
        self.assertEqual(untouched.pool_round, 0)
        self.assertOwned(claimed, self.other)
        self.assertEqual(left.pool_state, "pooled")
        self.assertEqual(run.state, "undone")
        self.assertIn("1 put back; 2 left alone", run.undo_report)
        with self.assertRaises(UserError):
            run.with_user(self.admin).action_undo()

    def test_what_was_put_back_is_not_taken_again_at_once(self):
        lead = self._due_leads(1)
        self._run_cron()
        self._moves(lead)[-1].run_id.with_user(self.admin).action_undo()
        self._run_cron()
        self.assertOwned(lead, self.rep)

    def _preview(self, source):
        action = source.with_user(self.lead_manager).action_preview()
        return self.env[action["res_model"]].browse(action["res_id"])

    def test_only_managers_preview_who_would_lose_how_much(self):
        rule = self.pool.rule_ids[:1] or self._create_rule()
        for source in (self.pool, rule):
            for user in (self.rep, self.stranger):
                with self.assertRaises(AccessError):
                    source.with_user(user).action_preview()
            for user in (self.lead_manager, self.admin):
                self.assertTrue(source.with_user(user).action_preview()["res_id"])

    def test_preview_of_a_pool_tells_how_many_whose_and_why(self):
        self._due_leads(2)
        self._due_leads(1, self.other)
        self._claim(self._create_leads())
        preview = self._preview(self.pool)
        self.assertIn("Now: 3 records", preview.summary)
        self.assertIn("4 records from 2 salespeople", preview.summary)
        self.assertRecordValues(
            preview.line_ids.sorted("now_count", reverse=True),
            [
                {"user_id": self.rep.id, "rule_id": self.rule.id, "now_count": 2, "week_count": 3},
                {
                    "user_id": self.other.id,
                    "rule_id": self.rule.id,
                    "now_count": 1,
                    "week_count": 1,
                },
            ],
        )

    def test_preview_of_an_archived_rule_changes_nothing(self):
        leads = self._due_leads(2)
        draft = self._create_rule(name="Draft", delay=1, unit="hour", active=False)
        dues = leads.mapped("pool_due_date")
        preview = self._preview(draft)
        self.assertEqual(preview.line_ids.rule_id, draft)
        self.assertEqual(preview.line_ids.now_count, 2)
        self.assertEqual(leads.mapped("pool_due_date"), dues)
