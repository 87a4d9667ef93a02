from odoo import models

from .lead_pool_engine import ENGINE


class LeadPoolEngine(models.AbstractModel):
    """What becomes of the homes of records that are merged."""

    _inherit = "lead.pool.engine"

    def _pool_merge(self, tail):
        """The surviving record keeps its home, or inherits the first one; histories are joined."""
        survivor, tail = self.sudo(), tail.sudo()
        tail.pool_move_ids.with_context(pool_engine=ENGINE).write(
            {self._pool_move_link: survivor.id}
        )
        homes = (survivor | tail).filtered("pool_id")
        if not homes:
            return
        # A record with an owner beats one that waits for an owner.
        heir = survivor if survivor.user_id else tail.filtered("user_id")[:1] or survivor
        home = survivor if survivor.pool_id else homes[:1]
        self._pool_check_merge(homes, heir.user_id)
        if survivor.pool_id != home.pool_id or survivor.user_id != heir.user_id:
            # The home decides about the company, or the record would lie in a foreign pool.
            if survivor.company_id:
                survivor.with_context(pool_engine=ENGINE).company_id = home.pool_id.company_id
            survivor._pool_apply("merge", heir.user_id, home.pool_id)
        else:
            names = ", ".join(record._pool_true_name() or "" for record in tail)
            note = self.env._("Merged with %s", names)
            self.env["lead.pool.move"].sudo().with_context(pool_engine=ENGINE).create(
                survivor._pool_ledger_values("merge", heir.user_id, home.pool_id, note=note)
            )

    def _pool_check_merge(self, homes, owner):
        """Merging is no way around a claim or a hand-over: who loses a record must agree to it.

        :param homes: records with a home that are merged
        :param owner: who has what is left of them
        :raise UserError: if the current user could not have given one of them to that owner
        """
        if self.env.su:
            return
        policy = self.env["lead.pool.policy"]
        for record in homes.filtered(lambda record: record.user_id != owner):
            if refusal := policy._refuse_owned_by_other(record):
                record._pool_or_raise([record._pool_result(refusal)])
