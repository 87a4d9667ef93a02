from datetime import timedelta

import pytz

from odoo import fields, models

from ...tools.quiet import quiet_until

# Working time is looked for so far ahead: no company is closed longer.
CLOSED_AT_MOST = 60


class CustomerPlaybook(models.Model):
    """When a playbook may speak to customers."""

    _inherit = "customer.playbook"

    quiet_from = fields.Float(
        default=20.0,
        help="From this hour on no e-mail and no coupon goes out. Hours are those of whoever "
        "looks after the customer.",
    )
    quiet_to = fields.Float(
        default=8.0, help="Until this hour no e-mail goes out. The same hour twice: never quiet."
    )
    working_time = fields.Boolean(
        string="Only in working time",
        help="E-mails and coupons wait for the working time of the company, its holidays included.",
    )

    _quiet_range = models.Constraint(
        "CHECK(quiet_from >= 0 AND quiet_from <= 24 AND quiet_to >= 0 AND quiet_to <= 24)",
        "Hours lie between 0 and 24.",
    )

    def _zone(self, user):
        """Time zone of whoever looks after a record, else of the company."""
        company = self.company_id.sudo()
        name = user.tz or company.partner_id.tz or company.resource_calendar_id.tz or "UTC"
        return pytz.timezone(name)

    def _speak_at(self, moment, user):
        """First moment from the given one at which customers may be spoken to.

        :param datetime moment: UTC
        :param user: `res.users` whose hours count
        :return: UTC; the moment itself when it is neither quiet nor closed
        """
        self.ensure_one()
        # Opening may lie in quiet hours and the end of the quiet before opening: look again.
        for _attempt in range(CLOSED_AT_MOST):
            later = self._after_closed(self._after_quiet(moment, user))
            if later == moment:
                break
            moment = later
        return moment

    def _after_quiet(self, moment, user):
        zone = self._zone(user)
        local = pytz.utc.localize(moment).astimezone(zone).replace(tzinfo=None)
        until = quiet_until(local, self.quiet_from % 24, self.quiet_to % 24)
        if until is None:
            return moment
        return zone.localize(until).astimezone(pytz.utc).replace(tzinfo=None)

    def _after_closed(self, moment):
        calendar = self.company_id.sudo().resource_calendar_id
        if not (self.working_time and calendar):
            return moment
        start = pytz.utc.localize(moment)
        end = start + timedelta(days=CLOSED_AT_MOST)
        for begin, stop, _meta in calendar._work_intervals_batch(start, end)[False]:
            if stop > start:
                return max(begin, start).astimezone(pytz.utc).replace(tzinfo=None)
        return moment
