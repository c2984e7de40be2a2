"""What the bench keeps, in ``bench/``: ``results.json`` with every raw figure, ``RESULTS.md`` for people, ``plots/``.

``RESULTS.md`` is written whole from ``results.json``; a part that was not run this time keeps its last figures, with
their date and machine. So nothing is written into ``RESULTS.md`` by hand. What the figures are held against stands on
top of it (``aims.py``).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from bench import aims, plot

_FOLDER = Path(__file__).resolve().parent
RAW = _FOLDER / "results.json"
TEXT = _FOLDER / "RESULTS.md"
PLOTS = _FOLDER / "plots"

INTRODUCTION = """\
# Results

Written by `make bench`; the raw figures are in `results.json`. Each part has its date, as parts can be run alone. All
figures come from one machine that other work shared while they were taken: compare ratios, not absolute times, and CPU
time before wall time. What is on in a figure, and what is left out, stands above it.
"""


class Part(msgspec.Struct, frozen=True):
    """One part of the bench as it was last run. ``lines`` is its Markdown, ``raw`` what the lines were made from."""

    title: str
    date: str
    machine: str
    disk: str
    lines: list[str]
    raw: dict[str, Any]
    #: How long the part took, from its first line to its last figure.
    seconds: float = 0.0


def _load() -> dict[str, Part]:
    return msgspec.json.decode(RAW.read_bytes(), type=dict[str, Part]) if RAW.exists() else {}


def keep(name: str, order: list[str], part: Part) -> None:
    """Put a part's new figures in place of its old ones."""
    parts = _load()
    parts[name] = part
    RAW.write_bytes(msgspec.json.format(msgspec.json.encode(parts), indent=1) + b"\n")
    write(order)


def write(order: list[str]) -> None:
    """Write ``RESULTS.md`` anew from the figures that are kept."""
    parts = _load()
    TEXT.write_text(written({known: parts[known] for known in order if known in parts}))


def written(parts: dict[str, Part]) -> str:
    """``RESULTS.md`` of these parts, in their order."""
    figures = {name: (part.date, part.raw) for name, part in parts.items()}
    rows, limits = aims.rows(figures), aims.limits(figures)
    took = ", ".join(f"{name} {part.seconds:.0f} s" for name, part in parts.items())
    text = [INTRODUCTION, "## What is aimed at, and what was seen", "", *table(aims.HEAD, rows), ""]
    text += [
        aims.NOTE,
        "",
        f"How long the parts took: {took}; {sum(part.seconds for part in parts.values()):.0f} s in all.",
        "",
    ]
    if limits:
        text += ["What bounds those that fall short:", "", *limits, ""]
    for part in parts.values():
        text += [f"## {part.title}", "", f"{part.date}. {part.machine}. {part.disk}.", "", *part.lines, ""]
    return "\n".join(text)


def draw(name: str, chart: plot.Chart) -> str:
    """Write a chart into ``plots/``; answers the Markdown that shows it."""
    PLOTS.mkdir(exist_ok=True)
    (PLOTS / f"{name}.svg").write_text(plot.svg(chart))
    return f"![{chart.title}]({PLOTS.name}/{name}.svg)"


def table(head: list[str], rows: list[list[str]]) -> list[str]:
    """A Markdown table, the first column to the left and the others to the right."""
    return [
        f"| {' | '.join(head)} |",
        f"| --- |{' ---: |' * (len(head) - 1)}",
        *(f"| {' | '.join(row)} |" for row in rows),
    ]


def rate(per_second: float) -> str:
    """A rate in the largest unit that leaves a digit before the point."""
    for size, unit in ((1e6, "M"), (1e3, "k")):
        if per_second >= size:
            return f"{per_second / size:.3g} {unit}"
    return f"{per_second:.3g}"
