from odoo import SUPERUSER_ID, models

from .lead_pool_engine import ENGINE, VIA_ROUTE


class LeadPoolTurn(models.AbstractModel):
    """What a manager assigns by hand counts as a turn of whoever receives it."""

    _name = "lead.pool.turn"
    _description = "Turns Taken by Hand"

    def _pool_apply(self, kind, user, pool, **details):
        handed = self.browse()
        if kind == "assign" and self._pool_is_by_hand():
            handed = self.filtered(lambda record: record.pool_state == "pooled")
        # By pool before the move: the one whose rotation was passed over.
        homes = {home: len(records) for home, records in handed.grouped("pool_id").items()}
        result = super()._pool_apply(kind, user, pool, **details)
        for home, count in homes.items():
            home._count_turns(user, count)
        return result

    def _pool_is_by_hand(self):
        """Whether a person decides who receives these records, and not a rotation or a rule."""
        context = self.env.context
        machine = context.get("pool_turn") is ENGINE or context.get("pool_via") is VIA_ROUTE
        return self.env.uid != SUPERUSER_ID and not machine
