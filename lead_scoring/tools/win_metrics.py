"""Figures that say how good a probability is. Arrays in, plain numbers out."""

import numpy as np

# A probability nearer to 0 or 1 than this counts as this, or one lead could cost endlessly much.
NEAR = 1e-6


def clip(probabilities):
    return np.clip(np.asarray(probabilities, float), NEAR, 1 - NEAR)


def logit(probabilities):
    probabilities = clip(probabilities)
    return np.log(probabilities / (1 - probabilities))


def sigmoid(values):
    return 1 / (1 + np.exp(-np.clip(values, -35, 35)))


def losses(won, probabilities):
    """Log loss of each row."""
    probabilities = clip(probabilities)
    return -np.where(won, np.log(probabilities), np.log(1 - probabilities))


def log_loss(won, probabilities, weights=None):
    return float(np.average(losses(won, probabilities), weights=weights))


def brier(won, probabilities):
    return float(np.mean((np.asarray(probabilities) - np.asarray(won)) ** 2))


def auc(won, scores):
    """How often a won row has the higher score of a pair; 0.5 when there is only one class."""
    won = np.asarray(won, bool)
    positive = int(won.sum())
    negative = len(won) - positive
    if not positive or not negative:
        return 0.5
    _values, place, counts = np.unique(np.asarray(scores), return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    ranks = (ends - (counts - 1) / 2)[place]
    return float((ranks[won].sum() - positive * (positive + 1) / 2) / (positive * negative))


def calibration_curve(won, probabilities, bins=10):
    """Where x % was said, how many were won? In groups of equally many rows.

    :return: list of dicts with `said`, `won` (shares) and `count`
    """
    order = np.argsort(probabilities, kind="stable")
    won, probabilities = np.asarray(won, float)[order], np.asarray(probabilities, float)[order]
    return [
        {"said": float(said.mean()), "won": float(real.mean()), "count": len(said)}
        for said, real in zip(
            np.array_split(probabilities, bins), np.array_split(won, bins), strict=True
        )
        if len(said)
    ]


def calibration_error(won, probabilities, bins=10):
    """Expected calibration error: mean distance of said and real, in bins of equal width."""
    won, probabilities = np.asarray(won, float), np.asarray(probabilities, float)
    if not len(won):
        return 0.0
    place = np.minimum((probabilities * bins).astype(int), bins - 1)
    counts = np.bincount(place, minlength=bins)
    distance = np.abs(
        np.bincount(place, probabilities, minlength=bins) - np.bincount(place, won, minlength=bins)
    )
    return float(distance[counts > 0].sum() / len(won))


def gains_curve(won, probabilities, steps=10):
    """What the best tenth, two tenths, ... of the rows bring.

    :return: list of dicts with `share` of the rows, `gain` (share of all won) and `lift`
    """
    order = np.argsort(-np.asarray(probabilities), kind="stable")
    won = np.asarray(won, float)[order]
    total = won.sum()
    curve = []
    for step in range(1, steps + 1):
        rows = max(1, round(len(won) * step / steps))
        gain = float(won[:rows].sum() / total) if total else 0.0
        curve.append({"share": step / steps, "gain": gain, "lift": gain * len(won) / rows})
    return curve


def figures(won, probabilities):
    """All figures of one set of predictions."""
    curve = gains_curve(won, probabilities)
    return {
        "count": len(won),
        "rate": float(np.mean(won)) if len(won) else 0.0,
        "auc": auc(won, probabilities),
        "log_loss": log_loss(won, probabilities),
        "brier": brier(won, probabilities),
        "calibration_error": calibration_error(won, probabilities),
        "lift": curve[0]["lift"],
        "calibration": calibration_curve(won, probabilities),
        "gains": curve,
    }


def stability_index(expected, actual):
    """Population stability index of two lists of counts, with half a row added everywhere.

    Under 0.1 nothing moved, over 0.25 it is another population.
    """
    expected, actual = np.asarray(expected, float) + 0.5, np.asarray(actual, float) + 0.5
    expected, actual = expected / expected.sum(), actual / actual.sum()
    return float(np.sum((actual - expected) * np.log(actual / expected)))
