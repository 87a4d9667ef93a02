"""Hours in which customers are left alone."""

from datetime import datetime, time, timedelta


def quiet_until(moment, start, end):
    """End of the quiet hours in which a moment lies.

    :param datetime moment: local time, without zone
    :param float start: hour at which it becomes quiet, 0 to 24
    :param float end: hour at which the quiet ends; earlier than the start means the next day
    :return: when the quiet ends, None if the moment is not within quiet hours
    :rtype: datetime or None
    """
    if start == end:
        return None
    hour = moment.hour + moment.minute / 60 + moment.second / 3600
    inside = start <= hour < end if start < end else (hour >= start or hour < end)
    if not inside:
        return None
    minutes = round(end * 60) % 1440
    ends = datetime.combine(moment.date(), time(minutes // 60, minutes % 60))
    return ends if ends > moment else ends + timedelta(days=1)
