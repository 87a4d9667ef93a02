import psycopg2

from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import PoolCase


@tagged("post_install", "-at_install")
class TestPool(PoolCase):
    def test_filter_that_cannot_run_is_refused(self):
        for domain in (
            "[('no_such_field', '=', 1)]",
            "[(",
            "not a domain",
            "[('name', 'foo', 1)]",
            "5",
        ):
            with self.subTest(domain):
                with self.assertRaises(ValidationError), self.env.cr.savepoint():
                    self.pool.entry_domain = domain
                with self.assertRaises(ValidationError), self.env.cr.savepoint():
                    self._create_rule(domain=domain)

    @mute_logger("odoo.sql_db")
    def test_negative_limits_are_refused(self):
        for field_name in ("holding_limit", "daily_limit", "cooldown_days"):
            with (
                self.subTest(field_name),
                self.assertRaises(psycopg2.errors.CheckViolation),
                self.env.cr.savepoint(),
            ):
                self.pool[field_name] = -1
                self.pool.flush_recordset()

    @mute_logger("odoo.sql_db")
    def test_rule_without_delay_is_refused(self):
        for delay in (0, -3):
            with (
                self.subTest(delay),
                self.assertRaises(psycopg2.errors.CheckViolation),
                self.env.cr.savepoint(),
            ):
                self._create_rule(delay=delay)

    @mute_logger("odoo.sql_db")
    def test_nobody_is_a_member_twice(self):
        with self.assertRaises(psycopg2.errors.UniqueViolation), self.env.cr.savepoint():
            self.env["lead.pool.member"].create({"pool_id": self.pool.id, "user_id": self.rep.id})

    def test_portal_user_cannot_be_a_member(self):
        portal = self.env["res.users"].create(
            {
                "name": "Portal",
                "login": "pool_portal",
                "group_ids": [(6, 0, self.env.ref("base.group_portal").ids)],
            }
        )
        with self.assertRaisesRegex(ValidationError, "internal"):
            self.env["lead.pool.member"].create({"pool_id": self.pool.id, "user_id": portal.id})

    def test_pool_without_members_refuses_claims_and_sweeps_nobody(self):
        empty = self._create_pool("Empty", member_ids=[])
        lead = self._create_leads(pool=empty)
        result = lead.with_user(self.admin).pool_claim()
        self.assertEqual(self._codes(result), ["not_member"])
        self._create_rule(pool_id=empty.id)
        mine = self._claim(self._create_leads())
        self._make_older(mine, days=30)
        self._run_cron()
        self.assertOwned(mine, self.rep)

    def test_pool_that_is_a_home_can_be_neither_archived_nor_deleted(self):
        self._create_leads()
        for operation in (
            lambda: self.pool.write({"active": False}),
            lambda: self.pool.write({"kind": "customer"}),
            self.pool.unlink,
        ):
            with self.assertRaisesRegex(UserError, "1 records"):
                operation()

    def test_empty_pool_can_go(self):
        pool = self._create_pool("Short-lived")
        pool.action_archive()
        pool.unlink()

    def test_rule_cannot_send_leads_to_customers(self):
        customers = self._create_pool("Customers", kind="customer")
        with self.assertRaises(ValidationError):
            self._create_rule(target_pool_id=customers.id)

    def test_counts(self):
        self._create_rule()
        leads = self._create_leads(3)
        self._claim(leads[0])
        self._make_older(leads[0], days=1)
        self.pool.invalidate_recordset()
        self.assertRecordValues(self.pool, [{"pooled_count": 2, "owned_count": 1, "due_count": 1}])

    def test_copy_gets_its_own_name(self):
        self.assertEqual(self.pool.copy().name, "Test pool (copy)")

    def test_stat_buttons_open_what_they_count(self):
        leads = self._create_leads(2)
        self._claim(leads[0])
        for state, model, lead in (
            ("owned", "crm.lead", leads[0]),
            ("pooled", "lead.pool.entry", leads[1]),
        ):
            action = getattr(self.pool.with_user(self.lead_manager), f"action_open_{state}")()
            self.assertEqual(action["res_model"], model)
            self.assertEqual(action["context"]["search_default_pool_id"], self.pool.id)
            self.assertEqual(lead.pool_state, state)
