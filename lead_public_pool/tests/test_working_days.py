from datetime import date, datetime, timedelta

from odoo.tests import BaseCase, tagged

from odoo.addons.lead_public_pool.models import lead_pool
from odoo.addons.lead_public_pool.tools.clock import add_days, due_date, midnight, pause

from .common import PoolCase

BERLIN, NEW_YORK = "Europe/Berlin", "America/New_York"
# Wednesday, 11:00 in Berlin.
WEDNESDAY = datetime(2026, 7, 1, 9)


@tagged("post_install", "-at_install")
class TestLocalTime(BaseCase):
    """Terms end at the time of the day at which they began, wherever the company is."""

    def test_a_term_of_days_keeps_the_time_of_the_day_over_the_change_of_clocks(self):
        # 12:00 in Berlin in summer, 12:00 in winter.
        self.assertEqual(
            due_date(datetime(2026, 10, 1, 10), 90, "day", BERLIN), datetime(2026, 12, 30, 11)
        )
        self.assertEqual(
            due_date(datetime(2026, 3, 25, 11), 1, "week", BERLIN), datetime(2026, 4, 1, 10)
        )

    def test_a_month_west_of_greenwich_is_counted_by_the_local_day(self):
        # 31 January, 23:30 in New York, which is 1 February in Greenwich.
        self.assertEqual(
            due_date(datetime(2026, 2, 1, 4, 30), 1, "month", NEW_YORK),
            datetime(2026, 3, 1, 4, 30),
        )

    def test_hours_are_hours(self):
        self.assertEqual(
            due_date(datetime(2026, 10, 24, 12), 36, "hour", BERLIN), datetime(2026, 10, 26)
        )

    def test_an_absence_stops_the_clock_for_local_days(self):
        away = (midnight(date(2026, 10, 20), BERLIN), midnight(date(2026, 10, 28), BERLIN))
        due = pause(datetime(2026, 10, 19, 10), datetime(2026, 10, 22, 10), *away, BERLIN)
        self.assertEqual(due, datetime(2026, 10, 30, 11))

    def test_days_before_and_parts_of_days(self):
        due = datetime(2026, 10, 26, 11)
        self.assertEqual(add_days(due, -3, BERLIN), datetime(2026, 10, 23, 10))
        self.assertEqual(add_days(due, -0.5, BERLIN), datetime(2026, 10, 25, 23))

    def test_midnight_that_does_not_exist_or_comes_twice(self):
        self.assertEqual(
            midnight(date(2017, 10, 15), "America/Sao_Paulo"), datetime(2017, 10, 15, 3)
        )
        self.assertEqual(midnight(date(2026, 11, 1), "America/Havana"), datetime(2026, 11, 1, 4))


@tagged("post_install", "-at_install")
class TestWorkingDays(PoolCase):
    """Working days are those of the salesperson: his hours, his leave, the holidays."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.pool.company_id
        cls.calendar = cls.env["resource.calendar"].create(
            {"name": "Berlin", "tz": BERLIN, "company_id": cls.company.id}
        )
        cls.company.resource_calendar_id = cls.calendar
        cls.resource = cls.env["resource.resource"].create(
            {
                "name": "Rita",
                "user_id": cls.rep.id,
                "company_id": cls.company.id,
                "calendar_id": cls.calendar.id,
                "tz": BERLIN,
            }
        )

    def setUp(self):
        super().setUp()
        self._set_clock(WEDNESDAY)

    def _leave(self, start, stop, resource=None):
        return self.env["resource.calendar.leaves"].create(
            {
                "name": "Away",
                "resource_id": (resource or self.resource).id,
                "date_from": start,
                "date_to": stop,
            }
        )

    def _holiday(self, start, stop):
        return self.env["resource.calendar.leaves"].create(
            {"name": "Holiday", "date_from": start, "date_to": stop, "company_id": self.company.id}
        )

    def _make_flexible(self, calendar):
        calendar.write({"schedule_type": "flexible", "hours_per_day": 8})

    def _two_days(self):
        self._create_rule(clock="claim", unit="workday", delay=2)
        return self._claim(self._create_leads())

    def _works(self, moment, user=None):
        self._set_clock(moment)
        return (user or self.rep)._pool_works_now(self.company)

    # Assignment in working hours

    def test_nothing_is_assigned_to_who_is_on_leave(self):
        self.pool.write({"assign_strategy": "round_robin", "assign_working_hours": True})
        (self.pool._member(self.other) | self.pool._member(self.lead_manager)).assign_active = False
        self._leave(datetime(2026, 7, 1, 6), datetime(2026, 7, 1, 11))
        lead = self._create_leads()
        self._run_cron("assign")
        self.assertPooled(lead)
        self.assertIn("does not work", self.pool.assign_blocked_reason)
        self._set_clock(datetime(2026, 7, 1, 11, 30))
        self._run_cron("assign")
        self.assertOwned(lead, self.rep)

    def test_flexible_hours_are_those_of_the_company(self):
        flexible = self.calendar.copy({"name": "Flexible"})
        self._make_flexible(flexible)
        for calendar in (flexible, flexible.browse()):
            with self.subTest(calendar=calendar.name):
                self.resource.calendar_id = calendar
                self.assertTrue(self._works(WEDNESDAY))
                self.assertFalse(self._works(datetime(2026, 7, 4, 10)))
                self.assertFalse(self._works(datetime(2026, 7, 1, 22)))
                leave = self._leave(datetime(2026, 7, 1, 6), datetime(2026, 7, 1, 16))
                self.assertFalse(self._works(WEDNESDAY))
                leave.unlink()

    def test_without_any_hours_weekdays_count(self):
        self.resource.unlink()
        empty = self.calendar.copy({"name": "Empty", "attendance_ids": False})
        empty.attendance_ids.unlink()
        self._make_flexible(self.calendar)
        for calendar in (self.calendar, empty, empty.browse()):
            with self.subTest(calendar=calendar.name):
                self.company.resource_calendar_id = calendar
                self.assertTrue(self._works(WEDNESDAY))
                self.assertFalse(self._works(datetime(2026, 7, 4, 10)))
                self.assertFalse(self._works(datetime(2026, 7, 5, 10)))

    # Deadlines

    def test_two_working_days_of_flexible_hours_are_two_working_days(self):
        for day, due in ((1, datetime(2026, 7, 3, 15)), (3, datetime(2026, 7, 7, 15))):
            for flexible in (False, True):
                with self.subTest(day=day, flexible=flexible):
                    self.resource.calendar_id = self.calendar.copy()
                    if flexible:
                        self._make_flexible(self.resource.calendar_id)
                    else:
                        self.resource.calendar_id = False
                    self._set_clock(datetime(2026, 7, day, 10))
                    self.assertEqual(self._two_days().pool_due_date, due)

    def test_two_working_days_never_end_on_a_weekend_without_hours(self):
        self.company.resource_calendar_id = False
        self.resource.unlink()
        # Friday: Monday and Tuesday, at the same time of the day.
        self._set_clock(datetime(2026, 7, 3, 10))
        lead = self._two_days()
        self.assertEqual(lead.pool_due_date, datetime(2026, 7, 7, 10))
        self.assertEqual(lead.pool_due_date.weekday(), 1)

    def test_holiday_leave_and_half_days(self):
        self._holiday(datetime(2026, 7, 1, 22), datetime(2026, 7, 2, 22))
        self._leave(datetime(2026, 7, 3, 11), datetime(2026, 7, 3, 15))
        # Thursday is a holiday; on Friday he works until the afternoon; Monday is the second day.
        self.assertEqual(self._two_days().pool_due_date, datetime(2026, 7, 6, 15))

    # Entered later

    def test_leave_entered_after_the_claim_moves_the_return(self):
        lead = self._two_days()
        self.assertEqual(lead.pool_due_date, datetime(2026, 7, 3, 15))
        self._set_clock(datetime(2026, 7, 3, 8))
        leave = self._leave(datetime(2026, 7, 3, 5), datetime(2026, 7, 3, 16))
        self.assertEqual(lead.pool_due_date, datetime(2026, 7, 6, 15))
        leave.date_to = datetime(2026, 7, 6, 16)
        self.assertEqual(lead.pool_due_date, datetime(2026, 7, 7, 15))
        leave.unlink()
        self.assertEqual(lead.pool_due_date, datetime(2026, 7, 3, 15))

    def test_holiday_entered_after_the_claim_moves_the_return_of_everybody(self):
        lead = self._two_days()
        his = self._claim(self._create_leads(), self.other)
        holiday = self._holiday(datetime(2026, 7, 2, 22), datetime(2026, 7, 3, 22))
        self.assertEqual((lead | his).mapped("pool_due_date"), [datetime(2026, 7, 6, 15)] * 2)
        holiday.time_type = "other"
        self.assertEqual(lead.pool_due_date, datetime(2026, 7, 3, 15))

    def test_other_hours_move_the_return(self):
        lead = self._two_days()
        short = self.calendar.copy({"name": "Short"})
        self.resource.calendar_id = short
        short.attendance_ids.filtered(lambda line: line.day_period != "morning").unlink()
        self.assertEqual(lead.pool_due_date, datetime(2026, 7, 3, 10))
        short.tz = NEW_YORK
        self.assertEqual(lead.pool_due_date, datetime(2026, 7, 3, 16))
        self.resource.calendar_id = self.calendar
        self.company.resource_calendar_id = short
        self.assertEqual(lead.pool_due_date, datetime(2026, 7, 3, 15))

    def test_leave_of_an_owner_who_is_no_member_counts_too(self):
        self.pool.write({"entry_auto": True, "entry_domain": "[]", "entry_owned": True})
        self._create_rule(clock="claim", unit="workday", delay=2)
        lead = self.env["crm.lead"].create({"name": "His own", "user_id": self.stranger.id})
        self.assertOwned(lead, self.stranger)
        resource = self.resource.copy({"user_id": self.stranger.id})
        self._leave(datetime(2026, 7, 3, 5), datetime(2026, 7, 3, 16), resource)
        self.assertEqual(lead.pool_due_date, datetime(2026, 7, 6, 15))

    def test_leave_moves_many_returns_in_the_background(self):
        leads = self._two_days() | self._claim(self._create_leads(2))
        self.patch(lead_pool, "REFRESH_AT_ONCE", 2)
        self._leave(datetime(2026, 7, 3, 5), datetime(2026, 7, 3, 16))
        self.assertEqual(leads[0].pool_due_date, datetime(2026, 7, 3, 15))
        self._run_cron()
        self.assertEqual(leads.mapped("pool_due_date"), [datetime(2026, 7, 6, 15)] * 3)

    # Days of the company

    def test_terms_of_a_pool_are_counted_where_its_company_is(self):
        self._set_clock(datetime(2026, 10, 1, 10))
        self.pool.protect_days = 60
        self._create_rule(clock="claim", delay=1, unit="month")
        lead = self._claim(self._create_leads())
        self.assertEqual(lead.pool_protected_until, datetime(2026, 11, 30, 11))
        self.pool.protect_days = 0
        other = self._claim(self._create_leads())
        self.assertEqual(other.pool_due_date, datetime(2026, 11, 1, 11))

    def test_today_is_the_day_of_the_company(self):
        self._set_clock(datetime(2026, 7, 1, 22, 30))
        self.assertEqual(self.company._pool_today(), date(2026, 7, 2))
        self.calendar.tz = NEW_YORK
        self.assertEqual(self.company._pool_today(), date(2026, 7, 1))
        self._set_clock(datetime(2026, 7, 2, 3))
        self.assertEqual(self.company._pool_today(), date(2026, 7, 1))

    def test_first_contact_by_is_put_off_by_leave_entered_later(self):
        self.pool.first_touch_hours = 4
        lead = self._claim(self._create_leads())
        self.assertEqual(lead.pool_first_touch_due, datetime(2026, 7, 1, 14))
        leave = self._leave(datetime(2026, 7, 1, 10), datetime(2026, 7, 2, 22))
        self.assertEqual(lead.pool_first_touch_due, datetime(2026, 7, 3, 9))
        leave.unlink()
        self.assertEqual(lead.pool_first_touch_due, datetime(2026, 7, 1, 14))
        # Also what was entered past the hooks is seen before anybody is warned.
        self.patch(type(lead), "_pool_first_touches_changed", lambda *args: None)
        self._leave(datetime(2026, 7, 1, 10), datetime(2026, 7, 2, 22))
        self._set_clock(WEDNESDAY + timedelta(hours=10))
        self._run_cron("speed_to_lead")
        self.assertFalse(lead.activity_ids)
        self.assertEqual(lead.pool_first_touch_due, datetime(2026, 7, 3, 9))
