"""Return curves: of customers with so many orders, silent for so long, how many come back in time?

Counting is one pass over the order days of a company (`histogram` here, `curve_sql.sql_histogram`
in the database): for each class of customers, by number of orders so far, how many silences ended
with an order in which week, and how many are still going on. All that follows is arithmetic on a
few hundred cells.

The chance that a silence of N weeks ends within the next W is 1 - S(N+W) / S(N), with S the share
of silences that last longer: the estimator of Kaplan and Meier (Journal of the American Statistical
Association 53, 1958), which uses silences that have not ended yet for what they are, "longer than".
Three things make it usable in small companies: neighbouring weeks are pooled, more of them the
longer the silence; a class with few cases leans on all classes together; and beyond the weeks ever
watched the rate of return is taken to fall as 1/time, as it does among customers who differ.
"""

from typing import NamedTuple

import numpy as np

DAYS_PER_WEEK = 7
# Classes by number of orders so far: the lowest number of each, and its key, which sorts alike.
CLASSES = ((1, "1"), (2, "2_3"), (4, "4_9"), (10, "more"))
LOWEST = tuple(low for low, _key in CLASSES)
KEYS = tuple(key for _low, key in CLASSES)
# Weeks of silence that a curve covers: three years, then a customer has left by any rule.
WEEKS = 157
LONGEST = (WEEKS - 1) * DAYS_PER_WEEK
# A class with this many cases in a week weighs as much as all classes together.
PRIOR_CASES = 30
# Fewer silences than this, and there is no curve.
MIN_SILENCES = 50


class Histogram(NamedTuple):
    """Silences per class (row) and week (column): `returned` in that week, or `waiting` still."""

    returned: np.ndarray
    waiting: np.ndarray


class Curve(NamedTuple):
    """Per class and week of silence: `chance` to come back within the horizon, and `cases`."""

    chance: np.ndarray
    cases: np.ndarray
    # First week that nobody has been watched through; from here on the curve is a guess.
    watched: int


def class_of(orders):
    """Which class, from 0, customers with so many orders belong to."""
    return np.searchsorted(LOWEST, orders, side="right") - 1


def histogram(customer, day, until):
    """Count silences by class and week.

    :param customer: key of the customer of each purchase day, sorted
    :param day: purchase days as whole numbers, sorted within each customer, none twice
    :param int until: last day that is known; later purchases are not looked at
    :rtype: Histogram
    """
    customer, day = np.asarray(customer), np.asarray(day)
    known = day <= until
    customer, day = customer[known], day[known]
    returned, waiting = np.zeros((2, len(CLASSES), WEEKS), dtype=np.int64)
    if not len(day):
        return Histogram(returned, waiting)
    first = np.r_[True, customer[1:] != customer[:-1]]
    place = np.arange(len(day))
    orders = place - np.maximum.accumulate(np.where(first, place, 0)) + 1
    last = np.r_[first[1:], True]
    silent = np.where(last, until - day, np.r_[day[1:], 0] - day - 1)
    cells = (class_of(orders), np.minimum(silent // DAYS_PER_WEEK, WEEKS - 1))
    for counts, which in ((returned, ~last), (waiting, last)):
        np.add.at(counts, tuple(cell[which] for cell in cells), 1)
    return Histogram(returned, waiting)


def curve(counts, horizon_days):
    """The return curve of these counts.

    :param Histogram counts:
    :param int horizon_days: how far ahead; rounded up to whole weeks
    :return: the curve, or None when there are too few silences to tell anything
    """
    if counts.returned.sum() + counts.waiting.sum() < MIN_SILENCES or not counts.returned.sum():
        return None
    horizon = weeks_of(horizon_days)
    cases = _at_risk(counts)
    pooled = cases.sum(axis=0)
    enough = np.flatnonzero(pooled >= PRIOR_CASES)
    watched = int(enough[-1]) + 1 if len(enough) else 1
    rate = _rates(counts.returned[:, :watched], cases[:, :watched])
    beyond = np.arange(watched, WEEKS + horizon)
    # The last pooled rate is that of a week some way back.
    tail = rate[:, -1:] * (watched - watched // 8) / (beyond + 0.5)
    rate = np.minimum(np.concatenate([rate, tail], axis=1), 0.999)
    stay = np.concatenate([np.zeros((len(CLASSES), 1)), np.cumsum(np.log1p(-rate), axis=1)], axis=1)
    chance = 1 - np.exp(stay[:, horizon : horizon + WEEKS] - stay[:, :WEEKS])
    return Curve(np.minimum.accumulate(chance, axis=1), cases, watched)


def _at_risk(counts):
    """How many silences reached each week and could have ended in it."""
    alive = (counts.returned + counts.waiting)[:, ::-1].cumsum(axis=1)[:, ::-1]
    return alive - counts.waiting


def _rates(returned, cases):
    """Share that comes back in each week, pooled over neighbours and leaning on all classes."""
    weeks = np.arange(returned.shape[1])
    low = np.maximum(weeks - 1 - weeks // 4, 0)
    high = np.minimum(weeks + 2 + weeks // 4, len(weeks))

    def pooled(counts):
        sums = np.concatenate([np.zeros((len(counts), 1)), counts.cumsum(axis=1)], axis=1)
        return sums[:, high] - sums[:, low]

    everybody = pooled(returned.sum(axis=0)[None]) / np.maximum(pooled(cases.sum(axis=0)[None]), 1)
    prior = PRIOR_CASES * (high - low)
    return (pooled(returned) + prior * everybody) / (pooled(cases) + prior)


def weeks_of(days):
    """Whole weeks that hold this many days."""
    return max(1, -(-int(days) // DAYS_PER_WEEK))


def chance_at(found, classes, silent_days):
    """Chance to come back of customers of these classes, silent for so many days.

    :param Curve found:
    :param classes: class of each customer, from 0
    :param silent_days: days since the last order of each
    """
    weeks = np.clip(np.asarray(silent_days) / DAYS_PER_WEEK, 0, WEEKS - 1.001)
    below = weeks.astype(int)
    part = weeks - below
    chance = found.chance
    return chance[classes, below] * (1 - part) + chance[classes, below + 1] * part


def thresholds(found, target, shortest=0):
    """After how many silent days the chance to come back falls under `target`, per class.

    :param Curve found:
    :param float target: chance, from 0 to 1
    :param int shortest: no threshold is shorter than this many days
    :return: days per class; `LONGEST` where the chance never falls that low
    :rtype: list[int]
    """
    days = []
    for chance in found.chance:
        under = np.flatnonzero(chance <= target)
        if not len(under):
            days.append(LONGEST)
            continue
        week = int(under[0])
        part = 0.0
        if week:
            part = (chance[week - 1] - target) / (chance[week - 1] - chance[week]) - 1
        days.append(max(shortest, int(np.ceil(round((week + part) * DAYS_PER_WEEK, 6)))))
    return days
