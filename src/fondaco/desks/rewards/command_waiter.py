"""Waiting for one command of the desk: its answer is a row, and its fact if it was carried out."""

from __future__ import annotations

import asyncio

from fondaco.core.applied import Applied
from fondaco.core.events import EventKind, Row, kind_of
from fondaco.core.rewards.facts import RewardsApplied
from fondaco.desks.rewards.failure import Code, Failure


class CommandWaiter:
    """Waits for one command's answer."""

    __slots__ = ("outcome",)

    def __init__(self) -> None:
        self.outcome: asyncio.Future[tuple[Row, RewardsApplied | None]] = asyncio.get_running_loop().create_future()

    def answered(self, row: Row, applied: Applied) -> None:
        if self.outcome.done():
            return
        if kind_of(row) == EventKind.FACT:
            fact = applied.facts[row[2]]
            assert isinstance(fact, RewardsApplied)
            self.outcome.set_result((row, fact))
        else:
            self.outcome.set_result((row, None))

    def failed(self, reason: str) -> None:
        if not self.outcome.done():
            self.outcome.set_exception(Failure(Code.UNAVAILABLE, f"{reason}; nothing was done", ""))
