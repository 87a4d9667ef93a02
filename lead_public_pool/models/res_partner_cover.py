from odoo import api, fields, models
from odoo.fields import Domain

# From the pool that shows most to the one that shows least.
OPENNESS = ("open", "sealed", "hidden")
# What says whether the company of a contact, or a lead of it, waits in a pool.
WAITING = (
    "parent_id.pool_state",
    "parent_id.pool_id",
    "parent_id.pool_cover_id",
    "pool_lead_ids.pool_state",
    "pool_lead_ids.pool_id",
)


class ResPartner(models.Model):
    """Who can only be known by a customer or a lead that waits in a pool is sealed with it."""

    _inherit = "res.partner"

    pool_cover_id = fields.Many2one(
        "lead.pool",
        string="Pool that covers it",
        compute="_compute_pool_cover_id",
        store=True,
        recursive=True,
        index="btree_not_null",
        ondelete="set null",
        groups="sales_team.group_sale_salesman",
        help="The pool in which the company of this contact, or its only leads, wait for a "
        "salesperson. Where that pool hides contact details, it hides those of this contact too.",
    )
    pool_lead_ids = fields.One2many(
        "crm.lead",
        "partner_id",
        string="All Leads",
        context={"active_test": False},
        groups="sales_team.group_sale_salesman",
        export_string_translation=False,
        help="The leads of this contact, those that were lost included.",
    )

    @api.depends(lambda self: [*WAITING, *self._pool_known_by_fields()])
    def _compute_pool_cover_id(self):
        by_leads = self._pool_covers_by_leads()
        for partner in self:
            company = partner.parent_id
            waits = company.pool_state == "pooled"
            cover = company.pool_id if waits else company.pool_cover_id
            partner.pool_cover_id = cover or by_leads.get(partner._origin.id, cover)

    def _pool_covers_by_leads(self):
        """Pools of the leads by which alone these contacts can be known.

        :return: pool (`lead.pool`) by id of the contact; the one that shows most where there are
            several
        :rtype: dict
        """
        leads = self.env["crm.lead"].sudo().with_context(active_test=False)
        mine = Domain("partner_id", "in", self._origin.ids)
        waiting = leads._read_group(
            mine & Domain("pool_state", "=", "pooled"), ["partner_id"], ["pool_id:recordset"]
        )
        if not waiting:
            return {}
        found = {partner.id: pools for partner, pools in waiting}
        others = Domain("partner_id", "in", list(found)) & Domain("pool_state", "!=", "pooled")
        known = {partner.id for [partner] in leads._read_group(others, ["partner_id"])}
        known.update(self.browse(found)._pool_known_otherwise().ids)
        return {
            partner_id: pools.sorted(lambda pool: OPENNESS.index(pool.visibility))[:1]
            for partner_id, pools in found.items()
            if partner_id not in known
        }

    def _pool_known_otherwise(self):
        """Those of these contacts whom salespeople know by more than leads that wait in a pool."""
        return self.sudo().filtered(lambda partner: partner._pool_is_known())

    def _pool_is_known(self):
        """Whether somebody looks after this contact, or it has bought something.

        To be extended where another app makes somebody known.
        """
        if self.user_id or self.user_ids or self.pool_id:
            return True
        if "customer_rank" in self._fields and self.customer_rank:
            return True
        orders = self["sale_order_ids"] if "sale_order_ids" in self._fields else ()
        return any(order.state == "sale" for order in orders)

    @api.model
    def _pool_known_by_fields(self):
        """Fields at which `_pool_is_known` looks."""
        names = ("user_id", "user_ids", "pool_id", "customer_rank", "sale_order_ids.state")
        return [name for name in names if name.split(".")[0] in self._fields]
