from datetime import timedelta

from odoo import api, models
from odoo.tools import SQL, ormcache

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

# What is stored of a lead and asked for; dates come as texts, which sort as dates do.
OLD = (
    *POINTS,
    *BEFORE[1:],
    "card_id",
    "card_version",
    "activity_day",
    "next_date",
    "override_set",
    "override_until",
    "override_score",
)
NOTHING = dict.fromkeys(OLD)
NO_CLASSES = dict.fromkeys(("grade", "temperature", "intent", "level", "matrix"))


class LeadScoreSingle(models.AbstractModel):
    """Judges a few leads in Python, after one small query.

    The statement of `lead.score.judge` takes PostgreSQL longer to plan than to run for one lead,
    so what a person creates or edits goes this way. It gives the same rows.
    """

    _name = "lead.score.single"
    _description = "Score of a Few Leads"

    @api.model
    def _rows(self, cards, today, ids, new=False):
        """Leads whose score differs from what is stored.

        :param list cards: (id, version, definition) in order
        :param list ids: of leads
        :param bool new: whether the leads were just created, and so did nothing yet
        :return: (rows as those of the statement, rows of terms as `tools.outlook` wants them)
        """
        rules = [self.env["lead.score.judge"]._usable(card[2]) for card in cards]
        found = self._facts(cards, rules, ids, None if new else today)
        rows, terms = [], []
        for fact in found:
            place = next((n for n, belongs in enumerate(fact["belongs"]) if belongs), None)
            if place is None:
                row = self._row_of_nobody(fact, today)
            else:
                row = self._row(cards[place], place, rules[place], fact, today, terms)
            if self._differs(row, fact, today):
                rows.append(row)
        return rows, terms

    def _facts(self, cards, rules, ids, today):
        """What the cards and rules find on open leads, what is stored of them, and what they did.

        What a lead did is a list with the newest first: signal id, age in days, quantity.

        :param date today: until when events count; None if there are none
        """
        events = SQL("NULL")
        if today:
            events = SQL(
                "(SELECT json_agg(json_build_array(signal_id, %s - date::date,"
                " coalesce(quantity, 1)) ORDER BY date DESC, id DESC) FROM lead_score_event"
                " WHERE lead_id = crm_lead.id AND date::date <= %s)",
                today,
                today,
            )
        facts = self.env.execute_query_dict(
            SQL(
                "SELECT %s, %s AS events FROM crm_lead WHERE %s",
                self._question(cards, rules),
                events,
                self.env["lead.score.judge"]._open(ids),
            )
        )
        for fact in facts:
            old = fact.pop("old")
            fact.update(zip(OLD, old, strict=True) if old else NOTHING, known=bool(old))
        return facts

    def _question(self, cards, rules):
        """What is asked of each lead; kept if it means the same tomorrow."""
        settled = self.env["lead.score.judge"]._is_settled
        texts = [card[2]["domain"] for card in cards]
        texts += [rule["domain"] for attributes, _behaviours in rules for rule in attributes]
        if all(map(settled, texts)):
            return self._settled_question(tuple(card[:2] for card in cards))
        return self._ask(cards, rules)

    @ormcache("key")
    def _settled_question(self, key):
        """The question of the published cards, whose numbers and versions are the key."""
        judge = self.env["lead.score.judge"]
        cards = [card for card in judge._live() if card[:2] in key]
        question = self._ask(cards, [judge._usable(card[2]) for card in cards])
        # Filling in its many values each time would take longer than to answer it.
        text = self.env.cr.mogrify(question.code, question.params).decode()
        # Leads are flushed by who asks.
        others = [field for field in question.to_flush if field.model_name != "crm.lead"]
        return SQL(text.replace("%", "%%"), to_flush=others)

    def _ask(self, cards, rules):
        judge = self.env["lead.score.judge"]
        belongs = [judge._belongs(card[2]) for card in cards]
        matches = [
            SQL("ARRAY[%s]::bool[] AS rules_%s", SQL(", ").join(conditions), place)
            for place, (attributes, _behaviours) in enumerate(rules)
            if (conditions := [judge._condition(rule["domain"]) for rule in attributes])
        ]
        return SQL(
            "crm_lead.id, crm_lead.create_date::date AS created, ARRAY[%s]::bool[] AS belongs, %s",
            SQL(", ").join(belongs),
            # To look this up is planned in less than half the time of a join.
            SQL(", ").join(
                [
                    *matches,
                    SQL(
                        "(SELECT json_build_array(%s) FROM lead_score"
                        " WHERE lead_score.id = crm_lead.id) AS old",
                        SQL(", ").join(map(SQL.identifier, OLD)),
                    ),
                ]
            ),
        )

    def _row(self, card, place, rules, fact, today, terms):
        """The row of one lead; adds to the terms what of it will fade."""
        card_id, version, definition = card
        attributes, behaviours = rules
        facts = dict.fromkeys(DIMENSIONS, 0)
        for rule, matches in zip(attributes, fact.get(f"rules_{place}") or (), strict=True):
            if matches:
                facts[rule["dimension"]] += cents(rule["points"])
        sums, events = dict(facts), fact["events"] or []
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
        if fact["override_set"] and (not until or until >= today.isoformat()):
            score = cents(float(fact["override_score"]))
        return {
            **self._frame(fact, today),
            "card_id": card_id,
            "card_version": version,
            "score": score / 100,
            "computed": computed / 100,
            **{name: value / 100 for name, value in points.items()},
            **self._classes(definition, points, score),
            "activity_day": active and active.isoformat(),
            "facts": list(facts.values()),
            "idle": idle,
        }

    def _counted(self, rule, definition, events):
        """What a rule counts of events: (cents, half-life, linear, age, life) of each."""
        window = rule["window_days"]
        ages, quantities = [], []
        for signal_id, age, quantity in events:
            if signal_id == rule["signal_id"] and (not window or age <= window):
                ages.append(age)
                quantities.append(quantity)
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
            "day": today.isoformat(),
            "known": fact["known"],
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
        looked = (fact["next_date"] or "")[:10]
        return (
            bool(looked and not today.isoformat() < looked < PARKED.isoformat())
            or any(row[name] != fact[name] for name in (*POINTS, "card_id", "card_version"))
            or row["activity_day"] != fact["activity_day"]
        )
