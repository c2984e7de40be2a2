# cython: boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""Matching: takes hot commands (place, cancel) one by one against books and ledger, and writes what happened as rows.

The life of a place: its client id is known (the first answer again) or not; then the checks in the order of
``rejects.py``; then it is accepted, gets an id, trades against the other side while prices cross, best price first and
first come first within a price, always at the resting order's price; what is left rests, with its funds moved to the
hold, or ends. The taker pays straight from its cash, which was checked to cover the whole order; the maker from its
hold.

Fees come from the asset received and are rounded up for the house *per order*: each fill pays the difference of the
order's total fee rounded up, kept as ``O_FEE_CARRY``, the millionths already charged in advance.

Bounds, proved here at the door: prices × sizes × units ≤ ``UNITS_MAX`` (2**62) for every order, and a fill is never
larger than the smaller order, so every product below fits 63 bits. All divisions are of non-negative numbers.

Cost: O(1) for an order at the touch, plus O(1) a fill. Rows are laid out in ``events.py``, records in ``layout.py``.
"""

from __future__ import annotations

from array import array

import cython

if not cython.compiled:  # the compiler takes them from the .pxd
    from fondaco.core.layout import (
        M_AMOUNT_MIN,
        M_LAST_DEAL,
        M_LAST_PRICE,
        M_MAKER_FEE,
        M_MONEY,
        M_MONEY_MIN,
        M_MONEY_UNITS,
        M_STOCK,
        M_STOCK_UNITS,
        M_TAKER_FEE,
        MARKET_WORDS,
        O_AMOUNT,
        O_CTIME,
        O_DEAL_FEE,
        O_DEAL_MONEY,
        O_DEAL_STOCK,
        O_FEE_CARRY,
        O_ID,
        O_LEFT,
        O_MAKER_FEE,
        O_MTIME,
        O_PRICE,
        O_TAKER_FEE,
        O_TERMS,
        O_USER,
        O_WALLETS,
        ROW_WORDS,
    )

from fondaco.core import commands, events, ledger, order_table, units
from fondaco.core.client_orders import ClientOrders
from fondaco.core.ledger import Ledger
from fondaco.core.order_book import BookSide
from fondaco.core.order_table import OrderTable
from fondaco.core.rejects import Reject

# C globals when compiled: a lookup in an enum would cost more than a whole match.
VERSION = cython.declare(cython.longlong, commands.VERSION)
PLACE = cython.declare(cython.longlong, commands.Kind.PLACE)
CANCEL = cython.declare(cython.longlong, commands.Kind.CANCEL)
RARE = cython.declare(cython.longlong, commands.RARE)
RECORD_WORDS_MIN = cython.declare(cython.longlong, 3)
PLACE_WORDS = cython.declare(cython.longlong, 5)
CANCEL_WORDS = cython.declare(cython.longlong, 4)
CLIENT_ORDER_ID_WORDS = cython.declare(cython.longlong, 4)
ASK = cython.declare(cython.longlong, commands.Side.ASK)
BID = cython.declare(cython.longlong, commands.Side.BID)
LIMIT = cython.declare(cython.longlong, commands.OrderType.LIMIT)
MARKET = cython.declare(cython.longlong, commands.OrderType.MARKET)
GTC = cython.declare(cython.longlong, commands.TimeInForce.GTC)
FOK = cython.declare(cython.longlong, commands.TimeInForce.FOK)

ORDER_PUT = cython.declare(cython.longlong, events.EventKind.ORDER | (events.Cause.PUT << 8))
ORDER_UPDATE = cython.declare(cython.longlong, events.EventKind.ORDER | (events.Cause.UPDATE << 8))
ORDER_FINISH = cython.declare(cython.longlong, events.EventKind.ORDER | (events.Cause.FINISH << 8))
FILL = cython.declare(cython.longlong, events.EventKind.FILL)
REJECT = cython.declare(cython.longlong, events.EventKind.REJECT)
FACT = cython.declare(cython.longlong, events.EventKind.FACT)
IS_ANSWER = cython.declare(cython.longlong, events.IS_ANSWER)
HAS_CLIENT_ORDER_ID = cython.declare(cython.longlong, events.HAS_CLIENT_ORDER_ID)
OPEN = cython.declare(cython.longlong, events.Finish.OPEN)
FILLED = cython.declare(cython.longlong, events.Finish.FILLED)
CANCELLED = cython.declare(cython.longlong, events.Finish.CANCELLED)
REMAINDER_CANCELLED = cython.declare(cython.longlong, events.Finish.REMAINDER_CANCELLED)

CASH = cython.declare(cython.longlong, ledger.CASH)
HOLD = cython.declare(cython.longlong, ledger.ORDER_HOLD)
FEE_INCOME = cython.declare(cython.longlong, ledger.FEE_INCOME)
WALLET = cython.declare(cython.longlong, 0)  # the group of wallets in the ledger
WALLET_MASK = cython.declare(cython.longlong, 0x7FFF_FFFF)
HOUSE_OWNER = cython.declare(cython.longlong, ledger.HOUSE_OWNER)
USER_DISABLED = cython.declare(cython.longlong, order_table.USER_DISABLED)
USER_ABSENT = cython.declare(cython.longlong, order_table.USER_ABSENT)
TERMS_OF_FILL = cython.declare(cython.longlong, 0x00FF_FFFF_FFFF_0000)  # side to time in force, without flags
UNITS_MAX = cython.declare(cython.longlong, units.UNITS_MAX)
MILLION = cython.declare(cython.longlong, 1_000_000)

#: A user's open orders over all markets; one more is refused.
OPEN_ORDERS_PER_USER_MAX = 100_000
_OPEN_ORDERS_MAX = cython.declare(cython.longlong, OPEN_ORDERS_PER_USER_MAX)

_INVALID_ARGUMENT = cython.declare(cython.longlong, Reject.INVALID_ARGUMENT)
_UNKNOWN_MARKET = cython.declare(cython.longlong, Reject.UNKNOWN_MARKET)
_CLIENT_ORDER_ID_REUSED = cython.declare(cython.longlong, Reject.CLIENT_ORDER_ID_REUSED)
_UNKNOWN_USER = cython.declare(cython.longlong, Reject.UNKNOWN_USER)
_ACCOUNT_DISABLED = cython.declare(cython.longlong, Reject.ACCOUNT_DISABLED)
_TOO_MANY_OPEN_ORDERS = cython.declare(cython.longlong, Reject.TOO_MANY_OPEN_ORDERS)
_ORDER_NOT_FOUND = cython.declare(cython.longlong, Reject.ORDER_NOT_FOUND)
_NOT_YOUR_ORDER = cython.declare(cython.longlong, Reject.NOT_YOUR_ORDER)
_PRICE_OUT_OF_BOUNDS = cython.declare(cython.longlong, Reject.PRICE_OUT_OF_BOUNDS)
_AMOUNT_TOO_SMALL = cython.declare(cython.longlong, Reject.AMOUNT_TOO_SMALL)
_AMOUNT_TOO_LARGE = cython.declare(cython.longlong, Reject.AMOUNT_TOO_LARGE)
_ORDER_TOO_SMALL_IN_MONEY = cython.declare(cython.longlong, Reject.ORDER_TOO_SMALL_IN_MONEY)
_BALANCE_NOT_ENOUGH = cython.declare(cython.longlong, Reject.BALANCE_NOT_ENOUGH)
_NO_COUNTERPARTY = cython.declare(cython.longlong, Reject.NO_COUNTERPARTY)
_FILL_OR_KILL_UNFILLABLE = cython.declare(cython.longlong, Reject.FILL_OR_KILL_UNFILLABLE)


class Matching:
    """The books of all markets, and the run of hot commands over them."""

    def __init__(self, client_orders: ClientOrders):
        self.ledger = Ledger()
        self.table = OrderTable()
        self.client_orders = client_orders
        self.asks = [BookSide(self.table, -1)]  # place 0 is no market
        self.bids = [BookSide(self.table, 1)]
        self.market_count = 1
        self.markets = memoryview(array("q", bytes(8 * MARKET_WORDS * 16)))
        self.batch = memoryview(array("q", bytes(8)))
        self.rows = memoryview(array("q", bytes(8 * ROW_WORDS * 1024)))
        self.rows_end = 0
        self.seq = 1
        self.time_us = 0
        self.user = 0
        self.market_id = 0
        self.give_wallet = 0
        self.fee_carry = 0

    # the run

    def begin(self, batch: bytearray, time_us: int) -> int:
        """Take a batch in hand; answers its length in words. Rows start anew."""
        self.batch = memoryview(batch).cast("q")
        self.time_us = time_us
        self.rows_end = 0
        return self.batch.shape[0]

    def run(self, at: cython.longlong, end: cython.longlong) -> cython.longlong:
        """Apply hot commands from word ``at``; answers the word of the first rare command, or ``end``."""
        head: cython.longlong
        kind: cython.longlong
        size: cython.longlong
        named: cython.longlong
        while at < end:
            head = self.batch[at]
            kind = (head >> 24) & 0xFF
            size = head & 0xFFFF
            if size < RECORD_WORDS_MIN or at + size > end:
                raise ValueError(f"a record of {size} words at word {at} of a batch of {end}")
            if ((head >> 16) & 0xFF) != VERSION:
                raise ValueError(f"record version {(head >> 16) & 0xFF} at word {at}; this house reads {VERSION}")
            if kind >= RARE:
                return at
            named = (self.batch[at + 2] >> 48) & 1
            self.user = self.batch[at + 1] >> 32
            if kind == PLACE and size == PLACE_WORDS + CLIENT_ORDER_ID_WORDS * named:
                self.place(at)
            elif kind == CANCEL and size == CANCEL_WORDS + CLIENT_ORDER_ID_WORDS * named:
                self.cancel(at)
            else:
                raise ValueError(f"a record of kind {kind} and {size} words at word {at} is none that this house knows")
            self.seq += 1
            at += size
        return at

    def place(self, at):
        request: cython.longlong = self.batch[at + 2]
        price_ticks: cython.longlong = self.batch[at + 3]
        amount: cython.longlong = self.batch[at + 4]
        market_id: cython.longlong = request & 0xFFFF
        self.market_id = market_id
        side: cython.longlong = (request >> 16) & 0xFF
        order_type: cython.longlong = (request >> 24) & 0xFF
        time_in_force: cython.longlong = (request >> 32) & 0xFF
        named: cython.longlong = (request >> 48) & 1
        terms: cython.longlong = (side << 16) | (order_type << 24) | (market_id << 32) | (time_in_force << 48)
        if named != 0:
            terms |= HAS_CLIENT_ORDER_ID << 56
        if self.unreadable(at, terms):
            return
        if named != 0 and self.answered_by_name(at, terms):
            return
        if self.refused(terms, price_ticks, amount):
            return

        market: cython.longlong = market_id * MARKET_WORDS
        give: cython.longlong = self.give_wallet
        take: cython.longlong = self.ledger.enter(
            self.user, self.markets[market + M_STOCK] if side == BID else self.markets[market + M_MONEY], WALLET
        )

        order: cython.longlong = self.table.allocate()
        self.table.words[order + O_TERMS] = terms
        self.table.words[order + O_USER] = self.user
        self.table.words[order + O_PRICE] = price_ticks
        self.table.words[order + O_AMOUNT] = amount
        self.table.words[order + O_LEFT] = amount
        self.table.words[order + O_DEAL_STOCK] = 0
        self.table.words[order + O_DEAL_MONEY] = 0
        self.table.words[order + O_DEAL_FEE] = 0
        self.table.words[order + O_CTIME] = self.time_us
        self.table.words[order + O_MTIME] = self.time_us
        self.table.words[order + O_TAKER_FEE] = self.markets[market + M_TAKER_FEE]
        self.table.words[order + O_MAKER_FEE] = self.markets[market + M_MAKER_FEE]
        self.table.words[order + O_FEE_CARRY] = 0
        self.table.words[order + O_WALLETS] = give | (take << 32)

        self.cross(order, price_ticks, order_type == MARKET and side == BID)

        left: cython.longlong = self.table.words[order + O_LEFT]
        order_id: cython.longlong = self.table.words[order + O_ID]
        rests: cython.bint = left > 0 and order_type == LIMIT and time_in_force == GTC
        own: BookSide
        if rests:
            own = self.bids[market_id] if side == BID else self.asks[market_id]
            self.table.link_user(order)
            own.add(order)
            if side == BID:
                left *= price_ticks * self.markets[market + M_MONEY_UNITS]
            else:
                left *= self.markets[market + M_STOCK_UNITS]
            self.ledger.transfer(give + CASH, give + HOLD, left)
            self.order_row(order, ORDER_PUT, OPEN, IS_ANSWER)
        else:
            self.order_row(order, ORDER_FINISH, FILLED if left == 0 else REMAINDER_CANCELLED, IS_ANSWER)
            self.table.release(order)
        if named != 0:
            self.client_orders.accept(
                self.user,
                self.client_order_id(at + 5),
                order_id,
                (terms, price_ticks, amount),
                self.last_row(),
                self.time_us,
                rests,
            )

    def cancel(self, at):
        request: cython.longlong = self.batch[at + 2]
        market_id: cython.longlong = request & 0xFFFF
        self.market_id = market_id
        order_id: cython.longlong = self.batch[at + 3]
        if market_id < 1 or market_id >= self.market_count:
            self.reject(_UNKNOWN_MARKET, 0, market_id)
            return
        if (request >> 48) & 1:
            entry = self.client_orders.find(self.user, self.client_order_id(at + 4))
            order_id = 0 if entry is None else entry.order_id
        order: cython.longlong = self.table.lookup(order_id)
        if order == 0 or ((self.table.words[order + O_TERMS] >> 32) & 0xFFFF) != market_id:
            self.reject(_ORDER_NOT_FOUND, 0, order_id)
            return
        if self.table.words[order + O_USER] != self.user:
            self.reject(_NOT_YOUR_ORDER, 0, order_id)
            return
        market: cython.longlong = market_id * MARKET_WORDS
        left: cython.longlong = self.table.words[order + O_LEFT]
        own: BookSide
        give: cython.longlong = self.table.words[order + O_WALLETS] & WALLET_MASK
        held: cython.longlong
        if ((self.table.words[order + O_TERMS] >> 16) & 0xFF) == BID:
            own = self.bids[market_id]
            held = self.table.words[order + O_PRICE] * left * self.markets[market + M_MONEY_UNITS]
        else:
            own = self.asks[market_id]
            held = left * self.markets[market + M_STOCK_UNITS]
        own.remove(order)
        self.ledger.transfer(give + HOLD, give + CASH, held)
        self.table.words[order + O_MTIME] = self.time_us
        self.finish(order, CANCELLED, IS_ANSWER)

    def answered_by_name(self, at, terms):
        """Whether the client order id was taken before: then this has been answered."""
        entry = self.client_orders.find(self.user, self.client_order_id(at + 5))
        if entry is None:
            return False
        if entry.request != (terms, self.batch[at + 3], self.batch[at + 4]):
            self.reject(_CLIENT_ORDER_ID_REUSED, 0, entry.order_id)
            return True
        self.room(1)
        first: cython.longlong = self.rows_end
        place: cython.longlong
        words = memoryview(entry.answer).cast("q")
        for place in range(ROW_WORDS):
            self.rows[first + place] = words[place]
        self.rows[first] += events.EventKind.ORDER_REPEATED - events.EventKind.ORDER
        self.rows[first + 1] = self.seq
        self.rows_end += ROW_WORDS
        return True

    def unreadable(self, at, terms):
        """Check what a new order says, before what it means; writes the refusal if there is one."""
        market_id: cython.longlong = (terms >> 32) & 0xFFFF
        side: cython.longlong = (terms >> 16) & 0xFF
        order_type: cython.longlong = (terms >> 24) & 0xFF
        time_in_force: cython.longlong = (terms >> 48) & 0xFF
        if (side != ASK and side != BID) or (order_type != LIMIT and order_type != MARKET) or time_in_force > FOK:
            self.reject(_INVALID_ARGUMENT, 0, terms)
            return True
        if (terms >> 56) & HAS_CLIENT_ORDER_ID:
            name = self.client_order_id(at + 5)
            if not name or not name.isascii():
                self.reject(_INVALID_ARGUMENT, 0, terms)
                return True
        if market_id < 1 or market_id >= self.market_count:
            self.reject(_UNKNOWN_MARKET, 0, market_id)
            return True
        return False

    def refused(self, terms, price_ticks, amount):
        """Check a new order further, in the order of ``rejects.py``; writes the refusal if there is one."""
        market_id: cython.longlong = (terms >> 32) & 0xFFFF
        side: cython.longlong = (terms >> 16) & 0xFF
        order_type: cython.longlong = (terms >> 24) & 0xFF
        time_in_force: cython.longlong = (terms >> 48) & 0xFF
        if self.user < 1 or self.user >= self.table.users or self.table.user_state[self.user] == USER_ABSENT:
            self.reject(_UNKNOWN_USER, 0, self.user)
            return True
        if self.table.user_state[self.user] == USER_DISABLED:
            self.reject(_ACCOUNT_DISABLED, 0, self.user)
            return True
        if self.table.user_open[self.user] >= _OPEN_ORDERS_MAX:
            self.reject(_TOO_MANY_OPEN_ORDERS, _OPEN_ORDERS_MAX, self.table.user_open[self.user])
            return True

        market: cython.longlong = market_id * MARKET_WORDS
        money_units: cython.longlong = self.markets[market + M_MONEY_UNITS]
        stock_units: cython.longlong = self.markets[market + M_STOCK_UNITS]
        money_min: cython.longlong = self.markets[market + M_MONEY_MIN]
        cost: cython.longlong
        other: BookSide
        best: cython.longlong = 0
        if order_type == MARKET or time_in_force == FOK:
            other = self.asks[market_id] if side == BID else self.bids[market_id]
            best = other.best_order()
        if order_type == MARKET and price_ticks != 0:
            self.reject(_PRICE_OUT_OF_BOUNDS, 0, price_ticks)
            return True
        if order_type == LIMIT and (price_ticks < 1 or price_ticks > UNITS_MAX // money_units):
            self.reject(_PRICE_OUT_OF_BOUNDS, UNITS_MAX // money_units, price_ticks)
            return True
        if order_type == MARKET and side == BID:
            if amount < 1 or amount < money_min:
                self.reject(_ORDER_TOO_SMALL_IN_MONEY, max(money_min, 1), amount)
                return True
            if amount > UNITS_MAX:
                self.reject(_AMOUNT_TOO_LARGE, UNITS_MAX, amount)
                return True
            if best != 0 and amount < self.table.words[best + O_PRICE] * money_units:
                self.reject(_ORDER_TOO_SMALL_IN_MONEY, self.table.words[best + O_PRICE] * money_units, amount)
                return True
            cost = amount
        else:
            if amount < 1 or amount < self.markets[market + M_AMOUNT_MIN]:
                self.reject(_AMOUNT_TOO_SMALL, self.markets[market + M_AMOUNT_MIN], amount)
                return True
            if amount > UNITS_MAX // stock_units:
                self.reject(_AMOUNT_TOO_LARGE, UNITS_MAX // stock_units, amount)
                return True
            cost = amount * stock_units
            if order_type == LIMIT:
                if amount > UNITS_MAX // (price_ticks * money_units):
                    self.reject(_AMOUNT_TOO_LARGE, UNITS_MAX // (price_ticks * money_units), amount)
                    return True
                if price_ticks * amount * money_units < money_min:
                    self.reject(_ORDER_TOO_SMALL_IN_MONEY, money_min, price_ticks * amount * money_units)
                    return True
                if side == BID:
                    cost = price_ticks * amount * money_units

        give: cython.longlong = self.markets[market + M_MONEY] if side == BID else self.markets[market + M_STOCK]
        self.give_wallet = self.ledger.lookup(self.user, give, WALLET)
        available: cython.longlong = 0 if self.give_wallet == 0 else self.ledger.words[self.give_wallet + CASH]
        if available < cost:
            self.reject(_BALANCE_NOT_ENOUGH, available, cost)
            return True

        if order_type == MARKET and best == 0:
            self.reject(_NO_COUNTERPARTY, 0, 0)
            return True
        if time_in_force == FOK and not other.fills(
            price_ticks,
            amount,
            money_units if order_type == MARKET and side == BID else 0,
        ):
            self.reject(_FILL_OR_KILL_UNFILLABLE, 0, amount)
            return True
        return False

    def cross(self, taker, limit_ticks, by_money):
        """Trade a new order against the other side while prices cross and something is left."""
        terms: cython.longlong = self.table.words[taker + O_TERMS]
        market_id: cython.longlong = (terms >> 32) & 0xFFFF
        is_bid: cython.bint = ((terms >> 16) & 0xFF) == BID
        limited: cython.bint = ((terms >> 24) & 0xFF) == LIMIT
        other: BookSide = self.asks[market_id] if is_bid else self.bids[market_id]
        maker: cython.longlong = other.best_order()
        if maker == 0 or (limited and self.table.words[maker + O_PRICE] * other.sign < limit_ticks * other.sign):
            return

        market: cython.longlong = market_id * MARKET_WORDS
        stock: cython.longlong = self.markets[market + M_STOCK]
        money: cython.longlong = self.markets[market + M_MONEY]
        money_units: cython.longlong = self.markets[market + M_MONEY_UNITS]
        stock_units: cython.longlong = self.markets[market + M_STOCK_UNITS]
        house_stock: cython.longlong = self.ledger.lookup(HOUSE_OWNER, stock, FEE_INCOME) + 1
        house_money: cython.longlong = self.ledger.lookup(HOUSE_OWNER, money, FEE_INCOME) + 1
        taker_gives: cython.longlong = self.table.words[taker + O_WALLETS] & WALLET_MASK
        taker_takes: cython.longlong = self.table.words[taker + O_WALLETS] >> 32
        maker_gives: cython.longlong
        maker_takes: cython.longlong
        price: cython.longlong
        lots: cython.longlong
        paid_money: cython.longlong
        paid_stock: cython.longlong
        maker_fee: cython.longlong
        taker_fee: cython.longlong
        row: cython.longlong
        while maker != 0 and self.table.words[taker + O_LEFT] > 0:
            price = self.table.words[maker + O_PRICE]
            if limited and price * other.sign < limit_ticks * other.sign:
                return
            lots = self.table.words[maker + O_LEFT]
            if by_money:
                lots = min(lots, self.table.words[taker + O_LEFT] // (price * money_units))
                if lots == 0:
                    return
            else:
                lots = min(lots, self.table.words[taker + O_LEFT])
            paid_money = price * lots * money_units
            paid_stock = lots * stock_units

            # each side pays its fee out of what it receives
            maker_fee = self.fee(
                paid_money if is_bid else paid_stock,
                self.table.words[maker + O_MAKER_FEE],
                self.table.words[maker + O_FEE_CARRY],
            )
            self.table.words[maker + O_FEE_CARRY] = self.fee_carry
            taker_fee = self.fee(
                paid_stock if is_bid else paid_money,
                self.table.words[taker + O_TAKER_FEE],
                self.table.words[taker + O_FEE_CARRY],
            )
            self.table.words[taker + O_FEE_CARRY] = self.fee_carry
            maker_gives = self.table.words[maker + O_WALLETS] & WALLET_MASK
            maker_takes = self.table.words[maker + O_WALLETS] >> 32
            if is_bid:
                self.ledger.transfer(taker_gives + CASH, maker_takes + CASH, paid_money - maker_fee)
                self.ledger.transfer(taker_gives + CASH, house_money, maker_fee)
                self.ledger.transfer(maker_gives + HOLD, taker_takes + CASH, paid_stock - taker_fee)
                self.ledger.transfer(maker_gives + HOLD, house_stock, taker_fee)
            else:
                self.ledger.transfer(taker_gives + CASH, maker_takes + CASH, paid_stock - maker_fee)
                self.ledger.transfer(taker_gives + CASH, house_stock, maker_fee)
                self.ledger.transfer(maker_gives + HOLD, taker_takes + CASH, paid_money - taker_fee)
                self.ledger.transfer(maker_gives + HOLD, house_money, taker_fee)

            self.table.words[taker + O_LEFT] -= paid_money if by_money else lots
            self.table.words[taker + O_DEAL_STOCK] += lots
            self.table.words[taker + O_DEAL_MONEY] += paid_money
            self.table.words[taker + O_DEAL_FEE] += taker_fee
            self.table.words[maker + O_DEAL_STOCK] += lots
            self.table.words[maker + O_DEAL_MONEY] += paid_money
            self.table.words[maker + O_DEAL_FEE] += maker_fee
            self.table.words[maker + O_MTIME] = self.time_us
            other.reduce(maker, lots)
            self.markets[market + M_LAST_PRICE] = price
            self.markets[market + M_LAST_DEAL] += 1

            self.room(2)
            row = self.rows_end
            self.rows[row] = FILL | (terms & TERMS_OF_FILL)
            self.rows[row + 1] = self.seq
            self.rows[row + 2] = self.markets[market + M_LAST_DEAL]
            self.rows[row + 3] = price
            self.rows[row + 4] = lots
            self.rows[row + 5] = paid_money
            self.rows[row + 6] = self.table.words[taker + O_ID]
            self.rows[row + 7] = self.table.words[maker + O_ID]
            self.rows[row + 8] = self.user | (self.table.words[maker + O_USER] << 32)
            self.rows[row + 9] = taker_fee
            self.rows[row + 10] = maker_fee
            self.rows[row + 11] = self.total(taker_takes if is_bid else taker_gives)
            self.rows[row + 12] = self.total(taker_gives if is_bid else taker_takes)
            self.rows[row + 13] = self.total(maker_gives if is_bid else maker_takes)
            self.rows[row + 14] = self.total(maker_takes if is_bid else maker_gives)
            self.rows[row + 15] = self.time_us
            self.rows_end += ROW_WORDS

            if self.table.words[maker + O_LEFT] == 0:
                other.remove(maker)
                self.finish(maker, FILLED, 0)
            else:
                self.order_row(maker, ORDER_UPDATE, OPEN, 0)
            maker = other.best_order()

    def finish(self, order, finish, flags):
        """An order that rested ended, and is out of its book: say so and forget it."""
        self.order_row(order, ORDER_FINISH, finish, flags)
        if (self.table.words[order + O_TERMS] >> 56) & HAS_CLIENT_ORDER_ID:
            self.client_orders.finish(self.table.words[order + O_ID], self.time_us)
        self.table.unlink_user(order)
        self.table.release(order)

    def fee(self, received, rate_ppm, carry):
        """The fee of one fill; leaves the order's new carry in ``fee_carry``.

        Exact: ``received × rate`` is split so that no product passes 64 bits; ``carry`` millionths were paid before.
        """
        whole: cython.longlong = (received // MILLION) * rate_ppm
        rest: cython.longlong = (received % MILLION) * rate_ppm - carry
        if rest <= 0:
            self.fee_carry = -rest
            return whole
        charged: cython.longlong = (rest + MILLION - 1) // MILLION
        self.fee_carry = charged * MILLION - rest
        return whole + charged

    def total(self, wallet):
        """Available and hold of a wallet together."""
        return self.ledger.words[wallet + CASH] + self.ledger.words[wallet + HOLD]

    # rows

    def room(self, rows):
        """Make place for that many more rows."""
        if self.rows_end + rows * ROW_WORDS > self.rows.shape[0]:
            wider = array("q", bytes(16 * self.rows.shape[0]))
            memoryview(wider)[: self.rows.shape[0]] = self.rows
            self.rows = memoryview(wider)

    def order_row(self, order, kind_and_cause, finish, flags):
        self.room(1)
        row: cython.longlong = self.rows_end
        place: cython.longlong
        for place in range(ROW_WORDS):
            self.rows[row + place] = self.table.words[order + place]
        self.rows[row] |= kind_and_cause | (flags << 56)
        self.rows[row + 1] = self.seq
        self.rows[row + 14] = finish
        self.rows[row + 15] = self.user
        self.rows_end += ROW_WORDS

    def reject(self, reason, bound, value):
        self.room(1)
        row: cython.longlong = self.rows_end
        place: cython.longlong
        for place in range(6, ROW_WORDS):
            self.rows[row + place] = 0
        self.rows[row] = REJECT | (self.market_id << 32) | (IS_ANSWER << 56)
        self.rows[row + 1] = self.seq
        self.rows[row + 2] = reason
        self.rows[row + 3] = self.user
        self.rows[row + 4] = bound
        self.rows[row + 5] = value
        self.rows_end += ROW_WORDS

    # what the rare commands of the house need

    def rare(self, at: int) -> int:
        """Take the rare command at a word in hand; answers its length in words."""
        self.user = self.batch[at + 1] >> 32
        self.market_id = 0
        return self.batch[at] & 0xFFFF

    def answer_fact(self, index: int, user: int) -> None:
        """Answer the rare command at hand with a fact."""
        self.room(1)
        row: cython.longlong = self.rows_end
        place: cython.longlong
        for place in range(4, ROW_WORDS):
            self.rows[row + place] = 0
        self.rows[row] = FACT | (IS_ANSWER << 56)
        self.rows[row + 1] = self.seq
        self.rows[row + 2] = index
        self.rows[row + 3] = user
        self.rows_end += ROW_WORDS
        self.seq += 1

    def answer_refusal(self, reason: int, bound: int, value: int) -> None:
        """Refuse the rare command at hand."""
        self.reject(reason, bound, value)
        self.seq += 1

    def add_market(self, words: list[int]) -> int:
        """Open a market's books; ``words`` as ``layout.py`` lays them out. Answers its id."""
        market_id: int = self.market_count
        if (market_id + 1) * MARKET_WORDS > len(memoryview(self.markets)):
            wider = array("q", bytes(16 * len(memoryview(self.markets))))
            memoryview(wider)[: len(memoryview(self.markets))] = memoryview(self.markets)
            self.markets = memoryview(wider)
        self.asks.append(BookSide(self.table, -1))
        self.bids.append(BookSide(self.table, 1))
        self.market_count += 1
        self.set_market(market_id, words)
        self.ledger.open(HOUSE_OWNER, words[M_STOCK], FEE_INCOME)
        self.ledger.open(HOUSE_OWNER, words[M_MONEY], FEE_INCOME)
        return market_id

    def set_market(self, market_id: int, words: list[int]) -> None:
        for place in range(MARKET_WORDS):
            self.markets[market_id * MARKET_WORDS + place] = words[place]

    def market_words(self, market_id: int) -> list[int]:
        return [self.markets[market_id * MARKET_WORDS + place] for place in range(MARKET_WORDS)]

    def restore(self, seq: int, time_us: int) -> None:
        self.seq = seq
        self.time_us = time_us

    def restore_order(self, order: int) -> None:
        """Put an inserted record back into its book, with the wallets it gives from and takes to."""
        market_id = (self.table.words[order + O_TERMS] >> 32) & 0xFFFF
        is_bid = ((self.table.words[order + O_TERMS] >> 16) & 0xFF) == BID
        stock = self.markets[market_id * MARKET_WORDS + M_STOCK]
        money = self.markets[market_id * MARKET_WORDS + M_MONEY]
        user = self.table.words[order + O_USER]
        give = self.ledger.enter(user, money if is_bid else stock, WALLET)
        take = self.ledger.enter(user, stock if is_bid else money, WALLET)
        self.table.words[order + O_WALLETS] = give | (take << 32)
        side: BookSide = self.bids[market_id] if is_bid else self.asks[market_id]
        side.add(order)

    def open_row(self, order: int) -> tuple[int, ...]:
        """The ORDER row of an open order as it stands, as if it were just put."""
        words = self.table.record(order)
        row = words[:ROW_WORDS]
        row[0] |= ORDER_PUT
        row[1], row[14], row[15] = 0, OPEN, row[3]
        return tuple(row)

    def last_row(self) -> tuple[int, ...]:
        return tuple([self.rows[self.rows_end - ROW_WORDS + place] for place in range(ROW_WORDS)])

    def take_rows(self) -> bytes:
        """A copy of the rows written since ``begin``. Lets go of the batch, which could not be resized meanwhile."""
        self.batch = self.rows
        return bytes(memoryview(self.rows)[: self.rows_end])

    def client_order_id(self, at: int) -> bytes:
        """The client order id that begins at a word of the batch."""
        return bytes(memoryview(self.batch)[at : at + 4]).rstrip(b"\0")
