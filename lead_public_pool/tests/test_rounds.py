from odoo.exceptions import ValidationError
from odoo.tests import tagged

from .common import PoolCase


@tagged("post_install", "-at_install")
class TestRounds(PoolCase):
    """What comes back too often goes on to the next pool, or is weeded out."""

    def _come_back(self, lead, user=None):
        self._claim(lead, user)
        lead.with_user(user or self.rep).pool_release()

    def test_worn_out_leads_go_on_to_the_next_pool_and_start_anew(self):
        second_hand = self._create_pool("Second hand")
        self.pool.write({"round_limit": 2, "next_pool_id": second_hand.id})
        lead = self._create_leads()
        self._come_back(lead)
        self.assertPooled(lead)
        self._come_back(lead, self.other)
        self.assertPooled(lead, second_hand)
        self.assertEqual(lead.pool_round, 0)
        self.assertEqual(self._moves(lead)[-1].pool_to_id, second_hand)

    def test_worn_out_leads_without_a_next_pool_are_lost_with_a_reason(self):
        reason = self.env["crm.lost.reason"].create({"name": "Nobody could sell it"})
        self.pool.write({"round_limit": 1, "lost_reason_id": reason.id})
        lead = self._create_leads()
        self._come_back(lead)
        self.assertEqual(lead.won_status, "lost")
        self.assertEqual(lead.lost_reason_id, reason)
        self.assertEqual(self._codes(lead.with_user(self.other).pool_claim()), ["closed"])

    def test_reclaim_wears_out_too(self):
        self.pool.round_limit = 1
        self._create_rule(delay=1)
        lead = self._claim(self._create_leads())
        self._make_older(lead, days=2)
        self._run_cron()
        self.assertEqual(lead.won_status, "lost")

    def test_worn_out_customers_are_archived(self):
        pool = self._create_pool("Customers", kind="customer", round_limit=1)
        customer = self.env["res.partner"].create({"name": "Acme", "pool_id": pool.id})
        self._come_back(customer)
        self.assertFalse(customer.active)

    def test_chain_may_not_come_back_to_itself(self):
        second = self._create_pool("Second", next_pool_id=self.pool.id)
        with self.assertRaisesRegex(ValidationError, "comes back to itself"):
            self.pool.next_pool_id = second
