from datetime import timedelta

from odoo.exceptions import ValidationError
from odoo.tests import tagged

from .common import PoolCase


@tagged("post_install", "-at_install")
class TestWarning(PoolCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._create_rule(delay=10)
        cls.pool.warn_steps = "7, 3, 1"

    def setUp(self):
        super().setUp()
        self.start = self.env.cr.now()

    def _after(self, **delta):
        self._set_clock(self.start + timedelta(**delta))
        self._run_cron("warn")

    def _messages(self, user):
        return self.env["mail.message"].search(
            [("partner_ids", "in", user.partner_id.ids), ("message_type", "=", "user_notification")]
        )

    def test_steps_are_stored_as_the_next_warning(self):
        lead = self._claim(self._create_leads())
        due = lead.pool_due_date
        self.assertEqual(lead.pool_warn_date, due - timedelta(days=7))
        self._after(days=3, minutes=1)
        self.assertEqual(lead.pool_warn_date, due - timedelta(days=3))
        self._after(days=9, minutes=1)
        self.assertFalse(lead.pool_warn_date)

    def test_owner_gets_one_message_for_all_his_records(self):
        leads = self._claim(self._create_leads(3))
        self._after(days=3, minutes=1)
        message = self._messages(self.rep)
        self.assertEqual(len(message), 1)
        for lead in leads:
            self.assertIn(lead.name, message.body)
        self._after(days=3, minutes=2)
        self.assertEqual(len(self._messages(self.rep)), 1)

    def test_work_puts_the_warning_off(self):
        lead = self._claim(self._create_leads())
        self._set_clock(self.start + timedelta(days=2))
        lead.with_user(self.rep).message_post(body="Called them", message_type="comment")
        self._after(days=3, minutes=1)
        self.assertFalse(self._messages(self.rep))

    def test_managers_hear_of_the_last_step(self):
        self.pool.warn_manager = True
        self._claim(self._create_leads())
        self._after(days=7, minutes=1)
        self.assertFalse(self._messages(self.lead_manager))
        self._after(days=9, minutes=1)
        self.assertIn(self.rep.name, self._messages(self.lead_manager).body)

    def test_activity_is_planned_once_moved_and_gone_with_the_lead(self):
        self.pool.write({"warn_activity": True, "warn_message": False})
        lead = self._claim(self._create_leads())
        self._after(days=3, minutes=1)
        self._after(days=7, minutes=1)
        activity = lead.activity_ids
        self.assertEqual(len(activity), 1)
        self.assertEqual(activity.user_id, self.rep)
        self.assertFalse(self._messages(self.rep))
        lead.with_user(self.rep).pool_release()
        self.assertFalse(lead.activity_ids)

    def test_deleted_type_of_warnings_takes_no_other_activity_along(self):
        lead = self._claim(self._create_leads())
        self.env.ref("lead_public_pool.mail_activity_type_returns").unlink()
        untyped = self.env["mail.activity"].create(
            {
                "res_model_id": self.env["ir.model"]._get_id("crm.lead"),
                "res_id": lead.id,
                "user_id": self.other.id,
                "activity_type_id": False,
                "summary": "Mine",
            }
        )
        lead.with_user(self.rep).pool_release()
        self.assertTrue(untyped.exists())

    def test_finishing_the_warning_is_no_work(self):
        self.pool.write({"warn_activity": True})
        lead = self._claim(self._create_leads())
        self._after(days=3, minutes=1)
        lead.activity_ids.with_user(self.rep).action_feedback(feedback="Yes, yes, I know it")
        self.assertFalse(lead.pool_touch_date)

    def test_one_mail_a_day(self):
        self.pool.warn_digest = True
        leads = self._claim(self._create_leads(2))
        self._make_older(leads, days=5)
        mails = self.env["mail.mail"].search([])
        for _run in range(2):
            self._run_cron("warn_digest")
        new = self.env["mail.mail"].search([]) - mails
        self.assertEqual(len(new), 1)
        self.assertEqual(new.recipient_ids, self.rep.partner_id)

    def test_senseless_steps_are_refused(self):
        for steps in ("soon", "3;1", "-2", "5000"):
            with self.subTest(steps), self.assertRaises(ValidationError), self.env.cr.savepoint():
                self.pool.warn_steps = steps
        self.pool.warn_steps = "5，2"
        self.assertEqual(self.pool._warn_days(), [5, 2])
        self.pool.warn_steps = False
        self.assertFalse(self._claim(self._create_leads()).pool_warn_date)
