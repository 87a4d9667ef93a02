"""What each value of each field has meant so far: how many rows have it, and how many were won."""

import numpy as np

from .win_columns import Feature, encode

MOST_VALUES = 12


def value_rates(features, table, won):
    """Counts of the values that a model tells apart, without those that no row has.

    :param features: `Feature` objects, or the dicts that a model keeps of them
    :param dict table: columns, see `win_columns`
    :param won: 0 or 1 for each row
    :return: dict by column name of lists of dicts with `kind` and `detail` (see
        `Feature.describe`), `count` and `won`; ranges in their order, other values by `count`
    """
    won = np.asarray(won, float)
    features = [
        feature if isinstance(feature, Feature) else Feature.from_dict(feature)
        for feature in features
    ]
    codes = encode(features, table)
    found = {}
    for number, feature in enumerate(features):
        counts = np.bincount(codes[:, number], minlength=feature.size)
        wins = np.bincount(codes[:, number], won, minlength=feature.size)
        rows = [
            {
                "kind": kind,
                "detail": list(detail),
                "count": int(counts[code]),
                "won": int(wins[code]),
            }
            for code in range(feature.size)
            for kind, detail in [feature.describe(code)]
            if counts[code] and kind != "no_tag"
        ]
        found.setdefault(feature.name, []).extend(rows)
    return {name: _most_frequent(rows) for name, rows in found.items()}


def _most_frequent(rows):
    """Ranges of a number stay together in their order; of many names only the frequent stay."""
    if any(row["kind"] == "range" for row in rows):
        return rows
    return sorted(rows, key=lambda row: -row["count"])[:MOST_VALUES]
