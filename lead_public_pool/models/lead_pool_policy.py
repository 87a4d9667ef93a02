from odoo import SUPERUSER_ID, api, models

from ..tools import verdict
from ..tools.verdict import Refusal
from .lead_pool_engine import VIA_APPROVED, VIA_NEXT, VIA_ROUTE
from .lead_pool_quota import Quota


class LeadPoolPolicy(models.AbstractModel):
    """Who may have which record, and if not, why and from when. Changes nothing."""

    _name = "lead.pool.policy"
    _description = "Pool Policy"

    @api.model
    def _refusals(self, kind, records, user, pool=None, each=False):
        """Judge one kind of move for many records.

        Records are judged in their order: each one that passes uses up quota for the next.

        :param str kind: kind of move, see `lead.pool.move`
        :param records: homes to change, in `sudo`
        :param user: owner after the move, empty if the records go to a pool
        :param pool: pool after the move, empty to keep the present one
        :param bool each: judge each record as if it were the only one
        :return: id of each refused record and its `Refusal`
        :rtype: dict[int, Refusal]
        """
        judge = getattr(self, f"_judge_{kind}", None)
        if judge is None:
            raise ValueError(f"No rule says who may make a move of the kind {kind!r}")
        # Others may have got the company in this very transaction.
        records.invalidate_recordset(["pool_guard_user_ids"], flush=False)
        quota = Quota.load(kind, records, user, pool or records.pool_id) if user else {}
        refusals = {}
        for record in records:
            home = pool or record.pool_id
            refusal = judge(record, user, home, quota.get(home.id))
            if refusal:
                refusals[record.id] = refusal
            elif home.id in quota and not each:
                quota[home.id].use(record)
        return refusals

    # ------------------------------------------------------------------
    # One judge per kind of move
    # ------------------------------------------------------------------

    def _judge_claim(self, record, user, pool, quota):
        return (
            self._refuse_state(record, user)
            or quota.refuse_membership()
            or self._refuse_mode(record, pool)
            or quota.refuse_skill(record)
            or self._refuse_owner_guard(record, user, pool)
            or quota.refuse_cooldown(record)
            or quota.refuse_fresh(record)
            or quota.refuse_interval()
            or quota.refuse_daily()
            or quota.refuse_looks()
            or quota.refuse_backlog()
            or quota.refuse_holding()
        )

    def _judge_assign(self, record, user, pool, quota):
        return (
            self._refuse_closed(record)
            or self._refuse_actor(record)
            or quota.refuse_receiver()
            or quota.refuse_holding()
        )

    def _judge_handover(self, record, user, pool, quota):
        return (
            self._refuse_owned_by_other(record)
            or quota.refuse_receiver()
            or (quota.refuse_given(record) if self._refuse_actor(record) else None)
            or quota.refuse_holding()
        )

    def _judge_enter(self, record, user, pool, quota):
        return self._refuse_entry(pool) or (quota.refuse_holding() if quota else None)

    def _judge_undo(self, record, user, pool, quota):
        return record._pool_refuse_undo()

    def _judge_release(self, record, user, pool, quota):
        if record.pool_state != "owned":
            return self._refuse_not_owned(record)
        return (
            self._refuse_closed(record)
            or self._refuse_owned_by_other(record)
            or self._refuse_foreign(record, pool)
        )

    def _judge_reclaim(self, record, user, pool, quota):
        return None if record.pool_state == "owned" else self._refuse_not_owned(record)

    def _judge_owner_left(self, record, user, pool, quota):
        return None if record.pool_state == "owned" else self._refuse_not_owned(record)

    def _judge_restore(self, record, user, pool, quota):
        """Who undoes a run has been asked before; here only what may be put back at all."""
        return self._refuse_closed(record) or quota.refuse_receiver() or quota.refuse_holding()

    def _judge_reopen(self, record, user, pool, quota):
        """What is open again counts again; it is held already."""
        return quota.refuse_holding(more=0)

    def _judge_transfer(self, record, user, pool, quota):
        return self._refuse_actor(record)

    def _judge_leave(self, record, user, pool, quota):
        return self._refuse_actor(record)

    # ------------------------------------------------------------------
    # Checks
    # ------------------------------------------------------------------

    def _refuse_closed(self, record):
        if record._pool_is_closed():
            return Refusal(
                verdict.CLOSED,
                self.env._("It is won, lost or archived and no longer circulates."),
            )
        return None

    def _refuse_state(self, record, user):
        if record.pool_state == "owned":
            if record.user_id == user:
                return Refusal(verdict.TAKEN, self.env._("You already hold it."))
            return Refusal(verdict.TAKEN, self.env._("Somebody else already holds it."))
        if record.pool_state != "pooled":
            return Refusal(verdict.NOT_POOLED, self.env._("It does not lie in a pool."))
        return self._refuse_closed(record)

    def _refuse_mode(self, record, pool):
        """How the pool gives records away."""
        via = self.env.context.get("pool_via")
        if pool.claim_mode == "assign":
            return Refusal(
                verdict.LOCKED,
                self.env._("Managers assign the records of the pool %s.", pool.name),
            )
        if pool.claim_mode == "next" and via is not VIA_NEXT:
            return Refusal(
                verdict.LOCKED,
                self.env._("The pool %s gives you the next best record; ask for it.", pool.name),
            )
        if pool.claim_mode == "approval" and via is not VIA_APPROVED:
            return Refusal(
                verdict.APPROVAL,
                pool._asked_text()
                if record.pool_request_ids.filtered(
                    lambda request: request.state == "waiting" and request.user_id == self.env.user
                )
                else pool._ask_text(),
            )
        return None

    def _refuse_owner_guard(self, record, user, pool):
        """A company that is another salesperson's customer, or a lead of it."""
        if pool.owner_guard not in ("block", "route"):
            return None
        if text := self._other_owner(record, user):
            return Refusal(verdict.OWNER_GUARD, text)
        return None

    @api.model
    def _owner_warning(self, record, user):
        """What a claimer should know about the customer, where the pool only warns."""
        return self._other_owner(record, user) if record.pool_id.owner_guard == "warn" else ""

    def _other_owner(self, record, user):
        owners = record.pool_guard_user_ids
        if not owners or user in owners:
            return ""
        if record._name == "res.partner":
            return self.env._("%s looks after the same company.", owners[0].name)
        return self.env._("It belongs to a customer of %s.", owners[0].name)

    def _refuse_not_owned(self, record):
        if record.pool_state == "pooled":
            return Refusal(verdict.TAKEN, self.env._("It already lies in the pool."))
        return Refusal(
            verdict.NOT_POOLED, self.env._("It has no pool to go back to; its owner keeps it.")
        )

    def _refuse_entry(self, pool):
        """Who is no member has no business putting records into a pool; filters may."""
        if self._acts_for_system() or self.env.context.get("pool_via") is VIA_ROUTE:
            return None
        if pool._member(self.env.user) or pool._is_managed_by(self.env.user):
            return None
        return Refusal(
            verdict.NOT_MEMBER, self.env._("You are not a member of the pool %s.", pool.name)
        )

    def _refuse_foreign(self, record, pool):
        """Who gives a record back puts it where he belongs, or where others may do so."""
        if pool == record.pool_id or pool.sudo().release_by_others:
            return None
        return self._refuse_entry(pool.sudo())

    def _refuse_actor(self, record):
        """Only managers of the present pool, and the system, move other people's records."""
        if self._acts_for_system() or not record.pool_id:
            return None
        if self.env.context.get("pool_via") is VIA_ROUTE:
            return None
        if record.pool_id._is_managed_by(self.env.user):
            return None
        return Refusal(
            verdict.NOT_MEMBER,
            self.env._("Only a manager of the pool %s may do this.", record.pool_id.name),
        )

    def _refuse_owned_by_other(self, record):
        if record.user_id == self.env.user:
            return None
        return self._refuse_actor(record)

    def _acts_for_system(self):
        """Crons, the mail gateway and server code act as the system, not as a person."""
        return self.env.uid == SUPERUSER_ID
