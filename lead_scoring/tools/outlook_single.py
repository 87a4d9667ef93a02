"""When the passing of time will change one lead: what `tools.outlook` finds, without arrays.

To set arrays out for a single lead takes several times as long as to look at it.
"""

import math
from bisect import bisect_right

from .outlook import (
    DRIFT,
    FIT,
    GRADES,
    HORIZON,
    INTENT,
    INTENTS,
    LEVELS,
    NEGATIVE,
    NEVER,
    TEMPERATURES,
)
from .points import DIMENSIONS, TOP

SIZE = len(DIMENSIONS)


class SingleOutlook:
    """One lead, what it has, and what fades; parameters as those of `Outlook`.

    :param dict definition: of the scorecard
    :param row: what is known of the lead, as a row of `leads`
    :param list terms: rows of `terms`; the last day may be None
    """

    def __init__(self, definition, row, terms):
        _id, self.score, self.override, self.until, self.penalty_from, *amounts = row
        points, facts = amounts[:SIZE], amounts[SIZE:]
        self.penalty = definition["inactivity_points"] * 100
        self.terms = terms
        # Whether nothing can become more again: neither what counts against the lead fades, nor
        # does a score set by hand end.
        self.only_falls = self.override < 0 and all(term[2] >= 0 for term in terms)
        self.left = {}
        moving = {term[1] for term in terms}
        if self.penalty_from < NEVER:
            moving.add(NEGATIVE)
        # What can move: its place, what of it does not fade, its limits, and the measures it is in.
        self.moving = [
            (
                place,
                facts[place] + 0.5,
                definition[f"{DIMENSIONS[place]}_floor"] * 100,
                definition[f"{DIMENSIONS[place]}_cap"] * 100,
                place == FIT,
                place in INTENT,
            )
            for place in moving
        ]
        still = [0 if place in moving else points[place] for place in range(SIZE)]
        self.still = still[FIT], sum(still), sum(still[place] for place in INTENT)
        # Between which amounts each measure stays in its classes: fit, score and intent.
        self.ranges = [
            _range(definition, names, amount)
            for names, amount in (
                (GRADES, points[FIT]),
                (TEMPERATURES + LEVELS, self.score),
                (INTENTS, sum(points[place] for place in INTENT)),
            )
        ]

    def due(self):
        """When time will next change the lead.

        :return: days until a class differs, and until the score has moved by a point as well;
            None if that is not within sight
        """
        if not self.moving and self.override < 0:
            return None, None
        end = self._end()
        near = self._search(0, end, drift=True)
        # Until the day before, no class differs.
        return (near and self._search(near - 1, end, drift=False, step=near)), near

    def _search(self, start, end, drift, step=1):
        """First day after `start` on which a class differs, or with `drift` the score as well.

        :param int step: of how many days the first stretch is
        """
        # Most leads turn out to stay what they are, which takes one look at all that is to come.
        if self._stays(start + 1, max(end, start + 1), drift):
            return None
        growth = 2
        while start < HORIZON:
            if self._stays(start + 1, start + step, drift):
                start, step, growth = start + step, step * growth, 2
            elif step == 1:
                # Of a single day, what is not proven is known to differ.
                return start + 1
            else:
                # The other half of a stretch that failed is not to be doubled.
                step, growth = step // 2, 1
        return None

    def _stays(self, first, last, drift):
        """Whether the lead provably stays what it is from one day to another, both included."""
        held = self.override >= 0 and first <= self.until
        if held and self.until < last:
            # A score set by hand that ends in between could hide what comes after it.
            return False
        # The same days are asked for over and over while the search closes in.
        then = now = self.left.get(last) or self._terms(last)
        if first < last and not (self.only_falls and first > 1):
            # Else the last day is the lowest; of the highest, tomorrow, the first stretch was sure.
            now = self.left.get(first) or self._terms(first)
        return self._same(now, then, held, drift)

    def _same(self, now, then, held, drift):
        """Whether nothing differs between the least and the most that can be left.

        :param now: what is left on the first day: falling and rising terms by dimension
        :param then: the same on the last day; `now` itself if that decides alone
        """
        (falling_now, rising_now), (falling_then, rising_then) = now, then
        least_fit, least, least_wish = most_fit, most, most_wish = self.still
        for place, fact, floor, cap, fits, wishes in self.moving:
            low = math.floor(fact + falling_then[place] + rising_now[place])
            # Written out: `min` and `max` take longer than all the rest.
            low = high = floor if low < floor else low if low < cap else cap
            if now is not then:
                high = math.floor(fact + falling_now[place] + rising_then[place])
                high = floor if high < floor else high if high < cap else cap
            least += low
            most += high
            if fits:
                least_fit += low
                most_fit += high
            elif wishes:
                least_wish += low
                most_wish += high
        if held:
            least = most = self.override
        else:
            least = 0 if least < 0 else least if least < TOP else TOP
            most = 0 if most < 0 else most if most < TOP else TOP
        if drift and (most - self.score >= DRIFT or self.score - least >= DRIFT):
            return False
        (fit_low, fit_high), (low, high), (wish_low, wish_high) = self.ranges
        return (
            low <= least
            and most < high
            and wish_low <= least_wish
            and most_wish < wish_high
            and fit_low <= least_fit
            and most_fit < fit_high
        )

    def _terms(self, day):
        """What is left of all terms on a day: falling and rising ones by dimension."""
        falling, rising = [0.0] * SIZE, [0.0] * SIZE
        for _id, place, cents, half_life, linear, age, life in self.terms:
            if life is not None and day > life:
                continue
            if half_life:
                age = (age + day) / half_life
                cents *= max(0.0, 1.0 - age / 2.0) if linear else math.exp2(-age)
            (rising if cents < 0 else falling)[place] += cents
        if day >= self.penalty_from:
            falling[NEGATIVE] -= self.penalty
        self.left[day] = falling, rising
        return self.left[day]

    def _end(self):
        """A day from which on nothing changes: what fades is less than half a cent."""
        slowest, most, last = 1.0, 0, 0
        for _id, _place, cents, half_life, _linear, _age, life in self.terms:
            slowest = max(slowest, half_life)
            most += abs(cents)
            last = max(last, life or 0)
        for day in (self.penalty_from, self.until):
            if day < NEVER:
                last = max(last, day)
        return min(max(int(slowest * math.log2(4 + 2 * most)), last) + 2, HORIZON)


def _range(definition, names, amount):
    """The lowest amount of the same class, and the lowest of a better one."""
    steps = sorted([definition[name] * 100 for name in names])
    place = bisect_right(steps, amount)
    return (
        steps[place - 1] if place else -math.inf,
        steps[place] if place < len(steps) else math.inf,
    )
