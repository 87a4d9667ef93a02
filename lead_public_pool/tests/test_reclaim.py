from datetime import timedelta
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.lead_public_pool.models.lead_pool_engine import ENGINE

from .common import PoolCase

CLOCK = "odoo.addons.lead_public_pool.models.lead_pool_clock"


@tagged("post_install", "-at_install")
class TestReclaim(PoolCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rule = cls._create_rule()

    def _due_leads(self, count=1):
        leads = self._claim(self._create_leads(count))
        self._make_older(leads, days=8)
        return leads

    def test_what_is_due_goes_back_and_says_why(self):
        lead = self._due_leads()
        since = lead.pool_own_date
        self._run_cron()
        self.assertPooled(lead)
        self.assertRecordValues(lead, [{"pool_former_user_id": self.rep.id, "pool_round": 1}])
        move = self._moves(lead)[-1]
        self.assertRecordValues(
            move,
            [
                {
                    "kind": "reclaim",
                    "rule_id": self.rule.id,
                    "rule_version": 1,
                    "user_from_id": self.rep.id,
                    "user_to_id": False,
                }
            ],
        )
        self.assertEqual(move.facts["since"], since.strftime("%Y-%m-%d %H:%M:%S"))
        self.assertIn(self.rule.name, move.explanation)
        self.assertRecordValues(
            move.run_id, [{"reclaimed_count": 1, "skipped_count": 0, "failed_count": 0}]
        )

    def test_history_names_the_meeting_from_which_the_clock_ran(self):
        lead, now = self._claim(self._create_leads()), self.env.cr.now().replace(microsecond=0)
        visit = self.env["calendar.event"].create(
            {
                "name": "Visit",
                "opportunity_id": lead.id,
                "start": now - timedelta(days=8, hours=1),
                "stop": now - timedelta(days=8),
            }
        )
        self._make_older(lead, days=9)
        self._run_cron()
        facts = self._moves(lead)[-1].facts
        self.assertEqual(facts["since"], visit.stop.strftime("%Y-%m-%d %H:%M:%S"))

    def test_what_is_not_due_stays(self):
        lead = self._claim(self._create_leads())
        self._run_cron()
        self.assertOwned(lead, self.rep)

    def test_nothing_due_leaves_no_run(self):
        before = self.env["lead.pool.run"].search_count([])
        self._run_cron()
        self.assertEqual(self.env["lead.pool.run"].search_count([]), before)

    def test_won_lost_and_archived_are_never_taken_back(self):
        leads = self._due_leads(3)
        won, lost, archived = leads
        won.action_set_won()
        lost.action_set_lost()
        archived.probability = 30
        archived.action_archive()
        # Even if a stale due date were left behind.
        leads.with_context(pool_engine=ENGINE).write(
            {"pool_due_date": self.env.cr.now() - timedelta(days=1)}
        )
        self._run_cron()
        self.assertEqual(leads.mapped("pool_state"), ["owned"] * 3)

    def test_stale_due_date_is_checked_again_and_put_right(self):
        lead = self._claim(self._create_leads())
        lead.with_context(pool_engine=ENGINE).write(
            {"pool_due_date": self.env.cr.now() - timedelta(days=1)}
        )
        self._run_cron()
        self.assertOwned(lead, self.rep)
        self.assertEqual(lead.pool_due_date, lead.pool_own_date + timedelta(days=7))
        run = self.env["lead.pool.run"].search([], limit=1)
        self.assertEqual((run.reclaimed_count, run.skipped_count), (0, 1))

    def test_rule_may_send_it_to_another_pool(self):
        sleeping = self._create_pool("Sleeping")
        self.rule.target_pool_id = sleeping
        lead = self._due_leads()
        self._run_cron()
        self.assertPooled(lead, sleeping)

    def test_batches_finish_the_work_in_one_call_of_the_cron(self):
        leads = self._due_leads(5)
        with self.enter_registry_test_mode():
            cron = self.env.ref("lead_public_pool.ir_cron_reclaim")
            cron.sudo().code = "model._cron_reclaim(batch_size=2)"
            cron.method_direct_trigger()
        for lead in leads:
            self.assertPooled(lead)
        runs = self._moves(leads[0])[-1].run_id
        self.assertEqual(runs.reclaimed_count, 5)

    def test_one_bad_record_does_not_stop_the_run(self):
        leads = self._due_leads(3)
        bad = leads[1]
        engine = type(self.env["crm.lead"])
        apply = engine._pool_apply

        def fail_on_bad(records, kind, *args, **kwargs):
            if bad in records:
                raise UserError("This record is broken")
            return apply(records, kind, *args, **kwargs)

        with patch.object(engine, "_pool_apply", fail_on_bad), mute_logger(CLOCK):
            self._run_cron()
            self.assertPooled(leads[0])
            self.assertPooled(leads[2])
            self.assertOwned(bad, self.rep)
            run = self.env["lead.pool.run"].search([], limit=1)
            self.assertEqual((run.reclaimed_count, run.failed_count), (2, 1))
            self.assertIn("This record is broken", run.failure_log)
            # It does not come again at once, so the cron does not loop on it ...
            self.assertGreater(bad.pool_due_date, self.env.cr.now())
        # ... but a day later it does.
        bad.with_context(pool_engine=ENGINE).write(
            {"pool_due_date": self.env.cr.now() - timedelta(hours=1)}
        )
        self._run_cron()
        self.assertPooled(bad)
