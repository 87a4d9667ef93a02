from odoo import api, models


class CalendarEvent(models.Model):
    """A meeting that was held counts as work: what becomes of it moves the return of its lead."""

    _inherit = "calendar.event"

    @api.model_create_multi
    def create(self, vals_list):
        events = super().create(vals_list)
        over = events._pool_over()
        events._pool_meetings_changed(over)
        # What its salesperson enters afterwards may have been or not: the manager sees that.
        over.filtered(lambda lead: lead.user_id == self.env.user)._pool_count_weak(True)
        return events

    def write(self, vals):
        if not {"start", "stop", "opportunity_id", "active"} & vals.keys():
            return super().write(vals)
        over = self._pool_over()
        result = super().write(vals)
        self._pool_meetings_changed(over | self._pool_over())
        return result

    def unlink(self):
        over = self._pool_over()
        result = super().unlink()
        self.browse()._pool_meetings_changed(over.exists())
        return result

    def _pool_over(self):
        """Held leads whose meetings these are, if they are over."""
        now = self.env.cr.now()
        over = self.sudo().filtered(lambda event: event.stop and event.stop <= now)
        return over.opportunity_id.filtered(lambda lead: lead.pool_state == "owned")

    def _pool_meetings_changed(self, over):
        """Work out anew what meetings have moved, and look again when these are over.

        :param over: held leads with a meeting that is, or was, over (`crm.lead`)
        """
        over._pool_refresh_safely()
        self.sudo().opportunity_id._pool_plan_check()
