from odoo import models


class ResourceResource(models.Model):
    """Working days of the rules follow the hours that somebody is given."""

    _inherit = "resource.resource"

    def write(self, vals):
        changed = {"calendar_id", "user_id", "company_id"} & vals.keys()
        before = self.sudo().user_id if changed else None
        result = super().write(vals)
        if changed and (users := before | self.sudo().user_id):
            self.env["lead.pool"]._working_days_changed(users=users)
        return result
