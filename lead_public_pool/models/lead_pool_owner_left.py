from odoo import fields, models
from odoo.fields import Domain

from ..tools.jobs import each_or_set_aside
from .lead_pool_trouble import RETRY_HOURS


class LeadPoolMixin(models.AbstractModel):
    """What a salesperson held who has left the company, or the pool, goes back."""

    _inherit = "lead.pool.mixin"

    def _pool_give_up(self, owner, pool, why):
        """Give back what somebody held; the managers are told.

        A record at which that fails stops neither the others nor the leave; it is tried again.

        :param owner: who held these records (`res.users`)
        :param pool: their home (`lead.pool`)
        :param function why: says the reason in a language
        """
        note = why(self.env.lang)
        answers = each_or_set_aside(
            self,
            lambda records: records._pool_move("owner_left", note=note),
            lambda record, error: self.env["lead.pool.trouble"]._note("owner_left", record, error),
        )
        moved = self.browse(answer["id"] for part in answers for answer in part if answer["ok"])
        moved._pool_tell_owner_left(owner, pool, why)

    def _pool_give_up_again(self):
        """Try once more, a day later, what could not go back when its owner left."""
        before = fields.Datetime.subtract(self.env.cr.now(), hours=RETRY_HOURS)
        troubles = self.env["lead.pool.trouble"].sudo()
        due = troubles.search(
            Domain("kind", "=", "owner_left")
            & Domain("res_model", "=", self._name)
            & Domain("date", "<=", before)
        )
        held = self.sudo().search(
            Domain("id", "in", due.mapped("res_id"))
            & self._pool_open_domain()
            & Domain("pool_state", "=", "owned")
        )
        due.filtered(lambda trouble: trouble.res_id not in held._ids).unlink()
        for (owner, pool), records in held.grouped(lambda r: (r.user_id, r.pool_id)).items():
            if not (owner.active and pool._member(owner)):
                records._pool_give_up(owner, pool, owner._pool_why_left)
