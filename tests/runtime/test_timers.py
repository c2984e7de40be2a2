"""Work that comes round by itself, on a clock that moves only when nothing is left to do."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from structlog.testing import capture_logs

from fondaco.runtime.timers import Timers
from tests.simulation.virtual_time import VirtualLoop


def in_virtual_time(story: Callable[[VirtualLoop, Timers], Awaitable[None]]) -> None:
    def fail(error: BaseException) -> None:
        raise error

    async def told() -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualLoop)
        await story(loop, Timers())

    with asyncio.Runner(loop_factory=lambda: VirtualLoop(fail)) as runner:
        runner.run(told())


def test_a_rhythm_that_a_failure_and_a_stall_do_not_break() -> None:
    calls_s: list[float] = []

    async def story(loop: VirtualLoop, timers: Timers) -> None:
        def call() -> None:
            calls_s.append(loop.time())
            if len(calls_s) == 2:
                raise RuntimeError("once")
            if len(calls_s) == 4:
                loop.now_s += 0.055  # a stall of the loop, longer than five rounds

        timers.every(0.01, call)
        await asyncio.sleep(0.12)
        timers.stop()

    with capture_logs() as logs:
        in_virtual_time(story)
    assert [line["event"] for line in logs] == ["a timer failed"]
    what_was_missed_is_not_made_up_for = [0.01, 0.02, 0.03, 0.04, 0.095, 0.105, 0.115]
    assert calls_s == pytest.approx(what_was_missed_is_not_made_up_for)


def test_stopped_is_stopped() -> None:
    calls: list[int] = []

    async def story(loop: VirtualLoop, timers: Timers) -> None:
        timers.every(0.001, lambda: calls.append(1))
        timers.every(0.002, lambda: calls.append(2))
        await asyncio.sleep(0.0045)
        timers.stop()
        await asyncio.sleep(1)

    in_virtual_time(story)
    assert sorted(calls) == [1, 1, 1, 1, 2, 2]


def test_a_timer_may_stop_them_all() -> None:
    calls: list[int] = []

    async def story(loop: VirtualLoop, timers: Timers) -> None:
        def once() -> None:
            calls.append(1)
            timers.stop()

        timers.every(0.001, once)
        await asyncio.sleep(1)

    in_virtual_time(story)
    assert calls == [1]
