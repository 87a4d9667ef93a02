"""Due dates on plain values."""

from datetime import datetime, time, timedelta

import pytz
from dateutil.relativedelta import relativedelta

UNITS = {
    "hour": relativedelta(hours=1),
    "day": relativedelta(days=1),
    "week": relativedelta(weeks=1),
    "month": relativedelta(months=1),
}


def due_date(base, delay, unit):
    """When a clock that started at a moment runs out.

    :param datetime base: naive UTC start of the clock
    :param int delay: how many units, at least 1
    :param str unit: `hour`, `day` (24 hours), `week` or `month` (same day of the month, or its
        last day: one month after 31 January is the last of February)
    :return: naive UTC moment
    """
    return base + UNITS[unit] * delay


def pause(base, due, absent_from, absent_until):
    """Put off a due date by the part of an absence that lies between start and due date.

    :param datetime base: naive UTC start of the clock
    :param datetime due: naive UTC moment without the absence
    :param datetime absent_from: naive UTC start of the absence
    :param datetime absent_until: naive UTC end of the absence
    :return: naive UTC moment
    """
    start = max(base, absent_from)
    if start >= due or absent_until <= start:
        return due
    # The clock stands still until the absence ends, however long after the old due date that is.
    return due + (absent_until - start)


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
    return pytz.utc.localize(moment).astimezone(pytz.timezone(tz_name or "UTC")).date()


def midnight(day, tz_name):
    """First moment of a local day, naive UTC."""
    local = pytz.timezone(tz_name or "UTC").localize(datetime.combine(day, time.min))
    return local.astimezone(pytz.utc).replace(tzinfo=None)
