"""The pace of a run: large steps in an idle house, small ones and rests where others send commands."""

from __future__ import annotations

import asyncio
import time
from types import SimpleNamespace
from typing import Any, cast

import pytest

from fondaco.core.command_records import decode
from fondaco.core.commands import Rewards
from fondaco.core.rewards.actions import SettlementRunStep
from fondaco.desks.rewards.run_driver import BUSY_STEP_S, IDLE_STEP_S, RunDriver
from tests.waiting import until

#: What a purchase costs in this house, and how many steps its only run takes.
PURCHASE_S = 20e-6
STEPS = 90


class House:
    """Computes for each purchase of a step, and counts ``others`` commands with each."""

    def __init__(self, others: int) -> None:
        self.run = SimpleNamespace(ended_us=0, number=1)
        self.house = SimpleNamespace(rewards=SimpleNamespace(programmes={1: SimpleNamespace(runs={1: self.run})}))
        self.counters = SimpleNamespace(commands=0)
        self.queue_depth = 0
        self.steps: list[int] = []
        self._others = others

    def submit(self, record: bytes, waiter: Any) -> None:
        command = decode(record).command
        assert isinstance(command, Rewards)
        assert isinstance(command.action, SettlementRunStep)
        self.steps.append(command.action.purchases_max)
        asyncio.get_running_loop().call_soon(self._carry_out, waiter)

    def _carry_out(self, waiter: Any) -> None:
        until_s = time.thread_time() + self.steps[-1] * PURCHASE_S
        while time.thread_time() < until_s:
            pass
        self.counters.commands += 1 + self._others
        self.run.ended_us = int(len(self.steps) == STEPS)
        waiter.outcome.set_result(((0, 0, 0), None if self.run.ended_us else object()))


@pytest.mark.parametrize(("others", "step_s"), [(0, IDLE_STEP_S), (1, BUSY_STEP_S)])
async def test_a_step_computes_no_longer_than_others_may_wait(others: int, step_s: float) -> None:
    house = House(others)
    driver = RunDriver(cast("Any", house))
    began_s = time.perf_counter()
    driver.follow(1, 1)
    await until(lambda: house.run.ended_us, "the end of the run")
    await driver.stop()
    assert len(house.steps) == STEPS
    purchases = max(house.steps[-20:])
    assert 0.5 * step_s < purchases * PURCHASE_S < 1.25 * step_s
    if others:
        took_s = time.perf_counter() - began_s
        assert took_s > 2 * sum(house.steps[:-1]) * PURCHASE_S, "it rests as long as it computes"
