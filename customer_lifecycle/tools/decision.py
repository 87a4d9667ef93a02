"""What becomes of one customer, on plain values: what the statement of the run does to many.

Empty dates count for nothing in a comparison, as in SQL: `later` and `sooner` leave them out.
"""

from datetime import timedelta
from functools import cached_property
from typing import NamedTuple

from .chance import silence
from .purchase_model import DAYS_PER_WEEK, p_buy
from .states import ASLEEP, BOUGHT, Limits, limits_of, state_by

YEAR = 365
# Silence where nothing says how long is too long.
NEVER = Limits(10**5, 10**5, 10**5)


class Rules(NamedTuple):
    """What a profile says, and what the company's purchases say about its customers."""

    version: int = None
    engine: str = "none"
    source: str = None
    new_days: int = 0
    loyal_orders: int = 0
    loyal_days: int = 0
    contact_days: int = 0
    recovered_days: int = 0
    horizon_days: int = 0
    # Chances below which a customer is at risk, dormant and churned.
    bands: tuple = ()
    # (from purchases, Limits) of profiles that decide by silence.
    lines: tuple = ()
    # r, alpha, a, b of the purchase model, None where there is no chance to tell.
    model: tuple = None

    def limits(self, facts):
        """Silence that is allowed after these purchases, None if nothing is due.

        :rtype: Limits
        """
        if self.engine == "none" or not facts.orders:
            return None
        if self.engine != "p_buy":
            return limits_of(self.lines, facts.orders)
        if self.model is None:
            return None
        span = (facts.last - facts.first).days
        days = [
            silence(self.model, [facts.orders], [span], self.horizon_days, chance)[0]
            for chance in self.bands
        ]
        return Limits(*map(int, days))


class Facts(NamedTuple):
    """What was bought until today; what is dated later waits for its day."""

    orders: int
    first: object
    last: object
    total: float
    year_total: float
    year_day: object
    future_day: object
    given_back: bool


def facts_of(documents, today):
    """Facts from documents; several on one day are one purchase.

    :param documents: (day, amount, bought, given back) of each, amounts as `Decimal`
    :param date today: last day that counts
    :rtype: Facts
    """
    given_back = any(line[3] for line in documents)
    documents = [line[:3] for line in documents if line[0]]
    past = [line for line in documents if line[0] <= today]
    year = [line for line in past if line[0] > today - timedelta(days=YEAR)]
    bought = {day for day, _amount, is_purchase in past if is_purchase}
    return Facts(
        orders=len(bought),
        first=min(bought, default=None),
        last=max(bought, default=None),
        total=float(sum(amount or 0 for _day, amount, _bought in past)),
        year_total=float(sum(amount or 0 for _day, amount, _bought in year)),
        year_day=min((day for day, *_rest in year), default=None),
        future_day=min((day for day, *_rest in documents if day > today), default=None),
        given_back=given_back,
    )


def later(*days):
    return max((day for day in days if day), default=None)


def sooner(*days):
    return min((day for day in days if day), default=None)


def after(day, days):
    """So many days after a day; None where either is missing."""
    return None if day is None or days is None else day + timedelta(days=days)


class Decision:
    """All that follows from the facts of one customer, from the rules, and from what was.

    :param dict row: columns of his row as they are
    :param Rules rules: of his profile
    :param Facts facts: what he bought
    :param date today: day to decide for
    """

    # Day of the last contact, where the rules ask for it; to be set when `asks_for_contact`.
    contact = None

    def __init__(self, row, rules, facts, today):
        self.row, self.rules, self.facts, self.today = row, rules, facts, today
        self.limits = rules.limits(facts)
        risk, dormant, churn = self.limits or (None, None, None)
        self.risk_on = after(facts.last, risk)
        self.dormant_on = after(facts.last, dormant)
        self.churn_on = after(facts.last, churn)

    @property
    def asks_for_contact(self):
        """Whether nothing but a contact could keep the customer awake."""
        asleep = self.dormant_on and self.dormant_on <= self.today
        return bool(self.rules.contact_days > 0 and asleep)

    @cached_property
    def sleep_on(self):
        return later(self.dormant_on, after(self.contact, self.rules.contact_days))

    @cached_property
    def loss_on(self):
        return later(self.churn_on, after(self.contact, self.rules.contact_days))

    @cached_property
    def news(self):
        """More than 0 after a purchase, less after a refund."""
        return self.facts.orders - (self.row["order_count"] or 0)

    # ------------------------------------------------------------------
    # The state
    # ------------------------------------------------------------------

    @cached_property
    def by_hand(self):
        """Whether somebody has set the state, and it still holds."""
        row, last = self.row, self.facts.last
        if not row["manual_state"] or (row["lock_date"] and row["lock_date"] < self.today):
            return False
        bought = last and row["manual_date"] and last > row["manual_date"]
        return not (row["lock_until_order"] and (bought or self.news > 0))

    @cached_property
    def machine_state(self):
        """What the rules say, before anybody's hand and before what was is looked at."""
        if self.rules.engine == "none":
            return "not_tracked"
        facts, rules, limits = self.facts, self.rules, self.limits or NEVER
        return state_by(
            facts.orders, facts.first, facts.last, self.today, limits, rules, self.contact
        )

    @cached_property
    def state(self):
        """A hand beats the machine, and the machine never moves back by itself."""
        if self.by_hand:
            return self.row["manual_state"]
        old, new, last = self.row["state"], self.machine_state, self.facts.last
        if not self.same_rules or self.news < 0:
            return new
        woken = new in BOUGHT or (old, new) == ("churned", "dormant")
        if old in ASLEEP and woken and last and last == self.row["last_order_date"]:
            return old
        return old if old == "loyal" and new in ("new", "active") else new

    @property
    def same_rules(self):
        """Whether the machine has decided last, and by these rules."""
        version = self.rules.version
        return (
            version is not None
            and version == self.row["profile_version"]
            and (not self.row["manual_state"])
        )

    @cached_property
    def came_back(self):
        return self.row["state"] in ASLEEP and self.state in BOUGHT and self.news > 0

    @cached_property
    def marked_until(self):
        """Whoever bought again after having been dormant or churned is marked for a while."""
        if self.came_back:
            return after(self.facts.last, self.rules.recovered_days)
        return self.row["recovered_until"] if self.state in BOUGHT else None

    # ------------------------------------------------------------------
    # When and why
    # ------------------------------------------------------------------

    @cached_property
    def due(self):
        """The day on which time alone changes the state."""
        if self.by_hand:
            return after(self.row["lock_date"], 1)
        if self.state == "new" and self.facts.orders > 1:
            return sooner(after(self.facts.first, self.rules.new_days), self.sleep_on)
        if self.state in BOUGHT:
            return self.sleep_on
        return self.loss_on if self.state == "dormant" else None

    @cached_property
    def check_date(self):
        """The day on which anything at all changes."""
        days = (
            self.due,
            self.risk_on if self.state in BOUGHT else None,
            after(self.marked_until, 1),
            after(self.facts.year_day, YEAR),
            self.facts.future_day,
        )
        return sooner(*(day for day in days if day and day > self.today))

    @cached_property
    def at_risk(self):
        silent = self.risk_on is not None and self.today >= self.risk_on
        return self.state in BOUGHT and not self.by_hand and silent

    @cached_property
    def began_on(self):
        """The day on which the present state began."""
        if self.by_hand:
            day = self.row["manual_date"]
        elif self.state == "churned":
            day = self.loss_on
        elif self.state == "dormant":
            day = self.sleep_on
        else:
            day = self.facts.last if self.news > 0 else self.today
        return sooner(self.today, later(self.row["state_since"], day))

    @cached_property
    def why(self):
        row = self.row
        if row["manual_state"]:
            return "manual"
        if self.news > 0 and self.state in BOUGHT:
            return "order"
        if self.news < 0:
            return "refund"
        if row["state_since"] is None and not self.facts.orders:
            return "lead"
        versions = (row["profile_version"], self.rules.version)
        return "time" if None in versions or len(set(versions)) == 1 else "profile"

    # ------------------------------------------------------------------
    # The outcome
    # ------------------------------------------------------------------

    @cached_property
    def chance(self):
        """Chance of an order within the horizon."""
        if not self.facts.orders or self.rules.model is None:
            return None
        facts, week = self.facts, DAYS_PER_WEEK
        t_x, age = (facts.last - facts.first).days, (self.today - facts.first).days
        chance = p_buy(
            self.rules.model,
            facts.orders - 1,
            t_x / week,
            age / week,
            self.rules.horizon_days / week,
        )
        return float(chance)

    def columns(self, tier):
        """Columns of the row as they are to be.

        :param str tier: see `tier_of`
        :rtype: dict
        """
        row, facts, hand = self.row, self.facts, self.by_hand
        moved = row["state_since"] is None or self.state != row["state"]
        was = row["state"] if moved and row["state_since"] else row["previous_state"]
        fell = bool(row["tier"] and tier and row["tier"] != tier)
        return {
            "profile_version": self.rules.version,
            "state": self.state,
            "state_since": self.began_on if moved else row["state_since"],
            "previous_state": was,
            "due_date": self.due if self.due and self.due > self.today else None,
            "check_date": self.check_date,
            "at_risk": self.at_risk,
            "risk_date": self.risk_on,
            "dormant_date": self.sleep_on,
            "churn_date": self.loss_on,
            "recovered": self.marked_until is not None and self.marked_until >= self.today,
            "recovered_until": self.marked_until,
            "order_count": facts.orders,
            "first_order_date": facts.first,
            "last_order_date": facts.last,
            "amount_total": facts.total,
            "amount_year": facts.year_total,
            "last_contact_date": self.contact or row["last_contact_date"],
            "tier": tier,
            "previous_tier": row["tier"] if fell else row["previous_tier"],
            "p_buy": self.chance,
            "manual_state": row["manual_state"] if hand else None,
            "manual_reason": row["manual_reason"] if hand else None,
            "manual_user_id": row["manual_user_id"] if hand else None,
            "manual_date": row["manual_date"] if hand else None,
            "lock_date": row["lock_date"] if hand else None,
            "lock_until_order": hand and bool(row["lock_until_order"]),
            # Never taken back: the order may be cancelled, and confirmed once more.
            "given_back": bool(row["given_back"]) or facts.given_back,
            # Whatever went wrong the last time is over.
            "failure": None,
        }

    def changes(self, tier):
        """Changes that become history: (kind, value before, value after)."""
        row = self.row
        was = row["state"] if row["state_since"] else None
        if was != self.state:
            yield "state", was, self.state
        if self.at_risk and not row["at_risk"]:
            yield "risk", None, "at_risk"
        if row["tier"] and tier and row["tier"] != tier:
            yield "tier", row["tier"], tier

    def reasons(self):
        """The facts on which it was decided, as they are kept with a change."""
        days = {
            "first": self.facts.first,
            "last": self.facts.last,
            "risk": self.risk_on,
            "dormant": self.sleep_on,
            "churned": self.loss_on,
            "contact": self.contact,
        }
        texts = {name: day.isoformat() for name, day in days.items() if day}
        return {"orders": self.facts.orders, "engine": self.rules.engine, **texts}


def tier_of(spent, old, bounds, margin):
    """Tier by the spend of a year, kept until the spend falls clearly below its bound.

    :param float spent: in a year
    :param str old: tier so far, None if there was none
    :param bounds: (tier, spend from which it holds), the highest first
    :param float margin: per cent by which the spend may fall below
    """
    for tier, bound in bounds:
        if spent >= bound * (1 - margin / 100 if old and old <= tier else 1):
            return tier
    return "D"
