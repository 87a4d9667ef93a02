from datetime import timedelta

from odoo import fields
from odoo.tests import HttpCase, new_test_user

from ..common import requires, top_level
from .dashboards import OpensDashboards

ACTION = "customer_lifecycle.spreadsheet_dashboard_action_health"


class LifecycleDashboard(OpensDashboards, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        requires(cls.env, "customer_lifecycle")
        new_test_user(
            cls.env,
            "health_manager",
            groups="base.group_user,sales_team.group_sale_manager",
        )

    def have_some_history(self):
        """A customer who buys, one at risk, one who is lost with a reason, one who was visited."""
        product = self.env["product.product"].create({"name": "Board", "list_price": 100})
        now = fields.Datetime.now()
        partners = self.env["res.partner"].create(
            [{"name": f"Board customer {number}"} for number in range(3)]
        )
        for partner, days in zip(partners, (5, 130, 700), strict=True):
            order = self.env["sale.order"].create(
                {
                    "partner_id": partner.id,
                    "order_line": [(0, 0, {"product_id": product.id})],
                }
            )
            order.action_confirm()
            order.date_order = now - timedelta(days=days)
        rows = self.env["customer.lifecycle"].search([("partner_id", "in", partners.ids)])
        rows.action_rebuild()
        lost = rows.filtered(lambda row: row.partner_id == partners[2])
        lost.action_close(self.env["customer.churn.reason"].search([], limit=1).id)
        visit = self.env["customer.visit"].create({"partner_id": partners[0].id})
        visit.satisfaction = "4"
        visit.action_done()


@top_level
class TestLifecycleDashboardDesktop(LifecycleDashboard):
    def test_it_opens_without_an_error_when_there_is_nothing(self):
        self.open_dashboard(ACTION, "health_manager")

    def test_it_opens_without_an_error_when_there_is_something(self):
        self.have_some_history()
        self.open_dashboard(ACTION, "health_manager")


@top_level
class TestLifecycleDashboardMobile(LifecycleDashboard):
    browser_size = "375x667"
    touch_enabled = True

    def test_it_opens_without_an_error_on_a_phone(self):
        self.have_some_history()
        self.open_dashboard(ACTION, "health_manager")
