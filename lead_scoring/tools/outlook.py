"""When the passing of time will change what a lead is, for many leads at once.

Without new events the points of a dimension are a constant, plus positive terms that only fall,
plus negative terms that only rise. Between two days they therefore lie between two sums that are
cheap to compute, and so do the classes. The search takes stretches of days over which the classes
provably stay, longer ones as long as that works and shorter ones down to a single day when it does
not, so that it is exact and needs about a dozen evaluations for years ahead.
"""

import copy

import numpy as np

from .points import DIMENSIONS, INTENT_DIMENSIONS, TOP

HORIZON = 3650  # days; nothing that fades takes longer
NEVER = 1 << 30
FIT = DIMENSIONS.index("fit")
NEGATIVE = DIMENSIONS.index("negative")
INTENT = [DIMENSIONS.index(dimension) for dimension in INTENT_DIMENSIONS]
GRADES = ("grade_a", "grade_b", "grade_c")
TEMPERATURES = ("hot_threshold", "warm_threshold")
INTENTS = ("intent_high", "intent_medium")
LEVELS = ("sql_threshold", "mql_threshold")
# The score is worked out again when it has moved by so much, in cents.
DRIFT = 100


class Outlook:
    """Leads, what they have, and what fades.

    :param definitions: of the scorecards
    :param card: for each lead, the index of its scorecard
    :param facts: for each lead, cents by dimension that do not fade
    :param penalty_from: for each lead, the day (0 is today) from which it is inactive
    :param override: for each lead, the cents set by hand, or -1
    :param override_until: for each lead, the last day on which they hold
    :param terms: arrays `lead` (index), `dimension` (index), `cents`, `half_life`, `linear`,
        `age` (days) and `life` (last day on which the term counts)
    """

    def __init__(self, definitions, card, facts, penalty_from, override, override_until, terms):
        self.size = len(card)
        self.facts = np.asarray(facts, dtype=float).reshape(self.size, len(DIMENSIONS))
        self.penalty_from = np.asarray(penalty_from)
        self.override = np.asarray(override)
        self.override_until = np.asarray(override_until)
        card = np.asarray(card)

        def setting(*names):
            table = [[definition[name] * 100 for name in names] for definition in definitions]
            return np.asarray(table)[card]

        self.floors = setting(*(f"{dimension}_floor" for dimension in DIMENSIONS))
        self.caps = setting(*(f"{dimension}_cap" for dimension in DIMENSIONS))
        self.penalty = setting("inactivity_points")[:, 0]
        self.cutoffs = [setting(*names) for names in (GRADES, TEMPERATURES, INTENTS, LEVELS)]
        lead, dimension, cents, half_life, linear, age, life = terms
        self.where = np.asarray(lead) * len(DIMENSIONS) + np.asarray(dimension)
        self.lead = np.asarray(lead, dtype=int)
        self.cents = np.asarray(cents, dtype=float)
        self.rising = self.cents < 0
        half_life = np.asarray(half_life, dtype=float)
        self.fades = half_life > 0
        self.half_life = np.where(self.fades, half_life, 1.0)
        self.linear = np.asarray(linear, dtype=bool)
        self.age = np.asarray(age, dtype=float)
        self.life = np.asarray(life)

    def due(self, points, score):
        """When time will next change the leads.

        :param points: for each lead, its cents by dimension today, limited
        :param score: for each lead, its score today in cents
        :return: two arrays of days from today: the first on which a class differs from what it is
            today, and the first on which the score has moved by a point as well; `NEVER` if that
            is not within sight
        """
        score = np.asarray(score, dtype=float)
        classes = np.stack(self._classes(np.asarray(points, dtype=float), score))
        near = self._search(np.zeros(self.size, dtype=int), classes, score, drift=True)
        # Until the day before, no class differs.
        start = np.minimum(near - 1, HORIZON)
        return self._search(start, classes, score, drift=False), near

    def _search(self, start, classes, score, drift):
        """First day after `start` on which something differs."""
        found = np.full(self.size, NEVER)
        who, some = np.arange(self.size), self
        step = np.ones(self.size, dtype=int)
        while who.size:
            safe = some._stays(start + 1, start + step, classes, score, drift)
            single = step == 1
            start = np.where(safe, start + step, start)
            step = np.where(safe, step * 2, np.maximum(step // 2, 1))
            # Of a single day, what is not proven is known to differ.
            differs = single & ~safe
            found[who[differs]] = start[differs] + 1
            going = ~differs & (start < HORIZON)
            if not going.all():
                who, start, step, score = who[going], start[going], step[going], score[going]
                classes, some = classes[:, going], some._only(going)
        return found

    def _only(self, chosen):
        """The same for some of the leads."""
        some = copy.copy(self)
        some.size = int(chosen.sum())
        for name in ("facts", "penalty_from", "override", "override_until", "floors", "caps",
                     "penalty"):  # fmt: skip
            setattr(some, name, getattr(self, name)[chosen])
        some.cutoffs = [cutoffs[chosen] for cutoffs in self.cutoffs]
        kept = chosen[self.lead]
        for name in ("cents", "rising", "fades", "half_life", "linear", "age", "life"):
            setattr(some, name, getattr(self, name)[kept])
        place = np.cumsum(chosen) - 1
        some.lead = place[self.lead[kept]]
        some.where = some.lead * len(DIMENSIONS) + self.where[kept] % len(DIMENSIONS)
        return some

    def _stays(self, first, last, classes, score, drift):
        """Whether all classes provably stay the same from one day to another, both included."""
        falling_now, rising_now = self._terms(first)
        falling_then, rising_then = self._terms(last)
        # A hand-set score that ends in between could hide what comes after it.
        held = self.override >= 0
        same = ~(held & (first <= self.override_until) & (self.override_until < last))
        for falling, rising in ((falling_now, rising_then), (falling_then, rising_now)):
            points = np.clip(np.floor(self.facts + falling + rising + 0.5), self.floors, self.caps)
            total = np.clip(points.sum(axis=1), 0, TOP)
            total = np.where(held & (last <= self.override_until), self.override, total)
            for now, then in zip(classes, self._classes(points, total), strict=True):
                same &= now == then
            if drift:
                same &= np.abs(total - score) < DRIFT
        return same

    def _classes(self, points, score):
        """Each class as the number of thresholds that are not reached."""
        measures = (points[:, FIT], score, points[:, INTENT].sum(axis=1), score)
        return [
            (measure[:, None] < cutoffs).sum(axis=1)
            for measure, cutoffs in zip(measures, self.cutoffs, strict=True)
        ]

    def _terms(self, day):
        """What is left of all terms on a day of each lead: falling and rising ones by dimension."""
        then = day[self.lead]
        age = (self.age + then) / self.half_life
        left = np.where(self.linear, np.maximum(0.0, 1.0 - age / 2.0), np.power(0.5, age))
        left = np.where(self.fades, left, 1.0) * self.cents * (then <= self.life)
        sums = [
            np.bincount(self.where, weights=left * chosen, minlength=self.facts.size)
            for chosen in (~self.rising, self.rising)
        ]
        falling, rising = (sum_.reshape(self.facts.shape) for sum_ in sums)
        falling[:, NEGATIVE] -= np.where(day >= self.penalty_from, self.penalty, 0)
        return falling, rising
