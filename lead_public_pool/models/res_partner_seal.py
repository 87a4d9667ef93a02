from odoo import api, models

from odoo.addons.mail.tools.discuss import Store

from ..tools import mask

# What Discuss may show of a sealed customer, beside its masked name.
SHOWN_IN_DISCUSS = {"active", "avatar_128", "im_status", "is_company"}


class ResPartner(models.Model):
    """What may be shown of a contact that is sealed."""

    _inherit = "res.partner"

    def _pool_sealing(self, hidden):
        pool = super()._pool_sealing(hidden)
        cover = self.sudo().pool_cover_id
        return cover if not pool and cover.id in hidden else pool

    def _pool_masked_name(self, pool):
        """The name of a contact person is itself a contact detail."""
        if self.sudo().pool_cover_id:
            return mask.text(self.sudo().name)
        return super()._pool_masked_name(pool)

    @api.depends_context("uid")
    def _compute_same_vat_partner_id(self):
        """Odoo looks in `sudo`; a sealed customer is not given away by its number."""
        result = super()._compute_same_vat_partner_id()
        for partner in self:
            for name in ("same_vat_partner_id", "same_company_registry_partner_id"):
                partner[name] -= partner[name]._pool_sealed()
        return result

    def _to_store(self, store, fields):
        """Discuss and the chatter show people in `sudo`, with their e-mail address.

        :param store: what is being sent to the web client
        :param list fields: what is wanted of each person
        """
        sealed = self._pool_sealed()
        harmless = [
            field for field in fields if getattr(field, "field_name", field) in SHOWN_IN_DISCUSS
        ]
        name = Store.Attr("name", lambda partner: partner.display_name)
        store.add_records_fields(sealed, [*harmless, name])
        others = self - sealed
        if hasattr(super(), "_to_store"):
            return super(ResPartner, others)._to_store(store, fields)
        return store.add_records_fields(others, fields)
