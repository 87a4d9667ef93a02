import json
import math
import random
from unittest.mock import patch

import numpy as np
from sklearn.metrics import brier_score_loss, roc_auc_score
from sklearn.metrics import log_loss as their_log_loss

from odoo.tests import BaseCase

from ..tools import (
    win_additive,
    win_calibration,
    win_file,
    win_level,
    win_metrics,
    win_points,
    win_training,
    win_trees,
)
from ..tools.win_columns import encode, learn_features, rows
from ..tools.win_leakage import filled_by_closing, filled_shares, single_aucs
from ..tools.win_model import WinModel
from ..tools.win_text import email_kind, job_rank
from ..tools.win_training import TrainingError, train
from ..tools.win_values import value_rates


def draw(odds, seed=1):
    chance = np.random.default_rng(seed)
    return (chance.random(len(odds)) < win_metrics.sigmoid(odds)).astype(float)


def leads(count=900, seed=3):
    """A table of all kinds of columns, and what was won."""
    chance = random.Random(seed)
    source = [chance.choice(["web", "fair", "referral", None]) for _n in range(count)]
    size = np.array([chance.choice([np.nan, chance.lognormvariate(3, 1)]) for _n in range(count)])
    tags = [chance.sample(["vip", "late", "new"], chance.randint(0, 2)) for _n in range(count)]
    odds = np.array(
        [
            -0.8
            + 1.6 * (one == "referral")
            - 1.2 * (one is None)
            + (0 if np.isnan(number) else min(number, 60) / 40)
            + 1.0 * ("vip" in some)
            for one, number, some in zip(source, size, tags, strict=True)
        ]
    )
    table = {"source": ("category", source), "size": ("number", size), "tags": ("tags", tags)}
    return table, draw(odds, seed)


class TestWinTools(BaseCase):
    def test_metrics_are_those_of_scikit_learn(self):
        won = draw(np.zeros(500))
        said = np.round(np.random.default_rng(2).random(500), 2)
        self.assertAlmostEqual(win_metrics.auc(won, said), roc_auc_score(won, said))
        clipped = win_metrics.clip(said)
        self.assertAlmostEqual(win_metrics.log_loss(won, said), their_log_loss(won, clipped))
        self.assertAlmostEqual(win_metrics.brier(won, said), brier_score_loss(won, said))

    def test_no_lead_is_ever_hopeless_or_certain_in_whatever_way_it_is_calibrated(self):
        scores = np.array([-60.0, -8.0, 0.0, 8.0, 60.0])
        steps = {"scores": [-60.0, 60.0], "shares": [0.0, 1.0]}
        for calibration in (
            {"way": "none"},
            {"way": "none", "level": 5.0},
            {"way": "platt", "slope": 3.0, "shift": 9.0},
            {"way": "isotonic", **steps, "level": -4.0},
        ):
            said = win_calibration.apply(calibration, scores)
            with self.subTest(calibration["way"]):
                # Neither 0.0 % nor 100.0 % with one decimal.
                self.assertGreaterEqual(said.min(), 0.001)
                self.assertLessEqual(said.max(), 0.999)

    def test_calibration_error_by_hand(self):
        # Bin 0.1-0.2: said 0.15, won 0.5; bin 0.8-0.9: said 0.85, won 1.
        error = win_metrics.calibration_error([1, 0, 1, 1], [0.15, 0.15, 0.85, 0.85])
        self.assertAlmostEqual(error, (0.35 * 2 + 0.15 * 2) / 4)

    def test_gains_and_lift_by_hand(self):
        curve = win_metrics.gains_curve([1, 1, 0, 0], [0.9, 0.8, 0.2, 0.1], steps=2)
        self.assertEqual(curve[0], {"share": 0.5, "gain": 1.0, "lift": 2.0})

    def test_own_trees_say_what_scikit_learn_says(self):
        """Also where values are missing, equal to a threshold, or larger than any seen."""
        chance = np.random.default_rng(4)
        matrix = np.round(chance.normal(0, 1, (700, 4)), 1)
        matrix[chance.random(matrix.shape) < 0.2] = np.nan
        won = draw(np.nan_to_num(matrix[:, 0]) * 2 * np.sign(np.nan_to_num(matrix[:, 1])))
        fitted = win_trees.fit(matrix, won, np.ones(700), trees=40)
        kept = json.loads(json.dumps(win_trees.unpack(fitted)))
        probe = np.vstack([matrix, np.full((1, 4), np.nan), np.full((1, 4), 1e300)])
        ours, theirs = win_trees.Forest(kept, 4).predict(probe), fitted.decision_function(probe)
        self.assertLess(np.abs(ours - theirs).max(), 1e-9)

    def test_a_split_between_missing_and_present_can_be_kept(self):
        chance = np.random.default_rng(0)
        present = chance.random(2000) < 0.5
        values = np.where(present, chance.random(2000) * 100, np.nan)
        won = (chance.random(2000) < np.where(present, 0.6, 0.2)).astype(float)
        fitted = win_trees.fit(values[:, None], won, np.ones(2000), 20)
        kept = json.loads(json.dumps(win_trees.unpack(fitted), allow_nan=False))
        said = win_trees.Forest(kept, 1).predict(np.array([[np.nan], [0.0], [50.0], [1e308]]))
        theirs = fitted.predict_proba(np.array([[np.nan], [0.0], [50.0], [1e308]]))[:, 1]
        np.testing.assert_allclose(win_metrics.sigmoid(said), theirs, atol=1e-9)

    def test_contributions_of_trees_add_up(self):
        matrix = np.random.default_rng(5).normal(0, 1, (400, 3))
        fitted = win_trees.fit(matrix, draw(matrix[:, 0] * 2), np.ones(400), trees=30)
        forest = win_trees.Forest(win_trees.unpack(fitted), 3)
        start, added = forest.contributions(matrix)
        self.assertLess(np.abs(start + added.sum(axis=1) - forest.predict(matrix)).max(), 1e-9)

    def test_learns_what_is_there_and_stays_calibrated(self):
        table, won = leads(2400)
        new, later = leads(2400, seed=8)
        kept, report = train(table, won)
        said = WinModel(kept).predict(new)
        self.assertNotEqual(report["algorithm"], "base")
        self.assertGreater(win_metrics.auc(later, said), 0.72)
        self.assertLess(win_metrics.calibration_error(later, said), 0.04)

    def test_noise_is_answered_by_the_average(self):
        for seed in range(6):
            table, _won = leads(200 + 200 * seed, seed)
            won = draw(np.full(len(_won), -0.7), seed + 50)
            kept, report = train(table, won)
            self.assertEqual(report["algorithm"], "base", f"seed {seed}")
            said = WinModel(kept).predict(table)
            self.assertAlmostEqual(said[0], won.mean(), 6)
            self.assertEqual(set(said), {said[0]})

    def test_training_twice_gives_the_same(self):
        table, won = leads(400)
        self.assertEqual(train(table, won)[0], train(table, won)[0])

    def test_recent_leads_weigh_more_when_rates_drift(self):
        count = 3000
        table, _won = leads(count)
        age = np.arange(count)[::-1] / 4.0
        won = draw(np.linspace(-3, 1, count), 3)
        kept, report = train(table, won, age)
        self.assertTrue(report["strong_recency"])
        self.assertGreater(kept["base"], won.mean() + 0.1)

    def test_a_step_of_the_rate_moves_what_is_said(self):
        count = 3000
        table, _won = leads(count)
        age = np.arange(count)[::-1] / 4.0
        odds = np.where(np.arange(count) < 0.85 * count, -2.5, 0.5)
        odds = odds + 1.2 * np.array([one == "referral" for one in table["source"][1]])
        won = draw(odds, 5)
        kept, report = train(table, won, age)
        self.assertNotEqual(report["algorithm"], "base")
        self.assertGreater(report["level"], 0.5)
        new, _won = leads(2000, seed=9)
        said = WinModel(kept).predict(new)
        later = 0.5 + 1.2 * np.array([one == "referral" for one in new["source"][1]])
        truth = win_metrics.sigmoid(later)
        self.assertLess(abs(said.mean() - truth.mean()), 0.08)
        self.assertGreater(truth.mean() - won.mean(), 0.3, "the whole past says much less")
        self.assertGreater(np.corrcoef(said, truth)[0, 1], 0.9)

    def test_without_drift_nothing_is_forgotten_or_moved(self):
        table, won = leads(2000)
        age = np.arange(2000)[::-1] / 4.0
        kept, report = train(table, won, age)
        self.assertEqual((report["level"], report["half_life"]), (0.0, 1.0))
        self.assertFalse(report["strong_recency"])
        self.assertNotIn("level", kept["calibration"])

    def test_the_last_level_of_a_walk_is_found_and_noise_has_none(self):
        age = np.arange(4000)[::-1]
        said = np.full(4000, 0.3)
        for seed in range(5):
            still = draw(win_metrics.logit(said), seed)
            self.assertEqual(win_level.last_level(still, said, age), 0.0, f"seed {seed}")
            moving = win_metrics.logit(said) + np.linspace(-1, 1, 4000)
            level = win_level.last_level(draw(moving, seed), said, age)
            self.assertAlmostEqual(level, 0.95, delta=0.35)
        self.assertEqual(win_level.last_level([1, 0], [0.5, 0.5], [2, 1]), 0.0, "too few")

    def test_many_names_are_each_heard_a_little(self):
        chance = np.random.default_rng(6)
        names, strength = chance.integers(0, 300, 6000), chance.normal(0, 1.2, 300)
        won = draw(strength[names] - 0.5, 6)
        table = {"name": ("category", [f"n{number}" for number in names])}
        old, new = np.arange(3000), np.arange(3000, 6000)
        kept, _report = train(rows(table, old), won[old])
        model = WinModel(kept)
        said = model.predict(rows(table, new))
        self.assertGreater(win_metrics.auc(won[new], said), 0.66)
        rate = np.full(3000, won[old].mean())
        self.assertLess(
            win_metrics.log_loss(won[new], said), win_metrics.log_loss(won[new], rate) - 0.03
        )
        # Three hundred names in a hundred new leads are no drift.
        self.assertLess(model.drift(rows(table, new[:100]))["name"], 0.25)

    def test_luck_is_not_believed(self):
        scores = np.array([-2.0, 0.0, 3.0])
        line = {"way": "platt", "slope": 0.9, "shift": 0.2}
        full = win_calibration.apply(win_calibration.drawn(line, 1.0, 0.3), scores)
        self.assertEqual(list(full), list(win_calibration.apply(line, scores)))
        none = win_calibration.apply(win_calibration.drawn(line, 0.0, 0.3), scores)
        self.assertTrue(np.allclose(none, 0.3))
        half = win_calibration.apply(win_calibration.drawn({"way": "none"}, 0.5, 0.3), scores)
        odds = win_metrics.logit(0.3)
        self.assertTrue(np.allclose(win_metrics.logit(half), (scores + odds) / 2))

    def test_each_field_by_itself_adds_up_the_evidence(self):
        table, won = leads(500)
        features = learn_features(table)
        codes, weights = encode(features, table), np.ones(500)
        sizes = [feature.size for feature in features]
        model = win_additive.fit_alone(codes, sizes, won, weights)
        self.assertAlmostEqual(model["intercept"], win_metrics.logit(won.mean()))
        number = [feature.name for feature in features].index("source")
        mine = codes[:, number] == 0
        shrunk = (won[mine].sum() + 6 * won.mean()) / (mine.sum() + 6)
        expected = win_metrics.logit(shrunk) - win_metrics.logit(won.mean())
        self.assertAlmostEqual(model["points"][number][0], expected)
        added = model["intercept"] + win_additive.contributions(model, codes).sum(axis=1)
        self.assertTrue(np.allclose(added, win_additive.predict(model, codes)))

    def test_refuses_nothing_and_one_class(self):
        table, _won = leads(60)
        for outcome in (np.zeros(60), np.ones(60)):
            with self.assertRaises(TrainingError) as refusal:
                train(table, outcome)
            self.assertEqual(refusal.exception.code, "one_class")
        with self.assertRaises(TrainingError) as refusal:
            train(rows(table, []), [])
        self.assertEqual(refusal.exception.code, "empty")

    def test_odd_values_do_no_harm(self):
        count = 300
        odd = [math.inf, -math.inf, math.nan, 1e308, -1e308, 0, None, "12", "abc"]
        table = {
            "odd": ("number", [odd[n % len(odd)] for n in range(count)]),
            "empty": ("number", [None] * count),
            "same": ("category", ["same"] * count),
            "nothing": ("category", [None] * count),
            "names": ("category", [f"数据 ☃ {n % 7}" for n in range(count)]),
            "own": ("category", [f"only {n}" for n in range(count)]),
            "no_tags": ("tags", [None] * count),
        }
        won = np.array([n % 7 < 2 for n in range(count)], float)
        kept, _report = train(table, won)
        said = WinModel(json.loads(json.dumps(kept))).predict(table)
        self.assertTrue(np.isfinite(said).all())
        self.assertTrue(((said > 0) & (said < 1)).all())

    def test_no_columns_at_all(self):
        kept, report = train({"empty": ("category", [None] * 100)}, draw(np.zeros(100)))
        self.assertEqual(report["algorithm"], "base")
        self.assertEqual(len(WinModel(kept).predict({"empty": ("category", [None] * 3)})), 3)

    def test_a_column_that_is_gone_counts_as_empty(self):
        table, won = leads(900)
        model = WinModel(train(table, won)[0])
        del table["size"]
        self.assertEqual(model.missing(table), ["size"])
        self.assertTrue(np.isfinite(model.predict(table)).all())
        names = {reason["name"] for _said, reasons in model.explain(table) for reason in reasons}
        self.assertIn("source", names)

    def test_a_column_of_another_kind_counts_as_empty(self):
        table, won = leads()
        kept, _report = train(table, won, None)
        model = WinModel(kept)
        for name in table:
            gone = {other: column for other, column in table.items() if other != name}
            for kind, value in (("number", 1.0), ("category", "1"), ("tags", ("1",))):
                if kind != table[name][0]:
                    other = {**gone, name: (kind, [value] * len(won))}
                    np.testing.assert_array_equal(model.predict(other), model.predict(gone))
                    self.assertIsNone(
                        next(
                            (r["value"] for r in model.explain(other)[0][1] if r["name"] == name),
                            None,
                        )
                    )

    def test_reasons_name_what_matters(self):
        table, won = leads(1500)
        model = WinModel(train(table, won)[0])
        row = {
            "source": ("category", ["referral"]),
            "size": ("number", [55.0]),
            "tags": ("tags", [["vip"]]),
        }
        said, reasons = model.explain(row)[0]
        self.assertAlmostEqual(said, model.predict(row)[0])
        up = {reason["name"] for reason in reasons if reason["points"] > 1}
        self.assertEqual(up, {"source", "size", "tags"})

    def test_progress_can_stop_the_training(self):
        def stop(phase, share):
            raise KeyboardInterrupt

        with self.assertRaises(KeyboardInterrupt):
            train(*leads(200), progress=stop)

    def test_rates_of_values_count_every_row_once(self):
        table, won = leads(400)
        rates = value_rates(learn_features(table), table, won)
        self.assertEqual(set(rates), set(table))
        source, size = rates["source"], rates["size"]
        for rows_of_field in (source, size):
            self.assertEqual(sum(row["count"] for row in rows_of_field), 400)
            self.assertEqual(sum(row["won"] for row in rows_of_field), won.sum())
        referral = [one == "referral" for one in table["source"][1]]
        row = next(row for row in source if row["detail"] == ["referral"])
        self.assertEqual((row["count"], row["won"]), (sum(referral), won[referral].sum()))
        edges = [row["detail"][0] for row in size if row["kind"] == "range"][1:]
        self.assertEqual(edges, sorted(edges), "ranges stand in their order")
        self.assertEqual({row["kind"] for row in rates["tags"]}, {"tag"})

    def test_unseen_and_rare_values_are_other(self):
        table = {"a": ("category", ["x"] * 40 + ["y"] * 40 + ["rare"])}
        features = learn_features(table)
        codes = encode(features, {"a": ("category", ["x", "rare", "new", None])})[:, 0]
        self.assertEqual(codes.tolist(), [codes[0], 1, 1, 0])


class TestWinFile(BaseCase):
    def setUp(self):
        super().setUp()
        self.table, won = leads(700)
        self.kept = train(self.table, won)[0]
        self.data = win_file.dump(self.kept)

    def refused(self, data):
        with self.assertRaises(win_file.ModelFileError) as refusal:
            win_file.load(data)
        return refusal.exception.code

    def test_a_model_comes_back_as_it_was(self):
        model = win_file.load(self.data)
        self.assertTrue(
            np.array_equal(model.predict(self.table), WinModel(self.kept).predict(self.table))
        )

    def test_every_cut_and_every_change_is_refused(self):
        chance = random.Random(1)
        for cut in [0, 1, 20, *(chance.randrange(len(self.data)) for _n in range(30))]:
            self.assertEqual(self.refused(self.data[:cut]), "damaged")
        body = self.data.index(b"\n") + 1
        for _n in range(30):
            place = chance.randrange(body, len(self.data))
            changed = bytearray(self.data)
            changed[place] ^= 1
            self.assertEqual(self.refused(bytes(changed)), "damaged")

    def test_a_file_that_was_keyed_by_the_secret_of_another_database_is_read(self):
        head, body = self.data.split(b"\n", 1)
        head = json.dumps({**json.loads(head), "schema": 1, "checksum": "of the original"}).encode()
        model = win_file.load(head + b"\n" + body)
        self.assertEqual(model.predict(self.table).tolist(), self._said())

    def _said(self):
        return WinModel(self.kept).predict(self.table).tolist()

    def test_another_version_is_named(self):
        head, body = self.data.split(b"\n", 1)
        head = json.dumps({**json.loads(head), "schema": 99}).encode()
        self.assertEqual(self.refused(head + b"\n" + body), "version")

    def test_a_pickle_is_not_even_looked_at(self):
        self.assertEqual(self.refused(b"\x80\x04\x95\x10\x00"), "damaged")
        self.assertEqual(self.refused(None), "damaged")

    def test_nonsense_with_a_checksum_is_damaged(self):
        for kept in ({}, [], {**self.kept, "algorithm": "magic"}, {**self.kept, "features": [{}]}):
            self.assertEqual(self.refused(win_file.dump(kept)), "damaged")


class TestWinLeakage(BaseCase):
    def test_a_field_that_knows_the_outcome_stands_out(self):
        table, won = leads(800)
        table["reason"] = ("category", [None if one else "price" for one in won])
        found = single_aucs(table, won)
        self.assertGreater(found["reason"], 0.99)
        self.assertLess(found["source"], 0.8)

    def test_a_field_that_only_closed_leads_have_stands_out(self):
        closed = filled_shares(
            {"ends": ("number", [1.0] * 100), "source": ("category", ["web"] * 100)}
        )
        opened = filled_shares(
            {"ends": ("number", [None] * 100), "source": ("category", ["web"] * 100)}
        )
        self.assertEqual(filled_by_closing(closed, opened, 100), {"ends"})
        self.assertEqual(filled_by_closing(closed, opened, 10), set())


class TestWinText(BaseCase):
    def test_job_titles_have_a_rank(self):
        for title, rank in (
            ("CEO", "executive"),
            ("Assistant to the CEO", "assistant"),
            ("Head of Sales", "director"),
            ("Vice President, IT", "director"),
            ("Geschäftsführerin", "executive"),
            ("销售经理", "manager"),
            ("总经理", "executive"),
            ("Co-Founder", "owner"),
            ("Baker", "other"),
            ("  ", None),
            (None, None),
        ):
            self.assertEqual(job_rank(title), rank, title)

    def test_addresses_have_a_kind(self):
        for address, kind in (
            ("a@gmail.com", "free"),
            ("A Name <a@QQ.com>", "free"),
            ("a@acme.example", "company"),
            ("not an address", "invalid"),
            ("", None),
            (None, None),
        ):
            self.assertEqual(email_kind(address), kind, address)


class TestWinPoints(BaseCase):
    def test_learned_points_are_better_and_keep_their_sign(self):
        chance = np.random.default_rng(6)
        matches = (chance.random((3000, 4)) < 0.4).astype(float)
        won = draw(matches @ [2.0, 0.0, -1.0, 0.4] - 0.8)
        learned = win_points.learn(matches, [1, 40, -5, -20], won)
        self.assertGreater(learned["after"]["auc"], learned["before"]["auc"] + 0.1)
        self.assertLess(learned["after"]["log_loss"], learned["before"]["log_loss"])
        first, second, third, fourth = learned["points"]
        self.assertGreater(first, 30)
        self.assertLess(abs(second), 5)
        self.assertLess(third, 0)
        self.assertEqual(fourth, 0)

    def test_one_outcome_teaches_nothing(self):
        with self.assertRaises(ValueError):
            win_points.learn(np.ones((5, 1)), [1], np.ones(5))

    def test_rates_by_hand(self):
        found = win_points.rates([[1, 0], [1, 1], [0, 0], [0, 1]], [1, 1, 0, 0])
        self.assertEqual(found[0], {"count": 2, "rate": 1.0, "lift": 2.0})
        self.assertEqual(found[1], {"count": 2, "rate": 0.5, "lift": 1.0})

    def test_a_value_never_seen_counts_as_the_average_and_not_as_a_missing_one(self):
        chance = np.random.default_rng(3)
        count = 3000
        rates = {None: 0.925, "web": 0.35, "call": 0.4}
        source = chance.choice([*rates], size=count, p=[0.3, 0.4, 0.3])
        won = (chance.random(count) < [rates[one] for one in source]).astype(float)
        table = {
            "source": ("category", list(source)),
            "size": ("number", chance.random(count)),
        }
        kept, _report = train(table, won)
        for algorithm in ("trees", "blend"):
            model = WinModel(self._as(kept, algorithm, table, won))
            new = {"source": ("category", ["fair", None]), "size": ("number", np.array([0.5, 0.5]))}
            [unseen, missing] = model.predict(new)
            self.assertLess(abs(unseen - won.mean()), 0.1, algorithm)
            self.assertGreater(missing, 0.85, algorithm)
            reasons = model.explain(new)[0][1]
            [told] = [reason for reason in reasons if reason["name"] == "source"]
            self.assertEqual((told["kind"], told["value"]), ("unknown", "fair"))
            self.assertLess(abs(told["points"]), 8)

    def _as(self, kept, algorithm, table, won):
        """The same model as if this algorithm had been the best."""
        with patch.object(win_training.Training, "_champion", lambda training: algorithm):
            return train(table, won)[0]
