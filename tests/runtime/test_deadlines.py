"""What falls due by itself, on a clock that moves only when nothing is left to do."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from fondaco.core.applied import Applied
from fondaco.core.command_records import decode
from fondaco.core.commands import Tick
from fondaco.runtime.deadlines import RETRY_S, WAIT_S_MAX, Deadlines
from fondaco.runtime.inbox import Waiter
from tests.simulation.virtual_time import VirtualLoop

ROW = (0,) * 16
APPLIED = Applied(1, 1, 0, b"", ())


class Story:
    """A house that has deadlines and nothing else. A tick carries out what is due and is noted."""

    def __init__(self, loop: VirtualLoop) -> None:
        self.loop = loop
        self.deadlines_us: list[int] = []
        self.ticks_s: list[float] = []
        self.refuses = False
        self.wall_behind_s = 0.0
        self.deadlines = Deadlines(self, self.now_us, self.submit)

    def now_us(self) -> int:
        return round((self.loop.time() - self.wall_behind_s) * 1e6)

    @property
    def next_deadline_us(self) -> int:
        return min(self.deadlines_us, default=0)

    def has(self, *deadlines_s: float) -> None:
        """A batch left the house with these deadlines."""
        self.deadlines_us = [round(deadline_s * 1e6) for deadline_s in deadlines_s]
        self.deadlines.look()

    def submit(self, record: bytes, waiter: Waiter) -> None:
        assert isinstance(decode(record).command, Tick)
        self.ticks_s.append(self.loop.time())
        self.loop.call_soon(self._refuse if self.refuses else self._apply, waiter)

    def _apply(self, waiter: Waiter) -> None:
        now_us = self.now_us()
        self.deadlines_us = [deadline for deadline in self.deadlines_us if deadline > now_us]
        waiter.answered(ROW, APPLIED)
        self.deadlines.look()

    def _refuse(self, waiter: Waiter) -> None:
        waiter.failed("the disk is full")


def told(story: Callable[[Story], Awaitable[None]]) -> list[float]:
    """When ticks were sent."""

    def fail(error: BaseException) -> None:
        raise error

    async def run() -> list[float]:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualLoop)
        running = Story(loop)
        await story(running)
        running.deadlines.stop()
        await asyncio.sleep(3600)
        return running.ticks_s

    with asyncio.Runner(loop_factory=lambda: VirtualLoop(fail)) as runner:
        return runner.run(run())


def test_one_tick_for_each_deadline() -> None:
    async def story(house: Story) -> None:
        house.has(2, 5, 300)
        await asyncio.sleep(1000)

    assert told(story) == pytest.approx([2, 5, 300], abs=0.02)


def test_no_tick_without_a_deadline() -> None:
    async def story(house: Story) -> None:
        house.has()
        await asyncio.sleep(1000)

    assert told(story) == []


def test_what_other_commands_bring_about_needs_no_tick() -> None:
    async def story(house: Story) -> None:
        house.has(2)
        await asyncio.sleep(1)
        house.has(9)
        await asyncio.sleep(1.5)
        house.has()
        await asyncio.sleep(10)

    assert told(story) == []


def test_an_earlier_deadline_is_met_first() -> None:
    async def story(house: Story) -> None:
        house.has(50)
        await asyncio.sleep(1)
        house.has(3, 50)
        await asyncio.sleep(10)

    assert told(story) == pytest.approx([3], abs=0.02)


def test_what_is_due_already_is_not_put_off() -> None:
    async def story(house: Story) -> None:
        await asyncio.sleep(5)
        house.has(1)
        await asyncio.sleep(1)

    assert told(story) == pytest.approx([5], abs=0.02)


def test_a_refused_tick_is_sent_again() -> None:
    async def story(house: Story) -> None:
        house.refuses = True
        house.has(2)
        await asyncio.sleep(2 + 2.5 * RETRY_S)
        house.refuses = False
        await asyncio.sleep(10)

    assert told(story) == pytest.approx([2, 2 + RETRY_S, 2 + 2 * RETRY_S, 2 + 3 * RETRY_S], abs=0.02)


def test_a_wall_clock_that_was_set_back_is_waited_for() -> None:
    async def story(house: Story) -> None:
        house.has(2)
        house.wall_behind_s = 1.5
        await asyncio.sleep(10)

    assert told(story) == pytest.approx([3.5], abs=0.01)


def test_a_wall_clock_that_was_set_forward_is_noticed_in_a_while() -> None:
    async def story(house: Story) -> None:
        house.has(3600)
        house.wall_behind_s = -3600
        await asyncio.sleep(2 * WAIT_S_MAX)

    assert told(story) == pytest.approx([WAIT_S_MAX], abs=0.01)


def test_stopped_is_stopped() -> None:
    async def story(house: Story) -> None:
        house.has(2)
        house.deadlines.stop()
        house.has(1)
        await asyncio.sleep(10)

    assert told(story) == []
