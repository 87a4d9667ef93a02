from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged

from .common import PoolCase


@tagged("post_install", "-at_install")
class TestWaysOut(PoolCase):
    """Nobody but its managers takes a record out of circulation, whatever they write."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customers = cls._create_pool("Customers", kind="customer")
        cls.group = cls.env["res.partner"].create({"name": "Group", "user_id": cls.rep.id})
        cls.customer = cls.env["res.partner"].create(
            {"name": "Mine Ltd", "pool_id": cls.customers.id}
        )
        cls.customer.with_user(cls.rep).pool_claim()
        cls.company_b = cls.env["res.company"].create({"name": "Company B"})
        cls.rep.write({"company_ids": [(4, cls.company_b.id)]})
        cls.env.user.write({"company_ids": [(4, cls.company_b.id)]})
        cls.lead = cls._create_leads(1)
        cls.lead.with_user(cls.rep).pool_claim()

    def test_an_owner_does_not_make_a_contact_of_his_customer(self):
        customer, group = self.customer.with_user(self.rep), self.group.with_user(self.rep)
        # Commands on contacts run as whoever began the transaction: over RPC, that is the rep.
        self.patch(self.env.transaction, "default_env", self.env(user=self.rep))
        for way in (
            lambda: customer.write({"parent_id": group.id}),
            lambda: group.write({"child_ids": [(4, customer.id)]}),
            lambda: customer.write({"parent_id": group.id, "user_id": False}),
        ):
            self.env.invalidate_all()
            with self.assertRaises(UserError), self.cr.savepoint():
                way()
        self.assertOwned(self.customer, self.rep, self.customers)
        self.customer.with_user(self.lead_manager).write({"parent_id": self.group.id})
        self.assertEqual(self.customer.pool_state, "outside")

    def test_an_owner_does_not_give_a_record_to_another_company_or_to_all(self):
        for company in (self.company_b.id, False):
            with self.subTest(company=company), self.assertRaises(UserError), self.cr.savepoint():
                self.lead.with_user(self.rep).write({"company_id": company})
        with self.assertRaises(UserError), self.cr.savepoint():
            self.customer.with_user(self.rep).write({"company_id": self.company_b.id})
        team = self.env["crm.team"].create({"name": "Team B", "company_id": self.company_b.id})
        with self.assertRaises(UserError), self.cr.savepoint():
            self.lead.with_user(self.rep).write({"team_id": team.id})
        self.assertEqual(self.lead.company_id, self.pool.company_id)

    def test_archiving_and_back_changes_no_home(self):
        self.lead.with_user(self.rep).action_archive()
        self.lead.with_user(self.rep).action_unarchive()
        self.assertOwned(self.lead, self.rep)
        self.assertTrue(self.lead.pool_own_date)

    def test_merging_contacts_is_no_way_around_a_claim(self):
        maker = new_test_user(
            self.env,
            "pool_maker",
            groups="base.group_user,sales_team.group_sale_salesman,base.group_partner_manager",
        )
        waiting = self.env["res.partner"].create(
            {"name": "Waits", "email": "same@merge.example", "pool_id": self.customers.id}
        )
        mine = self.env["res.partner"].create(
            {"name": "Bait", "email": "same@merge.example", "user_id": maker.id}
        )
        self.customer.email = "same@merge.example"
        wizard = self.env["base.partner.merge.automatic.wizard"].with_user(maker)
        for theirs in (waiting, self.customer):
            for survivor in (mine, theirs):
                with (
                    self.subTest(theirs=theirs.name, survivor=survivor.name),
                    self.assertRaises(UserError),
                    self.cr.savepoint(),
                ):
                    wizard._merge((mine | theirs).ids, survivor)
        self.assertPooled(waiting, self.customers)
        self.assertOwned(self.customer, self.rep, self.customers)

    def test_a_merge_is_written_down_also_where_the_survivor_keeps_its_home(self):
        other = self._create_leads(1)
        other.with_user(self.rep).pool_claim()
        (self.lead | other).merge_opportunity()
        survivor = (self.lead | other).exists()
        self.assertOwned(survivor, self.rep)
        last = self._moves(survivor)[-1]
        self.assertEqual(
            (last.kind, last.user_to_id, last.pool_to_id), ("merge", self.rep, self.pool)
        )

    def test_what_merges_over_companies_lies_with_the_company_of_its_pool(self):
        foreign = self.env["crm.lead"].create(
            {
                "name": "Lead B",
                "type": "opportunity",
                "company_id": self.company_b.id,
                "user_id": self.rep.id,
            }
        )
        (foreign | self.lead).merge_opportunity()
        survivor = (foreign | self.lead).exists()
        self.assertEqual(survivor.company_id, survivor.pool_id.company_id)


@tagged("post_install", "-at_install")
class TestWaysToPower(PoolCase):
    """A manager of one pool is no manager of another, whatever the context or the command says."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.foreign = cls._create_pool("Foreign", member_ids=[(0, 0, {"user_id": cls.rep.id})])

    def _as_boss(self, model, **context):
        return self.env[model].with_user(self.lead_manager).with_context(**context)

    def test_defaults_make_nobody_a_manager(self):
        members = self._as_boss("lead.pool.member", default_pool_id=self.foreign.id)
        values = {"user_id": self.lead_manager.id, "role": "manager"}
        with self.assertRaises(AccessError):
            members.create(values)
        self.env["ir.default"].set(
            "lead.pool.member", "pool_id", self.foreign.id, user_id=self.lead_manager.id
        )
        with self.assertRaises(AccessError):
            self._as_boss("lead.pool.member").create(values)

    def test_a_rule_or_member_does_not_move_into_a_foreign_pool(self):
        rule = self._create_rule()
        member = self.pool.member_ids.filtered(lambda m: m.user_id == self.other)
        for record in (rule, member):
            with self.subTest(record._name), self.assertRaises(AccessError), self.cr.savepoint():
                record.with_user(self.lead_manager).write({"pool_id": self.foreign.id})
        pool = self.pool.with_user(self.lead_manager)
        theirs = self._create_rule(pool_id=self.foreign.id)
        with self.assertRaises(AccessError), self.cr.savepoint():
            pool.write({"rule_ids": [(4, theirs.id)]})

    def test_rules_send_nothing_into_a_pool_where_one_has_no_business(self):
        rule = self._create_rule().with_user(self.lead_manager)
        with self.assertRaises(AccessError), self.cr.savepoint():
            rule.write({"target_pool_id": self.foreign.id})
        with self.assertRaises(AccessError), self.cr.savepoint():
            self._as_boss("lead.pool.rule", default_target_pool_id=self.foreign.id).create(
                {"name": "Away", "pool_id": self.pool.id, "delay": 1}
            )
        with self.assertRaises(AccessError), self.cr.savepoint():
            self.pool.with_user(self.lead_manager).write({"next_pool_id": self.foreign.id})
        company = self.env["res.company"].create({"name": "Other company"})
        abroad = self.env["lead.pool"].create({"name": "Abroad", "company_id": company.id})
        with self.assertRaises(ValidationError), self.cr.savepoint():
            self.pool.next_pool_id = abroad

    def test_no_default_writes_what_the_pool_keeps(self):
        for name, value in (
            ("pool_round", -1000),
            ("pool_former_user_id", self.rep.id),
            ("pool_protected_until", "2036-01-01 00:00:00"),
            ("pool_touch_date", "2036-01-01 00:00:00"),
        ):
            leads = (
                self.env["crm.lead"].with_user(self.rep).with_context(**{f"default_{name}": value})
            )
            with self.subTest(name), self.assertRaises(UserError), self.cr.savepoint():
                leads.create({"name": "Forged"})

    def test_an_archived_pool_takes_nothing_in(self):
        empty = self._create_pool("Closed down")
        empty.active = False
        lead = self._create_leads(1)
        for way in (
            lambda: lead.with_user(self.lead_manager).pool_transfer(empty.id),
            lambda: lead.write({"pool_id": empty.id}),
            lambda: self._create_leads(1, pool=empty),
        ):
            with self.assertRaises(UserError), self.cr.savepoint():
                way()
        self.assertPooled(lead)

    def test_a_kind_of_move_that_nobody_judges_is_an_error(self):
        with self.assertRaises(ValueError):
            self._create_leads(1)._pool_move("clam", user=self.rep)

    def test_a_manager_who_names_a_pool_gets_that_pool_in_the_last_round_too(self):
        last = self._create_pool("Last resort")
        self.pool.write({"round_limit": 1, "next_pool_id": last.id})
        wanted = self._create_pool("Wanted")
        lead = self._create_leads(1)
        lead.with_user(self.rep).pool_claim()
        lead.with_user(self.lead_manager).pool_release(pool_id=wanted.id)
        self.assertPooled(lead, wanted)
