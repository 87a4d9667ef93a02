"""Fields that know the outcome, because they are filled in when it is known."""

import numpy as np

from .win_additive import evidence_apart
from .win_columns import as_numbers, encode, learn_features
from .win_metrics import auc

# So much emptier among open leads than among closed ones is a field that closing fills.
RARE_WHEN_OPEN = 0.1
OFTEN_WHEN_CLOSED = 0.3
LEAST_OPEN = 50


def single_aucs(table, won):
    """How well each column tells won from lost by itself, judged on rows it was not counted on.

    :return: dict of AUC by column name, 0.5 for a column that says nothing
    """
    features = learn_features(table)
    found = dict.fromkeys(table, 0.5)
    if not features:
        return found
    codes = encode(features, table)
    won = np.asarray(won, float)
    sizes = [feature.size for feature in features]
    apart = evidence_apart(codes, sizes, won, np.ones(len(won)), 0)
    for name in found:
        own = [number for number, feature in enumerate(features) if feature.name == name]
        if own:
            found[name] = auc(won, apart[:, own].sum(axis=1))
    return found


def filled_shares(table):
    """Share of the rows in which each column has a value."""
    return {name: _filled(kind, values) for name, (kind, values) in table.items()}


def _filled(kind, values):
    if not len(values):
        return 0.0
    if kind == "number":
        numbers = as_numbers(values)
        return float(np.mean(~np.isnan(numbers) & (numbers != 0)))
    if kind == "tags":
        return float(np.mean([bool(value) for value in values]))
    return float(np.mean([value is not None for value in values]))


def filled_by_closing(closed, opened, count):
    """Names of columns that closed leads have and open ones lack.

    :param dict closed: share by column among the closed leads, see `filled_shares`
    :param dict opened: share by column among the open leads
    :param int count: how many open leads there are; few of them say nothing
    """
    if count < LEAST_OPEN:
        return set()
    return {
        name
        for name, share in closed.items()
        if share >= OFTEN_WHEN_CLOSED and opened.get(name, 0.0) <= RARE_WHEN_OPEN * share
    }
