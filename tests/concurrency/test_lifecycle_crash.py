from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.tests import TransactionCase
from odoo.tools import SQL, config, mute_logger

from ..common import committed, in_parallel, requires, top_level
from .crash import killed_after

CUSTOMERS = 8
# They bought so long ago, which makes them lost today; yesterday nobody had looked for long.
SILENT = 400
LOOKED = 390
MARK = "lifecycle crash"


@top_level
class TestLifecycleCrash(TransactionCase):
    """Whatever happens to a nightly run, the next one finishes it, and nothing is done twice."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        requires(cls.env, "customer_lifecycle")

    def setUp(self):
        super().setUp()
        self.addCleanup(self._drop)
        with committed(self.registry, tracking_disable=True, no_reset_password=True) as env:
            owner = env["res.users"].create(
                {
                    "name": "Crash owner",
                    "login": f"crash_owner_{self._testMethodName}",
                    "group_ids": [(4, env.ref("sales_team.group_sale_salesman").id)],
                }
            )
            self.owner = owner.id
            self.profile = (
                env["customer.lifecycle.profile"]
                .create(
                    {
                        "name": MARK,
                        "sequence": -100,
                        "domain": f"[('ref', '=', '{MARK}')]",
                        "engine": "fixed",
                        "risk_days": 30,
                        "dormant_days": 90,
                        "churn_days": 365,
                    }
                )
                .id
            )
            self.customers = self._create(env, owner)
            self.company = env.company.id
            rows = self._rows(env)
            past = rows._lifecycle_today(env.company) - timedelta(days=LOOKED)
            rows._lifecycle_replay(env.company, rows.ids, past)
            rows._lifecycle_decide(env.company, rows.ids, past)
            # What was asked when they were loaded is not what the run will ask.
            env["mail.activity"].search(
                [("res_model", "=", "res.partner"), ("res_id", "in", self.customers)]
            ).unlink()
            env.cr.execute("DELETE FROM customer_lifecycle_run")
        with committed(self.registry) as env:
            self.assertEqual(set(self._rows(env).mapped("state")), {"new"})

    def _create(self, env, owner):
        partners = env["res.partner"].create(
            [
                {"name": f"Crash {number}", "ref": MARK, "user_id": owner.id, "is_company": True}
                for number in range(CUSTOMERS)
            ]
        )
        env.flush_all()
        env.cr.execute(
            SQL(
                """INSERT INTO sale_order (name, partner_id, partner_invoice_id,
                       partner_shipping_id, company_id, state, date_order, amount_untaxed,
                       amount_total, currency_id, currency_rate)
                   SELECT %s, id, id, id, %s, 'sale',
                          now() AT TIME ZONE 'UTC' - %s * interval '1 day', 100, 100, %s, 1
                     FROM unnest(%s::int[]) id""",
                MARK,
                env.company.id,
                SILENT,
                env.company.currency_id.id,
                partners.ids,
            )
        )
        env["customer.lifecycle"]._lifecycle_event(partners, env.company)
        return partners.ids

    def _drop(self):
        with committed(self.registry) as env:
            customers = env["res.partner"].with_context(active_test=False)
            customers = customers.search([("ref", "=", MARK)])
            env["mail.activity"].search(
                [("res_model", "=", "res.partner"), ("res_id", "in", customers.ids)]
            ).unlink()
            env["mail.message"].search([("partner_ids", "in", self._owner(env).ids)]).unlink()
            env.cr.execute(SQL("DELETE FROM sale_order WHERE name = %s", MARK))
            customers.unlink()
            env.cr.execute("DELETE FROM customer_lifecycle_run")
            env["customer.lifecycle.profile"].browse(self.profile).unlink()
            owner = env["res.users"].browse(self.owner)
            person = owner.partner_id
            owner.unlink()
            person.unlink()

    def _owner(self, env):
        return env["res.users"].browse(self.owner).partner_id

    def _rows(self, env):
        rows = env["customer.lifecycle"]
        return rows.search([("partner_id", "in", self.customers)], order="id")

    def _states(self):
        with committed(self.registry) as env:
            return self._rows(env).mapped("state")

    def _run(self, batch_size=3):
        with committed(self.registry) as env:
            env["customer.lifecycle.run"]._cron_run(batch_size=batch_size)

    def assertEachLostOnce(self, customers=None):
        """One loss per customer in the history, and one question for the salesperson."""
        with committed(self.registry) as env:
            rows = self._rows(env)
            if customers is not None:
                rows = rows.filtered(lambda row: row.partner_id.id in customers)
            self.assertEqual(set(rows.mapped("state")), {"churned"})
            for row in rows:
                states = row.transition_ids.filtered(
                    lambda change: change.kind == "state" and not change.replayed
                )
                self.assertEqual(states.mapped("state_to"), ["churned"])
            kind = env.ref("customer_lifecycle.mail_activity_type_churn")
            asked = env["mail.activity"].search(
                [("activity_type_id", "=", kind.id), ("res_id", "in", rows.partner_id.ids)]
            )
            self.assertEqual(sorted(asked.mapped("res_id")), sorted(rows.partner_id.ids))
            self.assertEqual(asked.user_id.id, self.owner)

    def test_a_killed_run_is_finished_by_the_next_and_nothing_is_done_twice(self):
        killed_after(config["config"], 2, "customer.lifecycle.run", "_cron_run")
        self.assertEqual(self._states(), ["churned"] * 6 + ["new"] * (CUSTOMERS - 6))
        self._run()
        self.assertEachLostOnce()
        self._run()
        self.assertEachLostOnce()
        with committed(self.registry) as env:
            runs = env["customer.lifecycle.run"].search([("company_id", "=", self.company)])
            self.assertEqual(runs.mapped("decided_count"), [CUSTOMERS - 6])
            self.assertTrue(runs.date_end)

    def test_three_runs_at_once_move_each_customer_once(self):
        with mute_logger("odoo.sql_db", "odoo.service.model"):
            in_parallel(
                self.registry,
                [(1, lambda env: env["customer.lifecycle.run"]._cron_run(batch_size=3))] * 3,
            )
        self._run()
        self.assertEachLostOnce()

    def _meanwhile(self, happens):
        """Run with `happens(env)` committed by somebody else within the second batch."""
        rows = self.registry["customer.lifecycle"]
        decide = rows._lifecycle_decide
        calls = []

        def decide_later(records, company, ids, *options):
            calls.append(ids)
            if len(calls) == 2:
                with committed(self.registry) as env:
                    happens(env)
            return decide(records, company, ids, *options)

        with (
            patch.object(rows, "_lifecycle_decide", decide_later),
            mute_logger("odoo.sql_db", "odoo.addons.base.wizard.base_partner_merge"),
        ):
            self._run()
        self.assertGreater(len(calls), 2)

    def test_a_customer_archived_in_the_middle_of_a_run_is_no_obstacle(self):
        archived = self.customers[4]
        self._meanwhile(lambda env: env["res.partner"].browse(archived).action_archive())
        self._run()
        self.assertEqual(self._states(), ["churned"] * CUSTOMERS)
        self.assertEachLostOnce([id_ for id_ in self.customers if id_ != archived])

    def test_customers_merged_in_the_middle_of_a_run_are_no_obstacle(self):
        # The batch holds the rows of its own customers: others merge meanwhile.
        gone, stays = self.customers[7], self.customers[6]

        def merge(env):
            wizard = env["base.partner.merge.automatic.wizard"]
            target = env["res.partner"].browse(stays)
            wizard._merge([gone, stays], target, extra_checks=False)

        self._meanwhile(merge)
        self._run()
        with committed(self.registry) as env:
            self.assertFalse(env["res.partner"].browse(gone).exists())
            rows = self._rows(env)
            self.assertEqual(rows.partner_id.ids, self.customers[:7])
            self.assertEqual(set(rows.mapped("state")), {"churned"})

    def test_a_purchase_in_the_middle_of_a_run_counts(self):
        buyer = self.customers[7]

        def buy(env):
            env.cr.execute(
                SQL(
                    """INSERT INTO sale_order (name, partner_id, partner_invoice_id,
                           partner_shipping_id, company_id, state, date_order, amount_untaxed,
                           amount_total, currency_id, currency_rate)
                       VALUES (%s, %s, %s, %s, %s, 'sale', now() AT TIME ZONE 'UTC', 50, 50, %s,
                               1)""",
                    MARK,
                    *[buyer] * 3,
                    self.company,
                    env["res.company"].browse(self.company).currency_id.id,
                )
            )
            env["customer.lifecycle"]._lifecycle_event(
                env["res.partner"].browse(buyer), env["res.company"].browse(self.company)
            )

        self._meanwhile(buy)
        self._run()
        with committed(self.registry) as env:
            row = self._rows(env).filtered(lambda row: row.partner_id.id == buyer)
            self.assertEqual((row.state, row.order_count), ("active", 2))
            self.assertEqual(row.last_order_date, fields.Date.today())

    def test_one_poisoned_customer_is_set_aside_and_the_run_goes_on(self):
        rows = self.registry["customer.lifecycle"]
        decide = rows._lifecycle_decide
        with committed(self.registry) as env:
            bad = self._rows(env)[4]
            bad_id, poisoned = bad.id, bad.partner_id.id

        def fail(records, company, ids, *options):
            if bad_id in ids:
                raise ValueError("poison")
            return decide(records, company, ids, *options)

        with (
            patch.object(rows, "_lifecycle_decide", fail),
            mute_logger("odoo.addons.customer_lifecycle.models.lifecycle.lifecycle_update"),
        ):
            self._run()
        healthy = [id_ for id_ in self.customers if id_ != poisoned]
        self.assertEachLostOnce(healthy)
        with committed(self.registry) as env:
            run = env["customer.lifecycle.run"].search([("company_id", "=", self.company)])
            self.assertEqual(run.failed_count, 1)
            row = env["customer.lifecycle"].browse(bad_id)
            self.assertEqual(row.check_date, fields.Date.today() + timedelta(days=1))
            row.check_date = fields.Date.today()
        self._run()
        self.assertEachLostOnce()
