from datetime import timedelta
from itertools import compress

from odoo import api, models
from odoo.tools import SQL

from ..tools.points import (
    DIMENSIONS,
    INTENT_DIMENSIONS,
    TOP,
    cents,
    clamp,
    counted,
    level,
    reached,
    remaining,
    whole,
)
from .lead_score_acts import half_life
from .lead_score_judge import BEFORE, PARKED, POINTS
from .lead_score_stored import UNKNOWN

NO_CLASSES = dict.fromkeys(("grade", "temperature", "intent", "level", "matrix"))


class LeadScoreSingle(models.AbstractModel):
    """Judges a few leads in Python, after at most one small query.

    The statement of `lead.score.judge` takes PostgreSQL longer to plan than to run for one lead,
    so what a person creates or edits goes this way. It gives the same rows.
    """

    _name = "lead.score.single"
    _description = "Score of a Few Leads"

    @api.model
    def _rows(self, today, ids, new=False):
        """Leads whose score differs from what is stored.

        :param list ids: of leads
        :param bool new: whether the leads were just created, and so did nothing yet
        :return: rows as those of the statement, with their `terms` as `tools.outlook` wants them
        """
        cards, rules, tests = self.env["lead.score.judge"]._plan()
        leads = self.env["lead.score.rule"]._lead_model().browse(ids)
        leads = leads.filtered(lambda lead: lead.active and lead.won_status == "pending")
        stored = {} if new else leads._score_stored(today)
        rows = []
        for fact in self._facts(cards, rules, leads, tests):
            fact.update(stored.get(fact["id"]) or UNKNOWN)
            place = next((n for n, belongs in enumerate(fact["belongs"]) if belongs), None)
            if place is None:
                row = self._row_of_nobody(fact, today)
            else:
                row = self._row(cards[place], place, rules[place], fact, today)
            if self._differs(row, fact, today):
                rows.append(row)
        return rows

    def _facts(self, cards, rules, leads, tests):
        """What the cards and rules find on open leads.

        :return: dicts of `id`, `created` (a date), `belongs` (whether each card is for the lead)
            and `matches` (for each card, whether the lead matches each of its rules)
        """
        matched = self._matched(leads, tests)
        for lead in leads:
            found = matched[lead.id]
            yield {
                "id": lead.id,
                "created": lead.create_date.date(),
                "belongs": [
                    definition["domain"] in found
                    and definition["company_id"] in (False, lead.company_id.id)
                    and (not definition["team_ids"] or lead.team_id.id in definition["team_ids"])
                    for _card_id, _version, definition in cards
                ],
                "matches": [
                    [rule["domain"] in found for rule in attributes]
                    for attributes, _behaviours in rules
                ],
            }

    def _matched(self, leads, tests):
        """The filters that each lead matches; the database is asked what it alone knows.

        :param dict tests: by the texts of filters, functions as `_test` gives them
        :return: by id of the lead, the texts of those filters
        :rtype: dict[int, set]
        """
        judge = self.env["lead.score.judge"]
        matched = {
            lead.id: {text for text, test in tests.items() if test and test(lead)} for lead in leads
        }
        others = [text for text, test in tests.items() if test is None]
        if others and leads:
            leads.flush_model()
            answers = self.env.execute_query(
                SQL(
                    "SELECT id, ARRAY[%s]::bool[] FROM crm_lead WHERE id IN %s",
                    SQL(", ").join(map(judge._condition, others)),
                    leads._ids,
                )
            )
            for lead_id, answer in answers:
                matched[lead_id].update(compress(others, answer))
        return matched

    def _row(self, card, place, rules, fact, today):
        """The row of one lead."""
        card_id, version, definition = card
        attributes, behaviours = rules
        facts = dict.fromkeys(DIMENSIONS, 0)
        for rule, matches in zip(attributes, fact["matches"][place], strict=True):
            if matches:
                facts[rule["dimension"]] += cents(rule["points"])
        sums, events, terms = dict(facts), fact["events"], []
        for rule in behaviours:
            for term in self._counted(rule, definition, events):
                amount, fades, linear, age = term[:4]
                kind = "linear" if linear else "exponential"
                sums[rule["dimension"]] += whole(amount * remaining(kind, age, fades))
                terms.append((fact["id"], DIMENSIONS.index(rule["dimension"]), *term))
        active = None
        if idle := definition["inactivity_days"]:
            alive = self.env["lead.score.judge"]._signals()
            active = fact["created"]
            if last := next((event for event in events if alive.get(event[0])), None):
                active = today - timedelta(last[1])
            if (today - active).days >= idle:
                sums["negative"] -= definition["inactivity_points"] * 100
        points = {
            name: clamp(
                sums[name], definition[f"{name}_floor"] * 100, definition[f"{name}_cap"] * 100
            )
            for name in DIMENSIONS
        }
        computed = clamp(sum(points.values()), 0, TOP)
        score = computed
        until = fact["override_until"]
        if fact["override_set"] and (not until or until >= today):
            score = cents(float(fact["override_score"]))
        return {
            **self._frame(fact, today),
            "card_id": card_id,
            "card_version": version,
            "score": score / 100,
            "computed": computed / 100,
            **{name: value / 100 for name, value in points.items()},
            **self._classes(definition, points, score),
            "activity_day": active,
            "facts": list(facts.values()),
            "idle": idle,
            "terms": terms,
        }

    def _counted(self, rule, definition, events):
        """What a rule counts of events: (cents, half-life, linear, age, life) of each."""
        window = rule["window_days"]
        ages, quantities = [], []
        for signal_id, age, quantity in events:
            if signal_id == rule["signal_id"] and (not window or age <= window):
                ages.append(age)
                quantities.append(quantity)
        if not ages:
            return
        counts = counted(quantities, rule["frequency"], rule["repeat"], rule["max_count"])
        needed = reached(quantities, ages, rule["frequency"])
        amount = cents(rule["points"])
        for age, count in zip(ages, counts, strict=True):
            if count > 0:
                yield (
                    amount * count,
                    half_life(rule, definition),
                    definition["decay"] == "linear",
                    age,
                    window - max(age, needed) if window else None,
                )

    def _classes(self, definition, points, score):
        wish = sum(points[name] for name in INTENT_DIMENSIONS)
        steps = (definition["intent_high"] * 100, definition["intent_medium"] * 100)
        grades = [definition[f"grade_{letter}"] * 100 for letter in "abc"]
        heat = (definition["hot_threshold"] * 100, definition["warm_threshold"] * 100)
        ready = (definition["sql_threshold"] * 100, definition["mql_threshold"] * 100)
        grade, rank = "ABCD"[level(points["fit"], grades)], level(wish, steps)
        return {
            "grade": grade,
            "temperature": ("hot", "warm", "cold")[level(score, heat)],
            "intent": ("high", "medium", "low")[rank],
            "level": ("sql", "mql", "none")[level(score, ready)],
            "matrix": f"{grade}{rank + 1}",
        }

    def _row_of_nobody(self, fact, today):
        """Leads that match no card have no score."""
        return {
            **self._frame(fact, today),
            **dict.fromkeys(POINTS, 0.0),
            **NO_CLASSES,
            "card_id": None,
            "card_version": None,
            "activity_day": None,
            "facts": [],
            "idle": 0,
        }

    def _frame(self, fact, today):
        return {
            "id": fact["id"],
            "day": today,
            "known": fact["known"],
            "old": fact if fact["known"] else None,
            "override_set": fact["override_set"],
            "override_until": fact["override_until"],
            **{f"{name}_before": fact[name] for name in BEFORE},
        }

    def _differs(self, row, fact, today):
        """As `_changed` of `lead.score.judge`."""
        if not fact["known"]:
            return True
        if row["card_id"] is None:
            return fact["card_id"] is not None
        looked = fact["next_date"]
        return (
            bool(looked and not today < looked < PARKED)
            or any(row[name] != fact[name] for name in (*POINTS, "card_id", "card_version"))
            or row["activity_day"] != fact["activity_day"]
        )
