from odoo import models


class ResourceCalendarAttendance(models.Model):
    _name = "resource.calendar.attendance"
    _inherit = ["lead.score.working.time", "resource.calendar.attendance"]
