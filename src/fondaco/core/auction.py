"""The call auction: orders collect, then one price clears as much as can be cleared.

The price is the one at which most trades; of several, the one that leaves least over; then the one nearest the
reference (the market's, or its last price); then the lower. What trades at it is taken in the order of the book, best
price first and first come first, and all at that one price: a bid gets back what it held above it. Both sides pay their
maker fee, hidden size counts, and orders of one user may meet.

Cost: O(levels that cross) to find the price, O(1) a fill. Both run inside the one command that ends the auction.
"""

from __future__ import annotations

import cython

if not cython.compiled:  # the compiler takes them from the .pxd
    from fondaco.core.crossing import FILLED, Crossing
    from fondaco.core.floor import OPEN, ORDER_UPDATE, Floor
    from fondaco.core.layout import (
        A_CASH,
        A_HOLD,
        M_INCOME_MONEY,
        M_INCOME_STOCK,
        M_LAST_PRICE,
        M_MONEY,
        M_MONEY_UNITS,
        M_REFERENCE,
        M_STOCK,
        M_STOCK_UNITS,
        MARKET_WORDS,
        O_DEAL_FEE,
        O_DEAL_MONEY,
        O_DEAL_STOCK,
        O_FEES,
        O_ID,
        O_LEFT,
        O_MTIME,
        O_PRICE,
        O_WALLETS,
        ORDER_WORDS,
    )

from fondaco.core import events

DELISTED_ENDS = cython.declare(cython.longlong, events.Finish.DELISTED)


class Auction:
    """Ends auctions and markets."""

    def __init__(self, floor: Floor, crossing: Crossing):
        self.floor = floor
        self.crossing = crossing
        self.table = floor.table
        self.book = floor.book
        self.ledger = floor.ledger

    def uncross(self, market_id: int) -> tuple[int, int]:
        """Trade what crosses, if anything does; answers its price and how many lots traded."""
        price, volume = self.clearing(market_id)
        left = volume
        while left > 0:
            left -= self.pair(market_id, price, left)
        return price, volume

    def clearing(self, market_id):
        """The price at which the book clears, and the lots; zeros if it does not cross."""
        lowest = self.book.best_price(market_id * 2)
        highest = self.book.best_price(market_id * 2 + 1)
        if lowest == 0 or highest < lowest:
            return 0, 0
        asks = [(price, self.whole(ends)) for price, ends in self.crossing_levels(market_id * 2, highest)]
        bids = [(price, self.whole(ends)) for price, ends in self.crossing_levels(market_id * 2 + 1, lowest)]
        at: cython.longlong = market_id * MARKET_WORDS
        reference = self.floor.markets[at + M_REFERENCE] or self.floor.markets[at + M_LAST_PRICE]
        found = None
        for price, supply, demand in _at_each_price(asks, bids, lowest, highest, reference):
            away = abs(price - reference) if reference else 0
            rank = (-min(supply, demand), abs(supply - demand), away, price)
            if found is None or rank < found[0]:
                found = rank, price, min(supply, demand)
        return found[1], found[2]

    def crossing_levels(self, side, limit):
        """The levels of a side that are no worse than a price of the other side."""
        found = []
        count = 16
        seen = 0
        while True:
            levels = self.floor.walks.levels(side, count)
            for price, ends, _ in levels[seen:]:
                if price < limit if side & 1 else price > limit:
                    return found
                found.append((price, ends))
            if len(levels) < count:
                return found
            seen = count
            count *= 4

    def whole(self, ends):
        """All that the orders of a level have left, shown or not."""
        order: cython.longlong = (ends & 0x7FFF_FFFF) * ORDER_WORDS
        lots = 0
        while order != 0:
            lots += self.table.words[order + O_LEFT]
            order = self.book.behind(order)
        return lots

    def pair(self, market_id, price, most):
        """Trade the best bid with the best ask, at most so many lots; answers how many."""
        at: cython.longlong = market_id * MARKET_WORDS
        ask: cython.longlong = self.book.best_order(market_id * 2)
        bid: cython.longlong = self.book.best_order(market_id * 2 + 1)
        lots: cython.longlong = min(min(self.table.words[ask + O_LEFT], self.table.words[bid + O_LEFT]), most)
        money_units: cython.longlong = self.floor.markets[at + M_MONEY_UNITS]
        paid_money: cython.longlong = price * lots * money_units
        paid_stock: cython.longlong = lots * self.floor.markets[at + M_STOCK_UNITS]
        bid_gives: cython.longlong = self.table.words[bid + O_WALLETS] & 0x7FFF_FFFF
        ask_gives: cython.longlong = self.table.words[ask + O_WALLETS] & 0x7FFF_FFFF
        bid_fee: cython.longlong = self.pay(
            bid, paid_stock, self.floor.markets[at + M_STOCK], self.floor.markets[at + M_INCOME_STOCK], ask_gives
        )
        ask_fee: cython.longlong = self.pay(
            ask, paid_money, self.floor.markets[at + M_MONEY], self.floor.markets[at + M_INCOME_MONEY], bid_gives
        )
        better: cython.longlong = (self.table.words[bid + O_PRICE] - price) * lots * money_units
        self.ledger.transfer(bid_gives + A_HOLD, bid_gives + A_CASH, better)
        self.settle(bid, market_id * 2 + 1, lots, paid_money, bid_fee)
        self.settle(ask, market_id * 2, lots, paid_money, ask_fee)
        if self.table.words[bid + O_ID] > self.table.words[ask + O_ID]:
            self.crossing.say_fill(bid, ask, price, lots, paid_money, bid_fee, ask_fee)
            self.say_order(ask)
            self.say_order(bid)
        else:
            self.crossing.say_fill(ask, bid, price, lots, paid_money, ask_fee, bid_fee)
            self.say_order(bid)
            self.say_order(ask)
        return lots

    def pay(self, order, received, asset, income, payer):
        """Pay an order from the hold of the other side's wallet, its fee taken off; answers the fee."""
        takes: cython.longlong = self.table.words[order + O_WALLETS] >> 32
        fee: cython.longlong = self.crossing.fee(order, self.table.words[order + O_FEES] >> 32, received)
        if fee < 0:
            fee = -self.crossing.rebate(asset, takes, -fee)
            self.ledger.transfer(payer + A_HOLD, takes + A_CASH, received)
        else:
            self.ledger.transfer(payer + A_HOLD, takes + A_CASH, received - fee)
            self.ledger.transfer(payer + A_HOLD, income, fee)
        return fee

    def settle(self, order, side, lots, paid_money, fee):
        """Less of an order that rests, and its sums; an iceberg shows what it may of the rest."""
        left: cython.longlong = self.table.words[order + O_LEFT] - lots
        display: cython.longlong = self.floor.display_of(order)
        self.book.show(side, order, left if display == 0 else min(left, display))
        self.table.words[order + O_LEFT] = left
        self.table.words[order + O_DEAL_STOCK] += lots
        self.table.words[order + O_DEAL_MONEY] += paid_money
        self.table.words[order + O_DEAL_FEE] += fee
        self.table.words[order + O_MTIME] = self.floor.rows.time_us

    def say_order(self, order):
        if self.table.words[order + O_LEFT] == 0:
            self.floor.leave_book(order)
            return self.floor.finish(order, FILLED, 0)
        return self.floor.rows.order(order, ORDER_UPDATE, OPEN, 0)

    def delist(self, market_id: int) -> int:
        """End every order of a market; answers how many."""
        book_orders = self.floor.walks.orders(market_id * 2) + self.floor.walks.orders(market_id * 2 + 1)
        waiting = self.floor.waiting_walks.orders(market_id * 2) + self.floor.waiting_walks.orders(market_id * 2 + 1)
        waiting.sort(key=self.id_of)
        for order in book_orders + waiting:
            self.floor.end(order, DELISTED_ENDS, 0)
        return len(book_orders) + len(waiting)

    def id_of(self, order: int) -> int:
        return self.table.words[order + O_ID]


def _at_each_price(asks, bids, lowest, highest, reference):
    """Every price that may clear, ascending, with what is offered and wanted at it.

    Between two levels all prices clear alike, so their neighbours and the reference stand for them.
    """
    prices = {min(max(reference, lowest), highest)} if reference else set()
    for price, _ in asks + bids:
        prices.update(near for near in (price - 1, price, price + 1) if lowest <= near <= highest)
    found = []
    supply = 0
    demand = sum([lots for _, lots in bids])
    asks_above = [*asks]
    bids_from = [*bids]
    asks_above.reverse()
    for price in sorted(prices):
        while asks_above and asks_above[len(asks_above) - 1][0] <= price:
            supply += asks_above.pop()[1]
        while bids_from and bids_from[len(bids_from) - 1][0] < price:
            demand -= bids_from.pop()[1]
        found.append((price, supply, demand))
    return found
