from datetime import timedelta

from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .test_report import ReportCase


@tagged("post_install", "-at_install")
class TestDigest(ReportCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # A company of its own: demo data and other tests do not count.
        cls.company = cls.env["res.company"].create({"name": "Digest Ltd"})
        for user in (cls.rep, cls.other, cls.lead_manager, cls.admin):
            user.write({"company_ids": [(4, cls.company.id)], "company_id": cls.company.id})
        cls.env = cls.env(context={**cls.env.context, "allowed_company_ids": cls.company.ids})
        cls.pool = cls._create_pool("Digest pool", company_id=cls.company.id)
        cls.digest = cls.env["digest.digest"].create(
            {
                "name": "Pools",
                "company_id": cls.company.id,
                "kpi_pool_claimed": True,
                "kpi_pool_reclaimed": True,
                "kpi_pool_waiting": True,
            }
        )

    def _values(self, user, start=0, end=7):
        self.env.flush_all()
        self.env.invalidate_all()
        digest = (
            self.digest.with_user(user)
            .with_company(self.company)
            .with_context(
                start_datetime=self.start + timedelta(days=start),
                end_datetime=self.start + timedelta(days=end),
            )
            .sudo(False)
        )
        return [digest[f"kpi_pool_{name}_value"] for name in ("claimed", "reclaimed", "waiting")]

    def test_numbers_of_the_period(self):
        leads = self._claim(self._create_leads(3, company_id=self.company.id))
        self._create_leads(2, company_id=self.company.id)
        self._at(days=8)
        leads[0].sudo()._pool_move("reclaim", rule=self._create_rule())
        self.assertEqual(self._values(self.admin), [3, 0, 3])
        self.assertEqual(self._values(self.admin, 7, 14), [0, 1, 3])

    def test_undone_claims_do_not_count(self):
        self.pool.undo_minutes = 10
        leads = self._claim(self._create_leads(2, company_id=self.company.id))
        leads[0].with_user(self.rep).pool_undo_claim()
        self.assertEqual(self._values(self.admin), [1, 0, 1])

    def test_a_rep_sees_his_own_moves(self):
        self._claim(self._create_leads(3, company_id=self.company.id))
        self._claim(self._create_leads(1, company_id=self.company.id), self.other)
        self.assertEqual(self._values(self.other)[0], 1)

    def test_other_companies_are_left_out(self):
        company = self.env.ref("base.main_company")
        elsewhere = self._create_pool("Elsewhere", company_id=company.id)
        leads = self._create_leads(2, pool=elsewhere)
        self._claim(leads.with_context(allowed_company_ids=company.ids))
        self.assertEqual(self._values(self.admin), [0, 0, 0])

    def test_who_does_not_sell_gets_no_such_numbers(self):
        clerk = new_test_user(self.env, "pool_clerk", groups="base.group_user")
        with self.assertRaises(AccessError):
            self._values(clerk)

    def test_each_number_leads_somewhere(self):
        actions = self.digest._compute_kpis_actions(self.company, self.admin)
        for name in ("claimed", "reclaimed", "waiting"):
            xml_id = actions[f"kpi_pool_{name}"].split("?")[0]
            self.assertTrue(self.env.ref(xml_id))

    def test_form_offers_the_numbers(self):
        arch = self.env["digest.digest"].get_view(view_type="form")["arch"]
        self.assertIn("kpi_pool_waiting", arch)
