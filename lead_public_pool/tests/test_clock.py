from datetime import datetime, timedelta

from markupsafe import Markup

from odoo.tests import BaseCase, tagged

from odoo.addons.lead_public_pool.models import lead_pool
from odoo.addons.lead_public_pool.tools.clock import day_bounds, due_date

from .common import PoolCase


@tagged("post_install", "-at_install")
class TestClockArithmetic(BaseCase):
    def test_due_date_by_hour_and_day(self):
        base = datetime(2026, 2, 27, 12)
        self.assertEqual(due_date(base, 36, "hour"), datetime(2026, 3, 1))
        self.assertEqual(due_date(base, 2, "day"), datetime(2026, 3, 1, 12))

    def test_day_bounds_follow_the_time_zone(self):
        now = datetime(2026, 7, 1, 17)
        self.assertEqual(
            day_bounds(now, "Asia/Shanghai"),
            (datetime(2026, 7, 1, 16), datetime(2026, 7, 2, 16)),
        )

    def test_day_bounds_when_clocks_change(self):
        start, end = day_bounds(datetime(2026, 3, 29, 12), "Europe/Berlin")
        self.assertEqual(end - start, timedelta(hours=23))


@tagged("post_install", "-at_install")
class TestClock(PoolCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rule = cls._create_rule()

    def test_claim_starts_the_clock(self):
        lead = self._claim(self._create_leads())
        self.assertEqual(lead.pool_due_date, lead.pool_own_date + timedelta(days=7))
        self.assertEqual(lead.pool_due_rule_id, self.rule)
        self.assertEqual(lead.pool_due_label, "returns in 7 days")

    def test_earliest_rule_wins(self):
        strict = self._create_rule(name="Two days at most", clock="claim", delay=36, unit="hour")
        lead = self._claim(self._create_leads())
        self.assertEqual(lead.pool_due_rule_id, strict)

    def test_rule_with_filter_watches_what_matches(self):
        self.rule.domain = "[('city', '=', 'Lyon')]"
        inside, outside = self._create_leads(2)
        inside.city = "Lyon"
        self._claim(inside | outside)
        self.assertTrue(inside.pool_due_date)
        self.assertFalse(outside.pool_due_date)
        outside.with_user(self.rep).city = "Lyon"
        self.assertTrue(outside.pool_due_date)

    def test_message_of_the_owner_is_a_touch(self):
        lead = self._old_lead()
        lead.with_user(self.rep).message_post(body="I called", message_type="comment")
        self.assertTouched(lead)

    def test_messages_of_others_and_empty_ones_are_no_touch(self):
        lead = self._old_lead()
        due = lead.pool_due_date
        lead.message_post(body="By somebody else", message_type="comment")
        lead.with_user(self.rep).message_post(body=Markup("<p><br></p>"), message_type="comment")
        lead.with_user(self.rep).message_post(body="Automatic", message_type="notification")
        self.assertEqual(lead.pool_due_date, due)

    def test_done_activity_is_a_touch_a_planned_one_is_not(self):
        lead = self._old_lead()
        due = lead.pool_due_date
        activity = lead.with_user(self.rep).activity_schedule(
            "mail.mail_activity_data_call", user_id=self.rep.id
        )
        self.assertEqual(lead.pool_due_date, due)
        activity.with_user(self.rep).action_feedback(feedback="They want an offer")
        self.assertTouched(lead)

    def test_stage_change_is_a_touch(self):
        lead = self._old_lead()
        stages = self.env["crm.stage"].search([("is_won", "=", False)], limit=2)
        lead.with_user(self.rep).stage_id = stages - lead.stage_id
        self.assertTouched(lead)

    def test_closed_leads_have_no_due_date(self):
        won, lost = self._claim(self._create_leads(2))
        won.with_user(self.rep).action_set_won()
        lost.with_user(self.rep).action_set_lost()
        self.assertFalse(won.pool_due_date)
        self.assertFalse(lost.pool_due_date)
        lost.with_user(self.rep).action_unarchive()
        lost.with_user(self.rep).probability = 10
        self.assertTrue(lost.pool_due_date)

    def test_change_of_rule_changes_due_dates_and_version(self):
        lead = self._claim(self._create_leads())
        self.rule.delay = 2
        self.assertEqual(self.rule.version, 2)
        self.assertEqual(lead.pool_due_date, lead.pool_own_date + timedelta(days=2))
        self.rule.name = "Another name"
        self.assertEqual(self.rule.version, 2)
        self.rule.active = False
        self.assertFalse(lead.pool_due_date)

    def test_large_refresh_is_left_to_the_cron(self):
        leads = self._claim(self._create_leads(3))
        self.patch(lead_pool, "REFRESH_AT_ONCE", 2)
        self.rule.delay = 3
        self.assertTrue(self.pool.due_refresh)
        self.assertEqual(leads[0].pool_due_date, leads[0].pool_own_date + timedelta(days=7))
        self._run_cron()
        self.assertFalse(self.pool.due_refresh)
        for lead in leads:
            self.assertEqual(lead.pool_due_date, lead.pool_own_date + timedelta(days=3))

    def _old_lead(self):
        lead = self._claim(self._create_leads())
        self._make_older(lead, days=5)
        return lead

    def assertTouched(self, lead):
        self.assertEqual(lead.pool_touch_date, self.env.cr.now())
        self.assertEqual(lead.pool_due_date, lead.pool_touch_date + timedelta(days=7))
