import random
from datetime import datetime, timedelta

import pytz

from odoo import Command
from odoo.tests import TransactionCase, tagged

FRIDAY = datetime(2026, 3, 6, 15, 0)
MONDAY = datetime(2026, 3, 9)
# Begin of weeks in which clocks change, years change, and nothing happens.
WEEKS = (
    datetime(2026, 3, 2),
    datetime(2026, 3, 23),
    datetime(2026, 10, 19),
    datetime(2026, 12, 21),
)


@tagged("post_install", "-at_install")
class TestWorkingTime(TransactionCase):
    """What is remembered of working times is what Odoo works out of them at any moment."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.card = cls.env["lead.score.card"].create({"name": "Hours", "accept_hours": 8})
        cls.calendar = cls._calendar()
        cls.company = cls.env.company
        cls.company.resource_calendar_id = cls.calendar

    @classmethod
    def _calendar(cls, **values):
        return cls.env["resource.calendar"].create({"name": "Office", "tz": "UTC", **values})

    def _leave(self, begin, **values):
        return self.env["resource.calendar.leaves"].create(
            {
                "calendar_id": self.company.resource_calendar_id.id,
                "date_from": begin,
                "date_to": begin + timedelta(hours=23),
                **values,
            }
        )

    def _decide_by(self, start=FRIDAY):
        return self.card._decide_by(start, self.company)

    def _check_planned(self, start=FRIDAY):
        """The time to decide is over when Odoo says so."""
        planned = self.company.resource_calendar_id.plan_hours(
            self.card.accept_hours, pytz.utc.localize(start), compute_leaves=True
        )
        planned = planned.astimezone(pytz.utc).replace(tzinfo=None)
        took = abs(self._decide_by(start) - planned)
        self.assertLess(took, timedelta(milliseconds=1), (start, planned))

    def test_any_moment_and_any_length(self):
        rng = random.Random(4)
        two_weeks = self._calendar()
        two_weeks.switch_calendar_type()
        calendars = [
            self.calendar,
            self._calendar(tz="Asia/Shanghai"),
            self._calendar(tz="America/New_York"),
            two_weeks,
        ]
        self._leave(datetime(2026, 3, 9))
        self._leave(datetime(2026, 12, 25), calendar_id=False)
        for calendar in calendars:
            self.company.resource_calendar_id = calendar
            for _number in range(25):
                self.card.accept_hours = rng.choice((0.5, 4, 8, 37.25, 75, 81, 200))
                begin = rng.choice(WEEKS) + timedelta(minutes=rng.randrange(7 * 24 * 60))
                self._check_planned(begin)

    def test_hours_that_each_chooses(self):
        self.company.resource_calendar_id = self._calendar(flexible_hours=True, hours_per_day=8)
        self.company.resource_calendar_id.full_time_required_hours = 40
        self._check_planned()

    def test_a_company_that_never_closes(self):
        self.company.resource_calendar_id = False
        self.assertEqual(self._decide_by(), FRIDAY + timedelta(hours=8))

    def test_nothing_is_asked_twice(self):
        self._decide_by()
        self.env.flush_all()
        with self.assertQueryCount(0):
            self._decide_by(FRIDAY + timedelta(hours=1))

    def test_who_asks_first_makes_no_difference(self):
        zone = pytz.timezone("Asia/Tokyo")
        self.card.with_context(employee_timezone=zone)._decide_by(
            FRIDAY, self.company.with_context(employee_timezone=zone)
        )
        self._check_planned()

    def test_a_holiday_is_heard_of(self):
        before = self._decide_by()
        leave = self._leave(MONDAY)
        self.assertGreater(self._decide_by(), before)
        self._check_planned()
        leave.write({"date_from": MONDAY + timedelta(1), "date_to": MONDAY + timedelta(2)})
        self.assertEqual(self._decide_by(), before)
        leave.write({"date_from": MONDAY})
        self.assertGreater(self._decide_by(), before)
        leave.unlink()
        self.assertEqual(self._decide_by(), before)

    def test_other_hours_are_heard_of(self):
        before = self._decide_by()
        for change in (
            lambda: self.calendar.write({"tz": "Asia/Tokyo"}),
            lambda: self.calendar.attendance_ids[0].write({"hour_from": 8.5}),
            lambda: self.calendar.attendance_ids.filtered(
                lambda day: day.dayofweek == "0"
            ).unlink(),
            lambda: self.calendar.write(
                {
                    "attendance_ids": [
                        Command.create(
                            {"name": "Late", "dayofweek": "0", "hour_from": 20, "hour_to": 21}
                        )
                    ]
                }
            ),
            lambda: self.company.write(
                {"resource_calendar_id": self._calendar(tz="Asia/Dubai").id}
            ),
        ):
            change()
            self.assertNotEqual(self._decide_by(), before)
            before = self._decide_by()
            self._check_planned()

    def test_one_person_is_away(self):
        before = self._decide_by()
        person = self.env["resource.resource"].create(
            {"name": "Ann", "calendar_id": self.calendar.id, "tz": "UTC"}
        )
        self.env.flush_all()
        leave = self._leave(MONDAY, resource_id=person.id)
        self.env.flush_all()
        with self.assertQueryCount(0):
            self.assertEqual(self._decide_by(), before)
        leave.resource_id = False
        self.assertGreater(self._decide_by(), before)
        leave.resource_id = person
        self.assertEqual(self._decide_by(), before)
