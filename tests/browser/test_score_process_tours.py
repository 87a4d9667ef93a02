from odoo.tests import HttpCase, new_test_user

from ..common import requires, top_level


class ProcessTour(HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        requires(cls.env, "lead_scoring")
        cls.rep = new_test_user(
            cls.env,
            "process_rep",
            name="Process Rep",
            groups="base.group_user,sales_team.group_sale_salesman,base.group_partner_manager",
        )
        cls.lead = cls.env["crm.lead"].create(
            {"name": "Tour lead", "type": "lead", "user_id": cls.rep.id}
        )
        cls.lead.action_mql()


@top_level
class TestProcessMobile(ProcessTour):
    browser_size = "375x667"
    touch_enabled = True

    def test_rep_accepts_a_lead_and_fills_its_profile_on_a_phone(self):
        self.start_tour("/odoo", "score_rep_on_phone", login="process_rep")
        self.assertRecordValues(
            self.lead,
            [
                {
                    "qualification": "accepted",
                    "qualification_accepted_user_id": self.rep.id,
                    "profile_need": "defined",
                    "profile_budget": 5000,
                    "profile_has_decider": True,
                    "profile_complete": 43,
                }
            ],
        )
