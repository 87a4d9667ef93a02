from datetime import timedelta

import psycopg2

from odoo import fields
from odoo.exceptions import ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common_action import ActionCase


@tagged("post_install", "-at_install")
class TestContactRole(ActionCase):
    def _role(self, person=None, role="business", **values):
        return self.env["customer.contact.role"].create(
            {
                "customer_id": self.customer.id,
                "partner_id": (person or self.ann).id,
                "role": role,
                **values,
            }
        )

    def _alerts(self):
        return self._activities(self.customer, "mail_activity_type_silent")

    def _silent_role(self, days=61, **values):
        return self._role(date_from=fields.Date.today() - timedelta(days=days), **values)

    def test_one_primary_per_customer_and_role(self):
        first = self._role(is_primary=True)
        second = self._role(self.bob, is_primary=True)
        other = self._role(self.bob, "user", is_primary=True)
        self.assertEqual((first | second | other).mapped("is_primary"), [False, True, True])
        first.is_primary = True
        self.assertFalse(second.is_primary)

    def test_database_guards_the_primary_flag(self):
        first, second = self._role(is_primary=True), self._role(self.bob)
        self.env.flush_all()
        with (
            self.assertRaises(psycopg2.errors.UniqueViolation),
            mute_logger("odoo.sql_db"),
            self.env.cr.savepoint(),
        ):
            self.env.cr.execute(
                "UPDATE customer_contact_role SET is_primary = true WHERE id = %s", [second.id]
            )
        self.assertTrue(first.is_primary)

    def test_who_has_left_is_primary_no_more_and_may_come_back(self):
        role = self._role(is_primary=True, date_from="2020-01-01")
        role.date_to = "2021-01-01"
        self.assertFalse(role.is_primary or role.is_current)
        self.assertTrue(self._role().is_current)

    def test_wrong_roles_are_refused(self):
        with self.assertRaises(ValidationError), self.env.cr.savepoint():
            self._role(self.customer)
        with self.assertRaises(ValidationError), self.env.cr.savepoint():
            self._role(self.ann, customer_id=self.bob.id)
        with self.assertRaises(ValidationError), self.env.cr.savepoint():
            self._role(self.ann, "internal")
        self.assertTrue(self._role(self.rep.partner_id, "internal"))
        with (
            self.assertRaises(psycopg2.errors.CheckViolation),
            mute_logger("odoo.sql_db"),
            self.env.cr.savepoint(),
        ):
            self._role(date_from="2022-01-01", date_to="2021-01-01")

    def test_silent_decision_maker_is_told_once(self):
        role = self._silent_role()
        self._silent_role(person=self.bob, role="user")
        self._run_cron("silent")
        self._run_cron("silent")
        self.assertTrue(role.is_silent)
        self.assertEqual(self._alerts().user_id, self.rep)
        self.assertEqual(self.customer.with_user(self.rep).role_gap, "silent")
        role.silent_date = fields.Datetime.now() - timedelta(days=1)
        self._run_cron("silent")
        self.assertEqual(len(self._alerts()), 1, "told a second time about the same silence")

    def test_an_automatic_mail_breaks_no_silence(self):
        role = self._silent_role()
        message = self.customer.message_post(
            body="Out of office", author_id=role.partner_id.id, message_type="email"
        )
        message.lifecycle_automatic = True
        self._run_cron("silent")
        self.assertTrue(role.is_silent)

    def test_mail_meeting_visit_or_activity_counts_as_contact(self):
        now = fields.Datetime.now()
        contacts = {
            "mail": lambda person: self.customer.message_post(
                body="Hello", author_id=person.id, message_type="email"
            ),
            "meeting": lambda person: self.env["calendar.event"].create(
                {
                    "name": "Lunch",
                    "start": now - timedelta(days=1),
                    "stop": now - timedelta(hours=23),
                    "partner_ids": [(6, 0, person.ids)],
                }
            ),
            "visit": lambda person: self.env["customer.visit"].create(
                {"partner_id": self.customer.id, "contact_id": person.id, "state": "done"}
            ),
            "activity": lambda person: person.activity_schedule(
                "mail.mail_activity_data_call", user_id=self.rep.id
            ).action_done(),
        }
        for kind, contact in contacts.items():
            person = self.ann.copy({"name": kind, "parent_id": self.customer.id})
            role = self._silent_role(person=person)
            contact(person)
            self._run_cron("silent")
            self.assertFalse(role.is_silent, kind)
            self.assertTrue(role.contact_date, kind)
            self.assertGreater(role.silent_date, now, kind)

    def test_contact_ends_the_silence(self):
        role = self._silent_role()
        self._run_cron("silent")
        visit = self.env["customer.visit"].create(
            {"partner_id": self.customer.id, "contact_id": self.ann.id}
        )
        visit.with_user(self.rep).action_done()
        self.assertFalse(role.is_silent)
        self.assertEqual(self.customer.with_user(self.rep).role_gap, "covered")

    def test_nobody_watches_when_the_setting_is_off(self):
        self.env.company.lifecycle_silent_days = 0
        role = self._silent_role()
        self.assertFalse(role.silent_date)

    def test_archived_decision_maker_is_told_at_once(self):
        self._role()
        self._role(self.bob, "user")
        (self.ann | self.bob).action_archive()
        alert = self._alerts()
        self.assertEqual(len(alert), 1)
        self.assertIn("Ann", alert.summary)

    def test_alert_goes_to_the_leader_when_the_owner_is_gone(self):
        self._silent_role()
        self.rep.active = False
        self._run_cron("silent")
        self.assertEqual(self._alerts().user_id, self.boss)

    def test_coverage_names_what_is_missing(self):
        customer = self.customer.with_user(self.rep)
        self.assertEqual((customer.role_coverage, customer.role_gap), (0, "none"))
        self._role()
        self._role(self.bob, "user")
        customer.invalidate_recordset()
        self.assertEqual((customer.role_coverage, customer.role_gap), (50, "covered"))
        self.assertEqual(customer.role_missing, "Technical decision maker, Influencer")

    def test_gaps_are_found_by_filters(self):
        partners = self.env["res.partner"].with_user(self.rep)
        mine = [("id", "=", self.customer.id)]
        self.assertTrue(partners.search([*mine, ("role_gap", "=", "none")]))
        self._silent_role()
        self._run_cron("silent")
        self.assertTrue(partners.search([*mine, ("role_gap", "=", "silent")]))
        self.assertFalse(partners.search([*mine, ("role_gap", "!=", "silent")]))
        self._role(self.bob)
        self.assertTrue(partners.search([*mine, ("role_gap", "in", ["covered"])]))

    def test_rep_maintains_roles(self):
        role = self.env["customer.contact.role"].with_user(self.rep)
        created = role.create({"customer_id": self.customer.id, "partner_id": self.ann.id})
        created.stance = "supporter"
        created.unlink()

    def test_roles_of_another_companys_customer_are_hidden(self):
        other = self.env["res.company"].create({"name": "Second company"})
        customer = self.env["res.partner"].create(
            {"name": "Theirs", "is_company": True, "company_id": other.id}
        )
        role = self._role(customer_id=customer.id)
        self.assertFalse(
            self.env["customer.contact.role"].with_user(self.boss).search([("id", "=", role.id)])
        )
