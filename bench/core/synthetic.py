"""The seeded mix: 70 % place near the touch, 25 % cancel, 5 % crossing, with a book that keeps its size.

How the size is kept: a place adds an order, a cancel takes one, so the crossing orders must take what is left over.
Each is sized to fill as many resting orders of its side as that side has above its target (9 on average: 0.70 = 0.25 +
0.05 × 9), the last of them only in part half of the time. Their limit is the worst price they reach, so nothing of them
rests.

The shape is kept too: places lie an exponential distance from a fair price that walks slowly; what lies nearer than
``ln(1 / 0.36)`` mean distances is traded away sooner or later (9 of 14 places), what lies further waits to be
cancelled, and every resting order is as likely to be cancelled as any other. Because the exponential has no memory, the
opening book is drawn from the same law, further out, and a flow of any length finds it as it was.

Deterministic by seed; about 3 µs a command.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import msgspec

from bench.core.flow import ASK, BID, PLACE, PLACE_FOK, PLACE_IOC, PLACE_MARKET, Flow, Venue
from bench.core.own_book import SIZE_LOTS_MAX, OwnBook
from fondaco.core.units import UNITS_MAX

PLACE_SHARE = 0.70
CANCEL_SHARE = 0.25
FAIR_PRICE_TICKS = 1_000_000
#: Of all commands, on how many the fair price of their market moves by a tick.
WALK_SHARE = 1 / 2_000

#: By side, the types that the crossing orders take in turn: plain limit orders, or all that take and do not rest.
PLAIN: Mapping[int, Sequence[int]] = {ASK: (PLACE,), BID: (PLACE,)}
TAKING: Mapping[int, Sequence[int]] = {ASK: (PLACE_IOC, PLACE_FOK, PLACE_MARKET), BID: (PLACE_IOC, PLACE_FOK)}

_TRADED_DISTANCES = math.log(PLACE_SHARE / CANCEL_SHARE)


class Shape(msgspec.Struct, frozen=True):
    """How much there is of what; the orders rest on each side of each market."""

    users: int
    markets: int
    resting_a_side: int

    @property
    def name(self) -> str:
        """What a mix of this shape is called in the results."""
        markets = f"{self.markets:,} {'market' if self.markets == 1 else 'markets'}"
        return f"mix, {self.resting_a_side:,} a side, {markets}, {self.users:,} users"


class _Mix:
    """Writes one flow."""

    def __init__(
        self,
        book: OwnBook,
        shape: Shape,
        mean_distance_ticks: float,
        crossing: Mapping[int, Sequence[int]],
    ) -> None:
        self.book = book
        self.crossing = crossing
        self.random = book.random
        self.markets = shape.markets
        self.target = shape.resting_a_side
        self.rate = 1 / mean_distance_ticks
        self.fair = [FAIR_PRICE_TICKS] * (shape.markets + 1)

    def _place(self, market: int, side: int, from_ticks: float) -> None:
        distance = 1 + int(from_ticks + self.random.expovariate(self.rate))
        self.book.rest(market, side, self.fair[market] + (distance if side == ASK else -distance))

    def open(self) -> None:
        further = _TRADED_DISTANCES / self.rate
        for market in range(1, self.markets + 1):
            for _ in range(self.target):
                self._place(market, ASK, further)
                self._place(market, BID, further)

    def step(self) -> None:
        market = 1 + int(self.random.random() * self.markets)
        side = ASK if self.random.random() < 0.5 else BID
        roll = self.random.random()
        if roll < PLACE_SHARE:
            self._place(market, side, 0)
        elif roll < PLACE_SHARE + CANCEL_SHARE and self.book.resting:
            self.book.cancel_any()
        else:
            too_many = max(1, self.book.count(market, ASK + BID - side) - self.target)
            types = self.crossing[side]
            self.book.cross(market, side, too_many, operation=types[self.book.commands % len(types)])
        if self.random.random() < WALK_SHARE:
            self.fair[market] += 1 if self.random.random() < 0.5 else -1


def venue(*, users: int, markets: int) -> Venue:
    """A venue that every seeded flow fits: the funds last, whoever trades."""
    return Venue(
        users=users,
        markets=markets,
        price_digits=2,
        amount_digits=4,
        stock_scale_digits=8,
        money_scale_digits=8,
        funds_units=UNITS_MAX // users,
    )


def make(
    shape: Shape,
    *,
    mean_distance_ticks: float,
    segment: int,
    segments: int,
    seed: int = 20_240_808,
    crossing: Mapping[int, Sequence[int]] = PLAIN,
) -> Flow:
    """A flow whose book holds about ``shape.resting_a_side`` orders on each side of each market."""
    book = OwnBook(seed, shape.users, shape.markets)
    mix = _Mix(book, shape, mean_distance_ticks, crossing)
    mix.open()
    untimed = book.commands + segment
    for _ in range(segment * (segments + 1)):
        mix.step()
    in_all = 2 * shape.resting_a_side * shape.markets
    plain = crossing is PLAIN
    types = [] if plain else ["what crosses is IOC, FOK and market orders in turn (market orders on the ask side)"]
    return Flow(
        name=shape.name + ("" if plain else ", order types"),
        venue=venue(users=shape.users, markets=shape.markets),
        story=[
            "seeded mix (seed "
            f"{seed}): 70 % place near the touch, 25 % cancel any resting order, 5 % cross; market and user at random",
            f"{shape.resting_a_side:,} orders rest on each side of each market ({in_all:,} in all), held by the size "
            "of the crossing orders: each fills 9 resting orders on average, so there are 0.45 fills a command",
            f"prices an exponential {mean_distance_ticks:g} ticks from a fair price that walks; "
            f"sizes 1 to {SIZE_LOTS_MAX} lots",
            *types,
        ],
        left_out=["making and encoding the commands", "opening the book and a first segment that settles it"],
        words=book.words,
        untimed=untimed,
        segment=segment,
        segments=segments,
        fresh=False,
        resting_expected=len(book.resting),
        peers=plain,
    )
