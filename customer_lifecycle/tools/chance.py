"""When the chance of an order falls below a band: the silence that it takes, in days."""

import numpy as np

from .purchase_model import p_buy

# Nobody is given more than a hundred years.
LONGEST = 36500


def silence(parameters, orders, span_days, horizon_days, chance):
    """First day of silence on which P(order within the horizon) lies below `chance`.

    P falls with every silent day, so that halving the interval finds the day exactly.

    :param parameters: r, alpha (weeks), a, b
    :param orders: numbers of purchase days, at least 1
    :param span_days: days from the first purchase to the last
    :param int horizon_days: horizon of the chance
    :param float chance: band, between 0 and 1
    :return: whole days, at least 1
    :rtype: numpy.ndarray
    """
    orders, span = np.asarray(orders, dtype=float), np.asarray(span_days, dtype=float)
    low, high = np.zeros(len(orders), dtype=int), np.full(len(orders), LONGEST)
    while (high - low > 1).any():
        middle = (low + high) // 2
        age = (span + middle) / 7
        below = p_buy(parameters, orders - 1, span / 7, age, horizon_days / 7) < chance
        high, low = np.where(below, middle, high), np.where(below, low, middle)
    # Those below the band from the first day on; one may have been halved once more than others.
    return np.maximum(high, 1)
