"""Working time on plain values."""

from datetime import timedelta


def hours_within(intervals, start, end):
    """Hours of a period that lie in working intervals.

    :param intervals: (start, end, ...) tuples that do not overlap
    :param start: first moment of the period
    :param end: last moment of the period
    :rtype: float
    """
    worked = sum(
        (max(min(stop, end) - max(begin, start), timedelta()) for begin, stop, *_ in intervals),
        timedelta(),
    )
    return worked.total_seconds() / 3600


def moment_after(intervals, hours):
    """When so many hours of work are done.

    :param intervals: (start, end, ...) tuples in order, that do not overlap
    :param float hours: more than 0
    :return: the moment, None if the intervals hold fewer hours
    """
    for begin, stop, *_ in intervals:
        length = (stop - begin).total_seconds() / 3600
        if hours <= length:
            return begin + timedelta(hours=hours)
        hours -= length
    return None
