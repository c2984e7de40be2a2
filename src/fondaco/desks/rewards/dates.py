"""Dates of the wire: ``YYYY-MM-DDTHH:MM:SS`` without a zone, in the desk's own (a setting).

Where clocks are set back an hour comes twice; a date in it means the first. Source: rewards.notes.md, Shape.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from fondaco.desks.rewards.failure import invalid

_US: Final = 1_000_000


class Dates:
    """Of one zone."""

    def __init__(self, zone: str) -> None:
        self._zone = ZoneInfo(zone)
        self._text = lru_cache(maxsize=4_096)(self._format)

    def text(self, time_us: int) -> str | None:
        """A time as a date; ``None`` for 0, which is no time."""
        return self._text(time_us // _US) if time_us else None

    def _format(self, time_s: int) -> str:
        return datetime.fromtimestamp(time_s, self._zone).strftime("%Y-%m-%dT%H:%M:%S")

    def parse(self, text: str | None, field: str) -> int:
        """A date as a time in microseconds; 0 for none. Raises ``Failure``."""
        if text is None:
            return 0
        try:
            moment = datetime.strptime(text, "%Y-%m-%dT%H:%M:%S").replace(tzinfo=self._zone)
            time_us = int(moment.astimezone(UTC).timestamp()) * _US
        except (ValueError, OverflowError):
            raise invalid(field, f"{text} is no date; write it as 2016-09-28T17:17:47") from None
        if time_us <= 0:
            raise invalid(field, f"{text} lies before 1970-01-01; later dates are taken")
        return time_us
