"""The floor: everything that trading changes, and the steps that all of it is made of.

Books, waiting orders, orders, ledger and rows are shared by those who work on them (``checks``, ``crossing``,
``triggers``, ``auction``, ``matching``); here are the moves they have in common: to rest, to wait, to leave, to end.

An order that rests or waits holds what it may have to give: a bid price × what is left, an ask what is left, a waiting
market bid its money. Its funds are in the hold exactly while it is in a book or waits for its trigger.

Orders that wait lie in a book of their own, two sides a market, keyed by their trigger price: even sides fire when the
last price rises to it, odd ones when it falls. While an order waits, ``O_PRICE`` is its trigger price and ``X_LIMIT``
its price.
"""

from __future__ import annotations

import cython

if not cython.compiled:  # the compiler takes them from the .pxd
    from fondaco.core.book import LADDER_TICKS_MIN, Book
    from fondaco.core.book_walks import BookWalks
    from fondaco.core.client_orders import ClientOrders
    from fondaco.core.due import Due
    from fondaco.core.layout import (
        A_CASH,
        A_HOLD,
        M_INCOME_MONEY,
        M_INCOME_STOCK,
        M_MONEY,
        M_MONEY_UNITS,
        M_STOCK,
        M_STOCK_UNITS,
        M_WAITING,
        MARKET_WORDS,
        O_EXTRA,
        O_ID,
        O_LEFT,
        O_MTIME,
        O_PRICE,
        O_SESSION,
        O_TERMS,
        O_USER,
        O_VISIBLE,
        O_WALLETS,
        X_DISPLAY,
        X_EXPIRE,
        X_LIMIT,
        X_TRIGGER,
        X_TRIGGER_PRICE,
    )
    from fondaco.core.ledger import Ledger
    from fondaco.core.order_table import OrderTable
    from fondaco.core.rows import IS_WAITING, Rows

from fondaco.core import commands, events
from fondaco.core.arena import Arena, nothing
from fondaco.core.due_kind import DueKind
from fondaco.core.purposes import FEE_INCOME, HOUSE_OWNER

ASK = cython.declare(cython.longlong, commands.Side.ASK)
BID = cython.declare(cython.longlong, commands.Side.BID)
LIMIT = cython.declare(cython.longlong, commands.OrderType.LIMIT)
MARKET = cython.declare(cython.longlong, commands.OrderType.MARKET)
GTC = cython.declare(cython.longlong, commands.TimeInForce.GTC)
GTD = cython.declare(cython.longlong, commands.TimeInForce.GTD)
TAKE_PROFIT = cython.declare(cython.longlong, commands.Trigger.TAKE_PROFIT)
TRAILING = cython.declare(cython.longlong, commands.Trigger.TRAILING)

ORDER_PUT = cython.declare(cython.longlong, events.EventKind.ORDER | (events.Cause.PUT << 8))
ORDER_UPDATE = cython.declare(cython.longlong, events.EventKind.ORDER | (events.Cause.UPDATE << 8))
ORDER_FINISH = cython.declare(cython.longlong, events.EventKind.ORDER | (events.Cause.FINISH << 8))
HAS_CLIENT_ORDER_ID = cython.declare(cython.longlong, events.HAS_CLIENT_ORDER_ID)
POST_ONLY_BIT = cython.declare(cython.longlong, 1 << 54)  # of a row's word 0
WAITING_BIT = cython.declare(cython.longlong, events.IS_WAITING << 56)
DISCONNECTED = cython.declare(cython.longlong, events.Finish.DISCONNECTED)
EXPIRY = cython.declare(cython.longlong, DueKind.EXPIRY)
OPEN = cython.declare(cython.longlong, events.Finish.OPEN)

#: Window of the books of waiting orders, in ticks: most markets have few of them.
_WAITING_WINDOW = 64
_WALLET_MASK = cython.declare(cython.longlong, 0x7FFF_FFFF)


class Floor:
    """The state of all markets, and what is due to happen to their orders by time."""

    def __init__(self):
        self.ledger = Ledger()
        self.table = OrderTable()
        self.book = Book(self.table, LADDER_TICKS_MIN)
        self.waiting = Book(self.table, _WAITING_WINDOW)
        self.walks = BookWalks(self.book)
        self.waiting_walks = BookWalks(self.waiting)
        self.rows = Rows(self.table)
        self.client_orders = ClientOrders()
        self.market_count = 0
        self.markets_arena = Arena("q", MARKET_WORDS * 16)
        self.markets = self.markets_arena.view()
        self.due = Due()
        self.trailing = []
        self.add_market([0] * MARKET_WORDS)  # place 0 is no market

    # markets

    def add_market(self, words: list[int]) -> int:
        """Open a market's books; ``words`` as ``layout.py`` lays them out. Answers its id."""
        market_id: int = self.market_count
        if (market_id + 1) * MARKET_WORDS > len(memoryview(self.markets)):
            size = len(memoryview(self.markets))
            self.markets = nothing()
            self.markets = self.markets_arena.grow(2 * size)
        self.book.add_market()
        self.waiting.add_market()
        self.trailing.append([])
        self.market_count += 1
        if market_id:
            self.set_market(market_id, words)
        return market_id

    def set_market(self, market_id: int, words: list[int]) -> None:
        """Change a market's words; where its fee income stands is filled in here."""
        at = market_id * MARKET_WORDS
        for place in range(MARKET_WORDS):
            self.markets[at + place] = words[place]
        self.markets[at + M_INCOME_STOCK] = self.ledger.open(HOUSE_OWNER, words[M_STOCK], FEE_INCOME)
        self.markets[at + M_INCOME_MONEY] = self.ledger.open(HOUSE_OWNER, words[M_MONEY], FEE_INCOME)

    def market_words(self, market_id: int) -> list[int]:
        return [self.markets[market_id * MARKET_WORDS + place] for place in range(MARKET_WORDS)]

    # what an order is

    def side_of(self, order):
        """The side of the book that an order belongs to."""
        terms: cython.longlong = self.table.words[order + O_TERMS]
        return ((terms >> 32) & 0xFFFF) * 2 + (1 if ((terms >> 16) & 0xFF) == BID else 0)

    def waiting_side_of(self, order):
        """The side of the waiting orders that an order with a trigger belongs to."""
        terms: cython.longlong = self.table.words[order + O_TERMS]
        kind: cython.longlong = self.table.options[(self.table.words[order + O_EXTRA] >> 32) + X_TRIGGER]
        is_bid: cython.longlong = 1 if ((terms >> 16) & 0xFF) == BID else 0
        rises: cython.longlong = is_bid if kind != TAKE_PROFIT else 1 - is_bid
        return ((terms >> 32) & 0xFFFF) * 2 + 1 - rises

    def is_waiting(self, order):
        return (self.table.words[order + O_TERMS] & WAITING_BIT) != 0

    def may_rest(self, terms):
        """Whether what is left of a limit order rests."""
        return ((terms >> 48) & 7) == GTC or ((terms >> 48) & 7) == GTD

    def display_of(self, order):
        """What an order shows at most, 0 for all of it."""
        options: cython.longlong = self.table.words[order + O_EXTRA] >> 32
        return self.table.options[options + X_DISPLAY] if options != 0 else 0

    def price_of(self, order):
        """Its limit price, also while it waits; 0 for a market order."""
        if self.is_waiting(order):
            return self.table.options[(self.table.words[order + O_EXTRA] >> 32) + X_LIMIT]
        return self.table.words[order + O_PRICE]

    def held(self, order):
        """What an order that rests or waits holds for what it has left."""
        terms: cython.longlong = self.table.words[order + O_TERMS]
        market: cython.longlong = ((terms >> 32) & 0xFFFF) * MARKET_WORDS
        left: cython.longlong = self.table.words[order + O_LEFT]
        if ((terms >> 16) & 0xFF) != BID:
            return left * self.markets[market + M_STOCK_UNITS]
        if ((terms >> 24) & 0xFF) == MARKET:
            return left
        return self.price_of(order) * left * self.markets[market + M_MONEY_UNITS]

    # moves

    def hold(self, order):
        """What it has left to give goes from the cash to the hold."""
        give: cython.longlong = self.table.words[order + O_WALLETS] & _WALLET_MASK
        self.ledger.transfer(give + A_CASH, give + A_HOLD, self.held(order))

    def let_go(self, order):
        """What it has left to give goes from the hold to the cash."""
        give: cython.longlong = self.table.words[order + O_WALLETS] & _WALLET_MASK
        self.ledger.transfer(give + A_HOLD, give + A_CASH, self.held(order))

    def enter_book(self, order):
        """To the back of its price. Funds are not touched."""
        side: cython.longlong = self.side_of(order)
        visible: cython.longlong = self.table.words[order + O_LEFT]
        display: cython.longlong
        if (self.table.words[order + O_EXTRA] >> 32) != 0:
            display = self.display_of(order)
            if display != 0:
                self.book.hide(side, 1)
                visible = min(visible, display)
        self.table.words[order + O_VISIBLE] = visible
        return self.book.add(side, order)

    def leave_book(self, order):
        """Out of the book. Funds are not touched."""
        side: cython.longlong = self.side_of(order)
        if (self.table.words[order + O_EXTRA] >> 32) != 0:
            if self.display_of(order) != 0:
                self.book.hide(side, -1)
        self.book.remove(side, order)
        self.table.words[order + O_VISIBLE] = 0
        return 0

    def enter_waiting(self, order, limit_ticks):
        """Among those that wait for their trigger price. Funds are not touched."""
        options: cython.longlong = self.table.words[order + O_EXTRA] >> 32
        market_id: cython.longlong = (self.table.words[order + O_TERMS] >> 32) & 0xFFFF
        self.table.words[order + O_TERMS] |= WAITING_BIT
        self.table.words[order + O_PRICE] = self.table.options[options + X_TRIGGER_PRICE]
        self.table.words[order + O_VISIBLE] = 0
        self.table.options[options + X_LIMIT] = limit_ticks
        if self.table.options[options + X_TRIGGER] == TRAILING:
            self.trailing[market_id].append(order)
        self.markets[market_id * MARKET_WORDS + M_WAITING] += 1
        return self.waiting.add(self.waiting_side_of(order), order)

    def leave_waiting(self, order):
        """No longer among those that wait. Funds are not touched."""
        options: cython.longlong = self.table.words[order + O_EXTRA] >> 32
        market_id: cython.longlong = (self.table.words[order + O_TERMS] >> 32) & 0xFFFF
        self.waiting.remove(self.waiting_side_of(order), order)
        if self.table.options[options + X_TRIGGER] == TRAILING:
            self.trailing[market_id].remove(order)
        self.markets[market_id * MARKET_WORDS + M_WAITING] -= 1
        self.table.words[order + O_TERMS] ^= WAITING_BIT
        self.table.words[order + O_PRICE] = self.table.options[options + X_LIMIT]
        self.table.options[options + X_LIMIT] = 0
        return 0

    def finish(self, order, finish, flags):
        """An order that rested or waited ended, and is out of its book: say so and forget it."""
        self.rows.order(order, ORDER_FINISH, finish, flags)
        if (self.table.words[order + O_TERMS] >> 56) & HAS_CLIENT_ORDER_ID:
            self.client_orders.finish(self.table.words[order + O_ID], self.rows.time_us)
        if (self.table.words[order + O_EXTRA] >> 32) != 0:
            self.due.drop(EXPIRY, self.table.words[order + O_ID])
        self.table.unlink_user(order)
        self.table.release(order)
        return 0

    def end(self, order: cython.longlong, finish: cython.longlong, flags: cython.longlong) -> cython.longlong:
        """End an order that rests or waits, with its funds back."""
        self.table.words[order + O_MTIME] = self.rows.time_us
        self.let_go(order)
        if self.is_waiting(order):
            self.leave_waiting(order)
            flags |= IS_WAITING
        else:
            self.leave_book(order)
        return self.finish(order, finish, flags)

    def end_all(self, user: cython.longlong, market_id: cython.longlong, finish: cython.longlong) -> int:
        """End a user's orders, newest first, on one market or (0) on all; answers how many. O(the user's orders)."""
        count: cython.longlong = 0
        order: cython.longlong = self.table.newest(user)
        older: cython.longlong
        while order != 0:
            older = self.table.next_older(order)
            if market_id == 0 or ((self.table.words[order + O_TERMS] >> 32) & 0xFFFF) == market_id:
                self.end(order, finish, 0)
                count += 1
            order = older
        return count

    def end_session(self, user: cython.longlong, session: cython.longlong) -> int:
        """End a user's orders that a session put; answers how many. O(the user's orders)."""
        count: cython.longlong = 0
        order: cython.longlong = self.table.newest(user)
        older: cython.longlong
        while order != 0:
            older = self.table.next_older(order)
            if self.table.words[order + O_SESSION] == session:
                self.end(order, DISCONNECTED, 0)
                count += 1
            order = older
        return count

    def untag(self, user: cython.longlong, session: cython.longlong) -> None:
        """A user's orders that a session put no longer end with it. O(the user's orders)."""
        order: cython.longlong = self.table.newest(user)
        while order != 0:
            if self.table.words[order + O_SESSION] == session:
                self.table.words[order + O_SESSION] = 0
            order = self.table.next_older(order)

    def expires(self, order: cython.longlong) -> None:
        """An order that rests or waits is due to end, if it has an expiry."""
        options: cython.longlong = self.table.words[order + O_EXTRA] >> 32
        if options != 0 and self.table.options[options + X_EXPIRE] != 0:
            self.due.set(EXPIRY, self.table.words[order + O_ID], self.table.options[options + X_EXPIRE])

    # what a state needs

    def restore_order(self, order: int, is_waiting: bool) -> None:
        """Put an inserted record back where it was, with the wallets it gives from and takes to."""
        terms = self.table.words[order + O_TERMS]
        at = ((terms >> 32) & 0xFFFF) * MARKET_WORDS
        is_bid = ((terms >> 16) & 0xFF) == BID
        user = self.table.words[order + O_USER]
        give = self.ledger.enter_wallet(user, self.markets[at + M_MONEY] if is_bid else self.markets[at + M_STOCK])
        take = self.ledger.enter_wallet(user, self.markets[at + M_STOCK] if is_bid else self.markets[at + M_MONEY])
        self.table.words[order + O_WALLETS] = give | (take << 32)
        if is_waiting:
            options = self.table.words[order + O_EXTRA] >> 32
            self.enter_waiting(order, self.table.options[options + X_LIMIT])
        else:
            if self.display_of(order) != 0:
                self.book.hide(self.side_of(order), 1)
            self.book.add(self.side_of(order), order)
        self.expires(order)

    def open_row(self, order: int) -> tuple[int, ...]:
        """The ORDER row of an open order as it stands, as if it were just put."""
        words = self.table.record(order)
        words[O_PRICE] = self.price_of(order)
        words[0] |= ORDER_PUT
        words[1], words[14], words[15] = 0, OPEN, words[3]
        return tuple(words)
