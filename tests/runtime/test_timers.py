"""Work that comes round by itself."""

from __future__ import annotations

import asyncio
import time
from itertools import pairwise

from structlog.testing import capture_logs

from fondaco.runtime.timers import Timers


async def test_a_rhythm_that_a_failure_and_a_stall_do_not_break() -> None:
    timers = Timers()
    calls: list[float] = []
    enough = asyncio.Event()

    def call() -> None:
        calls.append(time.monotonic())
        if len(calls) == 2:
            raise RuntimeError("once")
        if len(calls) == 4:
            time.sleep(0.05)  # a stall of the loop
        if len(calls) == 8:
            enough.set()

    with capture_logs() as logs:
        timers.every(0.01, call)
        await asyncio.wait_for(enough.wait(), 5)
    timers.stop()
    assert [line["event"] for line in logs] == ["a timer failed"]
    gaps_s = [later - earlier for earlier, later in pairwise(calls)]
    assert sum(gap_s < 0.004 for gap_s in gaps_s) <= 1, "what was missed in the stall is not made up for"


async def test_stopped_is_stopped() -> None:
    timers = Timers()
    calls: list[int] = []
    timers.every(0.001, lambda: calls.append(1))
    timers.every(0.001, lambda: calls.append(2))
    await asyncio.sleep(0.02)
    timers.stop()
    before = list(calls)
    assert set(before) == {1, 2}
    await asyncio.sleep(0.01)
    assert calls == before


async def test_a_timer_may_stop_them_all() -> None:
    timers = Timers()
    calls: list[int] = []

    def once() -> None:
        calls.append(1)
        timers.stop()

    timers.every(0.001, once)
    await asyncio.sleep(0.02)
    assert calls == [1]
