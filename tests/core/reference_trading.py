"""How the naive model places, fills and cancels: one fill at a time, the book sorted anew before each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fondaco.core import commands as c
from fondaco.core import events as e
from fondaco.core.commands import Phase, SelfTrade, Trigger
from fondaco.core.events import Cause, Finish
from fondaco.core.rejects import Reject
from tests.core import reference_checks as checks
from tests.core import reference_money as money
from tests.core.reference_order import Named, Order, Refused
from tests.core.reference_rows import tell, tell_again, tell_fill

if TYPE_CHECKING:
    from tests.core.reference_house import ReferenceHouse


def place(house: ReferenceHouse, command: c.Place) -> None:
    user_id = house.sender
    checks.check_shape(command)
    market = house.markets.get(command.market_id)
    if market is None:
        raise Refused(Reject.UNKNOWN_MARKET, 0, command.market_id)
    if command.client_order_id:
        known = house.remembered(user_id, command.client_order_id)
        if known is not None:
            if known.place != command:
                raise Refused(Reject.CLIENT_ORDER_ID_REUSED, 0, known.order_id)
            tell_again(house, known.answer)
            return
    checks.check_phase(command, market)
    checks.check_user(house, user_id)
    checks.check_open_orders(house, user_id)
    order = Order(user_id, market, command, house.time_us, *money.rates_of(house, user_id, market))
    checks.check_order(house, order)
    checks.check_funds(house, order)
    if command.trigger != Trigger.NONE:
        checks.check_new_trigger(house, order)
    elif market.phase != Phase.AUCTION:
        checks.check_book(house, order)
    if command.trigger == Trigger.NONE and not order.is_market:
        checks.check_band(house, order, order.price)

    order.order_id = house.take_order_id()
    if command.trigger != Trigger.NONE:
        order.is_waiting = True
        house.orders[order.order_id] = order
        tell(house, order, Cause.PUT, Finish.OPEN, e.IS_ANSWER)
    else:
        act(house, order, Cause.PUT, e.IS_ANSWER)
    if order.order_id in house.orders and house.session in house.sessions_on:
        order.session_id = house.session
        house.sessions_on[house.session].add(user_id)
    if command.client_order_id:
        answer = house.rows[-2:] if command.options != c.NO_OPTIONS else house.rows[-1:]
        known = Named(user_id, command.client_order_id, order.order_id, command, answer)
        house.named[user_id, command.client_order_id] = known
        if order.order_id not in house.orders:
            house.forget_later(known)


def act(house: ReferenceHouse, taker: Order, cause: Cause, flags: int = 0, flags_at_rest: int = 0) -> None:
    """An order that is in no book trades what it can, then rests, told with the cause, or ends; its row comes last."""
    is_over = False
    if house.markets[taker.market.market_id].phase != Phase.AUCTION:
        is_over = trade(house, taker)
    if not is_over and taker.left and taker.may_rest:
        taker.show()
        taker.rank = house.take_rank()
        house.orders[taker.order_id] = taker
        tell(house, taker, cause, Finish.OPEN, flags | flags_at_rest)
        return
    if is_over:
        end(house, taker, Finish.SELF_TRADE, flags)
    else:
        end(house, taker, Finish.REMAINDER_CANCELLED if taker.left else Finish.FILLED, flags)


def trade(house: ReferenceHouse, taker: Order) -> bool:
    """Trade with the other side, best first; answers whether meeting the same user's order ended it."""
    market = taker.market
    edge = checks.edge_of(house, taker)  # of the time before it moves the last price itself
    while taker.left:
        makers = house.queue(market.market_id, checks.other_side(taker.side))
        if not makers or not taker.crosses(makers[0].price, edge):
            return False
        maker = makers[0]
        lots = lots_wanted(house, taker, maker.price)
        if lots == 0:
            return False
        if maker.user_id == taker.user_id and not taker.may_meet_itself:
            if meet_itself(house, taker, maker, lots):
                return True
        else:
            fill(house, taker, maker, min(lots, maker.visible))
    return False


def lots_wanted(house: ReferenceHouse, taker: Order, price: int) -> int:
    """What it takes at a price, as far as its money and stock reach."""
    lots = taker.left // taker.lot_money(price) if taker.by_money else taker.left
    if taker.place.in_other_unit:
        given = house.available(taker.user_id, taker.held_asset_id)
        lots = min(lots, given // (taker.lot_money(price) if taker.is_bid else taker.market.stock_units_per_lot))
    return lots


def meet_itself(house: ReferenceHouse, taker: Order, maker: Order, lots: int) -> bool:
    """What happens instead of a fill with an order of the same user; answers whether it ends the taker."""
    mode = taker.place.self_trade
    if mode == SelfTrade.CANCEL_NEWEST:
        return True
    if mode in (SelfTrade.CANCEL_OLDEST, SelfTrade.CANCEL_BOTH):
        end(house, maker, Finish.SELF_TRADE)
        return mode == SelfTrade.CANCEL_BOTH
    less = min(lots, maker.left)
    taker_less = less * taker.lot_money(maker.price) if taker.by_money else less
    taker.amount -= taker_less
    taker.left -= taker_less
    maker.amount -= less
    maker.left -= less
    maker.mtime_us = taker.mtime_us = house.time_us
    maker.visible = min(maker.visible, maker.left)
    if maker.left:
        tell(house, maker, Cause.UPDATE)
    else:
        end(house, maker, Finish.SELF_TRADE)
    return taker.left == 0


def fill(house: ReferenceHouse, taker: Order, maker: Order, lots: int) -> None:
    exchange(house, taker, maker, maker.price, lots, taker.taker_fee_ppm)
    maker.visible -= lots
    if not maker.left:
        end(house, maker, Finish.FILLED)
    elif maker.visible:
        tell(house, maker, Cause.UPDATE)
    else:
        maker.show()
        maker.rank = house.take_rank()
        tell(house, maker, Cause.UPDATE, Finish.OPEN, e.HAS_MOVED)


def exchange(house: ReferenceHouse, taker: Order, maker: Order, price: int, lots: int, taker_fee_ppm: int) -> None:
    """Stock for money between two orders, with its row; what is left of them is worked out, not told."""
    market = taker.market
    paid = taker.lot_money(price) * lots
    taker.left -= paid if taker.by_money else lots
    maker.left -= lots
    for order in (taker, maker):
        order.deal_stock_lots += lots
        order.deal_money_units += paid
        order.mtime_us = house.time_us
    house.last_price[market.market_id] = price
    house.last_deal[market.market_id] = house.last_deal.get(market.market_id, 0) + 1
    house.traded.append((market.market_id, price))
    fees = money.settle(house, taker, maker, paid, lots * market.stock_units_per_lot, taker_fee_ppm)
    tell_fill(house, taker, maker, price, lots, fees)


def end(house: ReferenceHouse, order: Order, finish: Finish, flags: int = 0) -> None:
    """An order is over, whether it was in the book, waited or was about to trade; what it held is available again."""
    order.mtime_us = house.time_us
    tell(house, order, Cause.FINISH, finish, flags)
    house.orders.pop(order.order_id, None)
    if order.place.client_order_id:
        known = house.named.get((order.user_id, order.place.client_order_id))
        if known is not None and known.order_id == order.order_id:
            house.forget_later(known)


def find(house: ReferenceHouse, command: c.Cancel | c.Amend) -> Order:
    """The open order that a cancel or an amend names."""
    order_id = command.order_id
    if command.client_order_id:
        known = house.remembered(house.sender, command.client_order_id)
        order_id = 0 if known is None else known.order_id
    order = house.orders.get(order_id)
    if order is None or order.market.market_id != command.market_id:
        raise Refused(Reject.ORDER_NOT_FOUND, 0, order_id)
    if order.user_id != house.sender:
        raise Refused(Reject.NOT_YOUR_ORDER, 0, order_id)
    return order


def cancel(house: ReferenceHouse, command: c.Cancel) -> None:
    if command.market_id not in house.markets:
        raise Refused(Reject.UNKNOWN_MARKET, 0, command.market_id)
    end(house, find(house, command), Finish.CANCELLED, e.IS_ANSWER)
