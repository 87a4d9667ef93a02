from odoo.exceptions import UserError, ValidationError
from odoo.tests import new_test_user, tagged

from odoo.addons.lead_public_pool.models.lead_pool_engine import ENGINE

from .common import PoolCase

SALESMAN = "base.group_user,sales_team.group_sale_salesman"


@tagged("post_install", "-at_install")
class TestMembership(PoolCase):
    """Members by sales team and by a filter on users."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.anna, cls.ben, cls.leader = (
            new_test_user(cls.env, f"team_{name}", groups=SALESMAN, name=name)
            for name in ("anna", "ben", "leader")
        )
        cls.north, cls.south = cls.env["crm.team"].create(
            [{"name": "North", "user_id": cls.leader.id}, {"name": "South"}]
        )
        cls.north.member_ids = cls.anna | cls.ben
        cls.pool.team_ids = cls.north
        cls.pool.member_domain = "[('id', '=', 0)]"
        cls.pool.member_by_filter = True

    def _settle(self):
        """What Odoo does before it commits."""
        self.env.flush_all()
        self.env.cr.precommit.run()
        self.env.invalidate_all()

    def _origin(self, user):
        return self.pool._member(user).origin

    def test_who_is_in_the_team_may_claim(self):
        self.assertEqual(self._origin(self.anna), "team")
        self._claim(self._create_leads(), self.anna)
        self.assertFalse(self.pool._member(self.leader))

    def test_leaders_manage_where_the_pool_says_so(self):
        self.pool.team_leaders_manage = True
        self.assertTrue(self.pool._is_managed_by(self.leader))
        self.north.user_id = self.ben
        self._settle()
        self.assertFalse(self.pool._member(self.leader))
        self.assertEqual(self.pool._member(self.ben).role, "manager")
        self.pool.team_leaders_manage = False
        self.assertEqual(self.pool._member(self.ben).role, "member")

    def test_who_leaves_the_team_loses_its_records(self):
        lead = self._claim(self._create_leads(), self.anna)
        self.north.member_ids -= self.anna
        self._settle()
        self.assertFalse(self.pool._member(self.anna))
        self.assertPooled(lead)
        self.assertEqual(self._moves(lead)[-1].kind, "owner_left")

    def test_who_changes_the_team_within_the_pool_loses_nothing(self):
        self.pool.team_ids |= self.south
        lead = self._claim(self._create_leads(), self.anna)
        row = self.pool._member(self.anna)
        row.write({"own_limits": True, "holding_limit": 7})
        # Odoo archives the membership in the old team before it makes the one in the new team.
        self.env["crm.team.member"].create({"crm_team_id": self.south.id, "user_id": self.anna.id})
        self._settle()
        self.assertNotIn(self.anna, self.north.member_ids)
        self.assertEqual(self.pool._member(self.anna), row)
        self.assertEqual(row.holding_limit, 7)
        self.assertOwned(lead, self.anna)

    def test_who_was_added_by_hand_stays(self):
        row = self.pool._member(self.rep)
        row.write({"own_limits": True, "holding_limit": 3})
        self.north.member_ids |= self.rep
        self._settle()
        self.assertRecordValues(row, [{"origin": "user", "holding_limit": 3, "role": "member"}])
        self.north.member_ids -= self.rep
        self._settle()
        self.assertTrue(row.exists())

    def test_a_role_set_by_hand_stays(self):
        row = self.pool._member(self.anna)
        row.with_user(self.admin).role = "manager"
        self.pool._sync_members()
        self.assertRecordValues(row, [{"origin": "user", "role": "manager"}])

    def test_automatic_member_is_not_deleted_by_hand(self):
        with self.assertRaisesRegex(UserError, "sales team or by the filter"):
            self.pool.with_user(self.admin)._member(self.anna).with_user(self.admin).unlink()

    def test_archived_and_deleted_teams_have_no_members(self):
        self.north.active = False
        self._settle()
        self.assertFalse(self.pool._member(self.anna))
        self.north.active = True
        self._settle()
        self.assertTrue(self.pool._member(self.anna))
        self.north.unlink()
        self._settle()
        self.assertFalse(self.pool._member(self.anna))
        self.assertTrue(self.pool._member(self.rep))

    def test_archived_user_comes_back_as_a_member(self):
        self.anna.active = False
        self._settle()
        self.assertFalse(self.pool._member(self.anna))
        self.anna.active = True
        self.north.crm_team_member_all_ids.filtered(
            lambda row: row.user_id == self.anna
        ).active = True
        self._settle()
        self.assertTrue(self.pool._member(self.anna))

    def test_department_by_filter_with_all_below_it(self):
        tree = self.env["res.partner.category"]
        sales = tree.create({"name": "Sales"})
        export = tree.create({"name": "Export", "parent_id": sales.id})
        self.stranger.partner_id.category_id = export
        accountant = new_test_user(self.env, "pool_accountant", groups="base.group_user")
        accountant.partner_id.category_id = export
        self.pool.member_domain = f"[('partner_id.category_id', 'child_of', {sales.id})]"
        self.assertEqual(self._origin(self.stranger), "domain")
        self.assertFalse(self.pool._member(accountant), "Only salespeople become members.")
        lead = self._claim(self._create_leads(), self.stranger)
        self.stranger.partner_id.category_id = False
        self._run_cron("members")
        self.assertFalse(self.pool._member(self.stranger))
        self.assertPooled(lead)

    def test_new_user_who_matches_is_a_member_at_once(self):
        self.pool.member_domain = "[('login', '=like', 'newcomer%')]"
        newcomer = new_test_user(self.env, "newcomer_1", groups=SALESMAN)
        self._settle()
        self.assertEqual(self._origin(newcomer), "domain")

    def test_bad_filter_is_refused_with_the_place(self):
        for bad in ("[('no_such_field', '=', 1)]", "not a domain", "[('password', '=', 'x')"):
            with self.assertRaisesRegex(ValidationError, "members of Test pool"):
                self.pool.member_domain = bad
                self.env.flush_all()

    def test_filter_that_breaks_later_costs_nobody_his_membership(self):
        self.pool.member_domain = f"[('id', '=', {self.stranger.id})]"
        self.env.cr.execute(
            "UPDATE lead_pool SET member_domain = %s WHERE id = %s",
            ["[('employee_gone_id', '=', 7)]", self.pool.id],
        )
        self.env.invalidate_all()
        self._run_cron("members")
        self.assertTrue(self.pool._member(self.stranger))
        self.assertTrue(self.pool._member(self.anna))
        self.assertIn("employee_gone_id", self.pool.member_domain_error)
        self.pool.member_by_filter = False
        self.assertFalse(self.pool._member(self.stranger))
        self.assertFalse(self.pool.member_domain_error)

    def test_user_without_access_to_the_company_is_passed_over(self):
        company = self.env["res.company"].create({"name": "Elsewhere"})
        foreign = new_test_user(
            self.env,
            "team_foreign",
            groups=SALESMAN,
            company_id=company.id,
            company_ids=[(6, 0, company.ids)],
        )
        self.pool.member_domain = f"[('id', 'in', {(foreign | self.stranger).ids})]"
        self.assertFalse(self.pool._member(foreign))
        self.assertTrue(self.pool._member(self.stranger))

    def test_in_step_costs_no_write(self):
        before = self.env["lead.pool.member"].search([]).mapped("write_date")
        self.pool.with_context(pool_members=ENGINE)._sync_members()
        self.env.flush_all()
        self.assertEqual(self.env["lead.pool.member"].search([]).mapped("write_date"), before)
