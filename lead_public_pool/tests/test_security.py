from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .common import PoolCase


@tagged("post_install", "-at_install")
class TestSecurity(PoolCase):
    def test_rep_reads_pools_but_does_not_tune_them(self):
        pool = self.pool.with_user(self.rep)
        self.assertEqual(pool.name, "Test pool")
        with self.assertRaises(AccessError):
            pool.write({"daily_limit": 0})
        with self.assertRaises(AccessError):
            pool.member_ids.write({"own_limits": True})
        with self.assertRaises(AccessError):
            self.env["lead.pool"].with_user(self.rep).create({"name": "Mine"})

    def test_pool_manager_tunes_his_own_pool_only(self):
        foreign = self._create_pool("Foreign", member_ids=[(0, 0, {"user_id": self.rep.id})])
        as_boss = self.pool.with_user(self.lead_manager)
        as_boss.write({"daily_limit": 7})
        as_boss.member_ids.filtered(lambda m: m.user_id == self.rep).write({"daily_limit": 1})
        rule = (
            self.env["lead.pool.rule"]
            .with_user(self.lead_manager)
            .create({"name": "Strict", "pool_id": self.pool.id, "delay": 1})
        )
        rule.unlink()
        with self.assertRaises(AccessError):
            foreign.with_user(self.lead_manager).write({"daily_limit": 7})
        with self.assertRaises(AccessError):
            self.env["lead.pool.member"].with_user(self.lead_manager).create(
                {"pool_id": foreign.id, "user_id": self.lead_manager.id, "role": "manager"}
            )
        with self.assertRaises(AccessError):
            self.env["lead.pool.rule"].with_user(self.lead_manager).create(
                {"name": "Foreign", "pool_id": foreign.id, "delay": 1}
            )
        with self.assertRaises(AccessError):
            self.env["lead.pool"].with_user(self.lead_manager).create({"name": "New"})

    def test_sales_administrator_is_pool_administrator(self):
        boss = new_test_user(
            self.env, "sales_boss", groups="base.group_user,sales_team.group_sale_manager"
        )
        pool = self.env["lead.pool"].with_user(boss).create({"name": "By the boss"})
        pool.write({"daily_limit": 3})
        pool.unlink()

    def test_portal_and_public_see_nothing(self):
        lead = self._create_leads()
        portal = new_test_user(self.env, "pool_portal", groups="base.group_portal")
        for user in (portal, self.env.ref("base.public_user")):
            for model in ("lead.pool", "lead.pool.member", "lead.pool.rule", "lead.pool.move"):
                with self.subTest(user=user.login, model=model), self.assertRaises(AccessError):
                    self.env[model].with_user(user).search([])
            with self.subTest(user=user.login):
                self.assertEqual(self._codes(lead.with_user(user).pool_claim()), ["not_pooled"])

    def test_all_documents_salesman_sees_no_foreign_pool(self):
        seller = new_test_user(
            self.env,
            "seller_all",
            groups="base.group_user,sales_team.group_sale_salesman_all_leads",
        )
        lead = self._create_leads()
        leads = self.env["crm.lead"].with_user(seller)
        self.assertFalse(leads.search([("id", "=", lead.id)]))
        self.env["lead.pool.member"].create({"pool_id": self.pool.id, "user_id": seller.id})
        self.assertTrue(leads.search([("id", "=", lead.id)]))
        self.pool._member(seller).unlink()
        self.assertFalse(leads.search([("id", "=", lead.id)]))
