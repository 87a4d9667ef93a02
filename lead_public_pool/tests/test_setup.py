from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged

from ..models import lead_pool_intaking
from .common import PoolCase


@tagged("post_install", "-at_install")
class TestSetup(PoolCase):
    """First steps in a company that has no pools yet."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env["res.company"].create({"name": "Fresh company"})
        cls.chief = new_test_user(
            cls.env,
            "fresh_chief",
            groups="base.group_user,sales_team.group_sale_manager",
            company_id=cls.company.id,
            company_ids=[(6, 0, cls.company.ids)],
        )
        cls.newcomer = new_test_user(
            cls.env,
            "fresh_rep",
            groups="base.group_user,sales_team.group_sale_salesman",
            company_id=cls.company.id,
            company_ids=[(6, 0, cls.company.ids)],
        )
        cls.pools = cls.env["lead.pool"].with_user(cls.chief)

    def _done(self):
        return [step["code"] for step in self.pools.pool_setup_steps()["steps"] if step["done"]]

    def test_steps_tick_off_by_what_exists_and_go_when_all_are_done(self):
        self.assertEqual(self._done(), [])
        self.assertEqual(len(self.pools.pool_setup_steps()["steps"]), 4)
        self.pools.action_quick_start()
        self.assertEqual(self._done(), ["pools", "rules"])
        pool = self.pools.search([], limit=1)
        self.assertEqual(self.pools.action_setup_members()["res_id"], pool.id)
        pool.member_ids = [(0, 0, {"user_id": self.newcomer.id})]
        self.assertEqual(self._done(), ["pools", "members", "rules"])
        self.env["crm.lead"].create(
            {"name": "Old lead", "company_id": self.company.id, "user_id": False}
        )
        action = self.pools.action_setup_records()
        intake = Form(
            self.env[action["res_model"]].with_user(self.chief).with_context(**action["context"])
        )
        intake.entry_domain = "[('name', '=', 'Old lead')]"
        self.assertEqual((intake.waiting_count, intake.owned_count), (1, 0))
        said = intake.save().action_take_in()["params"]["message"]
        self.assertIn("1 records wait in the pool, 0 stay", said)
        self.assertEqual(self.pools.pool_setup_steps(), {"steps": [], "message": False})
        self.assertTrue(pool.entry_auto)

    def test_each_button_leads_somewhere_even_without_a_pool(self):
        for step in self.pools.pool_setup_steps()["steps"]:
            with self.subTest(step["code"]), self.env.cr.savepoint():
                action = getattr(self.pools, step["method"])()
                self.assertIn(action["type"], ("ir.actions.act_window",))

    def test_a_rep_is_told_what_to_do_until_he_is_a_member(self):
        pools = self.env["lead.pool"].with_user(self.newcomer)
        help_of = self.env["lead.pool.entry"].with_user(self.newcomer).get_empty_list_help
        self.assertIn("no public pool", pools.pool_setup_steps()["message"])
        self.pools.action_quick_start()
        self.assertIn(self.chief.name, pools.pool_setup_steps()["message"])
        self.assertIn(self.chief.name, help_of("<p>Usual</p>"))
        self.pools.search([], limit=1).member_ids = [(0, 0, {"user_id": self.newcomer.id})]
        self.assertFalse(pools.pool_setup_steps()["message"])
        self.assertEqual(help_of("<p>Usual</p>"), "<p>Usual</p>")

    def test_only_managers_take_records_in(self):
        lead = self.env["crm.lead"].create({"name": "Outside", "user_id": False})
        values = {"pool_id": self.pool.id, "entry_domain": f"[('id', '=', {lead.id})]"}
        with self.assertRaises(AccessError):
            self.env["lead.pool.intake"].with_user(self.rep).create(values)
        other = self._create_pool("Somebody else's", member_ids=[])
        intake = self.env["lead.pool.intake"].with_user(self.lead_manager)
        with self.assertRaises(AccessError):
            intake.create({**values, "pool_id": other.id}).action_take_in()
        self.assertEqual(lead.pool_state, "outside")
        intake.create(values).action_take_in()
        self.assertEqual(lead.pool_id, self.pool)

    def test_records_with_a_salesperson_come_in_only_when_wanted(self):
        mine = self.env["crm.lead"].create({"name": "Mine", "user_id": self.rep.id})
        intake = self.env["lead.pool.intake"].create(
            {
                "pool_id": self.pool.id,
                "entry_domain": f"[('id', '=', {mine.id})]",
                "entry_owned": False,
                "entry_auto": False,
            }
        )
        self.assertEqual((intake.waiting_count, intake.owned_count), (0, 1))
        intake.action_take_in()
        self.assertEqual(mine.pool_state, "outside")
        intake.entry_owned = True
        intake.action_take_in()
        self.assertRecordValues(
            mine, [{"pool_state": "owned", "user_id": self.rep.id, "pool_id": self.pool.id}]
        )
        self.assertFalse(self.pool.entry_auto)

    def _outside(self, count):
        values = [{"name": f"Old {n}", "user_id": False} for n in range(count)]
        return self.env["crm.lead"].create(values)

    def _ask_for(self, leads):
        """A manager takes in more records than he would wait for."""
        self.patch(lead_pool_intaking, "AT_ONCE", len(leads) - 1)
        intake = self.env["lead.pool.intake"].with_user(self.lead_manager)
        values = {"pool_id": self.pool.id, "entry_domain": f"[('id', 'in', {leads.ids})]"}
        return intake.create(values).action_take_in()["params"]["message"]

    def test_very_many_come_in_in_the_background(self):
        leads = self._outside(5)
        self.assertIn("5 records come in, in the background", self._ask_for(leads))
        job = self.env.ref("lead_public_pool.ir_cron_intake")
        triggers = self.env["ir.cron.trigger"].search([("cron_id", "=", job.id)])
        self.assertEqual(len(triggers), 1)
        self.assertEqual(set(leads.mapped("pool_state")), {"outside"})
        self.assertEqual(self.pool.intake_left, 5)
        self._run_cron("intake")
        self.assertEqual(set(leads.mapped("pool_state")), {"pooled"})
        self.assertFalse(self.pool.intake_domain)
        move = leads[0].pool_move_ids
        self.assertEqual((move.kind, move.actor_id), ("enter", self.lead_manager))

    def test_coming_in_can_be_stopped_by_managers_of_the_pool(self):
        leads = self._outside(3)
        self._ask_for(leads)
        with self.assertRaises(AccessError):
            self.pool.with_user(self.rep).action_stop_intake()
        self.pool.with_user(self.lead_manager).action_stop_intake()
        self._run_cron("intake")
        self.assertEqual(set(leads.mapped("pool_state")), {"outside"})

    def test_one_that_cannot_come_in_stops_none_of_the_others(self):
        leads = self._outside(5)
        self._ask_for(leads)
        enter = type(leads)._pool_enter

        def fail(records, *arguments):
            if leads[1] in records:
                raise ValueError("poison")
            return enter(records, *arguments)

        self.patch(self.env.registry["crm.lead"], "_pool_enter", fail)
        with self.assertLogs("odoo.addons.lead_public_pool.models.lead_pool_intaking") as logs:
            self._run_cron("intake")
        self.assertEqual(len(logs.records), 1)
        self.assertEqual(leads.filtered(lambda lead: lead.pool_state == "outside"), leads[1])
        self.assertFalse(self.pool.intake_domain)

    def test_a_second_request_does_not_push_out_the_first(self):
        leads = self._outside(3)
        self._ask_for(leads)
        with self.assertRaisesRegex(UserError, "still coming into"):
            self._ask_for(self._outside(2))
        self._run_cron("intake")
        self.assertEqual(set(leads.mapped("pool_state")), {"pooled"})

    def test_nobody_writes_what_is_coming_in_or_by_whom(self):
        pool = self.pool.with_user(self.lead_manager)
        for values in ({"intake_domain": "[]"}, {"intake_user_id": self.rep.id}):
            with self.assertRaises(AccessError):
                pool.write(values)
            with self.assertRaises(AccessError):
                pool.create({"name": "Another", **values})

    def test_a_filter_that_no_longer_works_ends_it(self):
        self._ask_for(self._outside(3))
        self.pool.sudo().intake_domain = "[('gone_field', '=', 1)]"
        self.assertEqual(self.pool.intake_left, 0)
        with self.assertLogs("odoo.addons.lead_public_pool.models.lead_pool_intaking"):
            self._run_cron("intake")
        self.assertFalse(self.pool.intake_domain)

    def test_whoever_asked_for_them_must_still_be_a_user(self):
        leads = self._outside(3)
        self._ask_for(leads)
        self.pool.sudo().intake_user_id = False
        with self.assertLogs("odoo.addons.lead_public_pool.models.lead_pool_intaking"):
            self._run_cron("intake")
        self.assertEqual(set(leads.mapped("pool_state")), {"outside"})
        self.assertFalse(self.pool.intake_domain)

    def test_defaults_write_nothing_of_what_is_coming_in(self):
        pools = self.env["lead.pool"].with_user(self.admin)
        with self.assertRaises(AccessError):
            pools.with_context(default_intake_user_id=self.rep.id).create({"name": "Another"})
