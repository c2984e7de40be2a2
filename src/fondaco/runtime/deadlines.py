"""What falls due by itself: a TICK is submitted when the house has a deadline and nothing else comes to bring it about.

Every batch first carries out what is due by its time (orders good till a time, dead men), so a busy house needs no
tick. Here one timer waits for the earliest deadline; ``look`` sets it anew after each batch that leaves nothing
waiting. A timer may end early, and the wall clock may stand still or be set back: then it is set again for the rest. A
tick that is refused, because nothing can be journalled, is tried again each second.

Invariant: at most one tick is under way. Cost: one comparison a batch, a timer where the earliest deadline changed.
Known limit: a deadline is met to some milliseconds, not more exactly.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, Protocol

from fondaco.core.applied import Applied
from fondaco.core.command_records import encode
from fondaco.core.commands import HOUSE, Tick
from fondaco.core.events import Row
from fondaco.runtime.inbox import Waiter

RETRY_S: Final = 1.0
#: How soon after a deadline that the wall clock has not reached yet we look again, at the earliest.
WAIT_S_MIN: Final = 0.01
#: How long a timer is at most: for a longer time its loop's clock and the wall clock may go apart.
WAIT_S_MAX: Final = 60.0

_TICK: Final = encode(HOUSE, Tick())


class Due(Protocol):
    """Who has deadlines: the house."""

    @property
    def next_deadline_us(self) -> int:
        """The earliest, 0 if there is none."""


class Deadlines:
    """``now_us`` is the time that a batch made now would have; ``submit`` takes the tick."""

    def __init__(self, due: Due, now_us: Callable[[], int], submit: Callable[[bytes, Waiter], None]) -> None:
        self._due = due
        self._now_us = now_us
        self._submit = submit
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._timed_us = 0
        self._is_ticking = False
        self._is_stopped = False

    def look(self) -> None:
        """The house may have another earliest deadline than before."""
        deadline_us = self._due.next_deadline_us
        if deadline_us != self._timed_us:
            self._time(deadline_us)

    def stop(self) -> None:
        self._is_stopped = True
        self._time(0)

    def _time(self, deadline_us: int) -> None:
        self._timed_us = deadline_us
        self._wait(min(max((deadline_us - self._now_us()) / 1e6, WAIT_S_MIN), WAIT_S_MAX))

    def _wait(self, wait_s: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._timed_us and not self._is_stopped:
            self._timer = self._loop.call_later(wait_s, self._reached)

    def _reached(self) -> None:
        self._timer = None
        if self._now_us() < self._timed_us:
            self._time(self._timed_us)
        elif not self._is_ticking:
            self._is_ticking = True
            self._submit(_TICK, self)

    # ── the tick's waiter ─────────────────────────────────────────────────────────────────────────────────────────────

    def answered(self, row: Row, applied: Applied) -> None:
        self._is_ticking = False
        self._time(self._due.next_deadline_us)

    def failed(self, reason: str) -> None:
        self._is_ticking = False
        self._wait(RETRY_S)
