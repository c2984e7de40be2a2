"""The pace of a run: large steps in an idle house; small ones, rests and a good moment where others send commands."""

from __future__ import annotations

import asyncio
import time
from types import SimpleNamespace
from typing import Any, cast

import pytest

from fondaco.core.command_records import decode
from fondaco.core.commands import Rewards
from fondaco.core.rewards.actions import SettlementRunStep
from fondaco.desks.rewards.run_driver import BUSY_STEP_S, IDLE_STEP_S, REST_S, RunDriver
from tests.waiting import until

#: What a purchase costs in this house, and how many steps its only run takes.
PURCHASE_S = 20e-6
STEPS = 90


class House:
    """Computes for each purchase of a step, and counts ``others`` commands with each."""

    def __init__(self, others: int) -> None:
        self.run = SimpleNamespace(ended_us=0, number=1)
        self.house = SimpleNamespace(rewards=SimpleNamespace(programmes={1: SimpleNamespace(runs={1: self.run})}))
        self.steps: list[int] = []
        self.began_s: list[float] = []
        self.listener: Any = None
        self._others = others

    def add_listener(self, listener: Any) -> None:
        self.listener = listener

    def submit(self, record: bytes, waiter: Any) -> None:
        command = decode(record).command
        assert isinstance(command, Rewards)
        assert isinstance(command.action, SettlementRunStep)
        self.steps.append(command.action.purchases_max)
        self.began_s.append(time.perf_counter())
        asyncio.get_running_loop().call_soon(self._carry_out, waiter)

    def _carry_out(self, waiter: Any) -> None:
        until_s = time.thread_time() + self.steps[-1] * PURCHASE_S
        while time.thread_time() < until_s:
            pass
        self.run.ended_us = int(len(self.steps) == STEPS)
        waiter.outcome.set_result(((0, 0, 0), None if self.run.ended_us else object()))
        self.listener.applied(SimpleNamespace(count=1 + self._others))


@pytest.mark.parametrize(("others", "step_s"), [(0, IDLE_STEP_S), (1, BUSY_STEP_S)])
async def test_a_step_computes_no_longer_than_others_may_wait(others: int, step_s: float) -> None:
    house = House(others)
    driver = RunDriver(cast("Any", house))
    driver.start()
    await until(lambda: house.run.ended_us, "the end of the run")
    await driver.stop()
    assert len(house.steps) == STEPS
    purchases = max(house.steps[-20:])
    assert 0.5 * step_s < purchases * PURCHASE_S < 1.25 * step_s


async def test_a_step_begins_when_others_have_been_answered() -> None:
    """Somebody who waits for each answer and asks again after the rest: each step follows an answer."""
    house = House(others=0)
    driver = RunDriver(cast("Any", house))
    driver.start()
    answered_s = []
    while not house.run.ended_us:
        answered_s.append(time.perf_counter())
        house.listener.applied(SimpleNamespace(count=1))
        await asyncio.sleep(2 * BUSY_STEP_S + REST_S / 2)
    await driver.stop()
    followed = sum(
        any(0 <= step_s - answer_s < REST_S / 2 for step_s in house.began_s) for answer_s in answered_s[1:-1]
    )
    assert followed > 0.6 * (len(answered_s) - 2)
    assert max(house.steps[5:]) * PURCHASE_S < 1.25 * BUSY_STEP_S
