import psycopg2

from ..common import committed, in_parallel, top_level
from .common import HOUR_RULE, RaceCase


def claim(*lead_ids):
    return lambda env: env["crm.lead"].browse(lead_ids).pool_claim()


@top_level
class TestClaimRaces(RaceCase):
    def test_sixteen_reps_on_one_lead_have_one_winner(self):
        _pool, reps, [lead] = self._prepare(reps=16)
        codes = self._codes(in_parallel(self.registry, [(rep, claim(lead)) for rep in reps]))
        self.assertEqual(sorted(codes), ["ok"] + ["taken"] * 15)
        self.assertBooksBalance()

    def test_one_rep_with_parallel_claims_never_passes_his_daily_limit(self):
        _pool, [rep], leads = self._prepare(leads=20, daily_limit=5)
        codes = self._codes(in_parallel(self.registry, [(rep, claim(lead)) for lead in leads]))
        self.assertEqual(sorted(codes), ["daily_limit"] * 15 + ["ok"] * 5)
        self.assertBooksBalance()

    def test_one_rep_with_parallel_claims_never_passes_his_holding_limit(self):
        _pool, [rep], leads = self._prepare(leads=6, holding_limit=2)
        codes = self._codes(in_parallel(self.registry, [(rep, claim(lead)) for lead in leads]))
        self.assertEqual(sorted(codes), ["holding_limit"] * 4 + ["ok"] * 2)

    def test_one_rep_with_parallel_claims_in_two_pools_never_passes_the_limit_of_the_company(self):
        _pool, [rep], leads = self._prepare(leads=4)
        with committed(self.registry, tracking_disable=True) as env:
            second = env["lead.pool"].create(
                {"name": "Race too", "member_ids": [(0, 0, {"user_id": rep})]}
            )
            more = env["crm.lead"].create(
                [{"name": f"More {n}", "user_id": False, "pool_id": second.id} for n in range(4)]
            )
            self.created["lead.pool"] += second.ids
            self.created["crm.lead"] += more.ids
            company = second.company_id
            company.pool_holding_limit = 1
        self.addCleanup(self._lift_limit, company.id)
        for here, there in zip(leads, more.ids, strict=True):
            self._codes(in_parallel(self.registry, [(rep, claim(here)), (rep, claim(there))]))
        with committed(self.registry) as env:
            held = env["crm.lead"].search_count([("user_id", "=", rep)])
        self.assertEqual(held, 1)
        self.assertBooksBalance()

    def test_one_rep_who_opens_in_parallel_never_passes_his_holding_limit(self):
        _pool, [rep], leads = self._prepare(leads=3)
        with committed(self.registry, rep) as env:
            env["crm.lead"].browse(leads).pool_claim()
        with committed(self.registry) as env:
            env["crm.lead"].browse(leads).active = False
            env["lead.pool"].browse(_pool).holding_limit = 1

        def reopen(lead):
            return lambda env: env["crm.lead"].browse(lead).write({"active": True})

        answers = in_parallel(self.registry, [(rep, reopen(lead)) for lead in leads])
        self.assertEqual(sum(answer is True for answer in answers), 1, answers)
        for answer in answers:
            self.assertFalse(isinstance(answer, psycopg2.Error), repr(answer))

    def _lift_limit(self, company):
        with committed(self.registry) as env:
            env["res.company"].browse(company).pool_holding_limit = 0

    def test_plain_writes_race_like_claims(self):
        _pool, reps, [lead] = self._prepare(reps=6)

        def write_myself(env):
            env["crm.lead"].browse(lead).write({"user_id": env.uid})
            return [{"code": "ok"}]

        answers = in_parallel(self.registry, [(rep, write_myself) for rep in reps])
        won = [answer for answer in answers if not isinstance(answer, Exception)]
        self.assertEqual(len(won), 1, answers)
        for answer in answers:
            self.assertFalse(isinstance(answer, psycopg2.Error), repr(answer))
        self.assertBooksBalance()

    def test_overlapping_batches_in_opposite_order_share_out_without_deadlock(self):
        _pool, reps, leads = self._prepare(reps=4, leads=10)
        jobs = [
            (rep, claim(*(leads if number % 2 else reversed(leads))))
            for number, rep in enumerate(reps)
        ]
        codes = self._codes(in_parallel(self.registry, jobs))
        self.assertEqual(codes.count("ok"), 10)
        self.assertEqual(codes.count("taken"), 30)
        self.assertBooksBalance()

    def test_same_key_twice_at_once_counts_once(self):
        _pool, [rep], [lead] = self._prepare(daily_limit=5)

        def tap(env):
            return env["crm.lead"].browse(lead).pool_claim(key="tap")

        codes = self._codes(in_parallel(self.registry, [(rep, tap), (rep, tap), (rep, tap)]))
        self.assertEqual(codes, ["ok"] * 3)
        with committed(self.registry) as env:
            claims = env["lead.pool.move"].search_count(
                [("res_id", "=", lead), ("kind", "=", "claim")]
            )
        self.assertEqual(claims, 1)

    def test_a_rep_archived_while_he_claims_holds_nothing(self):
        _pool, [rep], [lead] = self._prepare()

        def archive(env):
            env["res.users"].browse(rep).active = False
            return []

        self._codes(in_parallel(self.registry, [(rep, claim(lead)), (1, archive)]))
        with committed(self.registry) as env:
            self.assertFalse(env["crm.lead"].browse(lead).user_id)
        self.assertBooksBalance()

    def test_record_held_by_a_long_transaction_is_locked_not_hung(self):
        _pool, [rep], [lead] = self._prepare()
        with self.registry.cursor() as cr:
            cr.execute("SELECT id FROM crm_lead WHERE id = %s FOR UPDATE", [lead])
            [answer] = in_parallel(self.registry, [(rep, claim(lead))])
            cr.rollback()
        self.assertEqual(self._codes([answer]), ["locked"])

    def test_claim_against_reclaim_leaves_one_home(self):
        for _round in range(3):
            _pool, [holder, eager], leads = self._prepare(reps=2, leads=4, rules=[HOUR_RULE])
            self._hold_until_due(holder, leads)

            def reclaim(env):
                env["lead.pool"]._cron_reclaim()
                return []

            self._codes(in_parallel(self.registry, [(eager, claim(*leads)), (1, reclaim)]))
            with committed(self.registry) as env:
                # A run passes over what the claim held locked; the next one finds it.
                env["lead.pool"]._cron_reclaim()
            with committed(self.registry) as env:
                owners = set(env["crm.lead"].browse(leads).mapped("user_id").ids)
                self.assertLessEqual(owners, {eager})
            self.assertBooksBalance()
            self._take_back()
            self.created.clear()

    def test_release_by_the_owner_against_reclaim_moves_once(self):
        _pool, [holder], leads = self._prepare(leads=4, rules=[HOUR_RULE])
        self._hold_until_due(holder, leads)

        def release(env):
            return env["crm.lead"].browse(leads).pool_release()

        def reclaim(env):
            env["lead.pool"]._cron_reclaim()
            return []

        self._codes(in_parallel(self.registry, [(holder, release), (1, reclaim)]))
        with committed(self.registry) as env:
            returned = env["lead.pool.move"].search_count(
                [("res_id", "in", leads), ("kind", "in", ("release", "reclaim"))]
            )
        self.assertEqual(returned, 4)
        self.assertBooksBalance()
