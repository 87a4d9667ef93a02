from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common_sealed import PHONE, SealedCase


@tagged("post_install", "-at_install")
class TestSealedClaim(SealedCase):
    def test_claim_from_the_window_opens_the_record(self):
        entry = self._entry(self.lead)
        self.assertTrue(entry.pool_can_claim)
        action = entry.action_pool_claim()["params"]["next"]
        self.assertEqual((action["res_model"], action["res_id"]), ("crm.lead", self.lead.id))
        self.assertOwned(self.lead, self.rep, self.sealed)
        self.env.invalidate_all()
        self.assertEqual(self.lead.with_user(self.rep).phone, PHONE)

    def test_record_itself_can_be_claimed_unread(self):
        for user in self.members:
            lead = self._create_leads(1, pool=self.sealed).with_user(user)
            with self.assertRaises(AccessError):
                lead.read(["name"])
            self.assertEqual(self._codes(lead.pool_claim_check()), ["ok"])
            self.assertEqual(self._codes(lead.pool_claim()), ["ok"])

    def test_what_is_not_visible_answers_not_pooled(self):
        foreign = self._create_pool("Foreign", visibility="sealed", member_ids=[])
        lost = self._create_leads(1, pool=self.sealed)
        lost.action_set_lost()
        leads = self._create_leads(1, pool=foreign) | lost | self.lead.browse(10**8)
        self.assertEqual(self._codes(leads.with_user(self.rep).pool_claim()), ["not_pooled"] * 3)
        self.assertEqual(
            self._codes(self.lead.with_user(self.stranger).pool_claim()), ["not_pooled"]
        )
        self.assertEqual(
            self._codes(self.lead.with_user(self.rep).pool_transfer(self.pool.id)), ["not_pooled"]
        )

    def test_second_claimer_gets_taken(self):
        mine, his = self._entry(self.lead), self._entry(self.lead, self.other)
        self.assertEqual(self._codes(mine.pool_claim()), ["ok"])
        self.assertEqual(self._codes(his.pool_claim()), ["taken"])

    def test_same_key_counts_once(self):
        self.sealed.daily_limit = 1
        entry = self._entry(self.lead)
        for _time in range(2):
            self.assertEqual(self._codes(entry.pool_claim(key="k1")), ["ok"])

    def test_window_says_why_not(self):
        self.sealed.daily_limit = 1
        self._claim(self._create_leads(1, pool=self.sealed))
        entry = self._entry(self.lead)
        self.assertFalse(entry.pool_can_claim)
        self.assertIn("1 of 1", entry.pool_claim_message)
        action = entry.action_pool_claim()
        sheet = self.env[action["res_model"]].with_user(self.rep).browse(action["res_id"])
        self.assertEqual(sheet.line_ids.record_name, "Call ••• or •••@•••")

    def test_next_best_comes_from_a_sealed_pool_and_not_from_a_hidden_one(self):
        pool = self.sealed.with_user(self.rep)
        [answer] = pool.pool_claim_next()
        self.assertEqual((answer["id"], answer["code"]), (self.lead.id, "ok"))
        self._create_leads(1, pool=self.sealed)
        self.sealed.visibility = "hidden"
        [answer] = pool.pool_claim_next()
        self.assertFalse(answer["ok"])

    def test_form_may_save_a_record_out_of_its_own_sight(self):
        leads = self.env["crm.lead"].with_user(self.rep)
        [saved] = leads.web_save(
            {"name": "New", "phone": PHONE, "pool_id": self.sealed.id},
            {"name": {}, "phone": {}, "tag_ids": {}},
        )
        lead = leads.browse(saved["id"]).sudo()
        self.assertPooled(lead, self.sealed)
        self.assertEqual((saved["phone"], saved["tag_ids"]), (False, []))
        held = self._claim(lead).with_user(self.rep)
        [saved] = held.web_save({"city": "Bonn"}, {"city": {}})
        self.assertEqual(saved["city"], "Bonn")
        [saved] = held.web_save({"user_id": False}, {"city": {}})
        self.assertFalse(saved["city"])

    def test_refused_request_does_not_name_the_record(self):
        self.sealed.claim_mode = "approval"
        self.assertEqual(self._codes(self._entry(self.lead).pool_claim()), ["approval"])
        request = self.env["lead.pool.request"].search([("lead_id", "=", self.lead.id)])
        self.assertNothingGivenAway(
            lambda: request.with_user(self.rep).read(["record_name", "display_name", "lead_id"])
        )
        request.with_user(self.lead_manager).action_refuse()
        message = self.env["mail.message"].search([("subject", "ilike", "Refused:")], limit=1)
        self.assertNothingGivenAway(lambda: message.read(["subject", "body"]))

    def test_released_record_is_out_of_sight_again(self):
        lead = self._claim(self.lead).with_user(self.rep)
        wizard = (
            self.env["lead.pool.release"]
            .with_user(self.rep)
            .with_context(active_model="crm.lead", active_ids=lead.ids)
            .create({})
        )
        action = wizard.action_release()
        self.assertEqual(action["params"]["next"]["res_model"], "crm.lead")
        self.assertNothingGivenAway(lambda: lead.read(["phone"]))
