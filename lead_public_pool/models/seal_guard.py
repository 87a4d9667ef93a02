from odoo import api, models
from odoo.exceptions import AccessError


class SealGuard(models.AbstractModel):
    """A document that copies contact details from the customer it points to.

    Odoo computes such copies in `sudo`: who may not read a sealed customer could write its id on
    a document of his own and read the copy.
    """

    _name = "lead.pool.seal.guard"
    _description = "Guard of Sealed Customers"

    @api.model_create_multi
    def create(self, vals_list):
        records = super().create(vals_list)
        records._seal_refuse(records.sudo().partner_id.ids)
        return records

    def write(self, vals):
        if vals.get("partner_id"):
            self._seal_refuse([vals["partner_id"]])
        return super().write(vals)

    def onchange(self, values, field_names, fields_spec):
        """See `BaseModel.onchange`; refuses to fill in a form from a sealed customer."""
        customer = values.get("partner_id")
        default = self.env.context.get("default_partner_id")
        for value in (customer, default):
            partner_id = value.get("id") if isinstance(value, dict) else value
            if isinstance(partner_id, int) and partner_id not in self.sudo().partner_id.ids:
                self._seal_refuse([partner_id])
        return super().onchange(values, field_names, fields_spec)

    @api.model
    def _seal_refuse(self, partner_ids):
        """Refuse links to customers that are hidden from the current user."""
        if self.env.su or not partner_ids:
            return
        if self.env["res.partner"].browse(partner_ids).exists()._pool_sealed():
            raise AccessError(
                self.env._("This customer lies in a sealed pool. Claim it before you work on it.")
            )


class CrmLead(models.Model):
    _name = "crm.lead"
    _inherit = ["lead.pool.seal.guard", "crm.lead"]


class CalendarAttendee(models.Model):
    _name = "calendar.attendee"
    _inherit = ["lead.pool.seal.guard", "calendar.attendee"]


class MailFollowers(models.Model):
    _name = "mail.followers"
    _inherit = ["lead.pool.seal.guard", "mail.followers"]
