from odoo import SUPERUSER_ID, models

# A pool whose filter on what does not count is one of these counts everything.
NONE_UNCOUNTED = (False, "", "[('id', '=', 0)]")


class LeadPoolMixin(models.AbstractModel):
    """Won, lost and archived records rest; what is opened again is held by the same rules."""

    _inherit = "lead.pool.mixin"

    def _pool_resting(self, vals):
        """Held records that count towards no limit before a write, and may do so after it.

        :param dict vals: values of the write
        """
        held = self.sudo().filtered(lambda record: record.pool_state == "owned")
        names = {"active", "stage_id", "probability"}
        for domain in held.pool_id.mapped("uncounted_domain"):
            if domain not in NONE_UNCOUNTED:
                names |= self._fields.keys()
        return held - held._pool_counted() if names & vals.keys() else held.browse()

    def _pool_counted(self):
        """Those of these held records that count towards the limits of their owners."""
        running = self.filtered(lambda record: not record._pool_is_closed())
        counted = running.browse()
        for pool, records in running.grouped("pool_id").items():
            if pool.uncounted_domain not in NONE_UNCOUNTED:
                records -= pool._matching("uncounted_domain", records)
            counted |= records
        return counted

    def _pool_check_reopened(self):
        """What is open again counts again, and needs an owner who is still there.

        A person is told, since it may be the customer with whom they work at this moment, and can
        make room first. What a machine opens goes to the pool.

        :raise UserError: if an owner now holds more than the limit
        """
        reopened = self.filtered(lambda record: record.pool_state == "owned")._pool_counted()
        left = reopened.filtered(lambda record: not record.user_id.active or record.user_id.share)
        if left:
            left._pool_move("owner_left")
            reopened -= left
        for owner, records in reopened.grouped("user_id").items():
            records._pool_lock_members(owner)
            refusals = self.env["lead.pool.policy"]._refusals("reopen", records, owner, each=True)
            records._pool_touch_members(owner)
            over = records.filtered(lambda record, refusals=refusals: record.id in refusals)
            if over and self.env.uid == SUPERUSER_ID:
                over._pool_move("release", note=refusals[over[0].id].message)
            else:
                over._pool_or_raise([r._pool_result(refusals[r.id]) for r in over])
