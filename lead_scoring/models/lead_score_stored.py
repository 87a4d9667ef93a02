from contextlib import contextmanager
from datetime import date, timedelta

from odoo import api, fields, models
from odoo.tools import SQL, ormcache

from ..tools.looked_up import LookedUp
from .lead_score_engine import SINGLE
from .lead_score_judge import BEFORE, POINTS, with_dates

# What is stored of a lead and asked for.
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
COLUMNS = SQL(", ").join(map(SQL.identifier, OLD))
# Of a lead that was never scored and did nothing.
UNKNOWN = {**dict.fromkeys(OLD), "known": False, "events": []}


class CrmLead(models.Model):
    """What is stored of a lead, and what it did, for who judges a few leads in Python."""

    _name = "crm.lead"
    _inherit = ["crm.lead"]

    score_stored = LookedUp(
        string="Stored score and signals",
        lookup="_score_stored_sql",
        prefetch=False,
        readonly=True,
        copy=False,
        exportable=False,
        groups=fields.NO_ACCESS,
        help="What the score was worked out from last time. For the system's own use.",
    )

    @api.model
    def _score_stored_sql(self, lead_id):
        """See `LookedUp`: the columns `OLD`, and the events until today, unordered."""
        # To look a row up is planned in less than half the time of a join; to sort a few events
        # and count their days costs PostgreSQL more than Python.
        return SQL(
            "json_build_array("
            "(SELECT json_build_array(%(old)s) FROM lead_score WHERE id = %(lead)s),"
            " (SELECT json_agg(json_build_array(date, id, signal_id, coalesce(quantity, 1)))"
            " FROM lead_score_event WHERE lead_id = %(lead)s AND date < %(tomorrow)s))",
            old=COLUMNS,
            lead=lead_id,
            tomorrow=self._score_today() + timedelta(1),
        )

    def _score_stored(self, today):
        """What is stored of these leads, and what they did.

        What a lead did is a list with the newest first: signal id, age in days, quantity.

        :param date today: as of when the events are so old
        :return: by id of the lead, a dict of the columns `OLD`, `known` and `events`
        """
        stored = {}
        for lead in self:
            old, events = lead.score_stored or (None, None)
            stored[lead.id] = {
                **(with_dates(dict(zip(OLD, old, strict=True))) if old else UNKNOWN),
                "known": bool(old),
                "events": [
                    (signal_id, (today - date.fromisoformat(moment[:10])).days, quantity)
                    for moment, _id, signal_id, quantity in sorted(events or (), reverse=True)
                ],
            }
        self._score_fetch_anew()
        return stored

    @contextmanager
    def _score_fetch(self):
        """Read these leads together with what is stored of them, in one statement.

        What is stored is remembered until the block ends. Of many leads the database keeps it to
        itself.
        """
        if len(self) <= SINGLE:
            self.fetch(self._score_fetched())
        try:
            yield
        finally:
            self._score_fetch_anew()

    @api.model
    @ormcache()
    def _score_fetched(self):
        fetched = (name for name, field in self._fields.items() if field.prefetch is True)
        return ("score_stored", *fetched)

    def _score_fetch_anew(self):
        """What is stored of these leads may soon be something else."""
        self._fields["score_stored"]._invalidate_cache(self.env, self._ids)
