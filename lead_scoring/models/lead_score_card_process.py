from datetime import timedelta

import pytz

from odoo import fields, models

# Read when a lead is qualified, without all else of the card.
TOGETHER = "process"


class LeadScoreCardProcess(models.AbstractModel):
    """What a card says about the way from marketing to sales."""

    _name = "lead.score.card.process"
    _description = "Qualification by a Card"

    accept_hours = fields.Float(
        string="Time to decide",
        default=8.0,
        prefetch=TOGETHER,
        help="Working hours of the company that sales has to accept or reject a lead that has "
        "become marketing qualified. After that the salesperson is reminded, and the team leader "
        "when the same time has passed again. 0 = no reminder.",
    )
    sql_auto = fields.Boolean(
        string="Score makes SQL",
        prefetch=TOGETHER,
        help="A lead that passes the threshold for SQL becomes sales qualified by itself. Without "
        "this, sales decides.",
    )

    _accept_hours_range = models.Constraint(
        "CHECK (accept_hours BETWEEN 0 AND 2000)",
        "The time to decide is between 0 and 2000 working hours.",
    )

    def _decide_by(self, start, company):
        """When the time to decide is over, for a lead that becomes marketing qualified.

        :param datetime start: when it does, in UTC without time zone
        :param company: company of the lead; if it has none, that of the card or the user
        :return: moment in UTC without time zone, or False if there is no limit
        """
        if not self.accept_hours:
            return False
        company = company or self.company_id or self.env.company
        left = timedelta(hours=self.accept_hours)
        working_times = company._score_working_times(company.id, start.date())
        if working_times is None:
            return start + left
        for begin, end in working_times:
            begin = max(begin, start)
            if left <= end - begin:
                return begin + left
            left -= max(end - begin, timedelta())
        return self._decide_much_later(start, company.resource_calendar_id)

    def _decide_much_later(self, start, calendar):
        """As `_decide_by`, when the times that are remembered do not suffice."""
        begin = pytz.utc.localize(start)
        end = calendar.plan_hours(self.accept_hours, begin, compute_leaves=True)
        if end:
            return end.astimezone(pytz.utc).replace(tzinfo=None)
        return start + timedelta(hours=self.accept_hours)
