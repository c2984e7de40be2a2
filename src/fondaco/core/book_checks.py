"""The checks of orders that only the book can tell: who would be met there, at which prices, and how much of it.

The price band is one of them: it stands around the last price, and a market order meets it at the best price there is.

Cost: one look at the best price; a fill-or-kill walks the levels it would cross, and their orders where some are
icebergs or may be its own.
"""

from __future__ import annotations

import cython

if not cython.compiled:  # the compiler takes them from the .pxd
    from fondaco.core.crossing import CANCEL_NEWEST, OTHER_UNIT_BIT
    from fondaco.core.floor import BID, LIMIT, MARKET, POST_ONLY_BIT, Floor
    from fondaco.core.layout import (
        LINK_WORDS,
        M_BAND,
        M_LAST_PRICE,
        M_MONEY_UNITS,
        M_PHASE,
        M_REFERENCE,
        M_STOCK_UNITS,
        MARKET_WORDS,
        N_NEXT,
        O_ID,
        O_LEFT,
        O_USER,
        O_VISIBLE,
        ORDER_WORDS,
        S_ICEBERGS,
        SIDE_WORDS,
    )
    from fondaco.core.reasons import (
        R_FILL_OR_KILL_UNFILLABLE,
        R_NO_COUNTERPARTY,
        R_POST_ONLY_WOULD_TAKE,
        R_PRICE_BAND,
        R_SELF_TRADE,
    )

from fondaco.core import commands, units

FOK = cython.declare(cython.longlong, commands.TimeInForce.FOK)
CLOSE_ONLY = cython.declare(cython.longlong, commands.Phase.CLOSE_ONLY)
AUCTION = cython.declare(cython.longlong, commands.Phase.AUCTION)
CANCEL_BOTH = cython.declare(cython.longlong, commands.SelfTrade.CANCEL_BOTH)
UNITS_MAX = cython.declare(cython.longlong, units.UNITS_MAX)


class BookChecks:
    """Over one floor; terms are word 0 of an order's rows."""

    def __init__(self, floor: Floor):
        self.floor = floor
        self.table = floor.table
        self.book = floor.book
        self.rows = floor.rows
        self.is_blocked = False

    def refused(self, user, terms, price_ticks, amount, available):
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
                self.rows.reject(R_NO_COUNTERPARTY, 0, 0)
                return 1
        crosses: cython.bint = best != 0 and not self.is_beyond(best, limit, is_bid)
        if self.floor.markets[market + M_PHASE] != AUCTION:
            if ((terms >> 48) & 7) == FOK and not self.fills(user, terms, limit, amount, available):
                self.rows.reject(R_FILL_OR_KILL_UNFILLABLE, 0, amount)
                return 1
            if self.would_take(terms, best, price_ticks):
                return 1
            if crosses and ((terms >> 51) & 7) == CANCEL_NEWEST:
                maker: cython.longlong = self.book.best_order(other)
                if self.table.words[maker + O_USER] == user:
                    self.rows.reject(R_SELF_TRADE, self.table.words[maker + O_ID], 0)
                    return 1
        return self.outside_band(terms, price_ticks, best, edge)

    def move_refused(self, terms, price_ticks):
        """The same of an open order that may trade, at another price."""
        market: cython.longlong = ((terms >> 32) & 0xFFFF) * MARKET_WORDS
        best: cython.longlong = self.best_of_other(terms)
        if self.floor.markets[market + M_PHASE] != AUCTION and self.would_take(terms, best, price_ticks):
            return 1
        return self.outside_band(terms, price_ticks, best, self.band_edge(market, ((terms >> 16) & 0xFF) == BID))

    def would_take(self, terms, best, price_ticks):
        """Whether an order that must not take would, at the best price of the other side (0: nobody)."""
        if not terms & POST_ONLY_BIT or best == 0 or self.is_beyond(best, price_ticks, ((terms >> 16) & 0xFF) == BID):
            return 0
        self.rows.reject(R_POST_ONLY_WOULD_TAKE, best, price_ticks)
        return 1

    def outside_band(self, terms, price_ticks, best, edge):
        """Whether a limit price, or the best price of a market order, lies beyond the edge of the price band."""
        price: cython.longlong = price_ticks if ((terms >> 24) & 0xFF) == LIMIT else best
        if edge == 0 or not self.is_beyond(price, edge, ((terms >> 16) & 0xFF) == BID):
            return 0
        self.rows.reject(R_PRICE_BAND, edge, price)
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
            levels = self.floor.walks.levels(other, count)
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
