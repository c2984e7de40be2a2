"""The connections part of the bench: what an order costs over sockets as connections become more."""

from __future__ import annotations

import resource
from typing import Any

import msgspec

from bench.end_to_end import servers
from bench.end_to_end.plan import Outcome
from bench.end_to_end.run import MARKET, RESTING_A_SIDE, SECONDS, Load, flow_of, measure_load
from bench.plot import Chart, Series
from bench.report import draw, rate, table

TITLE = "Growth: cost of a durable order against connections"

POINTS = (1, 3, 10, 30, 100, 300, 1_000, 2_000)
#: Files that the server and the load have open besides their connections.
_OTHER_FILES = 200
_PROCESSES = ("server", "projector", "load")
SENTENCE = (
    "What bends it: what arrives in one turn of the event loop shares one journal write, one sync and one call of the "
    "core. A lone connection pays a turn for each order; some tens share it, and the cost falls to that of reading, "
    "decoding and answering one order over a socket of its own, which more connections do not share."
)


def _load(connections: int) -> Load:
    # A lone connection waits for the disk each time; from some tens on the processors are the bound.
    commands = min(400_000, 60_000 + 20_000 * connections)
    return Load(f"{connections:,}", "exchange+json", connections, 1, commands)


def _us(found: Outcome, process: str) -> float:
    return found.cpu_s.get(process, 0.0) / found.answered * 1e6


def run() -> tuple[list[str], dict[str, Any]]:
    """Measure; answers the lines for people and the raw figures."""
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    points = [connections for connections in POINTS if connections + _OTHER_FILES <= files]
    story = [
        f"as in the part above: one order at a time on each connection, plain JSON, a user for each; {SECONDS:g} s a "
        f"point on a new house; 1 market, {RESTING_A_SIDE:,} orders a side",
        "connections beyond 1,000 come from a second loopback address, as the house takes 1,000 of one",
        *(
            f"{connections:,} connections: left out, {files:,} open files are allowed here"
            for connections in POINTS[len(points) :]
        ),
    ]
    print(*(f"  {sentence}" for sentence in story), sep="\n", flush=True)
    outcomes: dict[int, Outcome] = {}
    for connections in points:
        load = _load(connections)
        flow = flow_of(load)
        with servers.fondaco(flow.venue) as running:
            outcomes[connections] = found = measure_load(load, flow, running, MARKET)
        print(
            f"    {connections:>5,}  {rate(found.per_second())} orders/s  {found.p50_us:,.0f} µs  {found.cpu_s}",
            flush=True,
        )
    shown = table(
        ["connections", "orders/s", "p50 µs", "p99 µs", *(f"{name} µs an order" for name in _PROCESSES)],
        [
            [
                f"{connections:,}",
                rate(found.per_second()),
                f"{found.p50_us:,.0f}",
                f"{found.p99_us:,.0f}",
                *(f"{_us(found, name):.1f}" for name in _PROCESSES),
            ]
            for connections, found in outcomes.items()
        ],
    )
    series = [Series(name, [(x, _us(found, name)) for x, found in outcomes.items()]) for name in _PROCESSES]
    chart = Chart(
        title="Cost of a durable order against connections",
        x_label="connections, one order at a time on each",
        y_label="CPU time of an order, µs",
        series=series,
        log_y=True,
    )
    raw = {str(connections): msgspec.to_builtins(found) for connections, found in outcomes.items()}
    return [*(f"- {line}" for line in story), "", draw("connections", chart), "", SENTENCE, "", *shown], raw
