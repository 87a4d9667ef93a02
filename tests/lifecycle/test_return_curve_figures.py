"""The return curve beats fixed days on real purchases, at the same rate of false alarms."""

import numpy as np
import pytest

from odoo.addons.customer_lifecycle.tools import backtest, return_curve

from .common import MARCH, YEAR_END, cdnow

RATE = 0.1
# Until the end of 1997 nobody can have been silent for 365 days: those are judged later.
SPLITS = [(YEAR_END, 26, (90, 180)), (MARCH, 13, (90, 180, 365))]


def judged(name, cutoff, weeks):
    """Results of the curve set to 10 % false alarms, and of fixed days."""
    bought = backtest.purchases(*cdnow(name))
    cutoff, horizon = cutoff.toordinal(), weeks * 7
    seen = backtest.snapshot(bought, cutoff, horizon)
    counts = return_curve.histogram(bought.customer, bought.day, cutoff)
    curve = return_curve.curve(counts, horizon)
    classes = return_curve.class_of(bought.orders)
    score = return_curve.chance_at(curve, classes[seen.last], seen.silent)
    target = backtest.limit_at(score, seen.returned, RATE)
    days = np.array(return_curve.thresholds(curve, target))
    ours = backtest.judge(bought, seen, days[classes], RATE, score)
    fixed = {
        days: backtest.judge(bought, seen, backtest.fixed_patience(bought, days), RATE)
        for days in (90, 180, 365)
    }
    recency = backtest.judge(bought, seen, backtest.fixed_patience(bought, 180), RATE, -seen.silent)
    return ours, fixed, recency


@pytest.mark.parametrize("name", ["sample", "master"])
@pytest.mark.parametrize(("cutoff", "weeks", "rivals"), SPLITS)
def test_at_ten_percent_false_alarms_finds_more_leavers_with_fewer_flips(
    name, cutoff, weeks, rivals
):
    ours, fixed, _recency = judged(name, cutoff, weeks)
    assert ours.false_alarms <= RATE
    for days in rivals:
        assert ours.found_at >= fixed[days].found_at, days
        assert ours.flips < fixed[days].flips, days


@pytest.mark.parametrize("name", ["sample", "master"])
@pytest.mark.parametrize(("cutoff", "weeks", "rivals"), SPLITS)
def test_ranks_customers_better_than_any_fixed_number_of_days_can(name, cutoff, weeks, rivals):
    ours, _fixed, recency = judged(name, cutoff, weeks)
    assert ours.auc > recency.auc


def test_customers_with_more_orders_are_given_more_time():
    bought = backtest.purchases(*cdnow("master"))
    counts = return_curve.histogram(bought.customer, bought.day, YEAR_END.toordinal())
    curve = return_curve.curve(counts, 182)
    assert np.all(np.diff(curve.chance, axis=1) <= 0)
    # Published: 30 / 60 / 90 / 120 / 180 days of silence. Ours pools neighbouring weeks.
    one, some = (return_curve.chance_at(curve, c, np.array([30, 60, 90, 120, 180])) for c in (0, 2))
    assert one == pytest.approx([0.27, 0.21, 0.19, 0.17, 0.13], abs=0.03)
    assert some == pytest.approx([0.73, 0.64, 0.57, 0.50, 0.39], abs=0.04)
    days = return_curve.thresholds(curve, 0.3)
    assert days[0] < days[1] < days[2]
