"""A quarter of a minute of the soak, so that it can be run for ten whenever one wants."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.simulation import seeds
from tests.simulation.soak import Soak

pytestmark = pytest.mark.timeout(300)


async def test_a_short_soak(tmp_path: Path) -> None:
    for seed in seeds.chosen(1):
        with seeds.named(seed, "tests/simulation/test_soak.py"):
            soak = Soak(tmp_path / f"house-{seed}", seed, rate=150)
            with soak.bench:
                await soak.run(15)
            assert soak.bench.tally()["acknowledged"] > 300, "this was no load"
            assert soak.tally["pushes of orders"] > 0
