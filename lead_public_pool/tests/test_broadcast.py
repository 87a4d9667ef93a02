from datetime import timedelta

from odoo.tests import tagged

from .common import PoolCase


@tagged("post_install", "-at_install")
class TestBroadcast(PoolCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.pool.write({"claim_mode": "broadcast", "broadcast_minutes": 15})

    def _messages(self, user):
        return self.env["mail.message"].search(
            [("partner_ids", "in", user.partner_id.ids), ("message_type", "=", "user_notification")]
        )

    def _after(self, **delta):
        self._set_clock(self.env.cr.now() + timedelta(**delta))
        self._run_cron("offers")

    def test_all_members_are_told_once_and_the_first_has_it(self):
        leads = self._create_leads(3)
        for user in (self.rep, self.other, self.lead_manager):
            self.assertEqual(len(self._messages(user)), 1, user.name)
        self.assertFalse(self._messages(self.stranger))
        self._claim(leads[0], self.other)
        self.assertFalse(leads[0].pool_offer_until)

    def test_what_nobody_takes_stays_by_default(self):
        lead = self._create_leads()
        self._after(minutes=16)
        self.assertPooled(lead)
        self.assertFalse(lead.pool_offer_until)

    def test_what_nobody_takes_goes_to_the_next_pool(self):
        second = self._create_pool("Second")
        self.pool.write({"broadcast_fallback": "next_pool", "next_pool_id": second.id})
        lead = self._create_leads()
        self._after(minutes=14)
        self.assertPooled(lead)
        self._after(minutes=2)
        self.assertPooled(lead, second)

    def test_what_nobody_takes_is_handed_out(self):
        self.pool.write({"broadcast_fallback": "assign", "assign_strategy": "round_robin"})
        lead = self._create_leads()
        self._after(minutes=16)
        self.assertEqual(lead.pool_state, "owned")
