from odoo.tests import HttpCase, new_test_user
from odoo.tools import mute_logger

from ..common import requires, top_level
from .dashboards import OpensDashboards

DASHBOARD = "lead_public_pool.spreadsheet_dashboard_pool"
ACTION = "lead_public_pool.spreadsheet_dashboard_action_pool"
MENU = "lead_public_pool.menu_pool_dashboard"


class PoolDashboard(OpensDashboards, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        requires(cls.env, "lead_public_pool")
        cls.env["lead.pool"].search([]).entry_auto = False
        cls.rep = cls.user("board_rep", "sales_team.group_sale_salesman")
        cls.manager = cls.user("board_manager", "sales_team.group_sale_manager")

    @classmethod
    def user(cls, login, group):
        return new_test_user(cls.env, login, groups=f"base.group_user,{group}")

    def have_some_history(self):
        pool = self.env["lead.pool"].create(
            {"name": "Board pool", "member_ids": [(0, 0, {"user_id": self.rep.id})]}
        )
        leads = self.env["crm.lead"].create(
            [
                {"name": f"Board lead {number}", "user_id": False, "pool_id": pool.id}
                for number in range(6)
            ]
        )
        mine = leads[:4].with_user(self.rep)
        mine.pool_claim()
        mine[0].message_post(body="I called them", message_type="comment")
        mine[0].action_set_won()
        mine[1].pool_release(reason_id=self.env["lead.pool.reason"].search([], limit=1).id)
        mine[2].pool_release(note="Wrong number")
        return pool


@top_level
class TestPoolDashboardDesktop(PoolDashboard):
    def test_it_opens_without_an_error_when_there_is_nothing(self):
        self.open_dashboard(ACTION, "board_manager")

    def test_it_opens_without_an_error_when_there_is_something(self):
        self.have_some_history()
        self.open_dashboard(ACTION, "board_manager")

    def test_a_pool_manager_without_all_documents_opens_it(self):
        pool = self.have_some_history()
        lead = self.user("board_lead", "lead_public_pool.group_pool_manager")
        pool.write({"member_ids": [(0, 0, {"user_id": lead.id, "role": "manager"})]})
        self.open_dashboard(ACTION, "board_lead")

    def test_a_rep_neither_sees_nor_gets_it(self):
        board = self.env.ref(DASHBOARD)
        self.assertFalse(board.with_user(self.rep).search([("id", "=", board.id)]))
        menus = self.env["ir.ui.menu"].with_user(self.rep)._visible_menu_ids()
        self.assertNotIn(self.env.ref(MENU).id, menus)
        self.authenticate("board_rep", "board_rep")
        with mute_logger("odoo.http"):
            answer = self.url_open(f"/spreadsheet/dashboard/data/{board.id}")
        self.assertEqual(answer.status_code, 403)
        self.assertNotIn("sheets", answer.text)


@top_level
class TestPoolDashboardMobile(PoolDashboard):
    browser_size = "375x667"
    touch_enabled = True

    def test_it_opens_without_an_error_on_a_phone(self):
        self.have_some_history()
        self.open_dashboard(ACTION, "board_manager")
