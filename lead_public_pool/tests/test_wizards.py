from odoo.exceptions import UserError
from odoo.tests import Form, tagged

from .common import PoolCase


@tagged("post_install", "-at_install")
class TestWizards(PoolCase):
    def test_release_dialog_asks_and_gives_back(self):
        lead = self._claim(self._create_leads()).with_user(self.rep)
        action = lead.action_pool_release()
        with Form(
            self.env[action["res_model"]].with_user(self.rep).with_context(**action["context"])
        ) as dialog:
            self.assertEqual(dialog.about, "Lead 0")
            dialog.reason_id = self.reason
            dialog.note = "No budget this year"
        dialog.record.action_release()
        self.assertPooled(lead.sudo())
        self.assertEqual(self._moves(lead)[-1].note, "No budget this year")

    def test_release_dialog_insists_on_a_required_reason(self):
        self.pool.release_reason_required = True
        lead = self._claim(self._create_leads()).with_user(self.rep)
        wizard = (
            self.env["lead.pool.release"]
            .with_user(self.rep)
            .with_context(active_model="crm.lead", active_ids=lead.ids)
            .create({})
        )
        self.assertTrue(wizard.reason_required)
        with self.assertRaises(UserError):
            wizard.action_release()

    def test_claim_button_shows_what_happened_to_each(self):
        self.pool.daily_limit = 1
        leads = self._create_leads(2).with_user(self.rep)
        action = leads.action_pool_claim()
        sheet = self.env[action["res_model"]].with_user(self.rep).browse(action["res_id"])
        self.env.flush_all()
        sheet.invalidate_recordset()
        self.assertEqual(sheet.summary, "1 of 2 records moved.")
        self.assertEqual(sheet.line_ids.mapped("ok"), [False, True])
        self.assertIn("1 of 1", sheet.line_ids[0].message)
        self.assertTrue(sheet.line_ids[0].available_at)

    def test_claim_button_is_brief_when_all_went_well(self):
        action = self._create_leads(2).with_user(self.rep).action_pool_claim()
        self.assertEqual(action["tag"], "display_notification")
        self.assertIn("2 records are yours", action["params"]["message"])

    def test_hand_out_dialog(self):
        leads = self._create_leads(2)
        wizard = (
            self.env["lead.pool.assign"]
            .with_user(self.lead_manager)
            .with_context(active_model="crm.lead", active_ids=leads.ids)
            .create({"user_ids": [(6, 0, self.rep.ids)]})
        )
        wizard.action_assign()
        for lead in leads:
            self.assertOwned(lead, self.rep)
