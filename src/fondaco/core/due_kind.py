"""What may fall due by time alone."""

from __future__ import annotations

from enum import IntEnum


class DueKind(IntEnum):
    """In the order in which they happen where their times are the same."""

    EXPIRY = 0
    DEAD_MAN = 1
    REWARD_EXPIRY = 2
    FEE_DAY = 3
