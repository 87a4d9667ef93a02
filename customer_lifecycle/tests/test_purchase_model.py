import itertools

import numpy as np

from odoo.tests import TransactionCase, tagged
from odoo.tools import SQL

from ..tools import purchase_model as model
from ..tools import purchase_sql

DECADES = 20 * 52.18
PARAMETERS = [
    model.Parameters(0.243, 4.414, 0.793, 2.426),
    model.default_parameters(),
    model.Parameters(1.5, 0.01, 1.0, 0.5),
    model.Parameters(500.0, 9000.0, 99.0, 900.0),
    model.Parameters(0.002, 0.002, 0.002, 0.002),
]


def histories():
    """Ordinary and absurd customers: (repeat days, weeks to the last, weeks to today)."""
    found = [
        (5000, 40.0, 40.0 + DECADES),
        (5000, DECADES, DECADES),
        (5000, 0.0, 0.0),
        (3, 9.0, 2.0),
    ]
    for x, t_x, silence in itertools.product(
        (0, 1, 3, 40), (0.0, 3.7, 200.0), (0, 1 / 7, 26, DECADES)
    ):
        found.append((x, t_x if x else 0.0, (t_x if x else 0.0) + silence))
    return found


@tagged("post_install", "-at_install")
class TestPurchaseModel(TransactionCase):
    def query(self, expression):
        rows = SQL(", ").join(SQL("(%s, %s::float8, %s::float8)", *one) for one in histories())
        select = SQL("SELECT %s FROM (VALUES %s) AS h(x, t_x, age)", expression, rows)
        return np.array([value for [value] in self.env.execute_query(select)])

    def assertSame(self, ours, theirs):
        self.assertTrue(np.isfinite(ours).all() and np.isfinite(theirs).all())
        error = np.abs(ours - theirs) / np.maximum(1, np.abs(theirs))
        self.assertLess(error.max(), 1e-9)

    def test_sql_equals_python_and_nothing_aborts(self):
        columns = SQL.identifier("x"), SQL.identifier("t_x"), SQL.identifier("age")
        numbers = np.array(histories()).T
        for parameters, weeks in itertools.product(PARAMETERS, (1, 26, DECADES)):
            with self.subTest(parameters=parameters, weeks=weeks):
                for name in ("p_buy", "expected_orders"):
                    sql = getattr(purchase_sql, f"sql_{name}")(parameters, *columns, weeks)
                    ours = getattr(model, name)(parameters, *numbers, weeks)
                    self.assertSame(self.query(sql), ours)
                sql = purchase_sql.sql_p_alive(parameters, *columns)
                self.assertSame(self.query(sql), model.p_alive(parameters, *numbers))

    def test_parameters_may_be_columns(self):
        columns = SQL.identifier("x"), SQL.identifier("t_x"), SQL.identifier("age")
        parameters = PARAMETERS[0]
        by_column = [SQL("(%s::float8)", value) for value in parameters]
        sql = purchase_sql.sql_p_buy(by_column, *columns, SQL("26"))
        self.assertSame(self.query(sql), model.p_buy(parameters, *np.array(histories()).T, 26))

    def test_bands(self):
        for chance, band in ((0.0, "low"), (0.3, "medium"), (0.7, "high"), (1.0, "high")):
            sql = purchase_sql.sql_band(SQL("%s::float8", chance), 0.3, 0.7)
            self.assertEqual(self.env.execute_query(SQL("SELECT %s", sql)), [(band,)])

    def test_chance_falls_with_silence_and_grows_with_horizon(self):
        for parameters in PARAMETERS:
            silence = np.linspace(0, DECADES, 500)
            chance = model.p_buy(parameters, 4, 20, 20 + silence, 26)
            self.assertTrue((np.diff(chance) <= 1e-12).all())
            self.assertTrue((model.p_buy(parameters, 4, 20, 20 + silence, 52) >= chance).all())

    def test_expected_orders_are_the_integral_of_the_chance_rate(self):
        """Against Gauss' 2F1, as published, where that can be computed."""
        from scipy.special import hyp2f1

        for parameters in PARAMETERS[:2]:
            r, alpha, a, b = parameters
            for x, t_x, age in ((0, 0, 26), (2, 13, 30), (20, 100, 104)):
                published = (
                    (a + b + x)
                    / (a - 1)
                    * (
                        1
                        - ((alpha + age) / (alpha + age + 39)) ** (r + x)
                        * hyp2f1(r + x, b + x + 1, a + b + x, 39 / (alpha + age + 39))
                    )
                )
                published *= model.p_alive(parameters, x, t_x, age)
                ours = model.expected_orders(parameters, x, t_x, age, 39)
                self.assertAlmostEqual(ours / published, 1, 5)

    def test_one_time_buyer_in_bg_nbd_is_always_alive(self):
        self.assertEqual(model.p_alive(PARAMETERS[0], 0, 0, 500, model.BG), 1)
        self.assertLess(model.p_alive(PARAMETERS[0], 0, 0, 500), 0.5)

    def test_expected_value(self):
        self.assertEqual(model.expected_value(2.5, 40.0), 100.0)


@tagged("post_install", "-at_install")
class TestFit(TransactionCase):
    def simulated(self, parameters, customers=3000, weeks=78, seed=1):
        chance = np.random.default_rng(seed)
        rate = chance.gamma(parameters.r, 1 / parameters.alpha, customers)
        stop = chance.beta(parameters.a, parameters.b, customers)
        found = []
        for one_rate, one_stop in zip(rate, stop, strict=True):
            age, now, x, last = chance.uniform(weeks / 2, weeks), 0.0, 0, 0.0
            while chance.random() >= one_stop:
                now += chance.exponential(1 / max(one_rate, 1e-9))
                if now > age:
                    break
                x, last = x + 1, now
            found.append((x, last, age))
        return np.array(found).T

    def test_finds_the_parameters_that_made_the_data(self):
        true = model.Parameters(0.8, 6.0, 0.6, 2.0)
        fit = model.fit(*self.simulated(true, 12_000))
        self.assertTrue(fit.fitted)
        self.assertIsNone(fit.warning)
        for found, wanted in zip(fit.parameters, true, strict=True):
            self.assertLess(abs(np.log(found / wanted)), 0.25)

    def test_no_orders_one_customer_and_one_time_buyers_get_defaults_and_a_reason(self):
        one = np.ones(300)
        cases = {
            "no_orders": ([], [], []),
            "few_buyers": ([3], [9], [20]),
            "one_time": (0 * one, 0 * one, 30 * one),
        }
        for warning, case in cases.items():
            fit = model.fit(*map(np.array, case))
            self.assertEqual((fit.fitted, fit.warning), (False, warning))
        self.assertEqual(fit.parameters, model.default_parameters())
        fit = model.fit([3], [9], [20])
        self.assertAlmostEqual(fit.parameters.alpha, 0.7 * 3)

    def test_customers_all_alike_do_not_break_the_fit(self):
        one = np.ones(500)
        for x, t_x, age in ((1, 1, 1), (10, 10, 10), (200, 50, 500), (1, 0.001, 2000)):
            fit = model.fit(x * one, t_x * one, age * one)
            self.assertTrue(np.isfinite(fit.parameters).all())
            chance = model.p_buy(fit.parameters, x, t_x, age, 26)
            self.assertTrue(0 <= chance <= 1)

    def test_weights_stand_for_customers(self):
        x, t_x, age = self.simulated(model.Parameters(0.8, 6.0, 0.6, 2.0), 400)
        twice = model.fit(np.r_[x, x], np.r_[t_x, t_x], np.r_[age, age])
        weighed = model.fit(x, t_x, age, np.full(len(x), 2))
        self.assertEqual(twice.buyers, weighed.buyers)
        self.assertAlmostEqual(twice.log_likelihood, weighed.log_likelihood, 4)
