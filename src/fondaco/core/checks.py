"""The checks of orders, in the order of ``rejects.py``: the first that applies is the refusal, and writes its row.

Bounds, proved here at the door: prices × sizes × units ≤ ``UNITS_MAX`` (2**62) for every order, and a fill is never
larger than the smaller order, so every product of matching fits 63 bits. All divisions are of non-negative numbers.

What only the book can tell is asked of ``book_checks.py``. Cost: some 40 comparisons and one look into the ledger; a
plain order that rests needs fewer (``plain_way.py``).
"""

from __future__ import annotations

import cython

if not cython.compiled:  # the compiler takes them from the .pxd
    from fondaco.core.book_checks import AUCTION, CLOSE_ONLY, UNITS_MAX, BookChecks
    from fondaco.core.crossing import DECREMENT, OTHER_UNIT_BIT
    from fondaco.core.floor import ASK, BID, GTD, LIMIT, MARKET, POST_ONLY_BIT, TAKE_PROFIT, TRAILING, Floor
    from fondaco.core.layout import (
        A_CASH,
        M_AMOUNT_MIN,
        M_BAND,
        M_LAST_PRICE,
        M_MONEY,
        M_MONEY_MIN,
        M_MONEY_UNITS,
        M_PHASE,
        M_PRICE_MAX,
        M_STOCK,
        M_STOCK_UNITS,
        MARKET_WORDS,
        U_OPEN,
        U_STATE,
        USER_ABSENT,
        USER_DISABLED,
        USER_WORDS,
    )
    from fondaco.core.reasons import (
        R_ACCOUNT_DISABLED,
        R_AMOUNT_TOO_LARGE,
        R_AMOUNT_TOO_SMALL,
        R_BALANCE_NOT_ENOUGH,
        R_CLOSE_ONLY,
        R_DISPLAY_OUT_OF_BOUNDS,
        R_EXPIRED_ALREADY,
        R_MARKET_DELISTED,
        R_MARKET_HALTED,
        R_NO_LAST_PRICE,
        R_NOT_IN_THIS_PHASE,
        R_ORDER_TOO_SMALL_IN_MONEY,
        R_PRICE_OUT_OF_BOUNDS,
        R_TOO_MANY_OPEN_ORDERS,
        R_TOO_MANY_TRAILING,
        R_TRIGGER_OUT_OF_BOUNDS,
        R_TRIGGER_WOULD_FIRE,
        R_UNKNOWN_USER,
    )

from fondaco.core import commands

HALT = cython.declare(cython.longlong, commands.Phase.HALT)
DELISTED = cython.declare(cython.longlong, commands.Phase.DELISTED)
EXECUTION_BITS = cython.declare(cython.longlong, 0x7F << 48)
#: The product of two counts below it is within ``UNITS_MAX``.
SMALL = cython.declare(cython.longlong, 1 << 31)

#: A user's open orders over all markets; one more is refused.
OPEN_ORDERS_PER_USER_MAX = 100_000
#: Trailing stops that wait on one market: each of its prices moves them all.
TRAILING_PER_MARKET_MAX = 1_000
OPEN_ORDERS_MAX = cython.declare(cython.longlong, OPEN_ORDERS_PER_USER_MAX)
_TRAILING_MAX = cython.declare(cython.longlong, TRAILING_PER_MARKET_MAX)


class Checks:
    """Checks new and amended orders. After a pass ``give_wallet`` is the wallet they give from."""

    def __init__(self, floor: Floor, against_book: BookChecks):
        self.floor = floor
        self.against_book = against_book
        self.ledger = floor.ledger
        self.table = floor.table
        self.rows = floor.rows
        self.give_wallet = 0
        self.display = 0
        self.trigger_price = 0
        self.trail = 0
        self.expire = 0

    # new orders

    def is_malformed(self, terms, trigger):
        """Whether a new order says what no order can say, whatever the market."""
        side: cython.longlong = (terms >> 16) & 0xFF
        order_type: cython.longlong = (terms >> 24) & 0xFF
        execution: cython.longlong = (terms >> 48) & 0xFF
        time_in_force: cython.longlong = execution & 7
        kind: cython.longlong = trigger & 3
        if (side != ASK and side != BID) or (order_type != LIMIT and order_type != MARKET):
            return 1
        if execution == 0 and trigger == 0 and (self.display | self.trigger_price | self.trail | self.expire) == 0:
            return 0
        if time_in_force > GTD or ((execution >> 3) & 7) > DECREMENT or execution > 127 or trigger > 7:
            return 1
        if self.display < 0 or self.trigger_price < 0 or self.trail < 0 or self.expire < 0:
            return 1
        if (self.expire != 0) != (time_in_force == GTD):
            return 1
        if execution & 64 or self.display != 0:
            if order_type != LIMIT or not self.floor.may_rest(terms):
                return 1
        if trigger & 4 and (order_type != MARKET or kind != 0):
            return 1
        if kind == 0:
            if order_type == MARKET and time_in_force == GTD:
                return 1
            return 1 if self.trigger_price != 0 or self.trail != 0 else 0
        if kind == TRAILING:
            return 1 if self.trail == 0 else 0
        return 1 if self.trigger_price == 0 or self.trail != 0 else 0

    def collects(self, terms):
        """Whether an order can wait for the end of an auction: a limit order that rests and may take."""
        if ((terms >> 24) & 0xFF) != LIMIT or terms & POST_ONLY_BIT:
            return 0
        return self.floor.may_rest(terms)

    def wrong_phase(self, market, is_bid, needs_trading):
        """Whether the market's phase does not take an order now; ``needs_trading``: one that does not rest."""
        phase: cython.longlong = self.floor.markets[market + M_PHASE]
        if phase == 0:
            return 0
        reason: cython.longlong = 0
        if phase == DELISTED:
            reason = R_MARKET_DELISTED
        elif phase == HALT:
            reason = R_MARKET_HALTED
        elif phase == CLOSE_ONLY and is_bid:
            reason = R_CLOSE_ONLY
        elif phase == AUCTION and needs_trading:
            reason = R_NOT_IN_THIS_PHASE
        if reason == 0:
            return 0
        self.rows.reject(reason, 0, self.rows.market_id)
        return 1

    def unwelcome(self, user):
        """Whether the user may put no order."""
        at: cython.longlong = user * USER_WORDS
        if user < 1 or user >= self.table.users or self.table.user_words[at + U_STATE] == USER_ABSENT:
            self.rows.reject(R_UNKNOWN_USER, 0, user)
            return 1
        if self.table.user_words[at + U_STATE] == USER_DISABLED:
            self.rows.reject(R_ACCOUNT_DISABLED, 0, user)
            return 1
        return 0

    def too_many_open(self, user):
        if self.table.user_words[user * USER_WORDS + U_OPEN] < OPEN_ORDERS_MAX:
            return 0
        self.rows.reject(R_TOO_MANY_OPEN_ORDERS, OPEN_ORDERS_MAX, self.table.user_words[user * USER_WORDS + U_OPEN])
        return 1

    def refused(self, user, terms, trigger, price_ticks, amount):
        """A new order by itself, against the ledger and against the book; its options are those of ``read_options``."""
        market: cython.longlong = ((terms >> 32) & 0xFFFF) * MARKET_WORDS
        is_bid: cython.bint = ((terms >> 16) & 0xFF) == BID
        if self.expire != 0 and self.expire <= self.rows.time_us:
            self.rows.reject(R_EXPIRED_ALREADY, self.rows.time_us, self.expire)
            return 1
        if self.wrong_price(terms, price_ticks):
            return 1
        if trigger != 0 and self.wrong_trigger(market, self.trigger_price, self.trail):
            return 1
        if self.wrong_amount(terms, price_ticks, amount):
            return 1
        if (trigger & 3) == 0 and ((terms >> 24) & 0xFF) == MARKET and self.buys_no_lot(terms, amount):
            return 1
        if self.display != 0 and self.wrong_display(market, amount):
            return 1
        cost: cython.longlong = self.cost_of(terms, price_ticks, amount)
        self.give_wallet = self.ledger.wallet(
            user, self.floor.markets[market + M_MONEY] if is_bid else self.floor.markets[market + M_STOCK]
        )
        available: cython.longlong = self.ledger.words[self.give_wallet + A_CASH]  # the wallet 0 has nothing
        if available < cost:
            self.rows.reject(R_BALANCE_NOT_ENOUGH, available, cost)
            return 1
        if trigger & 3:
            return self.trigger_refused(terms, trigger)
        if (
            (terms & EXECUTION_BITS) == 0
            and ((terms >> 24) & 0xFF) == LIMIT
            and self.floor.markets[market + M_BAND] == 0
        ):
            return 0
        return self.against_book.refused(user, terms, price_ticks, amount, available)

    def wrong_price(self, terms, price_ticks):
        bound: cython.longlong = 0
        if ((terms >> 24) & 0xFF) == LIMIT:
            bound = self.floor.markets[((terms >> 32) & 0xFFFF) * MARKET_WORDS + M_PRICE_MAX]
            if 1 <= price_ticks <= bound:
                return 0
        elif price_ticks == 0:
            return 0
        self.rows.reject(R_PRICE_OUT_OF_BOUNDS, bound, price_ticks)
        return 1

    def wrong_trigger(self, market, trigger_price, trail):
        bound: cython.longlong = self.floor.markets[market + M_PRICE_MAX]
        if trigger_price <= bound and trail <= bound:
            return 0
        self.rows.reject(R_TRIGGER_OUT_OF_BOUNDS, bound, trigger_price if trigger_price > bound else trail)
        return 1

    def wrong_display(self, market, amount):
        least: cython.longlong = self.floor.markets[market + M_AMOUNT_MIN]
        if least <= self.display <= amount:
            return 0
        self.rows.reject(R_DISPLAY_OUT_OF_BOUNDS, least if self.display < least else amount, self.display)
        return 1

    def wrong_amount(self, terms, price_ticks, amount):
        """Whether an amount is too small or too large for its market, by itself or at its price."""
        market: cython.longlong = ((terms >> 32) & 0xFFFF) * MARKET_WORDS
        money_min: cython.longlong = self.floor.markets[market + M_MONEY_MIN]
        stock_units: cython.longlong = self.floor.markets[market + M_STOCK_UNITS]
        unit_price: cython.longlong
        if self.against_book.is_by_money(terms):
            if amount < max(money_min, 1):
                self.rows.reject(R_ORDER_TOO_SMALL_IN_MONEY, max(money_min, 1), amount)
                return 1
            if amount > UNITS_MAX:
                self.rows.reject(R_AMOUNT_TOO_LARGE, UNITS_MAX, amount)
                return 1
            return 0
        if amount < 1 or amount < self.floor.markets[market + M_AMOUNT_MIN]:
            self.rows.reject(R_AMOUNT_TOO_SMALL, self.floor.markets[market + M_AMOUNT_MIN], amount)
            return 1
        if (amount > SMALL or stock_units > SMALL) and amount > UNITS_MAX // stock_units:
            self.rows.reject(R_AMOUNT_TOO_LARGE, UNITS_MAX // stock_units, amount)
            return 1
        if ((terms >> 24) & 0xFF) == LIMIT:
            unit_price = price_ticks * self.floor.markets[market + M_MONEY_UNITS]
            if (amount > SMALL or unit_price > SMALL) and amount > UNITS_MAX // unit_price:
                self.rows.reject(R_AMOUNT_TOO_LARGE, UNITS_MAX // unit_price, amount)
                return 1
            if amount * unit_price < money_min:
                self.rows.reject(R_ORDER_TOO_SMALL_IN_MONEY, money_min, amount * unit_price)
                return 1
        return 0

    def buys_no_lot(self, terms, amount):
        """Whether a market order by money is too small for one lot at the best price."""
        if not self.against_book.is_by_money(terms):
            return 0
        lot: cython.longlong = self.against_book.best_of_other(terms) * self.against_book.money_units_of(terms)
        if amount >= lot:
            return 0
        self.rows.reject(R_ORDER_TOO_SMALL_IN_MONEY, lot, amount)
        return 1

    def cost_of(self, terms, price_ticks, amount):
        """What must be available for an order: all it may give, or one lot's worth where that is not known before."""
        stock_units: cython.longlong = self.floor.markets[((terms >> 32) & 0xFFFF) * MARKET_WORDS + M_STOCK_UNITS]
        if ((terms >> 16) & 0xFF) == BID:
            if ((terms >> 24) & 0xFF) == LIMIT:
                return price_ticks * amount * self.against_book.money_units_of(terms)
            if terms & OTHER_UNIT_BIT:
                return self.against_book.best_of_other(terms) * self.against_book.money_units_of(terms)
            return amount
        return stock_units if terms & OTHER_UNIT_BIT else amount * stock_units

    # new orders against the book

    # orders with a trigger

    def rises(self, terms, trigger):
        """Whether the trigger fires when the last price rises to it."""
        return (((terms >> 16) & 0xFF) == BID) != ((trigger & 3) == TAKE_PROFIT)

    def trigger_refused(self, terms, trigger):
        """Whether a trigger would fire at once, or cannot be set; fills in that of a trailing stop without a price."""
        market_id: cython.longlong = (terms >> 32) & 0xFFFF
        market: cython.longlong = market_id * MARKET_WORDS
        last: cython.longlong = self.floor.markets[market + M_LAST_PRICE]
        if self.trigger_price != 0:
            if self.would_fire(last, self.trigger_price, self.rises(terms, trigger)):
                return 1
        elif last == 0:
            self.rows.reject(R_NO_LAST_PRICE, 0, 0)
            return 1
        elif ((terms >> 16) & 0xFF) == BID:
            self.trigger_price = last + min(self.trail, self.floor.markets[market + M_PRICE_MAX] - last)
        else:
            self.trigger_price = max(last - self.trail, 1)
        if (trigger & 3) == TRAILING and len(self.floor.trailing[market_id]) >= _TRAILING_MAX:
            self.rows.reject(R_TOO_MANY_TRAILING, _TRAILING_MAX, len(self.floor.trailing[market_id]))
            return 1
        return 0

    def would_fire(self, last, trigger_price, rises):
        if last == 0 or (last < trigger_price if rises else last > trigger_price):
            return 0
        self.rows.reject(R_TRIGGER_WOULD_FIRE, last, trigger_price)
        return 1

    # amended orders
