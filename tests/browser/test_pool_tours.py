from odoo.tests import HttpCase, new_test_user

from ..common import requires, top_level


class PoolTour(HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        requires(cls.env, "lead_public_pool")
        cls.env["lead.pool"].search([]).entry_auto = False
        cls.rep = new_test_user(
            cls.env,
            "tour_rep",
            name="Tour Rep",
            groups="base.group_user,sales_team.group_sale_salesman,base.group_partner_manager",
        )
        cls.pool = cls.env["lead.pool"].create(
            {
                "name": "Tour pool of leads",
                "member_ids": [(0, 0, {"user_id": cls.rep.id})],
                "rule_ids": [
                    (0, 0, {"name": "Idle for a week", "clock": "touch", "delay": 7, "unit": "day"})
                ],
            }
        )
        cls.leads = cls.env["crm.lead"].create(
            [
                {"name": f"Tour lead {number}", "user_id": False, "pool_id": cls.pool.id}
                for number in (1, 2, 3)
            ]
        )

    def _let_managers_agree(self):
        boss = new_test_user(
            self.env, "tour_boss", name="Tour Boss", groups="sales_team.group_sale_salesman"
        )
        self.pool.write(
            {
                "claim_mode": "approval",
                "member_ids": [(0, 0, {"user_id": boss.id, "role": "manager"})],
            }
        )


@top_level
class TestPoolDesktop(PoolTour):
    def test_rep_claims_three_and_gives_one_back(self):
        self.start_tour("/odoo", "pool_rep_desktop", login="tour_rep")
        first, second, third = self.leads
        self.assertEqual((first | third).user_id, self.rep)
        self.assertEqual(second.pool_state, "pooled")
        self.assertEqual(second.pool_move_ids.sorted("id")[-1].note, "Rang four times")

    def test_manager_sets_up_a_pool(self):
        new_test_user(
            self.env, "tour_manager", groups="base.group_user,sales_team.group_sale_manager"
        )
        self.start_tour("/odoo", "pool_manager_sets_up", login="tour_manager")
        pool = self.env["lead.pool"].search([("name", "=", "Tour pool")])
        self.assertEqual(pool.daily_limit, 5)
        self.assertEqual(pool.member_ids.user_id, self.rep)
        self.assertEqual(pool.rule_ids.delay, 2)

    def test_manager_sets_up_a_sealed_chain_with_warnings_and_brake(self):
        new_test_user(
            self.env, "tour_manager", groups="base.group_user,sales_team.group_sale_manager"
        )
        self.start_tour("/odoo", "pool_manager_sets_up_a_chain", login="tour_manager")
        chain = self.env["lead.pool"].search([("name", "=", "Tour chain")])
        self.assertRecordValues(
            chain,
            [
                {
                    "visibility": "sealed",
                    "warn_steps": "5, 2",
                    "brake_percent": 30,
                    "round_limit": 2,
                    "next_pool_id": self.pool.id,
                }
            ],
        )

    def test_rep_looks_up_a_company(self):
        self.leads[0].write({"phone": "+49 731 555 0142", "email_from": "tour@known.example"})
        self.env.company.pool_lookup_limit = 3
        self.start_tour("/odoo", "pool_lookup_desktop", login="tour_rep")
        asked = self.env["lead.pool.lookup.log"].search([("user_id", "=", self.rep.id)])
        self.assertEqual(asked.sorted("number").mapped("found"), [True, False])

    def test_rep_asks_where_managers_agree_and_withdraws(self):
        self._let_managers_agree()
        self.start_tour("/odoo", "pool_ask_desktop", login="tour_rep")
        self.assertEqual(self.leads.mapped("pool_request_ids.state"), ["waiting", "waiting"])
        self.start_tour("/odoo", "pool_ask_withdraw", login="tour_rep")
        self.assertEqual(self.leads[0].pool_request_ids.state, "withdrawn")


@top_level
class TestPoolMobile(PoolTour):
    browser_size = "375x667"
    touch_enabled = True

    def test_rep_looks_up_a_company_on_a_phone(self):
        self.leads[0].email_from = "tour@known.example"
        self.start_tour("/odoo", "pool_lookup_mobile", login="tour_rep")

    def test_rep_asks_on_a_phone(self):
        self._let_managers_agree()
        self.start_tour("/odoo", "pool_ask_mobile", login="tour_rep")
        self.assertEqual(self.leads[0].pool_request_ids.state, "waiting")

    def test_rep_claims_on_a_phone_until_his_limit(self):
        self.pool.daily_limit = 1
        self.start_tour("/odoo", "pool_rep_mobile", login="tour_rep")
        self.assertEqual(self.leads[0].user_id, self.rep)
        self.assertFalse(self.leads[1].user_id)

    def test_rep_claims_blind_extends_and_gives_back_on_a_phone(self):
        self.pool.write({"claim_mode": "next", "extension_days": 3, "extension_limit": 1})
        self.leads[1].pool_priority = 9
        self.start_tour("/odoo", "pool_rep_blind_on_phone", login="tour_rep")
        best = self.leads[1]
        self.assertEqual(best.pool_state, "pooled")
        moves = best.pool_move_ids.sorted("id")
        self.assertEqual(moves.mapped("kind"), ["enter", "claim", "release"])
        self.assertEqual(moves[-1].note, "Wrong number")
