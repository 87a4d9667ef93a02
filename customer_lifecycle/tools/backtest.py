"""Judging rules that call a customer lost, on purchases of the past.

A rule is *patience*: after each purchase of a customer, how many silent days it takes until the
rule flags him. Fixed days, return curves and bands of P(buy) are all of this kind, since silence is
the only thing that changes between two purchases. So nothing needs to be replayed day by day.

The judge stands at a cut-off and sees the purchases up to it; then it looks at what the customers
did within the horizon. Who did not buy is a *leaver*. Words used throughout:

- false alarms: share of those who came back that had been flagged;
- found: share of the leavers that had been flagged;
- bought anyway: share of the flagged that came back.

Days are whole numbers, and everything is numpy arrays with one element per purchase day.
"""

from typing import NamedTuple

import numpy as np

from . import purchase_model, return_curve

NEVER = np.inf
DAYS_PER_YEAR = 365.25
# Fewer customers, returners or leavers than this, and percentages are chance.
MIN_CUSTOMERS = 100
MIN_OUTCOMES = 20


class Purchases(NamedTuple):
    """Purchase days sorted by customer and day; `following` is the next one, or NEVER."""

    customer: np.ndarray
    day: np.ndarray
    amount: np.ndarray
    first: np.ndarray
    orders: np.ndarray
    following: np.ndarray


class Snapshot(NamedTuple):
    """What a judge at the cut-off sees (`last`: row of the last purchase), and what came."""

    cutoff: int
    horizon: int
    last: np.ndarray
    silent: np.ndarray
    returned: np.ndarray
    spend: np.ndarray


class Result(NamedTuple):
    """How a rule did; shares from 0 to 1, None where there is nothing to divide by."""

    flagged: int
    flagged_share: float
    bought_anyway: float | None
    false_alarms: float
    found: float
    found_at: float
    auc: float | None
    detection_days: float | None
    flips: float
    spend_flagged: float | None


def purchases(customer, day, amount):
    """Purchases from sorted columns: customer, whole day, amount of the day.

    :rtype: Purchases
    """
    customer, day = np.asarray(customer), np.asarray(day, dtype=np.int64)
    first = np.r_[True, customer[1:] != customer[:-1]][: len(customer)]
    place = np.arange(len(customer))
    start = np.maximum.accumulate(np.where(first, place, 0))
    following = np.r_[day[1:].astype(float), NEVER][: len(day)]
    following[np.r_[first[1:], True][: len(day)]] = NEVER
    amount = np.asarray(amount, dtype=float)
    return Purchases(customer, day, amount, day[start], place - start + 1, following)


def snapshot(bought, cutoff, horizon):
    """Customers known at the cut-off, and what they did in the `horizon` days after it."""
    last = np.flatnonzero((bought.day <= cutoff) & (bought.following > cutoff))
    end = cutoff + horizon
    later = (bought.day > cutoff) & (bought.day <= end)
    place = np.searchsorted(bought.customer[last], bought.customer[later])
    place = np.minimum(place, max(len(last) - 1, 0))
    known = bought.customer[last][place] == bought.customer[later] if len(last) else later[:0]
    spend = np.bincount(place[known], bought.amount[later][known], len(last))
    silent = cutoff - bought.day[last]
    return Snapshot(cutoff, horizon, last, silent, bought.following[last] <= end, spend)


def shortage(seen):
    """Why this snapshot tells too little (a code), or None."""
    if len(seen.last) < MIN_CUSTOMERS:
        return "few_customers"
    if seen.returned.sum() < MIN_OUTCOMES:
        return "nobody_returned"
    return "nobody_left" if (~seen.returned).sum() < MIN_OUTCOMES else None


def histories(bought, cutoff):
    """x, t_x and T, in weeks, of the customers known at the cut-off."""
    last = (bought.day <= cutoff) & (bought.following > cutoff)
    first, day = bought.first[last], bought.day[last]
    return bought.orders[last] - 1, (day - first) / 7, (cutoff - first) / 7


# ------------------------------------------------------------------
# Patience of rules
# ------------------------------------------------------------------


def fixed_patience(bought, days):
    """So many days, whoever it is."""
    return np.full(len(bought.day), float(days))


def stepped_patience(bought, steps):
    """Days by number of purchases so far.

    :param steps: list of (lowest number of purchases, days), by that number
    """
    lowest, days = zip(*sorted(steps), strict=True)
    place = np.searchsorted(lowest, bought.orders, side="right") - 1
    return np.asarray(days, dtype=float)[np.maximum(place, 0)]


def p_buy_patience(bought, parameters, horizon, least):
    """First silent day on which P(buy within `horizon` days) is under `least`.

    It falls with every silent day, so halving finds the day; beyond `LONGEST` is never.
    """
    x, t_x = bought.orders - 1, (bought.day - bought.first) / 7
    low, high = np.zeros((2, len(x)), dtype=np.int64)
    high += return_curve.LONGEST + 1
    while (high > low).any():
        middle = (low + high) // 2
        chance = purchase_model.p_buy(parameters, x, t_x, t_x + middle / 7, horizon / 7)
        under = chance < least
        high = np.where(under, middle, high)
        low = np.where(under, low, np.minimum(middle + 1, high))
    return np.where(low > return_curve.LONGEST, NEVER, low.astype(float))


# ------------------------------------------------------------------
# Judging
# ------------------------------------------------------------------


def judge(bought, seen, patience, rate, score=None):
    """How well a rule did.

    :param Purchases bought: also those after the cut-off
    :param Snapshot seen:
    :param patience: silent days until flagged, per row of `bought`
    :param float rate: false alarms at which `found_at` compares rules of different strictness
    :param score: per customer of the snapshot, higher for who is likelier to come back; a rule
        that has none can only be thinned or filled up by chance to reach the rate
    :rtype: Result
    """
    flagged = seen.silent >= patience[seen.last]
    back = seen.returned
    total = seen.spend.sum()
    return Result(
        flagged=int(flagged.sum()),
        flagged_share=float(flagged.mean()),
        bought_anyway=float(back[flagged].mean()) if flagged.any() else None,
        false_alarms=float(flagged[back].mean()),
        found=float(flagged[~back].mean()),
        found_at=found_at(np.where(flagged, 0.0, 1.0) if score is None else score, back, rate),
        auc=None if score is None else auc(score, back),
        detection_days=_detection(bought, seen, patience),
        flips=_flips(bought, patience, seen.cutoff + seen.horizon),
        spend_flagged=float(seen.spend[flagged].sum() / total) if total > 0 else None,
    )


def _detection(bought, seen, patience):
    """Median of silent days at which leavers are flagged, those flagged within the horizon."""
    leavers = seen.last[~seen.returned]
    days = patience[leavers]
    days = days[bought.day[leavers] + days <= seen.cutoff + seen.horizon]
    return float(np.median(days)) if len(days) else None


def _flips(bought, patience, end):
    """Changes to flagged and back, per customer and year, from the first purchase to `end`."""
    known = bought.day <= end
    flagged_on = (bought.day + patience)[known]
    following = bought.following[known]
    there = (flagged_on <= end) & (following > flagged_on)
    back = there & (following <= end)
    starts = bought.first[known & (bought.orders == 1)]
    years = (end - starts).sum() / DAYS_PER_YEAR
    return float((there.sum() + back.sum()) / years) if years > 0 else 0.0


def _roc(score, returned):
    """Corners of the curve of false alarms and found, from flagging nobody to everybody."""
    values, place = np.unique(score, return_inverse=True)
    back = np.bincount(place, returned, len(values)).cumsum() / returned.sum()
    gone = np.bincount(place, ~returned, len(values)).cumsum() / (~returned).sum()
    return np.r_[0.0, back], np.r_[0.0, gone]


def found_at(score, returned, rate):
    """Share of leavers found when false alarms are `rate`, between two corners by chance."""
    return float(np.interp(rate, *_roc(score, returned)))


def auc(score, returned):
    """Chance that a customer who came back has a higher score than one who did not."""
    back, gone = _roc(score, returned)
    return float(((gone[1:] + gone[:-1]) / 2 * np.diff(back)).sum())


def limit_at(score, returned, rate):
    """Limit such that flagging every score below it gives at most this rate of false alarms."""
    scores = np.sort(score[returned])
    least = scores[min(int(rate * len(scores)), len(scores) - 1)]
    lower = score[score < least]
    # Between two scores that occur, so that rounding of a derived number of days cannot hit either.
    return float((lower.max() + least) / 2) if len(lower) else float(least - abs(least) / 2)
