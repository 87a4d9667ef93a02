"""The readable model: every value of every field has its points, and the points add up.

The weight of evidence of a value is the logarithm of how much more often won leads have it than
lost ones, drawn towards zero when few leads have it. A logistic regression says how much of each
field's evidence counts, because fields repeat each other. With enough leads each value may also
differ from its evidence.
"""

import warnings

import numpy as np
import scipy  # which loads its parts when they are used

from .win_metrics import logit

# Leads that a value must have until its own rate counts as much as the average.
SHRINK = 6.0
FOLDS = 10
# How freely a value may leave its evidence: the smaller, the nearer it stays.
FREEDOM = 0.5


def fit(codes, sizes, won, weights, free=False, seed=0):
    """Points for each value of each feature.

    :param codes: whole numbers, rows by features
    :param sizes: how many codes each feature has
    :param won: 0 or 1 for each row
    :param weights: weight of each row
    :param bool free: may a value differ from its weight of evidence?
    :return: dict with `intercept` and `points`, a list of lists
    """
    rate = np.average(won, weights=weights)
    tables = [evidence(codes[:, number], size, won, weights) for number, size in enumerate(sizes)]
    # Weighing the evidence on the rows that it was counted on would trust it too much.
    apart = evidence_apart(codes, sizes, won, weights, seed)
    kept = [number for number in range(len(sizes)) if np.ptp(apart[:, number]) > 1e-9]
    shares, intercept, own = {}, float(logit(rate)), {}
    while kept:
        columns = apart[:, kept]
        if free:
            own_columns = [_one_hot(codes[:, number], sizes[number]) for number in kept]
            columns = [scipy.sparse.csr_matrix(columns), *own_columns]
            columns = scipy.sparse.hstack(columns, format="csr")
        model = _regression(columns, won, weights)
        shares = dict(zip(kept, model.coef_[0], strict=False))
        intercept = float(model.intercept_[0])
        own = _own_points(model.coef_[0][len(kept) :], kept, sizes) if free else {}
        # Evidence that would count against itself is chance, or said better by another field.
        if free or all(share > 0 for share in shares.values()):
            break
        kept = [number for number in kept if shares[number] > 0]
        shares, intercept = {}, float(logit(rate))
    points = [
        tables[number] * shares.get(number, 0.0) + own.get(number, 0.0)
        for number in range(len(sizes))
    ]
    return {
        "intercept": intercept,
        "points": [table.tolist() for table in points],
    }


def fit_alone(codes, sizes, won, weights):
    """Points as if no field repeated another: the evidence of each value counts in full.

    That is Odoo's way (naive Bayes) with evidence that is shrunk and empty values that count; what
    it says too loudly is for the calibration to mend. With few rows it may rank best of all.

    :return: as `fit`
    """
    return {
        "intercept": float(logit(np.average(won, weights=weights))),
        "points": [
            evidence(codes[:, number], size, won, weights).tolist()
            for number, size in enumerate(sizes)
        ],
    }


def predict(model, codes):
    """Log-odds of each row."""
    total = np.full(len(codes), model["intercept"])
    for number, points in enumerate(model["points"]):
        total += np.asarray(points)[codes[:, number]]
    return total


def contributions(model, codes):
    """What each feature adds to the log-odds, rows by features."""
    if not model["points"]:
        return np.zeros((len(codes), 0))
    return np.stack(
        [np.asarray(points)[codes[:, number]] for number, points in enumerate(model["points"])],
        axis=1,
    )


def evidence(codes, size, won, weights):
    """Weight of evidence of each code, shrunk; a code that nobody has gets 0."""
    rate = np.average(won, weights=weights)
    total = np.bincount(codes, weights, minlength=size)
    positive = np.bincount(codes, weights * won, minlength=size)
    return logit((positive + SHRINK * rate) / (total + SHRINK)) - logit(rate)


def evidence_apart(codes, sizes, won, weights, seed):
    """Evidence for each row, counted on other rows than its own fold."""
    fold = np.random.default_rng(seed).permutation(len(won)) % FOLDS
    found = np.zeros(codes.shape)
    for number in range(FOLDS):
        inside, outside = fold == number, fold != number
        for column, size in enumerate(sizes):
            table = evidence(codes[outside, column], size, won[outside], weights[outside])
            found[inside, column] = table[codes[inside, column]]
    return found


def _one_hot(codes, size):
    """A column for each code; sparse, because a field may have hundreds of values."""
    rows = np.arange(len(codes))
    values = (np.full(len(codes), FREEDOM), (rows, codes))
    return scipy.sparse.csr_matrix(values, (len(codes), size))


def _own_points(coefficients, kept, sizes):
    """Cut the coefficients of all values into those of each feature."""
    ends = np.cumsum([sizes[number] for number in kept])[:-1]
    return {
        number: part * FREEDOM
        for number, part in zip(kept, np.split(coefficients, ends), strict=True)
    }


def _regression(features, won, weights):
    # See `win_trees`: only when a model is trained.
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=1.0, solver="lbfgs", max_iter=300)
    with warnings.catch_warnings():
        # The last steps change nothing that anyone could see.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(features, won, sample_weight=weights)
