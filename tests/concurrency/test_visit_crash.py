"""Planning of revisits that is killed in the middle plans each one once."""

from odoo.tests import TransactionCase
from odoo.tools import SQL, config

from ..common import committed, remove_committed, requires, top_level
from .crash import killed_after

PLANS = 4


@top_level
class TestVisitCrash(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        requires(cls.env, "customer_lifecycle")

    def setUp(self):
        super().setUp()
        with committed(self.registry, tracking_disable=True, no_reset_password=True) as env:
            visitor = env["res.users"].create(
                {
                    "name": "Crash visitor",
                    "login": "crash_visitor",
                    "group_ids": [(4, env.ref("sales_team.group_sale_salesman_all_leads").id)],
                }
            )
            customers = env["res.partner"].create(
                [{"name": f"Crash {number}", "user_id": visitor.id} for number in range(PLANS)]
            )
            product = env["product.product"].create({"name": "Crash", "list_price": 10})
            for customer in customers:
                env["sale.order"].create(
                    {
                        "partner_id": customer.id,
                        "order_line": [(0, 0, {"product_id": product.id})],
                    }
                ).action_confirm()
            plans = env["customer.visit.plan"].create(
                [
                    {
                        "name": f"Crash {customer.id}",
                        "trigger": "interval",
                        "days": 7,
                        "visitor": "user",
                        "user_id": visitor.id,
                        "domain": f"[('id', '=', {customer.id})]",
                        "per_day": 1,
                    }
                    for customer in customers
                ]
            )
            self.visitor, self.product = visitor.id, product.id
            self.customers, self.plans = customers.ids, plans.ids
        self.addCleanup(self._take_back)

    def _take_back(self):
        with committed(self.registry) as env:
            visits = env["customer.visit"].search([("plan_id", "in", self.plans)])
            visits.activity_ids.unlink()
            env.cr.execute(SQL("DELETE FROM customer_visit WHERE plan_id IN %s", tuple(self.plans)))
            orders = env["sale.order"].search([("partner_id", "in", self.customers)])
            orders._action_cancel()
            orders.unlink()
        remove_committed(self.registry, "customer.visit.plan", self.plans)
        remove_committed(self.registry, "res.partner", self.customers)
        remove_committed(self.registry, "product.product", [self.product])
        remove_committed(self.registry, "res.users", [self.visitor])

    def _planned(self):
        with committed(self.registry) as env:
            visits = env["customer.visit"].search([("plan_id", "in", self.plans)])
            return sorted(visits.partner_id.ids), visits.mapped("date")

    def test_killed_planning_goes_on_and_plans_nothing_twice(self):
        # The first commit is that of what has lost its reason; then comes one for each plan.
        killed_after(config["config"], 1 + PLANS // 2, "customer.visit.plan", "_cron_plan")
        self.assertLess(len(self._planned()[0]), PLANS)
        for _again in range(2):
            with committed(self.registry) as env:
                env["customer.visit.plan"]._cron_plan()
        customers, dates = self._planned()
        self.assertEqual(customers, sorted(self.customers))
        self.assertEqual(len(dates), PLANS)
        self.assertEqual(len({moment.date() for moment in dates}), PLANS, "one a day")
