import random

from odoo.exceptions import ValidationError
from odoo.tests import tagged

from .common import LifecycleCase


@tagged("post_install", "-at_install")
class TestScores(LifecycleCase):
    """Scores compare customers with each other, tiers with fixed amounts."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.lifecycle_rfm_minimum = 5
        cls.env["customer.lifecycle"].sudo().search([]).unlink()

    def rescore(self):
        self.Lifecycle._lifecycle_rescore(self.company)

    def test_equals_have_equal_scores(self):
        rows = self.Lifecycle.browse()
        for days in ((5,), (5,), (50,), (50,), (50,), (300, 200, 100)):
            rows |= self.row(self.customer(*days))
        self.rescore()
        by_fact = {}
        for row in rows:
            by_fact.setdefault((row.last_order_date, row.order_count), set()).add(
                (row.r_score, row.f_score, row.m_score)
            )
        self.assertTrue(all(len(scores) == 1 for scores in by_fact.values()))
        self.assertEqual(rows[0].r_score, 4)
        self.assertEqual(rows[5].f_score, 5)
        self.assertEqual(rows[5].r_score, 1)
        self.assertTrue(rows[0].group_id)

    def test_a_score_counts_who_is_strictly_below(self):
        chance = random.Random(3)
        rows = self.Lifecycle.browse()
        for number in range(1, 24):
            days = [chance.randrange(1, 9) for _ in range(chance.randrange(1, 4))]
            rows |= self.row(self.customer(*days, amount=chance.choice([5.0, 70.0, 90.5])))
            if number in (5, 6, 11, 20, 23):
                self.rescore()
                rows.invalidate_recordset()
                columns = zip(
                    ("last_order_date", "order_count", "amount_total"),
                    ("r_score", "f_score", "m_score"),
                    strict=True,
                )
                for column, score in columns:
                    values = rows.mapped(lambda row, column=column: row[column])
                    wanted = [
                        1 + sum(other < one for other in values) * 5 // number for one in values
                    ]
                    self.assertEqual([row[score] for row in rows], wanted, (number, column))

    def test_too_few_customers_have_no_scores(self):
        self.company.lifecycle_rfm_minimum = 50
        row = self.row(self.customer(5))
        self.rescore()
        self.assertFalse(row.r_score)
        self.assertFalse(row.group_id)

    def test_own_limits(self):
        self.company.write(
            {
                "lifecycle_rfm_mode": "cut",
                "lifecycle_rfm_r": "10, 20, 30, 40",
                "lifecycle_rfm_f": "2, 3, 4, 5",
                "lifecycle_rfm_m": "150, 250, 350, 450",
                "lifecycle_rfm_minimum": 1,
            }
        )
        row = self.row(self.customer(60, 25, 15))
        self.rescore()
        self.assertEqual((row.r_score, row.f_score, row.m_score), (4, 3, 3))
        with self.assertRaises(ValidationError):
            self.company.lifecycle_rfm_r = "10, 5, 3, 1"

    def test_first_group_wins_and_the_one_before_is_kept(self):
        self.company.write({"lifecycle_rfm_mode": "cut", "lifecycle_rfm_minimum": 1})
        self.env["customer.lifecycle.group"].search([]).active = False
        best, rest = self.env["customer.lifecycle.group"].create(
            [
                {"name": "Best", "sequence": 1, "r_min": 4},
                {"name": "Rest", "sequence": 2},
            ]
        )
        row = self.row(self.customer(5))
        self.rescore()
        self.assertEqual(row.group_id, best)
        self.Lifecycle._lifecycle_rescore(self.company, row.churn_date)
        row.invalidate_recordset()
        self.assertEqual((row.group_id, row.previous_group_id), (rest, best))
        moved = row.transition_ids.filtered(lambda t: t.kind == "group")
        self.assertEqual((moved.from_value, moved.to_value), ("Best", "Rest"))
        self.assertEqual(row.partner_id.lifecycle_group, rest)

    def test_scoring_twice_writes_nothing(self):
        for days in range(8):
            self.customer(days * 10)
        self.rescore()
        self.assertEqual(self.Lifecycle._lifecycle_rescore(self.company), (0, []))

    def test_tiers_by_amount_with_a_margin(self):
        self.company.write(
            {"lifecycle_tier_a": 1000, "lifecycle_tier_b": 500, "lifecycle_tier_c": 10}
        )
        partner = self.customer(360, amount=1000.0)
        row = self.row(partner)
        self.assertEqual(row.tier, "A")
        self.order(partner, days_ago=1, amount=950.0)
        self.Lifecycle._lifecycle_apply(self.company, row.ids, row.check_date)
        self.assertEqual(row.amount_year, 950)
        self.assertEqual(row.tier, "A")
        self.assertEqual(self.row(self.customer(1, amount=950.0)).tier, "B")
        self.order(partner, days_ago=1, amount=-100.0)
        self.Lifecycle._lifecycle_apply(self.company, row.ids, row.check_date)
        self.assertEqual((row.tier, row.previous_tier), ("B", "A"))

    def test_tiers_by_rank(self):
        self.company.lifecycle_tier_mode = "quintile"
        rows = self.Lifecycle.browse()
        for number in range(10):
            rows |= self.row(self.customer(1, amount=100.0 * (number + 1)))
        self.rescore()
        self.assertEqual("".join(rows.mapped("tier")), "DDCCCCBBAA")
