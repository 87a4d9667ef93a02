"""A pool whose members are a department and all departments below it, with Odoo's Employees.

Run by test_members_by_department.py, in a database in which that app is installed.
"""

from odoo.exceptions import ValidationError
from odoo.tests import Form, new_test_user, tagged

from odoo.addons.lead_public_pool.tests.common import PoolCase


@tagged("post_install", "-at_install")
class TestMembersByDepartment(PoolCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        departments = cls.env["hr.department"]
        cls.sales = departments.create({"name": "Sales"})
        cls.north = departments.create({"name": "North", "parent_id": cls.sales.id})
        cls.support = departments.create({"name": "Support"})
        cls.pool.member_ids.filtered(lambda member: member.role == "member").unlink()
        for user, department in ((cls.rep, cls.sales), (cls.other, cls.north)):
            cls._employ(user, department)
        cls._employ(cls.stranger, cls.support)

    @classmethod
    def _employ(cls, user, department, company=None):
        return cls.env["hr.employee"].create(
            {
                "name": user.name,
                "user_id": user.id,
                "department_id": department.id,
                "company_id": (company or cls.env.company).id,
            }
        )

    def _members(self, pool=None):
        return (pool or self.pool).member_ids.filtered(lambda m: m.role == "member").user_id

    def _filter(self, name="employee_ids.department_id"):
        return f"[('{name}', 'child_of', {self.sales.id})]"

    def test_a_manager_without_rights_in_employees_chooses_a_department(self):
        manager = self.lead_manager
        self.assertFalse(manager.has_group("hr.group_hr_user"))
        for name in ("employee_ids.department_id", "employee_id.department_id"):
            with Form(self.pool.with_user(manager)) as form:
                form.member_by_filter = True
                form.member_domain = self._filter(name)
            self.assertEqual(self._members(), self.rep | self.other, name)
            with Form(self.pool.with_user(manager)) as form:
                form.member_by_filter = False
            self.assertFalse(self._members())

    def test_who_changes_his_department_comes_and_goes_with_the_next_run(self):
        self.pool.write({"member_by_filter": True, "member_domain": self._filter()})
        lead = self._create_leads()
        self._claim(lead, self.other)
        self.other.employee_ids.department_id = self.support
        self.stranger.employee_ids.department_id = self.north
        self._run_cron("members")
        self.assertEqual(self._members(), self.rep | self.stranger)
        self.assertPooled(lead)
        self.assertEqual(self._claim(lead, self.stranger).user_id, self.stranger)

    def test_an_archived_employee_is_no_member(self):
        self.pool.write({"member_by_filter": True, "member_domain": self._filter()})
        self.other.employee_ids.active = False
        self._run_cron("members")
        self.assertEqual(self._members(), self.rep)

    def test_each_company_has_its_own_employees(self):
        """The job runs in one company, and a pool of another finds its people nevertheless."""
        company = self.env["res.company"].create({"name": "Far company"})
        far = new_test_user(
            self.env,
            "pool_far",
            groups="base.group_user,sales_team.group_sale_salesman",
            company_id=company.id,
            company_ids=[(6, 0, company.ids)],
        )
        department = self.env["hr.department"].create({"name": "Far", "company_id": company.id})
        self._employ(far, department, company)
        pool = self.env["lead.pool"].create(
            {
                "name": "Far pool",
                "company_id": company.id,
                "member_by_filter": True,
                "member_domain": f"[('employee_ids.department_id', 'child_of', {department.id})]",
            }
        )
        self.assertEqual(self._members(pool), far)
        self._run_cron("members")
        self.assertEqual(self._members(pool), far)

    def test_a_filter_on_what_does_not_exist_is_refused(self):
        with self.assertRaises(ValidationError):
            self.pool.write(
                {"member_by_filter": True, "member_domain": "[('employee_ids.division', '=', 1)]"}
            )
