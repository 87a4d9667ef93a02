from odoo import api, models

from ..tools.caches import forget


class CrmTeam(models.Model):
    _inherit = "crm.team"

    def _get_lead_to_assign_domain(self):
        """What waits in a pool is claimed or assigned from there, not by Odoo's own rotation."""
        return [*super()._get_lead_to_assign_domain(), ("pool_state", "!=", "pooled")]

    def _allocate_leads(self, creation_delta_days=7):
        return super(CrmTeam, self.with_context(pool_leave_alone=True))._allocate_leads(
            creation_delta_days=creation_delta_days
        )

    @api.model_create_multi
    def create(self, vals_list):
        teams = super().create(vals_list)
        forget(self.env)
        return teams

    def write(self, vals):
        result = super().write(vals)
        forget(self.env)
        if {"user_id", "active", "member_ids", "company_id"} & vals.keys():
            self._pool_team_changed()
        return result

    def unlink(self):
        self._pool_team_changed()
        result = super().unlink()
        forget(self.env)
        return result

    def _pool_team_changed(self):
        """The pools of these teams look again at who belongs to them."""
        pools = self.env["lead.pool"]
        if found := pools._pools_of_teams(self.ids):
            pools._sync_members_later(found)
