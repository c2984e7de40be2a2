"""Times every command of a flow by itself, and tells the house's own pauses from the machine's.

The same commands run on a new house several times. A pause of the house comes at the same command in every run, because
the house does the same work; one of the machine comes where it likes. So a command's time is the least of its runs, and
what remains beside it is shown too: the worst of any one run, and a loop that times nothing, treated alike.

Limits: a cache that is cold or a page that is first touched is part of the house's time, as it comes again in each run.
What the machine does to every run at the same place counts as the house's.
"""

from __future__ import annotations

import gc
import time
from array import array
from collections.abc import Callable

import msgspec

from bench.core.encoding import START_TIME_US, Encoded, UnexpectedAnswer, batches, open_house
from bench.core.flow import CANCEL
from bench.core.measure import BATCH_COMMANDS

RUNS = 5
#: The first calls find the processor's caches full of other things; they are made and not counted.
UNCOUNTED = 1_000


class Times(msgspec.Struct, frozen=True):
    """Nanoseconds of a call, the clock's own included. ``slower``: (ns, share of the commands that took longer)."""

    name: str
    commands: int
    p50_ns: int
    p99_ns: int
    p9999_ns: int
    max_ns: int
    #: The longest call of any single run: with what the machine did.
    any_run_max_ns: int
    #: Which command was the slowest, and what it was.
    slowest: str
    slower: list[tuple[int, float]]


def _timed(call: Callable[[bytes, int], object], records: list[bytes]) -> array[int]:
    now = time.perf_counter_ns
    took = array("q", bytes(8 * len(records)))
    gc.collect()
    gc.disable()
    try:
        for place, record in enumerate(records):
            start = now()
            call(record, START_TIME_US)
            took[place] = now() - start
    finally:
        gc.enable()
    return took[UNCOUNTED:]


def _nothing(_record: bytes, _time_us: int) -> None:
    return None


def summary(name: str, runs: list[array[int]], slowest: Callable[[int], str]) -> Times:
    """Percentiles of the least time of each command over the runs."""
    least = list(map(min, zip(*runs, strict=True)))
    order = sorted(least)
    last = len(order) - 1
    # A point wherever the share halves, down to the last command.
    above = [1 << bit for bit in range(last.bit_length(), -1, -1) if 1 << bit <= last]
    return Times(
        name=name,
        commands=len(order),
        p50_ns=order[last // 2],
        p99_ns=order[last * 99 // 100],
        p9999_ns=order[last * 9999 // 10_000],
        max_ns=order[last],
        any_run_max_ns=max(map(max, runs)),
        slowest=slowest(least.index(order[last])),
        slower=[(order[last - count], count / len(order)) for count in above],
    )


def measure(encoded: Encoded, runs: int = RUNS) -> Times:
    """Time a fresh flow's commands. Raises ``UnexpectedAnswer`` if a run ends in another state than the first apply."""
    flow = encoded.flow
    opening = batches(encoded.records[: flow.untimed], BATCH_COMMANDS)
    records = encoded.records[flow.untimed :]
    took = []
    for _ in range(runs):
        house = open_house(flow.venue)
        for batch in opening:
            house.apply(batch, START_TIME_US)
        took.append(_timed(house.apply, records))
        if house.state_hash() != encoded.state_hash:
            raise UnexpectedAnswer(f"a run of {flow.name!r} ended in another state than its first apply")

    def slowest(place: int) -> str:
        number = UNCOUNTED + place
        [command] = flow.commands(flow.untimed + number, flow.untimed + number + 1)
        return f"command {number + 1:,}, a {'cancel' if command[0] == CANCEL else 'place'}"

    return summary(flow.name, took, slowest)


def measure_clock(commands: int, runs: int = RUNS) -> Times:
    """The same loop around a call that does nothing."""
    return summary("the clock alone", [_timed(_nothing, [b""] * commands) for _ in range(runs)], lambda place: "")
