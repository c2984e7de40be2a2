"""Results are written as what was measured: aims beside figures, gaps said, charts that can be read."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from pathlib import Path

import msgspec
import pytest

from bench import __main__, aims, report
from bench.plot import Chart, Series, svg

CORE = {
    "workloads": {
        aims.WIDE: {
            "fondaco": {"cpu": [21e6, 25e6, 23e6]},
            "peers": [{"package": "bourse 0.4.0", "cpu": [5e6, 4e6, 4.6e6]}],
        },
        aims.DEEP: {"fondaco": {"cpu": [3e6]}, "peers": []},
        aims.SMALL: {"singles": {"p50_ns": 75}},
    }
}


def row(what: str, parts: dict[str, tuple[str, aims.Raw]]) -> list[str]:
    [found] = [row for row in aims.rows(parts) if row[0].startswith(what)]
    return found[1:]


@pytest.mark.parametrize(
    ("what", "expected"),
    [
        (f"core, {aims.WIDE}", ["20 M commands/s", "46 M commands/s", "23 M commands/s", "met"]),
        ("the same, times bourse", ["5 ×", "", "5 ×", "met"]),
        (f"core, {aims.DEEP}", ["6 M commands/s", "14 M commands/s", "3 M commands/s", "short, 2.0 ×"]),
        ("one command from Python", ["≤ 150 ns", "≤ 80 ns", "75 ns", "reached"]),
        ("core on the real Bitstamp file", ["8 M commands/s", "20 M commands/s", aims.MISSING, ""]),
        ("replay", ["3 M commands/s", "10 M commands/s", aims.MISSING, ""]),
    ],
)
def test_figures_are_held_against_their_aims(what: str, expected: list[str]) -> None:
    assert row(what, {"core": ("2026-01-02 03:04 UTC", CORE)})[:4] == expected


def test_what_falls_short_says_what_bounds_it() -> None:
    slow: aims.Raw = {"workloads": {aims.WIDE: {"fondaco": {"cpu": [4e6]}, "peers": []}}}
    [found] = aims.limits({"core": ("2026-01-02", CORE)})
    assert found.startswith(f"- core, {aims.DEEP}: As over ten markets")
    [found] = aims.limits({"core": ("2026-01-02", slow)})
    assert found.startswith(f"- core, {aims.WIDE}: The memory")


def test_a_figure_says_when_it_was_taken() -> None:
    assert row("one command", {"core": ("2026-01-02", CORE)})[-1] == "core, 2026-01-02"
    assert row("replay", {"core": ("2026-01-02", CORE)})[-1] == "journal"


def test_every_aim_belongs_to_a_part_of_the_bench() -> None:
    assert {aim.part for aim in aims.AIMS} <= set(__main__.PARTS)


def test_the_kept_results_can_be_read_and_written_again() -> None:
    parts = msgspec.json.decode(report.RAW.read_bytes(), type=dict[str, report.Part])
    text = report.written({name: parts[name] for name in __main__.PARTS if name in parts})
    assert text == report.TEXT.read_text()
    for name, part in parts.items():
        assert f"## {part.title}" in text, name


def test_a_part_that_was_run_again_takes_the_place_of_its_old_figures(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(report, "RAW", tmp_path / "results.json")
    monkeypatch.setattr(report, "TEXT", tmp_path / "RESULTS.md")
    for figure in (1, 2):
        for name in ("b", "a"):
            line = f"{name} saw {figure}"
            report.keep(name, ["a", "b"], report.Part(f"Part {name}", "today", "here", "disk", [line], {}, 3.4))
    text = (tmp_path / "RESULTS.md").read_text()
    assert text.index("a saw 2") < text.index("b saw 2")
    assert "saw 1" not in text
    assert "a 3 s, b 3 s; 7 s in all" in text


@pytest.mark.parametrize("log_y", [False, True])
def test_a_chart_is_a_document_with_its_labels_and_all_its_points(log_y: bool) -> None:
    series = [Series("a < b", [(1_000, 50), (1_000_000, 400)]), Series("peer", [(1_000, 90.5)])]
    chart = Chart("Cost & growth", "orders", "time, ns", series, log_y, marks=[(5e4, "fills L2"), (5, "outside")])
    root = ElementTree.fromstring(svg(chart))
    texts = {element.text for element in root.iter("{http://www.w3.org/2000/svg}text")}
    assert {"Cost & growth", "orders", "time, ns", "a < b", "peer", "1k", "1M", "fills L2"} <= texts
    assert "outside" not in texts
    drawn = [element.get("d", "") for element in root.iter() if (element.get("class") or "").startswith("s s0")]
    assert [path.count("L") for path in drawn if "L" in path] == [1]
    across, up = (float(word) for word in drawn[0].removeprefix("M").split("L")[0].split())
    assert across == 72.0  # at the left edge: the axis begins at its decade
    assert 64 <= up <= 344


def test_a_chart_without_points_says_so() -> None:
    with pytest.raises(ValueError, match="has no point"):
        svg(Chart("Empty", "x", "y", [Series("none", [])]))
