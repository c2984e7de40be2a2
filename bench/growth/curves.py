"""The curves of the core: which flow stands at each point, and what bends each curve.

Every flow is the seeded mix, so that the work of a command is the same along a curve: 0.45 fills, wherever it stands.
The sentences are written by hand, from the figures they stand under; who changes what they speak of changes them too.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import msgspec

from bench.core import synthetic
from bench.core.flow import Flow
from bench.core.workloads import NEAR_TICKS

SEGMENT = 50_000
SEGMENTS = 5


class Curve(msgspec.Struct, frozen=True):
    """``make`` gives the flow at a point. ``peer``: whether a matching engine alone can be asked the same."""

    name: str
    x_label: str
    constant: str
    points: tuple[int, ...]
    make: Callable[[int], Flow]
    sentence: str
    peer: bool = True


def _mix(users: int, markets: int, resting_a_side: int) -> Flow:
    return synthetic.make(
        synthetic.Shape(users, markets, resting_a_side),
        # As in the workloads of the core: ten orders a tick at the touch with 1,000 a side, a hundred with 100,000.
        mean_distance_ticks=NEAR_TICKS * math.sqrt(resting_a_side / 1_000),
        segment=SEGMENT,
        segments=SEGMENTS,
    )


ORDERS = Curve(
    name="orders",
    x_label="resting orders in all, half on each side",
    constant="1 market, 1,000 users; prices spread with the square root of the orders",
    points=(1_000, 3_000, 10_000, 30_000, 100_000, 300_000, 1_000_000),
    make=lambda orders: _mix(1_000, 1, orders // 2),
    sentence=(
        "What bends it: a cancel names any resting order, and a fill its maker, so each touches lines of the order "
        "table that nothing touched lately. While the table fits the caches that costs nothing; past the second mark "
        "each is a wait for memory."
    ),
)
USERS = Curve(
    name="users",
    x_label="users, each with funds in two assets",
    constant="1 market, 1,000 orders a side",
    points=(1_000, 10_000, 100_000, 300_000, 1_000_000),
    make=lambda users: _mix(users, 1, 1_000),
    sentence=(
        "What bends it: a place reads its user's state and the wallet that it takes from, a fill changes four balances "
        "of two users drawn at random; these lines leave the caches one after the other as users become more. The "
        "steps of the code stay the same."
    ),
    peer=False,
)
MARKETS = Curve(
    name="markets",
    x_label="markets, each with a stock of its own",
    constant="100 users, 100 orders a side of each market",
    points=(1, 3, 10, 30, 100, 300, 1_000),
    make=lambda markets: _mix(100, markets, 100),
    sentence=(
        "What bends it: each command goes to a market drawn at random, so the touch of its book, its orders and the "
        "wallets in its stock come from further away the more markets there are. The steps of the code stay the same."
    ),
)
CURVES = (ORDERS, USERS, MARKETS)
