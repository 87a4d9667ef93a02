from datetime import date, datetime, timedelta

from odoo.exceptions import ValidationError
from odoo.tests import tagged

from odoo.addons.lead_public_pool.models.lead_pool_engine import ENGINE
from odoo.addons.lead_public_pool.tools.clock import pause

from .common import PoolCase

# A Friday, 10:00 in UTC.
FRIDAY = datetime(2026, 5, 8, 10)


@tagged("post_install", "-at_install")
class TestRules(PoolCase):
    """When each kind of clock runs out."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.calendar = cls.env["resource.calendar"].create(
            {"name": "Five days of eight hours", "tz": "UTC", "company_id": cls.env.company.id}
        )
        cls.pool.company_id.resource_calendar_id = cls.calendar

    def setUp(self):
        super().setUp()
        self.patch(self.env.cr, "now", lambda: FRIDAY)

    def _owned(self, **values):
        return self._claim(self._create_leads(**values))

    def test_weeks_and_months(self):
        lead = self._owned()
        rule = self._create_rule(delay=2, unit="week")
        self.assertEqual(lead.pool_due_date, FRIDAY + timedelta(days=14))
        rule.write({"delay": 1, "unit": "month"})
        self.assertEqual(lead.pool_due_date, datetime(2026, 6, 8, 10))

    def test_working_days_skip_the_weekend(self):
        self._create_rule(delay=2, unit="workday")
        # Monday and Tuesday are the two days; work ends at 17:00.
        self.assertEqual(self._owned().pool_due_date, datetime(2026, 5, 12, 17))

    def test_public_holidays_stop_the_clock(self):
        self.env["resource.calendar.leaves"].create(
            {
                "name": "Holiday",
                "calendar_id": self.calendar.id,
                "date_from": datetime(2026, 5, 11),
                "date_to": datetime(2026, 5, 11, 23, 59),
            }
        )
        self._create_rule(delay=2, unit="workday")
        self.assertEqual(self._owned().pool_due_date, datetime(2026, 5, 13, 17))

    def test_leave_of_the_owner_stops_the_clock(self):
        self._create_rule(delay=2, unit="workday")
        lead = self._owned()
        self.pool._member(self.rep).write(
            {"absent_from": date(2026, 5, 12), "absent_until": date(2026, 5, 14)}
        )
        self.assertEqual(lead.pool_due_date, datetime(2026, 5, 15, 17))

    def test_absence_stops_plain_days_too(self):
        self._create_rule(delay=3, unit="day")
        lead = self._owned()
        self.pool._member(self.rep).write(
            {"absent_from": date(2026, 5, 10), "absent_until": date(2026, 5, 19)}
        )
        self.assertEqual(lead.pool_due_date, FRIDAY + timedelta(days=13))

    def test_pause_arithmetic(self):
        base, due = datetime(2026, 1, 1), datetime(2026, 1, 8)
        before = (datetime(2025, 12, 1), datetime(2025, 12, 31))
        after = (datetime(2026, 1, 9), datetime(2026, 1, 12))
        across = (datetime(2025, 12, 30), datetime(2026, 1, 3))
        self.assertEqual(pause(base, due, *before), due)
        self.assertEqual(pause(base, due, *after), due)
        self.assertEqual(pause(base, due, *across), due + timedelta(days=2))

    def test_calendar_without_hours_stops_no_clock(self):
        self.calendar.attendance_ids.unlink()
        self._create_rule(delay=2, unit="workday")
        # Weekdays then, at the same time of the day: Monday and Tuesday.
        self.assertEqual(self._owned().pool_due_date, FRIDAY + timedelta(days=4))

    def test_never_worked_runs_until_the_first_work_only(self):
        self._create_rule(clock="first_touch", delay=4, unit="hour")
        lead = self._owned()
        self.assertEqual(lead.pool_due_date, FRIDAY + timedelta(hours=4))
        lead.with_user(self.rep).message_post(body="First call done", message_type="comment")
        self.assertFalse(lead.pool_due_date)

    def test_stage_clock_runs_from_the_last_change(self):
        lead = self._owned()
        lead.with_context(pool_engine=ENGINE).date_last_stage_update = FRIDAY + timedelta(days=3)
        self._create_rule(clock="stage", delay=10)
        self.assertEqual(lead.pool_due_date, FRIDAY + timedelta(days=13))

    def test_old_lead_is_not_taken_back_the_day_it_is_claimed(self):
        rule = self._create_rule(clock="create", delay=30, minimum_hours=48)
        lead = self._owned()
        self.env.cr.execute(
            "UPDATE crm_lead SET create_date = %s WHERE id = %s",
            [FRIDAY - timedelta(days=300), lead.id],
        )
        lead.invalidate_recordset()
        lead._pool_refresh_due()
        self.assertEqual(lead.pool_due_date, FRIDAY + timedelta(hours=48))
        self.assertEqual(lead.pool_due_rule_id, rule)

    def test_any_date_of_the_record(self):
        field = self.env["ir.model.fields"]._get("crm.lead", "date_deadline")
        self._create_rule(clock="field", date_field_id=field.id, delay=5)
        with_date = self._owned(date_deadline=date(2026, 6, 1))
        # The day itself belongs to the salesperson: the clock starts when it ends.
        self.assertEqual(with_date.pool_due_date, datetime(2026, 6, 7))
        self.assertEqual(self._owned().pool_due_date, FRIDAY + timedelta(days=5))
        with_date.with_user(self.rep).date_deadline = date(2026, 6, 2)
        self.assertEqual(with_date.pool_due_date, datetime(2026, 6, 8))

    def test_clock_that_makes_no_sense_is_refused(self):
        customers = self._create_pool("Customers", kind="customer")
        with self.assertRaises(ValidationError), self.env.cr.savepoint():
            self._create_rule(pool_id=customers.id, clock="stage")
        foreign = self.env["ir.model.fields"]._get("res.partner", "create_date")
        with self.assertRaises(ValidationError), self.env.cr.savepoint():
            self._create_rule(clock="field", date_field_id=foreign.id)

    def test_exempt_records_are_never_taken_back(self):
        self._create_rule(delay=1)
        self.pool.exempt_domain = "[('city', '=', 'Quoted')]"
        lead = self._owned()
        self.assertTrue(lead.pool_due_date)
        lead.with_user(self.rep).city = "Quoted"
        self.assertFalse(lead.pool_due_date)
        self.pool.exempt_domain = "[('id', '=', 0)]"
        self.assertTrue(lead.pool_due_date)

    def test_new_rule_gives_grace_to_existing_records(self):
        self.pool.rule_grace_days = 5
        lead = self._owned()
        lead.with_context(pool_engine=ENGINE).pool_own_date = FRIDAY - timedelta(days=60)
        rule = self._create_rule(delay=7)
        self.assertEqual(rule.effective_date, FRIDAY + timedelta(days=5))
        self.assertEqual(lead.pool_due_date, FRIDAY + timedelta(days=5))

    def test_protected_slot_beats_every_rule(self):
        self._create_rule(delay=1)
        self.pool.write({"protected_limit": 2, "protected_days": 0})
        lead = self._owned()
        lead.with_user(self.rep).pool_protect()
        self.assertGreater(lead.pool_due_date, FRIDAY + timedelta(days=3000))
