"""Arithmetic of the score, on plain values. The statements in `lead_score_engine` do the same.

Points are counted in whole cents. An event is rounded once, to the cent; everything after that is
addition and comparison of integers, so that the order of the rows cannot change a result.
Time is counted in whole days, by the calendar of UTC: a score is the same all day long.
"""

import math

# What a lead is judged by, in the order in which it is shown.
DIMENSIONS = ("fit", "need", "budget", "authority", "timing", "engagement", "negative")
# Dimensions that say how much a lead wants something now, as opposed to how well it suits us.
INTENT_DIMENSIONS = ("need", "timing", "engagement")
TOP = 10000  # highest total, in cents


def cents(points):
    """Points as whole cents, half a cent rounded up.

    >>> cents(0.125), cents(-0.125), cents(3)
    (13, -12, 300)
    """
    return whole(points * 100)


def whole(amount):
    """Cents as a whole number, half a cent rounded up."""
    return math.floor(amount + 0.5)


def remaining(kind, age, half_life):
    """Share of the points of an event that is left.

    :param str kind: `exponential`: halved each half-life; `linear`: half is left after one
        half-life and nothing after two
    :param int age: age of the event in days
    :param float half_life: in days; 0 for points that do not decay
    :return: between 0 and 1

    >>> remaining("exponential", 30, 30), remaining("linear", 15, 30), remaining("linear", 60, 30)
    (0.5, 0.75, 0.0)
    """
    if not half_life:
        return 1.0
    if kind == "linear":
        return max(0.0, 1.0 - age / (2.0 * half_life))
    return math.pow(0.5, age / half_life)


def clamp(value, floor, cap):
    """The value, or the limit that it exceeds.

    >>> clamp(-5, 0, 40), clamp(50, 0, 40), clamp(7, 0, 40)
    (0, 40, 7)
    """
    return min(max(value, floor), cap)


def counted(quantities, frequency, repeat, most):
    """How much of each event a rule counts.

    :param list quantities: of the events inside the rule's window, the newest first
    :param float frequency: less than this in total counts nothing; up to 1, any event will do
    :param bool repeat: whether each event counts, or the newest one only, as one
    :param float most: highest total that counts; 0 for no limit
    :return: one number per event

    >>> counted([1.0, 1.0, 1.0], 2, False, 0), counted([1.0, 1.0, 3.0], 1, True, 3)
    ([1.0, 0.0, 0.0], [1.0, 1.0, 1.0])
    """
    total = 0.0
    result = []
    for quantity in quantities:
        if repeat:
            result.append(clamp(most - total, 0.0, quantity) if most else quantity)
        else:
            result.append(0.0 if result else 1.0)
        total += quantity
    return result if frequency <= 1 or total >= frequency else [0.0] * len(result)


def reached(quantities, ages, frequency):
    """Age of the event by which, counted from the newest, a rule's frequency is reached.

    >>> reached([1.0, 1.0, 1.0], [2, 5, 9], 2), reached([1.0], [4], 1)
    (5, 0)
    """
    if frequency <= 1:
        return 0
    total, needed = 0.0, 0
    for quantity, age in zip(quantities, ages, strict=True):
        if total < frequency:
            needed = max(needed, age)
        total += quantity
    return needed


def level(amount, thresholds):
    """How many of these thresholds, the highest first, are not reached.

    >>> level(25, (30, 20, 10))
    1
    """
    return sum([amount < threshold for threshold in thresholds])
