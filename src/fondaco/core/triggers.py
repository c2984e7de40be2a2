"""Triggers: orders that wait until the last price reaches them, and are then carried out as takers.

After a taker is done, each price it traded at is looked at in order: first the trailing stops of the market follow it,
then every order whose trigger it reaches leaves those that wait and queues, by order id. The first in the queue is
carried out whole; the prices it traded at are looked at in the same way, until nobody is left. So a cascade happens
inside the one command that set it off.

An order that cannot be carried out when its time comes (nobody to trade with, fill or kill, post only, the market's
phase or band) ends as TRIGGER_REFUSED. Cost: O(1) a price where nothing fires, O(trailing stops of the market) where
there are any.
"""

from __future__ import annotations

import cython

if not cython.compiled:  # the compiler takes them from the .pxd
    from fondaco.core.book_checks import CLOSE_ONLY, FOK, BookChecks
    from fondaco.core.crossing import Crossing
    from fondaco.core.floor import (
        BID,
        MARKET,
        OPEN,
        ORDER_UPDATE,
        POST_ONLY_BIT,
        Floor,
    )
    from fondaco.core.layout import (
        M_PHASE,
        M_PRICE_MAX,
        MARKET_WORDS,
        O_EXTRA,
        O_ID,
        O_LEFT,
        O_MTIME,
        O_PRICE,
        O_TERMS,
        O_USER,
        X_TRAIL,
        X_TRIGGER_PRICE,
    )

from fondaco.core import events

TRIGGER_REFUSED = cython.declare(cython.longlong, events.Finish.TRIGGER_REFUSED)


class Triggers:
    """Carries out what the prices of ``Crossing`` set off."""

    def __init__(self, floor: Floor, crossing: Crossing, against_book: BookChecks):
        self.floor = floor
        self.crossing = crossing
        self.against_book = against_book

    def fire(self, market_id):
        """Everything that the prices traded at since the last call set off, on one market."""
        queue = []
        self.look(market_id, queue)
        while queue:
            self.carry_out(queue.pop(0))
            if self.crossing.prices:
                self.look(market_id, queue)
        return 0

    def look(self, market_id, queue):
        """Let the orders that the prices reach join the queue."""
        prices = self.crossing.prices
        self.crossing.prices = []
        for price in prices:
            if self.floor.trailing[market_id]:
                self.follow(market_id, price)
            reached = []
            self.reach(market_id * 2, price, reached)
            self.reach(market_id * 2 + 1, price, reached)
            reached.sort(key=self.id_of)
            queue.extend(reached)
        return 0

    def id_of(self, order: int) -> int:
        return self.floor.table.words[order + O_ID]

    def reach(self, side, price, reached):
        """Take out of a side of the waiting orders those that a price reaches."""
        order: cython.longlong = self.floor.waiting.best_order(side)
        while order != 0:
            if (self.floor.table.words[order + O_PRICE] - price) * (1 if side & 1 else -1) < 0:
                return 0
            self.floor.leave_waiting(order)
            reached.append(order)
            order = self.floor.waiting.best_order(side)
        return 0

    def follow(self, market_id, price):
        """Move the trigger prices of trailing stops after a price."""
        table = self.floor.table
        bound: cython.longlong = self.floor.markets[market_id * MARKET_WORDS + M_PRICE_MAX]
        order: cython.longlong
        options: cython.longlong
        moved: cython.longlong
        for order in list(self.floor.trailing[market_id]):
            options = table.words[order + O_EXTRA] >> 32
            if ((table.words[order + O_TERMS] >> 16) & 0xFF) == BID:
                moved = price + min(table.options[options + X_TRAIL], bound - price)
                moved = min(table.options[options + X_TRIGGER_PRICE], moved)
            else:
                moved = max(table.options[options + X_TRIGGER_PRICE], price - table.options[options + X_TRAIL], 1)
            if moved != table.options[options + X_TRIGGER_PRICE]:
                self.rekey(order, moved)
        return 0

    def rekey(self, order, trigger_ticks):
        """Another trigger price for an order that waits."""
        side: cython.longlong = self.floor.waiting_side_of(order)
        options: cython.longlong = self.floor.table.words[order + O_EXTRA] >> 32
        self.floor.waiting.remove(side, order)
        self.floor.table.options[options + X_TRIGGER_PRICE] = trigger_ticks
        self.floor.table.words[order + O_PRICE] = trigger_ticks
        return self.floor.waiting.add(side, order)

    def carry_out(self, order):
        """An order whose trigger fired; it waits no longer and its funds are still held."""
        table = self.floor.table
        table.words[order + O_MTIME] = self.floor.rows.time_us
        self.floor.let_go(order)
        limit_ticks: cython.longlong = self.limit_of(order)
        if limit_ticks < 0:
            return self.floor.finish(order, TRIGGER_REFUSED, 0)
        if self.crossing.rest_or_end(order, self.crossing.cross(order, limit_ticks), False, 0):
            self.floor.rows.order(order, ORDER_UPDATE, OPEN, 0)
        return 0

    def limit_of(self, order):
        """The price up to which an order whose trigger fired trades (0: any), or −1 if it cannot be carried out."""
        terms: cython.longlong = self.floor.table.words[order + O_TERMS]
        market: cython.longlong = ((terms >> 32) & 0xFFFF) * MARKET_WORDS
        is_bid: cython.bint = ((terms >> 16) & 0xFF) == BID
        best: cython.longlong = self.against_book.best_of_other(terms)
        edge: cython.longlong = self.against_book.band_edge(market, is_bid)
        limit: cython.longlong = self.floor.table.words[order + O_PRICE]
        if is_bid and self.floor.markets[market + M_PHASE] == CLOSE_ONLY:
            return -1
        if ((terms >> 24) & 0xFF) == MARKET:
            limit = edge
            if best == 0 or self.against_book.is_beyond(best, edge, is_bid):
                return -1
        elif edge != 0 and self.against_book.is_beyond(limit, edge, is_bid):
            return -1
        if terms & POST_ONLY_BIT and best != 0 and not self.against_book.is_beyond(best, limit, is_bid):
            return -1
        if ((terms >> 48) & 7) == FOK and not self.against_book.fills(
            self.floor.table.words[order + O_USER], terms, limit, self.floor.table.words[order + O_LEFT], 0
        ):
            return -1
        return limit
