from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .common import LifecycleCase

READ_ONLY = (
    "customer.lifecycle",
    "customer.lifecycle.transition",
    "customer.lifecycle.profile",
    "customer.lifecycle.threshold",
    "customer.lifecycle.group",
)


@tagged("post_install", "-at_install")
class TestSecurity(LifecycleCase):
    """Salespeople read what concerns customers they may read; managers configure."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rep = new_test_user(cls.env, "life_rep", groups="sales_team.group_sale_salesman")
        cls.manager = new_test_user(
            cls.env, "life_manager", groups="sales_team.group_sale_manager,base.group_user"
        )
        cls.employee = new_test_user(cls.env, "life_employee", groups="base.group_user")

    def test_rep_reads_and_writes_nothing_behind_the_rules(self):
        for model in READ_ONLY:
            records = self.env[model].with_user(self.rep)
            with self.subTest(model=model):
                self.assertTrue(records.has_access("read"))
                for operation in ("write", "create", "unlink"):
                    self.assertFalse(records.has_access(operation))
                self.assertFalse(self.env[model].with_user(self.employee).has_access("read"))

    def test_manager_configures_but_does_not_forge_states(self):
        for model in READ_ONLY[2:]:
            self.assertTrue(self.env[model].with_user(self.manager).has_access("write"))
        for model in READ_ONLY[:2]:
            self.assertFalse(self.env[model].with_user(self.manager).has_access("write"))

    def test_manager_changes_a_profile_and_its_customers_are_looked_at(self):
        row = self.row(self.customer(50))
        self.profile.with_user(self.manager).dormant_days = 40
        row.invalidate_recordset()
        self.assertEqual(row.check_date, row._lifecycle_today(self.company))
        self.profile.with_user(self.manager).action_run()
        self.assertEqual(row.state, "dormant")
        self.assertEqual(
            row.transition_ids.filtered(lambda t: t.kind == "state")[0].reason, "profile"
        )

    def test_rep_confirms_an_order_without_any_right_on_the_rows(self):
        partner = self.customer()
        order = self.order(partner, confirm=False)
        order.user_id = self.rep
        order.with_user(self.rep).action_confirm()
        self.assertEqual(partner.with_user(self.rep).lifecycle_state, "new")

    def test_rep_sets_a_state_by_hand_through_the_dialog(self):
        row = self.row(self.customer(5))
        self.rep.group_ids += self.env.ref("base.group_partner_manager")
        self.env["customer.lifecycle.set"].with_user(self.rep).create(
            {"lifecycle_ids": row.ids, "state": "not_tracked", "reason": "A test shop"}
        ).action_apply()
        self.assertEqual(row.state, "not_tracked")
        self.assertEqual(row.manual_user_id, self.rep)

    def test_rebuilding_is_for_managers(self):
        row = self.row(self.customer(5))
        with self.assertRaises(AccessError):
            row.with_user(self.rep).action_rebuild()
        row.with_user(self.manager).action_rebuild()

    def test_another_company_sees_neither_rows_nor_history_nor_reports(self):
        row = self.row(self.customer(400, 5))
        row.action_rebuild()
        other = self.env["res.company"].create({"name": "Other"})
        stranger = new_test_user(
            self.env,
            "life_stranger",
            groups="sales_team.group_sale_manager",
            company_id=other.id,
            company_ids=[(6, 0, other.ids)],
        )
        self.env.flush_all()
        for model in (
            "customer.lifecycle",
            "customer.lifecycle.transition",
            "customer.lifecycle.movement",
            "customer.lifecycle.cohort",
        ):
            with self.subTest(model=model):
                self.assertTrue(self.env[model].with_user(self.manager).search([], limit=1))
                self.assertFalse(self.env[model].with_user(stranger).search([], limit=1))
        with self.assertRaises(AccessError):
            row.with_user(stranger).read(["state"])
