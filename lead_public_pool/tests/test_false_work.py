from datetime import timedelta

from markupsafe import Markup

from odoo.tests import tagged

from odoo.addons.lead_public_pool.models.lead_pool_engine import ENGINE
from odoo.addons.lead_public_pool.tools.substance import weight

from .common import PoolCase

OUT_OF_OFFICE = """From: {sender}
To: sales@example.com
Subject: Re: Our offer
Message-Id: <{number}@mail.example.com>
In-Reply-To: {parent}
{header}
Content-Type: text/plain; charset=utf-8

I am away until Monday and will answer then: {number}.
"""


@tagged("post_install", "-at_install")
class TestFalseWork(PoolCase):
    """What looks like work and is none resets no clock, and the manager sees it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rule = cls._create_rule()
        cls.buyer = cls.env["res.partner"].create({"name": "Buyer", "email": "buyer@acme.example"})

    def setUp(self):
        super().setUp()
        self.lead = self._create_leads()
        self.lead.partner_id = self.buyer
        self._claim(self.lead)
        self._make_older(self.lead, days=3)
        self.count = 0

    def assertTouched(self, touched=True):
        self.assertEqual(bool(self.lead.pool_touch_date), touched)
        self.lead.with_context(pool_engine=ENGINE).pool_touch_date = False

    def _note(self, body="Talked to the buyer", user=None, **values):
        values = {"message_type": "comment", "subtype_xmlid": "mail.mt_note", **values}
        return self.lead.with_user(user or self.rep).message_post(body=body, **values)

    def _mail(self, body="Our offer is attached", **values):
        return self._note(body, subtype_xmlid="mail.mt_comment", **values)

    # Texts

    def test_weight_of_texts(self):
        weights = {
            "": 0,
            "\u200b\u200c\u2060\ufeff\u00ad\u3164" * 5: 1,
            ". . . . .!": 0,
            "aaaaa": 1,
            "ａＡaA" * 4: 1,
            "ababab": 2,
            "aaaaabbbbb": 2,
            "call call call ": 4,
            "abcabcab": 3,
            "He wants an offer": 14,
            "\u5df2\u7535\u8bdd\u8054\u7cfb": 5,
        }
        for text, expected in weights.items():
            with self.subTest(text):
                self.assertLessEqual(weight(text), expected)
                if expected > 4:
                    self.assertEqual(weight(text), expected)

    def test_notes_that_say_nothing_do_not_count(self):
        for body in (
            "\u200b" * 30,
            "\u2063\u2064\u034f" * 10,
            "aaaaa",
            "ab ab ab ab",
            "-----------",
            Markup("<p>&#8203;&#8203;&#8203;&#8203;&#8203;&#8203;</p>"),
        ):
            with self.subTest(body):
                self._note(body)
                self.assertTouched(False)
        self.assertEqual(self.lead.pool_weak_count, 6)

    def test_the_same_text_counts_once(self):
        self._note()
        self.assertTouched()
        self._note("  talked TO the\u200b buyer ")
        self.assertTouched(False)
        self._note("Talked to the buyer again")
        self.assertTouched()

    def test_an_empty_file_is_no_note(self):
        for content in (b"", b"x", b"." * 20):
            with self.subTest(content):
                self._note("", attachments=[("offer.txt", content)])
                self.assertTouched(False)
        self._note("", attachments=[("offer.txt", b"A long offer " * 50)])
        self.assertTouched()
        self._note("", attachments=[("again.txt", b"A long offer " * 50)])
        self.assertTouched(False)

    # Recipients

    def test_a_message_to_nobody_is_no_message_to_the_customer(self):
        self._mail()
        self.assertTouched(False)
        colleague = self.other.partner_id
        self._mail("Have a look at it", partner_ids=colleague.ids)
        self.assertTouched(False)
        nowhere = self.env["res.partner"].create({"name": "No address"})
        self._mail("Dear nobody, our offer", partner_ids=nowhere.ids)
        self.assertTouched(False)
        self._mail(partner_ids=self.buyer.ids)
        self.assertTouched()

    def test_a_dot_to_the_customer_says_nothing(self):
        self._mail(".", partner_ids=self.buyer.ids)
        self.assertTouched(False)

    def test_followers_outside_and_typed_addresses_are_recipients(self):
        self._mail(outgoing_email_to=self.other.email or "otto@example.com")
        self.lead.with_context(pool_engine=ENGINE).pool_touch_date = False
        self._mail("Second offer", outgoing_email_to="buyer@acme.example")
        self.assertTouched()
        self.lead.message_subscribe(self.buyer.ids)
        self._mail("Third offer")
        self.assertTouched()

    def test_addresses_of_an_incoming_mail_cannot_be_made_up(self):
        self._mail(message_type="email", incoming_email_to="buyer@acme.example")
        self.assertTouched(False)

    # Activities

    def _activity(self, user=None, by=None):
        return self.lead.with_user(by or self.rep).activity_schedule(
            "mail.mail_activity_data_call", user_id=(user or self.rep).id
        )

    def test_feedback_does_not_travel_in_the_context(self):
        context = {"pool_activity_feedback": "A long talk about prices", "pool_activity_planned": 1}
        activity = self._activity()
        activity.with_context(**context).action_feedback()
        self.assertTouched(False)
        kind = self.env.ref("mail.mail_activity_data_call")
        self.lead.with_user(self.rep).with_context(**context).message_post(
            body="Call done", mail_activity_type_id=kind.id
        )
        self.assertTouched(False)

    def test_activity_planned_for_the_manager_and_done_by_oneself(self):
        self._activity(self.lead_manager).with_user(self.rep).action_feedback()
        self.assertTouched(False)
        self._activity(by=self.env.user).with_user(self.rep).action_feedback()
        self.assertTouched()

    def test_the_same_feedback_counts_once(self):
        for touched in (True, False):
            self._activity().action_feedback(feedback="He wants an offer by Friday")
            self.assertTouched(touched)
        self._activity().action_feedback(feedback="\u200b" * 20)
        self.assertTouched(False)

    # Stages

    def _stages(self):
        stages = self.env["crm.stage"].search([("is_won", "=", False)], limit=3)
        first = self.lead.stage_id
        return (first, *(stages - first)[:2])

    def _move_to(self, stage, **later):
        if later:
            self._set_clock(self.env.cr.now() + timedelta(**later))
        self.lead.with_user(self.rep).stage_id = stage
        self.env.invalidate_all()

    def test_the_same_stage_written_again_is_no_work(self):
        self._move_to(self.lead.stage_id)
        self.assertTouched(False)

    def test_a_stage_forth_and_back_is_no_work(self):
        first, second, _third = self._stages()
        due = self.lead.pool_due_date
        self._move_to(second)
        self.assertTrue(self.lead.pool_touch_date)
        self._move_to(first, hours=1)
        self.assertFalse(self.lead.pool_touch_date)
        self.assertEqual(self.lead.pool_due_date, due)
        self._move_to(second, days=1)
        self.assertTouched()

    def test_a_stage_forth_and_back_is_no_first_contact(self):
        self.pool.first_touch_hours = 400
        self.lead = self._claim(self._create_leads())
        first, second, _third = self._stages()
        due = self.lead.pool_first_touch_due
        self._move_to(second)
        self.assertFalse(self.lead.pool_first_touch_due)
        self._move_to(first, hours=1)
        self.assertEqual(self.lead.pool_first_touch_due, due)
        self.assertFalse(self._moves(self.lead)[-1].first_touch_date)

    def test_each_stage_counts_once(self):
        first, second, third = self._stages()
        self._move_to(second)
        self._move_to(third, hours=30)
        self.assertTouched()
        for stage in (second, third, first, third):
            self._move_to(stage, hours=30)
            self.assertTouched(False)

    def test_over_two_stages_and_back_takes_both_away(self):
        first, second, third = self._stages()
        self._move_to(second)
        self._move_to(third, hours=1)
        self._move_to(first, hours=1)
        self.assertFalse(self.lead.pool_touch_date)

    def test_other_work_stays_when_a_stage_is_taken_back(self):
        first, second, _third = self._stages()
        self._move_to(second)
        self._set_clock(self.env.cr.now() + timedelta(hours=1))
        self._note()
        touched = self.lead.pool_touch_date
        self._move_to(first, hours=1)
        self.assertEqual(self.lead.pool_touch_date, touched)

    def test_the_clock_of_the_stage_is_not_reset_either(self):
        first, second, third = self._stages()
        self.rule.write({"clock": "stage", "delay": 7, "minimum_hours": 0})
        self._move_to(second)
        start = self.env.cr.now()
        due = start + timedelta(days=7)
        self.assertEqual(self.lead.pool_due_date.replace(microsecond=0), due.replace(microsecond=0))
        kept = self.lead.pool_due_date
        self._move_to(second, days=3)
        self.assertEqual(self.lead.pool_due_date, kept)
        self._move_to(third, hours=1)
        self.assertGreater(self.lead.pool_due_date, kept)
        self._move_to(second, hours=1)
        self.assertEqual(self.lead.pool_due_date, kept)
        self._move_to(third, hours=1)
        self.env["crm.lead"].browse(self.lead.id).with_user(self.rep).stage_id = third
        moved = self.lead.pool_due_date
        self.assertGreater(moved, kept)
        self._move_to(third, days=2)
        self.assertEqual(self.lead.pool_due_date, moved)
        self.assertTrue(first)

    # Protection and hand-over

    def test_protecting_again_protects_no_longer(self):
        self.pool.write({"protected_limit": 1, "protected_days": 10})
        lead = self.lead.with_user(self.rep)
        start = self.env.cr.now()
        lead.pool_protect()
        until = self.lead.pool_protected_until
        self._set_clock(start + timedelta(days=6))
        lead.pool_protect(False)
        lead.pool_protect()
        self.assertEqual(self.lead.pool_protected_until, until)
        self._set_clock(start + timedelta(days=11))
        lead.pool_protect(False)
        self.assertEqual(self._codes(lead.pool_protect()), ["locked"])

    def test_to_a_colleague_and_back_puts_nothing_off(self):
        start, owned = self.env.cr.now(), self.lead.pool_own_date
        due = owned + timedelta(days=7)
        self._set_clock(start + timedelta(days=2))
        self.lead.with_user(self.rep).user_id = self.other
        self.assertEqual(self.lead.pool_own_date, self.env.cr.now())
        self._set_clock(start + timedelta(days=3))
        self.lead.with_user(self.other).user_id = self.rep
        self.assertEqual((self.lead.pool_own_date, self.lead.pool_due_date), (owned, due))
        self._set_clock(start + timedelta(days=5))
        self._run_cron()
        self.assertPooled(self.lead)
        self._claim(self.lead, self.other)
        self.assertEqual(self.lead.pool_own_date, self.env.cr.now())

    def test_what_the_colleague_worked_counts_when_it_comes_back(self):
        self.lead.with_user(self.rep).user_id = self.other
        self._note(user=self.other)
        self.lead.with_user(self.other).user_id = self.rep
        self.assertTrue(self.lead.pool_touch_date)

    # What the manager sees

    def test_signs_by_his_word_alone_are_counted_until_there_is_a_trace(self):
        self._note("First note of mine")
        self._note("Second note of mine")
        self._note("Second note of mine")
        self.assertEqual(self.lead.pool_weak_count, 3)
        self.pool.warn_manager = True
        self._mail(partner_ids=self.buyer.ids)
        self.assertEqual(self.lead.pool_weak_count, 0)

    # Machines and strangers

    def _incoming(self, header="X-Test: 1", sender="buyer@acme.example"):
        self.count += 1
        parent = self._mail(f"Offer number {self.count}", partner_ids=self.buyer.ids)
        self.lead.with_context(pool_engine=ENGINE).pool_touch_date = False
        mail = OUT_OF_OFFICE.format(
            sender=sender,
            number=f"{self.count}-{self.lead.id}",
            parent=parent.message_id,
            header=header,
        )
        self.env["mail.thread"].message_process("crm.lead", mail, thread_id=self.lead.id)
        return self.lead.message_ids.filtered(lambda one: one.message_type == "email")[0]

    def test_answers_of_machines_do_not_count(self):
        self.pool.touch_reply = True
        self._incoming()
        self.assertTouched()
        for header in (
            "Auto-Submitted: auto-replied",
            "X-Auto-Response-Suppress: All",
            "Precedence: bulk",
            "Precedence: auto_reply",
            "X-Autoreply: yes",
            "X-Autorespond: 1",
            "List-Id: <news.acme.example>",
            "List-Unsubscribe: <mailto:off@acme.example>",
        ):
            with self.subTest(header):
                self.assertTrue(self._incoming(header).pool_automatic)
                self.assertTouched(False)
        self._incoming("Auto-Submitted: no")
        self.assertTouched()

    def test_the_owners_own_out_of_office_reply_is_no_work(self):
        self.rep.email = "rita@house.example"
        self.lead.message_subscribe(self.buyer.ids)
        self._incoming("Auto-Submitted: auto-replied", sender="rita@house.example")
        self.assertTouched(False)
        message = self._incoming(sender="rita@house.example")
        self.assertEqual(message.author_id, self.rep.partner_id)
        self.assertTouched()

    def test_an_automatic_answer_is_no_first_contact(self):
        self.rule.write({"clock": "first_touch", "delay": 10})
        self.pool.touch_reply = True
        self._incoming("Auto-Submitted: auto-replied")
        self.assertFalse(self.lead.pool_touch_date)
        self.lead._pool_refresh_due()
        self.assertTrue(self.lead.pool_due_date)

    def test_mail_of_a_stranger_is_not_the_customers(self):
        self.pool.touch_reply = True
        for sender, touched in (
            ("spam@elsewhere.example", False),
            ("secretary@acme.example", True),
            ("buyer@acme.example", True),
        ):
            with self.subTest(sender):
                self._incoming(sender=sender)
                self.assertTouched(touched)

    def test_a_rep_does_not_answer_in_the_name_of_his_customer(self):
        self.pool.touch_reply = True
        self.rep.group_ids += self.env.ref("base.group_partner_manager")
        self._note(author_id=self.buyer.id, message_type="email", subtype_xmlid="mail.mt_comment")
        self.assertTouched(False)
