"""Crossing: a taker trades against the other side of the book until its price, its size or its funds are at an end.

Best price first and first come first within a price, always at the resting order's price. The taker pays straight from
its cash, the maker from its hold. An order of the same user is not traded with unless the taker allows it; what happens
instead is the taker's ``SelfTrade`` mode. An iceberg trades what it shows; then its next part goes to the back of its
price.

Fees come from the asset received and are rounded up for the house *per order*: each fill pays the difference of the
order's total fee rounded up, and what was charged in advance by rounding is carried in ``O_EXTRA``. A negative maker
fee is a rebate by the same rule, so rounded down, paid from the house's rebate account as far as that reaches.

Bounds: see ``checks.py``; every product here fits 63 bits. All divisions are of non-negative numbers. Cost: O(1) a
fill.
"""

from __future__ import annotations

import cython

if not cython.compiled:  # the compiler takes them from the .pxd
    from fondaco.core.floor import (
        BID,
        LIMIT,
        OPEN,
        ORDER_FINISH,
        ORDER_UPDATE,
        Floor,
    )
    from fondaco.core.foresight import Foresight
    from fondaco.core.layout import (
        A_CASH,
        A_HOLD,
        M_INCOME_MONEY,
        M_INCOME_STOCK,
        M_LAST_DEAL,
        M_LAST_PRICE,
        M_MONEY,
        M_MONEY_UNITS,
        M_STOCK,
        M_STOCK_UNITS,
        M_WAITING,
        MARKET_WORDS,
        O_AMOUNT,
        O_DEAL_FEE,
        O_DEAL_MONEY,
        O_DEAL_STOCK,
        O_EXTRA,
        O_FEES,
        O_ID,
        O_LEFT,
        O_MTIME,
        O_PRICE,
        O_TERMS,
        O_USER,
        O_VISIBLE,
        O_WALLETS,
        ROW_WORDS,
    )
    from fondaco.core.rows import TERMS_OF_OPTIONS

from fondaco.core import commands, events
from fondaco.core.purposes import HOUSE_OWNER, REBATE

FILL = cython.declare(cython.longlong, events.EventKind.FILL)
REMAINDER_CANCELLED = cython.declare(cython.longlong, events.Finish.REMAINDER_CANCELLED)
FILLED = cython.declare(cython.longlong, events.Finish.FILLED)
SELF_TRADED = cython.declare(cython.longlong, events.Finish.SELF_TRADE)
HAS_MOVED = cython.declare(cython.longlong, events.HAS_MOVED)
CANCEL_NEWEST = cython.declare(cython.longlong, commands.SelfTrade.CANCEL_NEWEST)
CANCEL_OLDEST = cython.declare(cython.longlong, commands.SelfTrade.CANCEL_OLDEST)
DECREMENT = cython.declare(cython.longlong, commands.SelfTrade.DECREMENT)
OTHER_UNIT_BIT = cython.declare(cython.longlong, events.OTHER_UNIT << 56)
#: A count whose product with a rate (a million at most) fits 63 bits, whatever is taken off.
MILLIONTHS_MAX = cython.declare(cython.longlong, 1 << 42)
NO_LIMIT_KEY = cython.declare(cython.longlong, -(1 << 62) - 1)


class Crossing:
    """Trades of one taker at a time. ``prices`` are those it traded at, where somebody waits for them."""

    def __init__(self, floor: Floor, foresight: Foresight):
        self.floor = floor
        self.foresight = foresight
        self.ledger = floor.ledger
        self.table = floor.table
        self.book = floor.book
        self.rows = floor.rows
        self.prices = []
        self.rebate_floors = {}

    def cross(self, taker, limit_ticks):
        """Trade while prices are not worse than ``limit_ticks`` (0: any); answers whether self-trade stopped it.

        The taker is in no book; its whole cost is in its cash.
        """
        terms: cython.longlong = self.table.words[taker + O_TERMS]
        market_id: cython.longlong = (terms >> 32) & 0xFFFF
        is_bid: cython.bint = ((terms >> 16) & 0xFF) == BID
        other: cython.longlong = market_id * 2 + (0 if is_bid else 1)
        limit_key: cython.longlong = NO_LIMIT_KEY
        if limit_ticks != 0:
            limit_key = -limit_ticks if is_bid else limit_ticks
        if not self.book.reaches(other, limit_key):
            return 0

        user: cython.longlong = self.table.words[taker + O_USER]
        self_trade: cython.longlong = (terms >> 51) & 7
        market: cython.longlong = market_id * MARKET_WORDS
        money_units: cython.longlong = self.floor.markets[market + M_MONEY_UNITS]
        stock_units: cython.longlong = self.floor.markets[market + M_STOCK_UNITS]
        taker_gives: cython.longlong = self.table.words[taker + O_WALLETS] & 0x7FFF_FFFF
        unit: cython.longlong = self.unit_of(terms)
        maker: cython.longlong
        price: cython.longlong
        lots: cython.longlong
        while self.table.words[taker + O_LEFT] > 0 and self.book.reaches(other, limit_key):
            maker = self.book.best_order(other)
            if self.foresight.is_wide:
                self.foresight.makers(maker)
            price = self.table.words[maker + O_PRICE]
            lots = self.table.words[taker + O_LEFT]
            if unit != 0:
                if unit & 1:  # by money
                    lots = lots // (price * money_units)
                if unit & 2:  # only as far as its cash goes
                    if is_bid:
                        lots = min(lots, self.ledger.words[taker_gives + A_CASH] // (price * money_units))
                    else:
                        lots = min(lots, self.ledger.words[taker_gives + A_CASH] // stock_units)
                if lots == 0:
                    return 0
            if self_trade != 0 and self.table.words[maker + O_USER] == user:
                if self.met_own(taker, maker, self_trade, lots, price * money_units if unit & 1 else 1):
                    return 1
                continue
            lots = min(lots, self.table.words[maker + O_VISIBLE])
            self.trade(taker, maker, price, lots, is_bid)
            if unit & 1:
                self.table.words[taker + O_LEFT] -= price * lots * money_units
            else:
                self.table.words[taker + O_LEFT] -= lots
            self.book.reduce(other, maker, lots)
            self.after_fill(maker, other)
        return 0

    def rest_or_end(self, taker, stopped, is_new, flags):
        """What is left of a taker rests, or it ends with its row (with ``flags``); answers whether it rests."""
        terms: cython.longlong = self.table.words[taker + O_TERMS]
        left: cython.longlong = self.table.words[taker + O_LEFT]
        finish: cython.longlong = FILLED if left == 0 else REMAINDER_CANCELLED
        if left > 0 and stopped == 0 and ((terms >> 24) & 0xFF) == LIMIT and self.floor.may_rest(terms):
            if is_new:
                self.table.link_user(taker)
            self.floor.hold(taker)
            self.floor.enter_book(taker)
            return 1
        if stopped:
            finish = SELF_TRADED
        if is_new:
            self.rows.order(taker, ORDER_FINISH, finish, flags)
            self.table.release(taker)
        else:
            self.floor.finish(taker, finish, flags)
        return 0

    def unit_of(self, terms):
        """1: what is left of a taker is money; 2: it may trade no more than its cash allows."""
        if ((terms >> 24) & 0xFF) == LIMIT:
            return 0
        if terms & OTHER_UNIT_BIT:
            return 2 if ((terms >> 16) & 0xFF) == BID else 3
        return 1 if ((terms >> 16) & 0xFF) == BID else 0

    def after_fill(self, maker, side):
        """The maker's row; it leaves the book when it is filled, or shows its next part."""
        if self.table.words[maker + O_LEFT] == 0:
            self.floor.leave_book(maker)
            return self.floor.finish(maker, FILLED, 0)
        if self.table.words[maker + O_VISIBLE] == 0:
            self.floor.leave_book(maker)
            self.floor.enter_book(maker)
            return self.rows.order(maker, ORDER_UPDATE, OPEN, HAS_MOVED)
        return self.rows.order(maker, ORDER_UPDATE, OPEN, 0)

    def trade(self, taker, maker, price, lots, is_bid):
        """One fill: money, stock and fees change hands, both orders' sums grow, and the FILL row says so."""
        terms: cython.longlong = self.table.words[taker + O_TERMS]
        market: cython.longlong = ((terms >> 32) & 0xFFFF) * MARKET_WORDS
        taker_gives: cython.longlong = self.table.words[taker + O_WALLETS] & 0x7FFF_FFFF
        taker_takes: cython.longlong = self.table.words[taker + O_WALLETS] >> 32
        maker_gives: cython.longlong = self.table.words[maker + O_WALLETS] & 0x7FFF_FFFF
        maker_takes: cython.longlong = self.table.words[maker + O_WALLETS] >> 32
        paid_money: cython.longlong = price * lots * self.floor.markets[market + M_MONEY_UNITS]
        paid_stock: cython.longlong = lots * self.floor.markets[market + M_STOCK_UNITS]
        income_stock: cython.longlong = self.floor.markets[market + M_INCOME_STOCK]
        income_money: cython.longlong = self.floor.markets[market + M_INCOME_MONEY]
        maker_fee: cython.longlong
        taker_fee: cython.longlong
        if is_bid:
            maker_fee = self.fee(maker, self.table.words[maker + O_FEES] >> 32, paid_money)
            taker_fee = self.fee(taker, self.table.words[taker + O_FEES] & 0x7FFF_FFFF, paid_stock)
            if maker_fee < 0:
                maker_fee = -self.rebate(self.floor.markets[market + M_MONEY], maker_takes, -maker_fee)
                self.ledger.transfer(taker_gives + A_CASH, maker_takes + A_CASH, paid_money)
            else:
                self.ledger.transfer(taker_gives + A_CASH, maker_takes + A_CASH, paid_money - maker_fee)
                self.ledger.transfer(taker_gives + A_CASH, income_money, maker_fee)
            self.ledger.transfer(maker_gives + A_HOLD, taker_takes + A_CASH, paid_stock - taker_fee)
            self.ledger.transfer(maker_gives + A_HOLD, income_stock, taker_fee)
        else:
            maker_fee = self.fee(maker, self.table.words[maker + O_FEES] >> 32, paid_stock)
            taker_fee = self.fee(taker, self.table.words[taker + O_FEES] & 0x7FFF_FFFF, paid_money)
            if maker_fee < 0:
                maker_fee = -self.rebate(self.floor.markets[market + M_STOCK], maker_takes, -maker_fee)
                self.ledger.transfer(taker_gives + A_CASH, maker_takes + A_CASH, paid_stock)
            else:
                self.ledger.transfer(taker_gives + A_CASH, maker_takes + A_CASH, paid_stock - maker_fee)
                self.ledger.transfer(taker_gives + A_CASH, income_stock, maker_fee)
            self.ledger.transfer(maker_gives + A_HOLD, taker_takes + A_CASH, paid_money - taker_fee)
            self.ledger.transfer(maker_gives + A_HOLD, income_money, taker_fee)

        self.table.words[taker + O_DEAL_STOCK] += lots
        self.table.words[taker + O_DEAL_MONEY] += paid_money
        self.table.words[taker + O_DEAL_FEE] += taker_fee
        self.table.words[maker + O_DEAL_STOCK] += lots
        self.table.words[maker + O_DEAL_MONEY] += paid_money
        self.table.words[maker + O_DEAL_FEE] += maker_fee
        self.table.words[maker + O_MTIME] = self.rows.time_us
        self.say_fill(taker, maker, price, lots, paid_money, taker_fee, maker_fee)
        return 0

    def say_fill(self, taker, maker, price, lots, paid_money, taker_fee, maker_fee):
        """The FILL row, with the market's last price and deal."""
        terms: cython.longlong = self.table.words[taker + O_TERMS]
        market: cython.longlong = ((terms >> 32) & 0xFFFF) * MARKET_WORDS
        is_bid: cython.bint = ((terms >> 16) & 0xFF) == BID
        taker_gives: cython.longlong = self.table.words[taker + O_WALLETS] & 0x7FFF_FFFF
        taker_takes: cython.longlong = self.table.words[taker + O_WALLETS] >> 32
        maker_gives: cython.longlong = self.table.words[maker + O_WALLETS] & 0x7FFF_FFFF
        maker_takes: cython.longlong = self.table.words[maker + O_WALLETS] >> 32
        if self.floor.markets[market + M_WAITING] != 0:
            self.traded_at(price)
        self.floor.markets[market + M_LAST_PRICE] = price
        self.floor.markets[market + M_LAST_DEAL] += 1
        row: cython.longlong = self.rows.room(1)
        self.rows.words[row] = FILL | (terms & TERMS_OF_OPTIONS)
        self.rows.words[row + 1] = self.rows.seq
        self.rows.words[row + 2] = self.floor.markets[market + M_LAST_DEAL]
        self.rows.words[row + 3] = price
        self.rows.words[row + 4] = lots
        self.rows.words[row + 5] = paid_money
        self.rows.words[row + 6] = self.table.words[taker + O_ID]
        self.rows.words[row + 7] = self.table.words[maker + O_ID]
        self.rows.words[row + 8] = self.table.words[taker + O_USER] | (self.table.words[maker + O_USER] << 32)
        self.rows.words[row + 9] = taker_fee
        self.rows.words[row + 10] = maker_fee
        self.rows.words[row + 11] = self.ledger.total(taker_takes if is_bid else taker_gives)
        self.rows.words[row + 12] = self.ledger.total(taker_gives if is_bid else taker_takes)
        self.rows.words[row + 13] = self.ledger.total(maker_gives if is_bid else maker_takes)
        self.rows.words[row + 14] = self.ledger.total(maker_takes if is_bid else maker_gives)
        self.rows.words[row + 15] = self.rows.time_us
        self.rows.end += ROW_WORDS
        return 0

    def traded_at(self, price):
        if not self.prices or self.prices[len(self.prices) - 1] != price:
            self.prices.append(price)
        return 0

    # fees

    def fee(self, order, rate_ppm, received):
        """What an order pays for receiving that much; negative: the rebate it is due. Keeps the order's carry.

        Exact: ``received × rate`` is split where a product might pass 64 bits.
        """
        if rate_ppm == 0:
            return 0
        extra: cython.longlong = self.table.words[order + O_EXTRA]
        whole: cython.longlong = 0
        charged: cython.longlong
        if received >= MILLIONTHS_MAX:
            whole = received // 1_000_000 * rate_ppm
            received = received % 1_000_000
        rest: cython.longlong = received * rate_ppm - (extra & 0x7FFF_FFFF)
        if rest > 0:
            charged = (rest + 999_999) // 1_000_000
        else:
            charged = -(-rest // 1_000_000)
        self.table.words[order + O_EXTRA] = (extra >> 32 << 32) | (charged * 1_000_000 - rest)
        return whole + charged

    def rebate(self, asset, wallet, due):
        """Pay a rebate to a wallet, as far as the account it comes from reaches; answers what was paid."""
        account: cython.longlong = self.ledger.open(HOUSE_OWNER, asset, REBATE)
        reach: cython.longlong = self.ledger.words[account] - self.rebate_floors.get(asset, 0)
        paid: cython.longlong = max(min(due, reach), 0)
        self.ledger.transfer(account, wallet + A_CASH, paid)
        return paid

    # orders of one user

    def met_own(self, taker, maker, mode, lots, unit_cost):
        """The taker meets an order of its own user; answers whether it ends there.

        ``lots`` is what it could trade, ``unit_cost`` what of its ``left`` a lot takes.
        """
        if mode == CANCEL_NEWEST:
            return 1
        if mode != DECREMENT:
            self.floor.end(maker, SELF_TRADED, 0)
            return 0 if mode == CANCEL_OLDEST else 1
        taken: cython.longlong = min(lots, self.table.words[maker + O_LEFT])
        self.table.words[taker + O_AMOUNT] -= taken * unit_cost
        self.table.words[taker + O_LEFT] -= taken * unit_cost
        self.shrink(maker, taken)
        self.table.words[maker + O_AMOUNT] -= taken
        if self.table.words[maker + O_LEFT] == 0:
            self.floor.leave_book(maker)
            self.floor.finish(maker, SELF_TRADED, 0)
        else:
            self.rows.order(maker, ORDER_UPDATE, OPEN, 0)
        return 1 if self.table.words[taker + O_LEFT] == 0 else 0

    def shrink(self, order, lots):
        """Less of an order that rests, with the funds for it back; its place stays."""
        give: cython.longlong = self.table.words[order + O_WALLETS] & 0x7FFF_FFFF
        held: cython.longlong = self.floor.held(order)
        visible: cython.longlong = min(self.table.words[order + O_VISIBLE], self.table.words[order + O_LEFT] - lots)
        self.book.show(self.floor.side_of(order), order, visible)
        self.table.words[order + O_LEFT] -= lots
        self.table.words[order + O_MTIME] = self.rows.time_us
        self.ledger.transfer(give + A_HOLD, give + A_CASH, held - self.floor.held(order))
        return 0
