from odoo import api, models

from ..models.lead_pool_engine import ENGINE


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    def _merge(self, partner_ids, dst_partner=None, extra_checks=True):
        """See `base.partner.merge.automatic.wizard`; what lies in a pool is claimed first."""
        partners = self.env["res.partner"].browse(partner_ids).exists()
        if not self.env.su and (locked := partners._pool_read_only()):
            raise locked._pool_read_only_error()
        return super()._merge(partner_ids, dst_partner=dst_partner, extra_checks=extra_checks)

    @api.model
    def _update_values(self, src_partners, dst_partner):
        result = super()._update_values(src_partners, dst_partner.with_context(pool_merge=ENGINE))
        dst_partner._pool_merge(src_partners)
        return result
