# cython: boundscheck=False, wraparound=False, initializedcheck=False
"""One side of a market's book: price levels in order, and in each level the orders in the order they came.

``keys`` holds the level prices so that the best one is last: bids as they are, asks negated. Orders come and go near
the touch, so a search walks a few keys from the best before it bisects, and an insertion shifts only what is better
than it. Cost: O(1) at the touch, O(log levels) to find, plus the shift (16 bytes a better level). A level is four words
(first order, last order, total lots, price); orders are linked through their records in the ``OrderTable``.

Invariants: a level on the side has at least one order; its lots are the sum of theirs; keys ascend strictly.
"""

from __future__ import annotations

from array import array

import cython

if not cython.compiled:  # the compiler takes them from the .pxd
    from fondaco.core.layout import (
        L_HEAD,
        L_LOTS,
        L_PRICE,
        L_TAIL,
        LEVEL_WORDS,
        O_LEFT,
        O_LEVEL,
        O_NEXT,
        O_PREV,
        O_PRICE,
    )

from fondaco.core.order_table import OrderTable

#: How many levels from the best are looked at one by one before bisecting.
NEAR_LEVELS = cython.declare(cython.longlong, 8)


class BookSide:
    """The asks (``sign`` −1) or the bids (``sign`` +1) of one market."""

    def __init__(self, table: OrderTable, sign: int):
        self.table = table
        self.sign = sign
        self.levels = 0
        self.keys = memoryview(array("q", bytes(8 * 64)))
        self.places = memoryview(array("q", bytes(8 * 64)))
        self.level_words = memoryview(array("q", bytes(8 * LEVEL_WORDS * 65)))
        self.free_level = 0
        self.level_end = LEVEL_WORDS

    def best_order(self):
        """The order that trades next, or 0 if the side is empty."""
        if self.levels == 0:
            return 0
        return self.level_words[self.places[self.levels - 1] + L_HEAD]

    def seek(self, key):
        """The first place whose key is not below ``key``; ``levels`` if all are."""
        high: cython.longlong = self.levels
        near: cython.longlong = high - NEAR_LEVELS
        if near < 0:
            near = 0
        while high > near and self.keys[high - 1] >= key:
            high -= 1
        if high > near or near == 0:
            return high
        low: cython.longlong = 0
        middle: cython.longlong
        while low < high:
            middle = (low + high) >> 1
            if self.keys[middle] < key:
                low = middle + 1
            else:
                high = middle
        return low

    def open_level(self, price):
        """The level of a price, made if there is none."""
        key: cython.longlong = price * self.sign
        place: cython.longlong = self.seek(key)
        if place < self.levels and self.keys[place] == key:
            return self.places[place]
        level: cython.longlong = self.free_level
        if level != 0:
            self.free_level = self.level_words[level + L_HEAD]
        else:
            if self.level_end + LEVEL_WORDS > self.level_words.shape[0]:
                self.level_words = _doubled(self.level_words)
            level = self.level_end
            self.level_end += LEVEL_WORDS
        if self.levels == self.keys.shape[0]:
            self.keys = _doubled(self.keys)
            self.places = _doubled(self.places)
        shift: cython.longlong = self.levels
        while shift > place:
            self.keys[shift] = self.keys[shift - 1]
            self.places[shift] = self.places[shift - 1]
            shift -= 1
        self.keys[place] = key
        self.places[place] = level
        self.levels += 1
        self.level_words[level + L_HEAD] = 0
        self.level_words[level + L_TAIL] = 0
        self.level_words[level + L_LOTS] = 0
        self.level_words[level + L_PRICE] = price
        return level

    def close_level(self, level):
        place: cython.longlong = self.seek(self.level_words[level + L_PRICE] * self.sign)
        self.levels -= 1
        while place < self.levels:
            self.keys[place] = self.keys[place + 1]
            self.places[place] = self.places[place + 1]
            place += 1
        self.level_words[level + L_HEAD] = self.free_level
        self.free_level = level

    def add(self, order):
        """Put an order at the back of its price."""
        level: cython.longlong = self.open_level(self.table.words[order + O_PRICE])
        tail: cython.longlong = self.level_words[level + L_TAIL]
        self.table.words[order + O_LEVEL] = level
        self.table.words[order + O_PREV] = tail
        self.table.words[order + O_NEXT] = 0
        if tail != 0:
            self.table.words[tail + O_NEXT] = order
        else:
            self.level_words[level + L_HEAD] = order
        self.level_words[level + L_TAIL] = order
        self.level_words[level + L_LOTS] += self.table.words[order + O_LEFT]

    def remove(self, order):
        """Take an order out, whatever it has left."""
        level: cython.longlong = self.table.words[order + O_LEVEL]
        before: cython.longlong = self.table.words[order + O_PREV]
        after: cython.longlong = self.table.words[order + O_NEXT]
        if before != 0:
            self.table.words[before + O_NEXT] = after
        else:
            self.level_words[level + L_HEAD] = after
        if after != 0:
            self.table.words[after + O_PREV] = before
        else:
            self.level_words[level + L_TAIL] = before
        self.level_words[level + L_LOTS] -= self.table.words[order + O_LEFT]
        if before == 0 and after == 0:
            self.close_level(level)

    def reduce(self, order, lots):
        """Take lots off an order that stays where it is."""
        self.table.words[order + O_LEFT] -= lots
        self.level_words[self.table.words[order + O_LEVEL] + L_LOTS] -= lots

    def fills(self, limit_ticks, wanted, money_units):
        """Whether the side can fill ``wanted`` at prices no worse than ``limit_ticks`` (0: any price).

        ``wanted`` is lots; or, with ``money_units`` (money of one lot at one tick) not 0, money. O(levels crossed).
        """
        place: cython.longlong = self.levels - 1
        level: cython.longlong
        left: cython.longlong = wanted
        worth: cython.longlong
        while place >= 0 and left > 0:
            level = self.places[place]
            if limit_ticks != 0 and self.keys[place] < limit_ticks * self.sign:
                return False
            worth = self.level_words[level + L_LOTS]
            if money_units != 0:
                # lots enough for what the money reaches fill it; comparing by division keeps the product in 64 bits
                if worth >= left // (self.level_words[level + L_PRICE] * money_units):
                    return True
                worth *= self.level_words[level + L_PRICE] * money_units
            left -= worth
            place -= 1
        return left <= 0

    def depth(self, limit: int, interval_ticks: int) -> list[tuple[int, int]]:
        """Up to ``limit`` (price_ticks, size_lots), best first; ``limit`` is 1 or more.

        With an interval, prices are merged to its multiples: asks rounded up, bids down. O(levels merged).
        """
        rows: list[tuple[int, int]] = []
        place: cython.longlong = self.levels - 1
        interval: cython.longlong = interval_ticks
        level: cython.longlong
        price: cython.longlong
        merged: cython.longlong = 0
        lots: cython.longlong = 0
        while place >= 0:
            level = self.places[place]
            price = self.level_words[level + L_PRICE]
            if interval > 1:
                if self.sign < 0:
                    price += interval - 1
                price -= price % interval
            if price != merged:
                if merged != 0 or lots != 0:
                    rows.append((merged, lots))
                    if len(rows) == limit:
                        return rows
                merged = price
                lots = 0
            lots += self.level_words[level + L_LOTS]
            place -= 1
        if lots != 0:
            rows.append((merged, lots))
        return rows

    def orders(self) -> list[int]:
        """The handles of all orders, in the order they would trade."""
        found: list[int] = []
        place: cython.longlong = self.levels - 1
        order: cython.longlong
        while place >= 0:
            order = self.level_words[self.places[place] + L_HEAD]
            while order != 0:
                found.append(order)
                order = self.table.words[order + O_NEXT]
            place -= 1
        return found

    def page(self, price_ticks: int, after: int, limit: int) -> list[int]:
        """The handles of up to ``limit`` orders, as they would trade, from a price on (0: the best) or a worse one.

        ``after`` is an order at that price which was read before, 0 for none. O(log levels + limit).
        """
        found: list[int] = []
        place: cython.longlong = self.levels - 1
        key: cython.longlong = price_ticks * self.sign
        order: cython.longlong = after
        if price_ticks != 0:
            place = self.seek(key)
            if place == self.levels or self.keys[place] != key:
                place -= 1
        if order != 0:
            order = self.table.words[order + O_NEXT]
            place -= 1
        while len(found) < limit and (order != 0 or place >= 0):
            if order == 0:
                order = self.level_words[self.places[place] + L_HEAD]
                place -= 1
            found.append(order)
            order = self.table.words[order + O_NEXT]
        return found


def _doubled(words):
    size = len(memoryview(words))
    grown = array("q", bytes(16 * size))
    memoryview(grown)[:size] = memoryview(words)
    return memoryview(grown)
