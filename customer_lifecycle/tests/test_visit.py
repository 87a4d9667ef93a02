from datetime import datetime, timedelta

import psycopg2

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from ..models.visit import visit_planning as customer_visit_planning
from .common_action import ActionCase


@tagged("post_install", "-at_install")
class TestVisit(ActionCase):
    def _visit(self, **values):
        return (
            self.env["customer.visit"]
            .with_user(self.rep)
            .create({"partner_id": self.customer.id, "user_id": self.rep.id, **values})
        )

    def test_numbers_are_counted_per_company(self):
        other = self.env["res.company"].create({"name": "Second company"})
        visits = self.env["customer.visit"].create(
            [
                {"partner_id": self.customer.id, "company_id": company.id}
                for company in (self.env.company, other, other)
            ]
        )
        second, third = (int(visit.name.rpartition("-")[2]) for visit in visits[1:])
        self.assertEqual((second, third), (1, 2))
        self.assertTrue(visits[0].name.startswith("RV"))

    def test_done_with_stars_gives_one_consumed_rating_with_the_customer_as_parent(self):
        visit = self._visit(contact_id=self.ann.id)
        visit.satisfaction = "4"
        self.assertFalse(visit.sudo().rating_ids, "a rating before the visit took place")
        visit.action_done()
        visit.feedback = "Fine"
        rating = visit.sudo().rating_ids
        self.assertRecordValues(
            rating,
            [
                {
                    "rating": 4,
                    "consumed": True,
                    "feedback": "Fine",
                    "partner_id": self.ann.id,
                    "rated_partner_id": self.rep.partner_id.id,
                    "parent_res_model": "res.partner",
                    "parent_res_id": self.customer.id,
                }
            ],
        )
        visit.satisfaction = "0"
        self.assertFalse(visit.sudo().rating_ids)

    def test_low_satisfaction_raises_one_complaint_for_the_team_leader(self):
        visit = self._visit(satisfaction="2", feedback="Late again")
        visit.action_done()
        visit.satisfaction = "1"
        complaint = self._activities(visit, "mail_activity_type_complaint")
        self.assertEqual(complaint.user_id, self.boss)
        self.assertIn("Late again", complaint.note)

    def test_complaints_go_to_whom_the_company_says_and_only_below_its_mark(self):
        self.env.company.lifecycle_complaint_user_id = self.other
        self.env.company.lifecycle_low_satisfaction = 1
        two, one = self._visit(satisfaction="2"), self._visit(satisfaction="1")
        (two | one).action_done()
        self.assertFalse(self._activities(two, "mail_activity_type_complaint"))
        self.assertEqual(self._activities(one, "mail_activity_type_complaint").user_id, self.other)

    def test_customer_history_tells_of_the_visit(self):
        self._visit(satisfaction="5", feedback="Great <b>service</b>").action_done()
        body = self.customer.message_ids[0].body
        self.assertIn("Very satisfied", body)
        self.assertIn("Great &lt;b&gt;service", body)

    def test_next_date_plans_exactly_one_follow_up(self):
        visit = self._visit(date_next=fields.Date.today() + timedelta(days=30))
        visit.action_done()
        visit.action_reopen()
        visit.action_done()
        follow_up = self.env["customer.visit"].search([("previous_id", "=", visit.id)])
        self.assertEqual(len(follow_up), 1)
        self.assertEqual(follow_up.date.date(), visit.date_next)
        self.assertEqual(follow_up.satisfaction, "0")
        self.assertEqual(self._activities(follow_up, "mail_activity_type_visit").user_id, self.rep)

    def test_next_date_before_the_visit_is_refused(self):
        visit = self._visit()
        visit.action_done()
        with self.assertRaises(ValidationError):
            visit.date_next = fields.Date.today() - timedelta(days=1)

    def test_cancelled_visit_must_be_reopened_before_it_is_done(self):
        visit = self._visit()
        visit.action_cancel()
        with self.assertRaises(UserError):
            visit.action_done()
        visit.action_reopen()
        visit.action_done()
        self.assertEqual(visit.state, "done")

    def test_visit_that_took_place_is_not_deleted(self):
        visit = self._visit()
        visit.action_done()
        with self.assertRaises(UserError):
            visit.with_user(self.boss).unlink()

    def test_contact_chosen_as_customer_becomes_the_contact(self):
        visit = self._visit(partner_id=self.ann.id)
        self.assertEqual(visit.partner_id, self.customer)
        self.assertEqual(visit.contact_id, self.ann)

    def test_strangers_contact_or_order_is_refused(self):
        stranger = self.env["res.partner"].create({"name": "Stranger"})
        with self.assertRaises(ValidationError):
            self._visit(contact_id=stranger.id)
        order = self._confirm_order(stranger)
        with self.assertRaises(ValidationError):
            self._visit(order_id=order.id)

    def test_reach_warning_knows_bounces_and_archived_contacts(self):
        visit = self._visit(channel="email", contact_id=self.ann.id)
        self.assertFalse(visit.reach_warning)
        self.ann.message_bounce = 1
        visit.invalidate_recordset()
        self.assertIn("came back", visit.reach_warning)
        self.ann.active = False
        visit.invalidate_recordset()
        self.assertIn("archived", visit.reach_warning)

    def test_activity_and_meeting_follow_the_visit(self):
        visit = self._visit(date=datetime(2031, 3, 3, 9))
        visit._plan_activity()
        visit.action_add_to_calendar()
        visit.write({"date": datetime(2031, 3, 5, 10), "user_id": self.boss.id})
        activity = self._activities(visit, "mail_activity_type_visit")
        self.assertEqual(activity.date_deadline, datetime(2031, 3, 5).date())
        self.assertEqual(activity.user_id, self.boss)
        self.assertEqual(visit.event_id.start, datetime(2031, 3, 5, 10))
        self.assertEqual(visit.event_id.partner_ids, self.boss.partner_id)
        visit.action_cancel()
        self.assertFalse(visit.event_id)
        self.assertFalse(self._activities(visit, "mail_activity_type_visit"))

    def test_average_leaves_out_customers_who_were_not_asked(self):
        self._visit(satisfaction="4").action_done()
        self._visit(satisfaction="2").action_done()
        self._visit().action_done()
        rows = self.env["customer.visit"]._read_group(
            [("user_id", "=", self.rep.id)], ["user_id"], ["satisfaction_value:avg"]
        )
        self.assertEqual(rows[0][1], 3.0)
        self.assertEqual(self.customer.with_user(self.rep).visit_satisfaction, 3.0)
        self.assertEqual(self.ann.with_user(self.rep).visit_count, 3)

    def test_ratings_from_anywhere_add_up_at_the_customer(self):
        self._visit(satisfaction="4", contact_id=self.ann.id).action_done()
        self.env["rating.rating"].create(
            [
                {
                    "res_model_id": self.env["ir.model"]._get_id("res.partner"),
                    "res_id": self.ann.id,
                    "partner_id": self.ann.id,
                    "rating": stars,
                    "consumed": consumed,
                }
                for stars, consumed in ((1, True), (5, False))
            ]
        )
        for partner in (self.customer + self.ann).with_user(self.rep):
            self.assertEqual((partner.satisfaction, partner.satisfaction_count), (2.5, 2))
        family = self.customer + self.ann
        found = family.search([("satisfaction", "<", 3), ("id", "in", family.ids)])
        self.assertEqual(found, family)
        self.assertFalse(family.search([("satisfaction", ">=", 3), ("id", "in", family.ids)]))

    def test_overdue_is_found_by_the_filter(self):
        late = self._visit(date=fields.Datetime.now() - timedelta(hours=2))
        self._visit(date=fields.Datetime.now() + timedelta(hours=2))
        self.assertTrue(late.is_overdue)
        found = self.env["customer.visit"].search(
            [("state", "=", "planned"), ("date", "<", "now"), ("user_id", "=", self.rep.id)]
        )
        self.assertEqual(found, late)

    def test_rep_sees_his_visits_and_those_of_his_customers_only(self):
        mine = self._visit()
        others = self.env["customer.visit"].create(
            {
                "partner_id": self.env["res.partner"].create({"name": "Of Otto"}).id,
                "user_id": self.other.id,
            }
        )
        visible = self.env["customer.visit"].with_user(self.rep).search([])
        self.assertIn(mine, visible)
        self.assertNotIn(others, visible)
        with self.assertRaises(AccessError):
            others.with_user(self.rep).action_done()
        with self.assertRaises(AccessError):
            mine.with_user(self.rep).unlink()
        self.assertIn(others, self.env["customer.visit"].with_user(self.boss).search([]))

    def test_other_company_sees_nothing(self):
        other = self.env["res.company"].create({"name": "Second company"})
        visit = self._visit()
        self.boss.write({"company_ids": [Command.set(other.ids)], "company_id": other.id})
        self.assertNotIn(visit, self.env["customer.visit"].with_user(self.boss).search([]))

    def test_form_logs_a_call_in_one_go(self):
        with Form(self.env["customer.visit"].with_user(self.rep)) as form:
            form.partner_id = self.customer
            form.contact_id = self.ann
            form.satisfaction = "5"
        self.assertEqual(form.record.user_id, self.rep)


@tagged("post_install", "-at_install")
class TestVisitPlan(ActionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.plan = cls.env["customer.visit.plan"].create(
            {
                "name": "A week after",
                "days": 7,
                "date_from": fields.Date.today() - timedelta(days=60),
                "domain": f"[('id', '=', {cls.customer.id})]",
            }
        )

    def _visits(self):
        return self.env["customer.visit"].search([("plan_id", "=", self.plan.id)])

    def _ago(self, days):
        return fields.Datetime.now() - timedelta(days=days)

    def test_one_visit_per_order_however_often_the_plan_runs(self):
        orders = self._confirm_order(date=self._ago(7)) | self._confirm_order(
            partner=self.ann, date=self._ago(3)
        )
        for _run in range(2):
            self._run_cron("visits")
        visits = self._visits()
        self.assertEqual(visits.order_id, orders)
        self.assertEqual(visits.user_id, self.rep)
        self.assertEqual(visits.filtered("contact_id").contact_id, self.ann)
        self.assertEqual(len(self._activities(visits, "mail_activity_type_visit")), 2)
        visits.action_cancel()
        self.plan.action_plan_now()
        self.assertEqual(self._visits(), visits, "a cancelled revisit was planned again")

    def test_second_visit_for_an_order_is_impossible(self):
        order = self._confirm_order(date=self._ago(7))
        visit = self.plan._plan_visits()
        with (
            self.assertRaises(psycopg2.errors.UniqueViolation),
            mute_logger("odoo.sql_db"),
            self.env.cr.savepoint(),
        ):
            visit.copy({"plan_id": self.plan.id, "order_id": order.id})

    def test_promised_date_counts_for_the_delivery(self):
        self._confirm_order(date=self._ago(30), commitment_date=self._ago(-20))
        self.assertFalse(self.plan._plan_visits(), "the goods have not been promised yet")
        self.plan.basis = "confirmation"
        self.assertTrue(self.plan._plan_visits())

    def test_old_orders_and_quotations_lead_to_no_visit(self):
        self._confirm_order(date=self._ago(90))
        self.env["sale.order"].create({"partner_id": self.customer.id})
        self.assertFalse(self.plan._plan_visits())

    def test_visits_are_spread_over_working_days(self):
        self.plan.per_day = 1
        for _order in range(3):
            self._confirm_order(date=self._ago(20))
        days = self.plan._plan_visits().mapped(lambda visit: visit.date.date())
        self.assertEqual(len(set(days)), 3)
        self.assertTrue(all(day.weekday() < 5 for day in days))

    def test_interval_counts_from_the_last_visit_and_keeps_one_open(self):
        self.plan.write({"trigger": "interval", "days": 30})
        self._run_cron("visits")
        first = self._visits()
        self.assertEqual(len(first), 1)
        self._run_cron("visits")
        self.assertEqual(self._visits(), first)
        first.action_done()
        self._run_cron("visits")
        self.assertEqual(self._visits(), first, "the next one is thirty days away")
        first.date_done = self._ago(29)
        self._run_cron("visits")
        second = self._visits() - first
        self.assertGreaterEqual(second.date.date(), fields.Date.today() + timedelta(days=1))

    def test_archived_customer_and_cancelled_order_end_planned_visits(self):
        order = self._confirm_order(date=self._ago(7))
        by_order = self.plan._plan_visits()
        gone = self.env["res.partner"].create({"name": "Gone"})
        by_hand = self.env["customer.visit"].create({"partner_id": gone.id})
        order.action_cancel()
        gone.active = False
        self._run_cron("visits")
        self.assertEqual((by_order | by_hand).mapped("state"), ["cancelled", "cancelled"])
        self.assertIn("order", by_order.cancel_reason)
        self.assertIn("archived", by_hand.cancel_reason)

    def test_deleted_order_ends_its_visit_and_loses_nothing_else(self):
        order = self._confirm_order(date=self._ago(7))
        visit = self.plan._plan_visits()
        order.action_cancel()
        order.unlink()
        self._run_cron("visits")
        self.assertEqual(visit.state, "cancelled")
        self.assertIn("deleted", visit.cancel_reason)

    def test_bounced_address_turns_an_email_into_a_call(self):
        self.plan.channel = "email"
        self._confirm_order(partner=self.ann, date=self._ago(7))
        self._confirm_order(partner=self.bob, date=self._ago(7))
        self.ann.message_bounce = 2
        visits = self.plan._plan_visits()
        self.assertEqual(visits.filtered(lambda v: v.contact_id == self.ann).channel, "phone")
        self.assertEqual(visits.filtered(lambda v: v.contact_id == self.bob).channel, "email")

    def test_customer_without_salesperson_waits_or_gets_the_colleague(self):
        self.customer.user_id = False
        self._confirm_order(date=self._ago(7))
        self.assertFalse(self.plan._plan_visits())
        self.plan.user_id = self.other
        self.assertEqual(self.plan._plan_visits().user_id, self.other)

    def test_broken_plan_says_so_and_the_others_go_on(self):
        broken = self.plan.copy({"name": "Broken", "sequence": 1})
        self.env.cr.execute(
            "UPDATE customer_visit_plan SET domain = %s WHERE id = %s",
            ["[('no_such_field', '=', 1)]", broken.id],
        )
        broken.invalidate_recordset()
        self._confirm_order(date=self._ago(7))
        self._run_cron("visits")
        self.assertIn("no_such_field", broken.error)
        self.assertEqual(len(self._visits()), 1)

    def test_wrong_settings_are_refused(self):
        for values in (
            {"domain": "[('no_such_field', '=', 1)]"},
            {"domain": "import os"},
            {"order_domain": "[('amount_total', 'above', 1)]"},
            {"visitor": "user"},
            {"trigger": "interval", "visitor": "order"},
        ):
            with self.assertRaises(ValidationError, msg=values), self.env.cr.savepoint():
                self.plan.write(values)

    def test_rep_does_not_change_plans(self):
        with self.assertRaises(AccessError):
            self.plan.with_user(self.rep).days = 3
        with self.assertRaises(AccessError):
            self.plan.with_user(self.rep).action_plan_now()

    def test_smart_buttons_lead_to_the_visits(self):
        order = self._confirm_order(date=self._ago(7))
        visit = self.plan._plan_visits()
        self.assertEqual(order.with_user(self.rep).visit_count, 1)
        for record in (order, self.customer, self.plan):
            domain = record.action_visits()["domain"]
            self.assertEqual(self.env["customer.visit"].search(domain), visit)


@tagged("post_install", "-at_install")
class TestVisitDays(ActionCase):
    """A visitor's day is the day where he lives, whatever it is in Greenwich."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.company.resource_calendar_id = False
        cls.env.company.partner_id.tz = "UTC"

    def _plan(self, **values):
        return self.env["customer.visit.plan"].create(
            {
                "name": "Days",
                "trigger": "interval",
                "days": 7,
                "visitor": "user",
                "user_id": self.rep.id,
                "domain": f"[('id', '=', {self.customer.id})]",
                "per_day": 1,
                **values,
            }
        )

    def _local(self, visit):
        return fields.Datetime.context_timestamp(visit.with_context(tz=self.rep.tz), visit.date)

    def test_one_visit_a_day_is_one_of_the_visitors_days(self):
        for zone, hour in (("Pacific/Auckland", 8.0), ("America/Los_Angeles", 20.0), ("UTC", 9.0)):
            with self.subTest(zone=zone):
                self.rep.tz = zone
                people = self.env["res.partner"].create(
                    [{"name": f"{zone} {number}"} for number in range(4)]
                )
                visits = self.env["customer.visit"]
                for person in people:
                    plan = self._plan(domain=f"[('id', '=', {person.id})]", hour=hour)
                    visits |= plan._plan_visits()
                days = [self._local(visit).date() for visit in visits]
                self.assertEqual(len(set(days)), 4)
                self.assertEqual({self._local(visit).hour for visit in visits}, {int(hour)})
                visits.write({"state": "cancelled"})

    def test_a_visit_is_due_by_the_day_on_which_the_last_one_was_held(self):
        for zone, moment in (
            ("Pacific/Auckland", datetime(2026, 3, 3, 20)),
            ("America/Los_Angeles", datetime(2026, 3, 5, 3)),
        ):
            with self.subTest(zone=zone):
                self.rep.tz = zone
                plan = self._plan()
                day = plan._local_day(self.rep, (moment, 7))
                self.assertEqual(day.isoformat(), "2026-03-11")

    def test_no_visit_is_planned_in_the_past(self):
        plan = self._plan(hour=0.0)
        [visit] = plan._plan_visits()
        self.assertGreater(visit.date, self.env.cr.now())

    def test_who_cannot_be_planned_keeps_nobody_waiting(self):
        self.patch(customer_visit_planning, "BATCH", 1)
        gone = self.env["res.users"].create({"name": "Gone", "login": "visit_gone"})
        first = self.env["res.partner"].create(
            [{"name": f"First {number}", "user_id": gone.id} for number in range(3)]
        )
        last = self.env["res.partner"].create({"name": "Last", "user_id": self.rep.id})
        gone.active = False
        plan = self._plan(
            visitor="owner",
            user_id=False,
            domain=f"[('id', 'in', {(first | last).ids})]",
        )
        self.assertEqual(plan._plan_visits().partner_id, last)

    def test_a_visit_that_took_place_says_so_when_it_is_cancelled(self):
        visit = self.env["customer.visit"].create({"partner_id": self.customer.id})
        visit.action_done()
        with self.assertRaisesRegex(UserError, "took place"):
            visit.action_cancel()

    def test_one_silent_person_of_nobody_stops_no_other_alert(self):
        self.env.company.lifecycle_silent_days = 5
        roles = self.env["customer.contact.role"].create(
            [
                {
                    "customer_id": self.customer.id,
                    "partner_id": person.id,
                    "date_from": "2020-01-01",
                }
                for person in (self.ann, self.bob)
            ]
        )
        self.customer.user_id = False
        former = self.env["res.users"].create({"name": "Former", "login": "role_former"})
        self.env.flush_all()
        for role, creator in zip(roles, (former, self.boss), strict=True):
            self.env.cr.execute(
                "UPDATE customer_contact_role SET create_uid = %s WHERE id = %s",
                [creator.id, role.id],
            )
        former.active = False
        self.env.invalidate_all()
        self._run_cron("silent")
        self.env.invalidate_all()
        self.assertEqual(roles.mapped("is_silent"), [True, True])
        self.assertEqual(len(self._activities(self.customer, "mail_activity_type_silent")), 1)
