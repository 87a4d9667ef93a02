from datetime import timedelta

import psycopg2

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

from .common_action import ActionCase


@tagged("post_install", "-at_install")
class TestChurn(ActionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.price = cls.env.ref("customer_lifecycle.churn_reason_price")
        cls.service = cls.env.ref("customer_lifecycle.churn_reason_service")
        cls.rep.group_ids += cls.env.ref("base.group_partner_manager")
        cls._confirm_order(date=fields.Datetime.now() - timedelta(days=2))
        cls.row = cls.customer.lifecycle_id

    def _mine(self):
        return self.row.with_user(self.rep)

    def _asked(self):
        return self._activities(self.customer, "mail_activity_type_churn")

    def _lose(self):
        """Time alone makes the customer a lost one, as the engine would tell."""
        self.env.cr.execute(
            "UPDATE customer_lifecycle SET state = 'churned' WHERE id = %s", [self.row.id]
        )
        self.env["customer.lifecycle"].invalidate_model()
        change = (
            self.env["customer.lifecycle.transition"]
            .sudo()
            .create(
                {
                    "lifecycle_id": self.row.id,
                    "partner_id": self.customer.id,
                    "company_id": self.env.company.id,
                    "kind": "state",
                    "state_from": "dormant",
                    "state_to": "churned",
                    "date_entered": fields.Date.today(),
                    "reason": "time",
                }
            )
        )
        self.env["customer.lifecycle"]._lifecycle_changed(change.ids)
        return change

    def test_closing_by_hand_needs_a_reason_on_every_way_in(self):
        for reason in (None, 0, 999999):
            with self.assertRaises(UserError):
                self._mine().action_close(reason)
        with self.assertRaises(UserError):
            self._mine().action_set_state("churned", "because")
        spoofed = self._mine().with_context(churn_closing=True)
        with self.assertRaises(UserError):
            spoofed.action_set_state("churned", "because")
        with self.assertRaises(AccessError):
            self._mine().write({"state": "churned"})
        self.price.active = False
        with self.assertRaises(UserError):
            self._mine().action_close(self.price.id)
        self.assertNotEqual(self.row.state, "churned")

    def test_closed_customer_keeps_reason_and_history(self):
        self._mine().action_close(self.price.id, "20 % above the market")
        self.assertEqual((self.row.state, self.row.churn_reason_id), ("churned", self.price))
        self.assertIn("20 % above", self.row.manual_reason)
        change = self.row.transition_ids.filtered(lambda c: c.state_to == "churned")
        self.assertEqual(change.churn_reason_id, self.price)

    def test_wizard_closes(self):
        action = self.customer.with_user(self.rep).action_close_customer()
        wizard = Form(
            self.env[action["res_model"]].with_user(self.rep).with_context(**action["context"])
        )
        wizard.reason_id = self.service
        wizard.save().action_close()
        self.assertEqual(self.row.churn_reason_id, self.service)

    def test_contact_without_any_business_can_be_closed_too(self):
        stranger = self.env["res.partner"].create({"name": "Never bought", "user_id": self.rep.id})
        action = stranger.with_user(self.rep).action_close_customer()
        row = self.env["customer.lifecycle"].browse(action["context"]["default_lifecycle_ids"])
        row.with_user(self.rep).action_close(self.price.id)
        self.assertEqual(stranger.lifecycle_state, "churned")

    def test_purchase_opens_a_closed_customer_and_forgets_the_reason(self):
        self._mine().action_close(self.price.id)
        # Of several changes on one day the history keeps the last.
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE customer_lifecycle_transition SET date_entered = date_entered - 3"
            " WHERE lifecycle_id = %s",
            [self.row.id],
        )
        self.env["customer.lifecycle.transition"].invalidate_model()
        self._confirm_order()
        self.row.invalidate_recordset()
        self.assertNotEqual(self.row.state, "churned")
        self.assertFalse(self.row.churn_reason_id)
        change = self.row.transition_ids.filtered(lambda c: c.state_to == "churned")
        self.assertEqual(change.churn_reason_id, self.price, "history forgets nothing")

    def test_reopening(self):
        with self.assertRaises(UserError):
            self._mine().action_reopen()
        self._mine().action_close(self.price.id)
        self.customer.with_user(self.rep).action_reopen_customer()
        self.row.invalidate_recordset()
        self.assertNotEqual(self.row.state, "churned")
        self.assertFalse(self.row.churn_reason_id)

    def test_colleague_outside_sales_cannot_close(self):
        colleague = new_test_user(self.env, "churn_colleague", groups="base.group_user")
        with self.assertRaises(AccessError):
            self.row.with_user(colleague).action_close(self.price.id)
        with self.assertRaises(AccessError):
            self.customer.with_user(colleague).action_close_customer()

    def test_state_by_hand_asks_for_the_reason_too(self):
        wizard = (
            self.env["customer.lifecycle.set"]
            .with_user(self.rep)
            .create({"lifecycle_ids": self.row.ids, "state": "churned", "reason": "Gone"})
        )
        with self.assertRaises(UserError):
            wizard.action_apply()
        wizard.churn_reason_id = self.price
        wizard.action_apply()
        self.assertEqual(self.row.churn_reason_id, self.price)

    def test_salesperson_is_told_and_asked_why(self):
        self._lose()
        self.assertEqual(self._asked().user_id, self.rep)
        message = self.env["mail.message"].search(
            [("notified_partner_ids", "in", self.rep.partner_id.ids)], order="id desc", limit=1
        )
        self.assertIn("Acme", message.body)

    def test_who_buys_again_is_asked_no_more(self):
        self._lose()
        self.assertTrue(self._asked())
        self._confirm_order()
        self.row.invalidate_recordset()
        self.assertNotEqual(self.row.state, "churned")
        self.assertFalse(self._asked())

    def test_answering_ends_the_question(self):
        change = self._lose()
        self._mine().action_close(self.service.id)
        self.assertFalse(self._asked())
        self.assertEqual(change.churn_reason_id, self.service)

    def test_nobody_is_told_when_the_company_does_not_want_it(self):
        self.env.company.write({"lifecycle_loss_notice": False, "lifecycle_ask_reason": False})
        before = self.env["mail.message"].search_count([])
        self._lose()
        self.assertFalse(self._asked())
        self.assertEqual(self.env["mail.message"].search_count([]), before)

    def test_report_counts_by_reason_category_rep_and_tier(self):
        self._mine().action_close(self.price.id)
        self.env.flush_all()
        report = self.env["customer.churn.report"].with_user(self.rep)
        mine = [("partner_id", "=", self.customer.id)]
        self.assertRecordValues(
            report.search(mine),
            [
                {
                    "churn_reason_id": self.price.id,
                    "user_id": self.rep.id,
                    "categ_id": self.product.categ_id.id,
                    "by_hand": True,
                    "customer_count": 1,
                }
            ],
        )
        rows = report._read_group(mine, ["tier"], ["customer_count:sum", "amount_total:sum"])
        self.assertEqual(rows[0][1:], (1, 100.0))

    def test_list_to_win_back_begins_with_the_largest_expected_value(self):
        customers = self.env["res.partner"].create(
            [{"name": f"Asleep {number}", "user_id": self.rep.id} for number in range(3)]
        )
        rows = (
            self.env["customer.lifecycle"]
            .sudo()
            .create(
                [
                    {
                        "partner_id": customer.id,
                        "company_id": self.env.company.id,
                        "state": "dormant",
                        "p_buy": chance,
                        "amount_total": amount,
                        "order_count": orders,
                    }
                    for customer, chance, amount, orders in zip(
                        customers, (0.5, 0.1, 0.0), (100, 9000, 50000), (2, 3, 1), strict=True
                    )
                ]
            )
        )
        self.assertEqual(rows.mapped("winback_value"), [25.0, 300.0, 0.0])
        found = self.env["customer.lifecycle"].search(
            [("id", "in", rows.ids)], order="winback_value desc"
        )
        self.assertEqual(found, rows[1] | rows[0] | rows[2])
        self.assertEqual(
            self.env["customer.lifecycle"].search(
                [("id", "in", rows.ids), ("winback_value", ">", 100)]
            ),
            rows[1],
        )

    def test_reason_in_use_is_not_deleted(self):
        self._mine().action_close(self.price.id)
        self.env.flush_all()
        with (
            self.assertRaises(psycopg2.errors.ForeignKeyViolation),
            mute_logger("odoo.sql_db"),
            self.env.cr.savepoint(),
        ):
            self.price.unlink()

    def test_unknown_customer_has_nothing_to_reopen(self):
        stranger = self.env["res.partner"].create({"name": "Never bought"})
        with self.assertRaises(ValidationError):
            stranger.with_user(self.rep).action_reopen_customer()


@tagged("post_install", "-at_install")
class TestChangesFeedPlaybooks(ActionCase):
    def test_change_of_state_wakes_the_playbooks(self):
        playbook = self.env["customer.playbook"].create(
            {
                "name": "New ones",
                "entry_state": "new",
                "domain": f"[('id', '=', {self.customer.id})]",
                "control_percent": 0,
                "step_ids": [
                    (
                        0,
                        0,
                        {
                            "kind": "activity",
                            "activity_type_id": self.env.ref("mail.mail_activity_data_call").id,
                        },
                    )
                ],
            }
        )
        playbook.action_start()
        cron = self.env.ref("customer_lifecycle.ir_cron_playbook_enter")
        triggers = self.env["ir.cron.trigger"].sudo()
        before = triggers.search_count([("cron_id", "=", cron.id)])
        self._confirm_order()
        self.env.flush_all()
        self.assertEqual(self.customer.lifecycle_state, "new")
        self.assertGreater(triggers.search_count([("cron_id", "=", cron.id)]), before)
        self._run_cron("playbook_enter")
        self.assertEqual(playbook.enrolment_ids.partner_id, self.customer)

    def test_default_playbooks_are_drafts_that_would_work(self):
        xmlids = ("nurture", "delivery", "winback", "silent", "loyal")
        for xmlid in xmlids:
            playbook = self.env.ref(f"customer_lifecycle.playbook_{xmlid}")
            self.assertEqual(playbook.state, "draft")
            self.assertFalse(playbook.problem, xmlid)
            playbook.action_preview()
            playbook.action_start()
