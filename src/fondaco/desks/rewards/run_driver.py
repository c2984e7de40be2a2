"""Batch runs, driven step by step: each step is a command of its own, and between steps the loop belongs to all others.

Open runs take turns. Whoever sends a command while a step is carried out waits for its end. So where others send
commands, a step is kept within ``BUSY_STEP_S`` of computing, the driver rests for as long as it took, and the next step
begins when others have just been answered: whoever waits for an answer before he asks again is not met by it. Where
nobody is answered for ``REST_S`` after the rest it begins by itself. In an idle house steps are larger, because each
costs a sync beside, and follow each other. Waiting for the disk is not counted in a step: a larger one has no longer a
sync.

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
    from fondaco.core.applied import Applied
    from fondaco.desks.rewards.runtime import Runtime

IDLE_STEP_S: Final = 0.003
BUSY_STEP_S: Final = 0.0005
#: How long an answer is waited for after a rest. The loop's clock counts milliseconds.
REST_S: Final = 0.001
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
        self._step_taken: CommandWaiter | None = None
        self._busy_until_s = 0.0
        self._rested_s = 0.0
        self._answered = asyncio.Event()

    def start(self) -> None:
        """Go on with every run that is open."""
        self._runtime.add_listener(self)
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
            if fact is None or self._ended(programme_id, number):
                self._open.popleft()
            else:
                self._open.rotate(-1)
            now_s = time.perf_counter()
            is_busy = now_s < self._busy_until_s
            self._resize(time.thread_time() - computed_s, BUSY_STEP_S if is_busy else IDLE_STEP_S)
            if is_busy:
                await self._rest(2 * now_s - began_s)
            else:
                await asyncio.sleep(0)

    async def _rest(self, until_s: float) -> None:
        """Until others are answered after that time, or for ``REST_S`` after it."""
        self._rested_s = until_s
        self._answered.clear()
        wait_s = max(until_s - time.perf_counter(), 0) + REST_S
        timer = asyncio.get_running_loop().call_later(wait_s, self._answered.set)
        try:
            await self._answered.wait()
        finally:
            timer.cancel()

    def applied(self, applied: Applied) -> None:
        """A batch was answered: were there commands of others in it?"""
        if not self._open:
            return
        is_step = self._step_taken is not None and self._step_taken.outcome.done()
        if is_step:
            self._step_taken = None
        if applied.count > is_step:
            now_s = time.perf_counter()
            self._busy_until_s = now_s + BUSY_FOR_S
            if now_s >= self._rested_s:
                self._answered.set()

    def flush(self) -> None:
        """There is nothing to write out."""

    async def _step(self, programme_id: int, number: int) -> RewardsApplied | None:
        """``None`` if the step was refused: the run is not open any more."""
        waiter = self._step_taken = CommandWaiter()
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
