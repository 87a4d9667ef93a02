"""Figures are kept instead of sentences about them, which are worded for whoever reads them.

What earlier versions wrote down is kept word by word.
"""

import json

from odoo.tools import SQL
from odoo.tools.sql import column_exists

# Column with sentences, the one that takes them, and whether that is a list of lines.
KEPT = (
    ("lead_score_proposal", "band_text", "bands", True),
    ("lead_score_model", "left_out", "leaks", True),
    ("lead_score_model", "comparison", "unseen", False),
)
# What can be worded from what is kept beside it.
NEEDLESS = (("lead_score_proposal", "verdict"), ("lead_score_model", "drift_text"))


def migrate(cr, version):
    """Move the sentences, and drop their columns."""
    for table, column, target, by_line in KEPT:
        if column_exists(cr, table, column):
            _move(cr, table, column, target, by_line)
            _drop(cr, table, column)
    for table, column in NEEDLESS:
        if column_exists(cr, table, column):
            _drop(cr, table, column)
    if column_exists(cr, "lead_score_model", "reason"):
        # The verdict is shown beside the reason, and no longer part of it.
        cr.execute(
            "UPDATE lead_score_model"
            " SET remark = jsonb_build_object('code', 'text', 'text', reason)"
            " WHERE reason <> '' AND NOT (state = 'challenger' AND date_trained IS NOT NULL)"
        )
        _drop(cr, "lead_score_model", "reason")


def _move(cr, table, column, target, by_line):
    names = {"table": SQL.identifier(table), "target": SQL.identifier(target)}
    read = SQL("SELECT id, %s, %s FROM %s", SQL.identifier(column), names["target"], names["table"])
    cr.execute(SQL("%s WHERE coalesce(%s, '') <> ''", read, SQL.identifier(column)))
    for row_id, text, kept in cr.fetchall():
        value = (
            [{"text": line} for line in text.splitlines()]
            if by_line
            else {**(kept or {}), "text": text}
        )
        cr.execute(
            SQL(
                "UPDATE %(table)s SET %(target)s = %(value)s WHERE id = %(id)s",
                **names,
                value=json.dumps(value),
                id=row_id,
            )
        )


def _drop(cr, table, column):
    cr.execute(SQL("ALTER TABLE %s DROP COLUMN %s", SQL.identifier(table), SQL.identifier(column)))
