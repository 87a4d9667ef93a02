from odoo import api, models


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    """What is known about merged customers goes to the one that stays.

    Odoo moves references in SQL and gives up, or deletes, where an index allows only one.
    """

    _inherit = "base.partner.merge.automatic.wizard"

    @api.model
    def _update_foreign_keys(self, src_partners, dst_partner):
        for name in ("customer.lifecycle", "customer.contact.role", "customer.visit"):
            self.env[name].sudo()._lifecycle_prepare_merge(src_partners, dst_partner)
        self.env["customer.playbook.enrolment"].sudo()._lifecycle_prepare_merge(
            src_partners, dst_partner
        )
        return super()._update_foreign_keys(src_partners, dst_partner)

    @api.model
    def _update_values(self, src_partners, dst_partner):
        merged = src_partners | dst_partner
        family = merged.commercial_partner_id | merged
        merged.filtered(
            lambda partner: partner.referred_by_id.commercial_partner_id in family
        ).referred_by_id = False
        result = super()._update_values(src_partners, dst_partner)
        customer = dst_partner.commercial_partner_id
        self.env["customer.lifecycle"].sudo()._lifecycle_regroup(customer)
        self.env["customer.contact.role"].sudo()._touch(dst_partner)
        return result
