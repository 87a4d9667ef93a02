from odoo import SUPERUSER_ID, api, fields, models
from odoo.fields import Domain

from ..tools import verdict
from ..tools.verdict import Refusal


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
            return {}
        quota = self._quota(kind, records, user, pool) if user else {}
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
            or quota.refuse_cooldown(record)
            or quota.refuse_daily()
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
            self._refuse_owned_by_other(record) or quota.refuse_receiver() or quota.refuse_holding()
        )

    def _judge_enter(self, record, user, pool, quota):
        return quota.refuse_holding() if quota else None

    def _judge_release(self, record, user, pool, quota):
        if record.pool_state != "owned":
            return self._refuse_not_owned(record)
        return self._refuse_owned_by_other(record)

    def _judge_reclaim(self, record, user, pool, quota):
        return None if record.pool_state == "owned" else self._refuse_not_owned(record)

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

    def _refuse_not_owned(self, record):
        if record.pool_state == "pooled":
            return Refusal(verdict.TAKEN, self.env._("It already lies in the pool."))
        return Refusal(
            verdict.NOT_POOLED, self.env._("It has no pool to go back to; its owner keeps it.")
        )

    def _refuse_actor(self, record):
        """Only managers of the present pool, and the system, move other people's records."""
        if self._acts_for_system() or not record.pool_id:
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

    # ------------------------------------------------------------------
    # Quotas
    # ------------------------------------------------------------------

    @api.model
    def _quota(self, kind, records, user, pool=None):
        """Room that a user has left in each pool concerned.

        :return: `Quota` by pool id
        """
        pools = pool or records.pool_id
        holding = self._holding_counts(user, pools)
        daily = self._daily_counts(user, pools) if kind == "claim" else {}
        lost = self._last_losses(user, records) if kind == "claim" else {}
        return {
            pool.id: Quota(pool, user, holding.get(pool.id, 0), daily.get(pool.id, 0), lost)
            for pool in pools
        }

    @api.model
    def _holding_counts(self, user, pools):
        """Open records a user holds, by pool id."""
        counts = {}
        for model_name in {pool._record_model_name() for pool in pools}:
            records = self.env[model_name].sudo()
            domain = Domain.AND(
                [
                    records._pool_open_domain(),
                    Domain("user_id", "=", user.id),
                    Domain("pool_id", "in", pools.ids),
                    Domain("pool_state", "=", "owned"),
                ]
            )
            for pool, count in records._read_group(domain, ["pool_id"], ["__count"]):
                counts[pool.id] = count
        return counts

    @api.model
    def _daily_counts(self, user, pools):
        """Claims of a user today, by pool id, read from the ledger."""
        counts = {}
        for company, pools_of_company in pools.grouped("company_id").items():
            start, _end = self.env["lead.pool.member"]._day_bounds(company)
            domain = [
                ("user_to_id", "=", user.id),
                ("kind", "=", "claim"),
                ("date", ">=", start),
                ("pool_to_id", "in", pools_of_company.ids),
            ]
            for pool, count in (
                self.env["lead.pool.move"].sudo()._read_group(domain, ["pool_to_id"], ["__count"])
            ):
                counts[pool.id] = count
        return counts

    @api.model
    def _last_losses(self, user, records):
        """When a user last ceased to own each record, by record id."""
        link = records._pool_move_link
        rows = (
            self.env["lead.pool.move"]
            .sudo()
            ._read_group(
                [("user_from_id", "=", user.id), (link, "in", records.ids)],
                [link],
                ["date:max"],
            )
        )
        return {record.id: date for record, date in rows}


class Quota:
    """Room that one user has left in one pool, used up record by record."""

    def __init__(self, pool, user, holding, daily, last_losses):
        self.pool = pool
        self.env = pool.env
        self.user = user
        self.member = pool._member(user)
        self.holding = holding
        self.daily = daily
        self.last_losses = last_losses

    def use(self, record):
        self.holding += 1
        self.daily += 1

    def refuse_membership(self):
        if self.member and self.user.active:
            return None
        return Refusal(
            verdict.NOT_MEMBER,
            self.env._("You are not a member of the pool %s.", self.pool.name),
        )

    def refuse_receiver(self):
        if self.member and self.user.active:
            return None
        return Refusal(
            verdict.INVALID_USER,
            self.env._(
                "%(user)s is not a member of the pool %(pool)s.",
                user=self.user.name,
                pool=self.pool.name,
            ),
        )

    def refuse_cooldown(self, record):
        lost = self.last_losses.get(record.id)
        if not lost or not self.pool.cooldown_days:
            return None
        free = fields.Datetime.add(lost, days=self.pool.cooldown_days)
        if free <= self.env.cr.now():
            return None
        return Refusal(
            verdict.COOLDOWN,
            self.env._(
                "You had it until %(lost)s; others get their chance until %(free)s.",
                lost=self._local(lost),
                free=self._local(free),
            ),
            free,
        )

    def refuse_daily(self):
        limit = self.member._limit("daily_limit")
        if not limit or self.daily < limit:
            return None
        _start, end = self.member._day_bounds(self.pool.company_id)
        return Refusal(
            verdict.DAILY_LIMIT,
            self.env._(
                "You have claimed %(count)s of %(limit)s records from %(pool)s today.",
                count=self.daily,
                limit=limit,
                pool=self.pool.name,
            ),
            end,
        )

    def refuse_holding(self):
        limit = self.member and self.member._limit("holding_limit")
        if not limit or self.holding < limit:
            return None
        return Refusal(
            verdict.HOLDING_LIMIT,
            self.env._(
                "%(user)s already holds %(count)s of %(limit)s records from %(pool)s.",
                user=self.user.name,
                count=self.holding,
                limit=limit,
                pool=self.pool.name,
            ),
        )

    def _local(self, moment):
        return fields.Datetime.context_timestamp(self.pool, moment).strftime("%Y-%m-%d %H:%M")
