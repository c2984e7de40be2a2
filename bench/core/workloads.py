"""Which flows the core is measured on, and how long they are."""

from __future__ import annotations

from collections.abc import Callable

from bench.core import bitstamp, synthetic
from bench.core.flow import Flow
from bench.core.synthetic import Shape

RUNS = 5
SEGMENT = 150_000
#: Mean distance of a price from the fair one. At the touch there are so about 10 and 100 orders a tick.
NEAR_TICKS = 100
DEEP_TICKS = 1_000

SMALL = Shape(users=1_000, markets=1, resting_a_side=1_000)
WIDE = Shape(users=10_000, markets=10, resting_a_side=1_000)
DEEP = Shape(users=10_000, markets=1, resting_a_side=100_000)


def recorded() -> Flow:
    return bitstamp.make(runs=RUNS)


def small_mix(segment: int = SEGMENT, segments: int = RUNS) -> Flow:
    return synthetic.make(SMALL, mean_distance_ticks=NEAR_TICKS, segment=segment, segments=segments)


def wide_mix() -> Flow:
    return synthetic.make(WIDE, mean_distance_ticks=NEAR_TICKS, segment=SEGMENT, segments=RUNS)


def deep_mix() -> Flow:
    return synthetic.make(DEEP, mean_distance_ticks=DEEP_TICKS, segment=SEGMENT, segments=RUNS)


def typed_mix() -> Flow:
    """The small mix with the order types that take; the place for those that wait and hide, too."""
    return synthetic.make(
        SMALL, mean_distance_ticks=NEAR_TICKS, segment=SEGMENT, segments=RUNS, crossing=synthetic.TAKING
    )


WORKLOADS: tuple[Callable[[], Flow], ...] = (recorded, small_mix, wide_mix, deep_mix, typed_mix)
