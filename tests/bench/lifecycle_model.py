"""Purchase model, return curve and back-test: published figures, and how long they take."""

from datetime import date, timedelta

import numpy as np

from odoo.tools import SQL

from odoo.addons.customer_lifecycle.tools import (
    backtest,
    purchase_model,
    purchase_sql,
    return_curve,
)

from ._lifecycle import cdnow_orders, load_cdnow, load_simulated, simulated_orders
from ._tools import Sheet, committed, median, seconds

WEEK_39 = date(1997, 9, 30).toordinal()
SPLITS = (
    ("31 Dec 1997, 26 weeks", date(1997, 12, 31).toordinal(), 26, (90, 180)),
    ("31 Mar 1998, 13 weeks", date(1998, 3, 31).toordinal(), 13, (90, 180, 365)),
)
CUSTOMERS, ORDERS = 100_000, 437_000
RATE = 0.1


def run(env, out):
    sheet = Sheet(out)
    published(sheet)
    for which in ("sample", "master"):
        compared(sheet, which)
    fitting(sheet)
    database(sheet, env.cr.dbname)


def purchase_days(customer, day, amount):
    """One row per customer and day, sorted."""
    key, place = np.unique(customer.astype(np.int64) * 10**7 + day, return_inverse=True)
    return backtest.purchases(key // 10**7, key % 10**7, np.bincount(place.ravel(), amount))


def published(sheet):
    """What the papers say, on the data of the papers."""
    bought = purchase_days(*cdnow_orders("sample"))
    seen = backtest.snapshot(bought, WEEK_39, 39 * 7)
    histories = backtest.histories(bought, WEEK_39)
    fit = purchase_model.fit(*histories, model=purchase_model.BG)
    for name, value, wanted in zip(
        fit.parameters._fields, fit.parameters, (0.243, 4.414, 0.793, 2.426), strict=True
    ):
        label = f"BG/NBD on the CDNOW sample, {name}"
        sheet.check(label, abs(value - wanted) <= 0.002, f"{value:.4f} (published {wanted})")
    value = fit.log_likelihood
    sheet.check("  log likelihood", abs(value + 9582.43) <= 0.05, f"{value:.2f} (-9582.43 +- .05)")
    orders = purchase_model.expected_orders(fit.parameters, *histories, 39, purchase_model.BG)
    after = bought.customer[bought.day > WEEK_39]
    counts = np.bincount(
        np.searchsorted(bought.customer[seen.last], after), minlength=len(seen.last)
    )
    value = np.corrcoef(orders, counts)[0, 1]
    sheet.check("  correlation with the holdout", abs(value - 0.6256) <= 0.001, f"{value:.4f}")
    for which, least in (("sample", 0.760), ("master", 0.755)):
        bought = purchase_days(*cdnow_orders(which))
        seen = backtest.snapshot(bought, WEEK_39, 39 * 7)
        histories = backtest.histories(bought, WEEK_39)
        for label, parameters in (
            ("fitted", purchase_model.fit(*histories).parameters),
            (
                "defaults",
                purchase_model.default_parameters(purchase_model.fit(*histories).mean_gap),
            ),
        ):
            chance = purchase_model.p_buy(parameters, *histories, 39)
            value = backtest.auc(chance, seen.returned)
            name = f"P(buy in 39 weeks), MBG/NBD {label}, CDNOW {which}, AUC"
            if label == "fitted":
                sheet.check(name, round(value, 3) >= least, f"{value:.4f} (at least {least})")
            else:
                sheet.show(name, f"{value:.4f}")


def compared(sheet, which):
    """The return curve against fixed days, at equal false alarms."""
    bought = purchase_days(*cdnow_orders(which))
    for label, cutoff, weeks, rivals in SPLITS:
        seen = backtest.snapshot(bought, cutoff, weeks * 7)
        counts = return_curve.histogram(bought.customer, bought.day, cutoff)
        curve = return_curve.curve(counts, weeks * 7)
        classes = return_curve.class_of(bought.orders)
        score = return_curve.chance_at(curve, classes[seen.last], seen.silent)
        target = backtest.limit_at(score, seen.returned, RATE)
        days = np.array(return_curve.thresholds(curve, target))
        ours = backtest.judge(bought, seen, days[classes], RATE, score)
        sheet.show(f"CDNOW {which}, {label}: return curve", told(ours))
        for number in (90, 180, 365):
            patience = backtest.fixed_patience(bought, number)
            fixed = backtest.judge(bought, seen, patience, RATE)
            sheet.show(f"  fixed {number} days", told(fixed))
            if number in rivals:
                sheet.check(
                    f"  at 10 % false alarms finds what {number} days find, fewer flips",
                    ours.found_at >= fixed.found_at and ours.flips < fixed.flips,
                    f"{ours.found_at:.3f} >= {fixed.found_at:.3f},"
                    f" {ours.flips:.2f} < {fixed.flips:.2f}",
                )
        recency = backtest.judge(
            bought, seen, backtest.fixed_patience(bought, 180), RATE, -seen.silent
        )
        sheet.limit("  AUC of the return curve", ours.auc, at_least=round(recency.auc, 4))


def told(result):
    return (
        f"alarms {result.false_alarms:.3f} found {result.found:.3f} at 10 % {result.found_at:.3f}"
        f" bought anyway {(result.bought_anyway or 0):.3f} flips {result.flips:.2f}"
        f" days {result.detection_days or 0:.0f}"
    )


def fitting(sheet):
    """How long the search for parameters takes."""
    for label, orders in (
        ("CDNOW master", cdnow_orders("master")),
        (f"{CUSTOMERS:,} simulated", simulated_orders(CUSTOMERS, ORDERS)),
    ):
        bought = purchase_days(*orders)
        histories = backtest.histories(bought, int(bought.day.max()))
        fit = purchase_model.fit(*histories)
        rows = len(purchase_model.compress(*histories)[0])
        sheet.limit(
            f"Fit, {label}: {fit.buyers:,} buyers, {rows:,} distinct", fit.seconds, " s", at_most=5
        )


def database(sheet, name):
    """The same in a database, from sale.order to the stored result."""
    time = seconds(lambda: load_cdnow(name))
    sheet.show("Loading CDNOW master into sale.order", f"{time:.1f} s")
    measure(sheet, name, "CDNOW master", 5)
    time = seconds(lambda: load_simulated(name, CUSTOMERS, ORDERS, label="Simulated"))
    sheet.show(f"Loading {CUSTOMERS:,} customers with {ORDERS:,} orders", f"{time:.1f} s")
    measure(sheet, name, f"with {CUSTOMERS:,} more", 30)
    formulas(sheet, name)


def measure(sheet, name, label, limit):
    profile_id = put_into_one_profile(name)
    with committed(name) as env:
        profile = env["customer.lifecycle.profile"].browse(profile_id)
        fits = env["customer.lifecycle.fit"]
        time = seconds(lambda: fits._lifecycle_fit(profile, env.company))
        sheet.limit(f"Fit and return curve, {label}", time, " s", at_most=limit)
        sheet.show("  learned", profile.fit_summary)
        test = env["customer.lifecycle.backtest"].create(
            {"profile_id": profile.id, "cutoff_date": date.today() - timedelta(weeks=27)}
        )
        time = seconds(test._lifecycle_run)
        sheet.limit(f"Back-test, {label}", time, " s", at_most=limit)
        for line in test.verdict.splitlines():
            sheet.show("", line)
        suggestion = env["customer.lifecycle.suggestion"]
        targets = {"targets": (0.4, 0.25, 0.1)}
        time = seconds(
            lambda: suggestion._lifecycle_suggest(profile, env.company, "curve", targets)
        )
        sheet.show("  suggestion with a count of who changes", f"{time:.2f} s")


def put_into_one_profile(name):
    """Rows with the facts that the model looks at; what the engine does is measured elsewhere."""
    with committed(name) as env:
        profile = env["customer.lifecycle.profile"].search([("name", "=", "Bench")])
        profile = profile or env["customer.lifecycle.profile"].create(
            {
                "name": "Bench",
                "sequence": -1,
                "engine": "curve",
                "threshold_ids": [(0, 0, {"min_orders": 1, "dormant_days": 180})],
            }
        )
        env.flush_all()
        env.cr.execute(
            SQL(
                """INSERT INTO customer_lifecycle (partner_id, company_id, profile_id, state,
                       order_count, first_order_date, last_order_date)
                   SELECT partner_id, %s, %s, 'active', count(DISTINCT date_order::date),
                          min(date_order::date), max(date_order::date)
                     FROM sale_order WHERE state = 'sale' AND company_id = %s
                    GROUP BY partner_id
                   ON CONFLICT (partner_id, company_id) DO UPDATE
                       SET profile_id = excluded.profile_id""",
                env.company.id,
                profile.id,
                env.company.id,
            )
        )
        env.cr.execute("ANALYZE customer_lifecycle")
        return profile.id


def formulas(sheet, name):
    """P(buy) and expected orders of everybody, in SQL."""
    with committed(name) as env:
        columns = (
            SQL("(order_count - 1)"),
            SQL("((last_order_date - first_order_date) / 7.0::float8)"),
            SQL("((CURRENT_DATE - first_order_date) / 7.0::float8)"),
        )
        parameters = purchase_model.Parameters(0.53, 6.8, 0.69, 1.34)
        for label, build in (
            ("P(buy)", purchase_sql.sql_p_buy),
            ("Expected orders", purchase_sql.sql_expected_orders),
        ):
            query = SQL(
                "SELECT count(*), sum(%s) FROM customer_lifecycle",
                build(parameters, *columns, 26),
            )
            times = [seconds(lambda q=query: env.execute_query(q)) for _time in range(3)]
            [[count, _total]] = env.execute_query(query)
            sheet.show(f"{label} of {count:,} customers in SQL", f"{median(times):.2f} s")
