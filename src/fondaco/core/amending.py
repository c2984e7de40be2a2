"""Amending an open order: other terms for an order that keeps its id.

One that only gets smaller keeps its place in the queue. Anything else is a new taker with an old id: it leaves the
book, trades, and rests at the back of its price; one that waits for its trigger waits on under its new terms. Either
all of it happens or nothing: the checks come first, and count what the order holds as available.
"""

from __future__ import annotations

import cython

if not cython.compiled:  # the compiler takes them from the .pxd
    from fondaco.core.book_checks import AUCTION
    from fondaco.core.checks import Checks
    from fondaco.core.crossing import HAS_MOVED, Crossing
    from fondaco.core.floor import BID, LIMIT, OPEN, ORDER_UPDATE, Floor
    from fondaco.core.layout import (
        A_CASH,
        M_LAST_PRICE,
        M_PHASE,
        MARKET_WORDS,
        O_AMOUNT,
        O_DEAL_STOCK,
        O_EXTRA,
        O_ID,
        O_LEFT,
        O_MTIME,
        O_PRICE,
        O_TERMS,
        O_WALLETS,
        X_TRIGGER,
        X_TRIGGER_PRICE,
    )
    from fondaco.core.reasons import (
        R_AMOUNT_TOO_SMALL,
        R_BALANCE_NOT_ENOUGH,
        R_INVALID_ARGUMENT,
    )
    from fondaco.core.rows import IS_ANSWER
    from fondaco.core.triggers import Triggers


class Amending:
    """Over one floor."""

    def __init__(self, floor: Floor, checks: Checks, crossing: Crossing, triggers: Triggers):
        self.floor = floor
        self.table = floor.table
        self.ledger = floor.ledger
        self.rows = floor.rows
        self.checks = checks
        self.against_book = checks.against_book
        self.crossing = crossing
        self.triggers = triggers

    def amend(self, order, price_ticks, amount, trigger_price):
        """Give an order of the sender's other terms; 0 leaves one as it is. Refused in the order of ``rejects.py``."""
        market: cython.longlong = self.rows.market_id * MARKET_WORDS
        terms: cython.longlong = self.table.words[order + O_TERMS]
        is_bid: cython.bint = ((terms >> 16) & 0xFF) == BID
        if self.checks.wrong_phase(market, is_bid, False):
            return 0
        is_waiting: cython.bint = self.floor.is_waiting(order)
        if (trigger_price != 0 and not is_waiting) or (price_ticks != 0 and ((terms >> 24) & 0xFF) != LIMIT):
            return self.rows.reject(R_INVALID_ARGUMENT, 0, self.table.words[order + O_ID])
        old_price: cython.longlong = self.floor.price_of(order)
        if price_ticks == 0:
            price_ticks = old_price
        if amount == 0:
            amount = self.table.words[order + O_AMOUNT]
        if self.is_refused(order, price_ticks, amount, trigger_price):
            return 0
        self.table.words[order + O_MTIME] = self.rows.time_us
        if is_waiting:
            return self.amend_waiting(order, price_ticks, amount, trigger_price)
        if price_ticks == old_price and amount <= self.table.words[order + O_AMOUNT]:
            self.crossing.shrink(order, self.table.words[order + O_AMOUNT] - amount)
            self.table.words[order + O_AMOUNT] = amount
            return self.rows.order(order, ORDER_UPDATE, OPEN, IS_ANSWER)
        self.floor.let_go(order)
        self.floor.leave_book(order)
        self.table.words[order + O_LEFT] += amount - self.table.words[order + O_AMOUNT]
        self.table.words[order + O_AMOUNT] = amount
        self.table.words[order + O_PRICE] = price_ticks
        stopped: cython.longlong = 0
        if self.floor.markets[market + M_PHASE] != AUCTION:
            stopped = self.crossing.cross(order, price_ticks)
        if self.crossing.rest_or_end(order, stopped, False, IS_ANSWER):
            self.rows.order(order, ORDER_UPDATE, OPEN, IS_ANSWER | HAS_MOVED)
        if self.crossing.prices:
            self.triggers.fire(self.rows.market_id)
        return 0

    def amend_waiting(self, order, price_ticks, amount, trigger_price):
        """Other terms for an order that waits for its trigger."""
        options: cython.longlong = self.table.words[order + O_EXTRA] >> 32
        self.floor.let_go(order)
        self.floor.leave_waiting(order)
        self.table.words[order + O_AMOUNT] = amount
        self.table.words[order + O_LEFT] = amount
        if trigger_price != 0:
            self.table.options[options + X_TRIGGER_PRICE] = trigger_price
        self.table.words[order + O_PRICE] = price_ticks
        self.floor.hold(order)
        self.floor.enter_waiting(order, price_ticks)
        return self.rows.order(order, ORDER_UPDATE, OPEN, IS_ANSWER)

    def is_refused(self, order, price_ticks, amount, trigger_price):
        """The new terms of an open order; its old hold counts as available."""
        terms: cython.longlong = self.table.words[order + O_TERMS]
        market: cython.longlong = ((terms >> 32) & 0xFFFF) * MARKET_WORDS
        is_waiting: cython.bint = self.floor.is_waiting(order)
        dealt: cython.longlong = self.table.words[order + O_DEAL_STOCK]
        old_price: cython.longlong = self.floor.price_of(order)
        kind: cython.longlong
        if self.checks.wrong_price(terms, price_ticks) or (
            trigger_price != 0 and self.checks.wrong_trigger(market, trigger_price, 0)
        ):
            return 1
        if self.checks.wrong_amount(terms, price_ticks, amount):
            return 1
        if dealt > 0 and amount <= dealt:
            self.rows.reject(R_AMOUNT_TOO_SMALL, dealt + 1, amount)
            return 1
        give: cython.longlong = self.table.words[order + O_WALLETS] & 0x7FFF_FFFF
        available: cython.longlong = self.ledger.words[give + A_CASH] + self.floor.held(order)
        cost: cython.longlong = self.checks.cost_of(terms, price_ticks, amount - dealt)
        if available < cost:
            self.rows.reject(R_BALANCE_NOT_ENOUGH, available, cost)
            return 1
        if is_waiting:
            kind = self.table.options[(self.table.words[order + O_EXTRA] >> 32) + X_TRIGGER]
            if trigger_price == 0 or trigger_price == self.table.words[order + O_PRICE]:
                return 0
            return self.checks.would_fire(
                self.floor.markets[market + M_LAST_PRICE], trigger_price, self.checks.rises(terms, kind)
            )
        if price_ticks == old_price:
            return 0
        return self.against_book.move_refused(terms, price_ticks)
