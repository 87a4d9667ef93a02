from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import PoolCase


@tagged("post_install", "-at_install")
class TestEntry(PoolCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.pool.write(
            {"entry_auto": True, "entry_domain": "[('city', '=', 'Lyon')]", "sequence": 1}
        )

    def _create(self, user=None, **values):
        return (
            self.env["crm.lead"]
            .with_user(user or self.env.user)
            .create({"name": "New", "type": "lead", "city": "Lyon", "user_id": False, **values})
            .sudo()
        )

    def test_new_lead_without_owner_enters_at_once(self):
        lead = self._create()
        self.assertPooled(lead)
        self.assertEqual(self._moves(lead).mapped("kind"), ["enter"])
        self.assertEqual(lead.company_id, self.pool.company_id)

    def test_lead_that_does_not_match_stays_outside(self):
        self.assertEqual(self._create(city="Bonn").pool_state, "outside")

    def test_first_matching_pool_takes_it(self):
        later = self._create_pool("Later", entry_auto=True, entry_domain="[]", sequence=2)
        self.assertPooled(self._create())
        self.assertPooled(self._create(city="Bonn"), later)
        later.sequence = 0
        self.assertPooled(self._create(), later)

    def test_owned_lead_gets_a_home_and_keeps_its_owner(self):
        rule = self._create_rule()
        lead = self._create(self.rep, user_id=self.rep.id)
        self.assertOwned(lead, self.rep)
        self.assertEqual(lead.pool_due_rule_id, rule)

    def test_pool_may_ignore_owned_leads(self):
        self.pool.entry_owned = False
        self.assertEqual(self._create(user_id=self.rep.id).pool_state, "outside")

    def test_person_above_the_holding_limit_is_told(self):
        self.pool.holding_limit = 1
        self._create(self.rep, user_id=self.rep.id)
        with self.assertRaisesRegex(UserError, "already holds 1 of 1"):
            self._create(self.rep, user_id=self.rep.id)

    def test_machine_above_the_holding_limit_loses_no_lead(self):
        self.pool.holding_limit = 1
        self._create(self.rep, user_id=self.rep.id)
        lead = (
            self.env["crm.lead"]
            .sudo()
            .create({"name": "From a form", "city": "Lyon", "user_id": self.rep.id})
        )
        self.assertPooled(lead)

    def test_losing_the_owner_outside_brings_a_lead_in(self):
        self.pool.entry_owned = False
        lead = self._create(user_id=self.rep.id)
        self.assertEqual(lead.pool_state, "outside")
        lead.with_user(self.rep).user_id = False
        self.assertPooled(lead)

    def test_mail_gateway_leads_enter(self):
        self.pool.entry_domain = "[('email_from', 'ilike', 'buyer@example.com')]"
        lead = self.env["crm.lead"].message_new(
            {"subject": "Interested", "from": "buyer@example.com", "body": "Hi"}, {}
        )
        self.assertPooled(lead)

    def test_team_leader_does_not_get_what_the_pool_took(self):
        team = self.env["crm.team"].create({"name": "Web", "user_id": self.stranger.id})
        self.env["ir.config_parameter"].sudo().set_param("crm.lead.auto.assignment", False)
        self.pool.entry_domain = "[]"
        lead = self.env["crm.lead"].message_new(
            {"subject": "Interested", "from": "x@example.com", "body": "Hi"}, {"team_id": team.id}
        )
        self.assertPooled(lead)

    def test_create_straight_into_a_pool(self):
        chosen = self._create_pool("Chosen")
        lead = self._create(self.rep, pool_id=chosen.id)
        self.assertPooled(lead, chosen)
        by_default = (
            self.env["crm.lead"].with_context(default_pool_id=chosen.id).create({"name": "Here"})
        )
        self.assertPooled(by_default, chosen)

    def test_stranger_cannot_create_into_a_pool(self):
        with self.assertRaisesRegex(UserError, "not a member"):
            self._create(self.stranger, pool_id=self.pool.id)

    def test_lead_cannot_enter_a_customer_pool(self):
        customers = self._create_pool("Customers", kind="customer")
        with self.assertRaises(UserError):
            self._create(pool_id=customers.id)

    def test_copy_starts_without_a_home(self):
        self.pool.entry_auto = False
        lead = self._create(pool_id=self.pool.id)
        self.assertEqual(lead.copy().pool_state, "outside")

    def test_existing_leads_come_in_on_request(self):
        self.pool.entry_auto = False
        waiting, held, lost = self._create() | self._create(user_id=self.rep.id) | self._create()
        lost.action_set_lost()
        with self.assertRaises(UserError):
            self.pool.with_user(self.lead_manager).action_sort_in()
        self.pool.entry_auto = True
        self.pool.with_user(self.lead_manager).action_sort_in()
        self.assertPooled(waiting)
        # What a manager of the pool may not read they do not take in.
        self.assertEqual(held.pool_state, "outside")
        self.pool.action_sort_in()
        self.assertOwned(held, self.rep)
        self.assertEqual(lost.pool_state, "outside")
