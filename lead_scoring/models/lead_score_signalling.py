import math
import re
from datetime import datetime, timedelta

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL, ormcache

# Result codes of `score_signal`.
OK = "ok"
FUTURE = "future"
UNKNOWN_SIGNAL = "unknown_signal"
UNKNOWN_LEAD = "unknown_lead"
NO_ACCESS = "no_access"
BAD_QUANTITY = "bad_quantity"
BAD_DATE = "bad_date"
BAD_KEY = "bad_key"
BAD_REF = "bad_ref"
DUPLICATE_KEY = "duplicate_key"
# More than this of one behaviour at once is a mistake of the reporting program.
MOST = 100000
# Clocks of other programs may be so many seconds ahead of ours.
TOLERANCE = 300
KEY_LENGTH = 200
# What happened before is a mistake of the reporting program.
FIRST_YEAR = 1990
# What is stored of a report.
REPORTED = ("lead_id", "signal_id", "date", "quantity", "key", "ref")
REF = re.compile(r"[a-z][a-z0-9_.]*,[1-9][0-9]{0,9}")


class CrmLead(models.Model):
    """What leads did is reported here.

    Collectors may rely on: `score_signal` and `score_signals`, which check and answer each report
    by itself; `sudo()` skips the check whether the user may write the lead.
    """

    _name = "crm.lead"
    _inherit = ["crm.lead"]

    def score_signal(self, code, quantity=1, date=None, key=None, ref=None):
        """Report that these leads did something.

        :param str code: code of the signal
        :param float quantity: how often or how much, more than 0
        :param date: when, as a naive UTC moment or ISO text; now if missing
        :param str key: name of this report; what is reported twice for a lead under the same name
            counts once and is answered the same
        :param str ref: document behind it as "model,id"
        :return: one result per lead in their order: `{"id", "ok", "code", "message", "event_id"}`
            with a code of this module: `ok future unknown_signal unknown_lead no_access
            bad_quantity bad_date bad_key bad_ref duplicate_key`
        :rtype: list[dict]
        """
        report = {"code": code, "quantity": quantity, "date": date, "key": key, "ref": ref}
        return self.score_signals([{"lead_id": lead_id, **report} for lead_id in self._ids])

    @api.model
    def score_signals(self, events):
        """Report many things that leads did, each as a dict.

        :param list events: dicts with `lead_id`, `code` and, if wanted, `quantity`, `date`, `key`
            and `ref`, as in `score_signal`
        :return: one result per event in their order, see `score_signal`; a bad one does not stop
            the others
        :rtype: list[dict]
        """
        if not isinstance(events, (list, tuple)):
            raise UserError(self.env._("Signals are reported as a list."))
        # What is no report names no lead.
        events = [event if isinstance(event, dict) else {} for event in events]
        access = self._score_access([event.get("lead_id") for event in events])
        checked = [self._score_check(event, access) for event in events]
        good = [values for refusal, values in checked if not refusal]
        stored = self._score_keep(good)
        results, messages = [], self._score_messages()
        for event, (refusal, values) in zip(events, checked, strict=True):
            event_id = False
            if not refusal:
                event_id, signal_id = stored[values["place"]]
                refusal = OK if signal_id == values["signal_id"] else DUPLICATE_KEY
            results.append(
                {
                    "id": event.get("lead_id"),
                    "ok": refusal == OK,
                    "code": refusal,
                    "message": messages[refusal],
                    "event_id": event_id if refusal == OK else False,
                }
            )
        return results

    @api.model
    def _score_messages(self):
        return {
            OK: self.env._("Recorded."),
            FUTURE: self.env._("This has not happened yet: its date lies in the future."),
            UNKNOWN_SIGNAL: self.env._("There is no active signal with this code."),
            UNKNOWN_LEAD: self.env._("There is no such lead, or you may not see it."),
            NO_ACCESS: self.env._("You may not change this lead, so you cannot report for it."),
            BAD_QUANTITY: self.env._("The quantity must be a number above 0, up to %s.", MOST),
            BAD_DATE: self.env._("The date is not a date since %s.", FIRST_YEAR),
            BAD_KEY: self.env._("The key must be a text of at most %s characters.", KEY_LENGTH),
            BAD_REF: self.env._("The document must be given as “model,number”."),
            DUPLICATE_KEY: self.env._("This key was used for another signal of the lead."),
        }

    # ------------------------------------------------------------------
    # Checking
    # ------------------------------------------------------------------

    def _score_access(self, lead_ids):
        """Ids of leads that may be seen, and of those that may be written."""
        ids = {number for number in lead_ids if type(number) is int and number > 0}
        seen = self.env["crm.lead"].browse(ids).exists()._filtered_access("read")
        return set(seen._ids), set(seen._filtered_access("write")._ids)

    def _score_check(self, event, access):
        """What is wrong with a report, or its values.

        :return: (result code or None, values)
        """
        lead_id = event.get("lead_id")
        # A number that is no id, such as True, must not pass for one.
        if type(lead_id) is not int or lead_id not in access[0]:
            return UNKNOWN_LEAD, None
        if lead_id not in access[1]:
            return NO_ACCESS, None
        code, key, ref = event.get("code"), event.get("key"), event.get("ref")
        signal_id = self._score_signal_ids().get(code) if isinstance(code, str) else None
        if not signal_id:
            return UNKNOWN_SIGNAL, None
        quantity = event.get("quantity", 1)
        if not _is_amount(quantity):
            return BAD_QUANTITY, None
        date = self._score_moment(event.get("date"))
        if isinstance(date, str):
            return date, None
        if key and not _is_key(key):
            return BAD_KEY, None
        if ref and not (isinstance(ref, str) and REF.fullmatch(ref)):
            return BAD_REF, None
        return None, {
            "lead_id": lead_id,
            "signal_id": signal_id,
            "date": date,
            "quantity": float(quantity),
            "key": key or None,
            "ref": ref or None,
        }

    def _score_moment(self, value):
        """The moment that a report names, or a result code."""
        now = self.env.cr.now()
        if not value:
            return now
        if not isinstance(value, datetime):
            try:
                value = datetime.fromisoformat(value)
            except (TypeError, ValueError):
                return BAD_DATE
        if value.tzinfo:
            try:
                value = (value - value.utcoffset()).replace(tzinfo=None)
            except OverflowError:
                return BAD_DATE
        if value.year < FIRST_YEAR:
            return BAD_DATE
        if value > now + timedelta(seconds=TOLERANCE):
            return FUTURE
        return min(value, now).replace(microsecond=0)

    @api.model
    @ormcache()
    def _score_signal_ids(self):
        """Ids of active signals by code."""
        signals = self.env["lead.score.signal"].sudo().search([("active", "=", True)])
        return {signal.code: signal.id for signal in signals}

    # ------------------------------------------------------------------
    # Recording
    # ------------------------------------------------------------------

    def _score_keep(self, reports):
        """Store reports and score their leads.

        :param list reports: values of events; each gets its `place` in the answer
        :return: (event id, signal id) by place: of the new event, or of the one known by its key
        """
        first, kept = {}, []
        for report in reports:
            name = (report["lead_id"], report["key"])
            if report["key"] and name in first:
                report["place"] = first[name]
            else:
                report["place"] = first[name] = len(kept)
                kept.append(report)
        if not kept:
            return []
        stored, fresh = self._score_insert(kept)
        if fresh:
            leads = self.env["crm.lead"].sudo().browse(dict.fromkeys(fresh))
            leads.invalidate_recordset(["score_event_ids", "score_stored"], flush=False)
            leads._score_update_each("signal")
        return stored

    def _score_insert(self, reports):
        """Insert events whose keys are new.

        :return: (event id, signal id) of each, and the ids of the leads with new events
        """
        self.env.flush_all()
        inserted = self.env.execute_query(
            SQL(
                "INSERT INTO lead_score_event"
                " (lead_id, signal_id, date, quantity, key, ref, create_uid, create_date)"
                " SELECT lead_id, signal_id, date, quantity, key, ref, %s, %s"
                " FROM unnest(%s::int[], %s::int[], %s::timestamp[], %s::float8[], %s::varchar[],"
                " %s::varchar[]) WITH ORDINALITY"
                " AS given (lead_id, signal_id, date, quantity, key, ref, place) ORDER BY place"
                " ON CONFLICT (lead_id, key) WHERE key IS NOT NULL DO NOTHING"
                " RETURNING id, lead_id, key",
                self.env.uid,
                self.env.cr.now(),
                *([report[name] for report in reports] for name in REPORTED),
            )
        )
        if len(inserted) == len(reports):
            known = {}
        else:
            mine = {(lead_id, key): event_id for event_id, lead_id, key in inserted if key}
            known = self._score_known(
                [
                    report
                    for report in reports
                    if report["key"] and (report["lead_id"], report["key"]) not in mine
                ]
            )
        new, stored, fresh = iter(inserted), [], []
        for report in reports:
            event = known.get((report["lead_id"], report["key"]))
            if not event:
                event = next(new)[0], report["signal_id"]
                fresh.append(report["lead_id"])
            stored.append(event)
        return stored, fresh

    def _score_known(self, reports):
        """Events that were stored before under the keys of these reports.

        A key that another transaction is just using waits for that and then cannot be serialized;
        Odoo replays the call, which then finds it here.

        :return: (event id, signal id) by (lead id, key)
        """
        rows = self.env.execute_query(
            SQL(
                "SELECT lead_id, key, event.id, event.signal_id FROM lead_score_event event"
                " JOIN unnest(%s::int[], %s::varchar[]) AS given (lead_id, key)"
                " USING (lead_id, key)",
                [report["lead_id"] for report in reports],
                [report["key"] for report in reports],
            )
        )
        return {(lead_id, key): tuple(event) for lead_id, key, *event in rows}


def _is_amount(value):
    """Whether a value is a number of things that can have happened."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    # The order matters: a whole number can be too large to ask whether it is finite.
    return 0 < value <= MOST and math.isfinite(value)


def _is_key(key):
    """Whether a value is a text that the database can keep as a key."""
    if not isinstance(key, str) or len(key) > KEY_LENGTH or "\0" in key:
        return False
    # Half of a pair of surrogates is no character.
    return not any("\ud800" <= letter <= "\udfff" for letter in key)
