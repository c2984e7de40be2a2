"""Walks over one side of a book, best level first: levels, depth, orders, pages. They change nothing.

A side is as ``book.py`` says: levels of a window of keys, then those far from the touch. Cost: O(levels or orders that
are answered); a page is found in O(log levels).
"""

from __future__ import annotations

import cython

if not cython.compiled:  # the compiler takes them from the .pxd
    from fondaco.core.book import Book
    from fondaco.core.far_levels import NO_LEVEL, FarLevels
    from fondaco.core.layout import (
        BLOCK_LEVELS,
        L_ENDS,
        L_LOTS,
        LEVEL_WORDS,
        ORDER_WORDS,
        S_BASE,
        S_BEST,
        S_BITS,
        S_FAR,
        S_LEVELS,
        S_MASK,
        S_SLOTS,
        SIDE_WORDS,
    )


class BookWalks:
    """Over one book."""

    def __init__(self, book: Book):
        self.book = book

    def levels(self, side: cython.longlong, limit: cython.longlong) -> list[tuple[int, int, int]]:
        """Up to ``limit`` levels as (price_ticks, ends, visible lots), best first; all of them when it is 0."""
        at: cython.longlong = side * SIDE_WORDS
        found: list[tuple[int, int, int]] = []
        key: cython.longlong = self.book.sides[at + S_BEST] + 1
        left: cython.longlong = self.book.sides[at + S_LEVELS]
        wanted: cython.longlong = limit if limit > 0 else left + self.book.sides[at + S_FAR]
        slot: cython.longlong
        while left > 0 and len(found) < wanted:
            key = self.book.occupied_below(at, key)
            slot = self.book.sides[at + S_SLOTS] + (key & self.book.sides[at + S_MASK]) * LEVEL_WORDS
            found.append((abs(key), self.book.slots[slot + L_ENDS], self.book.slots[slot + L_LOTS]))
            left -= 1
        far: FarLevels = self.book.far[side]
        place: cython.longlong = far.blocks - 1
        within: cython.longlong
        while place >= 0 and len(found) < wanted:
            within = far.sizes[far.directory[place]] - 1
            while within >= 0 and len(found) < wanted:
                slot = far.at(place, within)
                found.append((abs(far.key_at(place, within)), far.words[slot], far.words[slot + BLOCK_LEVELS]))
                within -= 1
            place -= 1
        return found

    def depth(self, side: int, limit: int, interval_ticks: int) -> list[tuple[int, int]]:
        """Up to ``limit`` (price_ticks, visible lots), best first; ``limit`` is 1 or more.

        With an interval, prices are merged to its multiples: asks rounded up, bids down. O(levels merged).
        """
        if interval_ticks <= 1:
            return [(price, lots) for price, _, lots in self.levels(side, limit)]
        sums: dict[int, int] = {}
        seen: int = 0
        batch: int = limit
        while True:
            levels = self.levels(side, batch)
            for price, _, lots in levels[seen:]:
                merged = price if side & 1 else price + interval_ticks - 1
                merged -= merged % interval_ticks
                if merged not in sums and len(sums) == limit:
                    return list(sums.items())
                sums[merged] = sums.get(merged, 0) + lots
            if len(levels) < batch:
                return list(sums.items())
            seen = batch
            batch *= 4

    def orders(self, side: int) -> list[int]:
        """The handles of all orders, in the order they would trade."""
        found: list[int] = []
        order: cython.longlong
        for _, ends, _ in self.levels(side, 0):
            order = (ends & 0x7FFF_FFFF) * ORDER_WORDS
            while order != 0:
                found.append(order)
                order = self.book.behind(order)
        return found

    def page(self, side: int, price_ticks: int, after: int, limit: int) -> list[int]:
        """The handles of up to ``limit`` orders, as they would trade, from a price on (0: the best) or a worse one.

        ``after`` is an order at that price which was read before, 0 for none. O(log levels + limit).
        """
        found: list[int] = []
        key: cython.longlong = self.book.sides[side * SIDE_WORDS + S_BEST] + 1
        order: cython.longlong = 0
        if price_ticks != 0:
            key = price_ticks if side & 1 else -price_ticks
            if after != 0:
                order = self.book.behind(after)
            else:
                key += 1
        while len(found) < limit:
            if order == 0:
                key = self.level_below(side, key)
                if key == NO_LEVEL:
                    break
                order = (self.ends_of(side, key) & 0x7FFF_FFFF) * ORDER_WORDS
            found.append(order)
            order = self.book.behind(order)
        return found

    def level_below(self, side, key):
        """The key of the best level below a key, or ``NO_LEVEL``."""
        at: cython.longlong = side * SIDE_WORDS
        place: cython.longlong
        word: cython.ulonglong
        if self.book.sides[at + S_LEVELS] == 0:
            return NO_LEVEL
        from_key: cython.longlong = key
        key = min(key, self.book.sides[at + S_BEST] + 1)
        while key > self.book.sides[at + S_BASE]:
            key -= 1
            place = key & self.book.sides[at + S_MASK]
            word = self.book.bits[self.book.sides[at + S_BITS] + (place >> 6)]
            if word == 0 and (place & 63) == 63:
                key -= 63
            elif (word >> (place & 63)) & 1:
                return key
        far: FarLevels = self.book.far[side]
        return far.level_below(min(from_key, self.book.sides[at + S_BASE])) if far.count != 0 else NO_LEVEL

    def ends_of(self, side, key):
        """The ends of a level that is there."""
        at: cython.longlong = side * SIDE_WORDS
        far: FarLevels
        if key >= self.book.sides[at + S_BASE]:
            return self.book.slots[
                self.book.sides[at + S_SLOTS] + (key & self.book.sides[at + S_MASK]) * LEVEL_WORDS + L_ENDS
            ]
        far = self.book.far[side]
        return far.words[far.find(key)]
