"""The house's time: ``time_us = max(wall, last)``, and no leaps.

Time in the journal never goes back, so a wall clock set back makes the house's time stand still until the wall has
caught up. A wall clock that leaps *ahead* is worse: expiries would fall due at once and could not be undone. So each
reading is compared with the time that really passed, on a clock that nobody sets and that goes on while the machine
sleeps; a leap of more than the bound raises ``ClockJumped``, and intake stops. What a leap is measured against is the
furthest the wall was ever believed to be ahead of elapsed time: so a step back and its correction are no leap.

Invariant: nothing is measured against before the first reading after a start, so a house that was down for a month
starts without complaint. Cost: two clock readings, 0.1 µs. Known limit: a wall clock that drifts slowly is believed.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from fondaco.journal.errors import OperatingError


class ClockJumped(OperatingError):
    """The wall clock leapt ahead of elapsed time. The message says how far and what to do."""


def _wall_us() -> int:
    return time.time_ns() // 1_000


def _elapsed_us() -> int:
    """Microseconds since the machine's start, sleep included where the system can tell."""
    return time.clock_gettime_ns(_ELAPSED_CLOCK) // 1_000


_ELAPSED_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class Clock:
    """Stamps batches. ``last_us`` is the time of the last one, from the journal at a start."""

    def __init__(
        self,
        last_us: int,
        jump_us_max: int,
        *,
        wall_us: Callable[[], int] = _wall_us,
        elapsed_us: Callable[[], int] = _elapsed_us,
    ) -> None:
        self.last_us = last_us
        self._jump_us_max = jump_us_max
        self._wall_us = wall_us
        self._elapsed_us = elapsed_us
        # The journal's last time was believed once, so a clock that starts behind it may catch up with it at once.
        self._ahead_us_max = max(wall_us(), last_us) - elapsed_us()

    @property
    def behind_us(self) -> int:
        """How far the wall clock lies behind the last stamp; 0 usually."""
        return max(0, self.last_us - self._wall_us())

    def now(self) -> int:
        """The time a batch would have if it were stamped now, leaps unchecked."""
        return max(self.last_us, self._wall_us())

    def stamp(self) -> int:
        """The time of the next batch. Raises ``ClockJumped``."""
        self.last_us = max(self.last_us, self.check())
        return self.last_us

    def check(self) -> int:
        """The wall clock's reading, if it did not leap. Raises ``ClockJumped``, until the clock is set right."""
        wall_us = self._wall_us()
        ahead_us = wall_us - self._elapsed_us()
        leap_us = ahead_us - self._ahead_us_max
        if leap_us > self._jump_us_max:
            raise ClockJumped(
                f"the wall clock leapt {leap_us / 1e6:.1f} s ahead; at most {self._jump_us_max / 1e6:.0f} s are "
                "believed. No orders are taken: set the clock right, or start the house again if the new time is right"
            )
        self._ahead_us_max = max(self._ahead_us_max, ahead_us)
        return wall_us
