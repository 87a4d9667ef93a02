"""Data sets for the win probability: two real ones, and made ones that are hard in one way each."""

import csv

import numpy as np

from ..common import data_file

# Filled in after the outcome was known, or merely a number of the row.
X_LEAKS = {
    "Tags",
    "Lead Quality",
    "Lead Profile",
    "Asymmetrique Activity Index",
    "Asymmetrique Profile Index",
    "Asymmetrique Activity Score",
    "Asymmetrique Profile Score",
    "Last Notable Activity",
    "Prospect ID",
    "Lead Number",
}
X_STRICT = X_LEAKS | {
    "Last Activity",
    "What is your current occupation",
    "What matters most to you in choosing a course",
}
X_NUMBERS = {"TotalVisits", "Total Time Spent on Website", "Page Views Per Visit"}
BANK_NUMBERS = {
    "age",
    "campaign",
    "pdays",
    "previous",
    "emp.var.rate",
    "cons.price.idx",
    "cons.conf.idx",
    "euribor3m",
    "nr.employed",
}


class Data:
    """A table for training, the same as rows for Odoo's prediction, and what was won."""

    def __init__(self, name, table, won, team=None, age=None):
        self.name, self.table, self.won, self.team, self.age = name, table, won, team, age
        self.rows = [
            {
                # Odoo can use fields with few values only; amounts are of no use to it.
                field: (None if value != value else value)
                for field, value in zip(table, values, strict=True)
                if table[field][0] == "category"
            }
            for values in zip(*(column for _kind, column in table.values()), strict=True)
        ]


def x_education(strict=False):
    table, won = _read("x_education_leads.csv", ",", X_NUMBERS, "Converted", "1")
    for column in X_STRICT if strict else X_LEAKS:
        del table[column]
    name = "X Education, strict" if strict else "X Education"
    return Data(name, table, won, "Lead Origin")


def bank():
    table, won = _read("bank-additional-full.csv", ";", BANK_NUMBERS, "y", "yes")
    del table["duration"]
    # The rows are in the order of the calls.
    return Data("UCI bank-additional", table, won, "contact", np.arange(len(won))[::-1])


def _read(file, delimiter, numbers, target, yes):
    with open(data_file(file), newline="", encoding="utf-8-sig") as opened:
        rows = list(csv.DictReader(opened, delimiter=delimiter))
    won = np.array([row[target] == yes for row in rows], dtype=float)
    table = {}
    for column in rows[0]:
        values = [None if row[column] in ("", "Select") else row[column] for row in rows]
        if column in numbers:
            table[column] = ("number", np.array([float(value or "nan") for value in values]))
        elif column != target:
            table[column] = ("category", values)
    return table, won


def made(seed=5, count=4000):
    """Made data sets, each hard in one way: noise, drifting rates, gaps, many names, rare wins."""
    chance = np.random.default_rng(seed)

    def draw(odds):
        return (chance.random(len(odds)) < 1 / (1 + np.exp(-odds))).astype(float)

    def pick(levels, size=count):
        return chance.integers(0, levels, size)

    def category(numbers):
        return ("category", [f"v{number}" for number in numbers])

    a, b, c, d = pick(4), pick(3), pick(6), pick(25)
    amount, other = chance.lognormal(8, 1.5, count), chance.normal(0, 1, count)
    time = np.arange(count)
    noise = {"a": category(a), "d": category(d), "x": ("number", other), "b": category(b)}
    small = {name: (kind, values[:160]) for name, (kind, values) in noise.items()}
    few = {"a": category(a), "b": category(b), "c": category(c)}
    shared = {**few, "amount": ("number", amount), "x": ("number", other)}
    price_hit = (np.abs(np.log(amount) - 8.3) < 0.35) | (np.abs(np.log(amount) - 6) < 0.2)
    few_odds = -1 + 0.7 * (a == 1) - 0.9 * (b == 0) + 0.3 * (c - 2)
    found = [
        Data("noise", noise, draw(np.full(count, -1.0)), "b"),
        Data("noise, 160 leads", small, draw(np.full(160, -0.5)), "b"),
        Data("few categories", few, draw(few_odds), "b"),
        Data("exact amounts", shared, draw(-1.5 + 2.5 * price_hit), "b"),
        Data(
            "rates drift",
            shared,
            draw(-3 + 3 * time / count + 0.8 * (a == 2) + 0.5 * other),
            "b",
            age=time[::-1],
        ),
        Data("interaction", shared, draw(-0.5 + 2.2 * np.where((a < 2) == (c < 3), 1, -1)), "b"),
        Data(
            "a step of the rate",
            shared,
            draw(-2.5 + 2 * (time > 0.7 * count) + 0.8 * (a == 2) + 0.5 * other),
            "b",
            age=time[::-1],
        ),
    ]
    return found + _more_made(chance, draw, category, count)


def _more_made(chance, draw, category, count):
    """Many names, gaps that tell something, rare wins, numbers only, days of the year, copies."""
    names, team = chance.integers(0, 300, count), category(chance.integers(0, 3, count))
    strength = chance.normal(0, 1.2, 300)
    many = {"name": category(names), "team": team}
    numbers = chance.normal(size=(count, 4))
    smooth = {f"n{place}": ("number", numbers[:, place]) for place in range(4)} | {"team": team}
    gaps = numbers.copy()
    gaps[chance.random(gaps.shape) < 0.6] = np.nan
    holes = {f"n{place}": ("number", gaps[:, place]) for place in range(4)} | {"team": team}
    day = chance.integers(0, 365, count).astype(float)
    days = {"day": ("number", day), "weekday": ("number", day % 7), "team": team}
    truth = chance.integers(0, 5, count)
    copies = {
        f"k{place}": category(
            np.where(chance.random(count) < 0.85, truth, chance.integers(0, 5, count))
        )
        for place in range(6)
    } | {"team": team}
    known = np.nan_to_num(gaps)
    return [
        Data("many names", many, draw(-0.5 + strength[names]), "team"),
        Data(
            "numbers only",
            smooth,
            draw(-1 + numbers[:, 0] + 0.5 * numbers[:, 1] ** 2 - 0.5 * numbers[:, 2]),
            "team",
        ),
        Data(
            "gaps",
            holes,
            draw(-1 + known[:, 0] + 0.9 * np.isnan(gaps[:, 1]) - 0.5 * known[:, 2]),
            "team",
        ),
        Data("rare wins", smooth, draw(-4.2 + numbers[:, 0] + 0.8 * numbers[:, 1]), "team"),
        Data("days", days, draw(-0.6 + 0.9 * np.sin(day / 58) + 0.6 * (day % 7 < 2)), "team"),
        Data("copies of one field", copies, draw(-0.5 + 0.6 * (truth - 2)), "team"),
    ]
