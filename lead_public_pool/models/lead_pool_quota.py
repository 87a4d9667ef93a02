from collections import Counter
from datetime import timedelta

from odoo import SUPERUSER_ID, fields
from odoo.fields import Domain

from ..tools import verdict
from ..tools.verdict import Refusal

# A hand-over of what was received less long ago gives its receiver what somebody else claimed.
FRESH_HOURS = 24
# Ways in which a record comes back to a pool.
RETURNED = ("release", "reclaim", "owner_left")


class Quota:
    """Room that one user has left in one pool, used up record by record.

    Each `refuse_…` answers why not, or None. All that a batch needs is read beforehand, in a few
    queries for all its records.
    """

    def __init__(self, kind, pool, user, counts, last_losses, records):
        self.kind = kind
        self.pool = pool
        self.env = pool.env
        self.user = user
        self.member = pool._member(user)
        # What was seen and given up at once in a sealed pool counts for the rest of the day.
        self.undone = counts["undone", pool.id]
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
        if kind in ("claim", "handover"):
            cls._count_claims(counts, user, limited("daily_limit"))
            last_losses = cls._last_losses(kind, user, records, limited("cooldown_days"))
        if kind == "claim":
            cls._count_undone(counts, user, pools)
            cls._find_last_claims(counts, user, limited("min_interval_minutes"))
        if kind == "assign":
            cls._count_assigned(counts, user, pools)
        return {pool.id: cls(kind, pool, user, counts, last_losses, records) for pool in pools}

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
        """Claims of today, and what colleagues claimed for him; read from the ledger.

        An undone claim counts only where it has shown contact details: in a sealed pool.
        """
        moves = pools.env["lead.pool.move"].sudo()
        members = pools.env["lead.pool.member"]
        for company, of_company in pools.grouped("company_id").items():
            start, _end = members._day_bounds(company, user)
            since = Domain("date", ">=", start) & Domain("pool_to_id", "in", of_company.ids)
            sealed = of_company.filtered(lambda pool: pool.visibility == "sealed")
            claims = cls._claims(user) & (
                Domain("undone", "!=", True) | Domain("pool_to_id", "in", sealed.ids)
            )
            given = (
                Domain("kind", "=", "handover")
                & Domain("user_to_id", "=", user.id)
                & Domain("hours_before", "<", FRESH_HOURS)
            )
            rows = moves._read_group(since & (claims | given), ["pool_to_id"], ["__count"])
            for pool, count in rows:
                counts["daily", pool.id] += count

    @classmethod
    def _count_undone(cls, counts, user, pools):
        """Records of sealed pools that the user saw by a claim of today that he undid."""
        for pool in pools:
            if pool.visibility != "sealed" or not pool._limits_for(user).undo_minutes:
                continue
            start, _end = pools.env["lead.pool.member"]._day_bounds(pool.company_id, user)
            undone = (
                cls._claims(user)
                & Domain("pool_to_id", "=", pool.id)
                & Domain("date", ">=", start)
                & Domain("undone", "=", True)
            )
            moves = pools.env["lead.pool.move"].sudo().search_fetch(undone, ["res_id"])
            records = pools.env[pool._record_model_name()].sudo().browse(moves.mapped("res_id"))
            gone = records.exists().filtered(lambda record: record.user_id != user)
            counts["undone", pool.id] = len(set(gone._ids))

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
    def _last_losses(kind, user, records, limited):
        """When the user last ceased to own each record, and from which pools he had it.

        An undone claim was no loss, and what one handed over a colleague may hand back.

        :param limited: pools with a cool-down
        :return: list of (date, pool) by record id
        """
        kinds = RETURNED if kind == "handover" else (*RETURNED, "assign", "handover")
        if not limited:
            # The pool from which it came may have a cool-down; what never came back has none.
            records = records.filtered("pool_former_user_id")
        if not records:
            return {}
        link = records._pool_move_link
        rows = (
            records.env["lead.pool.move"]
            .sudo()
            ._read_group(
                [
                    ("user_from_id", "=", user.id),
                    (link, "in", records.ids),
                    ("kind", "in", kinds),
                ],
                [link, "pool_from_id"],
                ["date:max"],
            )
        )
        losses = {}
        for record, pool, date in rows:
            losses.setdefault(record.id, []).append((date, pool))
        return losses

    def use(self, record):
        """Count a record that the user is about to receive."""
        self.holding += 1
        self.backlog += 1
        self.daily += self.kind == "claim" or self.is_fresh(record)
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
        if self.member and self.user.active and self.member._may_work():
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

    def _cooldown(self, lost, home):
        """Until when the user may not have what he lost then from a pool.

        The longer term counts of that pool and of the one in which it lies now: going through
        another pool of the company shortens none.
        """
        days = self.limit("cooldown_days")
        if home and home != self.pool and home.company_id == self.pool.company_id:
            days = max(days, home._limits_for(self.user).cooldown_days)
        return self.pool._days_later(lost, days)

    def is_fresh(self, record):
        """Whether its owner has had a record so short a time that he claimed it for another."""
        since = record.pool_own_date
        return bool(since) and self.env.cr.now() - since < timedelta(hours=FRESH_HOURS)

    def refuse_cooldown(self, record):
        losses = self.last_losses.get(record.id)
        if not losses:
            return None
        free, lost = max((self._cooldown(lost, home), lost) for lost, home in losses)
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

    def refuse_given(self, record):
        """What a colleague hands over whom no pool would give it to the receiver.

        :param record: held by the colleague who hands it over
        """
        return self.refuse_cooldown(record) or (
            self.refuse_daily() if self.is_fresh(record) else None
        )

    def refuse_looks(self):
        """Each claim that was undone showed the details of a record, as a look does."""
        limit = self.pool.daily_view_limit
        if self.pool.visibility != "sealed" or not limit or self.undone < limit:
            return None
        _start, end = self.member._day_bounds(self.pool.company_id, self.user)
        return Refusal(
            verdict.DAILY_LIMIT,
            self.env._(
                "You have undone %(count)s claims from %(pool)s today, and seen as many records.",
                count=self.undone,
                pool=self.pool.name,
            ),
            end,
        )

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

    def refuse_holding(self, more=1):
        """Why the user may not hold so many records more.

        :param int more: 0 asks about those that he has come to hold already
        """
        limit = self.limit("holding_limit") if self.member else 0
        holding = self.holding + self.undone
        if limit and holding + more > limit:
            return Refusal(
                verdict.HOLDING_LIMIT,
                self.env._(
                    "%(user)s already holds %(count)s of %(limit)s records from %(pool)s.",
                    user=self.user.name,
                    count=holding,
                    limit=limit,
                    pool=self.pool.name,
                ),
            )
        cap = self.pool.company_id.sudo().pool_holding_limit
        if cap and self.company_holding + more > cap:
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
