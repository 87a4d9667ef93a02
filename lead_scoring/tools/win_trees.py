"""Gradient boosted trees: fitted by scikit-learn, applied and explained by arrays of our own.

A fitted model is kept as plain lists, never as a pickle. Each tree is spread out to its full depth,
so that all rows walk down all trees with a handful of array operations per level.
"""

import numpy as np

DEPTH = 5
# How many trees are tried; the inner cross-validation picks one of them.
CHECKPOINTS = (20, 40, 80, 120, 180, 300)
ROWS_AT_ONCE = 1000


def fit(matrix, won, weights, trees=CHECKPOINTS[-1], seed=0):
    """A fitted scikit-learn model; see `unpack` for the form that is kept."""
    # Here, since it takes as much memory as the rest of a worker, and only the job trains.
    from sklearn.ensemble import HistGradientBoostingClassifier

    model = HistGradientBoostingClassifier(
        learning_rate=0.06,
        max_iter=trees,
        max_depth=DEPTH,
        max_leaf_nodes=24,
        min_samples_leaf=20,
        l2_regularization=5.0,
        early_stopping=False,
        random_state=seed,
    )
    return model.fit(matrix, won, sample_weight=weights)


def checkpoints(model, matrix):
    """Log-odds after each number of trees in `CHECKPOINTS`, which the model may not reach."""
    found = {}
    for number, values in enumerate(model.staged_decision_function(matrix), 1):
        if number in CHECKPOINTS:
            found[number] = values.copy()
    return found


def unpack(model):
    """Plain lists of a fitted model.

    :return: dict with `intercept` and `trees`; a tree has one list each of the nodes' `feature` (-1
        in a leaf), `threshold`, `missing_left`, `left`, `right` and `value`. The value of a node
        that is no leaf is the mean of its leaves.
    """
    trees, largest = [], np.finfo(float).max
    for (predictor,) in model._predictors:
        nodes = predictor.nodes
        value, counts = nodes["value"].copy(), nodes["count"].astype(float)
        for number in reversed(range(len(nodes))):
            if not nodes["is_leaf"][number]:
                pair = [nodes["left"][number], nodes["right"][number]]
                value[number] = np.average(value[pair], weights=np.maximum(counts[pair], 1e-9))
        trees.append(
            {
                "feature": np.where(nodes["is_leaf"], -1, nodes["feature_idx"]).tolist(),
                # A split between missing and present has no limit, for which JSON has no number.
                "threshold": np.where(
                    nodes["is_leaf"], 0.0, np.clip(nodes["num_threshold"], -largest, largest)
                ).tolist(),
                "missing_left": nodes["missing_go_to_left"].astype(int).tolist(),
                "left": nodes["left"].astype(int).tolist(),
                "right": nodes["right"].astype(int).tolist(),
                "value": value.tolist(),
            }
        )
    return {"intercept": float(model._baseline_prediction.ravel()[0]), "trees": trees}


class Forest:
    """The kept trees, ready to be applied.

    :param dict kept: what `unpack` returned
    :param int width: how many features there are
    :raise ValueError: when the lists do not make trees
    """

    def __init__(self, kept, width):
        self.intercept, self.width = float(kept["intercept"]), width
        shape = (len(kept["trees"]), 2**DEPTH - 1)
        self.feature = np.zeros(shape, dtype=np.int64)
        self.threshold = np.full(shape, np.inf)
        self.missing_left = np.ones(shape, dtype=bool)
        self.value = np.zeros((shape[0], 2 ** (DEPTH + 1) - 1))
        for number, tree in enumerate(kept["trees"]):
            self._spread(number, tree)
        self._index_thresholds()

    def _spread(self, number, tree):
        """Put a tree into its row of the full arrays; below a leaf all ways lead to the left."""
        size = len(tree["feature"])
        if any(len(column) != size for column in tree.values()):
            raise ValueError("a tree has lists of different lengths")
        todo = [(0, 0)]
        while todo:
            node, place = todo.pop()
            if not 0 <= node < size:
                raise ValueError("a tree refers to a node that it does not have")
            self.value[number, place] = tree["value"][node]
            if place >= self.feature.shape[1]:
                if tree["feature"][node] >= 0:
                    raise ValueError("a tree is deeper than it may be")
                continue
            left = right = node
            if tree["feature"][node] >= 0:
                if tree["feature"][node] >= self.width:
                    raise ValueError("a tree asks for a feature that the model does not have")
                self.feature[number, place] = tree["feature"][node]
                self.threshold[number, place] = tree["threshold"][node]
                self.missing_left[number, place] = bool(tree["missing_left"][node])
                left, right = tree["left"][node], tree["right"][node]
            todo += [(left, 2 * place + 1), (right, 2 * place + 2)]

    def _index_thresholds(self):
        """Compare ranks instead of numbers; a missing value ranks below or above everything."""
        self.cuts, self.rank = [], np.zeros(self.threshold.shape, dtype=np.int32)
        for number in range(self.width):
            used = self.feature == number
            cuts = np.unique(self.threshold[used])
            self.cuts.append(cuts)
            self.rank[used] = np.searchsorted(cuts, self.threshold[used])
        self.column = self.feature * 2 + ~self.missing_left

    def _ranks(self, matrix):
        ranks = np.zeros((len(matrix), 2 * self.width), dtype=np.int32)
        for number, cuts in enumerate(self.cuts):
            values = matrix[:, number]
            place = np.searchsorted(cuts, values, side="left")
            missing = np.isnan(values)
            ranks[:, 2 * number] = np.where(missing, -1, place)
            ranks[:, 2 * number + 1] = np.where(missing, len(cuts) + 1, place)
        return ranks

    def predict(self, matrix):
        """Log-odds of each row."""
        total = np.full(len(matrix), self.intercept)
        ranks = self._ranks(matrix)
        for start in range(0, len(matrix), ROWS_AT_ONCE):
            part = ranks[start : start + ROWS_AT_ONCE]
            place = self._walk(part)
            total[start : start + len(part)] += np.take(self.value, place).sum(axis=1)
        return total

    def _walk(self, ranks):
        """Flat positions in `value` of the leaves that these rows reach, rows by trees."""
        count = len(ranks)
        flat = ranks.ravel()
        row = (np.arange(count) * ranks.shape[1])[:, None]
        first = np.arange(len(self.value)) * self.feature.shape[1]
        place = np.zeros((count, len(self.value)), dtype=np.int64)
        column, rank = self.column.ravel(), self.rank.ravel()
        for _level in range(DEPTH):
            node = place + first
            right = flat[row + column[node]] > rank[node]
            place = 2 * place + 1 + right
        return place + np.arange(len(self.value)) * self.value.shape[1]

    def contributions(self, matrix):
        """What each feature adds to the log-odds on the way down the trees.

        :return: (start, rows by features); start plus the sum of a row is its log-odds
        """
        ranks = self._ranks(matrix)
        added = np.zeros((len(matrix), self.width))
        number = np.arange(len(matrix))
        for tree in range(len(self.value)):
            place = np.zeros(len(matrix), dtype=np.int64)
            for _level in range(DEPTH):
                right = ranks[number, self.column[tree, place]] > self.rank[tree, place]
                below = 2 * place + 1 + right
                change = self.value[tree, below] - self.value[tree, place]
                np.add.at(added, (number, self.feature[tree, place]), change)
                place = below
        return self.intercept + self.value[:, 0].sum(), added
