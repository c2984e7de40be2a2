"""Times an encoded flow on the house: wall and CPU time of every segment, and single commands as Python sees them.

Timed is ``House.apply`` with all it does: matching, ledger, holds, fees and all rows. The garbage collector
is off as in the server's hot path (``gc.freeze``), and each batch's rows are let go before the next, as the server does
once it has replied.

CPU time (``process_time``) stands beside wall time because the machine may be shared: what others take of it shows in
the wall time only.
"""

from __future__ import annotations

import gc
import statistics
import time

import msgspec

from bench.core.encoding import START_TIME_US, Encoded, UnexpectedAnswer, batches, open_house
from fondaco.core.house import House

BATCH_COMMANDS = 256
BATCH_INTERVAL_US = 500
SINGLES = 20_000


class Rate(msgspec.Struct, frozen=True):
    """Commands per second of each run: by the clock on the wall, and by the CPU time it took."""

    wall: list[float]
    cpu: list[float]

    def median_wall(self) -> float:
        return statistics.median(self.wall)

    def median_cpu(self) -> float:
        return statistics.median(self.cpu)


class Singles(msgspec.Struct, frozen=True):
    """One command a call, in nanoseconds; what timing itself takes is taken off."""

    p50_ns: int
    p99_ns: int
    p999_ns: int
    timing_ns: int


def _run(house: House, work: list[bytes], commands: int) -> tuple[float, float]:
    apply, time_us = house.apply, house.time_us
    cpu = time.process_time_ns()
    wall = time.perf_counter_ns()
    for batch in work:
        time_us += BATCH_INTERVAL_US
        apply(batch, time_us)
    wall = time.perf_counter_ns() - wall
    cpu = time.process_time_ns() - cpu
    return commands / wall * 1e9, commands / cpu * 1e9


def _apply_all(house: House, work: list[bytes]) -> None:
    for batch in work:
        house.apply(batch, START_TIME_US)


def _check(house: House, encoded: Encoded) -> None:
    if any(house.imbalances().values()):
        raise UnexpectedAnswer(f"the ledger does not balance: {house.imbalances()}")
    resting = sum(len(house.open_orders(user)) for user in range(1, encoded.flow.venue.users + 1))
    if resting != encoded.resting:
        raise UnexpectedAnswer(f"{resting} orders rest after the timed runs, {encoded.resting} after the first apply")


def measure(encoded: Encoded) -> Rate:
    """Time every segment of a flow. Raises ``UnexpectedAnswer`` if the house ends in another state than before."""
    flow = encoded.flow
    untimed = batches(encoded.records[: flow.untimed], BATCH_COMMANDS)
    rates = []
    house = None
    gc.collect()
    gc.disable()
    try:
        for segment in range(flow.segments):
            first = flow.untimed + (0 if flow.fresh else segment * flow.segment)
            work = batches(encoded.records[first : first + flow.segment], BATCH_COMMANDS)
            if house is None or flow.fresh:
                house = open_house(flow.venue)
                _apply_all(house, untimed)
            rates.append(_run(house, work, flow.segment))
    finally:
        gc.enable()
    if house is not None:
        _check(house, encoded)
    return Rate([wall for wall, _ in rates], [cpu for _, cpu in rates])


def measure_singles(encoded: Encoded) -> Singles:
    """Time the first commands after the untimed ones, one call each."""
    flow = encoded.flow
    house = open_house(flow.venue)
    _apply_all(house, batches(encoded.records[: flow.untimed], BATCH_COMMANDS))
    work = encoded.records[flow.untimed : flow.untimed + SINGLES]
    apply, now = house.apply, time.perf_counter_ns
    took = [0] * len(work)
    empty = [0] * len(work)
    gc.collect()
    gc.disable()
    try:
        for place, record in enumerate(work):
            start = now()
            apply(record, START_TIME_US)
            took[place] = now() - start
        for place in range(len(work)):
            start = now()
            empty[place] = now() - start
    finally:
        gc.enable()
    took.sort()
    timing = statistics.median_low(empty)
    last = len(took) - 1
    return Singles(
        p50_ns=took[last // 2] - timing,
        p99_ns=took[last * 99 // 100] - timing,
        p999_ns=took[last * 999 // 1000] - timing,
        timing_ns=timing,
    )
