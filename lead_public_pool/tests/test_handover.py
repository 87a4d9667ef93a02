from collections import Counter

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import PoolCase


@tagged("post_install", "-at_install")
class TestHandover(PoolCase):
    """What happens when a salesperson or a pool goes."""

    def _wizard(self, user=None, **values):
        return (
            self.env["lead.pool.handover"]
            .with_user(user or self.lead_manager)
            .create({"user_id": self.rep.id, **values})
        )

    def test_records_go_evenly_to_colleagues_and_the_rest_to_the_pool(self):
        self.pool._member(self.other).write({"own_limits": True, "holding_limit": 1})
        leads = self._claim(self._create_leads(5))
        wizard = self._wizard(
            how="users", receiver_ids=[(6, 0, (self.other | self.lead_manager).ids)]
        )
        self.assertEqual(wizard.record_count, 5)
        action = wizard.action_hand_over()
        self.assertRegex(action["params"]["message"], "[34] records handed over, [12] back")
        owners = Counter(lead.user_id for lead in leads)
        self.assertEqual(owners[self.rep], 0)
        self.assertEqual(owners[self.other], 1)
        self.assertEqual(sum(owners.values()), 5)

    def test_records_go_back_to_their_pools(self):
        leads = self._claim(self._create_leads(2))
        self._wizard().action_hand_over()
        for lead in leads:
            self.assertPooled(lead)

    def test_only_managers_of_the_pools_hand_over(self):
        self._claim(self._create_leads())
        with self.assertRaises(AccessError):
            self._wizard(self.rep)
        foreign = self._create_pool("Foreign", member_ids=[(0, 0, {"user_id": self.rep.id})])
        lead = self._claim(self._create_leads(pool=foreign))
        self.assertEqual(self._wizard().record_count, 1)
        with self.assertRaises(AccessError):
            self._wizard(pool_ids=[(6, 0, foreign.ids)]).action_hand_over()
        self.assertOwned(lead, self.rep, foreign)

    def test_somebody_must_receive(self):
        self._claim(self._create_leads())
        with self.assertRaises(UserError):
            self._wizard(how="users").action_hand_over()

    def test_who_leaves_the_pool_loses_its_records(self):
        lead = self._claim(self._create_leads())
        self.pool._member(self.rep).unlink()
        self.assertPooled(lead)
        self.assertEqual(self._moves(lead)[-1].kind, "owner_left")

    def test_even_split_of_selected_records(self):
        leads = self._create_leads(5)
        results = leads.with_user(self.lead_manager).pool_split([self.rep.id, self.other.id])
        self.assertEqual(self._codes(results), ["ok"] * 5)
        owners = Counter(lead.user_id for lead in leads)
        self.assertEqual(sorted(owners.values()), [2, 3])
        with self.assertRaises(UserError):
            leads.with_user(self.lead_manager).pool_split([2**31 - 5])
        results = leads.with_user(self.rep).pool_split([self.other.id])
        self.assertEqual(set(self._codes(results)), {"not_member", "not_pooled"})

    def test_whole_pool_moves_with_its_owners_and_can_then_go(self):
        target = self._create_pool("Target")
        waiting, held, lost = self._create_leads(3)
        self._claim(held)
        lost.action_set_lost()
        wizard = (
            self.env["lead.pool.transfer"]
            .with_user(self.admin)
            .create({"pool_id": self.pool.id, "target_id": target.id, "archive_after": True})
        )
        wizard.action_transfer()
        self.assertPooled(waiting, target)
        self.assertOwned(held, self.rep, target)
        self.assertEqual(lost.pool_id, target)
        self.assertFalse(self.pool.active)

    def test_nobody_else_moves_a_whole_pool(self):
        target = self._create_pool("Target")
        with self.assertRaises(AccessError):
            self.pool.with_user(self.rep).pool_transfer_all(target.id)
        with self.assertRaises(UserError):
            self.pool.with_user(self.admin).pool_transfer_all(self.pool.id)
