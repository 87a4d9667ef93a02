"""What the model says is bent until 30 % means 30 %.

Three ways, and cross-validation chooses: as it is; a straight line through the log-odds (Platt);
rising steps (isotonic), only with many leads because it can learn chance by heart.
"""

import numpy as np
import scipy  # which loads its parts when they are used

from .win_level import shifted
from .win_metrics import clip, logit, losses, sigmoid

ISOTONIC_FROM = 3000
FOLDS = 5
# No lead is ever hopeless or certain.
FLOOR = 0.002


def fit(way, scores, won, weights):
    """A calibration of this way: `none`, `platt` or `isotonic`.

    :param scores: log-odds of rows that the model was not fitted on
    :return: dict that can be kept as JSON
    """
    if way == "platt":
        return {"way": way, **_line(scores, won, weights)}
    if way == "isotonic":
        # See `win_trees`: only when a model is trained.
        from sklearn.isotonic import IsotonicRegression

        steps = IsotonicRegression(y_min=FLOOR, y_max=1 - FLOOR, out_of_bounds="clip")
        steps.fit(scores, won, sample_weight=weights)
        return {
            "way": way,
            "scores": steps.X_thresholds_.tolist(),
            "shares": steps.y_thresholds_.tolist(),
        }
    return {"way": "none"}


def apply(calibration, scores):
    """Probabilities for log-odds.

    The `level` of a calibration is by how much all log-odds have moved with time, see `win_level`.
    """
    said = _bent(calibration, scores)
    return np.clip(shifted(said, calibration.get("level", 0.0)), FLOOR, 1 - FLOOR)


def _bent(calibration, scores):
    if calibration["way"] == "platt":
        return clip(sigmoid(calibration["slope"] * scores + calibration["shift"]))
    if calibration["way"] == "isotonic":
        return np.interp(scores, calibration["scores"], calibration["shares"])
    return clip(sigmoid(scores))


def drawn(calibration, trust, rate):
    """The calibration with all log-odds drawn towards those of the average, 1 for not at all."""
    if calibration["way"] == "isotonic" or trust >= 1:
        return calibration
    slope, level = calibration.get("slope", 1.0), calibration.get("shift", 0.0)
    return {
        "way": "platt",
        "slope": float(trust * slope),
        "shift": float(trust * level + (1 - trust) * logit(rate)),
    }


def ways(won):
    """Which ways there are enough rows for."""
    least = min(won.sum(), len(won) - won.sum())
    many = len(won) >= ISOTONIC_FROM and least >= ISOTONIC_FROM / 10
    return ["none", "platt", "isotonic"] if many else ["none", "platt"]


def apart(way, scores, won, weights, seed=0):
    """Probabilities of all rows, each from a calibration that did not see it."""
    fold = np.random.default_rng(seed).permutation(len(won)) % FOLDS
    said = np.zeros(len(won))
    for number in range(FOLDS):
        inside, outside = fold == number, fold != number
        fitted = fit(way, scores[outside], won[outside], weights[outside])
        said[inside] = apply(fitted, scores[inside])
    return said


def _line(scores, won, weights):
    """Slope and shift; a slope under one draws everything towards the average."""
    if np.ptp(scores) < 1e-9:
        rate = np.average(won, weights=weights)
        return {"slope": 0.0, "shift": float(logit(rate))}
    weights = weights / weights.mean()

    def loss(line):
        rest = sigmoid(line[0] * scores + line[1]) - won
        value = float(weights @ losses(won, sigmoid(line[0] * scores + line[1])))
        slope = float(weights @ (rest * scores))
        # One lead's worth of belief that the model is right as it is.
        return value + (line[0] - 1) ** 2, np.array(
            [slope + 2 * (line[0] - 1), float(weights @ rest)]
        )

    found = scipy.optimize.minimize(
        loss, [1.0, 0.0], jac=True, method="L-BFGS-B", bounds=[(0, 1.6), (-9, 9)]
    )
    return {"slope": float(found.x[0]), "shift": float(found.x[1])}
