"""Races through the window of the pool, where reps of sealed pools claim."""

from ..common import committed, in_parallel, remove_committed, top_level
from .common import HOUR_RULE, RaceCase

SEALED = {"visibility": "sealed", "mask_company": True}


@top_level
class TestEntryRaces(RaceCase):
    def _entries(self, leads):
        with committed(self.registry) as env:
            entries = env["lead.pool.entry"].search(
                [("res_id", "in", leads), ("kind", "=", "lead")]
            )
            self.assertEqual(len(entries), len(leads))
            return entries.ids

    def _claim(self, entry_ids):
        return lambda env: env["lead.pool.entry"].browse(entry_ids).pool_claim()

    def _claims_per_lead(self, leads):
        with committed(self.registry) as env:
            moves = env["lead.pool.move"].search([("res_id", "in", leads), ("kind", "=", "claim")])
            return sorted(moves.mapped("res_id"))

    def test_two_reps_claim_the_same_entries_at_once(self):
        _pool, reps, leads = self._prepare(reps=2, leads=8, **SEALED)
        entries = self._entries(leads)
        jobs = [(reps[0], self._claim(entries)), (reps[1], self._claim(entries[::-1]))]
        codes = self._codes(in_parallel(self.registry, jobs))
        self.assertEqual((codes.count("ok"), codes.count("taken")), (8, 8), codes)
        self.assertEqual(self._claims_per_lead(leads), sorted(leads))
        self.assertBooksBalance()

    def test_the_button_of_two_reps_on_one_entry_has_one_winner_and_no_error(self):
        _pool, reps, [lead] = self._prepare(reps=2, **SEALED)
        [entry] = self._entries([lead])

        def press(env):
            return [env["lead.pool.entry"].browse(entry).action_pool_claim()]

        answers = in_parallel(self.registry, [(rep, press) for rep in reps])
        failures = [repr(answer) for answer in answers if isinstance(answer, Exception)]
        self.assertFalse(failures)
        self.assertEqual(self._claims_per_lead([lead]), [lead])
        self.assertBooksBalance()

    def test_claim_through_entries_against_reclaim_leaves_one_home(self):
        _pool, [holder, eager], leads = self._prepare(reps=2, leads=8, rules=[HOUR_RULE], **SEALED)
        entries = self._entries(leads)
        self._hold_until_due(holder, leads[:4])

        def reclaim(env):
            env["lead.pool"]._cron_reclaim()
            return []

        codes = self._codes(
            in_parallel(self.registry, [(eager, self._claim(entries)), (1, reclaim)])
        )
        self.assertGreaterEqual(codes.count("ok"), 4, codes)
        self.assertLessEqual(set(codes), {"ok", "taken", "locked"})
        with committed(self.registry) as env:
            env["lead.pool"]._cron_reclaim()
        with committed(self.registry) as env:
            records = env["crm.lead"].browse(leads)
            self.assertLessEqual(set(records.user_id.ids), {eager})
            for lead in records:
                self.assertEqual(lead.pool_state, "owned" if lead.user_id else "pooled")
        self.assertBooksBalance()

    def test_eight_reps_take_the_next_best_of_a_sealed_pool_blindly(self):
        pool, reps, leads = self._prepare(reps=8, leads=20, claim_mode="next", **SEALED)

        def take(env):
            return env["lead.pool"].browse(pool).pool_claim_next(count=2)

        codes = self._codes(in_parallel(self.registry, [(rep, take) for rep in reps]))
        self.assertEqual(codes, ["ok"] * 16)
        claimed = self._claims_per_lead(leads)
        self.assertEqual(len(claimed), 16)
        self.assertEqual(len(set(claimed)), 16)
        with committed(self.registry) as env:
            owners = env["crm.lead"].browse(leads).mapped("user_id.id")
            self.assertEqual(len(owners), 8)
        self.assertBooksBalance()

    def test_eight_reps_share_out_fewer_than_they_want(self):
        pool, reps, leads = self._prepare(reps=8, leads=5, claim_mode="next", **SEALED)

        def take(env):
            return env["lead.pool"].browse(pool).pool_claim_next()

        codes = self._codes(in_parallel(self.registry, [(rep, take) for rep in reps]))
        self.assertEqual(codes.count("ok"), 5, codes)
        self.assertEqual(self._claims_per_lead(leads), sorted(leads))
        self.assertBooksBalance()

    def test_parallel_lookups_never_pass_the_quota(self):
        _pool, [rep], _leads = self._prepare()
        with committed(self.registry) as env:
            company = env["res.users"].browse(rep).company_id
            before = company.pool_lookup_limit
            company.pool_lookup_limit = 3

        def restore():
            with committed(self.registry) as env:
                env["res.company"].browse(company.id).pool_lookup_limit = before
                ids = env["lead.pool.lookup.log"].search([("user_id", "=", rep)]).ids
            remove_committed(self.registry, "lead.pool.lookup.log", ids)

        self.addCleanup(restore)

        def ask(env):
            return env["lead.pool"].pool_lookup(name="Race and Sons")

        answers = in_parallel(self.registry, [(rep, ask)] * 5)
        refused = [answer for answer in answers if isinstance(answer, Exception)]
        self.assertEqual(len(refused), 2, answers)
        for answer in refused:
            self.assertIn("3 companies today", str(answer))
