"""Points of rules, fitted to what became of the leads.

A logistic regression on which rules a closed lead matched says what each rule is worth beside the
others. A rule keeps its sign: one that turns out to speak against its own points gets none.
"""

import warnings

import numpy as np
import scipy  # which loads its parts when they are used

from .win_metrics import auc, log_loss, logit, sigmoid

FOLDS = 5
# Leads' worth of belief that a rule is worth what it is today.
BELIEF = 2.0
LARGEST = 100


def learn(matches, points, won, seed=0):
    """New points for each rule, and what they would gain.

    :param matches: how often each rule counts for each lead, leads by rules
    :param points: today's points of each rule
    :param won: 0 or 1 for each lead
    :return: dict with `points` (new ones, in whole numbers), `before` and `after` (AUC and log loss
        by cross-validation)
    :raise ValueError: when all leads have the same outcome
    """
    matches, points = np.asarray(matches, float), np.asarray(points, float)
    won = np.asarray(won, float)
    if not len(won) or won.min() == won.max():
        raise ValueError("one class")
    before, after = _compare(matches, points, won, seed)
    return {
        "points": _scaled(_fit(matches, points, won)[1:], points).tolist(),
        "before": before,
        "after": after,
    }


def rates(matches, won):
    """For each rule how many leads it matches, which share of them was won, and the lift.

    :return: list of dicts with `count`, `rate` and `lift`
    """
    matches, won = np.asarray(matches) > 0, np.asarray(won, float)
    average = won.mean() if len(won) else 0.0
    found = []
    for rule in range(matches.shape[1]):
        hit = matches[:, rule]
        rate = float(won[hit].mean()) if hit.any() else 0.0
        found.append(
            {"count": int(hit.sum()), "rate": rate, "lift": rate / average if average else 0.0}
        )
    return found


def _compare(matches, points, won, seed):
    """Figures of today's points and of learned ones, on leads that they were not fitted on."""
    fold = np.empty(len(won), dtype=int)
    chance = np.random.default_rng(seed).random(len(won))
    fold[np.lexsort((chance, won))] = np.arange(len(won)) % FOLDS
    today, learned = np.zeros(len(won)), np.zeros(len(won))
    total = matches @ points
    for number in range(FOLDS):
        inside, outside = fold == number, fold != number
        # Today's points are only brought to the scale of a probability.
        line = _fit(total[outside, None], np.ones(1), won[outside], belief=0.01)
        today[inside] = line[0] + total[inside] * line[1]
        weights = _fit(matches[outside], points, won[outside])
        learned[inside] = weights[0] + matches[inside] @ weights[1:]
    return tuple(
        {"auc": auc(won, scores), "log_loss": log_loss(won, sigmoid(scores))}
        for scores in (today, learned)
    )


def _fit(matches, points, won, belief=BELIEF):
    """Intercept and log-odds per match of each rule; the sign is that of its points."""
    spread = np.maximum(np.abs(matches).max(axis=0), 1e-9)
    matches = matches / spread
    sign = np.sign(points)

    def loss(values):
        scores = values[0] + matches @ values[1:]
        rest = sigmoid(scores) - won
        value = float(np.sum(np.logaddexp(0, scores) - won * scores))
        slope = np.concatenate([[rest.sum()], matches.T @ rest + 2 * belief * values[1:]])
        return value + belief * float(values[1:] @ values[1:]), slope

    start = np.zeros(matches.shape[1] + 1)
    start[0] = logit(won.mean())
    limits = [(0, 9) if one > 0 else (-9, 0) if one < 0 else (-9, 9) for one in sign]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        found = scipy.optimize.minimize(
            loss, start, jac=True, method="L-BFGS-B", bounds=[(-12, 12), *limits]
        )
    return np.concatenate([[found.x[0]], found.x[1:] / spread])


def _scaled(weights, points):
    """Log-odds as points: all rules together weigh as much as today."""
    total = np.abs(weights).sum()
    if not total:
        return np.zeros(len(points))
    scale = np.abs(points).sum() / total
    return np.clip(np.round(weights * scale), -LARGEST, LARGEST)
