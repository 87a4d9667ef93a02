from odoo import models


class LifecycleFamily(models.AbstractModel):
    """A contact that gets another company takes its orders along; two that merge become one."""

    _name = "customer.lifecycle.family"
    _description = "Lifecycle of Families of Contacts"

    def write(self, vals):
        if "tz" in vals and self.env["res.company"].sudo().search_count(
            [("partner_id", "in", self.ids)], limit=1
        ):
            self.env.registry.clear_cache()
        if not {"parent_id", "is_company"} & vals.keys():
            return super().write(vals)
        before = self.commercial_partner_id
        result = super().write(vals)
        after = self.commercial_partner_id
        if before != after:
            self.env["customer.lifecycle"].sudo()._lifecycle_regroup(before | after)
        return result
