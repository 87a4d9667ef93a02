"""How good the win probability is beside Odoo's own way, and how long training takes.

Stratified 5-fold cross-validation with fixed seeds. What is measured is the training that the
product runs: `lead_scoring/tools/win_training.py`, and the model read back from its file.
"""

import os

import numpy as np

from odoo.addons.lead_scoring.tools import win_file, win_metrics, win_training
from odoo.addons.lead_scoring.tools.win_columns import rows as rows_of

from ._odoo_prediction import OdooPrediction
from ._tools import Sheet, seconds
from ._win_data import bank, made, x_education

FOLDS = 5
SEED = 42
SUBSETS = 6
SHOWN = ("auc", "log_loss", "brier", "calibration_error", "lift")
# Log losses that differ by less are the same probabilities, rounded.
SAME = 1e-4


def run(env, out):
    sheet = Sheet(out)
    first, strict, calls = x_education(), x_education(strict=True), bank()
    for data, least, error in ((first, 0.9, 0.03), (strict, 0.838, None), (calls, 0.8, 0.012)):
        ours = compare(sheet, data)
        limit(sheet, f"{data.name}: AUC", ours["auc"], at_least=least)
        if error:
            name = f"{data.name}: calibration error"
            limit(sheet, name, ours["calibration_error"], at_most=error)
    few_leads(sheet, first)
    if not os.environ.get("BENCH_REAL_ONLY"):
        for data in made():
            compare(sheet, data, in_time=data.age is not None)
    compare(sheet, calls, in_time=True)
    speed(sheet, calls)


def limit(sheet, name, value, *, at_least=None, at_most=None):
    """As `Sheet.limit`, with four digits."""
    kept = value >= at_least if at_most is None else value <= at_most
    wanted = f"at least {at_least}" if at_most is None else f"at most {at_most}"
    sheet.check(name, kept, f"{value:.4f} ({wanted})")


def folds(won, seed=SEED):
    """Fold of each row, with the same share of won rows in each."""
    order = np.lexsort((np.random.default_rng(seed).random(len(won)), won))
    fold = np.empty(len(won), dtype=int)
    fold[order] = np.arange(len(won)) % FOLDS
    return fold


def learn(data, rows, in_time=False):
    """The model that the product would use, read back from its file, and the report.

    :param bool in_time: are the rows to predict newer than these? Then recent rows weigh more.
    """
    age = data.age[rows] if in_time else None
    kept, report = win_training.train(rows_of(data.table, rows), data.won[rows], age)
    return win_file.load(win_file.dump(kept)), report


def odoo(data, rows, others, team):
    peer = OdooPrediction([data.rows[row] for row in rows], data.won[rows], team)
    return peer.predict([data.rows[row] for row in others])


def parts(data, in_time):
    """(rows to learn from, rows to predict): five folds, or the newest fifth."""
    if in_time:
        order = np.argsort(-data.age, kind="stable")
        cut = len(order) * 4 // 5
        return [(order[:cut], order[cut:])]
    fold = folds(data.won)
    return [(np.flatnonzero(fold != n), np.flatnonzero(fold == n)) for n in range(FOLDS)]


def compare(sheet, data, in_time=False):
    """Print the figures of one data set; ours must be better than Odoo's and the base rate's."""
    found, chosen = {}, []
    for rows, others in parts(data, in_time):
        model, report = learn(data, rows, in_time)
        chosen.append(report["algorithm"])
        said = {
            "ours": model.predict(rows_of(data.table, others)),
            "Odoo's way": odoo(data, rows, others, None),
            "Odoo's way, by team": odoo(data, rows, others, data.team),
            "base rate": np.full(len(others), data.won[rows].mean()),
        }
        for name, values in said.items():
            figures = win_metrics.figures(data.won[others], values)
            found.setdefault(name, []).append([figures[key] for key in SHOWN])
    how = "newest fifth" if in_time else "five folds"
    sheet.out(f"      -- {data.name}: {len(data.won)} rows, {data.won.mean():.1%} won, {how}")
    means = {name: dict(zip(SHOWN, np.mean(v, axis=0), strict=True)) for name, v in found.items()}
    for name, mean in means.items():
        spread = np.std([values[0] for values in found[name]])
        text = "  ".join(f"{key} {mean[key]:.4f}" for key in SHOWN)
        sheet.show(name, f"{text}  sd of AUC {spread:.4f}")
    sheet.show("chosen", ", ".join(chosen))
    ours = means["ours"]
    for name, mean in means.items():
        if name != "ours":
            kept = ours["log_loss"] <= mean["log_loss"] + SAME
            gain = mean["log_loss"] - ours["log_loss"]
            sheet.check(f"{data.name}: not worse than {name}", kept, f"log loss less by {gain:.4f}")
    return ours


def few_leads(sheet, data):
    """Training on few random leads, judged on 1,848 others."""
    for count in (100, 200, 400):
        found, chance = [], np.random.default_rng(SEED)
        for _subset in range(SUBSETS):
            order = chance.permutation(len(data.won))
            others, rows = order[:1848], order[1848 : 1848 + count]
            won = data.won[others]
            said = learn(data, rows)[0].predict(rows_of(data.table, others))
            peer = odoo(data, rows, others, None)
            rate = np.full(len(others), data.won[rows].mean())
            found.append(
                [
                    win_metrics.auc(won, said),
                    *(win_metrics.log_loss(won, values) for values in (said, peer, rate)),
                ]
            )
        area, ours, peer, base = np.mean(found, axis=0)
        sheet.show(
            f"trained on {count} leads, mean of {SUBSETS} subsets",
            f"AUC {area:.4f}, log loss {ours:.4f}; Odoo's way {peer:.4f}, base rate {base:.4f}",
        )
        if count == 200:
            limit(sheet, "200 leads: AUC", area, at_least=0.86)
        worst = min(row[3] - row[1] for row in found)
        sheet.check(f"{count} leads: never worse than the base rate", worst >= 0, f"{worst:.4f}")


def speed(sheet, data):
    """Training on 40,000, predicting 100,000; `score_predict` measures both inside Odoo."""
    rows = np.arange(40_000)
    trained = []
    sheet.limit(
        "train on 40,000", seconds(lambda: trained.append(learn(data, rows))), " s", at_most=30
    )
    many = rows_of(data.table, np.arange(100_000) % len(data.won))
    sheet.limit("predict 100,000", seconds(lambda: trained[0][0].predict(many)), " s", at_most=5)
