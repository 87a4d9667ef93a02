from odoo import models

from ...tools.caches import forget


class ResPartner(models.Model):
    """A contact that gets another company takes its orders along; two that merge become one.

    The contact of a company of ours carries its time zone, and with it the day of each purchase.
    """

    _inherit = "res.partner"

    def write(self, vals):
        zones = {partner: partner.tz for partner in self} if "tz" in vals else {}
        moves = bool({"parent_id", "is_company"} & vals.keys())
        before = self.commercial_partner_id if moves else self.browse()
        result = super().write(vals)
        if zones:
            self.filtered(lambda partner: partner.tz != zones[partner])._lifecycle_days_moved()
        after = self.commercial_partner_id if moves else before
        if before != after:
            self.env["customer.lifecycle"].sudo()._lifecycle_regroup(before | after)
        return result

    def _lifecycle_days_moved(self):
        """A company of ours changed its time zone: purchases lie on other days of its calendar."""
        companies = self.env["res.company"].sudo().search([("partner_id", "in", self.ids)])
        if not companies:
            return
        forget(self.env)
        rows = self.env["customer.lifecycle"].sudo()
        for company in companies:
            rows._lifecycle_mark_due(company, rows._lifecycle_profiles(company))
        rows._lifecycle_forget()
