from odoo import models


class CrmTeam(models.Model):
    _inherit = "crm.team"

    def _get_lead_to_assign_domain(self):
        """What waits in a pool is claimed or assigned from there, not by Odoo's own rotation."""
        return [*super()._get_lead_to_assign_domain(), ("pool_state", "!=", "pooled")]

    def _allocate_leads(self, creation_delta_days=7):
        return super(CrmTeam, self.with_context(pool_leave_alone=True))._allocate_leads(
            creation_delta_days=creation_delta_days
        )
