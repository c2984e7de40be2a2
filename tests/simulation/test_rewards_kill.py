"""`kill -9` of a real house that settles: nothing acknowledged is lost or done twice, no purchase is missed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.simulation import seeds
from tests.simulation.settlement_run import RunUnderKills

PURCHASES = 4_000
KILLS = 3

#: Some 20 s on a machine of two cores that has nothing else to do.
pytestmark = pytest.mark.timeout(300)


async def test_a_run_that_is_killed_settles_every_purchase_once(tmp_path: Path) -> None:
    for seed in seeds.chosen(1):
        with seeds.named(seed, "tests/simulation/test_rewards_kill.py"):
            run = RunUnderKills(tmp_path / f"house-{seed}", seed, PURCHASES, KILLS)
            await run.go()
            print("settled when the house was killed:", *run.settled)
