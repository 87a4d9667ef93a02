"""When a rule would have taken a record back, on plain values."""


def taken_at(clock, start, touches, end, created, plus, floor):
    """First moment at which a rule would have ended a holding.

    :param str clock: `claim`, `touch`, `first_touch` or `create`, see `lead.pool.rule`
    :param datetime start: when the holding began
    :param list touches: when the record was worked during the holding, in order
    :param datetime end: when the holding ended, or now
    :param datetime created: when the record was created
    :param function plus: adds the delay of the rule to a moment
    :param datetime floor: before this moment no rule takes it back
    :return: the moment, or None if the holding would have lasted
    """
    if clock == "create":
        due = plus(created)
    elif clock == "claim":
        due = plus(start)
    elif clock == "first_touch":
        due = plus(start)
        if touches and touches[0] < max(due, floor):
            return None
    else:
        due = _first_gap(start, touches, end, plus, floor)
    due = max(due, floor) if due else None
    return due if due and due < end else None


def _first_gap(start, touches, end, plus, floor):
    """When the record had lain untouched for as long as the delay, the first time."""
    since = start
    for touch in [*touches, end]:
        due = max(plus(since), floor)
        if due < touch:
            return due
        since = max(since, touch)
    return None
