"""The plain way: a limit order without options that meets nobody is put to rest in one go.

Most commands are such orders. Here every check is one comparison and what was read once is not read again. It only
ever says yes: an order that anything may be said against, that trades, or whose market or user is in any way special
goes the ordinary way of ``placing.py``, which would give the same row for one that is taken here, and nothing here is
changed before that is sure. So nothing is refused here.

Cost: O(1); measured in ``docs/decisions/core-data-path.md``.
"""

from __future__ import annotations

import cython

if not cython.compiled:  # the compiler takes them from the .pxd
    from fondaco.core.checks import OPEN_ORDERS_MAX, SMALL
    from fondaco.core.floor import ASK, BID, LIMIT, OPEN, ORDER_PUT, Floor
    from fondaco.core.layout import (
        A_CASH,
        A_HOLD,
        M_AMOUNT_MIN,
        M_BAND,
        M_FEES,
        M_MONEY,
        M_MONEY_MIN,
        M_MONEY_UNITS,
        M_PHASE,
        M_PRICE_MAX,
        M_STOCK,
        M_STOCK_UNITS,
        MARKET_WORDS,
        O_AMOUNT,
        O_CTIME,
        O_DEAL_FEE,
        O_DEAL_MONEY,
        O_DEAL_STOCK,
        O_FEES,
        O_ID,
        O_LEFT,
        O_MTIME,
        O_PRICE,
        O_USER,
        O_VISIBLE,
        ROW_WORDS,
        U_FLAGS,
        U_OPEN,
        U_STATE,
        USER_ACTIVE,
        USER_WORDS,
    )
    from fondaco.core.rows import IS_ANSWER


class PlainWay:
    """Over one floor."""

    def __init__(self, floor: Floor):
        self.floor = floor
        self.ledger = floor.ledger
        self.table = floor.table
        self.book = floor.book
        self.rows = floor.rows

    def put(self, request, user, price_ticks, amount):
        """Put an order that rests; answers its handle, or 0 if it must go the ordinary way."""
        market_id: cython.longlong = request & 0xFFFF
        market: cython.longlong = market_id * MARKET_WORDS
        side: cython.longlong = (request >> 16) & 0xFF
        is_bid: cython.bint = side == BID
        if request >> 24 != LIMIT or (side != ASK and not is_bid):
            return 0
        if market_id < 1 or market_id >= self.floor.market_count or user < 1 or user >= self.table.users:
            return 0
        if self.is_special(market, user * USER_WORDS):
            return 0
        cost: cython.longlong = self.cost(market, is_bid, price_ticks, amount)
        if cost == 0 or self.book.reaches(market_id * 2 + 1 - is_bid, -price_ticks if is_bid else price_ticks):
            return 0
        stock: cython.longlong = self.floor.markets[market + M_STOCK]
        money: cython.longlong = self.floor.markets[market + M_MONEY]
        give: cython.longlong = self.ledger.wallet(user, money if is_bid else stock)
        if self.ledger.words[give + A_CASH] < cost:  # the wallet 0 has nothing
            return 0
        take: cython.longlong = self.ledger.enter_wallet(user, stock if is_bid else money)
        order: cython.longlong = self.table.allocate()
        self.ledger.transfer(give + A_CASH, give + A_HOLD, cost)
        self.write(order, (request ^ market_id) | (market_id << 32), user, price_ticks, amount, give | (take << 32))
        self.table.link_user(order)
        self.book.add(market_id * 2 + (1 if is_bid else 0), order)
        return order

    def is_special(self, market, at):
        """Whether the market does not simply trade or the user is not simply welcome."""
        if (self.floor.markets[market + M_PHASE] | self.floor.markets[market + M_BAND]) != 0:
            return 1
        if self.table.user_words[at + U_STATE] != USER_ACTIVE or self.table.user_words[at + U_FLAGS] != 0:
            return 1
        return 1 if self.table.user_words[at + U_OPEN] >= OPEN_ORDERS_MAX else 0

    def cost(self, market, is_bid, price_ticks, amount):
        """What must be available for an order, or 0 if its price or its amount is out of bounds or very large."""
        stock_units: cython.longlong = self.floor.markets[market + M_STOCK_UNITS]
        if price_ticks < 1 or price_ticks > self.floor.markets[market + M_PRICE_MAX]:
            return 0
        unit_price: cython.longlong = price_ticks * self.floor.markets[market + M_MONEY_UNITS]
        if amount < 1 or amount > SMALL or unit_price > SMALL or stock_units > SMALL:
            return 0
        money: cython.longlong = amount * unit_price
        if amount < self.floor.markets[market + M_AMOUNT_MIN] or money < self.floor.markets[market + M_MONEY_MIN]:
            return 0
        return money if is_bid else amount * stock_units

    def write(self, order, terms, user, price_ticks, amount, wallets):
        """The order's record and its row, which the record mirrors."""
        row: cython.longlong = self.rows.room(1)
        fees: cython.longlong = self.floor.markets[(terms >> 32) * MARKET_WORDS + M_FEES]
        self.table.fill(order, terms, user, price_ticks, amount, amount, fees, wallets, self.rows.time_us)
        self.rows.words[row] = terms | ORDER_PUT | (IS_ANSWER << 56)
        self.rows.words[row + 1] = self.rows.seq
        self.rows.words[row + O_ID] = self.table.words[order + O_ID]
        self.rows.words[row + O_USER] = user
        self.rows.words[row + O_PRICE] = price_ticks
        self.rows.words[row + O_AMOUNT] = amount
        self.rows.words[row + O_LEFT] = amount
        self.rows.words[row + O_DEAL_STOCK] = 0
        self.rows.words[row + O_DEAL_MONEY] = 0
        self.rows.words[row + O_DEAL_FEE] = 0
        self.rows.words[row + O_CTIME] = self.rows.time_us
        self.rows.words[row + O_MTIME] = self.rows.time_us
        self.rows.words[row + O_FEES] = fees
        self.rows.words[row + O_VISIBLE] = amount
        self.rows.words[row + 14] = OPEN
        self.rows.words[row + 15] = user
        self.rows.end += ROW_WORDS
        return 0
