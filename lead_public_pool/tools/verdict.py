"""What the pool answers about one record: the vocabulary of result codes, as plain values."""

from datetime import datetime
from typing import NamedTuple

OK = "ok"
TAKEN = "taken"
NOT_POOLED = "not_pooled"
NOT_MEMBER = "not_member"
HOLDING_LIMIT = "holding_limit"
DAILY_LIMIT = "daily_limit"
MIN_INTERVAL = "min_interval"
COOLDOWN = "cooldown"
FRESH_DELAY = "fresh_delay"
BACKLOG = "backlog"
APPROVAL = "approval"
OWNER_GUARD = "owner_guard"
CLOSED = "closed"
LOCKED = "locked"
INVALID_USER = "invalid_user"


class Refusal(NamedTuple):
    """Why a move may not happen.

    :param code: result code, one of the constants of this module
    :param message: one sentence for the person who asked, in his language
    :param available_at: naive UTC moment from which it may happen, when one is known
    """

    code: str
    message: str
    available_at: datetime | None = None
