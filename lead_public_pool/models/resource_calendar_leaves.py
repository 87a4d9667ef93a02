from odoo import api, models
from odoo.fields import Domain


class ResourceCalendarLeaves(models.Model):
    """Who is away, and what is a holiday, moves the returns that are counted in working days."""

    _inherit = "resource.calendar.leaves"

    @api.model_create_multi
    def create(self, vals_list):
        leaves = super().create(vals_list)
        leaves._pool_days_changed(*leaves._pool_whose_days())
        return leaves

    def write(self, vals):
        users, companies = self._pool_whose_days()
        result = super().write(vals)
        now_users, now_companies = self._pool_whose_days()
        self._pool_days_changed(users | now_users, companies | now_companies)
        return result

    def unlink(self):
        whose = self._pool_whose_days()
        result = super().unlink()
        self._pool_days_changed(*whose)
        return result

    def _pool_whose_days(self):
        """Users who are away, and companies that have a holiday."""
        leaves = self.sudo()
        holidays = leaves.filtered(lambda leave: not leave.resource_id)
        everywhere = any(not holiday.company_id for holiday in holidays)
        companies = holidays.company_id.search(Domain.TRUE) if everywhere else holidays.company_id
        return leaves.resource_id.user_id, companies

    @api.model
    def _pool_days_changed(self, users, companies):
        pools = self.env["lead.pool"]
        if users:
            pools._working_days_changed(users=users)
        if companies:
            pools._working_days_changed(companies=companies)
