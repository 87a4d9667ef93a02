from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import PoolCase


@tagged("post_install", "-at_install")
class TestClaimModes(PoolCase):
    def test_next_best_comes_by_priority(self):
        self.pool.claim_mode = "next"
        low, high, middle = self._create_leads(3)
        high.pool_priority, middle.pool_priority = 9, 5
        pool = self.pool.with_user(self.rep)
        self.assertEqual(pool.pool_claim_next()[0]["id"], high.id)
        self.assertEqual(
            [result["id"] for result in pool.pool_claim_next(count=2)], [middle.id, low.id]
        )
        [nothing] = pool.pool_claim_next()
        self.assertEqual((nothing["ok"], nothing["code"]), (False, "not_pooled"))

    def test_picking_is_refused_where_the_next_best_is_given(self):
        self.pool.claim_mode = "next"
        lead = self._create_leads()
        self.assertEqual(self._codes(lead.with_user(self.rep).pool_claim()), ["locked"])
        with self.assertRaisesRegex(UserError, "next best"):
            lead.with_user(self.rep).write({"user_id": self.rep.id})
        forged = lead.with_user(self.rep).with_context(pool_via="next")
        self.assertEqual(self._codes(forged.pool_claim()), ["locked"])

    def test_next_best_obeys_the_same_limits(self):
        self.pool.write({"claim_mode": "next", "daily_limit": 1, "cooldown_days": 3})
        self._create_leads(2)
        pool = self.pool.with_user(self.rep)
        results = pool.pool_claim_next(count=2)
        self.assertEqual(self._codes(results), ["ok"])
        self.assertEqual(pool.pool_claim_next()[0]["code"], "daily_limit")

    def test_next_best_skips_what_the_user_may_not_have(self):
        self.pool.cooldown_days = 3
        mine_before, other = self._create_leads(2)
        mine_before.pool_priority = 9
        self._claim(mine_before)
        mine_before.with_user(self.rep).pool_release()
        [result] = self.pool.with_user(self.rep).pool_claim_next()
        self.assertEqual(result["id"], other.id)

    def test_next_best_keeps_to_the_territory(self):
        self.pool._member(self.rep).skill_domain = "[('city', '=', 'Lyon')]"
        self._create_leads(city="Bonn")
        lyon = self._create_leads(city="Lyon", pool=self.pool)
        lyon.pool_priority = -1
        [result] = self.pool.with_user(self.rep).pool_claim_next()
        self.assertEqual(result["id"], lyon.id)

    def test_stranger_gets_nothing_next(self):
        self._create_leads()
        [result] = self.pool.with_user(self.stranger).pool_claim_next()
        self.assertEqual(result["code"], "not_member")

    def test_senseless_counts_are_clear_errors(self):
        for count in (0, -1, 101, "two", True, 1.5):
            with self.subTest(count), self.assertRaises(UserError):
                self.pool.with_user(self.rep).pool_claim_next(count=count)

    def test_button_opens_the_lead_received(self):
        lead = self._create_leads()
        action = self.pool.with_user(self.rep).action_claim_next()
        self.assertEqual((action["res_model"], action["res_id"]), ("crm.lead", lead.id))
        with self.assertRaisesRegex(UserError, "Nothing waits"):
            self.pool.with_user(self.rep).action_claim_next()

    def test_managers_only(self):
        self.pool.claim_mode = "assign"
        lead = self._create_leads()
        self.assertEqual(self._codes(lead.with_user(self.rep).pool_claim()), ["locked"])
        lead.with_user(self.lead_manager).pool_assign(self.rep.id)
        self.assertOwned(lead, self.rep)

    def test_claim_waits_for_a_manager(self):
        self.pool.claim_mode = "approval"
        lead = self._create_leads()
        self.assertEqual(self._codes(lead.with_user(self.rep).pool_claim()), ["approval"])
        self.assertPooled(lead)
        # Asking twice makes one request.
        lead.with_user(self.rep).pool_claim()
        request = lead.pool_request_ids
        self.assertEqual(len(request), 1)
        with self.assertRaises(AccessError):
            request.with_user(self.rep).action_approve()
        request.with_user(self.lead_manager).action_approve()
        self.assertOwned(lead, self.rep)
        self.assertEqual(self._moves(lead)[-1].kind, "claim")

    def test_agreement_does_not_lift_limits(self):
        self.pool.write({"claim_mode": "approval", "holding_limit": 1})
        leads = self._create_leads(2)
        leads.with_user(self.rep).pool_claim()
        leads.pool_request_ids.with_user(self.lead_manager).action_approve()
        self.assertEqual(sorted(leads.mapped("pool_state")), ["owned", "pooled"])
        refused = leads.pool_request_ids.filtered(lambda request: request.state == "refused")
        self.assertIn("1 of 1", refused.answer)

    def test_refusal_is_final(self):
        self.pool.claim_mode = "approval"
        lead = self._create_leads()
        lead.with_user(self.rep).pool_claim()
        request = lead.pool_request_ids.with_user(self.lead_manager)
        request.action_refuse()
        self.assertPooled(lead)
        with self.assertRaises(UserError):
            request.action_approve()

    def test_request_is_seen_by_its_author_and_the_managers_only(self):
        self.pool.claim_mode = "approval"
        lead = self._create_leads()
        lead.with_user(self.rep).pool_claim()
        requests = self.env["lead.pool.request"]
        for user, count in (
            (self.rep, 1),
            (self.other, 0),
            (self.lead_manager, 1),
            (self.admin, 1),
        ):
            self.assertEqual(
                requests.with_user(user).search_count([("lead_id", "=", lead.id)]), count, user.name
            )
