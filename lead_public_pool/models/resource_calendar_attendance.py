from odoo import api, models


class ResourceCalendarAttendance(models.Model):
    """Working days of the rules follow the working hours, line by line too."""

    _inherit = "resource.calendar.attendance"

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines._pool_hours_changed(lines.calendar_id)
        return lines

    def write(self, vals):
        calendars = self.calendar_id
        result = super().write(vals)
        self._pool_hours_changed(calendars | self.calendar_id)
        return result

    def unlink(self):
        calendars = self.calendar_id
        result = super().unlink()
        self._pool_hours_changed(calendars.exists())
        return result

    @api.model
    def _pool_hours_changed(self, calendars):
        companies = calendars.sudo().company_id
        if calendars:
            self.env["lead.pool"]._working_days_changed(companies=companies)
