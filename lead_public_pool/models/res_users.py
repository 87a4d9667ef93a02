import pytz

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..tools.clock import local_date
from .lead_pool import MODEL_BY_KIND
from .lead_pool_engine import ENGINE


class ResUsers(models.Model):
    _inherit = "res.users"

    @api.model_create_multi
    def create(self, vals_list):
        # The contact exists a moment before its user: do not take a colleague for a customer.
        users = super(ResUsers, self.with_context(pool_no_entry=ENGINE)).create(vals_list)
        users._pool_members_changed()
        return users.with_env(self.env)

    def write(self, vals):
        result = super().write(vals)
        if vals.get("active") is False:
            self._pool_owner_left()
        if {"active", "company_ids", "group_ids", "share"} & vals.keys():
            self.env.registry.clear_cache()
            self._pool_members_changed()
        return result

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

    def _pool_work_intervals(self, company, start, end):
        """Working time of a user in a company, less his days off; all time without a calendar.

        :param datetime start: aware of its time zone, as `end`
        :return: (start, end, ...) tuples, aware of their time zone
        """
        calendar = self._pool_calendar(company)
        if not calendar:
            return [(start, end)]
        resource = self._pool_resource(company)
        if resource.calendar_id != calendar:
            # Who has no hours of his own works those of the company.
            resource = resource.browse()
        tz = pytz.timezone(calendar.tz or "UTC")
        intervals = calendar._work_intervals_batch(start, end, resources=resource, tz=tz)
        return list(intervals[resource.id])

    def _pool_today(self, company):
        """Day of a user in a company, by his working hours.

        :rtype: date
        """
        return local_date(self.env.cr.now(), self._pool_calendar(company).tz)

    def _pool_owner_left(self):
        """What a leaving user holds goes back to its pools."""
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
            if held:
                held._pool_move("owner_left")
