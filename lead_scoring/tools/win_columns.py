"""Columns of plain values become bins that a model can count, without Odoo.

A table is a dict of columns by name; a column is a pair (kind, values):

- `number`: floats; None, NaN and infinite values are missing
- `category`: strings (or anything hashable), None is missing
- `tags`: collections of strings, one column per frequent value

Every feature gets small whole numbers as codes. Code 0 says that the value is missing, which is
information like any other value.
"""

from collections import Counter

import numpy as np

MISSING, OTHER = 0, 1
MAX_BINS = 20
# Cities and the like: what a rare value says is shrunk, not thrown away.
MAX_LEVELS = 300
MAX_TAGS = 30
# Kinds of the columns that features look at.
COLUMN_KINDS = {"number": "number", "category": "category", "tag": "tags"}


class Feature:
    """One column as the model sees it.

    :param str name: name of the column, the same for all tags of one column
    :param str kind: `number`, `category` or `tag`
    :param list detail: ascending edges of a number, levels of a category, or the one tag
    """

    def __init__(self, name, kind, detail):
        self.name, self.kind, self.detail = name, kind, detail
        self._codes = {level: number + 2 for number, level in enumerate(detail)}

    @property
    def size(self):
        """How many codes there are."""
        if self.kind == "tag":
            return 2
        return len(self.detail) + 2

    def encode(self, values):
        """Codes of these values, as an array of whole numbers."""
        if self.kind == "number":
            numbers = as_numbers(values)
            codes = np.searchsorted(np.asarray(self.detail, float), numbers, side="right") + 1
            return np.where(np.isnan(numbers), MISSING, codes)
        if self.kind == "tag":
            tag = self.detail[0]
            return np.fromiter((tag in (found or ()) for found in values), np.int64, len(values))
        known = self._codes
        return np.fromiter(
            (MISSING if value is None else known.get(value, OTHER) for value in values),
            np.int64,
            len(values),
        )

    def describe(self, code):
        """What a code stands for: (`missing` | `other` | `value` | `range` | `tag`, details)."""
        if self.kind == "tag":
            return "tag" if code else "no_tag", (self.detail[0],)
        if code == MISSING:
            return "missing", ()
        if self.kind == "number":
            lower = self.detail[code - 2] if code >= 2 else None
            upper = self.detail[code - 1] if code - 1 < len(self.detail) else None
            return "range", (lower, upper)
        if code == OTHER:
            return "other", ()
        return "value", (self.detail[code - 2],)

    def to_dict(self):
        return {"name": self.name, "kind": self.kind, "detail": list(self.detail)}

    @classmethod
    def from_dict(cls, values):
        return cls(values["name"], values["kind"], values["detail"])


def as_numbers(values):
    """Floats of these values; what is not a finite number is NaN."""
    if not (isinstance(values, np.ndarray) and values.dtype.kind in "fiub"):
        values = [_number(value) for value in values]
    numbers = np.array(values, dtype=float)
    numbers[~np.isfinite(numbers)] = np.nan
    return numbers


def _number(value):
    try:
        return np.nan if value is None else float(value)
    except (TypeError, ValueError, OverflowError):
        return np.nan


def row_count(table):
    """How many rows a table has; ValueError when its columns differ in length."""
    lengths = {len(values) for _kind, values in table.values()}
    if len(lengths) > 1:
        raise ValueError(f"columns of different lengths: {sorted(lengths)}")
    return lengths.pop() if lengths else 0


def rows(table, index):
    """The rows of a table at these positions."""
    index = np.asarray(index, dtype=int)
    chosen = {}
    for name, (kind, values) in table.items():
        if isinstance(values, np.ndarray):
            chosen[name] = (kind, values[index])
        else:
            chosen[name] = (kind, [values[number] for number in index])
    return chosen


def learn_features(table):
    """Features for the columns of a table; columns with a single value give none.

    :param dict table: see the head of this file
    :return: list of `Feature`
    """
    count = row_count(table)
    features = []
    for name, (kind, values) in table.items():
        if kind == "number":
            features += _learn_number(name, values, count)
        elif kind == "tags":
            features += _learn_tags(name, values, count)
        else:
            features += _learn_category(name, values, count)
    return features


def _learn_number(name, values, count):
    """Quantile bins: at least about 15 rows in each, at most `MAX_BINS`."""
    numbers = as_numbers(values)
    present = numbers[~np.isnan(numbers)]
    if not len(present):
        return []
    bins = int(min(MAX_BINS, max(2, count // 30)))
    edges = np.unique(np.quantile(present, np.linspace(0, 1, bins + 1)[1:-1], method="higher"))
    edges = edges[edges > present.min()]
    if not len(edges) and len(present) == count and present.min() == present.max():
        return []
    if not len(edges) and present.max() > present.min():
        edges = np.array([np.unique(present)[1]])
    return [Feature(name, "number", [float(edge) for edge in edges])]


def _learn_category(name, values, count):
    found = Counter(value for value in values if value is not None)
    least = rare_below(count)
    levels = [level for level, number in found.most_common(MAX_LEVELS) if number >= least]
    missing = count - sum(found.values())
    if len(found) + bool(missing) < 2:
        return []
    return [Feature(name, "category", levels)]


def _learn_tags(name, values, count):
    found = Counter(tag for tags in values for tag in set(tags or ()))
    least = rare_below(count)
    return [
        Feature(name, "tag", [tag])
        for tag, number in found.most_common(MAX_TAGS)
        if least <= number < count
    ]


def rare_below(count):
    """A value that fewer rows have is not looked at by itself."""
    return max(4, min(25, count // 1000))


def column_of(feature, table):
    """Values of the column that a feature looks at, None if it is gone or of another kind."""
    kind, values = table.get(feature.name, (None, None))
    return values if COLUMN_KINDS[feature.kind] == kind else None


def encode(features, table):
    """Codes of a table, one column per feature.

    A column that is gone counts as missing in every row, so that the prediction goes on.
    """
    count = row_count(table)
    codes = np.zeros((count, len(features)), dtype=np.int64)
    for number, feature in enumerate(features):
        if (values := column_of(feature, table)) is not None:
            codes[:, number] = feature.encode(values)
    return codes


def missing_columns(features, table):
    """Names of columns that the features need and the table lacks."""
    return sorted({feature.name for feature in features} - set(table))
