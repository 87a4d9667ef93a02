"""Committed pools, reps and leads for races on real connections."""

import json
from collections import defaultdict
from datetime import timedelta

from odoo.tests import TransactionCase
from odoo.tools import SQL, mute_logger

from odoo.addons.lead_public_pool.models.lead_pool_engine import ENGINE

from ..common import committed, requires

HOUR_RULE = {"name": "An hour", "clock": "claim", "delay": 1, "unit": "hour"}


class RaceCase(TransactionCase):
    """Each test commits what it needs and takes it back afterwards."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        requires(cls.env, "lead_public_pool")

    def setUp(self):
        super().setUp()
        # PostgreSQL reports each conflict that Odoo then replays; that is what we are after.
        for logger in ("odoo.sql_db", "odoo.service.model"):
            muted = mute_logger(logger)
            muted.__enter__()
            self.addCleanup(muted.__exit__, None, None, None)
        self.created = defaultdict(list)
        self.addCleanup(self._take_back)

    def _take_back(self):
        with committed(self.registry) as env:
            lead_ids = (0, *self.created["crm.lead"])
            env.cr.execute(
                SQL(
                    "DELETE FROM lead_pool_move WHERE res_id IN %s AND res_model = 'crm.lead'",
                    lead_ids,
                )
            )
            env["crm.lead"].browse(self.created["crm.lead"]).exists().unlink()
            env["lead.pool"].browse(self.created["lead.pool"]).exists().unlink()
            env.cr.execute("DELETE FROM lead_pool_run")
            env["res.users"].browse(self.created["res.users"]).exists().unlink()

    def _prepare(self, reps=1, leads=1, rules=(), **pool):
        """Commit a pool with members and leads.

        :return: (pool id, ids of reps, ids of leads)
        """
        with committed(self.registry, tracking_disable=True, no_reset_password=True) as env:
            group = env.ref("sales_team.group_sale_salesman_all_leads")
            users = env["res.users"].create(
                [
                    {
                        "name": f"Racer {number}",
                        "login": f"racer_{self._testMethodName}_{number}",
                        "group_ids": [(6, 0, [env.ref("base.group_user").id, group.id])],
                    }
                    for number in range(reps)
                ]
            )
            home = env["lead.pool"].create(
                {
                    "name": "Race",
                    "member_ids": [(0, 0, {"user_id": user.id}) for user in users],
                    "rule_ids": [(0, 0, rule) for rule in rules],
                    **pool,
                }
            )
            records = env["crm.lead"].create(
                [
                    {"name": f"Race {number}", "user_id": False, "pool_id": home.id}
                    for number in range(leads)
                ]
            )
            self.created["res.users"] += users.ids
            self.created["lead.pool"] += home.ids
            self.created["crm.lead"] += records.ids
            return home.id, users.ids, records.ids

    def _hold_until_due(self, holder, leads):
        """Commit that a rep holds these leads, and that their hour ran out an hour ago."""
        with committed(self.registry, holder) as env:
            env["crm.lead"].browse(leads).pool_claim()
        with committed(self.registry, pool_engine=ENGINE) as env:
            records = env["crm.lead"].browse(leads)
            records.write({"pool_own_date": env.cr.now() - timedelta(hours=2)})
            records._pool_refresh_due()

    def _codes(self, answers):
        """Result codes of answers from `in_parallel`, after checking that none is an exception."""
        failures = [repr(answer) for answer in answers if isinstance(answer, Exception)]
        self.assertFalse(failures)
        return [result["code"] for answer in answers for result in answer]

    def assertBooksBalance(self):
        """Replaying the ledger of each lead gives its home of today, step by step."""
        with committed(self.registry) as env:
            for lead in env["crm.lead"].browse(self.created["crm.lead"]):
                home = (False, False)
                moves = env["lead.pool.move"].search(
                    [("res_model", "=", "crm.lead"), ("res_id", "=", lead.id)], order="id"
                )
                for move in moves:
                    before = (move.user_from_id.id, move.pool_from_id.id)
                    self.assertEqual(home, before, json.dumps(move.read(["kind"]), default=str))
                    home = (move.user_to_id.id, move.pool_to_id.id)
                self.assertEqual(home, (lead.user_id.id, lead.pool_id.id))
