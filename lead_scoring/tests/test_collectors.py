from unittest.mock import patch

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.mail.tests.common import MailCommon

from .common_process import ProcessCase

REPLY = """Return-Path: <{sender}>
To: {to}
From: {sender}
Subject: Re: offer
MIME-Version: 1.0
Content-Type: text/plain; charset="utf-8"
Date: Thu, 05 Nov 2026 10:00:00 +0000
Message-ID: {msg_id}
References: {references}
{extra}
Yes please."""


@tagged("post_install", "-at_install")
class TestCollectors(ProcessCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.partner = cls.env["res.partner"].create({"name": "Paula", "email": "paula@example.com"})
        cls.lead = cls._create_leads(partner_id=cls.partner.id)
        cls.type_call = cls.env.ref("mail.mail_activity_data_call")

    def test_meeting_counts_once_it_is_over(self):
        event = self.env["calendar.event"].create(
            {
                "name": "Demo",
                "opportunity_id": self.lead.id,
                "start": self._ago(hours=-1),
                "stop": self._ago(hours=-2),
            }
        )
        self._collect("meeting")
        self.assertFalse(self._found(self.lead, "meeting_held"))
        event.write({"start": self._ago(hours=3), "stop": self._ago(hours=2)})
        self._collect("meeting")
        self._collect("meeting")
        found = self._found(self.lead, "meeting_held")
        self.assertEqual(len(found), 1)
        self.assertEqual(found.ref, f"calendar.event,{event.id}")
        self.assertEqual(found.date, event.stop)

    def test_meeting_with_the_contact_counts_for_its_open_leads(self):
        lost = self._create_leads(partner_id=self.partner.id)
        lost.action_set_lost()
        declined = self.env["res.partner"].create({"name": "Nora"})
        other = self._create_leads(partner_id=declined.id)
        event = self.env["calendar.event"].create(
            {
                "name": "Lunch",
                "start": self._ago(hours=3),
                "stop": self._ago(hours=2),
                "partner_ids": [(6, 0, (self.partner | declined | self.rep.partner_id).ids)],
            }
        )
        event.attendee_ids.filtered(lambda a: a.partner_id == declined).state = "declined"
        self._collect("meeting")
        self.assertEqual(len(self._found(self.lead, "meeting_held")), 1)
        self.assertFalse(self._found(lost, "meeting_held"))
        self.assertFalse(self._found(other, "meeting_held"))

    def test_calls_and_other_activities_done(self):
        call = self.lead.activity_schedule(activity_type_id=self.type_call.id, user_id=self.rep.id)
        todo = self.lead.activity_schedule("mail.mail_activity_data_todo", user_id=self.rep.id)
        self.lead.activity_schedule("mail.mail_activity_data_todo", user_id=self.rep.id)
        (call | todo).action_feedback("Done")
        self._collect("activity")
        self._collect("activity")
        self.assertEqual(self._found(self.lead, "call_done").ref, f"mail.activity,{call.id}")
        self.assertEqual(self._found(self.lead, "activity_done").ref, f"mail.activity,{todo.id}")

    def test_a_call_with_the_contact_counts_for_the_lead(self):
        call = self.partner.activity_schedule(
            activity_type_id=self.type_call.id, user_id=self.rep.id
        )
        call.action_feedback("Done")
        self._collect("activity")
        self.assertTrue(self._found(self.lead, "call_done"))

    def test_a_lead_of_another_company_hears_nothing(self):
        company = self.env["res.company"].create({"name": "Elsewhere"})
        foreign = self.env["crm.lead"].create(
            {
                "name": "Foreign",
                "email_from": "paula@example.com",
                "company_id": company.id,
                "user_id": False,
                "team_id": False,
            }
        )
        self.lead.company_id = self.env.company
        handler = self.env["lead.score.collect.meeting"]
        select = handler._select(
            "meeting_held",
            "res.partner",
            handler._select.__globals__["SQL"](
                "FROM res_partner x WHERE x.id = %s", self.partner.id
            ),
            date="x.create_date",
            email="x.email",
            company=str(self.env.company.id),
        )
        collector = self.env.ref("lead_scoring.collector_meeting")
        with patch.object(type(handler), "_found", lambda *args: [select]):
            collector._collect_safely()
        self.assertTrue(self._found(self.lead, "meeting_held"))
        self.assertFalse(self._found(foreign, "meeting_held"))

    def test_an_address_matches_however_it_is_written(self):
        handler = self.env["lead.score.collect.meeting"]
        sql = handler._select.__globals__["SQL"]
        select = handler._select(
            "meeting_held",
            "res.users",
            sql("FROM (SELECT 5 AS id, now() AT TIME ZONE 'UTC' AS date) x"),
            date="x.date",
            email="'Paula P. <PAULA@example.com>'",
        )
        with patch.object(type(handler), "_found", lambda *args: [select]):
            self._collect("meeting")
        self.assertTrue(self._found(self.lead, "meeting_held"))

    def test_an_archived_signal_is_not_collected(self):
        self.env.ref("lead_scoring.signal_meeting_held").active = False
        self.env["calendar.event"].create(
            {
                "name": "Demo",
                "opportunity_id": self.lead.id,
                "start": self._ago(hours=3),
                "stop": self._ago(hours=2),
            }
        )
        self.assertEqual(self._collect("meeting"), 0)

    def test_one_failing_collector_does_not_stop_the_others(self):
        handler = type(self.env["lead.score.collect.activity"])
        self.env["calendar.event"].create(
            {
                "name": "Demo",
                "opportunity_id": self.lead.id,
                "start": self._ago(hours=3),
                "stop": self._ago(hours=2),
            }
        )
        logger = "odoo.addons.lead_scoring.models.lead_score_collector"
        self.env.ref("lead_scoring.collector_activity").sequence = 1
        with (
            patch.object(handler, "_found", side_effect=ValueError("broken table")),
            mute_logger(logger),
            self.enter_registry_test_mode(),
        ):
            self.env.ref("lead_scoring.ir_cron_collect").method_direct_trigger()
        failed = self.env.ref("lead_scoring.collector_activity")
        self.assertEqual(failed.state, "failed")
        self.assertIn("broken table", failed.last_error)
        self.assertEqual(self.env.ref("lead_scoring.collector_meeting").state, "ok")
        self.assertTrue(self._found(self.lead, "meeting_held"))
        self._collect("activity")
        self.assertEqual(failed.state, "ok")

    def test_more_rows_than_a_page(self):
        for _number in range(5):
            self.lead.activity_schedule(
                activity_type_id=self.type_call.id, user_id=self.rep.id
            ).action_feedback("Done")
        with patch("odoo.addons.lead_scoring.models.lead_score_collector.PAGE", 2):
            self.assertEqual(self._collect("activity"), 5)
        self.assertEqual(len(self._found(self.lead, "call_done")), 5)

    def test_a_collector_without_its_app_rests_and_says_so(self):
        if "survey.survey" in self.env:
            self.skipTest("survey is installed")
        collector = self.env.ref("lead_scoring.collector_survey")
        self.assertEqual(collector.state, "missing")
        with self.assertRaises(UserError):
            collector.action_collect()
        with self.enter_registry_test_mode():
            self.env.ref("lead_scoring.ir_cron_collect").method_direct_trigger()
        self.assertFalse(collector.last_run)

    def test_the_signal_shows_its_collector(self):
        self._collect("meeting")
        signal = self.env.ref("lead_scoring.signal_meeting_held")
        self.assertEqual(signal.collector_state, "ok")
        self.assertTrue(signal.collector_last_run)

    def test_looking_back_finds_what_was_there_before(self):
        self.env["calendar.event"].create(
            {
                "name": "Old demo",
                "opportunity_id": self.lead.id,
                "start": self._ago(days=31),
                "stop": self._ago(days=30),
            }
        )
        self._collect("meeting")
        self.assertEqual(
            self._found(self.lead, "meeting_held").date.date(), self._ago(days=30).date()
        )


@tagged("post_install", "-at_install")
class TestMailSignals(ProcessCase, MailCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lead = cls._create_leads(email_from="erik@example.com", partner_id=False)

    def _ours(self):
        return self.lead.with_user(self.rep).message_post(
            body="Our offer", message_type="comment", subtype_xmlid="mail.mt_comment"
        )

    def _arrives(self, references="", sender="erik@example.com", extra=""):
        with mute_logger("odoo.addons.mail.models.mail_thread"):
            self.env["mail.thread"].with_context(mail_channel_nosubscribe=True).message_process(
                "crm.lead",
                REPLY.format(
                    to="sales@example.com",
                    sender=sender,
                    references=references,
                    msg_id=f"<{fields.Datetime.now().timestamp()}.{len(self.lead.message_ids)}@x>",
                    extra=extra,
                ),
                thread_id=self.lead.id,
            )

    def test_an_answer_and_a_first_letter_are_told_apart(self):
        self._arrives()
        self.assertEqual(len(self._found(self.lead, "mail_in")), 1)
        ours = self._ours()
        self._arrives(ours.message_id)
        self.assertEqual(len(self._found(self.lead, "mail_in")), 1)
        self.assertEqual(len(self._found(self.lead, "mail_reply")), 1)

    def test_an_automatic_answer_is_none(self):
        ours = self._ours()
        self._arrives(ours.message_id, extra="Auto-Submitted: auto-replied\n")
        self._arrives(ours.message_id, extra="X-Autoreply: yes\n")
        self.assertEqual(
            len(self.lead.message_ids.filtered(lambda m: m.message_type == "email")), 2
        )
        self.assertFalse(self.lead.score_event_ids)

    def test_a_colleague_who_answers_by_mail_is_no_prospect(self):
        self.rep.partner_id.email = "rita@example.com"
        self._arrives(self._ours().message_id, sender="rita@example.com")
        self.assertFalse(self.lead.score_event_ids)

    def test_notes_and_our_own_mails_are_no_signals(self):
        self._ours()
        self.lead.message_post(body="A note")
        self.assertFalse(self.lead.score_event_ids)

    def test_a_mail_is_never_lost_because_of_a_score(self):
        with (
            patch.object(type(self.lead), "score_signal", side_effect=ValueError("no")),
            mute_logger("odoo.addons.lead_scoring.models.lead_score_listening"),
        ):
            self._arrives()
        self.assertTrue(self.lead.message_ids.filtered(lambda m: m.message_type == "email"))

    def test_mails_from_before_are_collected_once(self):
        self._arrives()
        collector = self.env.ref("lead_scoring.collector_mail")
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE lead_score_collector SET create_date = now() + interval '1 day' WHERE id = %s",
            [collector.id],
        )
        collector.invalidate_recordset()
        self.assertEqual(self._collect("mail"), 0, "it was noticed when it arrived")
        self.lead.message_post(
            body="Old", message_type="email", author_id=False, email_from="erik@example.com"
        )
        self.env.cr.execute("DELETE FROM lead_score_event WHERE lead_id = %s", [self.lead.id])
        collector.cursor_date = False
        self.assertEqual(self._collect("mail"), 2)

    def test_first_response_is_taken_down_once(self):
        self.lead.message_post(body="A note")
        self.assertFalse(self.lead.score_response_date)
        message = self._ours()
        self.assertEqual(self.lead.score_response_date, message.date)
        self._ours()
        self.assertEqual(self.lead.score_response_date, message.date)

    def test_a_call_is_a_response_too(self):
        self.lead.activity_schedule("mail.mail_activity_data_call", user_id=self.rep.id).with_user(
            self.rep
        ).action_feedback("Talked")
        self.assertTrue(self.lead.score_response_date)
