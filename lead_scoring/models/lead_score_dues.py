"""Carries leads and what fades of them from the database to `tools.outlook`, and dates back."""

import io

import numpy as np

from odoo.tools import SQL

from ..tools.outlook import NEVER
from ..tools.points import DIMENSIONS, cents

# Nothing that fades, as `tools.outlook` wants it.
NO_TERMS = np.empty((0, 7))


def as_array(env, statement):
    """What a statement yields, numbers without exception, as an array of floats.

    Sent by PostgreSQL in its binary form, which takes a fraction of the time of any other.
    """
    env.flush_query(statement)
    stream = io.BytesIO()
    query = env.cr.mogrify(statement.code, statement.params).decode()
    env.cr.copy_expert(f"COPY ({query}) TO STDOUT (FORMAT binary)", stream)
    # A head of 19 bytes; then of each row how many values it has, and before each its length.
    data = stream.getbuffer()
    width = int.from_bytes(data[19:21], "big", signed=True)
    if width < 0:
        return np.empty((0, 0))
    value = np.dtype([("length", ">i4"), ("number", ">f8")])
    row = np.dtype([("width", ">i2"), ("values", value, width)])
    rows = np.frombuffer(data, row, (len(data) - 21) // row.itemsize, 19)
    if (len(data) - 21) % row.itemsize or (rows["values"]["length"] != 8).any():
        # Of what is no number PostgreSQL sends less, and all behind it would be read shifted.
        raise ValueError("Not all values of the statement are numbers")
    return rows["values"]["number"].astype(float)


def due_dates(dues, today):
    """A statement with the dates on which leads are due, from lists of days."""

    def array(values):
        # As one text: PostgreSQL takes its time over a list of so many constants.
        texts = ("NULL" if value is None else str(value) for value in values)
        return f"{{{','.join(texts)}}}"

    return SQL(
        "SELECT id, %s + due AS due_date, %s + near AS next_date"
        " FROM unnest(%s::int[], %s::int[], %s::int[]) AS due (id, due, near)",
        today,
        today,
        *map(array, dues),
    )


def due_row(row, today):
    """What the outlook needs to know of a lead, as whole numbers.

    :param dict row: of the statement
    :return: id, score, score set by hand or -1, last day of that, day from which the lead is
        inactive, points by dimension, points by dimension that do not fade; in cents and in days
        from today
    """
    until, active = (
        (row[name] - today).days if row[name] else NEVER
        for name in ("override_until", "activity_day")
    )
    held = row["override_set"] and until >= 0
    return (
        row["id"],
        cents(row["score"]),
        cents(row["score"]) if held else -1,
        until if held else NEVER,
        active + row["idle"] if active < NEVER else NEVER,
        *(cents(row[name]) for name in DIMENSIONS),
        *row["facts"],
    )


def due_rows(card, today):
    """A statement with one row per changed lead of a card as in `due_row`."""
    held = SQL("override_set AND coalesce(override_until, %s) >= %s", today, today)
    return SQL(
        "SELECT %(columns)s FROM score_new WHERE card_id = %(card)s ORDER BY id",
        columns=SQL(", ").join(
            SQL("(%s)::float8", column)
            for column in (
                SQL("id"),
                SQL("round(score * 100)"),
                SQL("CASE WHEN %s THEN round(score * 100) ELSE -1 END", held),
                SQL(
                    "CASE WHEN %s THEN coalesce(override_until - %s, %s) ELSE %s END",
                    held,
                    today,
                    NEVER,
                    NEVER,
                ),
                SQL("coalesce(activity_day - %s + idle, %s)", today, NEVER),
                *(SQL("round(%s * 100)", SQL.identifier(name)) for name in DIMENSIONS),
                *(SQL("facts[%s]", number + 1) for number in range(len(DIMENSIONS))),
            )
        ),
        card=card[0],
    )
