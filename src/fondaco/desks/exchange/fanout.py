"""The work of market data in slices, so that orders are never kept waiting by it.

The work is a queue of iterators that yield after each small step; a slice runs for at most ``SLICE_S`` and gives the
event loop back, so commands that arrived meanwhile go first. Works are done one after the other, as they were added.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Final, Protocol

import structlog

#: A slice ends with the step that passes this, and no step is longer than the 50 µs left to a quarter millisecond.
SLICE_S: Final = 200e-6

_log = structlog.get_logger("fondaco.exchange")


class Loop(Protocol):
    """What is needed of the event loop."""

    def call_soon(self, callback: Callable[[], object], /) -> object: ...


class Fanout:
    """The queue of work, and the slices that do it."""

    def __init__(self, loop: Loop, now_s: Callable[[], float] = time.perf_counter) -> None:
        # not the loop's own clock: that of uvloop stands still within a callback
        self._loop = loop
        self._now_s = now_s
        self._work: deque[Iterator[None]] = deque()
        self._is_scheduled = False

    @property
    def is_idle(self) -> bool:
        return not self._work

    def add(self, work: Iterator[None]) -> None:
        self._work.append(work)
        if not self._is_scheduled:
            self._is_scheduled = True
            self._loop.call_soon(self._slice)

    def _give_way(self) -> None:
        """Commands that were read since the last slice are behind this call: the next slice comes after them."""
        self._loop.call_soon(self._slice)

    def _slice(self) -> None:
        work, now_s = self._work, self._now_s
        end_s = now_s() + SLICE_S
        while work:
            try:
                for _ in work[0]:
                    if now_s() >= end_s:
                        self._loop.call_soon(self._give_way)
                        return
            except Exception:
                _log.exception("a push of market data failed; the others go on")
            work.popleft()
        self._is_scheduled = False
