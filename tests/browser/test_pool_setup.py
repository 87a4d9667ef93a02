from odoo.tests import HttpCase, new_test_user

from ..common import requires, top_level


class SetupTour(HttpCase):
    """A company that has no pools yet."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        requires(cls.env, "lead_public_pool")
        cls.company = cls.env["res.company"].create({"name": "Setup company"})
        cls.chief = cls.user("setup_chief", "Setup Chief", "sales_team.group_sale_manager")
        cls.rep = cls.user("setup_rep", "Setup Rep", "sales_team.group_sale_salesman")
        cls.lead = cls.env["crm.lead"].create(
            {"name": "Setup lead", "user_id": False, "company_id": cls.company.id}
        )

    @classmethod
    def user(cls, login, name, group):
        return new_test_user(
            cls.env,
            login,
            name=name,
            groups=f"base.group_user,{group}",
            company_id=cls.company.id,
            company_ids=[(6, 0, cls.company.ids)],
        )

    def pools(self):
        return self.env["lead.pool"].search([("company_id", "=", self.company.id)])


@top_level
class TestSetupDesktop(SetupTour):
    def test_manager_takes_the_first_steps(self):
        self.start_tour("/odoo", "pool_first_steps", login="setup_chief")
        pools = self.pools()
        self.assertEqual(pools.mapped("name"), ["New leads", "Second chance"])
        self.assertIn(self.rep, pools.member_ids.user_id)
        self.assertEqual(self.lead.pool_id, pools[0])

    def test_rep_without_a_pool_is_told_what_to_do(self):
        self.env["lead.pool"].with_user(self.chief).action_quick_start()
        self.start_tour("/odoo", "pool_first_steps_of_a_rep", login="setup_rep")
        self.start_tour("/odoo", "pool_nothing_for_a_rep", login="setup_rep")

    def test_manager_imports_a_file(self):
        self.start_tour("/odoo", "pool_import_a_file", login="setup_chief")
        self.assertEqual(self.pools().daily_limit, 3)


@top_level
class TestSetupMobile(SetupTour):
    browser_size = "375x667"
    touch_enabled = True

    def test_rep_without_a_pool_is_told_what_to_do_on_a_phone(self):
        self.env["lead.pool"].with_user(self.chief).action_quick_start()
        self.start_tour("/odoo", "pool_nothing_for_a_rep", login="setup_rep")
