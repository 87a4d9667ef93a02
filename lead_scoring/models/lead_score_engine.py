import json
import operator
from datetime import datetime, time, timedelta

import numpy as np
import psycopg2

from odoo import SUPERUSER_ID, api, models
from odoo.exceptions import ConcurrencyError
from odoo.tools import SQL

from ..tools.arguments import checked
from ..tools.outlook import NEVER, Outlook
from ..tools.outlook_single import SingleOutlook
from .lead_score_dues import NO_TERMS, as_array, due_dates, due_row, due_rows
from .lead_score_fields import SCORE_FIELDS
from .lead_score_history import CLASSES
from .lead_score_judge import BEFORE, STORED, with_dates

# So few leads are judged in Python, by two small queries.
SINGLE = 10
# Up to so many leads travel through Python; for more the database keeps them to itself.
FEW = 200
# So many leads are judged in one transaction by the jobs.
BATCH = 20000
# Columns of `lead.score`, how they are overwritten, and what the history keeps before and after.
COLUMNS = (*STORED, "due_date", "next_date")
STORED_NAMES = ("id", *COLUMNS)
STORE = f"INSERT INTO lead_score ({', '.join(STORED_NAMES)}) VALUES "
OVERWRITE = " ON CONFLICT (id) DO UPDATE SET failure = NULL, " + ", ".join(
    f"{name} = excluded.{name}" for name in COLUMNS
)
AFTERWARDS = SQL(", ").join(map(SQL.identifier, BEFORE))
BEFOREHAND = SQL(", ").join(SQL.identifier(f"{name}_before") for name in BEFORE)
# Columns of a row of history, and what they are called in a row of the statement.
NOTED = {
    "lead_id": "id",
    "card_id": "card_id",
    "card_version": "card_version",
    **{name: name for name in BEFORE},
    **{f"{name}_before": f"{name}_before" for name in BEFORE},
}
NOTE = f"; INSERT INTO lead_score_history ({', '.join(NOTED)}, date, reason, user_id) VALUES "
# What is stored of a score set by hand.
OVERRIDE = ("set", "score", "until", "reason", "user_id")
# Fields of the lead that show what is stored of its score.
SHOWN = ("lead_score_id", "score_trend", *SCORE_FIELDS, "score_history_ids", "score_stored")
# Statements about many leads are planned best with memory to sort in; compiling takes them longer
# than it saves.
SETTINGS = {"work_mem": "128MB", "jit": "off"}


# What was before of a lead that is new to its card.
NOTHING = dict.fromkeys(BEFORE, False)


class CrmLead(models.Model):
    """Works out scores, in SQL, and stores what changed.

    One lead after an edit and all leads at night take the same way: `_score_run`. It asks the
    statement of `lead.score.judge` for the leads whose score differs from what is stored, works
    out when time will next change them, stores both, adds to the history and tells
    `_score_changed`.
    """

    _name = "crm.lead"
    _inherit = ["crm.lead"]

    def _score_update(self, reason):
        """Score these leads now and store what changed; closed leads keep their score.

        :param str reason: a key of `REASONS` in `lead_score_history`
        """
        ids = [lead_id for lead_id in self._ids if lead_id]
        for start in range(0, len(ids), BATCH):
            self.browse()._score_run(reason, ids[start : start + BATCH])

    @checked()
    def score_refresh(self):
        """Score these leads again now, for example after a change elsewhere.

        :return: True
        """
        self.check_access("read")
        self.sudo()._score_update("refresh")
        return True

    @api.model
    def _score_refresh_all(self, reason="refresh"):
        """Score all open leads in a few statements and store what changed.

        :return: how many scores were written
        """
        return self._score_run(reason)

    @api.model
    def _score_run(self, reason, ids=None):
        """Judge open leads and store what changed.

        :param list ids: which leads; None for all
        :return: how many rows were written
        """
        judge = self.env["lead.score.judge"]
        today, cards = self._score_today(), judge._live()
        if ids is not None and len(ids) <= FEW:
            # Here and not later by the system, to whom a phone number may mean another country.
            if self.env.fields_to_compute():
                self.env["crm.lead"]._recompute_model()
            if len(ids) <= SINGLE:
                # Judged as they are here; what this makes of them is written together with them.
                single = self.env["lead.score.single"]
                rows = single._rows(today, ids, new=reason == "create")
            else:
                self.env["crm.lead"].flush_model()
                statement = SQL(
                    "SELECT to_jsonb(new) FROM (%s) new", judge._statement(cards, today, ids)
                )
                rows = [with_dates(row[0]) for row in self.env.execute_query(statement)]
            count, before = self._score_run_few(cards, today, rows, reason)
        else:
            count, before = self._score_run_many(cards, today, ids, reason)
            if count:
                self._score_forget(ids)
        self._score_waiting().difference_update(ids or ())
        if before:
            leads = self.env["crm.lead"].browse(before).with_context(score_reason=reason)
            leads._score_changed(before)
        return count

    def _score_run_few(self, cards, today, rows, reason):
        """Store rows that are here in Python."""
        if not rows:
            return 0, {}
        rows.sort(key=operator.itemgetter("id"))
        looked = self._score_look(cards, today, rows)
        for row in rows:
            days = looked.get(row["id"], (None, None))
            for name, day in zip(("due_date", "next_date"), days, strict=True):
                row[name] = None if day is None else _midnight(today + timedelta(day))
        self._score_store_few(rows, reason)
        self._score_noted(lambda: _source(rows), reason)
        self._score_remember(rows)
        return len(rows), {
            row["id"]: {name: row[f"{name}_before"] or False for name in BEFORE}
            for row in rows
            if any(row[name] != row[f"{name}_before"] for name in CLASSES)
        }

    def _score_look(self, cards, today, rows):
        """When time will next change leads whose rows are here in Python.

        :return: by id, the days from today until a class changes and until the next look
        """
        looked = {}
        for card in cards:
            mine = [row for row in rows if row["card_id"] == card[0]]
            if many := [row for row in mine if "terms" not in row]:
                dues = [[], [], []]
                leads = np.array([due_row(row, today) for row in many], dtype=float)
                fades = self._score_terms(card, today, [row["id"] for row in many])
                self._score_dues(card, leads, fades, dues)
                looked.update((found[0], found[1:]) for found in zip(*dues, strict=True))
            for row in mine:
                if "terms" in row:
                    outlook = SingleOutlook(card[2], due_row(row, today), row["terms"])
                    looked[row["id"]] = outlook.due()
        return looked

    def _score_run_many(self, cards, today, ids, reason):
        """The same for many leads, whose rows stay in the database meanwhile."""
        judge, query = self.env["lead.score.judge"], self.env.execute_query
        for name, value in SETTINGS.items():
            query(SQL("SELECT set_config(%s, %s, true)", name, value))
        acts = {}
        for number, card in enumerate(cards):
            if found := judge._acts(card, today, ids):
                acts[card[0]] = SQL.identifier(f"score_act_{number}")
                query(SQL("CREATE TEMP TABLE %s AS SELECT * FROM %s", acts[card[0]], found))
        statement = judge._statement(cards, today, ids, acts=acts)
        query(SQL("CREATE TEMP TABLE score_new AS %s", statement))
        count, before = self.env.cr.rowcount, {}
        if count:
            query(SQL("ANALYZE score_new (id, card_id)"))
            dues = [[], [], []]
            for card in cards:
                among = SQL("SELECT id FROM score_new WHERE card_id = %s", card[0])
                leads = as_array(self.env, due_rows(card, today))
                terms = acts.get(card[0]) and judge._terms(acts[card[0]], among)
                self._score_dues(card, leads, terms and as_array(self.env, terms), dues)
            source = SQL("score_new new LEFT JOIN (%s) due USING (id)", due_dates(dues, today))
            self._score_store_many(source)
            self.env.cr.execute(self._noted(SQL("score_new new"), reason))
            self._score_noted(lambda: SQL("score_new new"), reason)
            for lead_id, *old in query(_changed_rows()):
                before[lead_id] = dict(zip(BEFORE, old, strict=True)) if any(old) else NOTHING
        for table in (SQL("score_new"), *acts.values()):
            query(SQL("DROP TABLE %s", table))
        return count, before

    @api.model
    def _score_today(self):
        return self.env.cr.now().date()

    # ------------------------------------------------------------------
    # Time
    # ------------------------------------------------------------------

    def _score_terms(self, card, today, ids):
        """What will fade of what leads of a card did, as an array."""
        judge = self.env["lead.score.judge"]
        acts = judge._acts(card, today, ids)
        return acts and as_array(self.env, judge._terms(acts, None))

    def _score_dues(self, card, leads, terms, dues):
        """When time will next change leads of one card.

        :param leads: array as `tools.outlook` wants it
        :param terms: array of what will fade, or None
        :param list dues: three lists to be filled: ids, days from today until a class changes,
            days until the next look; None for never
        """
        if not len(leads):
            return
        if terms is None or not len(terms):
            terms = NO_TERMS
        moving = (leads[:, 3:5] < NEVER).any(axis=1)
        # The leads are in the order of their ids, and all terms are theirs.
        moving[np.searchsorted(leads[:, 0], terms[:, 0])] = True
        if not moving.any():
            return
        leads = leads[moving]
        dues[0] += leads[:, 0].astype(int).tolist()
        for known, days in zip(dues[1:], Outlook(card[2], leads, terms).due(), strict=True):
            known += [day if day < NEVER else None for day in days.tolist()]

    # ------------------------------------------------------------------
    # Storing
    # ------------------------------------------------------------------

    def _score_store_few(self, rows, reason):
        """Store rows that are here in Python, and add to the history what changed.

        In one go: each way to the database and back takes as long as one of the two.
        """
        noted = [
            row
            for row in rows
            if (row["card_id"] or row["known"])
            and any(row[name] != row[f"{name}_before"] for name in BEFORE)
        ]
        code, values = _storing(rows)
        if noted:
            same = self.env.cr.now(), reason, self._score_user()
            code += [NOTE, _values((*NOTED, *same), noted)]
            for row in noted:
                values += [row[name] for name in NOTED.values()]
                values += same
        self.env.cr.execute(SQL("".join(code), *values))

    def _score_user(self):
        """Who has his name in the history; the system is nobody."""
        return None if self.env.uid == SUPERUSER_ID else self.env.uid

    def _score_store_many(self, source):
        """Write the rows of `lead.score`; none is tried twice.

        :param SQL source: what to select from, `new`, with the columns of the statement and
            `due_date` and `next_date`
        :raise ConcurrencyError: if somebody else has just scored one of them for the first time;
            Odoo then repeats the call
        """
        stored = [*map(SQL.identifier, COLUMNS)]
        self.env.cr.execute(
            SQL(
                "UPDATE lead_score SET failure = NULL, %(changes)s"
                " FROM (SELECT new.id, %(stored)s FROM %(source)s WHERE known) new"
                " WHERE lead_score.id = new.id",
                changes=SQL(", ").join(SQL("%s = new.%s", name, name) for name in stored),
                stored=SQL(", ").join(stored),
                source=source,
            )
        )
        try:
            self.env.cr.execute(
                SQL(
                    "INSERT INTO lead_score (id, %(stored)s)"
                    " SELECT new.id, %(stored)s FROM %(source)s WHERE NOT known",
                    stored=SQL(", ").join(stored),
                    source=source,
                )
            )
        except psycopg2.errors.UniqueViolation as error:
            raise ConcurrencyError("A lead has just been scored for the first time") from error

    def _noted(self, source, reason):
        """A statement that adds to the history what changed of score and classes.

        :param SQL source: what to select from, `new`, with the columns of the statement
        :param str reason: a key of `REASONS` in `lead_score_history`
        """
        return SQL(
            "INSERT INTO lead_score_history"
            " (lead_id, date, reason, user_id, card_id, card_version, %(names)s, %(before)s)"
            " SELECT new.id, %(now)s, %(reason)s, %(user)s, card_id, card_version, %(names)s,"
            " %(before)s FROM %(source)s WHERE (card_id IS NOT NULL OR known)"
            " AND ROW(%(names)s) IS DISTINCT FROM ROW(%(before)s)",
            names=AFTERWARDS,
            before=BEFOREHAND,
            now=self.env.cr.now(),
            reason=reason,
            user=self._score_user(),
            source=source,
        )

    def _score_noted(self, source, reason):
        """Hook: these scores have just been stored and noted. Does nothing by itself.

        :param source: gives, when somebody asks, the SQL of rows with `id`, `score`,
            `score_before` and `card_id`, called `new`
        :param str reason: a key of `REASONS` in `lead_score_history`
        """

    def _score_remember(self, rows):
        """What was just stored is known without reading it again."""
        scores, leads = self.env["lead.score"], self.env["crm.lead"]
        ids, cached = [row["id"] for row in rows], self.env.transaction.field_data
        # Most of what leads show of their scores nobody has read.
        shown = [name for name in SHOWN if cached.get(leads._fields[name])]
        leads.browse(ids).invalidate_recordset(shown, flush=False)
        for name in COLUMNS:
            values = cached[scores._fields[name]]
            for row in rows:
                values[row["id"]] = row[name]
        cached[scores._fields["failure"]].update(dict.fromkeys(ids))
        leads._fields["lead_score_id"]._insert_cache(leads.browse(ids), ids)

    def _score_forget(self, ids=None):
        """The scores that were read before are out of date."""
        if ids is None:
            self.env["lead.score"].invalidate_model(flush=False)
            self.env["crm.lead"].invalidate_model(SHOWN, flush=False)
        else:
            self.env["lead.score"].browse(ids).invalidate_recordset(flush=False)
            self.env["crm.lead"].browse(ids).invalidate_recordset(SHOWN, flush=False)

    # ------------------------------------------------------------------
    # Merge
    # ------------------------------------------------------------------

    def _score_merge(self, opportunities):
        """What other leads did, and their history, become this one's."""
        self.ensure_one()
        cr, tail = self.env.cr, tuple(opportunities.ids)
        if not tail:
            return
        self.env.flush_all()
        taken = SQL(
            "lead_id IN %s AND EXISTS (SELECT 1 FROM lead_score_event other"
            " WHERE other.key = event.key AND (other.lead_id = %s"
            " OR other.lead_id IN %s AND other.id < event.id)",
            tail,
            self.id,
            tail,
        )
        # The same thing reported for both leads counts once; another one gets a key of its own.
        same = SQL("%s AND other.signal_id = event.signal_id)", taken)
        cr.execute(SQL("DELETE FROM lead_score_event event WHERE %s", same))
        renamed = SQL("UPDATE lead_score_event event SET key = key || ' ' || id WHERE %s)", taken)
        cr.execute(renamed)
        for table in ("lead_score_event", "lead_score_history"):
            table = SQL.identifier(table)
            cr.execute(SQL("UPDATE %s SET lead_id = %s WHERE lead_id IN %s", table, self.id, tail))
        self._score_merge_override(tail)
        (self | opportunities).invalidate_recordset(["score_event_ids", "score_history_ids"])
        self._score_update("merge")

    def _score_merge_override(self, tail):
        """A score that was set by hand holds on, unless this lead has one of its own."""
        names = [SQL.identifier(f"override_{name}") for name in OVERRIDE]
        self.env.cr.execute(
            SQL(
                "UPDATE lead_score mine SET %(changes)s FROM (SELECT %(names)s FROM lead_score"
                " WHERE id IN %(tail)s AND override_set"
                " AND coalesce(override_until, %(today)s) >= %(today)s ORDER BY id LIMIT 1) other"
                " WHERE mine.id = %(id)s AND NOT (coalesce(mine.override_set, false)"
                " AND coalesce(mine.override_until, %(today)s) >= %(today)s)",
                changes=SQL(", ").join(SQL("%s = other.%s", name, name) for name in names),
                names=SQL(", ").join(names),
                tail=tail,
                today=self._score_today(),
                id=self.id,
            )
        )
        self._score_forget(self.ids)


def _source(rows):
    """What listens to scores may ask of rows that are here in Python; see `_score_noted`."""
    columns = {"id": "int", "card_id": "int", "score": "float8", "score_before": "float8"}
    return SQL(
        "jsonb_to_recordset(%s) AS new (%s)",
        json.dumps([{name: row[name] for name in columns} for row in rows]),
        SQL(", ".join(map(" ".join, columns.items()))),
    )


def _storing(rows):
    """Code that stores rows, in parts, and its values."""
    row = rows[0]
    if len(rows) == 1 and (old := row.get("old")):
        # After most edits a few columns are new, for which PostgreSQL takes a third less.
        names = [name for name in COLUMNS if name not in old or row[name] != old[name]]
        changes = ", ".join(["failure = NULL", *(f"{name} = %s" for name in names)])
        return (
            [f"UPDATE lead_score SET {changes} WHERE id = %s"],
            [row[name] for name in (*names, "id")],
        )
    return (
        [STORE, _values(STORED_NAMES, rows), OVERWRITE],
        [row[name] for row in rows for name in STORED_NAMES],
    )


def _values(names, rows):
    """Places for the values of rows, to follow `VALUES`; unpacking JSON takes PostgreSQL longer."""
    row = f"({', '.join(['%s'] * len(names))})"
    return ", ".join([row] * len(rows))


def _midnight(day):
    return datetime.combine(day, time.min)


def _changed_rows():
    """A statement with the id and the classes before of each lead whose classes changed."""
    return SQL(
        "SELECT id, %s FROM score_new WHERE ROW(%s) IS DISTINCT FROM ROW(%s)",
        SQL(", ").join(SQL.identifier(f"{name}_before") for name in BEFORE),
        SQL(", ").join(map(SQL.identifier, CLASSES)),
        SQL(", ").join(SQL.identifier(f"{name}_before") for name in CLASSES),
    )
