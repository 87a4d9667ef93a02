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
