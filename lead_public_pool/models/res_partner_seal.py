from odoo import api, fields, models

from odoo.addons.mail.tools.discuss import Store

from ..tools import mask

# What Discuss may show of a sealed customer, beside its masked name.
SHOWN_IN_DISCUSS = {"active", "avatar_128", "im_status", "is_company"}


class ResPartner(models.Model):
    """The contacts of a customer that waits in a sealed pool are sealed with it."""

    _inherit = "res.partner"

    pool_cover_id = fields.Many2one(
        "lead.pool",
        string="Pool of its company",
        compute="_compute_pool_cover_id",
        store=True,
        recursive=True,
        index="btree_not_null",
        ondelete="set null",
        help="The pool in which the company of this contact waits for a salesperson.",
    )

    @api.depends("parent_id.pool_state", "parent_id.pool_id", "parent_id.pool_cover_id")
    def _compute_pool_cover_id(self):
        for partner in self:
            company = partner.parent_id
            waits = company.pool_state == "pooled"
            partner.pool_cover_id = company.pool_id if waits else company.pool_cover_id

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
