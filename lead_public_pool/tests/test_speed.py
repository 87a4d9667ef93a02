from datetime import datetime, timedelta
from unittest.mock import patch

from odoo.tests import BaseCase, tagged
from odoo.tests.test_cursor import TestCursor
from odoo.tools import mute_logger

from odoo.addons.lead_public_pool.tools.worktime import hours_within

from .common import PoolCase

# A Friday, 16:00 in Berlin.
FRIDAY = datetime(2026, 6, 12, 14)
MONDAY = datetime(2026, 6, 15, 7)
TYPE = "lead_public_pool.mail_activity_first_contact"


@tagged("post_install", "-at_install")
class TestWorkTime(BaseCase):
    def test_hours_within_counts_overlaps_only(self):
        day = [
            (datetime(2026, 6, 12, 8), datetime(2026, 6, 12, 12), None),
            (datetime(2026, 6, 12, 13), datetime(2026, 6, 12, 17), None),
        ]
        self.assertEqual(
            hours_within(day, datetime(2026, 6, 12, 11), datetime(2026, 6, 12, 14)), 2.0
        )
        self.assertEqual(
            hours_within(day, datetime(2026, 6, 12, 17), datetime(2026, 6, 12, 19)), 0.0
        )


class SpeedCase(PoolCase):
    """A company that works from Monday to Friday, 9:00 to 17:00 in Berlin."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.calendar = cls.env["resource.calendar"].create(
            {
                "name": "Nine to five",
                "tz": "Europe/Berlin",
                "attendance_ids": [(5, 0, 0)]
                + [
                    (0, 0, {"name": day, "dayofweek": day, "hour_from": 9, "hour_to": 17})
                    for day in "01234"
                ],
            }
        )
        cls.env.company.resource_calendar_id = cls.calendar

    def _at(self, moment):
        self.patch(self.env.cr, "now", lambda: moment)

    def _touch(self, lead, user=None):
        lead.with_user(user or self.rep).message_post(body="I called", message_type="comment")

    def _works_in_new_york(self, user):
        """From Monday to Friday, 9:00 to 17:00, six hours after Berlin."""
        self.env["resource.resource"].create(
            {
                "name": user.name,
                "user_id": user.id,
                "company_id": self.env.company.id,
                "calendar_id": self.calendar.copy({"tz": "America/New_York"}).id,
            }
        )

    def _gain(self, lead):
        return self._moves(lead).filtered("user_to_id")[-1:]


@tagged("post_install", "-at_install")
class TestFirstTouch(SpeedCase):
    def test_ledger_keeps_first_contact_in_working_hours(self):
        self._at(FRIDAY)
        lead = self._claim(self._create_leads())
        self._at(MONDAY + timedelta(hours=1))
        self._touch(lead)
        gain = self._gain(lead)
        self.assertEqual(gain.first_touch_date, MONDAY + timedelta(hours=1))
        # One hour on Friday until 17:00, two on Monday from 9:00 to 10:00 in Berlin is one more.
        self.assertEqual(gain.first_touch_hours, 2.0)

    def test_public_holidays_do_not_count(self):
        self.env["resource.calendar.leaves"].create(
            {
                "name": "Holiday",
                "calendar_id": self.calendar.id,
                "company_id": self.env.company.id,
                "date_from": datetime(2026, 6, 14, 22),
                "date_to": datetime(2026, 6, 15, 22),
            }
        )
        self._at(FRIDAY)
        lead = self._claim(self._create_leads())
        self._at(MONDAY + timedelta(days=1, hours=1))
        self._touch(lead)
        self.assertEqual(self._gain(lead).first_touch_hours, 2.0)

    def test_second_contact_changes_nothing(self):
        self._at(FRIDAY)
        lead = self._claim(self._create_leads())
        self._touch(lead)
        self._at(MONDAY)
        self._touch(lead)
        self.assertEqual(self._gain(lead).first_touch_date, FRIDAY)

    def test_each_holding_has_its_own_first_contact(self):
        self._at(FRIDAY)
        lead = self._claim(self._create_leads())
        self._touch(lead)
        lead.with_user(self.rep).pool_release()
        self._at(MONDAY)
        self._claim(lead, self.other)
        first, second = self._moves(lead).filtered("user_to_id")
        self.assertFalse(second.first_touch_date)
        self._at(MONDAY + timedelta(hours=1))
        self._touch(lead, self.other)
        self.assertEqual(first.first_touch_date, FRIDAY)
        self.assertEqual(second.first_touch_hours, 1.0)
        self.assertEqual((first.round, second.round), (0, 1))

    def test_company_without_calendar_counts_all_hours(self):
        self.env.company.resource_calendar_id = False
        self._at(FRIDAY)
        lead = self._claim(self._create_leads())
        self._at(FRIDAY + timedelta(hours=10))
        self._touch(lead)
        self.assertEqual(self._gain(lead).first_touch_hours, 10.0)

    def test_hours_are_those_of_who_holds_it(self):
        """Rita works in New York: 16:00 in Berlin is 10:00 for her."""
        self._works_in_new_york(self.rep)
        self._at(FRIDAY)
        hers = self._claim(self._create_leads())
        his = self._claim(self._create_leads(), self.other)
        self._at(MONDAY + timedelta(hours=8))  # 17:00 in Berlin, 11:00 in New York
        self._touch(hers)
        self._touch(his, self.other)
        self.assertEqual(self._gain(hers).first_touch_hours, 7.0 + 2.0)
        self.assertEqual(self._gain(his).first_touch_hours, 1.0 + 8.0)

    def test_touching_many_costs_a_bounded_number_of_queries(self):
        few = self._claim(self._create_leads(5))
        many = self._claim(self._create_leads(50))
        costs = []
        for leads in (few, many):
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            leads._pool_touch()
            self.env.flush_all()
            costs.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(costs[1], costs[0] + 5)


@tagged("post_install", "-at_install")
class TestSpeedToLead(SpeedCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.pool.first_touch_hours = 2

    def _late_lead(self):
        self._at(FRIDAY)
        return self._claim(self._create_leads())

    def _run_speed_cron(self):
        now = self.env.cr.now()
        # The cron has a cursor of its own, with a clock of its own.
        clock = patch.object(TestCursor, "now", lambda cursor: now)
        with self.enter_registry_test_mode(), clock:
            self.env.ref("lead_public_pool.ir_cron_speed_to_lead").method_direct_trigger()

    def _warnings(self, lead, user=None):
        return lead.activity_ids.filtered(
            lambda activity: (
                activity.activity_type_id == self.env.ref(TYPE)
                and (not user or activity.user_id == user)
            )
        )

    def test_deadline_is_in_working_time(self):
        lead = self._late_lead()
        # One hour on Friday, the second one on Monday from 9:00 to 10:00 in Berlin.
        self.assertEqual(lead.pool_first_touch_due, MONDAY + timedelta(hours=1))

    def test_deadline_is_in_the_working_time_of_the_owner(self):
        self.pool.first_touch_hours = 8
        self._works_in_new_york(self.rep)
        # Friday 10:00 in New York: seven hours today, one on Monday from 9:00 (13:00 UTC).
        self.assertEqual(self._late_lead().pool_first_touch_due, datetime(2026, 6, 15, 14))

    def test_days_off_of_the_owner_stop_the_clock(self):
        self._works_in_new_york(self.rep)
        resource = self.rep.resource_ids
        self.env["resource.calendar.leaves"].create(
            {
                "name": "Day off",
                "resource_id": resource.id,
                "calendar_id": resource.calendar_id.id,
                "company_id": self.env.company.id,
                "date_from": datetime(2026, 6, 12, 4),
                "date_to": datetime(2026, 6, 13, 4),
            }
        )
        self.assertEqual(self._late_lead().pool_first_touch_due, datetime(2026, 6, 15, 15))

    def test_no_target_no_deadline(self):
        self.pool.first_touch_hours = 0
        self.assertFalse(self._late_lead().pool_first_touch_due)

    def test_owner_is_warned_once_when_the_target_passes(self):
        lead = self._late_lead()
        self._at(MONDAY)
        self._run_speed_cron()
        self.assertFalse(self._warnings(lead))
        self._at(MONDAY + timedelta(hours=1, minutes=1))
        self._run_speed_cron()
        self.assertEqual(self._warnings(lead).user_id, self.rep)
        self._run_speed_cron()
        self.assertEqual(len(self._warnings(lead)), 1)

    def test_managers_are_warned_when_it_has_passed_twice(self):
        lead = self._late_lead()
        self._at(MONDAY + timedelta(hours=2))
        self._run_speed_cron()
        self.assertFalse(self._warnings(lead, self.lead_manager))
        self._at(MONDAY + timedelta(hours=4))
        self._run_speed_cron()
        self.assertEqual(len(self._warnings(lead, self.lead_manager)), 1)
        self.assertIn("Rita Rep", self._warnings(lead, self.lead_manager).summary)
        self.assertFalse(lead.pool_first_touch_alarm)
        self._at(MONDAY + timedelta(days=4))
        self._run_speed_cron()
        self.assertEqual(len(self._warnings(lead)), 2)

    def test_first_contact_ends_deadline_and_warnings(self):
        lead = self._late_lead()
        self._at(MONDAY + timedelta(hours=2))
        self._run_speed_cron()
        self._touch(lead)
        self.assertFalse(lead.pool_first_touch_due)
        self.assertFalse(lead.pool_first_touch_alarm)
        self.assertFalse(self._warnings(lead))

    def test_done_warning_is_a_contact(self):
        lead = self._late_lead()
        self._at(MONDAY + timedelta(hours=2))
        self._run_speed_cron()
        self._warnings(lead).with_user(self.rep).action_feedback(feedback="Called, wants an offer")
        self.assertFalse(lead.pool_first_touch_due)
        self.assertEqual(self._gain(lead).first_touch_date, MONDAY + timedelta(hours=2))

    def test_return_to_the_pool_ends_deadline_and_warnings(self):
        lead = self._late_lead()
        self._at(MONDAY + timedelta(hours=2))
        self._run_speed_cron()
        lead.with_user(self.rep).pool_release()
        self.assertFalse(lead.pool_first_touch_due)
        self.assertFalse(self._warnings(lead))

    def test_next_owner_gets_a_deadline_of_his_own(self):
        lead = self._late_lead()
        self._at(MONDAY + timedelta(hours=2))
        lead.with_user(self.admin).pool_assign(self.other.id)
        self.assertEqual(lead.pool_first_touch_due, MONDAY + timedelta(hours=4))

    def test_closed_leads_have_no_deadline(self):
        lead = self._late_lead()
        lead.with_user(self.rep).action_set_lost()
        self.assertFalse(lead.pool_first_touch_due)

    def test_old_leads_that_enter_with_owner_are_not_late(self):
        old, new = self.env["crm.lead"].create(
            [{"name": name, "user_id": self.rep.id} for name in ("Old", "New")]
        )
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE crm_lead SET create_date = create_date - interval '9 day' WHERE id = %s",
            [old.id],
        )
        self.env.invalidate_all()
        (old | new)._pool_move("enter", pool=self.pool)
        self.assertFalse(old.pool_first_touch_due)
        self.assertTrue(new.pool_first_touch_due)

    def test_customers_have_first_contacts_too(self):
        pool = self._create_pool("Customers", kind="customer", first_touch_hours=2)
        customer = self.env["res.partner"].create({"name": "Shop", "pool_id": pool.id})
        self._at(FRIDAY)
        customer.with_user(self.rep).pool_claim()
        self.assertEqual(customer.pool_first_touch_due, MONDAY + timedelta(hours=1))
        self._at(MONDAY + timedelta(hours=2))
        self._run_speed_cron()
        self.assertEqual(self._warnings(customer).user_id, self.rep)

    def test_nobody_writes_deadlines_by_hand(self):
        lead = self._late_lead()
        with self.assertRaisesRegex(Exception, "kept by the public pool"):
            lead.with_user(self.rep).pool_first_touch_due = MONDAY

    @mute_logger("odoo.addons.lead_public_pool.models.lead_pool_speed")
    def test_one_bad_record_does_not_stop_the_others(self):
        self._at(FRIDAY)
        bad, good = self._claim(self._create_leads(2))
        self._at(MONDAY + timedelta(hours=2))
        warn = type(bad)._pool_warn_first_touch

        def fail(records):
            if bad in records:
                raise ValueError("broken")
            return warn(records)

        with patch.object(type(bad), "_pool_warn_first_touch", fail):
            self._run_speed_cron()
        self.assertFalse(self._warnings(bad))
        self.assertFalse(bad.pool_first_touch_alarm)
        self.assertEqual(len(self._warnings(good)), 1)
