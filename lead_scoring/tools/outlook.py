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
# Which measure each threshold looks at (fit, score, intent), and the digit of its class.
MEASURES = np.array([0] * len(GRADES) + [1] * len(TEMPERATURES) + [2] * len(INTENTS)
                    + [1] * len(LEVELS))  # fmt: skip
DIGITS = np.array([64] * len(GRADES) + [16] * len(TEMPERATURES) + [4] * len(INTENTS)
                  + [1] * len(LEVELS))  # fmt: skip
# The score is worked out again when it has moved by so much, in cents.
DRIFT = 100


class Outlook:
    """Leads of one scorecard, what they have, and what fades.

    :param dict definition: of the scorecard
    :param leads: array with a row per lead, in the order of their ids: id, score in cents, score
        set by hand or -1, last day on which that holds, day from which the lead is inactive, cents
        by dimension today, cents by dimension that do not fade; days are counted from today
    :param terms: array with a row per term: id of the lead, dimension (index), cents, half-life,
        whether linear, age in days, last day on which the term counts
    """

    def __init__(self, definition, leads, terms):
        self.size = len(leads)
        size = len(DIMENSIONS)
        self.score, self.override, self.override_until, self.penalty_from = leads[:, 1:5].T
        self.points, self.facts = leads[:, 5 : 5 + size], leads[:, 5 + size :]
        self.floors, self.caps = (
            np.array([definition[f"{dimension}_{end}"] * 100.0 for dimension in DIMENSIONS])
            for end in ("floor", "cap")
        )
        self.penalty = definition["inactivity_points"] * 100.0
        self.cutoffs = np.array(
            [definition[name] * 100.0 for names in (GRADES, TEMPERATURES, INTENTS, LEVELS)
             for name in names]
        )  # fmt: skip
        self.lead = np.searchsorted(leads[:, 0], terms[:, 0])
        self.where = self.lead * size + terms[:, 1].astype(int)
        self.cents, half_life = terms[:, 2], terms[:, 3]
        self.rising = self.cents < 0
        # Half-lives per day; what does not fade has none.
        self.rate = np.divide(1.0, half_life, out=np.zeros(len(terms)), where=half_life > 0)
        self.linear, self.age, self.life = terms[:, 4] > 0, terms[:, 5], terms[:, 6]

    def due(self):
        """When time will next change the leads.

        :return: two arrays of days from today: the first on which a class differs from what it is
            today, and the first on which the score has moved by a point as well; `NEVER` if that
            is not within sight
        """
        classes = self._classes(self.points, self.score)
        if not self.cents.size:
            return self._steps(classes)
        near = self._search(np.zeros(self.size, dtype=int), classes, drift=True)
        # Until the day before, no class differs.
        return self._search(np.minimum(near - 1, HORIZON), classes, drift=False), near

    def _steps(self, classes):
        """As `due` for leads of which nothing fades: only two moments can change them."""
        found = np.full((2, self.size), NEVER)
        for day in (self.penalty_from, self.override_until + 1):
            day = day.astype(int)
            coming = (day > 0) & (day < HORIZON)
            if coming.any():
                for number, stays in enumerate(self._stays(day, day, classes)):
                    earlier = np.where(coming & ~stays, day, NEVER)
                    found[number] = np.minimum(found[number], earlier)
        return found

    def _end(self):
        """A day from which on nothing changes: what fades is less than half a cent."""
        slowest = self.rate[self.rate > 0].min(initial=1.0)
        most = np.bincount(self.lead, np.abs(self.cents)).max(initial=0)
        longest = np.log2(4 + 2 * most) / slowest
        moments = (self.life, self.penalty_from, self.override_until)
        last = max(int(day[day < NEVER].max(initial=0)) for day in moments)
        return min(max(int(longest), last) + 2, HORIZON)

    def _search(self, start, classes, drift):
        """First day after `start` on which a class differs, or with `drift` the score as well."""
        found = np.full(self.size, NEVER)
        # Most leads turn out to stay what they are, which takes one look at all that is to come.
        end = np.full(self.size, max(self._end(), int(start.max(initial=0)) + 1))
        going = ~self._stays(start + 1, end, classes)[drift]
        who, some = np.flatnonzero(going), self._only(going)
        start, classes = start[going], classes[going]
        step = np.ones(len(who), dtype=int)
        while who.size:
            safe = some._stays(start + 1, start + step, classes)[drift]
            differs = (step == 1) & ~safe
            # Of a single day, what is not proven is known to differ.
            found[who[differs]] = start[differs] + 1
            start = np.where(safe, start + step, start)
            step = np.where(safe, step * 2, np.maximum(step // 2, 1))
            going = ~differs & (start < HORIZON)
            if not going.all():
                who, start, step, classes = who[going], start[going], step[going], classes[going]
                some = some._only(going)
        return found

    def _only(self, chosen):
        """The same for some of the leads."""
        some, kept = copy.copy(self), chosen[self.lead]
        for name in ("score", "override", "override_until", "penalty_from", "facts"):
            setattr(some, name, getattr(self, name)[chosen])
        for name in ("cents", "rising", "rate", "linear", "age", "life"):
            setattr(some, name, getattr(self, name)[kept])
        some.size, some.lead = len(some.score), (np.cumsum(chosen) - 1)[self.lead[kept]]
        some.where = some.lead * len(DIMENSIONS) + self.where[kept] % len(DIMENSIONS)
        return some

    def _stays(self, first, last, classes):
        """Whether leads provably stay what they are from one day to another, both included.

        :return: two arrays: whether all classes stay the same, and whether the score does as well
        """
        single = np.array_equal(first, last)
        falling_now, rising_now = falling_then, rising_then = self._terms(first)
        if not single:
            falling_then, rising_then = self._terms(last)
        # A hand-set score that ends in between could hide what comes after it.
        held = self.override >= 0
        same = ~(held & (first <= self.override_until) & (self.override_until < last))
        held &= last <= self.override_until
        calm = same
        bounds = ((falling_now, rising_then), (falling_then, rising_now))
        for falling, rising in bounds[:1] if single else bounds:
            points = np.floor(self.facts + falling + rising + 0.5)
            np.clip(points, self.floors, self.caps, out=points)
            total = np.clip(points.sum(axis=1), 0, TOP)
            total = np.where(held, self.override, total)
            same = same & (self._classes(points, total) == classes)
            calm = calm & same & (np.abs(total - self.score) < DRIFT)
        return same, calm

    def _classes(self, points, score):
        """All four classes as one number: how many thresholds of each are not reached."""
        measures = np.column_stack((points[:, FIT], score, points[:, INTENT].sum(axis=1)))
        return (measures[:, MEASURES] < self.cutoffs) @ DIGITS

    def _terms(self, day):
        """What is left of all terms on a day of each lead: falling and rising ones by dimension."""
        days = day[self.lead]
        age = (self.age + days) * self.rate
        left = np.exp2(-age)
        if self.linear.any():
            left = np.where(self.linear, np.maximum(0.0, 1.0 - age / 2.0), left)
        left *= self.cents
        left *= days <= self.life
        # Falling and rising terms in one go, the rising ones behind the falling ones.
        size = self.facts.size
        where = self.where + size * self.rising
        sums = np.bincount(where, weights=left, minlength=2 * size)
        falling, rising = sums.astype(float, copy=False).reshape(2, *self.facts.shape)
        falling[:, NEGATIVE] -= np.where(day >= self.penalty_from, self.penalty, 0)
        return falling, rising
