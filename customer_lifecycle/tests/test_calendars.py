from datetime import datetime

from odoo.tests import tagged

from .common import LifecycleCase
from .common_playbook import PlaybookCase
from .test_states import ahead


@tagged("post_install", "-at_install")
class TestTimeZone(LifecycleCase):
    """A company that moves to another time zone, or gets another calendar, loses nothing."""

    def test_purchases_move_to_the_days_of_the_new_time_zone(self):
        partner = self.customer()
        order = self.order(partner)
        order.date_order = "2026-06-28 20:00:00"
        row = self.row(partner)
        self.assertEqual(row.last_order_date, ahead(-2))
        self.company.partner_id.tz = "Pacific/Auckland"
        row.invalidate_recordset()
        self.assertLessEqual(row.check_date, row._lifecycle_today(self.company))
        with self.enter_registry_test_mode():
            self.env.ref("customer_lifecycle.ir_cron_lifecycle_run").method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual(row.last_order_date, ahead(-1))
        self.assertEqual((row.state, row.order_count), ("new", 1))

    def test_an_order_right_after_the_move_lies_on_its_new_day(self):
        self.order(self.customer(3), 1)
        self.company.partner_id.tz = "Pacific/Auckland"
        partner = self.customer()
        for _number in range(2):
            order = self.order(partner)
            order.date_order = "2026-06-28 20:00:00"
        self.assertEqual(self.row(partner).last_order_date, ahead(-1))

    def test_time_zones_of_other_contacts_change_nothing(self):
        partner = self.customer(3)
        row = self.row(partner)
        row.check_date = ahead(20)
        partner.tz = "Pacific/Auckland"
        self.assertEqual(row.check_date, ahead(20))

    def test_a_first_rate_counts_at_once(self):
        currency = self.env["res.currency"].create({"name": "ZZC", "symbol": "c"})
        self.env["product.pricelist"].search([]).active = False
        pricelist = self.env["product.pricelist"].create({"name": "C", "currency_id": currency.id})
        without = self.customer()
        for days in (4, 3):
            self.order(without, days, pricelist_id=pricelist.id)
        self.assertEqual(self.row(without).amount_total, 0)
        currency.rate_ids = [(0, 0, {"name": "2020-01-01", "rate": 4})]
        partner = self.customer()
        for days in (4, 3):
            self.order(partner, days, pricelist_id=pricelist.id)
        self.assertEqual(self.row(partner).amount_total, 50)


@tagged("post_install", "-at_install")
class TestCalendar(PlaybookCase):
    """Steps that wait for working time wait by the calendar that the company has now."""

    def setUp(self):
        super().setUp()
        self.step = self.playbook.step_ids
        self.step.write({"delay": 2, "unit": "workday"})
        self.playbook.write({"working_time": True})
        self.company = self.playbook.company_id
        # A Thursday.
        self.moment = datetime(2026, 7, 2, 10, 0)

    def calendar(self, *days):
        return self.env["resource.calendar"].create(
            {
                "name": "Other",
                "tz": "UTC",
                "company_id": self.company.id,
                "attendance_ids": [(5, 0, 0)]
                + [
                    (0, 0, {"name": day, "dayofweek": day, "hour_from": 9, "hour_to": 17})
                    for day in days
                ],
            }
        )

    def test_another_calendar_counts_other_days(self):
        self.company.resource_calendar_id = self.calendar("0", "1", "2", "3", "4")
        self.assertEqual(self.step._due_after(self.moment).day, 6)
        self.company.resource_calendar_id = self.calendar("5", "6")
        self.assertEqual(self.step._due_after(self.moment).day, 5)

    def test_without_or_with_an_empty_calendar_steps_are_taken_all_the_same(self):
        for calendar in (self.calendar(), self.env["resource.calendar"]):
            with self.subTest(calendar=calendar.name):
                self.company.resource_calendar_id = calendar
                self.assertEqual(self.step._due_after(self.moment).day, 4)
                self.assertTrue(self.playbook._speak_at(self.moment, self.rep))
                self.assertEqual(self._go().mapped("state"), ["done"])
                self.playbook.reentry = "always"
                self.playbook.enrolment_ids.date_left = self.moment

    def test_visits_are_planned_by_the_new_calendar(self):
        plan = self.env["customer.visit.plan"].create(
            {
                "name": "Each month",
                "trigger": "interval",
                "days": 30,
                "visitor": "owner",
                "domain": f"[('id', '=', {self.customer.id})]",
            }
        )
        self._confirm_order()
        for calendar in (self.calendar("6"), self.calendar()):
            self.company.resource_calendar_id = calendar
            self._run_cron("visits")
        visit = self.env["customer.visit"].search([("plan_id", "=", plan.id)])
        self.assertEqual(visit.date.weekday(), 6)
