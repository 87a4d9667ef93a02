import json

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import PoolCase


@tagged("post_install", "-at_install")
class TestConfig(PoolCase):
    """Pools as data."""

    def test_a_pool_travels_with_its_rules_and_members(self):
        second = self._create_pool("Carry 2")
        first = self._create_pool(
            "Carry 1", daily_limit=7, round_limit=2, next_pool_id=second.id, color=3
        )
        self._create_rule(pool_id=first.id, name="Idle", delay=4, unit="week", active=False)
        pools = first | second
        config = json.loads(json.dumps(pools.with_user(self.admin).pool_export()))
        first.write({"name": "Old 1"})
        second.write({"name": "Old 2"})
        answer = self.env["lead.pool"].with_user(self.admin).pool_import(config)
        self.assertFalse(answer["messages"])
        new = self.env["lead.pool"].browse(answer["ids"])
        self.assertRecordValues(
            new,
            [
                {"name": "Carry 1", "daily_limit": 7, "round_limit": 2, "color": 3},
                {"name": "Carry 2", "daily_limit": 0, "round_limit": 0, "color": 0},
            ],
        )
        self.assertEqual(new[0].next_pool_id, new[1])
        self.assertEqual(new[0].member_ids.user_id, first.member_ids.user_id)
        rule = new[0].with_context(active_test=False).rule_ids
        self.assertRecordValues(
            rule, [{"name": "Idle", "delay": 4, "unit": "week", "active": False, "version": 1}]
        )
        again = new.with_user(self.admin).pool_export()
        self.assertEqual(again, config)

    def test_what_is_unknown_here_is_reported_and_the_rest_comes_in(self):
        config = self.pool.with_user(self.admin).pool_export()
        config["pools"][0]["name"] = "Imported"
        config["pools"][0]["from_the_future"] = 1
        config["pools"][0]["members"].append({"user_id": "nobody@example.com", "role": "member"})
        answer = self.env["lead.pool"].with_user(self.admin).pool_import(config)
        self.assertEqual(len(answer["messages"]), 2)
        self.assertEqual(len(self.env["lead.pool"].browse(answer["ids"]).member_ids), 3)

    def test_bad_data_is_a_clear_error_and_creates_nothing(self):
        count = self.env["lead.pool"].search_count([])
        good = self.pool.with_user(self.admin).pool_export()
        bad_rule = json.loads(json.dumps(good))
        bad_rule["pools"][0]["rules"] = [{"name": "Bad", "domain": "[(", "delay": 1}]
        for config in (
            {},
            [],
            None,
            {"format": 2, "pools": []},
            {"format": 1, "pools": "many"},
            {"format": 1, "pools": [5]},
            {"format": 1, "pools": [{"name": "X", "kind": "nonsense"}]},
            bad_rule,
        ):
            with (
                self.subTest(str(config)[:60]),
                self.assertRaises(UserError),
                self.env.cr.savepoint(),
            ):
                self.env["lead.pool"].with_user(self.admin).pool_import(config)
        self.assertEqual(self.env["lead.pool"].search_count([]), count)

    def test_only_administrators_export_and_import(self):
        with self.assertRaises(AccessError):
            self.pool.with_user(self.lead_manager).pool_export()
        with self.assertRaises(AccessError):
            self.env["lead.pool"].with_user(self.rep).pool_import({"format": 1, "pools": []})

    def test_quick_start_makes_a_chain_that_works(self):
        pools = self.env["lead.pool"].search([("name", "in", ("New leads", "Second chance"))])
        pools.write({"name": "Renamed"})
        self.env["lead.pool"].with_user(self.admin).action_quick_start()
        first = self.env["lead.pool"].search([("name", "=", "New leads")])
        self.assertEqual(first.next_pool_id.name, "Second chance")
        self.assertEqual(len(first.rule_ids), 2)
        self.assertTrue(first._is_managed_by(self.admin))
        lead = self._create_leads(pool=first)
        self._claim(lead, self.admin)
        self.assertTrue(lead.pool_due_date)
        with self.assertRaises(UserError):
            self.env["lead.pool"].with_user(self.admin).action_quick_start()
