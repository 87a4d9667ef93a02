"""The counting of `return_curve.histogram` in the database: one statement for a whole company."""

import numpy as np

from odoo.tools import SQL

from .return_curve import CLASSES, DAYS_PER_WEEK, LOWEST, WEEKS, Histogram


def sql_histogram(days, until):
    """Silences per group, class and week.

    :param SQL days: a query of `grp` (anything: a profile), `partner_id` and `day` (date), one row
        per customer and purchase day
    :param until: last day that is known (a date, or SQL)
    :return: query of grp, class (from 0), week, returned, waiting
    :rtype: SQL
    """
    return SQL(
        """
        SELECT grp, class, least(silent / %(week)s, %(last)s) AS week,
               count(*) FILTER (WHERE next IS NOT NULL) AS returned,
               count(*) FILTER (WHERE next IS NULL) AS waiting
          FROM (SELECT grp, next,
                       width_bucket(number, %(lowest)s::bigint[]) - 1 AS class,
                       coalesce(next - 1, %(until)s::date) - day AS silent
                  FROM (SELECT grp, day,
                               row_number() OVER one AS number,
                               lead(day) OVER one AS next
                          FROM (%(days)s) AS days
                         WHERE day <= %(until)s::date
                        WINDOW one AS (PARTITION BY partner_id ORDER BY day)) AS ordered
               ) AS silence
         GROUP BY 1, 2, 3
        """,
        week=DAYS_PER_WEEK,
        last=WEEKS - 1,
        lowest=list(LOWEST),
        until=until,
        days=days,
    )


def read_histograms(rows):
    """Histograms by group, from the rows of `sql_histogram`."""
    found = {}
    for group, number, week, returned, waiting in rows:
        if group not in found:
            found[group] = Histogram(*np.zeros((2, len(CLASSES), WEEKS), dtype=np.int64))
        found[group].returned[number, week] = returned
        found[group].waiting[number, week] = waiting
    return found
