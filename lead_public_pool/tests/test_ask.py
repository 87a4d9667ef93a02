from lxml import etree

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import PoolCase


@tagged("post_install", "-at_install")
class TestAsk(PoolCase):
    """Where managers agree to claims, one asks, and is told that it has been asked."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.pool.claim_mode = "approval"
        cls.lead = cls._create_leads()

    def _entry(self, user=None):
        return (
            self.env["lead.pool.entry"]
            .with_user(user or self.rep)
            .search([("res_id", "=", self.lead.id), ("kind", "=", "lead")])
        )

    def _states(self):
        self.env.invalidate_all()
        return {
            (record._name, record.pool_ask_state, record.pool_claim_message)
            for record in (self.lead.with_user(self.rep), self._entry())
        }

    def test_every_view_has_a_button_to_ask(self):
        views = {
            "lead.pool.entry": ("list", "kanban", "form"),
            "crm.lead": ("form",),
            "res.partner": ("form",),
        }
        for model, kinds in views.items():
            for kind in kinds:
                with self.subTest(model=model, kind=kind):
                    arch = self.env[model].with_user(self.rep).get_view(view_type=kind)["arch"]
                    buttons = etree.fromstring(arch).xpath("//button[@name='action_pool_claim']")
                    shown = {button.get("invisible") for button in buttons}
                    self.assertIn("pool_ask_state != 'ask'", shown)

    def test_the_row_says_that_one_may_ask_and_then_that_one_has_asked(self):
        may = "You may ask for it. Bea Boss decides."
        self.assertEqual(
            self._states(), {("crm.lead", "ask", may), ("lead.pool.entry", "ask", may)}
        )
        action = self._entry().action_pool_claim()
        self.assertEqual(action["tag"], "display_notification")
        self.assertEqual(action["params"]["message"], "Asked. Bea Boss decides.")
        self.assertNotEqual(action["params"]["type"], "danger")
        asked = "Asked. Bea Boss decides."
        self.assertEqual(
            self._states(), {("crm.lead", "asked", asked), ("lead.pool.entry", "asked", asked)}
        )
        self.assertIn(asked, self.lead.with_user(self.rep).pool_notice)
        self.assertNotIn("cannot", self.lead.with_user(self.rep).pool_notice)
        self.assertEqual(self._entry(self.other).pool_ask_state, "ask")

    def test_the_code_of_the_answer_stays(self):
        [result] = self.lead.with_user(self.rep).pool_claim()
        self.assertEqual((result["ok"], result["code"]), (False, "approval"))
        self.assertEqual(result["message"], "Asked. Bea Boss decides.")
        action = self.lead.with_user(self.rep).action_pool_claim()
        self.assertEqual(action["params"]["message"], "Asked. Bea Boss decides.")

    def test_a_sheet_with_refusals_counts_what_was_asked_for(self):
        free = self._create_pool("Free")
        taken = self._claim(self._create_leads(pool=free), self.other)
        sheet = self.env["lead.pool.result"].with_user(self.rep)
        action = (self.lead | taken).with_user(self.rep).action_pool_claim()
        sheet = sheet.browse(action["res_id"])
        self.assertIn("Asked for: 1.", sheet.summary)
        self.assertEqual(sheet.line_ids.mapped("asked").count(True), 1)

    def test_other_pools_have_nothing_to_ask_for(self):
        self.pool.claim_mode = "free"
        self.assertEqual(self._entry().pool_ask_state, False)
        self.assertTrue(self._entry().pool_can_claim)

    def test_who_asked_withdraws_and_does_not_decide(self):
        self.lead.with_user(self.rep).pool_claim()
        request = self.lead.pool_request_ids
        mine, his = request.with_user(self.rep), request.with_user(self.lead_manager)
        self.assertEqual((mine.is_mine, mine.can_decide), (True, False))
        self.assertEqual((his.is_mine, his.can_decide), (False, True))
        with self.assertRaises(AccessError):
            his.action_withdraw()
        with self.assertRaises(AccessError):
            request.with_user(self.other).action_withdraw()
        mine.action_withdraw()
        self.assertEqual(request.state, "withdrawn")
        self.assertEqual(self._entry().pool_ask_state, "ask")
        with self.assertRaises(UserError):
            his.action_approve()
        with self.assertRaises(UserError):
            mine.action_withdraw()
        self.lead.with_user(self.rep).pool_claim()
        self.assertEqual(len(self.lead.pool_request_ids), 2)

    def test_an_extension_is_asked_for_in_the_same_words(self):
        self.pool.write({"claim_mode": "free", "extension_days": 3, "extension_approval": True})
        self._create_rule()
        lead = self._claim(self._create_leads())
        action = lead.with_user(self.rep).action_pool_extend()
        self.assertEqual(action["params"]["message"], "Asked. Bea Boss decides.")
