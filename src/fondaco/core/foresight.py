"""Foresight: asks the memory for what coming commands will need, while those before them are carried out.

A batch is known before its turn. What a command needs is found in steps, each behind a wait for memory where users and
orders are many: its places in the indexes, the records that those name, what stands beside them in lists. So each step
is asked for some commands before the next. Nothing here says anything of a command or changes anything: without it all
is as it is, and slower.

While orders and wallets lie in the caches near by (``is_wide`` is not set) only the records are asked for: more costs
more than it spares. Within the crossing of one order the next makers are asked for in the same way.

Cost: 5 to 10 ns a command; measured in ``docs/decisions/core-data-path.md``.
"""

from __future__ import annotations

import cython

if not cython.compiled:  # the compiler takes them from the .pxd
    from fondaco.core.floor import BID, Floor
    from fondaco.core.layout import (
        LINK_WORDS,
        M_MONEY,
        M_STOCK,
        MARKET_WORDS,
        N_NEXT,
        N_PREV,
        N_USER_NEXT,
        N_USER_PREV,
        O_PRICE,
        O_USER,
        O_WALLETS,
        ORDER_WORDS,
        U_HEAD,
        USER_WORDS,
    )

from fondaco.core import commands

COMING_PLACE = cython.declare(cython.longlong, commands.Kind.PLACE)
COMING_CANCEL = cython.declare(cython.longlong, commands.Kind.CANCEL)
#: The steps in which a command is asked for.
PLACES_STEP = cython.declare(cython.longlong, 0)
RECORDS_STEP = cython.declare(cython.longlong, 1)
NEIGHBOURS_STEP = cython.declare(cython.longlong, 2)
#: Words of orders and wallets that a second-level cache of 1 MiB holds beside all else.
NEAR_WORDS = cython.declare(cython.longlong, 1 << 16)


class Foresight:
    """Over one floor. A command is its first four words: head, user, request, and the price or the order's id."""

    def __init__(self, floor: Floor):
        self.floor = floor
        self.table = floor.table
        self.ledger = floor.ledger
        self.book = floor.book
        self.is_wide = False

    def look(self):
        """See whether orders and wallets still lie in the caches near by."""
        self.is_wide = cython.compiled and self.table.orders_end + self.ledger.end > NEAR_WORDS

    def ask(self, step, head, user, request, named):
        """Ask for one step of what a command needs."""
        kind: cython.longlong = (head >> 24) & 0xFF
        market: cython.longlong = request & 0xFFFF
        number: cython.longlong
        if kind == COMING_PLACE:
            if 0 < user < self.table.users and market < self.floor.market_count:
                self.place(step, user, market, ((request >> 16) & 0xFF) == BID, named)
        elif kind == COMING_CANCEL:
            if step == PLACES_STEP:
                prefetch(cython.address(self.table.index[named & (self.table.window - 1)]))
                return
            number = self.table.index[named & (self.table.window - 1)]
            if step == RECORDS_STEP:
                self.order(number)
            else:
                self.leaving(number)

    def place(self, step, user, market, is_bid, price):
        stock: cython.longlong = self.floor.markets[market * MARKET_WORDS + M_STOCK]
        money: cython.longlong = self.floor.markets[market * MARKET_WORDS + M_MONEY]
        if step == PLACES_STEP:
            self.ledger.foresee_place(user, stock)
            self.ledger.foresee_place(user, money)
        elif step == RECORDS_STEP:
            prefetch(cython.address(self.table.user_words[user * USER_WORDS]))
            self.ledger.foresee(user, stock)
            self.ledger.foresee(user, money)
        else:
            prefetch(cython.address(self.table.links[self.table.user_words[user * USER_WORDS + U_HEAD] * LINK_WORDS]))
            self.book.foresee(market * 2 + (1 if is_bid else 0), price)

    def makers(self, maker):
        """Ask for what the maker after this one touches, and for the record of the next after that."""
        after: cython.longlong = self.book.behind(maker)
        self.leaving(after // ORDER_WORDS)
        self.order(self.book.behind(after) // ORDER_WORDS)

    def order(self, number):
        """Ask for an order's record and its links."""
        prefetch(cython.address(self.table.words[number * ORDER_WORDS]))
        prefetch(cython.address(self.table.words[number * ORDER_WORDS + 8]))
        prefetch(cython.address(self.table.links[number * LINK_WORDS]))

    def leaving(self, number):
        """Ask for what an order touches that leaves: its user, a wallet, its level, its neighbours in two lists."""
        order: cython.longlong = number * ORDER_WORDS
        links: cython.longlong = number * LINK_WORDS
        prefetch(cython.address(self.table.user_words[self.table.words[order + O_USER] * USER_WORDS]))
        prefetch(cython.address(self.ledger.words[self.table.words[order + O_WALLETS] & 0x7FFF_FFFF]))
        prefetch(cython.address(self.table.links[self.table.links[links + N_PREV] * LINK_WORDS]))
        prefetch(cython.address(self.table.links[self.table.links[links + N_NEXT] * LINK_WORDS]))
        prefetch(cython.address(self.table.links[self.table.links[links + N_USER_PREV] * LINK_WORDS]))
        prefetch(cython.address(self.table.links[self.table.links[links + N_USER_NEXT] * LINK_WORDS]))
        self.book.foresee(self.floor.side_of(order), self.table.words[order + O_PRICE])
