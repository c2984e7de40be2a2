"""The books of all markets: price levels near the touch in a ladder of ticks, the rest sorted beside it.

A side is the asks (even numbers) or the bids (odd) of a market, and each price has a key that is higher for the better
price: bids as they are, asks negated. A side keeps the levels of a window of keys, a power of two wide, in slots
addressed by ``key & mask``, with a bit for each slot that holds one. Levels below the window, further from the touch,
lie in ``FarLevels``. A level is the first and the last of its orders and their visible lots; orders are linked through
the ``OrderTable`` and first come, first served.

Cost: O(1) to find, add and remove a level in the window; the next best level is found by looking at the bits below, 64
ticks a step. The window moves when the best price leaves it: the slots it leaves go to the far levels and those it
reaches come back, at most ``LADDER_TICKS_MAX`` of them, and then not again before the price has moved on by a quarter
of the window. Where every tick of the widest window holds a level, that takes 0.25 ms, 0.6 ms at the worst seen. It
doubles while more levels lie outside than a quarter of it. Both change the layout only, nothing that a state or an
event shows.

Invariants: every far key is below the window; no key is above it; a level has an order at least, and its lots are the
sum of their visible ones; ``S_BEST`` is the best key of the window where it has levels, and the far levels are empty
where it has none.
"""

from __future__ import annotations

import cython

if not cython.compiled:  # the compiler takes them from the .pxd
    from fondaco.core.far_levels import FarLevels
    from fondaco.core.layout import (
        BLOCK_LEVELS,
        L_ENDS,
        L_LOTS,
        LEVEL_WORDS,
        LINK_WORDS,
        N_NEXT,
        N_PREV,
        O_LEFT,
        O_PRICE,
        O_VISIBLE,
        ORDER_WORDS,
        S_BASE,
        S_BEST,
        S_BITS,
        S_FAR,
        S_ICEBERGS,
        S_LEVELS,
        S_MASK,
        S_SLOTS,
        SIDE_WORDS,
    )
    from fondaco.core.order_table import OrderTable

from fondaco.core.arena import Arena, nothing

#: The widest window, in ticks, and the narrowest of a book of orders.
LADDER_TICKS_MAX = 8_192
LADDER_TICKS_MIN = 256


class Book:
    """The sides of every market, two a market, over one table of orders."""

    def __init__(self, table: OrderTable, window: int):
        self.table = table
        self.window = window
        self.slots_end = 0
        self.bits_end = 0
        self.arenas = [Arena("q", SIDE_WORDS * 64), Arena("q", LEVEL_WORDS * 4 * window), Arena("Q", 256)]
        self.sides = self.arenas[0].view()
        self.slots = self.arenas[1].view()
        self.bits = self.arenas[2].view()
        self.far = []

    def add_market(self) -> None:
        """Two more sides."""
        for side in (len(self.far), len(self.far) + 1):
            if (side + 1) * SIDE_WORDS > self.sides.shape[0]:
                size = self.sides.shape[0]
                self.sides = nothing()
                self.sides = self.arenas[0].grow(2 * size)
            self.far.append(FarLevels())
            self.give_window(side, self.window)

    # the touch

    def best_order(self, side):
        """The order that trades next, or 0 if the side is empty."""
        at: cython.longlong = side * SIDE_WORDS
        if self.sides[at + S_LEVELS] == 0:
            return 0
        slot: cython.longlong = self.sides[at + S_SLOTS] + (
            (self.sides[at + S_BEST] & self.sides[at + S_MASK]) * LEVEL_WORDS
        )
        return (self.slots[slot + L_ENDS] & 0x7FFF_FFFF) * ORDER_WORDS

    def best_price(self, side: cython.longlong) -> cython.longlong:
        """The best price, or 0 if the side is empty."""
        if self.sides[side * SIDE_WORDS + S_LEVELS] == 0:
            return 0
        return abs(self.sides[side * SIDE_WORDS + S_BEST])

    def reaches(self, side, key):
        """Whether the best price of a side is at a key or better."""
        at: cython.longlong = side * SIDE_WORDS
        return self.sides[at + S_LEVELS] != 0 and self.sides[at + S_BEST] >= key

    def foresee(self, side, price):
        """Ask the memory for a level in the window that will be looked at soon."""
        at: cython.longlong = side * SIDE_WORDS
        key: cython.longlong = price if side & 1 else -price
        prefetch(cython.address(self.slots[self.sides[at + S_SLOTS] + (key & self.sides[at + S_MASK]) * LEVEL_WORDS]))

    # orders come and go

    def add(self, side, order):
        """Put an order at the back of its price."""
        at: cython.longlong = side * SIDE_WORDS
        price: cython.longlong = self.table.words[order + O_PRICE]
        key: cython.longlong = price if side & 1 else -price
        if self.sides[at + S_LEVELS] == 0:
            self.sides[at + S_BASE] = key - self.sides[at + S_MASK] // 4 * 3
            self.sides[at + S_BEST] = key
        if key - self.sides[at + S_BASE] > self.sides[at + S_MASK]:
            self.move_window(side, key - self.sides[at + S_MASK] // 4 * 3)
        if key < self.sides[at + S_BASE]:
            return self.add_far(side, key, order)
        slot: cython.longlong = self.sides[at + S_SLOTS] + (key & self.sides[at + S_MASK]) * LEVEL_WORDS
        if self.slots[slot + L_ENDS] == 0:
            self.set_bit(at, key)
            self.sides[at + S_LEVELS] += 1
            if key > self.sides[at + S_BEST]:
                self.sides[at + S_BEST] = key
            self.slots[slot + L_LOTS] = 0
        self.slots[slot + L_ENDS] = self.linked(self.slots[slot + L_ENDS], order)
        self.slots[slot + L_LOTS] += self.table.words[order + O_VISIBLE]
        return 0

    def remove(self, side, order):
        """Take an order out, whatever it has left."""
        at: cython.longlong = side * SIDE_WORDS
        price: cython.longlong = self.table.words[order + O_PRICE]
        key: cython.longlong = price if side & 1 else -price
        if key < self.sides[at + S_BASE]:
            return self.remove_far(side, key, order)
        slot: cython.longlong = self.sides[at + S_SLOTS] + (key & self.sides[at + S_MASK]) * LEVEL_WORDS
        self.slots[slot + L_LOTS] -= self.table.words[order + O_VISIBLE]
        self.slots[slot + L_ENDS] = self.unlinked(self.slots[slot + L_ENDS], order)
        if self.slots[slot + L_ENDS] == 0:
            self.clear_bit(at, key)
            self.sides[at + S_LEVELS] -= 1
            if key == self.sides[at + S_BEST]:
                return self.next_best(side)
        return 0

    def reduce(self, side, order, lots):
        """Take lots off what an order shows and has left; it stays where it is, even with nothing."""
        at: cython.longlong = side * SIDE_WORDS
        price: cython.longlong = self.table.words[order + O_PRICE]
        key: cython.longlong = price if side & 1 else -price
        self.table.words[order + O_LEFT] -= lots
        self.table.words[order + O_VISIBLE] -= lots
        if key < self.sides[at + S_BASE]:
            far: FarLevels = self.far[side]
            far.words[far.find(key) + BLOCK_LEVELS] -= lots
        else:
            self.slots[self.sides[at + S_SLOTS] + (key & self.sides[at + S_MASK]) * LEVEL_WORDS + L_LOTS] -= lots

    def show(self, side, order, lots):
        """Let an order that rests show ``lots``; its place stays."""
        hidden: cython.longlong = self.table.words[order + O_LEFT]
        change: cython.longlong = self.table.words[order + O_VISIBLE] - lots
        self.reduce(side, order, change)
        self.table.words[order + O_LEFT] = hidden

    def linked(self, ends, order):
        """A level's ends with an order more at its back."""
        number: cython.longlong = order // ORDER_WORDS
        last: cython.longlong = ends >> 32
        self.table.links[number * LINK_WORDS + N_PREV] = cython.cast(cython.int, last)
        self.table.links[number * LINK_WORDS + N_NEXT] = 0
        if last == 0:
            return number | (number << 32)
        self.table.links[last * LINK_WORDS + N_NEXT] = cython.cast(cython.int, number)
        return (ends & 0x7FFF_FFFF) | (number << 32)

    def unlinked(self, ends, order):
        """A level's ends without an order; 0 when it was the last one."""
        links: cython.longlong = order // ORDER_WORDS * LINK_WORDS
        before: cython.longlong = self.table.links[links + N_PREV]
        after: cython.longlong = self.table.links[links + N_NEXT]
        first: cython.longlong = ends & 0x7FFF_FFFF
        last: cython.longlong = ends >> 32
        if before != 0:
            self.table.links[before * LINK_WORDS + N_NEXT] = cython.cast(cython.int, after)
        else:
            first = after
        if after != 0:
            self.table.links[after * LINK_WORDS + N_PREV] = cython.cast(cython.int, before)
        else:
            last = before
        return first | (last << 32)

    # the window

    def set_bit(self, at, key):
        place: cython.longlong = key & self.sides[at + S_MASK]
        one: cython.ulonglong = 1
        self.bits[self.sides[at + S_BITS] + (place >> 6)] |= one << (place & 63)

    def clear_bit(self, at, key):
        place: cython.longlong = key & self.sides[at + S_MASK]
        one: cython.ulonglong = 1
        self.bits[self.sides[at + S_BITS] + (place >> 6)] ^= one << (place & 63)

    def occupied_below(self, at, key):
        """The highest key below ``key`` in the window that holds a level; there must be one."""
        mask: cython.longlong = self.sides[at + S_MASK]
        bits: cython.longlong = self.sides[at + S_BITS]
        place: cython.longlong = (key - 1) & mask
        one: cython.ulonglong = 1
        found: cython.ulonglong = self.bits[bits + (place >> 6)] & (((one << (place & 63)) - 1) | (one << (place & 63)))
        word: cython.longlong = place >> 6
        while found == 0:
            word = (word - 1) & (mask >> 6)
            found = self.bits[bits + word]
        top: cython.longlong = (word << 6) + highest_bit(found)
        return key - 1 - ((place - top) & mask)

    def next_best(self, side):
        """The best level is gone: find the next one, and keep the window around it."""
        at: cython.longlong = side * SIDE_WORDS
        far: FarLevels
        best: cython.longlong
        if self.sides[at + S_LEVELS] != 0:
            best = self.occupied_below(at, self.sides[at + S_BEST])
            self.sides[at + S_BEST] = best
            if self.sides[at + S_FAR] == 0 or best - self.sides[at + S_BASE] > self.sides[at + S_MASK] // 8:
                return 0
        elif self.sides[at + S_FAR] == 0:
            return 0
        else:
            far = self.far[side]
            best = far.best_key()
        return self.move_window(side, best - self.sides[at + S_MASK] // 4 * 3)

    def move_window(self, side, base):
        """Let the window begin at another key: levels it leaves become far ones, far ones it reaches come in."""
        at: cython.longlong = side * SIDE_WORDS
        far: FarLevels = self.far[side]
        key: cython.longlong
        slot: cython.longlong
        place: cython.longlong
        # the levels that stay behind, best first; where no key is left in the window its best means nothing
        left: cython.longlong = self.sides[at + S_LEVELS]
        key = base
        if self.sides[at + S_LEVELS] != 0 and self.sides[at + S_BEST] < base:
            key = self.sides[at + S_BEST] + 1
        if left != 0 and self.sides[at + S_BASE] < base:
            left = self.count_below(at, key)
            while left != 0:
                key = self.occupied_below(at, key)
                slot = self.sides[at + S_SLOTS] + (key & self.sides[at + S_MASK]) * LEVEL_WORDS
                place = far.insert(key)
                far.words[place] = self.slots[slot + L_ENDS]
                far.words[place + BLOCK_LEVELS] = self.slots[slot + L_LOTS]
                self.slots[slot + L_ENDS] = 0
                self.clear_bit(at, key)
                self.sides[at + S_LEVELS] -= 1
                left -= 1
        self.sides[at + S_BASE] = base
        while far.count != 0 and far.best_key() >= base:
            key = far.best_key()
            place = far.find(key)
            slot = self.sides[at + S_SLOTS] + (key & self.sides[at + S_MASK]) * LEVEL_WORDS
            self.slots[slot + L_ENDS] = far.words[place]
            self.slots[slot + L_LOTS] = far.words[place + BLOCK_LEVELS]
            far.remove(key)
            self.set_bit(at, key)
            if self.sides[at + S_LEVELS] == 0 or key > self.sides[at + S_BEST]:
                self.sides[at + S_BEST] = key
            self.sides[at + S_LEVELS] += 1
        self.sides[at + S_FAR] = far.count
        return 0

    def count_below(self, at, key):
        """How many levels of the window lie below a key."""
        mask: cython.longlong = self.sides[at + S_MASK]
        found: cython.longlong = 0
        place: cython.longlong
        while key > self.sides[at + S_BASE]:
            key -= 1
            place = key & mask
            if (self.bits[self.sides[at + S_BITS] + (place >> 6)] >> (place & 63)) & 1:
                found += 1
        return found

    def give_window(self, side, window):
        """New slots and bits for a side that has no levels in its old ones."""
        at: cython.longlong = side * SIDE_WORDS
        size: cython.longlong
        if self.slots_end + window * LEVEL_WORDS > self.slots.shape[0]:
            size = self.slots.shape[0] + window * LEVEL_WORDS
            self.slots = nothing()
            self.slots = self.arenas[1].grow(2 * size)
        if self.bits_end + window // 64 > self.bits.shape[0]:
            size = self.bits.shape[0] + window // 64
            self.bits = memoryview(bytearray(8)).cast("Q")
            self.bits = self.arenas[2].grow(2 * size)
        self.sides[at + S_MASK] = window - 1
        self.sides[at + S_SLOTS] = self.slots_end
        self.sides[at + S_BITS] = self.bits_end
        self.slots_end += window * LEVEL_WORDS
        self.bits_end += window // 64
        return 0

    def widen_window(self, side):
        """Double the window. The old slots stay unused: less than the new ones in all."""
        at: cython.longlong = side * SIDE_WORDS
        best: cython.longlong = self.sides[at + S_BEST]
        window: cython.longlong = 2 * (self.sides[at + S_MASK] + 1)
        self.move_window(side, best + 1)
        self.give_window(side, window)
        return self.move_window(side, best - window // 4 * 3)

    # far from the touch

    def add_far(self, side, key, order):
        at: cython.longlong = side * SIDE_WORDS
        far: FarLevels = self.far[side]
        place: cython.longlong = far.find(key)
        if place < 0:
            place = far.insert(key)
            self.sides[at + S_FAR] = far.count
        far.words[place] = self.linked(far.words[place], order)
        far.words[place + BLOCK_LEVELS] += self.table.words[order + O_VISIBLE]
        if far.count > self.sides[at + S_MASK] // 4 and self.sides[at + S_MASK] + 1 < LADDER_TICKS_MAX:
            return self.widen_window(side)
        return 0

    def remove_far(self, side, key, order):
        far: FarLevels = self.far[side]
        place: cython.longlong = far.find(key)
        far.words[place + BLOCK_LEVELS] -= self.table.words[order + O_VISIBLE]
        far.words[place] = self.unlinked(far.words[place], order)
        if far.words[place] == 0:
            far.remove(key)
            self.sides[side * SIDE_WORDS + S_FAR] = far.count
        return 0

    # orders

    def behind(self, order: cython.longlong) -> cython.longlong:
        """The next order at the same price, or 0."""
        after: cython.longlong = self.table.links[order // ORDER_WORDS * LINK_WORDS + N_NEXT]
        return after * ORDER_WORDS

    def hide(self, side, change):
        """Count icebergs: one more (1) or one less (−1)."""
        self.sides[side * SIDE_WORDS + S_ICEBERGS] += change


if not cython.compiled:  # the .pxd has it as one instruction

    def highest_bit(word: int) -> int:
        """The number of the highest bit that is set; there must be one."""
        return word.bit_length() - 1
