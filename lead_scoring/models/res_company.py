from datetime import datetime, time, timedelta

import pytz

from odoo import api, fields, models
from odoo.tools import ormcache

# So far ahead working times are remembered.
AHEAD = timedelta(days=14)


class ResCompany(models.Model):
    _inherit = "res.company"

    win_min_closed = fields.Integer(
        string="Least won and lost leads",
        default=40,
        help="A win probability is learned from at least so many won and so many lost leads.",
    )
    win_window_days = fields.Integer(
        string="Days to look back",
        default=730,
        help="Leads that were closed within so many days are learned from.",
    )
    win_leak_auc = fields.Float(
        string="Too good to be true from",
        default=0.95,
        help="A field that tells won from lost so well all by itself (1 is perfect, 0.5 is chance) "
        "probably knows the outcome, and is left out.",
    )
    win_retrain = fields.Boolean(
        string="Learn anew each week",
        default=True,
        help="Each week a new version is trained. It replaces the current one only if it is better "
        "on leads that were closed after the current one was trained.",
    )

    _win_min_closed_range = models.Constraint(
        "CHECK(win_min_closed >= 10)", "At least 10 won and 10 lost leads are needed to learn."
    )
    _win_window_days_range = models.Constraint(
        "CHECK(win_window_days >= 1)", "The number of days to look back must be at least 1."
    )
    _win_leak_auc_range = models.Constraint(
        "CHECK(win_leak_auc > 0.5 AND win_leak_auc <= 1)",
        "The limit for a field that knows too much lies above 0.5 and is at most 1.",
    )

    def cache_invalidation_fields(self):
        return super().cache_invalidation_fields() | {"resource_calendar_id"}

    @api.model
    @ormcache("company_id", "day")
    def _score_working_times(self, company_id, day):
        """When a company works from a day on; see `lead.score.working.time`, which forgets it.

        :param date day: in UTC
        :return: (begin, end) in UTC without time zone, for two weeks; nothing if they depend on
            when one begins to work; None if the company works all the time
        """
        # Whoever asks first must not have his time zone remembered for all.
        companies = self.env(su=True, context={})["res.company"]
        calendar = companies.browse(company_id).resource_calendar_id
        if not calendar:
            return None
        if calendar.flexible_hours:
            return ()
        begin = pytz.utc.localize(datetime.combine(day, time.min))
        intervals = calendar._work_intervals_batch(begin, begin + AHEAD)[False]
        return tuple(
            tuple(moment.astimezone(pytz.utc).replace(tzinfo=None) for moment in interval[:2])
            for interval in intervals
        )
