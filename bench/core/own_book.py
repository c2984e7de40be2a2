"""A flow's own account of the book: who rests where, so that a workload knows what its next command will do.

Commands come from this account, never from the house: a change in the house cannot change what it is measured on. Every
method writes one command and keeps the account as any engine with price-time priority would. Two heaps a market, best
price first; a cancelled order leaves its heap when it comes to the top. Deterministic by seed; about 2 µs a command.
"""

from __future__ import annotations

import heapq
import random
from array import array

from bench.core.flow import ASK, BID, CANCEL, PLACE, PLACE_MARKET, WORDS

SIZE_LOTS_MAX = 100


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


class OwnBook:
    """Writes the commands of one flow. ``resting`` holds every resting order as (market, side, place's number)."""

    def __init__(self, seed: int, users: int, markets: int) -> None:
        self.random = random.Random(seed)
        self.words: array[int] = array("q")
        self.resting: list[tuple[int, int, int]] = []
        self._users = users
        self._places = 0
        self._owners: array[int] = array("i")
        self._sides = {(market, side): _Side() for market in range(1, markets + 1) for side in (ASK, BID)}
        self._position: dict[int, int] = {}  # place's number → where in `resting`

    @property
    def commands(self) -> int:
        """How many commands were written."""
        return len(self.words) // WORDS

    def count(self, market: int, side: int) -> int:
        """How many orders rest on a side."""
        return len(self._sides[market, side].left_lots)

    def best(self, market: int, side: int) -> int | None:
        """The best price of a side, or ``None`` if it is empty."""
        key = self._sides[market, side].best_key()
        return None if key is None else key if side == ASK else -key

    def is_resting(self, place: int) -> bool:
        return place in self._position

    def rest(self, market: int, side: int, price_ticks: int) -> None:
        """Place an order that rests; where its price would cross, it joins the best price that does not."""
        key = price_ticks if side == ASK else -price_ticks
        other = self._sides[market, ASK + BID - side].best_key()
        if other is not None:
            key = max(key, 1 - other)
        lots = 1 + int(self.random.random() * SIZE_LOTS_MAX)
        book = self._sides[market, side]
        heapq.heappush(book.best_first, (key, self._places))
        book.left_lots[self._places] = lots
        self._position[self._places] = len(self.resting)
        self.resting.append((market, side, self._places))
        self._write_place(market, side, key if side == ASK else -key, lots)

    def cancel(self, market: int, side: int, place: int) -> None:
        """Cancel an order that rests."""
        self._forget(market, side, place)
        self.words.extend((CANCEL, self._owners[place], market, side, 0, 0, place))

    def cancel_any(self) -> None:
        """Cancel a resting order, all as likely."""
        self.cancel(*self.resting[int(self.random.random() * len(self.resting))])

    def cross(
        self, market: int, side: int, orders: int, limit_ticks: int | None = None, operation: int = PLACE
    ) -> None:
        """Fill up to so many orders of the other side, within a limit; the last is filled in part half of the time.

        The order's limit is the worst price it reaches, and its size what it fills: nothing of it rests or is left,
        whatever its type. A market order that buys is not among the types: its amount is money.
        """
        resting_side = ASK + BID - side
        book = self._sides[market, resting_side]
        limit = None if limit_ticks is None else limit_ticks if resting_side == ASK else -limit_ticks
        lots = worst = 0
        while orders:
            best = book.best_key()
            if best is None or (limit is not None and best > limit):
                break
            worst = best
            place = book.best_first[0][1]
            left = book.left_lots[place]
            orders -= 1
            if orders == 0 and left > 1 and self.random.random() < 0.5:
                book.left_lots[place] = left - left // 2
                lots += left // 2
            else:
                self._forget(market, resting_side, place)
                lots += left
        if lots:
            limit_ticks = worst if resting_side == ASK else -worst
            self._write_place(market, side, 0 if operation == PLACE_MARKET else limit_ticks, lots, operation)

    def _forget(self, market: int, side: int, place: int) -> None:
        del self._sides[market, side].left_lots[place]
        hole = self._position.pop(place)
        last = self.resting.pop()
        if last[2] != place:
            self.resting[hole] = last
            self._position[last[2]] = hole

    def _write_place(self, market: int, side: int, price_ticks: int, lots: int, operation: int = PLACE) -> None:
        user = 1 + int(self.random.random() * self._users)
        self._owners.append(user)
        self.words.extend((operation, user, market, side, price_ticks, lots, self._places))
        self._places += 1
