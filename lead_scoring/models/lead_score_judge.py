from datetime import date

import psycopg2

from odoo import api, models
from odoo.tools import SQL, mute_logger, ormcache

from ..tools.jobs import CONFLICTS
from ..tools.lead_test import lead_test
from ..tools.points import DIMENSIONS, INTENT_DIMENSIONS, TOP, cents
from .lead_score_acts import among
from .lead_score_history import CLASSES

OPEN = ("active", "won_status")
POINTS = ("score", "computed", *DIMENSIONS)
STORED = (
    "card_id",
    "card_version",
    *POINTS,
    *CLASSES,
    "matrix",
    "activity_day",
    "day",
)
BEFORE = ("score", *CLASSES)
DAYS = ("activity_day", "day", "next_date", "override_until")
# What goes wrong with the server or because of others says nothing about a filter.
PASSING = (*CONFLICTS, psycopg2.InternalError)
# When a closed lead is next looked at: never, unless it is opened again.
PARKED = date(9999, 1, 1)


class LeadScoreJudge(models.AbstractModel):
    """Writes the one statement by which leads are judged, one lead or all of them.

    The statement gives one row per open lead whose score is not what is stored. Its arithmetic is
    that of `tools.points`: cents, whole days, one rounding per event.
    """

    _name = "lead.score.judge"
    _inherit = "lead.score.acts"
    _description = "Score Statement"

    # ------------------------------------------------------------------
    # Filters
    # ------------------------------------------------------------------

    @api.model
    @ormcache("text", "self.env.lang")
    def _refusal(self, text):
        """Why a filter cannot be used, or False. Asks the database once and remembers.

        :raise Exception: if the database cannot say now, which is not remembered
        """
        rules = self.env["lead.score.rule"]
        return self._tried(lambda: rules._lead_model()._search(rules._parse(text)).select())

    def _tried(self, make):
        """Why the database refuses a statement, or False.

        :param make: gives the statement, or fails to
        """
        try:
            with self.env.cr.savepoint(flush=False), mute_logger("odoo.sql_db"):
                self.env.cr.execute(SQL("EXPLAIN %s", make()))
        except PASSING:
            raise
        except Exception as error:
            return str(error).split("\n", maxsplit=1)[0] or type(error).__name__
        return False

    @api.model
    @ormcache("card_id", "self.env.lang")
    def _card_refusal(self, card_id):
        """Why a published card cannot judge leads, or False; see `_refusal`.

        What was published long ago may lack what the program asks for by now.
        """
        cards = self.env["lead.score.card"]._live()
        card = next((card for card in cards if card[0] == card_id), None)
        if card is None:
            return False
        today = self.env["crm.lead"]._score_today()
        return self._refusal(card[2]["domain"]) or self._tried(
            lambda: self._statement([card], today, [0])
        )

    @api.model
    def _condition(self, text):
        """A filter as a condition on `crm_lead`."""
        return self._settled(text) if self._is_settled(text) else self._translate(text)

    @api.model
    @ormcache("text")
    def _is_settled(self, text):
        """Whether a filter always means the same, so that its translation can be kept."""
        rules = self.env["lead.score.rule"]
        return rules._is_settled(rules._parse(text))

    @api.model
    @ormcache("text")
    def _settled(self, text):
        return self._translate(text)

    @api.model
    @ormcache("text")
    def _test(self, text):
        """A settled filter as a function of a lead; None if only the database knows."""
        if not self._is_settled(text):
            return None
        rules = self.env["lead.score.rule"]
        leads = rules._lead_model()
        return lead_test(leads, rules._parse(text).optimize_full(leads))

    @api.model
    def _translate(self, text):
        rules = self.env["lead.score.rule"]
        query = rules._lead_model()._search(rules._parse(text))
        if query._joins:
            return SQL("crm_lead.id IN %s", query.subselect())
        return query.where_clause if query._where_clauses else SQL("TRUE")

    @api.model
    def _belongs(self, definition):
        """Condition by which a lead is judged by a card, other cards apart."""
        leads = self.env["crm.lead"]
        parts = [self._condition(definition["domain"])]
        if definition["company_id"]:
            company = leads._field_to_sql("crm_lead", "company_id")
            parts.append(SQL("%s = %s", company, definition["company_id"]))
        if definition["team_ids"]:
            team = leads._field_to_sql("crm_lead", "team_id")
            parts.append(SQL("%s IN %s", team, tuple(definition["team_ids"])))
        return SQL("(%s)", SQL(" AND ").join(SQL("(%s)", part) for part in parts))

    @api.model
    def _usable(self, definition):
        """The rules of a card that can count: those on the lead, and those on signals."""
        signals = self._signals()
        attributes, behaviours = [], []
        for rule in definition["rules"]:
            if rule["kind"] == "signal":
                if rule["signal_id"] in signals:
                    behaviours.append(rule)
            elif not self._refusal(rule["domain"]):
                attributes.append(rule)
        return attributes, behaviours

    @api.model
    @ormcache()
    def _signals(self):
        """Ids of the signals that count, and whether they show activity."""
        signals = self.env["lead.score.signal"].sudo().search([("active", "=", True)])
        return {signal.id: signal.is_activity for signal in signals}

    @api.model
    @ormcache()
    def _live(self):
        """Published cards that can be used, in order."""
        cards = self.env["lead.score.card"]._live()
        return [card for card in cards if not self._card_refusal(card[0])]

    @api.model
    @ormcache()
    def _plan(self):
        """What a few leads are judged by, gathered once: to look it all up takes its time.

        :return: published cards in order, the rules of each as `_usable` gives them, and by their
            texts the filters of cards and rules as `_test` gives them
        """
        cards = self._live()
        rules = [self._usable(card[2]) for card in cards]
        texts = {card[2]["domain"] for card in cards}
        texts.update(rule["domain"] for attributes, _behaviours in rules for rule in attributes)
        return cards, rules, {text: self._test(text) for text in sorted(texts)}

    # ------------------------------------------------------------------
    # The statement
    # ------------------------------------------------------------------

    @api.model
    def _statement(self, cards, today, ids=None, everything=False, acts=None):
        """One row per open lead whose score differs from what is stored.

        :param list cards: (id, version, definition) in order
        :param date today: day as of which points have faded
        :param ids: ids of leads, or a statement that yields them, or None for all
        :param bool everything: also leads whose score is what is stored
        :param dict acts: by card id, a table that holds what `_acts` yields
        :rtype: SQL
        """
        parts, before = [], []
        for card in cards:
            belongs = self._belongs(card[2])
            chosen = SQL(" AND ").join(
                [self._open(ids), belongs, *(SQL("%s IS NOT TRUE", other) for other in before)]
            )
            done = (acts or {}).get(card[0]) or self._acts(card, today, ids)
            parts.append(self._judged(card, chosen, today, ids, everything, done))
            before.append(belongs)
        nobody = SQL(" AND ").join(
            [self._open(ids), *(SQL("%s IS NOT TRUE", other) for other in before)]
        )
        parts.append(self._unjudged(nobody, today, everything))
        return SQL(" UNION ALL ").join(SQL("(%s)", part) for part in parts)

    def _open(self, ids):
        leads = self.env["crm.lead"]
        active, won = (leads._field_to_sql("crm_lead", name) for name in OPEN)
        condition = SQL("%s AND %s = 'pending'", active, won)
        return SQL("%s %s", condition, among(SQL("crm_lead.id"), ids))

    def _unjudged(self, chosen, today, everything):
        """Leads that match no card have no score."""
        nothing = SQL(", ").join(
            [
                SQL("NULL::int AS card_id, NULL::int AS card_version"),
                *(SQL("0::float8 AS %s", SQL.identifier(name)) for name in POINTS),
                *(SQL("NULL::varchar AS %s", SQL.identifier(name)) for name in CLASSES),
                SQL("NULL::varchar AS matrix, NULL::date AS activity_day, %s::date AS day", today),
            ]
        )
        changed = SQL("(old.id IS NULL OR old.card_id IS NOT NULL)")
        return SQL(
            "SELECT crm_lead.id, %(nothing)s, ARRAY[]::int[] AS facts, 0 AS idle, %(old)s"
            " FROM crm_lead LEFT JOIN lead_score old ON old.id = crm_lead.id"
            " WHERE %(chosen)s AND %(changed)s",
            nothing=nothing,
            old=self._old(),
            chosen=chosen,
            changed=SQL("TRUE") if everything else changed,
        )

    def _judged(self, card, chosen, today, ids, everything, acts):
        """The leads of one card with their points and classes.

        OFFSET 0 keeps PostgreSQL from merging the levels, which would work out each sum anew
        wherever its name occurs.
        """
        card_id, version, definition = card
        attributes, behaviours = self._usable(definition)
        sums = self._behaviour_sums(behaviours, acts)
        return SQL(
            """
            SELECT new.id, %(card)s::int AS card_id, %(version)s::int AS card_version, %(points)s,
                   %(classes)s, new.activity_day, %(today)s::date AS day, new.facts,
                   %(idle)s AS idle, %(old)s
              FROM (SELECT part.*, least(greatest(%(sum)s, 0), %(top)s) AS computed
                      FROM (%(parts)s OFFSET 0) part OFFSET 0) total
         LEFT JOIN lead_score old ON old.id = total.id %(stored)s
CROSS JOIN LATERAL (SELECT total.*,
                           CASE WHEN old.override_set
                                 AND coalesce(old.override_until, %(today)s) >= %(today)s
                                THEN round(old.override_score * 100)::int
                                ELSE total.computed END AS score) new
             WHERE %(changed)s
            """,
            card=card_id,
            version=version,
            points=SQL(", ").join(
                SQL("new.%s / 100.0::float8 AS %s", SQL.identifier(name), SQL.identifier(name))
                for name in POINTS
            ),
            classes=self._classes(definition),
            today=today,
            idle=definition["inactivity_days"],
            old=self._old(),
            sum=SQL(" + ").join(map(SQL.identifier, DIMENSIONS)),
            top=TOP,
            parts=self._parts(definition, attributes, sums, chosen, today, ids),
            stored=among(SQL("old.id"), ids),
            changed=SQL("TRUE") if everything else self._changed(card_id, version, today),
        )

    def _old(self):
        return SQL(", ").join(
            [
                SQL("old.id IS NOT NULL AS known"),
                *(
                    SQL("old.%s AS %s", SQL.identifier(name), SQL.identifier(f"{name}_before"))
                    for name in BEFORE
                ),
                SQL("old.override_set, old.override_until, old.override_score"),
            ]
        )

    def _changed(self, card_id, version, today):
        """Whether a row differs from what is stored, or was to be looked at by today."""
        names = [*POINTS, "activity_day"]
        return SQL(
            "(old.id IS NULL OR old.next_date <= %s OR old.next_date >= %s"
            " OR old.card_id IS DISTINCT FROM %s"
            " OR old.card_version IS DISTINCT FROM %s OR %s)",
            today,
            PARKED,
            card_id,
            version,
            SQL(" OR ").join(
                SQL("new.%s / 100.0::float8 <> old.%s", SQL.identifier(name), SQL.identifier(name))
                if name in POINTS
                else SQL("new.activity_day IS DISTINCT FROM old.activity_day")
                for name in names
            ),
        )

    def _classes(self, definition):
        def ladder(measure, steps, last):
            cases = [
                SQL("WHEN %s >= %s THEN %s", measure, definition[name] * 100, value)
                for name, value in steps
            ]
            return SQL("CASE %s ELSE %s END", SQL(" ").join(cases), last)

        grade = ladder(SQL("new.fit"), (("grade_a", "A"), ("grade_b", "B"), ("grade_c", "C")), "D")
        wish = SQL(" + ").join(SQL("new.%s", SQL.identifier(name)) for name in INTENT_DIMENSIONS)
        steps = (("intent_high", "high"), ("intent_medium", "medium"))
        rank = (("intent_high", "1"), ("intent_medium", "2"))
        score = SQL("new.score")
        return SQL(
            "%s AS grade, %s AS temperature, %s AS intent, %s AS level, %s || %s AS matrix",
            grade,
            ladder(score, (("hot_threshold", "hot"), ("warm_threshold", "warm")), "cold"),
            ladder(SQL("(%s)", wish), steps, "low"),
            ladder(score, (("sql_threshold", "sql"), ("mql_threshold", "mql")), "none"),
            grade,
            ladder(SQL("(%s)", wish), rank, "3"),
        )

    def _parts(self, definition, attributes, sums, chosen, today, ids):
        """One row per lead with its cents by dimension, limited, and what of them does not fade."""
        facts = SQL(", ").join(self._attribute_sum(attributes, name) for name in DIMENSIONS)
        idle = definition["inactivity_days"]
        columns = []
        for number, name in enumerate(DIMENSIONS, start=1):
            amount = SQL("fact.facts[%s]", number)
            if sums:
                amount = SQL("%s + coalesce(act.%s, 0)", amount, SQL.identifier(name))
            if name == "negative" and idle:
                penalty = definition["inactivity_points"] * 100
                late = SQL("%s - coalesce(last.day, fact.created) >= %s", today, idle)
                amount = SQL("%s - CASE WHEN %s THEN %s ELSE 0 END", amount, late, penalty)
            columns.append(
                SQL(
                    "least(greatest(%s, %s), %s)::int AS %s",
                    amount,
                    definition[f"{name}_floor"] * 100,
                    definition[f"{name}_cap"] * 100,
                    SQL.identifier(name),
                )
            )
        joins = []
        if sums:
            joins.append(SQL("LEFT JOIN (%s) act ON act.lead_id = fact.id", sums))
        if idle:
            last = self._last_activity(today, ids)
            joins.append(SQL("LEFT JOIN (%s) last ON last.lead_id = fact.id", last))
        return SQL(
            "SELECT fact.id, fact.facts, %(activity)s AS activity_day, %(columns)s"
            " FROM (SELECT crm_lead.id, crm_lead.create_date::date AS created,"
            " ARRAY[%(facts)s]::int[] AS facts FROM crm_lead WHERE %(chosen)s OFFSET 0) fact"
            " %(joins)s",
            activity=SQL("coalesce(last.day, fact.created)") if idle else SQL("NULL::date"),
            columns=SQL(", ").join(columns),
            facts=facts,
            chosen=chosen,
            joins=SQL(" ").join(joins),
        )

    def _attribute_sum(self, attributes, dimension):
        cases = [
            SQL("CASE WHEN %s THEN %s ELSE 0 END", self._condition(rule["domain"]), amount)
            for rule in attributes
            if rule["dimension"] == dimension and (amount := cents(rule["points"]))
        ]
        return SQL(" + ").join(cases) if cases else SQL("0")


def with_dates(row):
    """A row that came as JSON, with days in place of their texts."""
    for name in DAYS:
        if row.get(name):
            row[name] = date.fromisoformat(row[name][:10])
    return row
