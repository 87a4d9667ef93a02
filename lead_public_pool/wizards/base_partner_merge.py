from odoo import api, models

from ..models.lead_pool_engine import ENGINE


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    @api.model
    def _update_values(self, src_partners, dst_partner):
        result = super()._update_values(src_partners, dst_partner.with_context(pool_merge=ENGINE))
        dst_partner._pool_merge(src_partners)
        return result
