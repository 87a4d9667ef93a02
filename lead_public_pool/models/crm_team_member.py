from odoo import api, models

from ..tools.caches import forget


class CrmTeamMember(models.Model):
    """Who joins or leaves a sales team joins or leaves the pools of that team."""

    _inherit = "crm.team.member"

    @api.model_create_multi
    def create(self, vals_list):
        members = super().create(vals_list)
        forget(self.env)
        members._pool_team_changed()
        return members

    def write(self, vals):
        touched = {"active", "user_id", "crm_team_id"} & vals.keys()
        if touched:
            self._pool_team_changed()
        result = super().write(vals)
        if touched:
            forget(self.env)
            self._pool_team_changed()
        return result

    def unlink(self):
        self._pool_team_changed()
        result = super().unlink()
        forget(self.env)
        return result

    def _pool_team_changed(self):
        self.crm_team_id._pool_team_changed()
