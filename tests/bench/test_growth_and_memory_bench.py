"""The curves stand on flows of the size they name, and memory is measured of what it says."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import machine
from bench.growth import curves
from bench.memory import run


@pytest.mark.parametrize("curve", curves.CURVES, ids=lambda curve: curve.name)
def test_a_point_has_as_many_as_it_says(curve: curves.Curve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(curves, "SEGMENT", 200)
    for x in curve.points[:2]:
        flow = curve.make(x)
        has = {"orders": flow.resting_expected, "users": flow.venue.users, "markets": flow.venue.markets}
        assert has[curve.name] == pytest.approx(x, rel=0.2)


def test_curves_reach_as_far_as_they_shall() -> None:
    assert {curve.name: curve.points[-1] for curve in curves.CURVES} == {
        "orders": 1_000_000,
        "users": 1_000_000,
        "markets": 1_000,
    }


@pytest.mark.parametrize(("kind", "each"), [("orders", 20_000), ("users", 5_000), ("deposits", 15_000)])
def test_memory_is_measured_in_a_process_of_its_own(kind: str, each: int) -> None:
    found = run.measured(kind, 20_000 if kind == "orders" else 5_000)
    assert found["count"] == each
    assert 32 < found["bytes_each"] < 20_000
    assert found["bytes_in_all"] == pytest.approx(found["bytes_each"] * each)


def test_caches_are_read_as_the_kernel_lists_them(tmp_path: Path) -> None:
    for index, (level, kind, size) in enumerate(
        [("1", "Data", "32K"), ("1", "Instruction", "64K"), ("2", "Unified", "1024K")]
    ):
        folder = tmp_path / f"index{index}"
        folder.mkdir()
        for name, text in (("level", level), ("type", kind), ("size", size)):
            (folder / name).write_text(f"{text}\n")
    assert machine.caches(tmp_path) == [("L1", 32 << 10), ("L2", 1 << 20)]
    assert machine.caches(tmp_path / "none") == []
