from collections import Counter

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common import PoolCase


@tagged("post_install", "-at_install")
class TestHandover(PoolCase):
    """What happens when a salesperson or a pool goes."""

    def _wizard(self, user=None, **values):
        return (
            self.env["lead.pool.handover"]
            .with_user(user or self.lead_manager)
            .create({"user_id": self.rep.id, **values})
        )

    def test_records_go_evenly_to_colleagues_and_the_rest_to_the_pool(self):
        self.pool._member(self.other).write({"own_limits": True, "holding_limit": 1})
        leads = self._claim(self._create_leads(5))
        wizard = self._wizard(
            how="users", receiver_ids=[(6, 0, (self.other | self.lead_manager).ids)]
        )
        self.assertEqual(wizard.record_count, 5)
        action = wizard.action_hand_over()
        self.assertRegex(action["params"]["message"], "[34] records handed over, [12] back")
        owners = Counter(lead.user_id for lead in leads)
        self.assertEqual(owners[self.rep], 0)
        self.assertEqual(owners[self.other], 1)
        self.assertEqual(sum(owners.values()), 5)

    def test_all_at_once_says_before_what_will_not_fit_and_why(self):
        self.pool._member(self.other).write({"own_limits": True, "holding_limit": 1})
        leads = self._claim(self._create_leads(3))
        mine = self.env["res.partner"].create({"name": "Own customer", "user_id": self.rep.id})
        wizard = self._wizard(how="users", receiver_ids=[(6, 0, self.other.ids)])
        self.assertIn("To colleagues: 1 of 3 records.", wizard.forecast)
        self.assertIn("2 × Otto Other already holds 1 of 1", wizard.forecast)
        self.assertIn("In no pool, stays with him: 1 × Contact (Own customer)", wizard.forecast)
        self.assertEqual(leads.user_id, self.rep)
        self.assertEqual(mine.user_id, self.rep)
        wizard.how = "pool"
        self.assertIn("Back to their pools: 3 records.", wizard.forecast)

    def test_the_dialog_says_it_while_it_is_filled_in(self):
        self.pool._member(self.other).write({"own_limits": True, "holding_limit": 1})
        self._claim(self._create_leads(3))
        form = Form(self.env["lead.pool.handover"].with_user(self.lead_manager))
        form.user_id = self.rep
        self.assertIn("Back to their pools: 3 records.", form.forecast)
        form.how = "users"
        form.receiver_ids.add(self.other)
        self.assertIn("To colleagues: 1 of 3 records.", form.forecast)
        self.assertIn("2 × Otto Other already holds 1 of 1", form.forecast)

    def test_all_at_once_leaves_reasons_and_a_line_in_the_report(self):
        self.pool._member(self.other).write({"own_limits": True, "holding_limit": 1})
        leads = self._claim(self._create_leads(3))
        self.env["crm.lead"].create({"name": "Outside all", "user_id": self.rep.id})
        wizard = self._wizard(how="users", receiver_ids=[(6, 0, self.other.ids)])
        params = wizard.action_hand_over()["params"]
        self.assertIn("1 records handed over, 2 back in their pools", params["message"])
        self.assertIn("Otto Other already holds 1 of 1", params["message"])
        self.assertIn("In no pool, stays with him: 1", params["message"])
        self.assertTrue(params["sticky"])
        for lead in leads.filtered(lambda lead: lead.pool_state == "pooled"):
            self.assertIn("Otto Other already holds 1 of 1", self._moves(lead)[-1].note)
            self.assertIn("Otto Other already holds", lead.message_ids[0].body)
        stage = self.env["lead.pool.handover.stage"].with_user(self.lead_manager).search([])
        self.assertRecordValues(
            stage,
            [
                {
                    "user_id": self.rep.id,
                    "how": "users",
                    "receivers": "Otto Other",
                    "record_count": 3,
                    "given_count": 1,
                    "returned_count": 2,
                    "left_count": 0,
                }
            ],
        )
        self.assertIn("2 × Otto Other already holds 1 of 1", stage.reasons)
        # He may not read that lead, so its name is no business of his; that it stays is.
        self.assertIn("In no pool, stays with him: 1 × Lead.", stage.reasons)

    def test_records_go_back_to_their_pools(self):
        leads = self._claim(self._create_leads(2))
        self._wizard().action_hand_over()
        for lead in leads:
            self.assertPooled(lead)

    def test_only_managers_of_the_pools_hand_over(self):
        self._claim(self._create_leads())
        with self.assertRaises(AccessError):
            self._wizard(self.rep)
        foreign = self._create_pool("Foreign", member_ids=[(0, 0, {"user_id": self.rep.id})])
        lead = self._claim(self._create_leads(pool=foreign))
        self.assertEqual(self._wizard().record_count, 1)
        with self.assertRaises(AccessError):
            self._wizard(pool_ids=[(6, 0, foreign.ids)]).action_hand_over()
        self.assertOwned(lead, self.rep, foreign)

    def test_somebody_must_receive(self):
        self._claim(self._create_leads())
        with self.assertRaises(UserError):
            self._wizard(how="users").action_hand_over()

    def test_who_leaves_the_pool_loses_its_records(self):
        lead = self._claim(self._create_leads())
        self.pool._member(self.rep).unlink()
        self.assertPooled(lead)
        self.assertEqual(self._moves(lead)[-1].kind, "owner_left")

    def test_even_split_of_selected_records(self):
        leads = self._create_leads(5)
        results = leads.with_user(self.lead_manager).pool_split([self.rep.id, self.other.id])
        self.assertEqual(self._codes(results), ["ok"] * 5)
        owners = Counter(lead.user_id for lead in leads)
        self.assertEqual(sorted(owners.values()), [2, 3])
        with self.assertRaises(UserError):
            leads.with_user(self.lead_manager).pool_split([2**31 - 5])
        results = leads.with_user(self.rep).pool_split([self.other.id])
        self.assertEqual(set(self._codes(results)), {"not_member", "not_pooled"})

    def test_whole_pool_moves_with_its_owners_and_can_then_go(self):
        target = self._create_pool("Target")
        waiting, held, lost = self._create_leads(3)
        self._claim(held)
        lost.action_set_lost()
        wizard = (
            self.env["lead.pool.transfer"]
            .with_user(self.admin)
            .create({"pool_id": self.pool.id, "target_id": target.id, "archive_after": True})
        )
        wizard.action_transfer()
        self.assertPooled(waiting, target)
        self.assertOwned(held, self.rep, target)
        self.assertEqual(lost.pool_id, target)
        self.assertFalse(self.pool.active)

    def test_nobody_else_moves_a_whole_pool(self):
        target = self._create_pool("Target")
        with self.assertRaises(AccessError):
            self.pool.with_user(self.rep).pool_transfer_all(target.id)
        with self.assertRaises(UserError):
            self.pool.with_user(self.admin).pool_transfer_all(self.pool.id)


@tagged("post_install", "-at_install")
class TestStagedHandover(PoolCase):
    """A leaving colleague's records, group by group."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customers = cls._create_pool("Customers", kind="customer")
        cls.leads = cls._create_leads(4)
        cls.opportunities = cls._create_leads(2, type="opportunity")
        cls.customer = cls.env["res.partner"].create({"name": "C", "pool_id": cls.customers.id})
        for records in (cls.leads, cls.opportunities, cls.customer):
            records.with_user(cls.rep).pool_claim()
        cls.overdue = cls.leads[0]
        cls.overdue.activity_schedule(
            "mail.mail_activity_data_todo", user_id=cls.rep.id, date_deadline="2020-01-01"
        )

    def _wizard(self, user=None):
        user = user or self.lead_manager
        return self.env["lead.pool.handover"].with_user(user).create({"user_id": self.rep.id})

    def _line(self, wizard, group):
        return wizard.line_ids.filtered(lambda line: line.group == group)

    def test_each_record_is_in_one_group(self):
        wizard = self._wizard()
        self.assertEqual(
            {line.group: line.record_count for line in wizard.line_ids},
            {"overdue": 1, "opportunity": 2, "lead": 3, "customer": 1},
        )
        self.assertEqual(wizard.record_count, 7)
        self.assertEqual(set(wizard.line_ids.mapped("how")), {"leave"})

    def test_groups_go_where_the_manager_says_and_the_rest_waits(self):
        wizard = self._wizard()
        self._line(wizard, "opportunity").write(
            {"how": "users", "receiver_ids": [(6, 0, self.other.ids)]}
        )
        self._line(wizard, "lead").how = "pool"
        action = wizard.action_run()
        self.assertEqual(action["res_id"], wizard.id)
        self.assertEqual(self.opportunities.user_id, self.other)
        for lead in self.leads - self.overdue:
            self.assertPooled(lead)
        self.assertOwned(self.overdue, self.rep)
        self.assertEqual(set(wizard.line_ids.mapped("group")), {"overdue", "customer"})
        given, returned = wizard.stage_ids.sorted("given_count", reverse=True)
        self.assertRecordValues(
            given | returned,
            [
                {"group": "opportunity", "given_count": 2, "returned_count": 0, "left_count": 0},
                {"group": "lead", "given_count": 0, "returned_count": 3, "left_count": 0},
            ],
        )
        self.assertEqual(given.receivers, "Otto Other")
        # Another day, the rest.
        later = self._wizard()
        self.assertEqual(later.stage_ids, given | returned)
        for line in later.line_ids:
            line.how = "pool"
        later.action_run()
        self.assertPooled(self.overdue)
        self.assertPooled(self.customer, self.customers)
        self.assertFalse(later.line_ids)
        self.assertEqual(len(later.stage_ids), 4)

    def test_evenly_to_a_team(self):
        team = self.env["crm.team"].create(
            {"name": "T", "member_ids": [(6, 0, (self.other | self.lead_manager | self.rep).ids)]}
        )
        wizard = self._wizard()
        self._line(wizard, "opportunity").write({"how": "team", "team_id": team.id})
        wizard.action_run()
        self.assertEqual(self.opportunities.user_id, self.other | self.lead_manager)

    def test_what_nobody_can_receive_stays_and_is_reported(self):
        self.pool._member(self.other).write({"own_limits": True, "holding_limit": 1})
        wizard = self._wizard()
        self._line(wizard, "lead").write({"how": "users", "receiver_ids": [(6, 0, self.other.ids)]})
        wizard.action_run()
        [stage] = wizard.stage_ids
        self.assertEqual((stage.given_count, stage.left_count), (1, 2))
        self.assertIn("2 × Otto Other already holds 1 of 1", stage.reasons)
        self.assertEqual(self._line(wizard, "lead").record_count, 2)

    def test_nothing_moves_before_everything_is_decided(self):
        wizard = self._wizard()
        with self.assertRaisesRegex(UserError, "at least one group"):
            wizard.action_run()
        self._line(wizard, "lead").how = "pool"
        self._line(wizard, "opportunity").write(
            {"how": "users", "receiver_ids": [(6, 0, self.rep.ids)]}
        )
        with self.assertRaisesRegex(UserError, "Opportunities: choose who receives"):
            wizard.action_run()
        self.assertEqual(self.leads.user_id, self.rep)

    def test_open_quotations_come_first_where_there_are_any(self):
        if "order_ids" not in self.env["crm.lead"]._fields:
            self.assertIsNone(self.env["lead.pool.handover"]._lead_groups()["quotation"])
            return
        self.env["sale.order"].create(
            {"partner_id": self.customer.id, "opportunity_id": self.opportunities[0].id}
        )
        self.assertEqual(self._line(self._wizard(), "quotation").record_count, 1)

    def test_report_is_for_who_did_it_and_for_administrators(self):
        wizard = self._wizard()
        self._line(wizard, "lead").how = "pool"
        wizard.action_run()
        stages = self.env["lead.pool.handover.stage"]
        self.assertTrue(stages.with_user(self.lead_manager).search([]))
        self.assertTrue(stages.with_user(self.admin).search([]))
        with self.assertRaises(AccessError):
            stages.with_user(self.rep).search([])
        self.stranger.group_ids += self.env.ref("lead_public_pool.group_pool_manager")
        self.assertFalse(stages.with_user(self.stranger).search([]))
