from odoo import api, fields, models
from odoo.fields import Domain

from .lead_pool_engine import ENGINE, in_engine


class ResPartner(models.Model):
    _name = "res.partner"
    _inherit = ["lead.pool.mixin", "res.partner"]

    _pool_kind = "customer"
    _pool_move_link = "partner_id"
    _pool_name_field = "name"
    _pool_email_field = "email"
    _pool_masked_company = "commercial_company_name"

    pool_move_ids = fields.One2many(
        "lead.pool.move",
        "partner_id",
        string="Ownership",
        readonly=True,
        copy=False,
        groups="sales_team.group_sale_salesman",
        help="Every change of hands of this customer: who, when and why.",
    )
    pool_request_ids = fields.One2many(
        "lead.pool.request",
        "partner_id",
        readonly=True,
        copy=False,
        groups="sales_team.group_sale_salesman",
        help="Requests of salespeople to receive this customer.",
    )

    @api.model
    def _pool_entry_candidate_domain(self):
        """Only whole customers circulate: contacts follow their company, colleagues never."""
        return Domain("parent_id", "=", False) & Domain("partner_share", "=", True)

    def _pool_customer(self):
        return self

    def _pool_apply(self, kind, user, pool, **details):
        former = self.grouped("user_id")
        result = super()._pool_apply(kind, user, pool, **details)
        if kind not in ("transfer", "leave"):
            for owner, customers in former.items():
                customers._pool_move_contacts(owner, user)
        return result

    def _pool_move_contacts(self, owner, user):
        """Contacts that had the same salesperson as their company follow it."""
        companies = self.filtered(lambda customer: customer.pool_id.contacts_follow)
        contacts = self.search(
            [
                ("id", "child_of", companies.ids),
                ("id", "not in", companies.ids),
                ("user_id", "=", owner.id),
                ("pool_id", "=", False),
            ]
        )
        contacts.with_context(pool_engine=ENGINE, tracking_disable=True).write({"user_id": user.id})

    def write(self, vals):
        if self.env.context.get("pool_merge") is ENGINE:
            # A merge of contacts copies field by field; the home is decided as a whole afterwards.
            vals = {name: value for name, value in vals.items() if not name.startswith("pool_")}
        homed = self.browse()
        if vals.get("parent_id") and not in_engine(self.env):
            homed = self.filtered(lambda customer: customer.sudo().pool_id)
        if homed:
            # A contact follows its company, so it cannot keep a home of its own; and to leave the
            # pool is its managers' decision, by whatever way.
            homed.check_access("write")
            homed._pool_or_raise(homed._pool_move("leave"))
        return super().write(vals)
