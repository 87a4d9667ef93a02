from datetime import timedelta

from odoo import api, models
from odoo.tools import SQL

from ..tools.outlook import NEVER
from ..tools.points import DIMENSIONS, cents

# Share of an event that is left; see `tools.points.remaining`.
LEFT = SQL(
    "CASE WHEN half_life = 0 THEN 1::float8"
    " WHEN linear THEN greatest(0::float8, 1 - age / (2 * half_life))"
    " ELSE power(0.5::float8, age / half_life) END"
)


class LeadScoreActs(models.AbstractModel):
    """The part of the statement that counts what leads did."""

    _name = "lead.score.acts"
    _description = "Score Statement: Behaviour"

    def _last_activity(self, today, ids):
        signals = tuple(number for number, alive in self._signals().items() if alive) or (0,)
        return SQL(
            "SELECT lead_id, max(date)::date AS day FROM lead_score_event"
            " WHERE signal_id IN %s AND date < %s %s GROUP BY lead_id",
            signals,
            today + timedelta(1),
            among(SQL("lead_id"), ids),
        )

    def _behaviour_sums(self, behaviours, acts):
        """Cents by lead and dimension for what leads did; None if no rule counts that."""
        present = {rule["dimension"] for rule in behaviours}
        return acts and SQL(
            "SELECT lead_id, %s FROM %s GROUP BY lead_id",
            SQL(", ").join(
                SQL(
                    "sum(floor(amount * %s + 0.5)) FILTER (WHERE dimension = %s)::bigint AS %s",
                    LEFT,
                    number,
                    SQL.identifier(name),
                )
                if name in present
                else SQL("0::bigint AS %s", SQL.identifier(name))
                for number, name in enumerate(DIMENSIONS)
            ),
            acts,
        )

    @api.model
    def _acts(self, card, today, ids):
        """What the rules of a card count of what leads did, as a table.

        :return: a subquery with one row per event and rule: `lead_id`, `dimension` (its number),
            `amount` (cents, before they fade), `half_life`, `linear`, `age` (days) and `life`;
            None if no rule of the card counts what leads do
        :rtype: SQL
        """
        behaviours = self._usable(card[2])[1]
        return (
            SQL(
                "(SELECT lead_id, dimension, cents * counted AS amount, half_life, linear, age,"
                " life FROM (%s) every WHERE counted > 0) act",
                self._counted(card[2], behaviours, today, ids),
            )
            if behaviours
            else None
        )

    def _counted(self, definition, behaviours, today, ids):
        """One row per event and rule: how much of the event counts, and how old it is.

        `life` is the last day, 0 being today, on which it will still count if nothing happens.
        """
        branches = []
        plain = [rule for rule in behaviours if self._is_plain(rule)]
        if plain:
            branches.append(
                SQL(
                    "SELECT event.lead_id, rule.*, greatest(%s - event.date::date, 0) AS age,"
                    " coalesce(event.quantity, 1)::float8 AS counted,"
                    " CASE WHEN rule.days > 0 THEN rule.days - (%s - event.date::date) END AS life"
                    " FROM %s",
                    today,
                    today,
                    self._events(definition, plain, today, ids),
                )
            )
        ranked = [rule for rule in behaviours if not self._is_plain(rule)]
        # Two of the windows are for rules that ask for several events, which few do.
        for several in (False, True):
            if rules := [rule for rule in ranked if (rule["frequency"] > 1) == several]:
                branches.append(self._ranked(definition, rules, today, ids, several))
        return SQL(" UNION ALL ").join(branches)

    @staticmethod
    def _is_plain(rule):
        """Whether each event counts by itself, whatever else the lead did."""
        return rule["repeat"] and not rule["max_count"] and rule["frequency"] <= 1

    def _ranked(self, definition, rules, today, ids, several):
        """Events of rules for which the other events of the lead matter, the newest first.

        :param bool several: whether these rules ask for several events
        """
        total, reached = SQL("NULL::float8"), SQL("0")
        if several:
            total = SQL("sum(coalesce(event.quantity, 1)) OVER newest_all")
            reached = SQL(
                "max(CASE WHEN coalesce(newer, 0) < frequency THEN age END)"
                " OVER (PARTITION BY lead_id, number)"
            )
        return SQL(
            """
            SELECT lead_id, number, signal_id, dimension, cents, frequency, days, repeats, most,
                   half_life, linear, age,
                   CASE WHEN frequency > 1 AND total < frequency THEN 0
                        WHEN NOT repeats THEN (rank = 1)::int
                        WHEN most > 0 THEN least(greatest(most - coalesce(newer, 0), 0), quantity)
                        ELSE quantity END::float8 AS counted,
                   CASE WHEN days > 0 THEN days - greatest(age, %(reached)s) END AS life
              FROM (SELECT event.lead_id, rule.*, greatest(%(today)s - event.date::date, 0) AS age,
                           coalesce(event.quantity, 1)::float8 AS quantity,
                           %(total)s AS total,
                           sum(coalesce(event.quantity, 1)) OVER newest_before AS newer,
                           row_number() OVER newest_before AS rank
                      FROM %(events)s
                    WINDOW newest AS (PARTITION BY event.lead_id, rule.number
                                          ORDER BY event.date DESC, event.id DESC),
                           newest_before AS (newest ROWS BETWEEN UNBOUNDED PRECEDING
                                                         AND 1 PRECEDING),
                           newest_all AS (newest ROWS BETWEEN UNBOUNDED PRECEDING
                                                      AND UNBOUNDED FOLLOWING)) ranked
            """,
            today=today,
            total=total,
            reached=reached,
            events=self._events(definition, rules, today, ids),
        )

    def _events(self, definition, rules, today, ids):
        """Events joined with the rules that count them."""
        rows = [
            SQL(
                "(%s, %s, %s, %s::float8, %s::float8, %s, %s, %s::float8, %s::float8, %s)",
                rule["id"],
                rule["signal_id"],
                DIMENSIONS.index(rule["dimension"]),
                float(cents(rule["points"])),
                rule["frequency"],
                rule["window_days"],
                rule["repeat"],
                rule["max_count"],
                half_life(rule, definition),
                definition["decay"] == "linear",
            )
            for rule in rules
        ]
        return SQL(
            "lead_score_event event JOIN (VALUES %s) AS rule (number, signal_id, dimension, cents,"
            " frequency, days, repeats, most, half_life, linear)"
            " ON rule.signal_id = event.signal_id AND event.date < %s"
            " AND (rule.days = 0 OR %s - event.date::date <= rule.days) %s",
            SQL(", ").join(rows),
            today + timedelta(1),
            today,
            among(SQL("event.lead_id"), ids),
        )

    @api.model
    def _terms(self, acts, ids):
        """What will fade of what leads did, summed up where it fades alike.

        :param SQL acts: see `_acts`
        :return: a statement whose rows are lead id, dimension, cents, half-life, 1 if linear, age
            and life, all of them floats
        :rtype: SQL
        """
        return SQL(
            """
            SELECT lead_id::float8, dimension::float8,
                   sum(CASE WHEN linear THEN amount ELSE amount * %(left)s END),
                   half_life, linear::int::float8, since::float8,
                   coalesce(life, %(never)s)::float8
              FROM (SELECT *, CASE WHEN linear THEN age ELSE 0 END AS since FROM %(acts)s
                     WHERE TRUE %(chosen)s) one
          GROUP BY lead_id, dimension, half_life, linear, since, life, amount > 0
            """,
            left=LEFT,
            never=NEVER,
            acts=acts,
            chosen=among(SQL("lead_id"), ids),
        )


def among(column, ids):
    """Condition, after others, that restricts a column to some leads."""
    if ids is None:
        return SQL()
    if isinstance(ids, SQL):
        return SQL("AND %s IN (%s)", column, ids)
    # As one text: PostgreSQL takes its time over a list of thousands of constants.
    return SQL("AND %s = ANY(%s::int[])", column, f"{{{','.join(map(str, ids))}}}")


def half_life(rule, definition):
    """Half-life in days by which a rule counts: its own, or that of its card."""
    return rule["half_life"] if rule["half_life"] >= 0 else definition["half_life"]
