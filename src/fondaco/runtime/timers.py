"""Work that comes round by itself: the clock's watch, the disk's second chance, the desks' market data.

What falls due in the house itself, by its own time, is another thing (deadlines.py).

Invariant: a timer never runs twice at once; after a stall it goes on from now instead of making up for what it missed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog

_log = structlog.get_logger("fondaco.timers")


class Timers:
    """Calls functions at a steady rhythm until ``stop``."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._handles: dict[int, asyncio.TimerHandle] = {}
        self._stopped = False

    def every(self, interval_s: float, call: Callable[[], None]) -> None:
        """Calls ``call`` each ``interval_s`` from now on. A call that raises is logged and called again."""
        self._schedule(len(self._handles), interval_s, call, self._loop.time() + interval_s)

    def stop(self) -> None:
        self._stopped = True
        for handle in self._handles.values():
            handle.cancel()

    def _schedule(self, number: int, interval_s: float, call: Callable[[], None], due_s: float) -> None:
        self._handles[number] = self._loop.call_at(due_s, self._run, number, interval_s, call, due_s)

    def _run(self, number: int, interval_s: float, call: Callable[[], None], due_s: float) -> None:
        try:
            call()
        except Exception:
            _log.exception("a timer failed", interval_s=interval_s)
        if not self._stopped:
            self._schedule(number, interval_s, call, max(due_s + interval_s, self._loop.time()))
