from odoo import api, fields, models
from odoo.fields import Domain

from .lead_pool_engine import ENGINE


class ResPartner(models.Model):
    _name = "res.partner"
    _inherit = ["lead.pool.mixin", "res.partner"]

    _pool_kind = "customer"
    _pool_move_link = "partner_id"

    pool_move_ids = fields.One2many(
        "lead.pool.move", "partner_id", string="Ownership", readonly=True, copy=False
    )
    pool_request_ids = fields.One2many("lead.pool.request", "partner_id", readonly=True, copy=False)

    @api.model
    def _pool_entry_candidate_domain(self):
        """Only whole customers circulate: contacts follow their company, colleagues never."""
        return Domain("parent_id", "=", False) & Domain("partner_share", "=", True)

    def write(self, vals):
        if self.env.context.get("pool_merge") is ENGINE:
            # A merge of contacts copies field by field; the home is decided as a whole afterwards.
            vals = {name: value for name, value in vals.items() if not name.startswith("pool_")}
        if vals.get("parent_id"):
            # A contact follows its company, so it cannot keep a home of its own.
            homed = self.sudo().filtered("pool_id")
            if homed:
                self.check_access("write")
                homed._pool_apply("leave", self.env["res.users"], None)
        return super().write(vals)
