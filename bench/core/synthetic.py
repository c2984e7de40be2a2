"""The seeded mix: 70 % place near the touch, 25 % cancel, 5 % crossing, with a book that keeps its size.

How the size is kept: a place adds an order, a cancel takes one, so the crossing orders must take what is left over.
Each is sized to fill as many resting orders of its side as that side has above its target (9 on average: 0.70 = 0.25 +
0.05 × 9), the last of them only in part half of the time. Their limit is the worst price they reach, so nothing of them
rests.

The shape is kept too: places lie an exponential distance from a fair price that walks slowly; what lies nearer than
``ln(1 / 0.36)`` mean distances is traded away sooner or later (9 of 14 places), what lies further waits to be
cancelled, and every resting order is as likely to be cancelled as any other. Because the exponential has no memory, the
opening book is drawn from the same law, further out, and a flow of any length finds it as it was.

The flow comes from its own small account of the book (a heap a side), never from the house: a change in the house
cannot change what it is measured on. Deterministic by seed; about 3 µs a command.
"""

from __future__ import annotations

import heapq
import math
import random
from array import array

from bench.core.flow import ASK, BID, CANCEL, PLACE, Flow, Venue
from fondaco.core.units import UNITS_MAX

PLACE_SHARE = 0.70
CANCEL_SHARE = 0.25
FAIR_PRICE_TICKS = 1_000_000
SIZE_LOTS_MAX = 100
#: Of all commands, on how many the fair price of their market moves by a tick.
WALK_SHARE = 1 / 2_000

_TRADED_DISTANCES = math.log(PLACE_SHARE / CANCEL_SHARE)


class _Side:
    """One side of one market: who rests there, best first. Bids are kept with negated prices."""

    def __init__(self) -> None:
        self.best_first: list[tuple[int, int]] = []  # (price × sign, place's number)
        self.left_lots: dict[int, int] = {}

    def best_key(self) -> int | None:
        heap = self.best_first
        while heap and heap[0][1] not in self.left_lots:
            heapq.heappop(heap)
        return heap[0][0] if heap else None


class _Mix:
    """Writes one flow. ``resting`` holds every resting order as (market, side, place's number), for a fair draw."""

    def __init__(self, seed: int, users: int, markets: int, resting_a_side: int, mean_distance_ticks: float) -> None:
        self.random = random.Random(seed)
        self.users = users
        self.markets = markets
        self.target = resting_a_side
        self.rate = 1 / mean_distance_ticks
        self.words: array[int] = array("q")
        self.places = 0
        self.owners: array[int] = array("i")
        self.fair = [FAIR_PRICE_TICKS] * (markets + 1)
        self.sides = {(market, side): _Side() for market in range(1, markets + 1) for side in (ASK, BID)}
        self.resting: list[tuple[int, int, int]] = []
        self.position: dict[int, int] = {}  # place's number → where in `resting`

    def _rest(self, market: int, side: int, key: int, lots: int) -> None:
        book = self.sides[market, side]
        heapq.heappush(book.best_first, (key, self.places))
        book.left_lots[self.places] = lots
        self.position[self.places] = len(self.resting)
        self.resting.append((market, side, self.places))

    def _forget(self, market: int, side: int, place: int) -> None:
        del self.sides[market, side].left_lots[place]
        hole = self.position.pop(place)
        last = self.resting.pop()
        if last[2] != place:
            self.resting[hole] = last
            self.position[last[2]] = hole

    def _write_place(self, market: int, side: int, price_ticks: int, lots: int) -> None:
        user = self.random.randint(1, self.users)
        self.owners.append(user)
        self.words.extend((PLACE, user, market, side, price_ticks, lots, self.places))
        self.places += 1

    def place(self, market: int, side: int, from_ticks: float) -> None:
        """Rest an order; where its price would cross, it joins the best price that does not."""
        distance = 1 + int(from_ticks + self.random.expovariate(self.rate))
        key = self.fair[market] + distance if side == ASK else distance - self.fair[market]
        other = self.sides[market, ASK + BID - side].best_key()
        if other is not None:
            key = max(key, 1 - other)
        lots = self.random.randint(1, SIZE_LOTS_MAX)
        self._rest(market, side, key, lots)
        self._write_place(market, side, key if side == ASK else -key, lots)

    def cancel(self) -> None:
        """Cancel any resting order, all alike."""
        market, side, place = self.resting[int(self.random.random() * len(self.resting))]
        self._forget(market, side, place)
        self.words.extend((CANCEL, self.owners[place], market, side, 0, 0, place))

    def cross(self, market: int, side: int) -> None:
        """Take from the other side what it has above its target, at least one order."""
        resting_side = ASK + BID - side
        book = self.sides[market, resting_side]
        wanted = max(1, len(book.left_lots) - self.target)
        lots = worst = 0
        while wanted:
            best = book.best_key()
            if best is None:
                break
            worst = best
            place = book.best_first[0][1]
            left = book.left_lots[place]
            wanted -= 1
            if wanted == 0 and left > 1 and self.random.random() < 0.5:
                book.left_lots[place] = left - left // 2
                lots += left // 2
            else:
                self._forget(market, resting_side, place)
                lots += left
        if lots:
            self._write_place(market, side, worst if resting_side == ASK else -worst, lots)

    def open(self) -> None:
        further = _TRADED_DISTANCES / self.rate
        for market in range(1, self.markets + 1):
            for _ in range(self.target):
                self.place(market, ASK, further)
                self.place(market, BID, further)

    def step(self) -> None:
        market = 1 + int(self.random.random() * self.markets)
        side = ASK if self.random.random() < 0.5 else BID
        roll = self.random.random()
        if roll < PLACE_SHARE:
            self.place(market, side, 0)
        elif roll < PLACE_SHARE + CANCEL_SHARE and self.resting:
            self.cancel()
        else:
            self.cross(market, side)
        if self.random.random() < WALK_SHARE:
            self.fair[market] += 1 if self.random.random() < 0.5 else -1


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
    mix = _Mix(seed, users, markets, resting_a_side, mean_distance_ticks)
    mix.open()
    untimed = len(mix.words) // 7 + segment
    for _ in range(segment * (segments + 1)):
        mix.step()
    in_all = 2 * resting_a_side * markets
    return Flow(
        name=f"mix, {resting_a_side:,} a side, {markets} {'market' if markets == 1 else 'markets'}, {users:,} users",
        venue=Venue(
            users=users,
            markets=markets,
            price_digits=2,
            amount_digits=4,
            stock_scale_digits=8,
            money_scale_digits=8,
            funds_units=UNITS_MAX // users,
        ),
        story=[
            "seeded mix (seed "
            f"{seed}): 70 % place near the touch, 25 % cancel any resting order, 5 % cross; market and user at random",
            f"{resting_a_side:,} orders rest on each side of each market ({in_all:,} in all), held by the size of the "
            "crossing orders: each fills 9 resting orders on average, so there are 0.45 fills a command",
            f"prices an exponential {mean_distance_ticks:g} ticks from a fair price that walks; "
            f"sizes 1 to {SIZE_LOTS_MAX} lots",
        ],
        left_out=["making and encoding the commands", "opening the book and a first segment that settles it"],
        words=mix.words,
        untimed=untimed,
        segment=segment,
        segments=segments,
        fresh=False,
        resting_expected=len(mix.resting),
    )
