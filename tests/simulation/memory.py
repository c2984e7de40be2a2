"""What the house and its projector hold in memory over a run of many lives, and what an order adds to it.

A process that was just started is smaller than one that has worked for a while, so samples of its first seconds are
left out. The growth is the slope of resident memory over acknowledged orders, by least squares over all lives together:
what a life gathers without need shows in it as well as what every start brings back.
"""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import Final

_PAGE_BYTES: Final = os.sysconf("SC_PAGE_SIZE")
#: Samples of a life that are left out.
YOUNG: Final = 2
#: Fewer samples than this say nothing about growth.
SAMPLES_MIN: Final = 10


class Memory:
    def __init__(self) -> None:
        self._points: dict[str, list[tuple[int, int]]] = {"house": [], "projector": []}
        self._ages: Counter[tuple[str, int]] = Counter()
        self.last_mb = (0.0, 0.0)

    def take(self, house_pid: int, life: int, acknowledged: int) -> None:
        """One sample of both; a process that is being killed just now has none."""
        found = {"house": house_pid, "projector": _projector_of(house_pid)}
        sizes = {what: _resident_bytes(pid) for what, pid in found.items() if pid is not None}
        for what, size in sizes.items():
            age = (what, life if what == "house" else found[what] or 0)
            self._ages[age] += 1
            if size and self._ages[age] > YOUNG:
                self._points[what].append((acknowledged, size))
        house, projector = sizes.get("house", 0), sizes.get("projector", 0)
        self.last_mb = (house or 0) / 1e6, (projector or 0) / 1e6

    def growth_bytes(self) -> dict[str, float]:
        """Bytes an acknowledged order, for each of which there is enough to tell."""
        return {what: _slope(points) for what, points in self._points.items() if len(points) >= SAMPLES_MIN}


def _projector_of(house_pid: int) -> int | None:
    try:
        for pid in Path(f"/proc/{house_pid}/task/{house_pid}/children").read_text().split():
            if b"fondaco.projections.projector" in Path(f"/proc/{pid}/cmdline").read_bytes():
                return int(pid)
    except OSError:
        pass
    return None


def _resident_bytes(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE_BYTES
    except OSError:
        return 0


def _slope(points: list[tuple[int, int]]) -> float:
    count = len(points)
    mean_x, mean_y = sum(x for x, _ in points) / count, sum(y for _, y in points) / count
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / spread if spread else 0.0
