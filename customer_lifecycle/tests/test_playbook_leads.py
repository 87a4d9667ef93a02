from ast import literal_eval
from datetime import timedelta

from odoo.fields import Domain
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common_playbook import PlaybookCase


@tagged("post_install", "-at_install")
class TestPlaybookLeads(PlaybookCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lead = cls.env["crm.lead"].create(
            {
                "name": "Nurture me",
                "type": "lead",
                "user_id": cls.rep.id,
                "team_id": cls.team.id,
                "email_from": "lead@example.com",
            }
        )
        cls.playbook = cls._create_playbook(
            [
                {"kind": "email", "template_id": cls.lead_template.id},
                cls._activity_step(delay=2),
            ],
            model="crm.lead",
            domain=f"[('id', '=', {cls.lead.id})]",
        )

    def test_lead_is_mailed_and_then_called(self):
        rows = self._go(times=2)
        self.assertLog(rows, ("done", False), ("done", False))
        self.assertEqual(self._mails(rows).email_to, "lead@example.com")
        self.assertEqual(self._calls(self.lead).user_id, self.rep)

    def test_the_suggested_playbook_is_for_leads_of_today_and_of_the_last_30_days(self):
        leads = self.env["crm.lead"].create(
            [{"name": f"{days} days old", "type": "lead"} for days in (0, 3, 29, 40)]
        )
        for lead, days in zip(leads, (0, 3, 29, 40), strict=True):
            created = self.env.cr.now() - timedelta(days=days)
            self.env.cr.execute(
                "UPDATE crm_lead SET create_date = %s WHERE id = %s", (created, lead.id)
            )
        leads.invalidate_recordset(["create_date"])
        domain = literal_eval(self.env.ref("customer_lifecycle.playbook_nurture").domain)
        found = leads.search(Domain(domain) & Domain("id", "in", leads.ids), order="id")
        self.assertEqual(found, leads[:3])

    def test_won_lead_stops_and_counts_for_the_result(self):
        rows = self._enter()
        rows.date_start -= timedelta(hours=1)
        self.lead.expected_revenue = 900
        self.lead.action_set_won()
        self._run()
        self.assertEqual(rows.stop_reason, "purchase")
        self.env["customer.playbook.enrolment"]._measure()
        self.assertEqual((rows.came_back, rows.revenue), (True, 900))

    def test_lost_lead_stops(self):
        rows = self._enter()
        self.lead.action_set_lost()
        self._run()
        self.assertEqual(rows.stop_reason, "lost")

    def test_closed_leads_do_not_enter(self):
        self.lead.action_set_won()
        self.assertFalse(self._enter())

    def test_reply_to_the_lead_stops(self):
        rows = self._enter()
        self.lead.message_post(
            body="Tell me more",
            email_from="lead@example.com",
            message_type="email",
            author_id=False,
        )
        self.assertEqual(rows.stop_reason, "reply")

    def _arrives(self, record, sender, header="X-Test: 1"):
        """An e-mail comes in for a record."""
        count = self.env["mail.message"].search_count([])
        mail = (
            f"Return-Path: <{sender}>\nFrom: {sender}\nTo: sales@house.example\n"
            f"Subject: Re: news\nMessage-ID: <{count}@x>\n{header}\n\nText"
        )
        with mute_logger("odoo.addons.mail.models.mail_thread"):
            self.env["mail.thread"].message_process(record._name, mail, thread_id=record.id)

    def test_neither_a_machine_nor_a_stranger_answers_for_a_lead(self):
        rows = self._enter()
        rows.date_start -= timedelta(hours=1)
        for header in ("Auto-Submitted: auto-replied", "Precedence: bulk", "X-Autoreply: yes"):
            self._arrives(self.lead, "lead@example.com", header)
        self._arrives(self.lead, "stranger@example.com")
        self.assertEqual(rows.state, "running")
        self.assertFalse(rows._note_answer())
        self._arrives(self.lead, "LEAD@example.com")
        self.assertEqual(rows.stop_reason, "reply")

    def test_neither_a_machine_nor_a_stranger_answers_for_a_customer(self):
        playbook = self._create_playbook(domain=f"[('id', '=', {self.customer.id})]")
        rows = self._enter(playbook)
        rows.date_start -= timedelta(hours=1)
        self._arrives(self.customer, self.ann.email, "Auto-Submitted: auto-replied")
        self._arrives(self.customer, "stranger@elsewhere.example")
        self.assertEqual(rows.state, "running")
        self.assertFalse(rows._note_answer())
        self._arrives(self.customer, self.ann.email)
        self.assertEqual(rows.stop_reason, "reply")

    def test_merged_leads_go_on_once(self):
        double = self.lead.copy({"name": "Double"})
        self.playbook.domain = f"[('id', 'in', {(self.lead | double).ids})]"
        rows = self._enter()
        merged = (self.lead | double).merge_opportunity(auto_unlink=True)
        rows = rows.exists()
        self.assertEqual(rows.lead_id, merged)
        self.assertEqual(sorted(rows.mapped("state")), ["running", "stopped"])
        self._run()
        self.assertEqual(len(self._mails(rows)), 1)

    def test_coupon_or_role_for_a_lead_without_customer_is_left_out(self):
        step = self.playbook.step_ids[0]
        self.assertFalse(step._recipient(self.lead))
        self.lead.email_from = False
        self.assertEqual(step._mail_refusal(self.lead), "no_email")
