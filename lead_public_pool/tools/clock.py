"""Due dates on plain values."""

from datetime import datetime, time, timedelta

import pytz

UNITS = {"hour": timedelta(hours=1), "day": timedelta(days=1)}


def due_date(base, delay, unit):
    """When a clock that started at a moment runs out.

    :param datetime base: naive UTC start of the clock
    :param int delay: how many units, at least 1
    :param str unit: `hour` or `day` (24 hours)
    :return: naive UTC moment
    """
    return base + delay * UNITS[unit]


def day_bounds(now, tz_name):
    """First moment of the local day that contains `now`, and of the next one.

    :param datetime now: naive UTC
    :param str tz_name: name of a time zone, for example `Asia/Shanghai`
    :return: (start, end), naive UTC; 23 or 25 hours apart when the clocks change
    """
    tz = pytz.timezone(tz_name or "UTC")
    today = pytz.utc.localize(now).astimezone(tz).date()

    def midnight(day):
        local = tz.localize(datetime.combine(day, time.min))
        return local.astimezone(pytz.utc).replace(tzinfo=None)

    return midnight(today), midnight(today + timedelta(days=1))
