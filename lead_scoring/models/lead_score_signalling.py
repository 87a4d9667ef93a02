from odoo import api, models

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


class LeadScoreSignalling(models.AbstractModel):
    """What leads did is reported here."""

    _name = "lead.score.signalling"
    _description = "Reporting of Signals"

    def score_signal(self, code, quantity=1, date=None, key=None, ref=None):
        """Report that these leads did something.

        :param str code: code of the signal
        :param float quantity: how often or how much
        :param date: when, as a naive UTC moment or ISO text; now if missing
        :param str key: name of this report; what is reported twice for a lead under the same name
            counts once and is answered the same
        :param str ref: document behind it as "model,id"
        :return: one result per lead in their order: `{"id", "ok", "code", "message", "event_id"}`
            with a code of this module: `ok future unknown_signal unknown_lead no_access
            bad_quantity bad_date bad_key bad_ref duplicate_key`
        :rtype: list[dict]
        """
        return self.score_signals(
            [
                {
                    "lead_id": lead_id,
                    "code": code,
                    "quantity": quantity,
                    "date": date,
                    "key": key,
                    "ref": ref,
                }
                for lead_id in self._ids
            ]
        )

    @api.model
    def score_signals(self, events):
        """Report many things that leads did, each as a dict.

        :param list events: dicts with `lead_id`, `code` and, if wanted, `quantity`, `date`, `key`
            and `ref`, as in `score_signal`
        :return: one result per event in their order, see `score_signal`; a bad one does not stop
            the others
        :rtype: list[dict]
        """
        return []
