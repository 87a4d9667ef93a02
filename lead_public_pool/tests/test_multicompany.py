from pathlib import Path

from odoo.exceptions import AccessError, ValidationError
from odoo.modules.module import load_script
from odoo.tests import new_test_user, tagged

from .common import PoolCase


@tagged("post_install", "-at_install")
class TestMultiCompany(PoolCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company_b = cls.env["res.company"].create({"name": "Company B"})
        cls.rep_b = new_test_user(
            cls.env,
            "pool_rep_b",
            groups="base.group_user,sales_team.group_sale_salesman_all_leads",
            company_id=cls.company_b.id,
            company_ids=[(6, 0, cls.company_b.ids)],
        )
        cls.team = cls.env["crm.team"].create({"name": "No company", "company_id": False})

    def test_released_lead_keeps_its_company(self):
        lead = self._claim(self._create_leads(team_id=self.team.id))
        company = lead.company_id
        self.assertEqual(company, self.pool.company_id)
        lead.with_user(self.rep).pool_release()
        self.assertEqual(lead.company_id, company)
        # A later change recomputes the company in Odoo; it must stay all the same.
        lead.sudo().write({"partner_id": self.env["res.partner"].create({"name": "P"}).id})
        lead.sudo().write({"team_id": False})
        self.assertEqual(lead.company_id, company)

    def test_other_company_does_not_see_released_leads(self):
        lead = self._claim(self._create_leads(team_id=self.team.id))
        lead.with_user(self.rep).pool_release()
        as_b = self.env["crm.lead"].with_user(self.rep_b)
        self.assertFalse(as_b.search([("id", "=", lead.id)]))
        with self.assertRaises(AccessError):
            as_b.browse(lead.id).read(["name"])
        self.assertEqual(self._codes(as_b.browse(lead.id).pool_claim()), ["not_pooled"])

    def test_pool_of_another_company_is_invisible(self):
        self.assertFalse(
            self.env["lead.pool"].with_user(self.rep_b).search([("id", "=", self.pool.id)])
        )
        self.assertFalse(
            self.env["lead.pool.move"]
            .with_user(self.rep_b)
            .search([("pool_to_id", "=", self.pool.id)])
        )

    def test_member_must_have_access_to_the_company(self):
        with self.assertRaisesRegex(ValidationError, "Company B|no access"):
            self.env["lead.pool.member"].create({"pool_id": self.pool.id, "user_id": self.rep_b.id})

    def test_entry_rule_takes_no_lead_of_another_company(self):
        self.pool.write({"entry_auto": True, "entry_domain": "[]", "sequence": 0})
        lead = self.env["crm.lead"].create(
            {
                "name": "B's lead",
                "user_id": self.rep_b.id,
                "company_id": self.company_b.id,
                "team_id": False,
            }
        )
        self.assertEqual(lead.company_id, self.company_b)
        self.assertEqual(lead.pool_state, "outside")

    def test_a_run_is_of_one_company_and_read_by_no_other(self):
        manager = new_test_user(
            self.env,
            "pool_boss_b",
            groups="base.group_user,lead_public_pool.group_pool_manager",
            company_id=self.company_b.id,
            company_ids=[(6, 0, self.company_b.ids)],
        )
        members = [(0, 0, {"user_id": manager.id, "role": "manager"})]
        members.append((0, 0, {"user_id": self.rep_b.id}))
        pool_b = self.env["lead.pool"].create(
            {"name": "B", "company_id": self.company_b.id, "member_ids": members}
        )
        for pool in (self.pool, pool_b):
            self._create_rule(pool_id=pool.id)
        mine = self._claim(self._create_leads())
        theirs = self._claim(self._create_leads(pool=pool_b), self.rep_b)
        self._make_older(mine | theirs, days=30)
        self._run_cron()
        self.assertPooled(mine, self.pool)
        self.assertPooled(theirs, pool_b)
        runs = self._moves(mine)[-1].run_id | self._moves(theirs)[-1].run_id
        self.assertEqual(runs.mapped("reclaimed_count"), [1, 1])
        self.assertEqual(runs.company_id, self.pool.company_id | self.company_b)
        for user, company in ((manager, self.company_b), (self.lead_manager, self.pool.company_id)):
            seen = runs.with_user(user).search([("id", "in", runs.ids)])
            self.assertEqual(seen.company_id.ids, company.ids)
            with self.assertRaises(AccessError):
                (runs - seen.sudo()).with_user(user).read(["failure_log"])

    def test_earlier_runs_get_their_company_or_keep_their_report_to_themselves(self):
        values = {"date_start": self.env.cr.now(), "failure_log": "crm.lead,1: Acme"}
        runs = self.env["lead.pool.run"].create([{**values, "pool_id": self.pool.id}, values])
        braked, mixed = runs
        self.env.flush_all()
        script = load_script(
            str(Path(__file__).parents[1] / "migrations" / "19.0.0.2.1" / "post-run_company.py"),
            "run_company",
        )
        script.migrate(self.env.cr, "19.0.0.1.0")
        self.env.invalidate_all()
        self.assertEqual(braked.company_id, self.pool.company_id)
        self.assertTrue(braked.failure_log)
        self.assertFalse(mixed.company_id or mixed.failure_log)
