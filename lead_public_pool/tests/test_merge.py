from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import PoolCase


@tagged("post_install", "-at_install")
class TestMerge(PoolCase):
    def test_owner_merges_his_leads_and_histories_join(self):
        first, second = leads = self._claim(self._create_leads(2))
        merged = leads.with_user(self.rep).merge_opportunity()
        self.assertOwned(merged, self.rep)
        self.assertEqual(
            sorted(merged.sudo().pool_move_ids.mapped("res_id")),
            sorted([first.id] * 2 + [second.id] * 2 + [merged.id]),
        )

    def test_merge_is_no_way_around_a_claim(self):
        mine = self._claim(self._create_leads())
        waiting = self._create_leads()
        with self.assertRaises(AccessError):
            (mine | waiting).with_user(self.rep).merge_opportunity()
        self.assertPooled(waiting)

    def test_manager_merges_pooled_leads_into_one_that_stays_pooled(self):
        merged = self._create_leads(2).with_user(self.admin).merge_opportunity()
        self.assertPooled(merged)

    def test_owner_beats_pool(self):
        owned = self._claim(self._create_leads())
        owned.type = "lead"
        waiting = self._create_leads(type="opportunity")
        merged = (owned | waiting).with_user(self.admin).merge_opportunity()
        self.assertEqual(merged, waiting)
        self.assertOwned(merged, self.rep)
        self.assertEqual(self._moves(merged)[-1].kind, "merge")

    def test_lead_outside_inherits_the_home(self):
        outside = self.env["crm.lead"].create(
            {"name": "Outside", "type": "opportunity", "user_id": False}
        )
        waiting = self._create_leads()
        merged = (outside | waiting).with_user(self.admin).merge_opportunity()
        self.assertEqual(merged, outside)
        self.assertPooled(merged)

    def test_merge_outside_pools_is_untouched(self):
        leads = self.env["crm.lead"].create(
            [
                {"name": "A", "type": "opportunity", "user_id": False},
                {"name": "B", "type": "lead", "user_id": self.other.id},
            ]
        )
        merged = leads.merge_opportunity()
        self.assertEqual((merged.user_id, merged.pool_state), (self.other, "outside"))

    def test_conversion_keeps_the_home(self):
        lead = self._claim(self._create_leads(type="lead"))
        lead.with_user(self.rep).convert_opportunity(False)
        self.assertEqual(lead.type, "opportunity")
        self.assertOwned(lead, self.rep)
