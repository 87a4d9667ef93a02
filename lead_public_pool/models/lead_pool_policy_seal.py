from odoo import models

from ..tools import verdict
from ..tools.verdict import Refusal


class LeadPoolPolicy(models.AbstractModel):
    _inherit = "lead.pool.policy"

    def _judge_claim(self, record, user, pool, quota):
        return self._refuse_hidden(record, user) or super()._judge_claim(record, user, pool, quota)

    def _refuse_hidden(self, record, user):
        """A hidden pool answers like no pool at all: its managers assign what lies in it."""
        pool = record.pool_id
        if record.pool_state != "pooled" or pool.visibility != "hidden":
            return None
        if pool._is_managed_by(user):
            return None
        return Refusal(
            verdict.NOT_POOLED, self.env._("There is no such record in a pool you may use.")
        )
