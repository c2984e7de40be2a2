"""A real house on the event loop, without disk and sockets: what was submitted in one turn is one batch."""

from __future__ import annotations

import asyncio

from fondaco.core.events import EventKind, Row, is_answer, kind_of
from fondaco.core.house import House
from fondaco.demo.feed import Answers


class PlainRuntime:
    """Applies each turn's commands and remembers every fill."""

    def __init__(self) -> None:
        self.house = House()
        self.fills: list[Row] = []
        self.refused: list[Row] = []
        self.intake_stopped: str | None = None
        self.turns_refused = 0
        self._queued: list[tuple[bytes, Answers]] = []
        self._filled = asyncio.Event()
        self._time_us = 1_700_000_000_000_000

    def submit(self, record: bytes, waiter: Answers) -> None:
        if not self._queued:
            asyncio.get_running_loop().call_soon(self._turn)
        self._queued.append((record, waiter))

    async def filled(self, count: int) -> None:
        """Returns once there are ``count`` fills."""
        while len(self.fills) < count:
            self._filled.clear()
            await self._filled.wait()

    def _turn(self) -> None:
        queued, self._queued = self._queued, []
        if self.intake_stopped:
            self.turns_refused += 1
            for _, waiter in queued:
                waiter.failed(self.intake_stopped)
            return
        self._time_us += 1000
        applied = self.house.apply(b"".join(record for record, _ in queued), self._time_us)
        waiters = iter(queued)
        for row in applied:
            if kind_of(row) == EventKind.FILL:
                self.fills.append(row)
                self._filled.set()
            if kind_of(row) == EventKind.REJECT:
                self.refused.append(row)
            if is_answer(row):
                next(waiters)[1].answered(row, applied)
