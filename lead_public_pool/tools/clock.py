"""Due dates on plain values."""

from datetime import datetime, time, timedelta

import pytz
from dateutil.relativedelta import relativedelta

UNITS = {
    "day": relativedelta(days=1),
    "week": relativedelta(weeks=1),
    "month": relativedelta(months=1),
}


def due_date(base, delay, unit, tz_name=None):
    """When a clock that started at a moment runs out.

    :param datetime base: naive UTC start of the clock
    :param int delay: how many units, at least 1
    :param str unit: `hour`, `day` (same time of the day), `week` or `month` (same day of the month,
        or its last day: one month after 31 January is the last of February)
    :param str tz_name: time zone in which days are counted
    :return: naive UTC moment
    """
    if unit == "hour":
        return base + timedelta(hours=delay)
    return from_local(to_local(base, tz_name) + UNITS[unit] * delay, tz_name)


def add_days(base, days, tz_name=None):
    """So many days later (or earlier, below 0), at the same time of the day.

    :param datetime base: naive UTC
    :param float days: parts of a day count in hours
    :param str tz_name: time zone in which days are counted
    :return: naive UTC moment
    """
    whole = int(days)
    moment = from_local(to_local(base, tz_name) + timedelta(days=whole), tz_name)
    return moment + timedelta(days=days - whole)


def pause(base, due, absent_from, absent_until, tz_name=None):
    """Put off a due date by the part of an absence that lies between start and due date.

    :param datetime base: naive UTC start of the clock
    :param datetime due: naive UTC moment without the absence
    :param datetime absent_from: naive UTC start of the absence
    :param datetime absent_until: naive UTC end of the absence
    :param str tz_name: time zone in which days are counted; none for hours on end
    :return: naive UTC moment
    """
    start = max(base, absent_from)
    if start >= due or absent_until <= start:
        return due
    # The clock stands still until the absence ends, however long after the old due date that is.
    standing = to_local(absent_until, tz_name) - to_local(start, tz_name)
    return from_local(to_local(due, tz_name) + standing, tz_name)


def day_ends(start, end, tz_name):
    """Where a period ends on each local day that it touches: what goes on over midnight is of both.

    :param datetime start: naive UTC
    :param datetime end: naive UTC
    :return: naive UTC moments by day
    """
    day, ends = local_date(start, tz_name), {}
    while (following := midnight(day + timedelta(days=1), tz_name)) < end:
        ends[day] = following
        day += timedelta(days=1)
    return {**ends, day: end}


def naive_utc(moment):
    """A moment that knows its time zone, as Odoo stores it."""
    return moment.astimezone(pytz.utc).replace(tzinfo=None)


def to_local(moment, tz_name):
    """What the clock on the wall shows in a time zone at a naive UTC moment."""
    zone = pytz.timezone(tz_name or "UTC")
    return pytz.utc.localize(moment).astimezone(zone).replace(tzinfo=None)


def from_local(shown, tz_name):
    """Naive UTC moment at which the clock on the wall shows this; the first one if twice."""
    zone = pytz.timezone(tz_name or "UTC")
    first, second = (naive_utc(zone.localize(shown, is_dst=summer)) for summer in (True, False))
    # An hour that the change of clocks leaves out is over when it would begin.
    return first if to_local(first, tz_name) == shown else second


def day_bounds(now, tz_name):
    """First moment of the local day that contains `now`, and of the next one.

    :param datetime now: naive UTC
    :param str tz_name: name of a time zone, for example `Asia/Shanghai`
    :return: (start, end), naive UTC; 23 or 25 hours apart when the clocks change
    """
    today = local_date(now, tz_name)
    return midnight(today, tz_name), midnight(today + timedelta(days=1), tz_name)


def local_date(moment, tz_name):
    """Day of a naive UTC moment in a time zone."""
    return to_local(moment, tz_name).date()


def midnight(day, tz_name):
    """First moment of a local day, naive UTC."""
    return from_local(datetime.combine(day, time.min), tz_name)
