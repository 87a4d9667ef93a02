"""Random moves against a second opinion: a small model that knows the rules and no line of ours.

Short and always the same by default. `POOL_MACHINE=300 dev/test tests/flows -k state_machine` plays
300 random games of a hundred moves each and prints the seed; POOL_MACHINE_SEED plays them again.
"""

import os
import random
from dataclasses import dataclass, field
from datetime import timedelta

from hypothesis import HealthCheck, Phase, settings
from hypothesis import seed as seeded
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from odoo.exceptions import UserError
from odoo.tests import TransactionCase, new_test_user
from odoo.tests.test_cursor import TestCursor

from ..common import requires, top_level

GAMES = int(os.environ.get("POOL_MACHINE", "0"))
HOLDING, DAILY, COOLDOWN, TERM = 2, 3, 4, 10  # records, records a day, days, days
REPS, LEADS, POOLS = ("anna", "ben", "carl", "stranger"), 5, ("first", "second")
MEMBERS = {"first": {"anna", "ben", "carl"}, "second": {"anna", "ben"}}


@dataclass
class Record:
    """What the model believes of one lead."""

    pool: str = "first"
    owner: str | None = None
    closed: str | None = None
    since: int = 0  # day on which the owner received it
    lost: dict = field(default_factory=dict)  # rep -> day on which they ceased to own it


class Book:
    """The rules once more, as a sales manager would tell them."""

    def __init__(self):
        self.leads = [Record() for _ in range(LEADS)]
        self.day = 0
        self.claims = []  # (rep, pool, day)
        self.gone = set()  # reps who left the company
        self.moves = LEADS  # each lead entered

    def held(self, rep, pool):
        return sum(r.owner == rep and r.pool == pool and not r.closed for r in self.leads)

    def may_receive(self, rep, pool):
        why = set()
        if rep not in MEMBERS[pool] or rep in self.gone:
            # A stranger may also hear that there is no such record for them.
            why |= {"not_member", "invalid_user", "not_pooled"}
        if self.held(rep, pool) >= HOLDING:
            why.add("holding_limit")
        return why

    def may_claim(self, rep, record):
        if record.owner:
            return {"taken", "not_pooled"}
        why = self.may_receive(rep, record.pool)
        if record.closed:
            why |= {"closed", "not_pooled"}
        if self.claims.count((rep, record.pool, self.day)) >= DAILY:
            why.add("daily_limit")
        if rep in record.lost and self.day < record.lost[rep] + COOLDOWN:
            why.add("cooldown")
        return why

    def give(self, record, owner, pool=None):
        """A move: every change of owner or pool is one row of the ledger."""
        if record.owner and record.owner != owner:
            record.lost[record.owner] = self.day
        if owner and owner != record.owner:
            record.since = self.day
        record.owner, record.pool = owner, pool or record.pool
        self.moves += 1

    def reclaim(self):
        for record in self.leads:
            if record.owner and not record.closed and self.day - record.since >= TERM:
                self.give(record, None)

    def leave(self, rep):
        self.gone.add(rep)
        for record in self.leads:
            if record.owner == rep and not record.closed:
                self.give(record, None)

    def reopen(self, record):
        """What comes back to life with an owner who cannot hold it goes to the pool."""
        record.closed = None
        if record.owner and (
            record.owner in self.gone or self.held(record.owner, record.pool) > HOLDING
        ):
            self.give(record, None)


@top_level
class TestPoolStateMachine(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        requires(cls.env, "lead_public_pool")
        cls.env["lead.pool"].search([]).entry_auto = False
        groups = "base.group_user,sales_team.group_sale_salesman_all_leads"
        cls.reps = {name: new_test_user(cls.env, f"sm_{name}", groups=groups) for name in REPS}
        boss = "base.group_user,lead_public_pool.group_pool_manager"
        cls.boss = new_test_user(cls.env, "sm_boss", groups=boss)
        cls.stage = cls.env["crm.stage"].search([("is_won", "=", False)], limit=1)
        cls.pools = {name: cls._pool(name) for name in POOLS}
        cls.env["lead.pool.rule"].create(
            [
                {"name": "Term", "pool_id": pool.id, "clock": "claim", "delay": TERM, "unit": "day"}
                for pool in cls.pools.values()
            ]
        )

    @classmethod
    def _pool(cls, name):
        members = [(0, 0, {"user_id": cls.reps[rep].id}) for rep in sorted(MEMBERS[name])]
        return cls.env["lead.pool"].create(
            {
                "name": f"Machine {name}",
                "holding_limit": HOLDING,
                "daily_limit": DAILY,
                "cooldown_days": COOLDOWN,
                "member_ids": [*members, (0, 0, {"user_id": cls.boss.id, "role": "manager"})],
            }
        )

    def _clock(self, moment):
        self.patch(self.env.cr, "now", lambda: moment)
        self.patch(TestCursor, "now", lambda cursor: moment)

    def _reclaim(self):
        with self.enter_registry_test_mode():
            self.env.ref("lead_public_pool.ir_cron_reclaim").method_direct_trigger()

    def test_random_moves_end_where_the_rules_say(self):
        test = self

        class Bound(Machine):
            case = test

        options = settings(
            max_examples=GAMES or 12,
            stateful_step_count=100 if GAMES else 25,
            derandomize=not GAMES,
            phases=list(Phase) if GAMES else [Phase.generate],
            deadline=None,
            database=None,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
        )
        if GAMES:
            number = int(os.environ.get("POOL_MACHINE_SEED", random.randrange(2**32)))
            print(f"POOL_MACHINE_SEED={number}")
            Bound = seeded(number)(Bound)
        run_state_machine_as_test(Bound, settings=options)


reps, leads, pools = st.sampled_from(REPS), st.integers(0, LEADS - 1), st.sampled_from(POOLS)


class Machine(RuleBasedStateMachine):
    case = None

    def __init__(self):
        super().__init__()
        self.book = Book()
        self.env = self.case.env
        self.savepoint = self.env.cr.savepoint()
        self.savepoint.__enter__()
        self.start = self.env.cr.now().replace(hour=9, minute=0, second=0, microsecond=0)
        self.set_clock()
        self.leads = self.env["crm.lead"].create(
            [
                {"name": f"Machine {n}", "user_id": False, "pool_id": self.case.pools["first"].id}
                for n in range(LEADS)
            ]
        )

    def teardown(self):
        self.savepoint.close(rollback=True)
        self.env.invalidate_all()
        self.env.registry.clear_all_caches()

    def set_clock(self):
        self.case._clock(self.start + timedelta(days=self.book.day))

    def pick(self, number, user=None):
        lead = self.leads[number]
        return self.book.leads[number], lead.with_user(user) if user else lead

    def check(self, answer, why):
        """One answer per record, and the reason is one of those that hold."""
        [result] = answer
        assert result["ok"] == (not why), (result, why)
        assert result["ok"] or result["code"] in why, (result, why)
        return result["ok"]

    # --- moves -----------------------------------------------------------------------------------

    @rule(rep=reps, number=leads)
    def claim(self, rep, number):
        if rep in self.book.gone:
            return
        record, lead = self.pick(number, self.case.reps[rep])
        if self.check(lead.pool_claim(), self.book.may_claim(rep, record)):
            self.book.claims.append((rep, record.pool, self.book.day))
            self.book.give(record, rep)

    @rule(rep=reps, number=leads)
    def release(self, rep, number):
        if rep in self.book.gone:
            return
        record, lead = self.pick(number, self.case.reps[rep])
        why = set()
        if record.owner != rep:
            why |= {"not_member", "taken", "not_pooled"}
        if record.closed:
            why |= {"closed", "not_pooled"}
        if self.check(lead.pool_release(), why):
            self.book.give(record, None)

    @rule(rep=reps, number=leads)
    def assign(self, rep, number):
        record, lead = self.pick(number, self.case.boss)
        if record.owner == rep:
            return
        why = self.book.may_receive(rep, record.pool)
        if record.closed:
            why |= {"closed", "not_pooled"}
        if self.check(lead.pool_assign(self.case.reps[rep].id), why):
            self.book.give(record, rep)

    @rule(pool=pools, number=leads)
    def transfer(self, pool, number):
        record, lead = self.pick(number, self.case.boss)
        if record.pool == pool or record.closed:
            return
        self.check(lead.pool_transfer(self.case.pools[pool].id), set())
        self.book.give(record, record.owner, pool)

    @rule(rep=reps, number=leads)
    def hand_over_by_a_plain_write(self, rep, number):
        record, lead = self.pick(number)
        if not record.owner or record.owner in self.book.gone or record.owner == rep:
            return
        if record.closed:
            return
        owner, why = record.owner, self.book.may_receive(rep, record.pool)
        try:
            with self.env.cr.savepoint():
                lead.with_user(self.case.reps[owner]).write({"user_id": self.case.reps[rep].id})
        except UserError:
            assert why, "refused without a reason"
        else:
            assert not why, why
            self.book.give(record, rep)

    @rule(number=leads, how=st.sampled_from(["lost", "won", "archived"]))
    def close(self, number, how):
        record, lead = self.pick(number)
        if record.closed:
            return
        if how == "lost":
            lead.action_set_lost()
        elif how == "won":
            lead.action_set_won()
        else:
            lead.action_archive()
        record.closed = how

    @rule(number=leads)
    def reopen(self, number):
        record, lead = self.pick(number)
        if record.closed == "won":
            lead.write({"stage_id": self.case.stage.id})
        elif record.closed == "lost":
            lead.action_restore()
        elif record.closed == "archived":
            lead.action_unarchive()
        else:
            return
        self.book.reopen(record)

    @rule(rep=reps)
    def leave_the_company(self, rep):
        if len(self.book.gone) < 2 and rep not in self.book.gone:
            self.case.reps[rep].action_archive()
            self.book.leave(rep)

    @rule(days=st.integers(1, 6))
    def days_pass(self, days):
        self.book.day += days
        self.set_clock()
        self.case._reclaim()
        self.book.reclaim()

    # --- what must hold after each ----------------------------------------------------------------

    @invariant()
    def both_say_the_same(self):
        self.env.invalidate_all()
        for record, lead in zip(self.book.leads, self.leads, strict=True):
            owner = self.case.reps[record.owner] if record.owner else self.env["res.users"]
            state = "owned" if record.owner else "pooled"
            says = (lead.pool_id, lead.user_id, lead.pool_state)
            assert says == (self.case.pools[record.pool], owner, state), (lead.name, says, record)

    @invariant()
    def every_change_of_hands_is_in_the_ledger(self):
        rows = self.env["lead.pool.move"].search_count([("lead_id", "in", self.leads.ids)])
        assert rows == self.book.moves, (rows, self.book.moves)
