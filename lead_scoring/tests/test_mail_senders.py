from email import message_from_string, policy
from types import SimpleNamespace

from odoo.http import _request_stack
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.mail.tests.common import MailCommon

from ..tools.automatic import is_automatic
from .common_process import ProcessCase

MAIL = """Return-Path: <{back}>
To: sales@example.com
From: {sender}
Subject: {subject}
MIME-Version: 1.0
Content-Type: {kind}; charset="utf-8"
Date: Thu, 05 Nov 2026 10:00:00 +0000
Message-ID: <{number}@mail.example>
References: {references}
{header}

Yes please."""
MACHINES = [
    "Auto-Submitted: auto-replied",
    "Auto-Submitted: auto-generated (vacation); owner=x",
    "Auto-Submitted: no\nAuto-Submitted: auto-notified",
    "X-Auto-Response-Suppress: All",
    "X-Autoreply: yes",
    "X-Autorespond: 1",
    "X-Autoresponder: Out of office",
    "X-Mail-Autoreply: yes",
    "Precedence: Bulk",
    "Precedence: junk",
    "Precedence: list",
    "Precedence: auto_reply",
    "X-Precedence: bulk",
    "List-Id: <news.acme.example>",
    "List-Unsubscribe: <mailto:off@acme.example>",
    "Feedback-ID: 1:campaign:shop",
    "X-Failed-Recipients: a@b.example",
]
PEOPLE = ["X-Test: 1", "Auto-Submitted: no", "Precedence: first-class", "X-Autoreply: no"]


@tagged("post_install", "-at_install")
class TestMailSenders(ProcessCase, MailCommon):
    """Neither a machine nor a stranger raises a score."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        signals = [cls.env.ref(f"lead_scoring.signal_{code}") for code in ("mail_in", "mail_reply")]
        cls._create_card(
            [
                {
                    "kind": "signal",
                    "points": 10,
                    "dimension": "engagement",
                    "signal_id": signal.id,
                }
                for signal in signals
            ]
        )
        cls.company = cls.env["res.partner"].create(
            {"name": "Acme", "is_company": True, "email": "info@acme.example"}
        )
        cls.buyer = cls.env["res.partner"].create(
            {"name": "Bert Buyer", "parent_id": cls.company.id, "email": "bert@acme.example"}
        )
        cls.lead = cls._create_leads(partner_id=cls.buyer.id)
        cls.bare = cls._create_leads(email_from="Erik <erik@else.example>, office@else.example")
        cls.number = 0
        # Odoo would take so many e-mails of one sender for a circle.
        cls.env["ir.config_parameter"].set_param("mail.gateway.loop.threshold", 1000)

    def _arrives(self, sender="bert@acme.example", header="X-Test: 1", lead=None, **values):
        """Points that an e-mail brings to a lead."""
        lead = lead or self.lead
        cls = type(self)
        cls.number += 1
        before = lead.score
        mail = MAIL.format(
            sender=sender,
            header=header,
            number=cls.number,
            references=lead.message_ids[-1:].message_id,
            **{"back": sender, "subject": "Re: offer", "kind": "text/plain", **values},
        )
        with mute_logger("odoo.addons.mail.models.mail_thread"):
            self.env["mail.thread"].message_process("crm.lead", mail, thread_id=lead.id)
        return lead.score - before

    def test_what_a_machine_sends_raises_no_score(self):
        for header in MACHINES:
            with self.subTest(header):
                self.assertEqual(self._arrives(header=header), 0)
        self.assertTrue(self.lead.message_ids[0].score_automatic)
        for name, values in {
            "no way back": {"back": ""},
            "subject": {"subject": "Automatische Antwort: Angebot"},
            "encoded subject": {"subject": "=?utf-8?b?6Ieq5Yqo5Zue5aSNOiDmiqXku7c=?="},
        }.items():
            with self.subTest(name):
                self.assertEqual(self._arrives(**values), 0)
        for header in PEOPLE:
            with self.subTest(header):
                self.assertGreater(self._arrives(header=header), 0)
        self.assertFalse(self.lead.message_ids[0].score_automatic)

    def test_reports_of_mail_servers_are_of_machines(self):
        for values in (
            {"kind": "multipart/report; report-type=disposition-notification"},
            {"sender": "MAILER-DAEMON@acme.example"},
            {"sender": "Mail system <postmaster@acme.example>"},
            {"subject": "Undeliverable: offer"},
        ):
            fields = {
                "sender": "bert@acme.example",
                "back": "bert@acme.example",
                "subject": "Re: offer",
                "kind": "text/plain",
                "header": "X-Test: 1",
                "number": 1,
                "references": "<1@x>",
                **values,
            }
            mail = MAIL.format(**fields)
            for how in (policy.SMTP, policy.compat32):
                with self.subTest(values, policy=how):
                    self.assertTrue(is_automatic(message_from_string(mail, policy=how)))
        self.env["res.partner"].create(
            {"name": "Server", "parent_id": self.company.id, "email": "postmaster@acme.example"}
        )
        self.assertEqual(self._arrives("postmaster@acme.example"), 0)

    def test_a_lead_made_by_a_machine_starts_with_nothing(self):
        with mute_logger("odoo.addons.mail.models.mail_thread"):
            lead_id = self.env["mail.thread"].message_process(
                "crm.lead",
                MAIL.format(
                    sender="news@shop.example", back="news@shop.example", subject="Offers",
                    kind="text/plain", number="new", references="",
                    header="List-Unsubscribe: <mailto:off@shop.example>",
                ),
                custom_values={"referred": "score-test"},
            )  # fmt: skip
        lead = self.env["crm.lead"].browse(lead_id)
        self.assertTrue(lead.exists())
        self.assertFalse(lead.score_event_ids)

    def test_a_machine_of_ours_is_no_response(self):
        self.rep.partner_id.email = "rita@house.example"
        self._arrives("rita@house.example", "Auto-Submitted: auto-replied")
        self.assertFalse(self.lead.score_response_date)
        self.assertFalse(self.lead.score_event_ids)

    def test_mail_of_a_stranger_is_not_the_customers(self):
        self.env["res.partner"].create({"name": "Known", "email": "known@elsewhere.example"})
        for sender in ("spam@elsewhere.example", "known@elsewhere.example", "bert@gmail.com"):
            with self.subTest(sender):
                self.assertEqual(self._arrives(sender), 0)
        for sender in ("bert@acme.example", "BERT@Acme.example", "info@acme.example",
                       "secretary@acme.example"):  # fmt: skip
            with self.subTest(sender):
                self.assertGreater(self._arrives(sender), 0)

    def test_a_lead_without_a_contact_knows_its_addresses(self):
        for sender in ("erik@other.example", "erik@gmail.com", "boss@else.example"):
            with self.subTest(sender):
                self.assertEqual(self._arrives(sender, lead=self.bare), 0)
        for sender in ("Erik <ERIK@else.example>", "office@else.example"):
            with self.subTest(sender):
                self.assertGreater(self._arrives(sender, lead=self.bare), 0)

    def test_people_of_the_lead_are_no_strangers(self):
        adviser = self.env["res.partner"].create({"name": "Ada", "email": "ada@advice.example"})
        self.assertEqual(self._arrives("ada@advice.example"), 0)
        self.env["lead.score.influencer"].create(
            {"lead_id": self.lead.id, "partner_id": adviser.id}
        )
        self.assertGreater(self._arrives("ada@advice.example"), 0)

    def test_nobody_writes_here_in_the_name_of_the_customer(self):
        self.rep.group_ids += self.env.ref("base.group_partner_manager")
        self.lead.with_user(self.rep).message_post(
            body="Yes!", message_type="email", author_id=self.buyer.id
        )
        self.assertFalse(self.lead.score_event_ids)

    def test_a_portal_user_of_somebody_else_is_not_the_customer(self):
        for partner, counts in (
            (self.env["res.partner"].create({"name": "Pia", "email": "pia@x.example"}), False),
            (self.buyer, True),
        ):
            user = new_test_user(
                self.env, f"portal_{partner.id}", groups="base.group_portal", partner_id=partner.id
            )
            self.rep.group_ids += self.env.ref("base.group_partner_manager")
            for writer in (self.rep, user):
                self.assertFalse(self.lead.score_event_ids)
                # The page of the portal posts so.
                self.lead.with_user(writer).sudo(writer == user).message_post(
                    body="Hello", message_type="comment", author_id=partner.id,
                    subtype_xmlid="mail.mt_comment",
                )  # fmt: skip
            self.assertEqual(bool(self.lead.score_event_ids), counts, partner.name)

    def test_the_caller_cannot_say_that_a_mail_is_automatic(self):
        lead = self.lead.with_context(score_automatic_mail=True)
        self.env = lead.env
        self.assertGreater(self._arrives(), 0)

    def test_a_program_that_follows_links_is_no_visitor(self):
        for agent, is_program in (
            ("Mozilla/5.0 (compatible; Barracuda Sentinel)", True),
            ("Mozilla/5.0 (X11; Linux) Proofpoint/1.0", True),
            ("Googlebot/2.1", True),
            ("Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0", False),
        ):
            request = SimpleNamespace(
                httprequest=SimpleNamespace(user_agent=SimpleNamespace(string=agent))
            )
            _request_stack.push(request)
            try:
                self.assertEqual(self.env.registry["ir.http"].is_a_bot(), is_program, agent)
            finally:
                _request_stack.pop()

    def test_old_mails_are_told_apart_as_well(self):
        collector = self.env.ref("lead_scoring.collector_mail")
        for sender, subject in (
            ("spam@elsewhere.example", "Buy"),
            ("bert@acme.example", "Out of office: back on Monday"),
            ("mailer-daemon@acme.example", "Failure"),
            ("Bert <BERT@acme.example>", "Re: offer"),
        ):
            self.lead.message_post(
                body="Old", subject=subject, message_type="email", author_id=False,
                email_from=sender,
            )  # fmt: skip
        self.env.flush_all()
        self.env.cr.execute("DELETE FROM lead_score_event WHERE lead_id = %s", [self.lead.id])
        self.env.cr.execute(
            "UPDATE lead_score_collector SET create_date = now() + interval '1 day' WHERE id = %s",
            [collector.id],
        )
        self.env.invalidate_all()
        self._collect("mail")
        self.assertEqual(len(self.lead.score_event_ids), 1)
