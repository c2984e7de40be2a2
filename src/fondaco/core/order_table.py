# cython: boundscheck=False, wraparound=False, initializedcheck=False
"""Open orders: their records, found by id, and listed by user.

Records of ``ORDER_WORDS`` words lie in one flat arena; an order's handle is the offset of its first word, and 0 is no
order. Ids are given in sequence. ``index`` finds a record by ``id & (window - 1)``; an id whose place is still held by
an older open order is skipped, and the window doubles when half of it is held: finding, adding and removing are O(1).
Which ids are skipped depends on the window, so the window is part of the logical state; the arena's layout is not.

Each user's open orders form a list, newest first. Growing copies: about 1 ns a word, at powers of two.
"""

from __future__ import annotations

from array import array

import cython

if not cython.compiled:  # the compiler takes them from the .pxd
    from fondaco.core.layout import (
        O_ID,
        O_NEXT,
        O_TERMS,
        O_USER,
        O_USER_NEXT,
        O_USER_PREV,
        ORDER_WORDS,
    )

WINDOW_MIN = 4096
USER_ABSENT = 0
USER_ACTIVE = 1
USER_DISABLED = 2


class OrderTable:
    """All open orders of the house, over all markets."""

    def __init__(self):
        self.next_order_id = 1
        self.window = WINDOW_MIN
        self.count = 0
        self.users = 1
        self.free_head = 0
        self.words_end = ORDER_WORDS
        self.words = memoryview(array("q", bytes(8 * ORDER_WORDS * 1024)))
        self.index = memoryview(array("i", bytes(4 * WINDOW_MIN)))
        self.user_head = memoryview(array("q", bytes(8 * 1024)))
        self.user_open = memoryview(array("q", bytes(8 * 1024)))
        self.user_state = memoryview(array("q", bytes(8 * 1024)))

    # ids and records

    def lookup(self, order_id):
        order: cython.longlong = self.index[order_id & (self.window - 1)]
        order *= ORDER_WORDS
        if order != 0 and self.words[order + O_ID] == order_id:
            return order
        return 0

    def find(self, order_id: cython.longlong) -> cython.longlong:
        """The handle of an open order, or 0."""
        return self.lookup(order_id)

    def allocate(self):
        """A record with the next order id; the caller fills it. It counts as open until released."""
        if self.count * 2 >= self.window:
            self.widen_window()
        mask: cython.longlong = self.window - 1
        order_id: cython.longlong = self.next_order_id
        while self.index[order_id & mask] != 0:
            order_id += 1
        self.next_order_id = order_id + 1
        order: cython.longlong = self.free_head
        if order != 0:
            self.free_head = self.words[order + O_NEXT]
        else:
            if self.words_end + ORDER_WORDS > self.words.shape[0]:
                self.grow_words()
            order = self.words_end
            self.words_end += ORDER_WORDS
        self.words[order + O_ID] = order_id
        self.index[order_id & mask] = cython.cast(cython.int, order // ORDER_WORDS)
        self.count += 1
        return order

    def release(self, order):
        """Forget a record. It must be in no list any more."""
        self.index[self.words[order + O_ID] & (self.window - 1)] = 0
        self.words[order + O_ID] = 0
        self.words[order + O_NEXT] = self.free_head
        self.free_head = order
        self.count -= 1

    def grow_words(self):
        size: cython.longlong = self.words.shape[0]
        grown = array("q", bytes(16 * size))
        memoryview(grown)[:size] = self.words
        self.words = memoryview(grown)

    def widen_window(self):
        narrow: cython.int[::1] = self.index
        window: cython.longlong = self.window * 2
        self.index = memoryview(array("i", bytes(4 * window)))
        place: cython.longlong
        held: cython.longlong
        for place in range(self.window):
            held = narrow[place]
            if held != 0:
                self.index[self.words[held * ORDER_WORDS + O_ID] & (window - 1)] = cython.cast(cython.int, held)
        self.window = window

    # users

    def add_user(self, user: int, state: int) -> None:
        """Know a user from now on. Ids are sequential: the new one is the count of those before."""
        size = len(memoryview(self.user_head))
        if user >= size:
            self.user_head = _widened(self.user_head, size)
            self.user_open = _widened(self.user_open, size)
            self.user_state = _widened(self.user_state, size)
        self.user_state[user] = state
        self.users = user + 1

    def set_user_state(self, user: int, state: int) -> None:
        self.user_state[user] = state

    def link_user(self, order):
        user: cython.longlong = self.words[order + O_USER]
        head: cython.longlong = self.user_head[user]
        self.words[order + O_USER_PREV] = 0
        self.words[order + O_USER_NEXT] = head
        if head != 0:
            self.words[head + O_USER_PREV] = order
        self.user_head[user] = order
        self.user_open[user] += 1

    def unlink_user(self, order):
        user: cython.longlong = self.words[order + O_USER]
        before: cython.longlong = self.words[order + O_USER_PREV]
        after: cython.longlong = self.words[order + O_USER_NEXT]
        if before != 0:
            self.words[before + O_USER_NEXT] = after
        else:
            self.user_head[user] = after
        if after != 0:
            self.words[after + O_USER_PREV] = before
        self.user_open[user] -= 1

    # for people and snapshots

    def order_ids(self, user: int, market_id: int) -> list[int]:
        """The ids of the user's open orders, newest first; of all markets when ``market_id`` is 0."""
        found: list[int] = []
        if 0 < user < self.users:
            order: cython.longlong = self.user_head[user]
            while order != 0:
                if market_id == 0 or ((self.words[order + O_TERMS] >> 32) & 0xFFFF) == market_id:
                    found.append(self.words[order + O_ID])
                order = self.words[order + O_USER_NEXT]
        return found

    def pages(self, user: int, offset: int, limit: int) -> dict[int, tuple[int, list[int]]]:
        """By market: how many orders the user has open, and the ids from ``offset`` on, newest first. One walk."""
        counts: dict[int, int] = {}
        ids: dict[int, list[int]] = {}
        if 0 < user < self.users:
            order: cython.longlong = self.user_head[user]
            market: cython.longlong
            last_market: cython.longlong = 0
            seen: cython.longlong = 0
            end: cython.longlong = offset + limit
            start: cython.longlong = offset
            while order != 0:
                market = (self.words[order + O_TERMS] >> 32) & 0xFFFF
                if market != last_market:  # orders of one market tend to follow each other
                    if last_market != 0:
                        counts[last_market] = seen
                    seen = counts.get(market, 0)
                    last_market = market
                    if market not in ids:
                        ids[market] = []
                if start <= seen < end:
                    ids[market].append(self.words[order + O_ID])
                seen += 1
                order = self.words[order + O_USER_NEXT]
            if last_market != 0:
                counts[last_market] = seen
        return {market_id: (counts[market_id], found) for market_id, found in ids.items()}

    def record(self, order: int) -> list[int]:
        """The words of one record."""
        return [self.words[order + place] for place in range(ORDER_WORDS)]

    def restore(self, next_order_id: int, window: int) -> None:
        """Set the id sequence of a new table; the orders follow by ``insert``."""
        self.next_order_id = next_order_id
        self.window = window
        self.index = memoryview(array("i", bytes(4 * window)))

    def insert(self, record: list[int]) -> int:
        """Put back a record that ``record`` once gave, under its own id. In ascending order of ids."""
        resume = self.next_order_id
        self.next_order_id = record[O_ID]
        order: int = self.allocate()
        self.next_order_id = resume
        for place in range(ORDER_WORDS):
            self.words[order + place] = record[place]
        self.link_user(order)
        return order


def _widened(words, size: int):
    wide = array("q", bytes(16 * size))
    memoryview(wide)[:size] = memoryview(words)
    return memoryview(wide)
