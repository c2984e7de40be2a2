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

from bench.core.flow import ASK, BID, Flow, Venue
from bench.core.own_book import SIZE_LOTS_MAX, OwnBook
from fondaco.core.units import UNITS_MAX

PLACE_SHARE = 0.70
CANCEL_SHARE = 0.25
FAIR_PRICE_TICKS = 1_000_000
#: Of all commands, on how many the fair price of their market moves by a tick.
WALK_SHARE = 1 / 2_000

_TRADED_DISTANCES = math.log(PLACE_SHARE / CANCEL_SHARE)


class _Mix:
    """Writes one flow."""

    def __init__(self, book: OwnBook, markets: int, resting_a_side: int, mean_distance_ticks: float) -> None:
        self.book = book
        self.random = book.random
        self.markets = markets
        self.target = resting_a_side
        self.rate = 1 / mean_distance_ticks
        self.fair = [FAIR_PRICE_TICKS] * (markets + 1)

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
            self.book.cross(market, side, max(1, self.book.count(market, ASK + BID - side) - self.target))
        if self.random.random() < WALK_SHARE:
            self.fair[market] += 1 if self.random.random() < 0.5 else -1


def name(*, users: int, markets: int, resting_a_side: int) -> str:
    """What a mix is called in the results."""
    return f"mix, {resting_a_side:,} a side, {markets:,} {'market' if markets == 1 else 'markets'}, {users:,} users"


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
    *,
    users: int,
    markets: int,
    resting_a_side: int,
    mean_distance_ticks: float,
    segment: int,
    segments: int,
    seed: int = 20_240_808,
) -> Flow:
    """A flow whose book holds about ``resting_a_side`` orders on each side of each market."""
    book = OwnBook(seed, users, markets)
    mix = _Mix(book, markets, resting_a_side, mean_distance_ticks)
    mix.open()
    untimed = book.commands + segment
    for _ in range(segment * (segments + 1)):
        mix.step()
    in_all = 2 * resting_a_side * markets
    return Flow(
        name=name(users=users, markets=markets, resting_a_side=resting_a_side),
        venue=venue(users=users, markets=markets),
        story=[
            "seeded mix (seed "
            f"{seed}): 70 % place near the touch, 25 % cancel any resting order, 5 % cross; market and user at random",
            f"{resting_a_side:,} orders rest on each side of each market ({in_all:,} in all), held by the size of the "
            "crossing orders: each fills 9 resting orders on average, so there are 0.45 fills a command",
            f"prices an exponential {mean_distance_ticks:g} ticks from a fair price that walks; "
            f"sizes 1 to {SIZE_LOTS_MAX} lots",
        ],
        left_out=["making and encoding the commands", "opening the book and a first segment that settles it"],
        words=book.words,
        untimed=untimed,
        segment=segment,
        segments=segments,
        fresh=False,
        resting_expected=len(book.resting),
    )
