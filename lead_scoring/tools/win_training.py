"""Training: candidates compete, the winner is calibrated, and nobody wins on noise.

Candidates are the base rate, the weight of evidence, each field by itself (Odoo's way, calibrated),
points per value, boosted trees, and the mean of the last two. They are compared by log loss twice:
in cross-validation on the older leads, and on the newest fifth that none of them has seen. Whoever
is not clearly better than the base rate loses against it, so that with few leads or with noise the
answer is the average and not a guess; what may have been luck is believed only in part.

Rates drift. Recent leads weigh more, shorter memories are tried on the newest fifth, and when that
is won more or less often than any candidate can tell, the level follows (`win_level`).
"""

from functools import partial

import numpy as np
from threadpoolctl import threadpool_limits

from . import win_additive, win_calibration, win_level, win_trees
from .win_columns import encode, learn_features
from .win_metrics import auc, clip, figures, losses
from .win_model import matrix
from .win_steps import Steps

# The base rate loses only against a gain in log loss of this many standard errors, by a candidate
# that also ranks the rows better than chance by that many. On few rows the second says more.
SURE_GAIN, SURE_RANK = 1.0, 3.0
# A short memory is believed only when it is better on the newest fifth by this many.
SURE_RECENT = 2.0
# The level of the newest fifth has moved when it is off by so many standard errors for everybody.
SURE_MOVE, MEND_FOLDS = 3.0, 4
# A simpler candidate is preferred unless another one is better by this many standard errors.
# A gain of so small a share of the base rate's log loss is not worth a model harder to read.
SIMPLER, LEAST_GAIN = 0.25, 0.003
NEWEST = 0.2
# Half-lives of a lead's weight, as a share of the time between the oldest and the newest: the usual
# one, and shorter memories that are tried when the newest fifth can tell.
USUAL, SHORTER = 1.0, (0.4, 0.15)
# On fewer rows trees are only tried together with points, and on still fewer not at all.
TREES_FROM, BLEND_FROM = 600, 120
# In a newest fifth of fewer rows, a good candidate may rank so much worse than chance.
SMALL_HOLD, UNLUCKY = 200, 0.1


class TrainingError(Exception):
    """Why nothing can be learned: `code` is `empty` or `one_class`."""

    def __init__(self, code):
        super().__init__(code)
        self.code = code


def train(table, won, age=None, seed=0, progress=None, steps=None):
    """Learn how likely a row is won.

    :param dict table: columns, see `win_columns`
    :param won: 0 or 1 for each row
    :param age: days since each row was closed, None when unknown
    :param progress: called with (phase, share done) between the steps; may raise to cancel
    :param steps: `win_steps.Steps`, where the training is to go on later; the fit of the winner,
        which comes last, is none of them
    :return: (what to keep, for `WinModel`; report: dict with `algorithm`, `figures` of the
        cross-validation, `newest` figures or None, `candidates`, `half_life`, `hold` positions of
        the newest fifth and what was `said` for them)
    :raise TrainingError: when there is nothing to learn from
    """
    # One core is faster than two that wait for each other, and leaves one for the users.
    with threadpool_limits(1):
        training = Training(table, won, age, seed, progress or (lambda phase, share: None))
        training.steps = steps or Steps()
        return training.run()


class Training:
    """One training run; the methods are its steps, in their order."""

    def __init__(self, table, won, age, seed, progress):
        self.won = np.asarray(won, float)
        if not len(self.won):
            raise TrainingError("empty")
        if self.won.min() == self.won.max():
            raise TrainingError("one_class")
        self.table, self.seed, self.progress = table, seed, progress
        self.age = None if age is None else np.nan_to_num(np.asarray(age, float))
        self.features = learn_features(table)
        self.sizes = [feature.size for feature in self.features]
        self.codes = encode(self.features, table)
        self.matrix = matrix(self.features, table, self.codes)
        self.count = len(self.won)
        self.weights = self._weights(USUAL)
        self.hold = self._newest()
        self.old = np.setdiff1d(np.arange(self.count), self.hold)
        self.level, self.tree_count = 0.0, None

    def run(self):
        self.names = self._names()
        self._cross_validate()
        self._judge()
        self._hold_out()
        self._try_shorter_memories()
        algorithm = self._champion()
        self.progress("final", 0.9)
        kept = self._keep(algorithm)
        self.progress("final", 1.0)
        return kept, self._report(algorithm)

    # Rows and weights ---------------------------------------------------------------------

    def _weights(self, half_life):
        """Weights with mean 1; a row that is one half-life older counts half."""
        span = 0 if self.age is None else np.ptp(self.age)
        if not span:
            return np.ones(self.count)
        weights = 0.5 ** ((self.age - self.age.min()) / (half_life * span))
        return weights / weights.mean()

    def _newest(self):
        """Positions of the newest fifth; nothing when it would say nothing."""
        nothing = np.array([], dtype=int)
        if self.age is None or not np.ptp(self.age):
            return nothing
        order = np.argsort(self.age, kind="stable")
        hold = np.sort(order[: round(self.count * NEWEST)])
        rest = np.setdiff1d(np.arange(self.count), hold)
        enough = all(
            min(self.won[part].sum(), (1 - self.won[part]).sum()) >= least
            for part, least in ((hold, 5), (rest, 10))
        )
        return hold if enough else nothing

    def _names(self):
        if not self.features:
            return []
        names = ["evidence", "alone", "points"]
        names += ["trees"] if len(self.old) >= TREES_FROM else []
        return names + (["blend"] if len(self.old) >= BLEND_FROM else [])

    # Cross-validation ---------------------------------------------------------------------

    def _rounds(self):
        """(repeats, folds): few rows are looked at more often."""
        if len(self.old) < 600:
            return 4, 5
        return (1, 3) if len(self.old) > 12000 else (1, 5)

    def _cross_validate(self):
        """Log-odds of each old row from fits that did not see it, by candidate and repeat."""
        repeats, folds = self._rounds()
        size = len(self.old)
        staged = [f"trees {number}" for number in win_trees.CHECKPOINTS]
        self.base = np.zeros((repeats, size))
        scores = {
            name: np.zeros((repeats, size)) for name in ["evidence", "alone", "points", *staged]
        }
        for repeat in range(repeats):
            fold = self._folds(folds, self.seed + repeat, self.won[self.old])
            for number in range(folds):
                self.progress("compare", 0.7 * (repeat * folds + number) / (repeats * folds))
                inside, outside = fold == number, fold != number
                self.base[repeat, inside] = self.won[self.old[outside]].mean()
                if not self.names:
                    continue
                rows, others = self.old[outside], self.old[inside]
                found = self.steps.do(partial(self._fit_all, rows, others))
                for name, values in found.items():
                    scores[name][repeat, inside] = values
        self.scores = scores
        self._choose_trees(staged)

    def _folds(self, folds, seed, won):
        """Folds with the same share of won rows in each."""
        order = np.lexsort((np.random.default_rng(seed).random(len(won)), won))
        fold = np.empty(len(won), dtype=int)
        fold[order] = np.arange(len(won)) % folds
        return fold

    def _fit_all(self, rows, others, weights=None):
        """Log-odds of `others` from candidates fitted on `rows`."""
        won, weights = self.won[rows], (self.weights if weights is None else weights)[rows]
        found = {}
        for name in ("evidence", "alone", "points"):
            model = self._fit_additive(name, rows, weights)
            found[name] = win_additive.predict(model, self.codes[others])
        if "blend" in self.names:
            most = self.tree_count or win_trees.CHECKPOINTS[-1]
            model = win_trees.fit(self.matrix[rows], won, weights, most, self.seed)
            stages = win_trees.checkpoints(model, self.matrix[others])
            found |= {f"trees {number}": values for number, values in stages.items()}
        return found

    def _choose_trees(self, staged):
        """The number of trees with the least loss; and the mean of trees and points."""
        if "blend" not in self.names:
            return
        won, weights = self.won[self.old], self.weights[self.old]
        loss = {
            name: np.mean(
                [
                    np.average(
                        losses(won, win_calibration.apply({"way": "none"}, values)), weights=weights
                    )
                    for values in self.scores[name]
                ]
            )
            for name in staged
        }
        best = min(staged, key=loss.get)
        self.tree_count = int(best.split()[1])
        self.scores["trees"] = self.scores[best]
        self.scores["blend"] = (self.scores["trees"] + self.scores["points"]) / 2

    # Comparison ---------------------------------------------------------------------------

    def _judge(self):
        """Calibrate each candidate, and compare it with the base rate row by row."""
        won, weights = self.won[self.old], self.weights[self.old]
        base = np.mean([losses(won, said) for said in self.base], axis=0)
        self.results = {"base": self._result(base, base, weights, self.base[0])}
        for name in self.names:
            best = None
            for way in win_calibration.ways(won):
                said = [
                    win_calibration.apart(way, values, won, weights, self.seed + number)
                    for number, values in enumerate(self.scores[name])
                ]
                loss = np.mean([losses(won, values) for values in said], axis=0)
                if best is None or np.average(loss, weights=weights) < best[0] - 1e-5:
                    best = (np.average(loss, weights=weights), way, loss, said)
            self.results[name] = self._result(base, best[2], weights, *best[3], way=best[1])

    def _result(self, base, loss, weights, *said, way="none"):
        gain = base - loss
        mean = float(np.average(gain, weights=weights))
        error = float(np.sqrt(np.average((gain - mean) ** 2, weights=weights) / len(gain)))
        rank = auc(self.won[self.old], np.mean(said, axis=0))
        return {
            "way": way,
            "said": said[0],
            "log_loss": float(np.average(loss, weights=weights)),
            "gain": mean,
            "error": error,
            "auc": rank,
            "loss": loss,
            "sure": bool(mean > SURE_GAIN * error and rank > 0.5 + SURE_RANK * self._chance()),
            # The best of several was also lucky: how much of what it says is to be believed.
            "trust": max(0.0, 1 - (error / mean) ** 2) if mean > 0 else 0.0,
        }

    def _chance(self):
        """Standard error of the AUC of a candidate that knows nothing (Mann and Whitney)."""
        won = self.won[self.old]
        return np.sqrt((len(won) + 1) / (12 * won.sum() * (1 - won).sum()))

    def _hold_out(self):
        """What each candidate, fitted on the older rows, says about the newest fifth."""
        self.half_life = dict.fromkeys(self.results, USUAL)
        self.hold_scores, self.has_moved = {}, False
        if not len(self.hold):
            return
        self.progress("newest", 0.7)
        self.hold_scores, said = self._foretell(USUAL)
        self.has_moved = self._has_moved(said)
        for name, values in said.items():
            self._add_newest(name, values)

    def _has_moved(self, said):
        """Is the newest fifth won more or less often than any candidate can tell by its values?"""
        won = self.won[self.hold]
        found = [win_level.shift(won, values) for values in said.values()]
        return all(abs(level) > SURE_MOVE * np.sqrt(variance) for level, variance in found)

    def _foretell(self, half_life):
        """(log-odds, probabilities) of the newest rows by candidates with so long a memory."""
        weights = self._weights(half_life)
        rate = np.average(self.won[self.old], weights=weights[self.old])
        if half_life == USUAL:
            rate = self.won[self.old].mean()
        scores = {}
        if self.names:
            found = self.steps.do(partial(self._fit_all, self.old, self.hold, weights))
            scores = self._with_blend(dict(found))
        said = {"base": np.full(len(self.hold), rate)}
        said |= {
            name: self._calibrated(name, scores[name], weights[self.old]) for name in self.names
        }
        return scores, said

    def _try_shorter_memories(self):
        """Would a shorter memory have foreseen the newest fifth clearly better?

        Each candidate, the base rate too, gets the memory that suits it best.
        """
        if not len(self.hold):
            return
        usual = {name: self.results[name]["newest_loss"] for name in self.results}
        for number, half_life in enumerate(SHORTER):
            self.progress("recent", 0.75 + 0.15 * number / len(SHORTER))
            scores, said = self._foretell(half_life)
            for name, values in said.items():
                loss = self._newest_losses(values)
                gain = usual[name] - loss
                sure = gain.mean() > SURE_RECENT * gain.std() / np.sqrt(len(gain))
                if sure and loss.mean() < self.results[name]["newest_loss"].mean():
                    self.half_life[name] = half_life
                    self._add_newest(name, values)
                    if name in scores:
                        self.hold_scores[name] = scores[name]
        for name in self.names:
            self._add_newest(name, self.results[name]["newest_said"])

    def _with_blend(self, found):
        if "blend" in self.names:
            found["trees"] = found[f"trees {self.tree_count}"]
            found["blend"] = (found["trees"] + found["points"]) / 2
        return found

    def _calibrated(self, name, scores, weights=None):
        """Probabilities by the calibration that the cross-validation of this candidate gives."""
        weights = self.weights[self.old] if weights is None else weights
        calibration = self._calibration(name, self.scores[name], weights)
        return win_calibration.apply(calibration, scores)

    def _calibration(self, name, scores, weights):
        repeats = len(scores)
        won = np.tile(self.won[self.old], repeats)
        way = self.results[name]["way"]
        return win_calibration.fit(way, scores.ravel(), won, np.tile(weights, repeats) / repeats)

    def _newest_losses(self, said):
        """Log losses on the newest rows; without the error of the level when that has moved for all
        of them, because the winner's level is mended in the end.
        """
        won = self.won[self.hold]
        if self.has_moved:
            said = win_level.shifted(said, win_level.shift(won, said)[0])
        return losses(won, said)

    def _add_newest(self, name, said):
        won = self.won[self.hold]
        loss = self._newest_losses(said)
        gain = (loss if name == "base" else self.results["base"]["newest_loss"]) - loss
        error = gain.std() / np.sqrt(len(gain))
        # In a small fifth one unlucky lead must not decide.
        allowed = error if len(gain) < SMALL_HOLD else 0.0
        rank = auc(won, said)
        worst = 0.5 - (UNLUCKY if len(gain) < SMALL_HOLD else 0.0)
        self.results[name] |= {
            "newest_said": said,
            "newest_loss": loss,
            "newest_log_loss": float(losses(won, said).mean()),
            "newest_auc": rank,
            "newest_fine": bool(gain.mean() > -allowed and rank > worst),
        }

    def _champion(self):
        """The least log loss, by equal parts of both comparisons, among those surely better."""
        fit = [
            name
            for name in self.names
            if self.results[name]["sure"] and self.results[name].get("newest_fine", True)
        ]
        if not fit:
            return "base"
        best = min(fit, key=lambda name: self._gain_over(name)[0])
        for name in fit:
            gain, error = self._gain_over(name, best)
            if gain <= max(SIMPLER * error, LEAST_GAIN):
                return name
        return best

    def _gain_over(self, name, other=None):
        """Relative log loss that another candidate has less than this one, and its error.

        By equal parts of the cross-validation and the newest fifth, or by the latter alone when
        what is long ago is better forgotten; without another one, the relative log loss itself.
        """
        means, errors = [], []
        forgets = any(half_life < USUAL for half_life in self.half_life.values())
        for key in ("newest_loss",) if forgets else ("loss", "newest_loss"):
            if key in self.results[name]:
                loss = self.results[name][key]
                gain = loss - (self.results[other][key] if other else 0.0)
                base = self.results["base"][key].mean()
                means.append(gain.mean() / base)
                errors.append(gain.std() / np.sqrt(len(gain)) / base)
        return np.mean(means), np.sqrt(np.sum(np.square(errors))) / len(errors)

    # The winner ---------------------------------------------------------------------------

    def _fit_additive(self, algorithm, rows, weights):
        codes, won = self.codes[rows], self.won[rows]
        if algorithm == "alone":
            return win_additive.fit_alone(codes, self.sizes, won, weights)
        free = algorithm != "evidence"
        return win_additive.fit(codes, self.sizes, won, weights, free, self.seed)

    def _fit(self, algorithm, rows, weights):
        won = self.won[rows]
        additive = trees = None
        if algorithm != "trees":
            additive = self._fit_additive(algorithm, rows, weights)
        if algorithm in ("trees", "blend"):
            trees = win_trees.fit(self.matrix[rows], won, weights, self.tree_count, self.seed)
        return additive, trees

    def _keep(self, algorithm):
        """Fit the winner on all rows; it is calibrated on what was said about rows not seen."""
        everything = np.arange(self.count)
        forgets = self.half_life[algorithm] < USUAL
        weights = self._weights(self.half_life[algorithm])
        base = np.average(self.won, weights=weights if forgets else None)
        additive, trees, calibration = None, None, {"way": "none"}
        if algorithm != "base":
            calibration = self._final_calibration(algorithm, weights)
        if self.has_moved:
            said = np.full(self.count, base)
            if algorithm != "base":
                calibration, said = self._calibrate_anew(algorithm, weights)
            self.level = win_level.last_level(self.won, said, self.age)
            base = win_level.shifted(base, self.level)
            calibration["level"] = self.level
        if algorithm != "base":
            # The only fit that is no step, since a model is no array: so it comes last.
            additive, trees = self._fit(algorithm, everything, weights)
        return {
            "algorithm": algorithm,
            "base": float(clip(base)),
            "features": [feature.to_dict() for feature in self.features],
            "additive": additive,
            "trees": win_trees.unpack(trees) if trees is not None else None,
            "calibration": calibration,
            "counts": [
                np.bincount(self.codes[:, number], minlength=size).tolist()
                for number, size in enumerate(self.sizes)
            ],
        }

    def _final_calibration(self, algorithm, weights):
        scores, repeats = self.scores[algorithm], len(self.scores[algorithm])
        won = np.tile(self.won[self.old], repeats)
        parts = np.tile(weights[self.old], repeats) / repeats
        values = scores.ravel()
        if len(self.hold):
            values = np.concatenate([values, self.hold_scores[algorithm]])
            won = np.concatenate([won, self.won[self.hold]])
            parts = np.concatenate([parts, weights[self.hold]])
        return self._believed(algorithm, values, won, parts)

    def _believed(self, algorithm, scores, won, weights):
        """A calibration, drawn towards the average by as much as luck may have helped."""
        result = self.results[algorithm]
        calibration = win_calibration.fit(result["way"], scores, won, weights)
        return win_calibration.drawn(calibration, result["trust"], np.average(won, weights=weights))

    def _calibrate_anew(self, algorithm, weights):
        """Calibration on all rows, and what it says about each from a fit that did not see it."""
        scores = np.zeros(self.count)
        fold = self._folds(MEND_FOLDS, self.seed, self.won)
        for number in range(MEND_FOLDS):
            self.progress("final", 0.9 + 0.08 * number / MEND_FOLDS)
            inside, outside = np.flatnonzero(fold == number), np.flatnonzero(fold != number)
            work = partial(self._fit_and_apply, algorithm, outside, weights, inside)
            scores[inside] = self.steps.do(work)["scores"]
        calibration = self._believed(algorithm, scores, self.won, weights)
        return calibration, win_calibration.apply(calibration, scores)

    def _fit_and_apply(self, algorithm, rows, weights, others):
        additive, trees = self._fit(algorithm, rows, weights[rows])
        return {"scores": self._apply(additive, trees, others)}

    def _apply(self, additive, trees, rows):
        found = []
        if additive is not None:
            found.append(win_additive.predict(additive, self.codes[rows]))
        if trees is not None:
            found.append(trees.decision_function(self.matrix[rows]))
        return sum(found) / len(found)

    def _report(self, algorithm):
        chosen = self.results[algorithm]
        newest = chosen.get("newest_said")
        shown = ("log_loss", "auc", "gain", "error", "sure")
        shown += ("newest_log_loss", "newest_auc", "newest_fine")
        return {
            "algorithm": algorithm,
            "count": self.count,
            "won": int(self.won.sum()),
            "figures": figures(self.won[self.old], chosen["said"]),
            "newest": figures(self.won[self.hold], newest) if newest is not None else None,
            "candidates": [
                {"name": name, **{key: result[key] for key in shown if key in result}}
                for name, result in self.results.items()
            ],
            "strong_recency": bool(self.half_life[algorithm] < USUAL or self.level),
            "level": self.level,
            "half_life": self.half_life[algorithm],
            "hold": self.hold,
            "hold_said": newest,
        }
