from datetime import timedelta

from odoo import fields
from odoo.tests import HttpCase, new_test_user
from odoo.tests.test_cursor import TestCursor
from odoo.tools import mute_logger

from ..common import requires, top_level

ANSWER = """Return-Path: <petra@example.com>
To: sales@example.com
From: petra@example.com
Subject: Re: our offer
MIME-Version: 1.0
Content-Type: text/plain; charset="utf-8"
Message-ID: <tour.answer@example.com>
References: {references}

Yes, please."""


class ScoreTour(HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        requires(cls.env, "lead_scoring")
        cls.rep = new_test_user(
            cls.env,
            "score_tour_rep",
            name="Score Rep",
            groups="base.group_user,sales_team.group_sale_salesman,base.group_partner_manager",
        )


@top_level
class TestScoreDesktop(ScoreTour):
    def test_a_lead_turns_hot_because_a_mail_was_answered(self):
        new_test_user(
            self.env, "score_manager", groups="base.group_user,sales_team.group_sale_manager"
        )
        lead = self.env["crm.lead"].create(
            {
                "name": "Tour prospect",
                "type": "lead",
                "user_id": self.rep.id,
                "email_from": "petra@example.com",
            }
        )
        self.start_tour("/odoo", "score_manager_builds_a_card", login="score_manager")
        card = self.env["lead.score.card"].search([("name", "=", "Tour answers")])
        self.assertEqual(card.state, "published")
        lead.invalidate_recordset()
        self.assertEqual(lead.score_card_id, card)
        self.assertEqual(lead.score_temperature, "cold")
        # After what the browser did: the clock of this test's own transaction stood still.
        self._set_clock(fields.Datetime.now() + timedelta(minutes=1))
        offer = lead.with_user(self.rep).message_post(
            body="Our offer", message_type="comment", subtype_xmlid="mail.mt_comment"
        )
        with mute_logger("odoo.addons.mail.models.mail_thread"):
            self.env["mail.thread"].message_process(
                "crm.lead", ANSWER.format(references=offer.message_id), thread_id=lead.id
            )
        self.assertEqual(lead.score_temperature, "hot")
        self.start_tour("/odoo", "score_manager_sees_a_hot_lead", login="score_manager")
        self._let_days_pass(30)
        self.assertEqual(lead.score_temperature, "cold")
        self.start_tour("/odoo", "score_manager_sees_it_cold_again", login="score_manager")

    def _set_clock(self, moment):
        """The database's clock, also for jobs and for what the browser asks."""
        self.patch(self.env.cr, "now", lambda: moment)
        self.patch(TestCursor, "now", lambda cursor: moment)

    def _let_days_pass(self, days):
        self._set_clock(self.env.cr.now() + timedelta(days=days))
        self.env.ref("lead_scoring.ir_cron_score_due").method_direct_trigger()
        self.env.invalidate_all()


@top_level
class TestScoreMobile(ScoreTour):
    browser_size = "375x667"
    touch_enabled = True

    def test_rep_accepts_a_lead_and_fills_its_profile_on_a_phone(self):
        self.env["lead.score.card"].create(
            {
                "name": "Tour card",
                "sequence": 0,
                "domain": "[('name', '=', 'Tour lead')]",
                "rule_ids": [(0, 0, {"name": "Any", "kind": "attribute", "points": 5})],
            }
        ).action_publish()
        lead = self.env["crm.lead"].create(
            {"name": "Tour lead", "type": "lead", "user_id": self.rep.id}
        )
        lead.action_mql()
        self.start_tour("/odoo", "score_rep_on_phone", login="score_tour_rep")
        self.assertRecordValues(
            lead,
            [
                {
                    "qualification": "accepted",
                    "qualification_accepted_user_id": self.rep.id,
                    "profile_need": "defined",
                    "profile_budget": 5000,
                    "profile_complete": 43,
                }
            ],
        )
        self.assertEqual(lead.profile_influencer_ids.name, "Eve Buyer")
