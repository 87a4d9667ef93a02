from odoo import models

from ..tools.caches import forget


class ResourceCalendar(models.Model):
    """Working days of the rules follow the working hours."""

    _inherit = "resource.calendar"

    def write(self, vals):
        result = super().write(vals)
        if "tz" in vals:
            forget(self.env)
        if {"tz", "attendance_ids", "schedule_type", "flexible_hours", "active"} & vals.keys():
            # Those of a company count for all who have none, so everybody may be meant.
            self.env["lead.pool"]._working_days_changed(companies=self.sudo().company_id)
        return result
