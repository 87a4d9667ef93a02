from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .common import PoolCase


@tagged("post_install", "-at_install")
class TestManagerReads(PoolCase):
    """A manager of a pool opens what its counters count, also without the right to all leads."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.leads = cls._create_leads(4)
        cls.leads[:3].with_user(cls.rep).pool_claim()
        cls.far_pool = cls._create_pool(
            "Somebody else's", member_ids=[(0, 0, {"user_id": cls.rep.id})]
        )
        cls.far = cls._create_leads(pool=cls.far_pool)
        cls.far.with_user(cls.rep).pool_claim()

    def _open(self, action, user):
        return self.env[action["res_model"]].with_user(user).search(action["domain"])

    def test_the_counter_of_held_records_is_the_list_of_them(self):
        pool = self.pool.with_user(self.lead_manager)
        found = self._open(pool.action_open_owned(), self.lead_manager)
        self.assertEqual(found, self.leads[:3])
        self.assertEqual(pool.owned_count, len(found))
        self.assertEqual(found.mapped("user_id"), self.rep)
        self.assertTrue(found[0].read(["phone", "pool_due_date"]))

    def test_he_reads_them_and_does_not_edit_them(self):
        lead = self.leads[0].with_user(self.lead_manager)
        self.assertTrue(lead.has_access("read"))
        self.assertFalse(lead.has_access("write"))
        with self.assertRaises(AccessError):
            lead.name = "Mine"
        self.assertTrue(self.leads[3].with_user(self.lead_manager).has_access("read"))

    def test_of_other_pools_he_reads_nothing(self):
        far = self.far.with_user(self.lead_manager)
        self.assertFalse(far.has_access("read"))
        self.assertNotIn(self.far, far.search([]))
        outside = self.env["crm.lead"].create({"name": "Outside", "user_id": self.rep.id})
        self.assertFalse(outside.with_user(self.lead_manager).has_access("read"))

    def test_members_still_read_their_own_only(self):
        lead = self.leads[0]
        self.assertFalse(lead.with_user(self.other).has_access("read"))
        self.assertTrue(lead.with_user(self.rep).has_access("read"))

    def test_a_sealed_pool_stays_sealed_for_its_members_and_open_to_its_manager(self):
        self.pool.visibility = "sealed"
        waiting, held = self.leads[3], self.leads[0]
        self.assertFalse(waiting.with_user(self.other).has_access("read"))
        self.assertTrue(waiting.with_user(self.lead_manager).has_access("read"))
        self.assertTrue(held.with_user(self.lead_manager).has_access("read"))
        self.assertFalse(held.with_user(self.other).has_access("read"))

    def test_the_right_ends_with_the_role(self):
        lead = self.leads[0].with_user(self.lead_manager)
        self.assertTrue(lead.has_access("read"))
        self.pool.member_ids.filtered(lambda m: m.user_id == self.lead_manager).role = "member"
        self.assertFalse(lead.has_access("read"))

    def test_not_in_another_company(self):
        company = self.env["res.company"].create({"name": "Far company"})
        boss = new_test_user(
            self.env,
            "both_boss",
            groups="base.group_user,lead_public_pool.group_pool_manager",
            company_id=self.env.company.id,
            company_ids=[(6, 0, (self.env.company | company).ids)],
        )
        self.rep.company_ids |= company
        pool = self.env["lead.pool"].create(
            {
                "name": "Far",
                "company_id": company.id,
                "member_ids": [
                    (0, 0, {"user_id": boss.id, "role": "manager"}),
                    (0, 0, {"user_id": self.rep.id}),
                ],
            }
        )
        lead = self._create_leads(pool=pool, company_id=company.id)
        lead.with_user(self.rep).with_context(allowed_company_ids=company.ids).pool_claim()
        mine = lead.with_user(boss)
        here, there = self.env.company.ids, company.ids
        self.assertFalse(mine.with_context(allowed_company_ids=here).has_access("read"))
        self.assertTrue(mine.with_context(allowed_company_ids=there).has_access("read"))
