from odoo.tools import config

from odoo.addons.lead_public_pool.models import lead_pool, lead_pool_intaking
from odoo.addons.lead_public_pool.models.lead_pool_engine import ENGINE

from ..common import committed, top_level
from .common import HOUR_RULE, RaceCase
from .crash import killed_after

DAYS_RULE = {"name": "Ten days", "clock": "claim", "delay": 10, "unit": "day"}


@top_level
class TestJobCrash(RaceCase):
    """Jobs that are killed in the middle lose nothing and do nothing twice."""

    def test_a_killed_assignment_goes_on_where_it_was(self):
        _pool, users, leads = self._prepare(reps=3, leads=9, assign_strategy="round_robin")

        killed_after(config["config"], 2, "lead.pool", "_cron_assign")
        self.assertEqual(self._count(leads, "pool_state", "owned"), 6)

        with committed(self.registry) as env:
            env["lead.pool"]._cron_assign(batch_size=3)
        with committed(self.registry) as env:
            records = env["crm.lead"].browse(leads)
            self.assertTrue(all(records.mapped("user_id")))
            held = [len(records.filtered(lambda r, u=user: r.user_id.id == u)) for user in users]
            self.assertEqual(held, [3, 3, 3])
            moves = env["lead.pool.move"].search([("res_id", "in", leads), ("kind", "=", "assign")])
            self.assertEqual(sorted(moves.mapped("res_id")), sorted(leads))
        self.assertBooksBalance()

    def test_killed_warnings_go_on_and_nobody_is_warned_twice(self):
        _pool, [holder], leads = self._prepare(
            leads=9, rules=[DAYS_RULE], warn_steps="20", warn_activity=True, warn_message=False
        )
        self._hold_until_warned(holder, leads)

        killed_after(config["config"], 2, "lead.pool", "_cron_warn")
        self.assertEqual(len(self._warned(leads)), 6)

        with committed(self.registry) as env:
            env["lead.pool"]._cron_warn(batch_size=3)
            env["lead.pool"]._cron_warn(batch_size=3)
        self.assertEqual(sorted(self._warned(leads)), sorted(leads))

    def test_a_killed_daily_mail_goes_on_and_nobody_gets_two(self):
        _pool, users, leads = self._prepare(
            reps=3, leads=3, rules=[HOUR_RULE], warn_steps="3", warn_digest=True
        )
        for user, lead in zip(users, leads, strict=True):
            self._hold_until_due(user, [lead])

        killed_after(config["config"], 2, "lead.pool", "_cron_warn_digest")
        self.assertEqual(self._mailed(users), 2)

        with committed(self.registry) as env:
            env["lead.pool"]._cron_warn_digest()
            env["lead.pool"]._cron_warn_digest()
        self.assertEqual(self._mailed(users), 3)

    def test_a_killed_claim_of_many_claims_nothing_and_costs_nothing(self):
        _pool, [rep], leads = self._prepare(leads=9, daily_limit=9)

        killed_after(config["config"], 0, "crm.lead", "pool_claim", user=rep, ids=leads)
        self.assertEqual(self._count(leads, "pool_state", "pooled"), 9)

        with committed(self.registry, rep) as env:
            answers = env["crm.lead"].browse(leads).pool_claim()
            self.assertEqual([answer["code"] for answer in answers], ["ok"] * 9)
        self.assertBooksBalance()

    def test_taking_in_that_is_killed_goes_on_where_it_was(self):
        pool, _users, leads = self._prepare(leads=9, entry_auto=False)
        with committed(self.registry) as env:
            records = env["crm.lead"].browse(leads)
            records.write({"pool_id": False, "referred": "crash intake"})
            self.patch(lead_pool_intaking, "AT_ONCE", 8)
            env["lead.pool"].browse(pool)._take_in("[('referred', '=', 'crash intake')]", True)
        self.assertEqual(self._count(leads, "pool_state", "outside"), 9)

        killed_after(config["config"], 2, "lead.pool", "_cron_intake")
        self.assertEqual(self._count(leads, "pool_state", "pooled"), 6)

        with committed(self.registry) as env:
            env["lead.pool"]._cron_intake(batch_size=3)
            self.assertFalse(env["lead.pool"].browse(pool).intake_domain)
        self.assertEqual(self._count(leads, "pool_state", "pooled"), 9)
        self.assertBooksBalance()

    def test_due_dates_that_are_worked_out_anew_lose_nothing_by_a_kill(self):
        pool, [holder], leads = self._prepare(leads=9, rules=[DAYS_RULE])
        with committed(self.registry, holder) as env:
            env["crm.lead"].browse(leads).pool_claim()
        with committed(self.registry) as env:
            self.patch(lead_pool, "REFRESH_AT_ONCE", 8)
            before = env["crm.lead"].browse(leads).mapped("pool_due_date")
            env["lead.pool"].browse(pool).rule_ids.delay = 20

        killed_after(config["config"], 2, "lead.pool", "_cron_reclaim")
        with committed(self.registry) as env:
            dues = env["crm.lead"].browse(sorted(leads)).mapped("pool_due_date")
            self.assertEqual([due in before for due in dues], [False] * 6 + [True] * 3)
            self.assertTrue(env["lead.pool"].browse(pool).due_refresh)

        with committed(self.registry) as env:
            env["lead.pool"]._cron_reclaim(batch_size=3)
            dues = env["crm.lead"].browse(leads).mapped("pool_due_date")
            self.assertFalse(set(dues) & set(before))
            self.assertFalse(env["lead.pool"].browse(pool).due_refresh)

    def _hold_until_warned(self, holder, leads):
        with committed(self.registry, holder) as env:
            env["crm.lead"].browse(leads).pool_claim()
        with committed(self.registry, pool_engine=ENGINE) as env:
            env["crm.lead"].browse(leads).write({"pool_warn_date": env.cr.now()})

    def _count(self, leads, name, value):
        with committed(self.registry) as env:
            return env["crm.lead"].browse(leads).mapped(name).count(value)

    def _warned(self, leads):
        with committed(self.registry) as env:
            kind = env.ref("lead_public_pool.mail_activity_type_returns")
            activities = env["mail.activity"].search(
                [
                    ("res_model", "=", "crm.lead"),
                    ("res_id", "in", leads),
                    ("activity_type_id", "=", kind.id),
                ]
            )
            return activities.mapped("res_id")

    def _mailed(self, users):
        with committed(self.registry) as env:
            people = env["res.users"].browse(users).partner_id
            return env["mail.mail"].search_count([("recipient_ids", "in", people.ids)])
