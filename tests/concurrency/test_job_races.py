from unittest.mock import patch

from psycopg2.errors import SerializationFailure

from odoo import SUPERUSER_ID, api

from odoo.addons.lead_public_pool.tools.jobs import ATTEMPTS, each_or_set_aside, replayed

from ..common import committed, top_level
from .common import RaceCase


@top_level
class TestJobRaces(RaceCase):
    """Jobs and queues on real connections: a conflict is replayed, and is nobody's fault."""

    def test_next_best_keeps_nothing_locked_that_was_refused(self):
        pool, [asker, other], leads = self._prepare(reps=2, leads=5, claim_mode="next")
        with committed(self.registry) as env:
            members = env["lead.pool"].browse(pool).member_ids
            members.filtered(lambda row: row.user_id.id == asker).write(
                {"own_limits": True, "fresh_delay_hours": 5}
            )
        with self.registry.cursor() as cr:
            mine = api.Environment(cr, asker, {})["lead.pool"].browse(pool)
            self.assertEqual(mine.pool_claim_next()[0]["code"], "fresh_delay")
            # Before he is done, a colleague gets them all.
            with committed(self.registry, other) as env:
                answers = env["lead.pool"].browse(pool).pool_claim_next(len(leads))
                self.assertEqual([answer["code"] for answer in answers], ["ok"] * len(leads))
            cr.rollback()
        self.assertBooksBalance()

    def test_an_assignment_that_meets_a_claim_is_done_again(self):
        pool, [rep], leads = self._prepare(leads=2, assign_strategy="round_robin")
        with committed(self.registry) as env:
            pools = type(env["lead.pool"])
            lock, claims, calls = pools._lock_all_members, [], []

            def claim_first(records):
                calls.append(records.id)
                if records.id == pool and not claims:
                    with committed(self.registry, rep) as other:
                        claims.append(other["crm.lead"].browse(leads[0]).pool_claim())
                return lock(records)

            with patch.object(pools, "_lock_all_members", claim_first):
                env["lead.pool"]._cron_assign(batch_size=1)
            self.assertEqual(claims[0][0]["code"], "ok")
            owners = [lead.user_id.id for lead in env["crm.lead"].browse(leads)]
            self.assertEqual(owners, [rep, rep])
            self.assertGreater(len(calls), 1)
            self.assertFalse(env["lead.pool.trouble"].search([("pool_id", "=", pool)]))
        self.assertBooksBalance()

    def test_a_conflict_is_never_recorded_as_a_bad_record(self):
        _pool, _users, leads = self._prepare(leads=4)
        aside, tries = [], []

        def work(records):
            tries.append(len(records))
            raise SerializationFailure("somebody else was there")

        def turn():
            records = env["crm.lead"].browse(leads)
            each_or_set_aside(records, work, lambda record, error: aside.append(record))

        with self.registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            with self.assertRaises(SerializationFailure):
                replayed(env, turn)
        # The whole batch anew each time, and no search for somebody to blame.
        self.assertEqual(tries, [len(leads)] * ATTEMPTS)
        self.assertFalse(aside)
