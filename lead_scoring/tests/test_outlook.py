import random

import numpy as np

from odoo.tests import BaseCase, tagged

from ..models.lead_score_dues import NO_TERMS
from ..tools.outlook import NEVER, Outlook
from ..tools.outlook_single import SingleOutlook
from ..tools.points import DIMENSIONS, INTENT_DIMENSIONS, TOP, clamp, level, remaining, whole

LADDERS = {
    "score": (("hot_threshold", "warm_threshold"), ("sql_threshold", "mql_threshold")),
    "fit": (("grade_a", "grade_b", "grade_c"),),
    "intent": (("intent_high", "intent_medium"),),
}
DAYS = 500


@tagged("post_install", "-at_install")
class TestOutlook(BaseCase):
    """When time will change a lead: for one lead, for many at once, and by trying each day."""

    def setUp(self):
        super().setUp()
        self.random = random.Random(20261122)

    def _definition(self):
        pick = self.random.choice
        return {
            **{f"{name}_floor": pick([-20, 0]) for name in DIMENSIONS},
            **{f"{name}_cap": pick([10, 25.5, 40]) for name in DIMENSIONS},
            "inactivity_points": pick([0, 5, 12.5]),
            **dict(zip(("grade_a", "grade_b", "grade_c"), (20, 12, pick([4, 0])), strict=True)),
            **dict(zip(("hot_threshold", "warm_threshold"), (45, pick([20, 0])), strict=True)),
            **dict(zip(("intent_high", "intent_medium"), (30, pick([10, 0])), strict=True)),
            **dict(zip(("sql_threshold", "mql_threshold"), (50, 30), strict=True)),
        }

    def _lead(self, number, definition):
        """A lead with what it has today, and what of it fades."""
        pick, size = self.random.choice, len(DIMENSIONS)
        # Most leads only do what speaks for them, and all of it counts as one thing.
        plain, place = pick([True, False]), self.random.randrange(size)
        terms = [
            (
                number,
                place if plain else self.random.randrange(size),
                pick([300, 1000, 2225] if plain else [-900, -250, 300, 1000, 2225]),
                pick([0, 0.5, 3.5, 14, 30, 90]),
                pick([0, 1]),
                pick([0, 1, 5, 40]),
                pick([None, None, 0, 6, 80]),
            )
            for _number in range(pick([0, 1, 2, 5]))
        ]
        lead = {
            "terms": terms,
            "facts": [pick([0, 0, 500, 1250]) for _name in DIMENSIONS],
            "penalty_from": pick([NEVER, -3, 0, 1, 9, 400]),
            "override": -1 if plain else pick([-1, -1, -1, 2500]),
            "until": NEVER,
        }
        if lead["override"] >= 0:
            lead["until"] = pick([NEVER, 0, 4, 70])
        points, score, _classes = self._on(0, lead, definition)
        row = (
            *(number, score, lead["override"], lead["until"], lead["penalty_from"]),
            *points,
            *lead["facts"],
        )
        return lead, row

    def _on(self, day, lead, definition):
        """Points, score and classes of a lead on a day."""
        sums = list(lead["facts"])
        for _id, place, amount, half_life, linear, age, life in lead["terms"]:
            if life is None or day <= life:
                kind = "linear" if linear else "exponential"
                sums[place] += amount * remaining(kind, age + day, half_life)
        if day >= lead["penalty_from"]:
            sums[DIMENSIONS.index("negative")] -= definition["inactivity_points"] * 100
        points = [
            clamp(whole(amount), definition[f"{name}_floor"] * 100, definition[f"{name}_cap"] * 100)
            for name, amount in zip(DIMENSIONS, sums, strict=True)
        ]
        score = clamp(sum(points), 0, TOP)
        if lead["override"] >= 0 and day <= lead["until"]:
            score = lead["override"]
        measures = {
            "score": score,
            "fit": points[0],
            "intent": sum(points[DIMENSIONS.index(name)] for name in INTENT_DIMENSIONS),
        }
        classes = [
            level(measures[measure], [definition[name] * 100 for name in names])
            for measure, ladders in LADDERS.items()
            for names in ladders
        ]
        return points, score, classes

    def _tried(self, lead, definition):
        """The first day on which a class differs, and on which the score does as well."""
        _points, before, classes = self._on(0, lead, definition)
        due = near = None
        for day in range(1, DAYS):
            _points, score, then = self._on(day, lead, definition)
            if then != classes:
                due = day
            if near is None and (due or abs(score - before) >= 100):
                near = day
            if due:
                break
        return due, near

    def test_one_lead_and_many_leads_and_each_day_tried_agree(self):
        found = 0
        for _round in range(12):
            definition = self._definition()
            leads, rows = zip(*(self._lead(n, definition) for n in range(40)), strict=True)
            single = [
                SingleOutlook(definition, row, lead["terms"]).due()
                for lead, row in zip(leads, rows, strict=True)
            ]
            terms = [
                (*term[:6], NEVER if term[6] is None else term[6])
                for lead in leads
                for term in lead["terms"]
            ]
            fades = np.array(terms, dtype=float) if terms else NO_TERMS
            many = zip(*Outlook(definition, np.array(rows, dtype=float), fades).due(), strict=True)
            for lead, one, other in zip(leads, single, many, strict=True):
                self.assertEqual(one, tuple(day if day < NEVER else None for day in other), lead)
                tried = self._tried(lead, definition)
                self.assertEqual(tuple(day if day and day < DAYS else None for day in one), tried)
                found += any(one)
        self.assertGreater(found, 100)

    def test_what_never_changes_has_no_day(self):
        definition = self._definition()
        row = (1, 500, -1, NEVER, NEVER, *[0] * 6, 500, *[0] * 6, 500)
        self.assertEqual(SingleOutlook(definition, row, []).due(), (None, None))
