from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import PoolCase

# A field of contacts that only administrators may read.
ORACLE = "[('user_id.partner_id.signup_type', '=', 'x')]"


@tagged("post_install", "-at_install")
class TestFilterRights(PoolCase):
    """A pool manager's filters ask for nothing that they may not read themselves."""

    def test_no_filter_asks_for_what_its_author_may_not_read(self):
        pool = self.pool.with_user(self.lead_manager)
        rule = self._create_rule().with_user(self.lead_manager)
        member = pool.member_ids.filtered(lambda m: m.user_id == self.rep)
        for record in (pool, rule, member):
            for name in record._stored_filters:
                if name == "member_domain":
                    continue
                with self.subTest(name), self.assertRaises(AccessError), self.cr.savepoint():
                    record.write({name: ORACLE})
        with self.assertRaises(AccessError), self.cr.savepoint():
            pool.write({"rule_ids": [(0, 0, {"name": "New", "delay": 1, "domain": ORACLE})]})
        with self.assertRaises(AccessError), self.cr.savepoint():
            self.env["lead.pool.rule"].with_user(self.lead_manager).with_context(
                default_domain=ORACLE
            ).create({"name": "New", "pool_id": pool.id, "delay": 1})

    def test_an_administrator_may_and_a_manager_may_ask_for_what_they_read(self):
        self.pool.write({"entry_domain": ORACLE})
        self.pool.with_user(self.lead_manager).write(
            {"entry_domain": "[('team_id.name', '=', 'x'), ('tag_ids.name', 'like', 'y')]"}
        )

    def test_intake_counts_and_takes_only_what_its_manager_reads(self):
        secret = self.env["crm.lead"].create({"name": "Private lead", "user_id": self.other.id})
        boss = self.lead_manager
        self.assertFalse(self.env["crm.lead"].with_user(boss).search([("id", "=", secret.id)]))
        intake = (
            self.env["lead.pool.intake"]
            .with_user(boss)
            .create(
                {
                    "pool_id": self.pool.id,
                    "entry_domain": f"[('id', '=', {secret.id})]",
                    "entry_owned": True,
                    "entry_auto": False,
                }
            )
        )
        self.assertEqual((intake.waiting_count, intake.owned_count), (0, 0))
        intake.action_take_in()
        self.assertEqual((secret.pool_state, secret.user_id), ("outside", self.other))
