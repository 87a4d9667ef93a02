"""How a customer does against his own past, on plain values."""

# A prospect who has not bought for so long does not move.
PROSPECT_DAYS = 30
# Spend within this share of that of the year before is steady.
STEADY = 0.1


def pace_of(state, at_risk, days_in_state, next_order, today):
    """Whether a customer goes on as expected.

    :param str state: key of the lifecycle state
    :param bool at_risk: silent for longer than is usual for customers like this
    :param int days_in_state: days
    :param date next_order: expected next purchase, None or False when unknown
    :param date today: day to decide for
    :return: `on_track`, `behind`, `stuck`, or False for who is lost or not tracked
    """
    if state in ("churned", "not_tracked"):
        return False
    if state == "dormant" or at_risk or (state == "prospect" and days_in_state > PROSPECT_DAYS):
        return "stuck"
    return "behind" if next_order and next_order < today else "on_track"


def trend_of(now, before):
    """Direction of spend.

    :param float now: of the last year
    :param float before: of the year before
    :return: `up`, `steady`, `down`, or False when both years are empty
    """
    if max(now, before) <= 0:
        return False
    if now > before * (1 + STEADY):
        return "up"
    return "down" if now < before * (1 - STEADY) else "steady"
