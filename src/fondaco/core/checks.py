"""The checks of orders, in the order of ``rejects.py``: the first that applies is the refusal, and writes its row.

Bounds, proved here at the door: prices × sizes × units ≤ ``UNITS_MAX`` (2**62) for every order, and a fill is never
larger than the smaller order, so every product of matching fits 63 bits. All divisions are of non-negative numbers.

Cost: some 40 comparisons and one look into the ledger; a plain order that rests needs fewer (``plain_way.py``). A
fill-or-kill walks the levels it would cross, and their orders where some are icebergs or may be its own.
"""

from __future__ import annotations

import cython

if not cython.compiled:  # the compiler takes them from the .pxd
    from fondaco.core.crossing import CANCEL_NEWEST, DECREMENT, OTHER_UNIT_BIT
    from fondaco.core.floor import ASK, BID, LIMIT, MARKET, TAKE_PROFIT, TRAILING, Floor
    from fondaco.core.layout import (
        A_CASH,
        LINK_WORDS,
        M_AMOUNT_MIN,
        M_BAND,
        M_LAST_PRICE,
        M_MONEY,
        M_MONEY_MIN,
        M_MONEY_UNITS,
        M_PHASE,
        M_PRICE_MAX,
        M_REFERENCE,
        M_STOCK,
        M_STOCK_UNITS,
        MARKET_WORDS,
        N_NEXT,
        O_DEAL_STOCK,
        O_EXTRA,
        O_ID,
        O_LEFT,
        O_PRICE,
        O_TERMS,
        O_USER,
        O_VISIBLE,
        O_WALLETS,
        ORDER_WORDS,
        S_ICEBERGS,
        SIDE_WORDS,
        U_OPEN,
        U_STATE,
        USER_ABSENT,
        USER_DISABLED,
        USER_WORDS,
        X_TRIGGER,
    )

from fondaco.core import commands, units
from fondaco.core.rejects import Reject

GTC = cython.declare(cython.longlong, commands.TimeInForce.GTC)
FOK = cython.declare(cython.longlong, commands.TimeInForce.FOK)
GTD = cython.declare(cython.longlong, commands.TimeInForce.GTD)
HALT = cython.declare(cython.longlong, commands.Phase.HALT)
CLOSE_ONLY = cython.declare(cython.longlong, commands.Phase.CLOSE_ONLY)
AUCTION = cython.declare(cython.longlong, commands.Phase.AUCTION)
DELISTED = cython.declare(cython.longlong, commands.Phase.DELISTED)
EXECUTION_BITS = cython.declare(cython.longlong, 0x7F << 48)
POST_ONLY_BIT = cython.declare(cython.longlong, 1 << 54)  # of a row's word 0
CANCEL_BOTH = cython.declare(cython.longlong, commands.SelfTrade.CANCEL_BOTH)
UNITS_MAX = cython.declare(cython.longlong, units.UNITS_MAX)
#: The product of two counts below it is within ``UNITS_MAX``.
SMALL = cython.declare(cython.longlong, 1 << 31)

#: A user's open orders over all markets; one more is refused.
OPEN_ORDERS_PER_USER_MAX = 100_000
#: Trailing stops that wait on one market: each of its prices moves them all.
TRAILING_PER_MARKET_MAX = 1_000
OPEN_ORDERS_MAX = cython.declare(cython.longlong, OPEN_ORDERS_PER_USER_MAX)
_TRAILING_MAX = cython.declare(cython.longlong, TRAILING_PER_MARKET_MAX)

_MARKET_DELISTED = cython.declare(cython.longlong, Reject.MARKET_DELISTED)
_MARKET_HALTED = cython.declare(cython.longlong, Reject.MARKET_HALTED)
_CLOSE_ONLY = cython.declare(cython.longlong, Reject.CLOSE_ONLY)
_NOT_IN_THIS_PHASE = cython.declare(cython.longlong, Reject.NOT_IN_THIS_PHASE)
_UNKNOWN_USER = cython.declare(cython.longlong, Reject.UNKNOWN_USER)
_ACCOUNT_DISABLED = cython.declare(cython.longlong, Reject.ACCOUNT_DISABLED)
_TOO_MANY_OPEN_ORDERS = cython.declare(cython.longlong, Reject.TOO_MANY_OPEN_ORDERS)
_EXPIRED_ALREADY = cython.declare(cython.longlong, Reject.EXPIRED_ALREADY)
_PRICE_OUT_OF_BOUNDS = cython.declare(cython.longlong, Reject.PRICE_OUT_OF_BOUNDS)
_TRIGGER_OUT_OF_BOUNDS = cython.declare(cython.longlong, Reject.TRIGGER_OUT_OF_BOUNDS)
_AMOUNT_TOO_SMALL = cython.declare(cython.longlong, Reject.AMOUNT_TOO_SMALL)
_AMOUNT_TOO_LARGE = cython.declare(cython.longlong, Reject.AMOUNT_TOO_LARGE)
_ORDER_TOO_SMALL_IN_MONEY = cython.declare(cython.longlong, Reject.ORDER_TOO_SMALL_IN_MONEY)
_DISPLAY_OUT_OF_BOUNDS = cython.declare(cython.longlong, Reject.DISPLAY_OUT_OF_BOUNDS)
_BALANCE_NOT_ENOUGH = cython.declare(cython.longlong, Reject.BALANCE_NOT_ENOUGH)
_NO_COUNTERPARTY = cython.declare(cython.longlong, Reject.NO_COUNTERPARTY)
_FILL_OR_KILL_UNFILLABLE = cython.declare(cython.longlong, Reject.FILL_OR_KILL_UNFILLABLE)
_POST_ONLY_WOULD_TAKE = cython.declare(cython.longlong, Reject.POST_ONLY_WOULD_TAKE)
_SELF_TRADE = cython.declare(cython.longlong, Reject.SELF_TRADE)
_PRICE_BAND = cython.declare(cython.longlong, Reject.PRICE_BAND)
_TRIGGER_WOULD_FIRE = cython.declare(cython.longlong, Reject.TRIGGER_WOULD_FIRE)
_NO_LAST_PRICE = cython.declare(cython.longlong, Reject.NO_LAST_PRICE)
_TOO_MANY_TRAILING = cython.declare(cython.longlong, Reject.TOO_MANY_TRAILING)


class Checks:
    """Checks new and amended orders. After a pass ``give_wallet`` is the wallet they give from."""

    def __init__(self, floor: Floor):
        self.floor = floor
        self.ledger = floor.ledger
        self.table = floor.table
        self.book = floor.book
        self.rows = floor.rows
        self.give_wallet = 0
        self.is_blocked = False
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
            if order_type != LIMIT or not self.may_rest(terms):
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
        return self.may_rest(terms)

    def wrong_phase(self, market, is_bid, needs_trading):
        """Whether the market's phase does not take an order now; ``needs_trading``: one that does not rest."""
        phase: cython.longlong = self.floor.markets[market + M_PHASE]
        if phase == 0:
            return 0
        reason: cython.longlong = 0
        if phase == DELISTED:
            reason = _MARKET_DELISTED
        elif phase == HALT:
            reason = _MARKET_HALTED
        elif phase == CLOSE_ONLY and is_bid:
            reason = _CLOSE_ONLY
        elif phase == AUCTION and needs_trading:
            reason = _NOT_IN_THIS_PHASE
        if reason == 0:
            return 0
        self.rows.reject(reason, 0, self.rows.market_id)
        return 1

    def unwelcome(self, user):
        """Whether the user may put no order."""
        at: cython.longlong = user * USER_WORDS
        if user < 1 or user >= self.table.users or self.table.user_words[at + U_STATE] == USER_ABSENT:
            self.rows.reject(_UNKNOWN_USER, 0, user)
            return 1
        if self.table.user_words[at + U_STATE] == USER_DISABLED:
            self.rows.reject(_ACCOUNT_DISABLED, 0, user)
            return 1
        return 0

    def too_many_open(self, user):
        if self.table.user_words[user * USER_WORDS + U_OPEN] < OPEN_ORDERS_MAX:
            return 0
        self.rows.reject(_TOO_MANY_OPEN_ORDERS, OPEN_ORDERS_MAX, self.table.user_words[user * USER_WORDS + U_OPEN])
        return 1

    def refused(self, user, terms, trigger, price_ticks, amount):
        """A new order by itself, against the ledger and against the book; its options are those of ``read_options``."""
        market: cython.longlong = ((terms >> 32) & 0xFFFF) * MARKET_WORDS
        is_bid: cython.bint = ((terms >> 16) & 0xFF) == BID
        if self.expire != 0 and self.expire <= self.rows.time_us:
            self.rows.reject(_EXPIRED_ALREADY, self.rows.time_us, self.expire)
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
            self.rows.reject(_BALANCE_NOT_ENOUGH, available, cost)
            return 1
        if trigger & 3:
            return self.trigger_refused(terms, trigger)
        if (
            (terms & EXECUTION_BITS) == 0
            and ((terms >> 24) & 0xFF) == LIMIT
            and self.floor.markets[market + M_BAND] == 0
        ):
            return 0
        return self.book_refused(user, terms, price_ticks, amount, available)

    def wrong_price(self, terms, price_ticks):
        bound: cython.longlong = 0
        if ((terms >> 24) & 0xFF) == LIMIT:
            bound = self.floor.markets[((terms >> 32) & 0xFFFF) * MARKET_WORDS + M_PRICE_MAX]
            if 1 <= price_ticks <= bound:
                return 0
        elif price_ticks == 0:
            return 0
        self.rows.reject(_PRICE_OUT_OF_BOUNDS, bound, price_ticks)
        return 1

    def wrong_trigger(self, market, trigger_price, trail):
        bound: cython.longlong = self.floor.markets[market + M_PRICE_MAX]
        if trigger_price <= bound and trail <= bound:
            return 0
        self.rows.reject(_TRIGGER_OUT_OF_BOUNDS, bound, trigger_price if trigger_price > bound else trail)
        return 1

    def wrong_display(self, market, amount):
        least: cython.longlong = self.floor.markets[market + M_AMOUNT_MIN]
        if least <= self.display <= amount:
            return 0
        self.rows.reject(_DISPLAY_OUT_OF_BOUNDS, least if self.display < least else amount, self.display)
        return 1

    def wrong_amount(self, terms, price_ticks, amount):
        """Whether an amount is too small or too large for its market, by itself or at its price."""
        market: cython.longlong = ((terms >> 32) & 0xFFFF) * MARKET_WORDS
        money_min: cython.longlong = self.floor.markets[market + M_MONEY_MIN]
        stock_units: cython.longlong = self.floor.markets[market + M_STOCK_UNITS]
        unit_price: cython.longlong
        if self.is_by_money(terms):
            if amount < max(money_min, 1):
                self.rows.reject(_ORDER_TOO_SMALL_IN_MONEY, max(money_min, 1), amount)
                return 1
            if amount > UNITS_MAX:
                self.rows.reject(_AMOUNT_TOO_LARGE, UNITS_MAX, amount)
                return 1
            return 0
        if amount < 1 or amount < self.floor.markets[market + M_AMOUNT_MIN]:
            self.rows.reject(_AMOUNT_TOO_SMALL, self.floor.markets[market + M_AMOUNT_MIN], amount)
            return 1
        if (amount > SMALL or stock_units > SMALL) and amount > UNITS_MAX // stock_units:
            self.rows.reject(_AMOUNT_TOO_LARGE, UNITS_MAX // stock_units, amount)
            return 1
        if ((terms >> 24) & 0xFF) == LIMIT:
            unit_price = price_ticks * self.floor.markets[market + M_MONEY_UNITS]
            if (amount > SMALL or unit_price > SMALL) and amount > UNITS_MAX // unit_price:
                self.rows.reject(_AMOUNT_TOO_LARGE, UNITS_MAX // unit_price, amount)
                return 1
            if amount * unit_price < money_min:
                self.rows.reject(_ORDER_TOO_SMALL_IN_MONEY, money_min, amount * unit_price)
                return 1
        return 0

    def buys_no_lot(self, terms, amount):
        """Whether a market order by money is too small for one lot at the best price."""
        if not self.is_by_money(terms):
            return 0
        lot: cython.longlong = self.best_of_other(terms) * self.money_units_of(terms)
        if amount >= lot:
            return 0
        self.rows.reject(_ORDER_TOO_SMALL_IN_MONEY, lot, amount)
        return 1

    def is_by_money(self, terms):
        """Whether an order's amount is money units."""
        if ((terms >> 24) & 0xFF) == LIMIT:
            return 0
        return 1 if (((terms >> 16) & 0xFF) == BID) != ((terms & OTHER_UNIT_BIT) != 0) else 0

    def money_units_of(self, terms):
        return self.floor.markets[((terms >> 32) & 0xFFFF) * MARKET_WORDS + M_MONEY_UNITS]

    def best_of_other(self, terms):
        """The best price that an order can trade at, 0 if there is nobody."""
        market_id: cython.longlong = (terms >> 32) & 0xFFFF
        return self.book.best_price(market_id * 2 + (0 if ((terms >> 16) & 0xFF) == BID else 1))

    def cost_of(self, terms, price_ticks, amount):
        """What must be available for an order: all it may give, or one lot's worth where that is not known before."""
        stock_units: cython.longlong = self.floor.markets[((terms >> 32) & 0xFFFF) * MARKET_WORDS + M_STOCK_UNITS]
        if ((terms >> 16) & 0xFF) == BID:
            if ((terms >> 24) & 0xFF) == LIMIT:
                return price_ticks * amount * self.money_units_of(terms)
            if terms & OTHER_UNIT_BIT:
                return self.best_of_other(terms) * self.money_units_of(terms)
            return amount
        return stock_units if terms & OTHER_UNIT_BIT else amount * stock_units

    # new orders against the book

    def book_refused(self, user, terms, price_ticks, amount, available):
        """What only the other side of the book can tell; in an auction, which has none yet, only the price band."""
        market_id: cython.longlong = (terms >> 32) & 0xFFFF
        market: cython.longlong = market_id * MARKET_WORDS
        is_bid: cython.bint = ((terms >> 16) & 0xFF) == BID
        other: cython.longlong = market_id * 2 + (0 if is_bid else 1)
        best: cython.longlong = self.book.best_price(other)
        edge: cython.longlong = self.band_edge(market, is_bid)
        limit: cython.longlong = price_ticks
        if ((terms >> 24) & 0xFF) == MARKET:
            limit = edge
            if best == 0:
                self.rows.reject(_NO_COUNTERPARTY, 0, 0)
                return 1
        crosses: cython.bint = best != 0 and not self.is_beyond(best, limit, is_bid)
        if self.floor.markets[market + M_PHASE] != AUCTION:
            if ((terms >> 48) & 7) == FOK and not self.fills(user, terms, limit, amount, available):
                self.rows.reject(_FILL_OR_KILL_UNFILLABLE, 0, amount)
                return 1
            if crosses and terms & POST_ONLY_BIT:
                self.rows.reject(_POST_ONLY_WOULD_TAKE, best, price_ticks)
                return 1
            if crosses and ((terms >> 51) & 7) == CANCEL_NEWEST:
                maker: cython.longlong = self.book.best_order(other)
                if self.table.words[maker + O_USER] == user:
                    self.rows.reject(_SELF_TRADE, self.table.words[maker + O_ID], 0)
                    return 1
        return self.outside_band(terms, price_ticks, best, edge)

    def outside_band(self, terms, price_ticks, best, edge):
        """Whether a limit price, or the best price of a market order, lies beyond the edge of the price band."""
        price: cython.longlong = price_ticks if ((terms >> 24) & 0xFF) == LIMIT else best
        if edge == 0 or not self.is_beyond(price, edge, ((terms >> 16) & 0xFF) == BID):
            return 0
        self.rows.reject(_PRICE_BAND, edge, price)
        return 1

    def is_beyond(self, price, limit, is_bid):
        """Whether a price is worse for a taker than its limit (0: none)."""
        if limit == 0:
            return 0
        return price > limit if is_bid else price < limit

    def band_edge(self, market, is_bid):
        """The highest price of a bid, or the lowest of an ask, that the band allows; 0: any."""
        ppm: cython.longlong = self.floor.markets[market + M_BAND]
        middle: cython.longlong = self.floor.markets[market + M_REFERENCE]
        if middle == 0:
            middle = self.floor.markets[market + M_LAST_PRICE]
        if ppm == 0 or middle == 0:
            return 0
        width: cython.longlong = middle // 1_000_000 * ppm + middle % 1_000_000 * ppm // 1_000_000
        if is_bid:
            return middle + min(width, UNITS_MAX - 1)
        return max(middle - width, 0)

    def fills(self, user, terms, limit_ticks, wanted, available):
        """Whether the other side can fill a whole order at once at prices no worse than its limit (0: any).

        Hidden size counts, orders of one's own do not where they would not be traded with; where meeting one ends the
        taker, the walk ends there. O(levels crossed), and their orders where those must be looked at.
        """
        market_id: cython.longlong = (terms >> 32) & 0xFFFF
        is_bid: cython.bint = ((terms >> 16) & 0xFF) == BID
        other: cython.longlong = market_id * 2 + (0 if is_bid else 1)
        money_units: cython.longlong = self.money_units_of(terms)
        stock_units: cython.longlong = self.floor.markets[market_id * MARKET_WORDS + M_STOCK_UNITS]
        by_money: cython.bint = self.is_by_money(terms)
        capped: cython.bint = ((terms >> 24) & 0xFF) == MARKET and (terms & OTHER_UNIT_BIT) != 0
        self_trade: cython.longlong = (terms >> 51) & 7
        whole: cython.bint = self_trade == 0 and self.book.sides[other * SIDE_WORDS + S_ICEBERGS] == 0
        left: cython.longlong = wanted
        price: cython.longlong
        lots: cython.longlong
        needed: cython.longlong
        count: cython.longlong = 16
        seen: cython.longlong = 0
        self.is_blocked = False
        while True:
            levels = self.book.levels(other, count)
            for price, ends, visible in levels[seen:]:
                if self.is_beyond(price, limit_ticks, is_bid):
                    return 0
                lots = visible if whole else self.lots_for(user, self_trade, ends)
                needed = left // (price * money_units) if by_money else left
                if capped:
                    if min(lots, needed) > available // (price * money_units if is_bid else stock_units):
                        return 0
                    available -= min(lots, needed) * (price * money_units if is_bid else stock_units)
                if lots >= needed:
                    return 1
                if self.is_blocked:
                    return 0
                left -= lots * price * money_units if by_money else lots
            if len(levels) < count:
                return 0
            seen = count
            count *= 4

    def lots_for(self, user, self_trade, ends):
        """How much of a level a user's fill-or-kill could take; notes whether an own order blocks the rest."""
        number: cython.longlong = ends & 0x7FFF_FFFF
        order: cython.longlong
        shown: cython.longlong = 0
        whole: cython.longlong = 0
        while number != 0:
            order = number * ORDER_WORDS
            if self_trade == 0 or self.table.words[order + O_USER] != user:
                shown += self.table.words[order + O_VISIBLE]
                whole += self.table.words[order + O_LEFT]
            elif self_trade == CANCEL_NEWEST or self_trade == CANCEL_BOTH:
                self.is_blocked = True
                return shown  # the next parts of icebergs come behind the own order
            number = self.table.links[number * LINK_WORDS + N_NEXT]
        return whole

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
            self.rows.reject(_NO_LAST_PRICE, 0, 0)
            return 1
        elif ((terms >> 16) & 0xFF) == BID:
            self.trigger_price = last + min(self.trail, self.floor.markets[market + M_PRICE_MAX] - last)
        else:
            self.trigger_price = max(last - self.trail, 1)
        if (trigger & 3) == TRAILING and len(self.floor.trailing[market_id]) >= _TRAILING_MAX:
            self.rows.reject(_TOO_MANY_TRAILING, _TRAILING_MAX, len(self.floor.trailing[market_id]))
            return 1
        return 0

    def would_fire(self, last, trigger_price, rises):
        if last == 0 or (last < trigger_price if rises else last > trigger_price):
            return 0
        self.rows.reject(_TRIGGER_WOULD_FIRE, last, trigger_price)
        return 1

    def limit_when_fired(self, order):
        """The price up to which an order whose trigger fired trades (0: any), or −1 if it cannot be carried out."""
        terms: cython.longlong = self.table.words[order + O_TERMS]
        market: cython.longlong = ((terms >> 32) & 0xFFFF) * MARKET_WORDS
        is_bid: cython.bint = ((terms >> 16) & 0xFF) == BID
        best: cython.longlong = self.best_of_other(terms)
        edge: cython.longlong = self.band_edge(market, is_bid)
        limit: cython.longlong = self.table.words[order + O_PRICE]
        if is_bid and self.floor.markets[market + M_PHASE] == CLOSE_ONLY:
            return -1
        if ((terms >> 24) & 0xFF) == MARKET:
            limit = edge
            if best == 0 or self.is_beyond(best, edge, is_bid):
                return -1
        elif edge != 0 and self.is_beyond(limit, edge, is_bid):
            return -1
        if terms & POST_ONLY_BIT and best != 0 and not self.is_beyond(best, limit, is_bid):
            return -1
        if ((terms >> 48) & 7) == FOK and not self.fills(
            self.table.words[order + O_USER], terms, limit, self.table.words[order + O_LEFT], 0
        ):
            return -1
        return limit

    def may_rest(self, terms):
        """Whether what is left of a limit order rests."""
        return ((terms >> 48) & 7) == GTC or ((terms >> 48) & 7) == GTD

    # amended orders

    def amend_refused(self, order, price_ticks, amount, trigger_price):
        """The new terms of an open order; its old hold counts as available."""
        terms: cython.longlong = self.table.words[order + O_TERMS]
        market: cython.longlong = ((terms >> 32) & 0xFFFF) * MARKET_WORDS
        is_bid: cython.bint = ((terms >> 16) & 0xFF) == BID
        is_waiting: cython.bint = self.floor.is_waiting(order)
        dealt: cython.longlong = self.table.words[order + O_DEAL_STOCK]
        old_price: cython.longlong = self.floor.price_of(order)
        kind: cython.longlong
        if self.wrong_price(terms, price_ticks) or (
            trigger_price != 0 and self.wrong_trigger(market, trigger_price, 0)
        ):
            return 1
        if self.wrong_amount(terms, price_ticks, amount):
            return 1
        if dealt > 0 and amount <= dealt:
            self.rows.reject(_AMOUNT_TOO_SMALL, dealt + 1, amount)
            return 1
        give: cython.longlong = self.table.words[order + O_WALLETS] & 0x7FFF_FFFF
        available: cython.longlong = self.ledger.words[give + A_CASH] + self.floor.held(order)
        cost: cython.longlong = self.cost_of(terms, price_ticks, amount - dealt)
        if available < cost:
            self.rows.reject(_BALANCE_NOT_ENOUGH, available, cost)
            return 1
        if is_waiting:
            kind = self.table.options[(self.table.words[order + O_EXTRA] >> 32) + X_TRIGGER]
            if trigger_price == 0 or trigger_price == self.table.words[order + O_PRICE]:
                return 0
            return self.would_fire(self.floor.markets[market + M_LAST_PRICE], trigger_price, self.rises(terms, kind))
        if price_ticks == old_price:
            return 0
        best: cython.longlong = self.best_of_other(terms)
        if terms & POST_ONLY_BIT and best != 0 and self.floor.markets[market + M_PHASE] != AUCTION:
            if not self.is_beyond(best, price_ticks, is_bid):
                self.rows.reject(_POST_ONLY_WOULD_TAKE, best, price_ticks)
                return 1
        return self.outside_band(terms, price_ticks, best, self.band_edge(market, is_bid))
