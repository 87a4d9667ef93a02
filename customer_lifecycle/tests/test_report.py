from datetime import datetime

from odoo.tests import tagged

from ..models.lifecycle.customer_lifecycle import STATES
from .common import LifecycleCase


@tagged("post_install", "-at_install")
class TestReport(LifecycleCase):
    """What managers see adds up."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["customer.lifecycle"].sudo().search([]).unlink()

    def test_movement_counts_each_change_once(self):
        rows = self.Lifecycle.browse()
        for days in ((700,), (500, 20), (10,)):
            rows |= self.row(self.customer(*days))
        rows.action_rebuild()
        months = self.env["customer.lifecycle.movement"].search(
            [("company_id", "=", self.company.id)], order="month"
        )
        self.assertEqual(sum(months.mapped("new_count")), 3)
        self.assertEqual(sum(months.mapped("dormant_count")), 2)
        self.assertEqual(sum(months.mapped("lost_count")), 2)
        self.assertEqual(sum(months.mapped("recovered_count")), 1)
        self.assertEqual(months[0].start_count, 0)
        self.assertEqual(months[1].start_count, 1)
        lost = months.filtered("lost_count")[0]
        self.assertEqual(lost.attrition_rate, 100 * lost.lost_count / lost.start_count)

    def test_states_come_in_the_order_in_which_customers_go_through_them(self):
        rows = self.Lifecycle.browse()
        for days in ((700,), (150,), (60, 50), (10,)):
            rows |= self.row(self.customer(*days))
        states = [state for state, *_rest in rows._read_group([], ["state"], ["__count"])]
        every = [state for state, _label in STATES]
        self.assertEqual(states, sorted(states, key=every.index))
        self.assertGreaterEqual(len(states), 3)
        by_owner = rows._read_group(
            [("id", "in", rows.ids)], ["user_id", "state"], ["__count"], order="user_id, state desc"
        )
        self.assertEqual([state for _user, state, _count in by_owner], states[::-1])

    def test_cohorts_count_who_came_back(self):
        self.customer(100, 40)
        self.customer(100)
        self.env.flush_all()
        cohorts = self.env["customer.lifecycle.cohort"].search([], order="months")
        self.assertEqual(cohorts.mapped("months"), list(range(len(cohorts))))
        bought = cohorts.filtered("customers")
        self.assertEqual(bought.mapped("months"), [0, 2])
        self.assertEqual(bought.mapped("customers"), [2, 1])
        self.assertEqual(bought.mapped("share"), [100, 50])

    def test_a_month_in_which_nobody_bought_lowers_the_retention(self):
        self.customer(100, 40)
        self.customer(100)
        self.customer(70)
        self.env.flush_all()
        cohorts = self.env["customer.lifecycle.cohort"]
        (total,) = cohorts._read_group([], [], ["share:avg", "customers:sum"])
        rows = cohorts.search([])
        self.assertIn(0, rows.mapped("share"))
        self.assertEqual(total[1], 4)
        self.assertAlmostEqual(total[0], 100 * 4 / sum(rows.mapped("size")))

    def test_a_change_is_told_in_words(self):
        row = self.row(self.customer(100, 40))
        states = row.transition_ids.filtered(lambda change: change.kind == "state")
        self.assertEqual(states[0].change, "Dormant → Active")
        self.assertEqual(states[-1].change, "Prospect")

    def test_digest_counts_what_was_observed(self):
        row = self.row(self.customer(80))
        self.env.cr.execute(
            "UPDATE sale_order SET date_order = date_order - interval '10 days'"
            " WHERE partner_id = %s",
            [row.partner_id.id],
        )
        row._lifecycle_refresh()
        self.assertEqual(row.state, "dormant")
        digest = self.env["digest.digest"].create({"name": "D"})
        digest = digest.with_context(
            start_datetime=datetime(2020, 1, 1), end_datetime=datetime(2100, 1, 1)
        )
        self.assertEqual(digest.kpi_lifecycle_dormant_value, 1)
        self.assertEqual(digest.kpi_lifecycle_lost_value, 0)
