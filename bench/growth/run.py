"""The growth part of the bench: the core's curves."""

from __future__ import annotations

from statistics import median
from typing import Any

import msgspec

from bench import machine
from bench.core import encoding, measure
from bench.growth.curves import CURVES, ORDERS, SEGMENT, SEGMENTS, Curve
from bench.memory.run import measured
from bench.peers.environments import PEERS
from bench.peers.run import drive_all
from bench.plot import Chart, Series
from bench.report import draw, table

TITLE = "Growth: cost of a command in the core"

_PEER = PEERS[0]
_ORDERS_WEIGHED = 200_000


class Point(msgspec.Struct, frozen=True):
    """Nanoseconds of CPU time a command, medians; 0 where the peer gave none. ``spread``: the house's runs."""

    x: int
    house_ns: float
    spread_ns: tuple[float, float]
    peer_ns: float


def _point(curve: Curve, x: int) -> Point:
    flow = curve.make(x)
    ours = [1e9 / rate for rate in measure.measure(encoding.encode(flow)).cpu]
    peer = drive_all(flow, (_PEER,))[0].median_cpu() if curve.peer else 0
    return Point(x, median(ours), (min(ours), max(ours)), 1e9 / peer if peer else 0)


def _draw(curve: Curve, points: list[Point], marks: list[tuple[float, str]]) -> str:
    series = [Series("fondaco", [(point.x, point.house_ns) for point in points])]
    theirs = [(float(point.x), point.peer_ns) for point in points if point.peer_ns]
    if theirs:
        series.append(Series(f"{_PEER.package}, matching only", theirs))
    return draw(
        f"growth_{curve.name}",
        Chart(
            title=f"Cost of a command against {curve.name}",
            x_label=curve.x_label,
            y_label="CPU time of a command, ns",
            series=series,
            marks=marks,
        ),
    )


def _cache_marks(bytes_each: float) -> list[tuple[float, str]]:
    return [(size / bytes_each, f"fills {name}") for name, size in machine.caches() if name != "L1"]


def run() -> tuple[list[str], dict[str, Any]]:
    """Measure; answers the lines for people and the raw figures."""
    intro = (
        f"The seeded mix of the core part; {SEGMENTS} runs of {SEGMENT:,} commands a point, in batches of "
        f"{measure.BATCH_COMMANDS}, medians by CPU time; the spread is from the least to the most of the runs."
    )
    print(f"  {intro}", flush=True)
    lines, raw = [intro, ""], {}
    order_bytes = measured("orders", _ORDERS_WEIGHED)["bytes_each"]
    for curve in CURVES:
        points = []
        print(f"  {curve.name}: {curve.constant}", flush=True)
        for x in curve.points:
            points.append(_point(curve, x))
            print(f"    {x:>9,}  {points[-1].house_ns:7.0f} ns  peer {points[-1].peer_ns:7.0f} ns", flush=True)
        marks = _cache_marks(order_bytes) if curve is ORDERS else []
        shown = table(
            [curve.x_label, "ns a command", "spread", *([_PEER.package] if curve.peer else [])],
            [
                [
                    f"{point.x:,}",
                    f"{point.house_ns:,.0f}",
                    "{:,.0f} to {:,.0f}".format(*point.spread_ns),
                    *([f"{point.peer_ns:,.0f}" if point.peer_ns else "—"] if curve.peer else []),
                ]
                for point in points
            ],
        )
        lines += [f"### Against {curve.name}", "", f"{curve.constant}.", "", _draw(curve, points, marks), ""]
        lines += [curve.sentence, ""]
        if marks:
            lines += [
                f"The marks: where the orders alone fill a cache, at the {order_bytes:.0f} B measured of each.",
                "",
            ]
        lines += [*shown, ""]
        raw[curve.name] = msgspec.to_builtins(points)
    return lines, raw
