from odoo import api, models


class CalendarEvent(models.Model):
    """A meeting that was held counts as work: what becomes of it moves the return of its lead."""

    _inherit = "calendar.event"

    @api.model_create_multi
    def create(self, vals_list):
        events = super().create(vals_list)
        events._pool_meeting_leads()._pool_refresh_due()
        return events

    def write(self, vals):
        if not {"start", "stop", "opportunity_id", "active"} & vals.keys():
            return super().write(vals)
        leads = self._pool_meeting_leads()
        result = super().write(vals)
        (leads | self._pool_meeting_leads())._pool_refresh_due()
        return result

    def unlink(self):
        leads = self._pool_meeting_leads()
        result = super().unlink()
        leads.exists()._pool_refresh_due()
        return result

    def _pool_meeting_leads(self):
        """Held leads whose meetings these are, if they are over."""
        now = self.env.cr.now()
        over = self.sudo().filtered(lambda event: event.stop and event.stop <= now)
        return over.opportunity_id.filtered(lambda lead: lead.pool_state == "owned")
