from datetime import timedelta

import pytz

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL
from odoo.tools.intervals import Intervals

from ..tools.caches import forget
from ..tools.clock import local_date, midnight, naive_utc
from .lead_pool import MODEL_BY_KIND
from .lead_pool_engine import ENGINE
from .lead_pool_visibility import SEALED

SATURDAY = 5
# Who is away so long on a day does not work on it.
DAY_OFF = timedelta(hours=6)


class ResUsers(models.Model):
    _inherit = "res.users"

    @api.model_create_multi
    def create(self, vals_list):
        # The contact exists a moment before its user: do not take a colleague for a customer.
        users = super(ResUsers, self.with_context(pool_no_entry=ENGINE)).create(vals_list)
        users._pool_members_changed()
        return users.with_env(self.env)

    def write(self, vals):
        colleagues = self.filtered(lambda user: not user.share)
        result = super().write(vals)
        if vals.get("active") is False:
            self._pool_owner_left()
        if {"active", "company_ids", "group_ids", "share"} & vals.keys():
            forget(self.env)
            self._pool_members_changed()
            colleagues._pool_insiders_changed()
        return result

    def _pool_insiders_changed(self):
        """Whoever is no longer a manager, or no colleague, leaves what is sealed alone."""
        if self:
            pools = self.env["lead.pool"].sudo().search([("visibility", "in", SEALED)])
            pools._seal_again(self)

    def _pool_members_changed(self):
        """Pools that take members by team or filter look again at who belongs to them."""
        pools = self.env["lead.pool"]
        if found := pools._pools_with_automatic_members():
            pools._sync_members_later(found)

    @api.ondelete(at_uninstall=False)
    def _unlink_return_records(self):
        self._pool_owner_left()
        # The database empties the owner of what is left, so that may have no home either.
        for model_name in MODEL_BY_KIND.values():
            records = self.env[model_name].sudo().with_context(active_test=False)
            closed = records.search(
                Domain("user_id", "in", self.ids) & Domain("pool_state", "=", "owned")
            )
            if closed:
                closed._pool_apply("leave", self.env["res.users"], None)
        self.env["lead.pool.move"].sudo()._remember_names(self)

    def _pool_resource(self, company):
        """What Odoo plans of a user's working time in a company, empty if nothing."""
        return self.sudo().resource_ids.filtered(
            lambda resource: resource.company_id in (company, company.browse())
        )[:1]

    def _pool_calendar(self, company):
        """Working hours by which the days of a user are counted: his own, else the company's.

        Their time zone decides when his day ends; that of his preferences does not, since he
        could change it to gain a day.

        :rtype: resource.calendar
        """
        return self._pool_resource(company).calendar_id or company.sudo().resource_calendar_id

    def _pool_tz(self, company):
        """Time zone in which the days of a user begin and end, see `_pool_calendar`.

        :rtype: str
        """
        return self._pool_calendar(company).tz or company._pool_tz()

    def _pool_today(self, company):
        """Day of a user in a company, by his working hours.

        :rtype: date
        """
        return local_date(self.env.cr.now(), self._pool_tz(company))

    def _pool_fixed_calendar(self, company):
        """Working hours that name hours: a user's own, else the company's, else none.

        Flexible hours say how much is worked, not when, so nobody can be found at work by them.

        :rtype: resource.calendar
        """
        for calendar in (
            self._pool_resource(company).calendar_id,
            company.sudo().resource_calendar_id,
        ):
            if calendar.attendance_ids and not calendar.flexible_hours:
                return calendar
        return self.env["resource.calendar"]

    def _pool_work_intervals(self, company, start, end):
        """Working time of a user in a company, less public holidays and his leave.

        Without working hours that name hours, weekdays count.

        :param datetime start: aware of its time zone, as `end`
        :return: (start, end, ...) tuples in order, aware of their time zone
        """
        calendar = self._pool_fixed_calendar(company)
        if not calendar:
            return self._pool_weekdays(company, start, end)
        resource = self._pool_resource(company)
        if resource.calendar_id != calendar:
            # Who has no hours of his own works those of the company.
            resource = resource.browse()
        tz = pytz.timezone(calendar.tz or "UTC")
        working = calendar._work_intervals_batch(
            start, end, resources=resource, tz=tz, compute_leaves=False
        )[resource.id]
        return list(working - self._pool_leave_intervals(company, start, end, tz))

    def _pool_weekdays(self, company, start, end):
        """Weekdays as working time of who has no hours, less those on which he is away."""
        tz = pytz.timezone(self._pool_tz(company))
        first, last = (moment.astimezone(tz).date() for moment in (start, end))
        nothing, days = self.env["resource.calendar.attendance"], []
        bounds = [midnight(day, tz.zone) for day in (first, last + timedelta(days=1))]
        leaves = self._pool_leave_intervals(company, *map(pytz.utc.localize, bounds), tz)
        for number in range((last - first).days + 1):
            day = first + timedelta(days=number)
            begin, stop = (
                pytz.utc.localize(midnight(moment, tz.zone)).astimezone(tz)
                for moment in (day, day + timedelta(days=1))
            )
            rest = Intervals([(begin, stop, nothing)]) - leaves
            away = stop - begin - sum((stop - begin for begin, stop, _ in rest), timedelta())
            # Nobody works at night what a leave by the hours of an office leaves of his day.
            if day.weekday() < SATURDAY and away < DAY_OFF:
                days += rest
        return list(Intervals([(start, end, nothing)], keep_distinct=True) & Intervals(days))

    def _pool_leave_intervals(self, company, start, end, tz):
        """Public holidays of a company, and leave of a user, whatever hours it was entered for."""
        resources = self.sudo().resource_ids
        calendars = resources.calendar_id | company.sudo().resource_calendar_id
        leaves = (
            self.env["resource.calendar.leaves"]
            .sudo()
            .search(
                Domain("time_type", "=", "leave")
                & Domain("date_from", "<", naive_utc(end))
                & Domain("date_to", ">", naive_utc(start))
                & (
                    Domain("resource_id", "in", resources.ids)
                    | Domain("resource_id", "=", False)
                    & Domain("calendar_id", "in", [False, *calendars.ids])
                    & Domain("company_id", "in", [False, company.id])
                )
            )
        )
        return Intervals(
            [
                (
                    pytz.utc.localize(leave.date_from).astimezone(tz),
                    pytz.utc.localize(leave.date_to).astimezone(tz),
                    leave.browse(),
                )
                for leave in leaves
            ]
        )

    def _pool_works_now(self, company):
        """Whether a user is at work at this moment, by his hours and leave.

        :rtype: bool
        """
        now = pytz.utc.localize(self.env.cr.now())
        return bool(self._pool_work_intervals(company, now, now + timedelta(minutes=1)))

    def _pool_owner_left(self):
        """What a leaving user holds goes back to its pools."""
        if not self:
            return
        # Writing his membership rows makes a claim that he makes at this moment fail or wait.
        self.env.cr.execute(
            SQL(
                "UPDATE lead_pool_member SET gain_count = gain_count WHERE user_id IN %s",
                tuple(self.ids),
            )
        )
        for model_name in MODEL_BY_KIND.values():
            records = self.env[model_name].sudo().with_context(active_test=False)
            # What is won, lost or archived does not circulate: it stays his in the books.
            held = records.search(
                records._pool_open_domain()
                & Domain("user_id", "in", self.ids)
                & Domain("pool_state", "=", "owned")
            )
            for (owner, pool), records in held.grouped(lambda r: (r.user_id, r.pool_id)).items():
                records._pool_give_up(owner, pool, owner._pool_why_left)

    def _pool_why_left(self, lang):
        """Why what this user held went back, as a sentence in a language."""
        return self.with_context(lang=lang).env._("%s is no longer a user.", self.name)
