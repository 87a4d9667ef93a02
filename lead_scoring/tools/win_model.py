"""A trained model as plain values: it predicts, explains and can be kept as JSON."""

import numpy as np

from . import win_additive, win_calibration
from .win_columns import (
    OTHER,
    Feature,
    as_numbers,
    column_of,
    encode,
    missing_columns,
    row_count,
)
from .win_metrics import clip, logit, sigmoid, stability_index
from .win_trees import Forest

# Of so few rows with rare values, trees have not learned what a value is worth that they never saw.
LEAST_RARE = 20
# An unknown value counts as the average of so many known ones.
STAND_INS = 32
ALGORITHMS = ("base", "evidence", "alone", "points", "trees", "blend")


def matrix(features, table, codes):
    """What the trees look at: numbers as they are, everything else by its code.

    Codes follow how frequent a value is, so that a split tells common from rare.
    """
    found = codes.astype(float)
    for number, feature in enumerate(features):
        if feature.kind == "number":
            values = column_of(feature, table)
            found[:, number] = np.nan if values is None else as_numbers(values)
    return found


class WinModel:
    """Applies what training kept.

    :param dict kept: `algorithm`, `base`, `features`, `additive`, `trees`, `calibration`, `counts`
    :raise ValueError: when it is not such a dict
    """

    def __init__(self, kept):
        try:
            self.kept = kept
            self.algorithm = kept["algorithm"]
            if self.algorithm not in ALGORITHMS:
                raise ValueError(f"unknown algorithm {self.algorithm!r}")
            self.base = float(kept["base"])
            self.features = [Feature.from_dict(values) for values in kept["features"]]
            self.additive = kept["additive"]
            self._check_additive()
            trees = kept["trees"]
            self.forest = Forest(trees, len(self.features)) if trees else None
            self.calibration = kept["calibration"]
            win_calibration.apply(self.calibration, np.zeros(1))
            self._find_stand_ins()
        except (KeyError, TypeError, IndexError, AttributeError) as error:
            raise ValueError(f"a part is missing or wrong: {error}") from error

    def _check_additive(self):
        """Each value of each feature must have its points."""
        if self.additive is None:
            return
        sizes = [len(points) for points in self.additive["points"]]
        if sizes != [feature.size for feature in self.features]:
            raise ValueError("points and features do not fit together")

    def _find_stand_ins(self):
        """For each feature in which an unknown value says nothing, known ones that stand for it.

        As often as they were among the leads that were learned from.
        """
        places = (np.arange(STAND_INS) + 0.5) / STAND_INS
        self.stand_ins = {}
        for number, feature in enumerate(self.features):
            counts = np.asarray(self.kept["counts"][number], float)
            if feature.kind != "category" or counts[OTHER] >= LEAST_RARE or not counts.sum():
                continue
            shares = np.cumsum(counts) / counts.sum()
            codes = np.searchsorted(shares, places)
            # Not in step with other features, or pairs of values would be imagined.
            self.stand_ins[number] = np.random.default_rng(number).permutation(codes)

    def _unknown(self, codes):
        """Where a row has a value that nobody has learned about."""
        unknown = np.zeros(codes.shape, dtype=bool)
        for number in self.stand_ins:
            unknown[:, number] = codes[:, number] == OTHER
        return unknown

    def _by_forest(self, apply, average, codes, numbers):
        """What trees say about rows; with an unknown value, on average over those that are known.

        :param function apply: of rows of numbers, returns an array with one entry per row
        :param function average: of such an array, returns one entry
        """
        found = apply(numbers)
        unknown = self._unknown(codes)
        for row in np.flatnonzero(unknown.any(axis=1)):
            imagined = np.repeat(numbers[row : row + 1], STAND_INS, axis=0)
            for number in np.flatnonzero(unknown[row]):
                imagined[:, number] = self.stand_ins[number]
            found[row] = average(apply(imagined))
        return found

    def predict(self, table):
        """Probability to be won of each row, between 0 and 1."""
        if self.algorithm == "base":
            return np.full(row_count(table), self.base)
        return win_calibration.apply(self.calibration, self._scores(table))

    def missing(self, table):
        """Columns that the model was trained on and the table lacks."""
        return missing_columns(self.features, table)

    def _parts(self, table):
        codes = encode(self.features, table)
        return codes, matrix(self.features, table, codes) if self.forest else None

    def _scores(self, table):
        codes, numbers = self._parts(table)
        found = []
        if self.additive is not None:
            found.append(win_additive.predict(self.additive, codes))
        if self.forest is not None:
            found.append(self._by_forest(self.forest.predict, _mean_odds, codes, numbers))
        return sum(found) / len(found)

    def explain(self, table):
        """What each value adds to the log-odds of each row.

        :return: list of (probability, list of dicts with `name`, `kind`, `detail`, `value`, `odds`
            and `points`: percentage points by which this value moves the probability), the
            strongest first
        """
        count = row_count(table)
        if self.algorithm == "base" or not self.features:
            return [(self.base, []) for _row in range(count)]
        codes, numbers = self._parts(table)
        added = np.zeros(codes.shape)
        parts = 0
        if self.additive is not None:
            added += win_additive.contributions(self.additive, codes)
            parts += 1
        if self.forest is not None:
            added += self._by_forest(
                lambda rows: self.forest.contributions(rows)[1],
                lambda parts: parts.mean(axis=0),
                codes,
                numbers,
            )
            parts += 1
        added = added / parts - self._usual(added / parts)
        probabilities = win_calibration.apply(self.calibration, self._scores(table))
        slope = self.calibration.get("slope", 1.0)
        return [
            (float(said), self._reasons(row, values * slope, said, table, number))
            for number, (row, values, said) in enumerate(
                zip(codes, added, probabilities, strict=True)
            )
        ]

    def _usual(self, added):
        """What a typical lead gets for each feature, so that only differences are reasons."""
        if self.additive is None:
            return np.zeros(added.shape[1])
        share = 1.0 if self.forest is None else 0.5
        return share * np.array(
            [
                np.average(points, weights=np.asarray(counts, float) + 1e-9)
                for points, counts in zip(self.additive["points"], self.kept["counts"], strict=True)
            ]
        )

    def _reasons(self, codes, added, said, table, row):
        reasons = []
        for number in np.argsort(-np.abs(added), kind="stable"):
            feature, code = self.features[number], int(codes[number])
            kind, detail = feature.describe(code)
            if code == OTHER and number in self.stand_ins:
                kind = "unknown"
            without = float(sigmoid(logit(clip(said)) - added[number]))
            values = column_of(feature, table)
            reasons.append(
                {
                    "name": feature.name,
                    "kind": kind,
                    "detail": list(detail),
                    "value": None if values is None else _plain(values[row]),
                    "odds": float(added[number]),
                    "points": round(100 * (float(said) - without), 1),
                }
            )
        return reasons

    def drift(self, table):
        """Population stability index of each column since training, the largest of its features.

        :return: dict by column name
        """
        codes = encode(self.features, table)
        found = {}
        for number, feature in enumerate(self.features):
            actual = np.bincount(codes[:, number], minlength=feature.size)
            index = stability_index(*_rare_together(self.kept["counts"][number], actual))
            found[feature.name] = max(index, found.get(feature.name, 0.0))
        return found


def _mean_odds(odds):
    """Log-odds of the mean of these chances."""
    return logit(clip(sigmoid(odds).mean()))


def _rare_together(expected, actual):
    """Both counts with all values rarer than one in fifty as one: few rows tell nothing of each."""
    expected, actual = np.asarray(expected, float), np.asarray(actual, float)
    rare = expected < expected.sum() / 50
    return [np.append(counts[~rare], counts[rare].sum()) for counts in (expected, actual)]


def _plain(value):
    """A value as JSON knows it."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value if isinstance(value, int | float | str | bool | None) else sorted(map(str, value))


def importance(model, table):
    """How much each column moves the log-odds, on average over these rows.

    :return: dict by column name
    """
    found = dict.fromkeys(table, 0.0)
    for _said, reasons in model.explain(table):
        for reason in reasons:
            found[reason["name"]] += abs(reason["odds"])
    count = max(1, row_count(table))
    return {name: value / count for name, value in found.items()}
