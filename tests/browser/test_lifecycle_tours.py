from odoo import fields
from odoo.tests import HttpCase, new_test_user

from ..common import requires, top_level


class LifecycleTour(HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        requires(cls.env, "customer_lifecycle")
        cls.rep = new_test_user(
            cls.env,
            "tour_rep",
            name="Tour Rep",
            groups="base.group_user,sales_team.group_sale_salesman",
        )


@top_level
class TestVisitOnPhone(LifecycleTour):
    browser_size = "375x667"
    touch_enabled = True

    def test_one_revisit_done_in_three_taps(self):
        customer = self.env["res.partner"].create(
            {"name": "Tour customer", "phone": "+1 555 0100", "user_id": self.rep.id}
        )
        visit = self.env["customer.visit"].create(
            {"partner_id": customer.id, "user_id": self.rep.id, "date": fields.Datetime.now()}
        )
        self.start_tour("/odoo", "lifecycle_visit_phone", login="tour_rep")
        self.assertEqual((visit.state, visit.satisfaction), ("done", "4"))
        self.assertEqual(visit.rating_ids.rating, 4)


@top_level
class TestPlaybookOnDesktop(LifecycleTour):
    def test_manager_builds_previews_and_runs_a_playbook_with_control_group(self):
        new_test_user(
            self.env, "tour_manager", groups="base.group_user,sales_team.group_sale_manager"
        )
        # Customers of demo data may be dormant as well; the tour counts its own.
        rows = self.env["customer.lifecycle"].sudo()
        rows.search([("state", "=", "dormant")]).partner_id.active = False
        customers = self.env["res.partner"].create(
            [{"name": f"Tour dormant {number}", "user_id": self.rep.id} for number in range(30)]
        )
        rows.create(
            [
                {
                    "partner_id": customer.id,
                    "company_id": self.env.company.id,
                    "state": "dormant",
                }
                for customer in customers
            ]
        )
        self.start_tour("/odoo", "lifecycle_playbook_desktop", login="tour_manager")
        playbook = self.env["customer.playbook"].search([("name", "=", "Tour playbook")])
        control = playbook.enrolment_ids.filtered("is_control")
        self.assertEqual(playbook.enrolment_ids.partner_id, customers)
        self.assertTrue(0 < len(control) < 30)
        called = self.env["mail.activity"].search(
            [("res_model", "=", "res.partner"), ("summary", "=", "Ask how it is going")]
        )
        self.assertEqual(len(called), 30 - len(control))
        self.assertEqual(called.user_id, self.rep)
