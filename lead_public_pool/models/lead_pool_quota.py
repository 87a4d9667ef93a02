from collections import Counter
from datetime import timedelta

from odoo import SUPERUSER_ID, fields
from odoo.fields import Domain

from ..tools import verdict
from ..tools.verdict import Refusal


class Quota:
    """Room that one user has left in one pool, used up record by record.

    Each `refuse_…` answers why not, or None. All that a batch needs is read beforehand, in a few
    queries for all its records.
    """

    def __init__(self, pool, user, counts, last_losses, records):
        self.pool = pool
        self.env = pool.env
        self.user = user
        self.member = pool._member(user)
        self.holding = counts["holding", pool.id]
        self.backlog = counts["backlog", pool.id]
        self.daily = counts["daily", pool.id]
        self.company_holding = counts["company", pool.company_id.id, pool.kind]
        self.last_claim = counts["last_claim", pool.id]
        self.last_losses = last_losses
        self.assigned = counts["assigned", pool.id]
        # Records to judge, and for those already judged, whether the member is skilled for them.
        self.records = records
        self.skilled = {}

    @classmethod
    def load(cls, kind, records, user, pools, count_all=False):
        """Quotas of a user in several pools.

        :param bool count_all: count also what no limit asks for
        :return: `Quota` by pool id
        """
        counts = Counter()

        def limited(name):
            return pools.filtered(lambda pool: count_all or pool._limits_for(user)[name])

        cls._count_holdings(counts, user, limited("holding_limit"))
        cls._count_backlog(counts, user, limited("backlog_limit"))
        cls._count_company(counts, user, pools)
        last_losses = {}
        if kind == "claim":
            cls._count_claims(counts, user, limited("daily_limit"))
            cls._find_last_claims(counts, user, limited("min_interval_minutes"))
            last_losses = cls._last_losses(user, records) if limited("cooldown_days") else {}
        if kind == "assign":
            cls._count_assigned(counts, user, pools)
        return {pool.id: cls(pool, user, counts, last_losses, records) for pool in pools}

    @staticmethod
    def _held(pools, user):
        """Model, and domain of the open records in it that the user holds; of pools of a kind."""
        records = pools.env[pools[0]._record_model_name()].sudo()
        return records, (
            records._pool_open_domain()
            & Domain("user_id", "=", user.id)
            & Domain("pool_state", "=", "owned")
        )

    @classmethod
    def _count_holdings(cls, counts, user, pools):
        """Open records that the user holds from each pool."""
        for pool in pools:
            records, held = cls._held(pool, user)
            own = held & Domain("pool_id", "=", pool.id)
            counted = pool._with_filter(
                "uncounted_domain",
                lambda uncounted, records=records, own=own: records.search_count(own & ~uncounted),
                None,
            )
            # While the filter is broken, all of them count.
            counts["holding", pool.id] = records.search_count(own) if counted is None else counted

    @classmethod
    def _count_backlog(cls, counts, user, pools):
        """Those that he has not worked yet."""
        for pool in pools:
            records, held = cls._held(pool, user)
            counts["backlog", pool.id] = records.search_count(
                held & Domain("pool_id", "=", pool.id) & Domain("pool_touch_date", "=", False)
            )

    @classmethod
    def _count_company(cls, counts, user, pools):
        """Open records that he holds from all pools of a company together."""
        for (company, kind), of_kind in pools.grouped(
            lambda pool: (pool.company_id, pool.kind)
        ).items():
            company = company.sudo()
            # This column only: a company has more than a hundred.
            company.fetch(["pool_holding_limit"])
            if company.pool_holding_limit:
                records, held = cls._held(of_kind, user)
                counts["company", company.id, kind] = records.search_count(
                    held & Domain("pool_id.company_id", "=", company.id)
                )

    @staticmethod
    def _claims(user):
        return Domain("kind", "=", "claim") & Domain("user_to_id", "=", user.id)

    @classmethod
    def _count_claims(cls, counts, user, pools):
        """Claims of today that were not undone; read from the ledger."""
        moves = pools.env["lead.pool.move"].sudo()
        members = pools.env["lead.pool.member"]
        for company, of_company in pools.grouped("company_id").items():
            start, _end = members._day_bounds(company, user)
            since = Domain("date", ">=", start) & Domain("pool_to_id", "in", of_company.ids)
            claims = since & cls._claims(user)
            undone = since & Domain("kind", "=", "undo") & Domain("user_from_id", "=", user.id)
            for domain, sign in ((claims, 1), (undone, -1)):
                for pool, count in moves._read_group(domain, ["pool_to_id"], ["__count"]):
                    counts["daily", pool.id] += sign * count

    @classmethod
    def _find_last_claims(cls, counts, user, pools):
        """When the user last claimed a record from each pool."""
        moves = pools.env["lead.pool.move"].sudo()
        for pool in pools:
            of_pool = cls._claims(user) & Domain("pool_to_id", "=", pool.id)
            last = moves.search(of_pool, order="date desc", limit=1)
            counts["last_claim", pool.id] = last.date or 0

    @staticmethod
    def _count_assigned(counts, user, pools):
        """Records that the system has handed to the user today."""
        members = pools.env["lead.pool.member"]
        for pool in pools:
            if pool._limits_for(user).assign_daily_limit:
                start, _end = members._day_bounds(pool.company_id, user)
                counts["assigned", pool.id] = (
                    pools.env["lead.pool.move"]
                    .sudo()
                    .search_count(
                        [
                            ("user_to_id", "=", user.id),
                            ("kind", "=", "assign"),
                            ("date", ">=", start),
                            ("pool_to_id", "=", pool.id),
                            ("actor_id", "=", SUPERUSER_ID),
                        ]
                    )
                )

    @staticmethod
    def _last_losses(user, records):
        """When the user last ceased to own each record; an undone claim was none."""
        link = records._pool_move_link
        rows = (
            records.env["lead.pool.move"]
            .sudo()
            ._read_group(
                [
                    ("user_from_id", "=", user.id),
                    (link, "in", records.ids),
                    ("kind", "in", ("release", "reclaim", "owner_left", "assign", "handover")),
                ],
                [link],
                ["date:max"],
            )
        )
        return {record.id: date for record, date in rows}

    def use(self, record):
        """Count a record that the user is about to receive."""
        self.holding += 1
        self.backlog += 1
        self.daily += 1
        self.company_holding += 1
        self.last_claim = self.env.cr.now()

    def limit(self, name):
        return self.member._limit(name) if self.member else self.pool[name]

    # ------------------------------------------------------------------
    # Who
    # ------------------------------------------------------------------

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

    def refuse_skill(self, record):
        if not self.member or self._is_skilled(record):
            return None
        if self.member._filter_trouble("skill_domain"):
            return Refusal(
                verdict.NOT_MEMBER,
                self.env._(
                    "The filter on the territory and products of %s does not work any more; a "
                    "manager of the pool must mend it.",
                    self.user.name,
                ),
            )
        return Refusal(
            verdict.NOT_MEMBER,
            self.env._("It is outside the territory or products of %s.", self.user.name),
        )

    def _is_skilled(self, record):
        """Whether the member's filter matches a record; found out for the whole batch at once."""
        if record.id not in self.skilled:
            together = record._name == self.records._name and record in self.records
            batch = self.records if together else record
            self.skilled.update(dict.fromkeys(batch._ids, False))
            found = self.member._matching("skill_domain", batch)
            self.skilled.update(dict.fromkeys(found._ids, True))
        return self.skilled[record.id]

    # ------------------------------------------------------------------
    # When
    # ------------------------------------------------------------------

    def refuse_cooldown(self, record):
        lost = self.last_losses.get(record.id)
        days = self.limit("cooldown_days")
        if not lost or not days:
            return None
        free = self.pool._days_later(lost, days)
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

    def refuse_fresh(self, record):
        hours = self.limit("fresh_delay_hours")
        if not self.member.head_start:
            hours += self.pool.head_start_hours
        if not hours or not record.pool_enter_date:
            return None
        free = record.pool_enter_date + timedelta(hours=hours)
        if free <= self.env.cr.now():
            return None
        return Refusal(
            verdict.FRESH_DELAY,
            self.env._("It has just come in; you may claim it from %s.", self._local(free)),
            free,
        )

    def refuse_interval(self):
        minutes = self.limit("min_interval_minutes")
        if not minutes or not self.last_claim:
            return None
        free = self.last_claim + timedelta(minutes=minutes)
        if free <= self.env.cr.now():
            return None
        return Refusal(
            verdict.MIN_INTERVAL,
            self.env._(
                "You claimed one a moment ago; the next one is yours from %s.", self._local(free)
            ),
            free,
        )

    # ------------------------------------------------------------------
    # How many
    # ------------------------------------------------------------------

    def refuse_daily(self):
        limit = self.limit("daily_limit")
        if not limit or self.daily < limit:
            return None
        _start, end = self.member._day_bounds(self.pool.company_id, self.user)
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

    def refuse_backlog(self):
        limit = self.limit("backlog_limit")
        if not limit or self.backlog < limit:
            return None
        return Refusal(
            verdict.BACKLOG,
            self.env._(
                "Work what you have first: %(count)s of your records from %(pool)s are untouched.",
                count=self.backlog,
                pool=self.pool.name,
            ),
        )

    def refuse_holding(self):
        limit = self.limit("holding_limit") if self.member else 0
        if limit and self.holding >= limit:
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
        cap = self.pool.company_id.sudo().pool_holding_limit
        if cap and self.company_holding >= cap:
            return Refusal(
                verdict.HOLDING_LIMIT,
                self.env._(
                    "%(user)s already holds %(count)s records from all pools together; "
                    "%(limit)s is the most.",
                    user=self.user.name,
                    count=self.company_holding,
                    limit=cap,
                ),
            )
        return None

    def refuse_assigned(self):
        limit = self.limit("assign_daily_limit")
        if not limit or self.assigned < limit:
            return None
        return Refusal(
            verdict.DAILY_LIMIT,
            self.env._(
                "has received %(count)s of %(limit)s records today",
                count=self.assigned,
                limit=limit,
            ),
        )

    def _local(self, moment):
        return fields.Datetime.context_timestamp(self.pool, moment).strftime("%Y-%m-%d %H:%M")
