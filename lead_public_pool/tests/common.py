from datetime import timedelta

from odoo.tests import TransactionCase, new_test_user
from odoo.tests.test_cursor import TestCursor

from odoo.addons.lead_public_pool.models.lead_pool_engine import ENGINE


class PoolCase(TransactionCase):
    """One pool of leads with a manager and two reps, and a third rep who is no member."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(
            context={**cls.env.context, "tracking_disable": True, "no_reset_password": True}
        )
        # Pools of demo data would take in the leads that these tests create.
        cls.env["lead.pool"].search([]).entry_auto = False
        salesman = "base.group_user,sales_team.group_sale_salesman"
        cls.rep = new_test_user(cls.env, "pool_rep", groups=salesman, name="Rita Rep")
        cls.other = new_test_user(cls.env, "pool_other", groups=salesman, name="Otto Other")
        cls.stranger = new_test_user(cls.env, "pool_stranger", groups=salesman, name="Stan")
        cls.lead_manager = new_test_user(
            cls.env,
            "pool_boss",
            groups="base.group_user,lead_public_pool.group_pool_manager",
            name="Bea Boss",
        )
        cls.admin = new_test_user(
            cls.env, "pool_admin", groups="base.group_user,lead_public_pool.group_pool_admin"
        )
        cls.pool = cls._create_pool("Test pool")
        cls.reason = cls.env["lead.pool.reason"].create({"name": "Test: no answer"})

    @classmethod
    def _create_pool(cls, name, **values):
        return cls.env["lead.pool"].create(
            {
                "name": name,
                "member_ids": [
                    (0, 0, {"user_id": cls.lead_manager.id, "role": "manager"}),
                    (0, 0, {"user_id": cls.rep.id}),
                    (0, 0, {"user_id": cls.other.id}),
                ],
                **values,
            }
        )

    @classmethod
    def _create_leads(cls, count=1, pool=None, **values):
        """Leads that lie in a pool."""
        return cls.env["crm.lead"].create(
            [
                {
                    "name": f"Lead {number}",
                    "type": "lead",
                    "user_id": False,
                    "pool_id": (pool or cls.pool).id,
                    **values,
                }
                for number in range(count)
            ]
        )

    @classmethod
    def _create_rule(cls, **values):
        return cls.env["lead.pool.rule"].create(
            {
                "name": "Not worked for a week",
                "pool_id": cls.pool.id,
                "clock": "touch",
                "delay": 7,
                "unit": "day",
                **values,
            }
        )

    def _codes(self, results):
        return [result["code"] for result in results]

    def _claim(self, leads, user=None):
        """Claim as a rep and insist that it worked."""
        results = leads.with_user(user or self.rep).pool_claim()
        self.assertEqual(self._codes(results), ["ok"] * len(leads), results)
        return leads

    def _make_older(self, records, **delta):
        """Move all clocks of records into the past, as if time had passed."""
        shift = timedelta(**delta)
        for record in records:
            values = {
                name: record[name] - shift
                for name in ("pool_enter_date", "pool_own_date", "pool_touch_date")
                if record[name]
            }
            record.with_context(pool_engine=ENGINE).write(values)
        records.sudo()._pool_refresh_due()

    def _set_clock(self, moment):
        """Mock the database's clock, also for the cursors on which jobs run in tests."""
        self.patch(self.env.cr, "now", lambda: moment)
        self.patch(TestCursor, "now", lambda cursor: moment)

    def _run_cron(self, name="reclaim"):
        with self.enter_registry_test_mode():
            self.env.ref(f"lead_public_pool.ir_cron_{name}").method_direct_trigger()

    def assertPooled(self, record, pool=None):
        self.assertRecordValues(
            record,
            [{"pool_state": "pooled", "user_id": False, "pool_id": (pool or self.pool).id}],
        )

    def assertOwned(self, record, user, pool=None):
        self.assertRecordValues(
            record,
            [{"pool_state": "owned", "user_id": user.id, "pool_id": (pool or self.pool).id}],
        )

    def _moves(self, record):
        return self.env["lead.pool.move"].search(
            [("res_model", "=", record._name), ("res_id", "=", record.id)], order="id"
        )
