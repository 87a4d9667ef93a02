"""The state of a customer from his facts, in plain Python: what the SQL of the run mirrors."""

from datetime import timedelta
from typing import NamedTuple

BOUGHT = ("new", "active", "loyal")
ASLEEP = ("dormant", "churned")


class Limits(NamedTuple):
    """Silent days until a customer is at risk, dormant and churned."""

    risk: int
    dormant: int
    churn: int


def limits_of(lines, orders):
    """The line for so many purchases.

    :param lines: (from purchases, Limits), in any order
    :param int orders: purchase days
    :return: the last line that starts at or below `orders`, or the lowest
    :rtype: Limits
    """
    lines = sorted(lines)
    fitting = [limits for least, limits in lines if least <= orders]
    return fitting[-1] if fitting else lines[0][1]


def latest(day, contact, contact_days):
    """A day, put off as long as a contact counts."""
    return max(day, contact + timedelta(days=contact_days)) if contact and contact_days else day


def state_of(days, today, limits, rules, contact=None):
    """State by the rules alone, as the machine decides about somebody it has never seen.

    :param days: purchase days (dates), sorted, none after today
    :param date today:
    :param Limits limits: None for customers who are not tracked
    :param rules: `new_days`, `loyal_orders`, `loyal_days`, `contact_days` as attributes
    :param date contact: last contact, None if it does not matter
    :rtype: str
    """
    if limits is None:
        return "not_tracked"
    first, last = (days[0], days[-1]) if days else (None, None)
    return state_by(len(days), first, last, today, limits, rules, contact)


def state_by(orders, first, last, today, limits, rules, contact=None):
    """`state_of` by the number of purchase days and the first and the last of them."""
    if not orders:
        return "prospect"
    if today >= latest(last + timedelta(days=limits.churn), contact, rules.contact_days):
        return "churned"
    if today >= latest(last + timedelta(days=limits.dormant), contact, rules.contact_days):
        return "dormant"
    if orders == 1 or today < first + timedelta(days=rules.new_days):
        return "new"
    if orders >= rules.loyal_orders and (last - first).days >= rules.loyal_days:
        return "loyal"
    return "active"


def settle(old_state, machine_state, news):
    """An automatic move does not go back by itself: only a purchase or a refund moves back.

    :param str old_state: state before
    :param str machine_state: what the rules say
    :param int news: more than 0 after a purchase, less after a refund, 0 if neither happened
    """
    if news < 0:
        return machine_state
    if news == 0 and old_state in ASLEEP and machine_state in BOUGHT:
        return old_state
    if news == 0 and old_state == "churned" and machine_state == "dormant":
        return old_state
    if old_state == "loyal" and machine_state in ("new", "active"):
        return old_state
    return machine_state


def usual_gap(first, last, orders, mean_gap):
    """Days between purchases, shrunk towards what is usual: (sum of gaps + 2 mean) / (gaps + 2).

    :param date first: first purchase day
    :param date last: last purchase day
    :param int orders: purchase days
    :param float mean_gap: days between purchases of all customers, 0 if it is not known yet
    :return: whole days, None for who bought on one day
    """
    gaps = orders - 1
    if gaps < 1:
        return None
    if not mean_gap:
        return round((last - first).days / gaps)
    return round(((last - first).days + 2 * mean_gap) / (gaps + 2))
