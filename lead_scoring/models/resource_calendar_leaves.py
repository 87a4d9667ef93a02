from odoo import models


class ResourceCalendarLeaves(models.Model):
    _name = "resource.calendar.leaves"
    _inherit = ["lead.score.working.time", "resource.calendar.leaves"]

    def _score_work_changed(self):
        # When one person is away, the company works on.
        super(
            ResourceCalendarLeaves, self.filtered(lambda time: not time.resource_id)
        )._score_work_changed()
        return self
