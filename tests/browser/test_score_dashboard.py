from odoo.tests import HttpCase, new_test_user

from ..common import requires, top_level
from .dashboards import OpensDashboards

ACTION = "lead_scoring.spreadsheet_dashboard_action_quality"


class ScoreDashboard(OpensDashboards, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        requires(cls.env, "lead_scoring")
        new_test_user(
            cls.env,
            "score_board_manager",
            groups="base.group_user,sales_team.group_sale_manager",
        )

    def have_some_history(self):
        leads = self.env["crm.lead"].create(
            [
                {"name": f"Board lead {number}", "type": "opportunity", "expected_revenue": 100}
                for number in range(4)
            ]
        )
        leads[:3].action_mql()
        leads[:2].action_accept()
        leads[2].action_reject(self.env["lead.score.reject.reason"].search([], limit=1).id)
        leads[0].message_post(body="Hello", message_type="comment", subtype_xmlid="mail.mt_comment")
        leads[0].action_set_won()


@top_level
class TestScoreDashboardDesktop(ScoreDashboard):
    def test_it_opens_without_an_error_when_there_is_nothing(self):
        self.open_dashboard(ACTION, "score_board_manager")

    def test_it_opens_without_an_error_when_there_is_something(self):
        self.have_some_history()
        self.open_dashboard(ACTION, "score_board_manager")


@top_level
class TestScoreDashboardMobile(ScoreDashboard):
    browser_size = "375x667"
    touch_enabled = True

    def test_it_opens_without_an_error_on_a_phone(self):
        self.have_some_history()
        self.open_dashboard(ACTION, "score_board_manager")
