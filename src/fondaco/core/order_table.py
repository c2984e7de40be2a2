"""Open orders: their records, found by id, and listed by user.

Records of ``ORDER_WORDS`` words lie in one arena; an order's handle is the offset of its first word, and 0 is no order.
Ids are given in sequence. ``index`` finds a record by ``id & (window - 1)``; an id whose place is still held by an
older open order is skipped, and the window doubles when half of it is held: finding, adding and removing are O(1).
Which ids are skipped depends on the window, so the window is part of the logical state; the arena's layout is not.

Each user's open orders form a list, newest first. Links lie in an array of their own, four 32-bit record numbers an
order, so that an order that comes or goes touches eight bytes of its neighbours. The few orders that have options
(triggers, icebergs, expiries) have a record for them besides. Arenas grow in place; widening the window costs 5 ns an
open order, at powers of two.
"""

from __future__ import annotations

import cython

if not cython.compiled:  # the compiler takes them from the .pxd
    from fondaco.core.layout import (
        LINK_WORDS,
        N_NEXT,
        N_USER_NEXT,
        N_USER_PREV,
        O_AMOUNT,
        O_CTIME,
        O_DEAL_FEE,
        O_DEAL_MONEY,
        O_DEAL_STOCK,
        O_EXTRA,
        O_FEES,
        O_ID,
        O_LEFT,
        O_MTIME,
        O_PRICE,
        O_SESSION,
        O_TERMS,
        O_USER,
        O_VISIBLE,
        O_WALLETS,
        OPTION_WORDS,
        ORDER_WORDS,
        U_HEAD,
        U_OPEN,
        U_STATE,
        USER_WORDS,
        X_DISPLAY,
    )

from fondaco.core.arena import Arena, nothing

WINDOW_MIN = 4096
ORDERS_MIN = 512
OPTIONS_MIN = 64
USERS_MIN = 128


class OrderTable:
    """All open orders of the house, over all markets."""

    def __init__(self):
        self.next_order_id = 1
        self.window = WINDOW_MIN
        self.count = 0
        self.users = 1
        self.free_order = 0
        self.orders_end = ORDER_WORDS
        self.free_options = 0
        self.options_end = OPTION_WORDS
        self.arenas = [
            Arena("q", ORDER_WORDS * ORDERS_MIN),
            Arena("i", LINK_WORDS * ORDERS_MIN),
            Arena("q", OPTION_WORDS * OPTIONS_MIN),
            Arena("q", USER_WORDS * USERS_MIN),
        ]
        self.words = self.arenas[0].view()
        self.links = self.arenas[1].view()
        self.options = self.arenas[2].view()
        self.user_words = self.arenas[3].view()
        self.index = Arena("i", WINDOW_MIN).view()

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
        """A record with the next order id; the caller fills it (``fill``). It counts as open until released."""
        if self.count * 2 >= self.window:
            self.widen_window()
        mask: cython.longlong = self.window - 1
        order_id: cython.longlong = self.next_order_id
        while self.index[order_id & mask] != 0:
            order_id += 1
        self.next_order_id = order_id + 1
        order: cython.longlong = self.free_order
        if order != 0:
            self.free_order = self.links[order // ORDER_WORDS * LINK_WORDS + N_NEXT] * ORDER_WORDS
        else:
            if self.orders_end + ORDER_WORDS > self.words.shape[0]:
                self.grow_orders()
            order = self.orders_end
            self.orders_end += ORDER_WORDS
        self.words[order + O_ID] = order_id
        self.index[order_id & mask] = cython.cast(cython.int, order // ORDER_WORDS)
        self.count += 1
        return order

    def fill(self, order, terms, user, price, amount, visible, fees, wallets, time_us):
        """Write the record of an order that has just come; nothing of it was traded, and it has no options."""
        self.words[order + O_TERMS] = terms
        self.words[order + O_SESSION] = 0
        self.words[order + O_USER] = user
        self.words[order + O_PRICE] = price
        self.words[order + O_AMOUNT] = amount
        self.words[order + O_LEFT] = amount
        self.words[order + O_DEAL_STOCK] = 0
        self.words[order + O_DEAL_MONEY] = 0
        self.words[order + O_DEAL_FEE] = 0
        self.words[order + O_CTIME] = time_us
        self.words[order + O_MTIME] = time_us
        self.words[order + O_FEES] = fees
        self.words[order + O_VISIBLE] = visible
        self.words[order + O_EXTRA] = 0
        self.words[order + O_WALLETS] = wallets

    def release(self, order):
        """Forget a record and its options. It must be in no list any more."""
        options: cython.longlong = self.words[order + O_EXTRA] >> 32
        if options != 0:
            self.options[options + X_DISPLAY] = self.free_options
            self.free_options = options
        self.index[self.words[order + O_ID] & (self.window - 1)] = 0
        self.words[order + O_ID] = 0
        self.links[order // ORDER_WORDS * LINK_WORDS + N_NEXT] = cython.cast(cython.int, self.free_order // ORDER_WORDS)
        self.free_order = order
        self.count -= 1

    def allocate_options(self):
        """A zeroed record for the options of an order; its place goes into the upper half of ``O_EXTRA``."""
        options: cython.longlong = self.free_options
        if options != 0:
            self.free_options = self.options[options + X_DISPLAY]
        else:
            if self.options_end + OPTION_WORDS > self.options.shape[0]:
                size: cython.longlong = self.options.shape[0]
                self.options = nothing()
                self.options = self.arenas[2].grow(2 * size)
            options = self.options_end
            self.options_end += OPTION_WORDS
        place: cython.longlong
        for place in range(OPTION_WORDS):
            self.options[options + place] = 0
        return options

    def grow_orders(self):
        records: cython.longlong = self.words.shape[0] // ORDER_WORDS
        self.words = nothing()
        self.words = self.arenas[0].grow(2 * records * ORDER_WORDS)
        self.links = memoryview(bytearray(4)).cast("i")
        self.links = self.arenas[1].grow(2 * records * LINK_WORDS)
        return 0

    def widen_window(self):
        narrow: cython.int[::1] = self.index
        window: cython.longlong = self.window * 2
        self.index = Arena("i", window).view()
        place: cython.longlong
        held: cython.longlong
        for place in range(self.window):
            held = narrow[place]
            if held != 0:
                self.index[self.words[held * ORDER_WORDS + O_ID] & (window - 1)] = cython.cast(cython.int, held)
        self.window = window
        return 0

    # users

    def add_user(self, user: int, state: int) -> None:
        """Know a user from now on. Ids are sequential: the new one is the count of those before."""
        if (user + 1) * USER_WORDS > len(memoryview(self.user_words)):
            size = len(memoryview(self.user_words))
            self.user_words = nothing()
            self.user_words = self.arenas[3].grow(2 * size)
        self.user_words[user * USER_WORDS + U_STATE] = state
        self.users = user + 1

    def set_user(self, user: int, field: int, value: int) -> None:
        """Change U_STATE or U_FLAGS of a user."""
        self.user_words[user * USER_WORDS + field] = value

    def link_user(self, order):
        user: cython.longlong = self.words[order + O_USER] * USER_WORDS
        number: cython.int = cython.cast(cython.int, order // ORDER_WORDS)
        head: cython.longlong = self.user_words[user + U_HEAD]
        self.links[number * LINK_WORDS + N_USER_PREV] = 0
        self.links[number * LINK_WORDS + N_USER_NEXT] = cython.cast(cython.int, head)
        if head != 0:
            self.links[head * LINK_WORDS + N_USER_PREV] = number
        self.user_words[user + U_HEAD] = number
        self.user_words[user + U_OPEN] += 1

    def unlink_user(self, order):
        user: cython.longlong = self.words[order + O_USER] * USER_WORDS
        links: cython.longlong = order // ORDER_WORDS * LINK_WORDS
        before: cython.longlong = self.links[links + N_USER_PREV]
        after: cython.longlong = self.links[links + N_USER_NEXT]
        if before != 0:
            self.links[before * LINK_WORDS + N_USER_NEXT] = cython.cast(cython.int, after)
        else:
            self.user_words[user + U_HEAD] = after
        if after != 0:
            self.links[after * LINK_WORDS + N_USER_PREV] = cython.cast(cython.int, before)
        self.user_words[user + U_OPEN] -= 1

    def newest(self, user: cython.longlong) -> cython.longlong:
        """The handle of a user's newest open order, or 0."""
        if user < 1 or user >= self.users:
            return 0
        return self.user_words[user * USER_WORDS + U_HEAD] * ORDER_WORDS

    def next_older(self, order: cython.longlong) -> cython.longlong:
        """The handle of the same user's next older open order, or 0."""
        older: cython.longlong = self.links[order // ORDER_WORDS * LINK_WORDS + N_USER_NEXT]
        return older * ORDER_WORDS

    # for people and snapshots

    def order_ids(self, user: int, market_id: int) -> list[int]:
        """The ids of the user's open orders, newest first; of all markets when ``market_id`` is 0."""
        found: list[int] = []
        order: cython.longlong = self.newest(user)
        while order != 0:
            if market_id == 0 or ((self.words[order + O_TERMS] >> 32) & 0xFFFF) == market_id:
                found.append(self.words[order + O_ID])
            order = self.next_older(order)
        return found

    def pages(self, user: int, offset: int, limit: int) -> dict[int, tuple[int, list[int]]]:
        """By market: how many orders the user has open, and the ids from ``offset`` on, newest first. One walk."""
        counts: dict[int, int] = {}
        ids: dict[int, list[int]] = {}
        order: cython.longlong = self.newest(user)
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
            order = self.next_older(order)
        if last_market != 0:
            counts[last_market] = seen
        return {market_id: (counts[market_id], found) for market_id, found in ids.items()}

    def page(self, user: int, market_id: int, offset: int, limit: int) -> tuple[int, list[int]]:
        """The same of one market, or of all together when ``market_id`` is 0."""
        ids: list[int] = []
        order: cython.longlong = self.newest(user)
        market: cython.longlong = market_id
        start: cython.longlong = offset
        end: cython.longlong = offset + limit
        seen: cython.longlong = 0
        while order != 0:
            if market == 0 or ((self.words[order + O_TERMS] >> 32) & 0xFFFF) == market:
                if start <= seen < end:
                    ids.append(self.words[order + O_ID])
                seen += 1
            order = self.next_older(order)
        return seen, ids

    def record(self, order: int) -> list[int]:
        """The words of one record."""
        return [self.words[order + place] for place in range(ORDER_WORDS)]

    def options_of(self, order: int) -> list[int]:
        """The words of an order's options; empty where it has none."""
        options: cython.longlong = self.words[order + O_EXTRA] >> 32
        return [self.options[options + place] for place in range(OPTION_WORDS)] if options else []

    def restore(self, next_order_id: int, window: int) -> None:
        """Set the id sequence of a new table; the orders follow by ``insert``."""
        self.next_order_id = next_order_id
        self.window = window
        self.index = Arena("i", window).view()

    def insert(self, record: list[int], options: list[int]) -> int:
        """Put back a record that ``record`` once gave, under its own id. In ascending order of ids."""
        resume = self.next_order_id
        self.next_order_id = record[O_ID]
        order: int = self.allocate()
        self.next_order_id = resume
        for place in range(ORDER_WORDS):
            self.words[order + place] = record[place]
        if options:
            at: int = self.allocate_options()
            for place in range(OPTION_WORDS):
                self.options[at + place] = options[place]
            self.words[order + O_EXTRA] |= at << 32
        self.link_user(order)
        return order
