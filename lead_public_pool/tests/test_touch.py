from datetime import timedelta

from markupsafe import Markup

from odoo.tests import tagged

from odoo.addons.lead_public_pool.models.lead_pool_engine import ENGINE

from .common import PoolCase


@tagged("post_install", "-at_install")
class TestTouch(PoolCase):
    """What counts as work, and what does not."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._create_rule()

    def setUp(self):
        super().setUp()
        self.lead = self._claim(self._create_leads())
        self._make_older(self.lead, days=3)

    def assertTouched(self, touched=True):
        self.assertEqual(bool(self.lead.pool_touch_date), touched)
        self.lead.with_context(pool_engine=ENGINE).pool_touch_date = False

    def _post(self, body="Talked to the buyer", user=None, **values):
        values = {"message_type": "comment", "subtype_xmlid": "mail.mt_note", **values}
        self.lead.with_user(user or self.rep).message_post(body=body, **values)

    def test_short_notes_do_not_count(self):
        for body in (".", "ok", Markup("<p> &nbsp; </p>"), Markup("<b>hm</b>")):
            with self.subTest(body):
                self._post(body)
                self.assertTouched(False)
        self._post()
        self.assertTouched()

    def test_notes_can_be_ruled_out(self):
        self.pool.touch_note = False
        self._post()
        self.assertTouched(False)
        buyer = self.env["res.partner"].create({"name": "Buyer", "email": "b@example.com"})
        self._post(subtype_xmlid="mail.mt_comment", partner_ids=buyer.ids)
        self.assertTouched()

    def test_notes_of_others_do_not_count(self):
        self.other.group_ids += self.env.ref("sales_team.group_sale_salesman_all_leads")
        self._post(user=self.other)
        self.assertTouched(False)

    def test_answers_of_the_customer_count_where_the_pool_says_so(self):
        buyer = self.env["res.partner"].create({"name": "Buyer", "email": "b@example.com"})
        answer = {"author_id": buyer.id, "message_type": "email", "body": "Yes, please call"}
        self.lead.message_post(**answer)
        self.assertTouched(False)
        self.pool.touch_reply = True
        self.lead.message_post(**answer)
        self.assertTouched()

    def _activity(self, **values):
        return self.lead.with_user(self.rep).activity_schedule(
            "mail.mail_activity_data_call", user_id=self.rep.id, **values
        )

    def test_activity_made_up_and_done_at_once_needs_a_feedback(self):
        self._activity().action_feedback()
        self.assertTouched(False)
        self._activity().action_feedback(feedback="He wants an offer by Friday")
        self.assertTouched()

    def test_planned_activity_counts_without_feedback(self):
        activity = self._activity()
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE mail_activity SET create_date = create_date - interval '1 day' WHERE id = %s",
            [activity.id],
        )
        activity.invalidate_recordset()
        activity.action_feedback()
        self.assertTouched()

    def test_only_chosen_types_of_activities_count(self):
        self.pool.touch_activity_type_ids = self.env.ref("mail.mail_activity_data_meeting")
        self._activity().action_feedback(feedback="A long talk about prices")
        self.assertTouched(False)

    def test_stage_change_can_be_ruled_out(self):
        stages = self.env["crm.stage"].search([("is_won", "=", False)], limit=3)
        self.pool.touch_stage = False
        self.lead.with_user(self.rep).stage_id = (stages - self.lead.stage_id)[0]
        self.assertTouched(False)
        self.pool.touch_stage = True
        self.lead.with_user(self.rep).stage_id = (stages - self.lead.stage_id)[0]
        self.assertTouched()

    def test_meeting_counts_once_it_was_held(self):
        now = self.env.cr.now()
        visit = self.env["calendar.event"].create(
            {
                "name": "Visit",
                "opportunity_id": self.lead.id,
                "start": now - timedelta(hours=5),
                "stop": now - timedelta(hours=4),
            }
        )
        planned = self.env["calendar.event"].create(
            {
                "name": "Far away",
                "opportunity_id": self.lead.id,
                "start": now + timedelta(days=50),
                "stop": now + timedelta(days=50, hours=1),
            }
        )
        self.lead._pool_refresh_due()
        self.assertEqual(self.lead.pool_due_date, visit.stop + timedelta(days=7))
        planned.unlink()
        self.pool.touch_meeting = False
        self.lead._pool_refresh_due()
        self.assertEqual(self.lead.pool_due_date, self.lead.pool_own_date + timedelta(days=7))
