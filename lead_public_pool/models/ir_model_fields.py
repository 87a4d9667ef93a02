from odoo import api, models


class IrModelFields(models.Model):
    _inherit = "ir.model.fields"

    @api.ondelete(at_uninstall=True)
    def _unlink_pool_rules(self):
        """A rule whose date is deleted is archived, and the managers of its pool are told."""
        # When this addon goes itself, the columns of its rules are being dropped.
        if self.env.ref("base.module_lead_public_pool").state == "to remove":
            return
        rules = self.env["lead.pool.rule"].sudo().search([("date_field_id", "in", self.ids)])
        rules.active = False
        for rule in rules:
            rule._tell_date_gone()
