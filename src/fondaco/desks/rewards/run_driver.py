"""Batch runs, driven step by step: each step is a command of its own, and between steps the loop belongs to all others.

Open runs take turns. Whoever sends a command while a step is carried out waits for its end. So where others send
commands, a step is kept within ``BUSY_STEP_S`` of computing and the driver rests for as long as it took: a run takes
half of a busy house at most. In an idle one steps are larger, because each costs a sync beside, and follow each other.
Waiting for the disk is not counted in a step: a larger one has no longer a sync.

A run that was open when the house ended is gone on with when the desk starts: what was settled stands in the journal,
and the next step begins after it.

A step that was not taken in (the disk is full, the clock leaps) is tried again after ``PAUSE_S``.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from typing import TYPE_CHECKING, Final

import structlog

from fondaco.core.command_records import encode
from fondaco.core.commands import HOUSE, Rewards
from fondaco.core.rewards.actions import SettlementRunStep
from fondaco.core.rewards.facts import RewardsApplied
from fondaco.desks.rewards.command_waiter import CommandWaiter
from fondaco.desks.rewards.failure import Failure

if TYPE_CHECKING:
    from fondaco.desks.rewards.floor import Runtime

IDLE_STEP_S: Final = 0.003
BUSY_STEP_S: Final = 0.0004
#: Whoever sent a command so long ago will send more.
BUSY_FOR_S: Final = 0.1
PURCHASES_FIRST: Final = 16
PURCHASES_MAX: Final = 256
PAUSE_S: Final = 1.0

_log = structlog.get_logger("fondaco.rewards")


class RunDriver:
    """One per desk. Belongs to the event loop."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._open: deque[tuple[int, int]] = deque()
        self._purchases = PURCHASES_FIRST
        self._task: asyncio.Task[None] | None = None
        self._commands = 0
        self._busy_until_s = 0.0

    def start(self) -> None:
        """Go on with every run that is open."""
        for programme_id, books in self._runtime.house.rewards.programmes.items():
            for run in books.runs.values():
                if not run.ended_us:
                    self.follow(programme_id, run.number)

    def follow(self, programme_id: int, number: int) -> None:
        """Drive a run to its end, if it is open and not driven already."""
        name = programme_id, number
        if name in self._open or self._ended(*name):
            return
        self._open.append(name)
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._drive())

    async def stop(self) -> None:
        """The step under way is carried out, and no other begins."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _drive(self) -> None:
        while self._open:
            programme_id, number = self._open[0]
            began_s, computed_s = time.perf_counter(), time.thread_time()
            try:
                fact = await self._step(programme_id, number)
            except Failure as failure:
                _log.warning("a settlement run waits", run=number, reason=failure.message)
                await asyncio.sleep(PAUSE_S)
                continue
            took_s = time.perf_counter() - began_s
            if fact is None or self._ended(programme_id, number):
                self._open.popleft()
            else:
                self._open.rotate(-1)
            is_busy = self._is_busy()
            self._resize(time.thread_time() - computed_s, BUSY_STEP_S if is_busy else IDLE_STEP_S)
            await asyncio.sleep(took_s if is_busy else 0)

    def _is_busy(self) -> bool:
        """Whether anybody else sent a command of late; asked after each step, which is one itself."""
        commands, now_s = self._runtime.counters.commands, time.perf_counter()
        if commands - self._commands > 1 or self._runtime.queue_depth:
            self._busy_until_s = now_s + BUSY_FOR_S
        self._commands = commands
        return now_s < self._busy_until_s

    async def _step(self, programme_id: int, number: int) -> RewardsApplied | None:
        """``None`` if the step was refused: the run is not open any more."""
        waiter = CommandWaiter()
        step = SettlementRunStep(number, self._purchases)
        self._runtime.submit(encode(HOUSE, Rewards(programme_id, 0, step)), waiter)
        _, fact = await waiter.outcome
        return fact

    def _resize(self, computed_s: float, step_s: float) -> None:
        if computed_s > step_s:
            self._purchases = max(self._purchases * 3 // 4, 1)
        else:
            self._purchases = min(self._purchases + 4, PURCHASES_MAX)

    def _ended(self, programme_id: int, number: int) -> bool:
        return bool(self._runtime.house.rewards.programmes[programme_id].runs[number].ended_us)
