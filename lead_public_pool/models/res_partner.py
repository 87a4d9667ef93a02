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

    _pool_one_home = models.Constraint(
        "CHECK(pool_state = CASE WHEN pool_id IS NULL THEN 'outside'"
        " WHEN user_id IS NULL THEN 'pooled' ELSE 'owned' END)",
        "A customer has exactly one home: a salesperson or a pool.",
    )
    _pool_due_index = models.Index("(pool_due_date) WHERE pool_due_date IS NOT NULL")
    _pool_window_index = models.Index(
        "(pool_id, pool_priority DESC, id DESC) WHERE pool_state = 'pooled'"
    )
    _pool_all_index = models.Index("(pool_priority DESC, id DESC) WHERE pool_state = 'pooled'")
    _pool_owned_index = models.Index("(pool_id, user_id) WHERE pool_state = 'owned'")

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
