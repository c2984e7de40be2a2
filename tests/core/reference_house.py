"""The core written down once more, slowly: what the clever one must do, row for row and balance for balance.

Everything is a dictionary or a list; books are sorted anew for every order; a hold is not kept but added up from the
open orders; fees are exact fractions, rounded up once an order; client order ids are looked up with their due time.
Written from the documents (the design, the docstrings of ``core/commands.py``, ``events.py`` and ``rejects.py``), not
from the compiled modules, none of which it imports.

Known limits: no bounds of 64 bits (plain Python integers have none), so flows for it stay within them.
"""

from __future__ import annotations

from collections.abc import Sequence

from fondaco.core import commands as c
from fondaco.core import events as e
from fondaco.core.commands import OrderType, Side, TimeInForce
from fondaco.core.events import Cause, EventKind, Finish, Row
from fondaco.core.instruments import Asset, Key, Market, User
from fondaco.core.rejects import Reject
from fondaco.core.state import BalanceUpdateDone
from tests.core.reference_order import Named, Order
from tests.core.reference_rare import UNITS_MAX, Refused, carry_out

OPEN_ORDERS_MAX = 100_000
REMEMBERED_US = 24 * 60 * 60 * 1_000_000


class ReferenceHouse:
    def __init__(self) -> None:
        self.next_seq = 1
        self.time_us = 0
        self.next_order_id = 1
        self.window = 4096
        self.assets: dict[int, Asset] = {}
        self.markets: dict[int, Market] = {}
        self.users: dict[int, User] = {}
        self.keys: dict[str, Key] = {}
        self.totals: dict[tuple[int, int], int] = {}  # (user, asset) → available and hold together
        self.fee_income: dict[int, int] = {}
        self.outside: dict[int, int] = {}
        self.balance_updates: dict[tuple[int, int, str, int], BalanceUpdateDone] = {}
        self.orders: dict[int, Order] = {}  # the open ones
        self.named: dict[tuple[int, str], Named] = {}
        self.ended: list[Named] = []
        self.last_price: dict[int, int] = {}
        self.last_deal: dict[int, int] = {}
        self.rows: list[Row] = []
        self.facts: list[e.Fact] = []

    def apply(self, batch: Sequence[tuple[int, c.Command]], time_us: int) -> tuple[list[Row], list[e.Fact]]:
        """A batch as (sender's user id, command), at a time; answers rows and facts."""
        self.time_us = time_us
        self.rows, self.facts = [], []
        for sender, command in batch:
            market_id = command.market_id if isinstance(command, c.Place | c.Cancel) else 0
            try:
                if isinstance(command, c.Place):
                    self._place(sender, command)
                elif isinstance(command, c.Cancel):
                    self._cancel(sender, command)
                else:
                    self.facts.append(carry_out(self, command))
                    user_id = getattr(command, "user_id", 0)
                    self._row(EventKind.FACT | e.IS_ANSWER << 56, len(self.facts) - 1, user_id)
            except Refused as refusal:
                head = EventKind.REJECT | market_id << 32 | e.IS_ANSWER << 56
                self._row(head, refusal.reject, sender, refusal.bound, refusal.value)
            self.next_seq += 1
        return self.rows, self.facts

    # what is so

    def hold(self, user_id: int, asset_id: int) -> int:
        mine = (order for order in self.orders.values() if order.user_id == user_id)
        return sum(order.held_units for order in mine if order.held_asset_id == asset_id)

    def balance(self, user_id: int, asset_id: int) -> tuple[int, int]:
        hold = self.hold(user_id, asset_id)
        return self.totals.get((user_id, asset_id), 0) - hold, hold

    def queue(self, market_id: int, side: int) -> list[Order]:
        """The orders of a side in the order they trade: best price first, first come first within a price."""
        mine = [o for o in self.orders.values() if o.market.market_id == market_id and o.place.side == side]
        sign = 1 if side == Side.ASK else -1
        return sorted(mine, key=lambda order: (sign * order.place.price_ticks, order.order_id))

    def depth(self, market_id: int, side: int, limit: int, interval_ticks: int = 0) -> list[tuple[int, int]]:
        merged: dict[int, int] = {}
        for order in self.queue(market_id, side):
            price = order.place.price_ticks
            if interval_ticks:
                price = price // interval_ticks * interval_ticks
                if side == Side.ASK and price < order.place.price_ticks:
                    price += interval_ticks
            merged[price] = merged.get(price, 0) + order.left
        return list(merged.items())[:limit]

    def client_order(self, user_id: int, name: str) -> int | None:
        known = self.remembered(user_id, name)
        return None if known is None else known.order_id

    # orders

    def _place(self, user_id: int, place: c.Place) -> None:
        if place.side not in (1, 2) or place.order_type not in (1, 2) or place.time_in_force not in (0, 1, 2):
            raise Refused(Reject.INVALID_ARGUMENT, 0, self.terms(place))
        market = self.markets.get(place.market_id)
        if market is None:
            raise Refused(Reject.UNKNOWN_MARKET, 0, place.market_id)
        if place.client_order_id:
            known = self.remembered(user_id, place.client_order_id)
            if known is not None:
                if known.place != place:
                    raise Refused(Reject.CLIENT_ORDER_ID_REUSED, 0, known.order_id)
                self._row(known.answer[0] - EventKind.ORDER + EventKind.ORDER_REPEATED, *known.answer[2:])
                return
        self._check_account(user_id)
        cost = self._check_order(place, market)
        self._check_funds(user_id, place, market, cost)
        self._check_book(place, market)

        order = Order(
            self._take_order_id(),
            user_id,
            market,
            place,
            place.amount,
            self.time_us,
            self.time_us,
            market.taker_fee_ppm,
            market.maker_fee_ppm,
        )
        self._trade(order)
        if order.left and place.order_type == OrderType.LIMIT and place.time_in_force == TimeInForce.GTC:
            self.orders[order.order_id] = order
            self._order_row(user_id, order, Cause.PUT, Finish.OPEN, e.IS_ANSWER)
        else:
            finish = Finish.REMAINDER_CANCELLED if order.left else Finish.FILLED
            self._order_row(user_id, order, Cause.FINISH, finish, e.IS_ANSWER)
        if place.client_order_id:
            known = Named(user_id, place.client_order_id, order.order_id, place, self.rows[-1])
            self.named[user_id, place.client_order_id] = known
            if order.order_id not in self.orders:
                self._end(known)

    def _check_account(self, user_id: int) -> None:
        user = self.users.get(user_id)
        if user is None:
            raise Refused(Reject.UNKNOWN_USER, 0, user_id)
        if user.disabled:
            raise Refused(Reject.ACCOUNT_DISABLED, 0, user_id)
        open_count = sum(order.user_id == user_id for order in self.orders.values())
        if open_count >= OPEN_ORDERS_MAX:
            raise Refused(Reject.TOO_MANY_OPEN_ORDERS, OPEN_ORDERS_MAX, open_count)

    def _check_order(self, place: c.Place, market: Market) -> int:
        """What the order costs at most, in units of the asset it gives."""
        tick_lot = market.money_units_per_tick_lot
        if place.order_type == OrderType.MARKET:
            if place.price_ticks != 0:
                raise Refused(Reject.PRICE_OUT_OF_BOUNDS, 0, place.price_ticks)
        elif not 1 <= place.price_ticks <= UNITS_MAX // tick_lot:
            raise Refused(Reject.PRICE_OUT_OF_BOUNDS, UNITS_MAX // tick_lot, place.price_ticks)
        if place.order_type == OrderType.MARKET and place.side == Side.BID:
            asks = self.queue(market.market_id, Side.ASK)
            money_min = max(1, market.money_units_min)
            if place.amount >= money_min and asks and place.amount <= UNITS_MAX:
                money_min = max(money_min, asks[0].place.price_ticks * tick_lot)
            if place.amount < money_min:
                raise Refused(Reject.ORDER_TOO_SMALL_IN_MONEY, money_min, place.amount)
            if place.amount > UNITS_MAX:
                raise Refused(Reject.AMOUNT_TOO_LARGE, UNITS_MAX, place.amount)
            return place.amount
        if place.amount < market.amount_lots_min:
            raise Refused(Reject.AMOUNT_TOO_SMALL, market.amount_lots_min, place.amount)
        lots_max = UNITS_MAX // market.stock_units_per_lot
        if place.amount > lots_max:
            raise Refused(Reject.AMOUNT_TOO_LARGE, lots_max, place.amount)
        if place.order_type == OrderType.LIMIT:
            lots_max = UNITS_MAX // (place.price_ticks * tick_lot)
            if place.amount > lots_max:
                raise Refused(Reject.AMOUNT_TOO_LARGE, lots_max, place.amount)
            money = place.price_ticks * place.amount * tick_lot
            if money < market.money_units_min:
                raise Refused(Reject.ORDER_TOO_SMALL_IN_MONEY, market.money_units_min, money)
            if place.side == Side.BID:
                return money
        return place.amount * market.stock_units_per_lot

    def _check_funds(self, user_id: int, place: c.Place, market: Market, cost: int) -> None:
        asset_id = market.money_asset_id if place.side == Side.BID else market.stock_asset_id
        available, _ = self.balance(user_id, asset_id)
        if available < cost:
            raise Refused(Reject.BALANCE_NOT_ENOUGH, available, cost)

    def _check_book(self, place: c.Place, market: Market) -> None:
        makers = self.queue(market.market_id, self._other(place.side))
        if place.order_type == OrderType.MARKET and not makers:
            raise Refused(Reject.NO_COUNTERPARTY)
        if place.time_in_force == TimeInForce.FOK and not self._fills_whole(place, market, makers):
            raise Refused(Reject.FILL_OR_KILL_UNFILLABLE, 0, place.amount)

    def _fills_whole(self, place: c.Place, market: Market, makers: list[Order]) -> bool:
        """Nothing would be left; of money, less than one more lot costs at the price reached."""
        left = place.amount
        for maker in makers:
            if not self._crosses(place, maker):
                return False
            if place.order_type == OrderType.MARKET and place.side == Side.BID:
                lot = maker.place.price_ticks * market.money_units_per_tick_lot
                wanted = left // lot
                if maker.left >= wanted:
                    return True
                left -= maker.left * lot
            else:
                left -= maker.left
                if left <= 0:
                    return True
        return False

    def _trade(self, taker: Order) -> None:
        market, place = taker.market, taker.place
        for maker in self.queue(market.market_id, self._other(place.side)):
            if not taker.left or not self._crosses(place, maker):
                return
            lot = maker.place.price_ticks * market.money_units_per_tick_lot
            lots = min(maker.left, taker.left // lot if taker.is_money_bid else taker.left)
            if lots == 0:
                return
            self._fill(taker, maker, lots)

    def _fill(self, taker: Order, maker: Order, lots: int) -> None:
        market = taker.market
        money = maker.place.price_ticks * lots * market.money_units_per_tick_lot
        stock = lots * market.stock_units_per_lot
        buyer, seller = (taker, maker) if taker.place.side == Side.BID else (maker, taker)
        rates = {taker.order_id: taker.taker_fee_ppm, maker.order_id: maker.maker_fee_ppm}
        fees = {
            buyer.order_id: buyer.charge(stock, rates[buyer.order_id]),
            seller.order_id: seller.charge(money, rates[seller.order_id]),
        }
        self.pay(buyer.user_id, market.money_asset_id, -money)
        self.pay(seller.user_id, market.stock_asset_id, -stock)
        self.pay(buyer.user_id, market.stock_asset_id, stock - fees[buyer.order_id])
        self.pay(seller.user_id, market.money_asset_id, money - fees[seller.order_id])
        for asset_id, order in ((market.stock_asset_id, buyer), (market.money_asset_id, seller)):
            self.fee_income[asset_id] = self.fee_income.get(asset_id, 0) + fees[order.order_id]
        taker.left -= money if taker.is_money_bid else lots
        maker.left -= lots
        for order in (taker, maker):
            order.deal_stock_lots += lots
            order.deal_money_units += money
            order.mtime_us = self.time_us
        self.last_price[market.market_id] = maker.place.price_ticks
        self.last_deal[market.market_id] = self.last_deal.get(market.market_id, 0) + 1

        self._row(
            EventKind.FILL | self.terms(taker.place) & ~(0xFF << 56),
            self.last_deal[market.market_id],
            maker.place.price_ticks,
            lots,
            money,
            taker.order_id,
            maker.order_id,
            taker.user_id | maker.user_id << 32,
            fees[taker.order_id],
            fees[maker.order_id],
            self.totals.get((taker.user_id, market.stock_asset_id), 0),
            self.totals.get((taker.user_id, market.money_asset_id), 0),
            self.totals.get((maker.user_id, market.stock_asset_id), 0),
            self.totals.get((maker.user_id, market.money_asset_id), 0),
            self.time_us,
        )
        if maker.left:
            self._order_row(taker.user_id, maker, Cause.UPDATE, Finish.OPEN, 0)
        else:
            self._finish(taker.user_id, maker, Finish.FILLED, 0)

    def _cancel(self, user_id: int, cancel: c.Cancel) -> None:
        if cancel.market_id not in self.markets:
            raise Refused(Reject.UNKNOWN_MARKET, 0, cancel.market_id)
        order_id = cancel.order_id
        if cancel.client_order_id:
            known = self.remembered(user_id, cancel.client_order_id)
            order_id = 0 if known is None else known.order_id
        order = self.orders.get(order_id)
        if order is None or order.market.market_id != cancel.market_id:
            raise Refused(Reject.ORDER_NOT_FOUND, 0, order_id)
        if order.user_id != user_id:
            raise Refused(Reject.NOT_YOUR_ORDER, 0, order_id)
        order.mtime_us = self.time_us
        self._finish(user_id, order, Finish.CANCELLED, e.IS_ANSWER)

    def _finish(self, sender: int, order: Order, finish: Finish, flags: int) -> None:
        self._order_row(sender, order, Cause.FINISH, finish, flags)
        del self.orders[order.order_id]
        if order.place.client_order_id:
            self._end(self.named[order.user_id, order.place.client_order_id])

    def _end(self, known: Named) -> None:
        known.forget_at_us = self.time_us + REMEMBERED_US
        self.ended.append(known)

    def _take_order_id(self) -> int:
        """The next id; one whose place in the window an open order still holds is skipped."""
        if len(self.orders) * 2 >= self.window:
            self.window *= 2
        held = {order_id % self.window for order_id in self.orders}
        while self.next_order_id % self.window in held:
            self.next_order_id += 1
        self.next_order_id += 1
        return self.next_order_id - 1

    def remembered(self, user_id: int, name: str) -> Named | None:
        known = self.named.get((user_id, name))
        if known is not None and known.forget_at_us is not None and known.forget_at_us <= self.time_us:
            return None
        return known

    @staticmethod
    def _other(side: int) -> Side:
        return Side.ASK if side == Side.BID else Side.BID

    @staticmethod
    def _crosses(place: c.Place, maker: Order) -> bool:
        if place.order_type == OrderType.MARKET:
            return True
        if place.side == Side.BID:
            return maker.place.price_ticks <= place.price_ticks
        return maker.place.price_ticks >= place.price_ticks

    def pay(self, user_id: int, asset_id: int, units: int) -> None:
        self.totals[user_id, asset_id] = self.totals.get((user_id, asset_id), 0) + units

    # rows

    def _row(self, head: int, *words: int) -> None:
        row = (head, self.next_seq, *words)
        self.rows.append(row + (0,) * (e.ROW_WORDS - len(row)))

    @staticmethod
    def terms(place: c.Place) -> int:
        flags = e.HAS_CLIENT_ORDER_ID if place.client_order_id else 0
        return (
            place.side << 16 | place.order_type << 24 | place.market_id << 32 | place.time_in_force << 48 | flags << 56
        )

    def _order_row(self, sender: int, order: Order, cause: Cause, finish: Finish, flags: int) -> None:
        self._row(
            EventKind.ORDER | cause << 8 | self.terms(order.place) | flags << 56,
            order.order_id,
            order.user_id,
            order.place.price_ticks,
            order.place.amount,
            order.left,
            order.deal_stock_lots,
            order.deal_money_units,
            order.fee_units,
            order.ctime_us,
            order.mtime_us,
            order.taker_fee_ppm,
            order.maker_fee_ppm,
            finish,
            sender,
        )
