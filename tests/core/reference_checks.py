"""What refuses a new order in the naive model: one function a step, in the order of ``rejects.py``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fondaco.core import commands as c
from fondaco.core.commands import OrderType, Phase, SelfTrade, Side, TimeInForce, Trigger
from fondaco.core.instruments import Market
from fondaco.core.rejects import Reject
from tests.core.reference_order import MILLION, Order, Refused
from tests.core.reference_rows import terms

if TYPE_CHECKING:
    from tests.core.reference_house import ReferenceHouse

UNITS_MAX = 2**62
OPEN_ORDERS_MAX = 100_000
TRAILING_MAX = 1_000


def other_side(side: int) -> Side:
    return Side.ASK if side == Side.BID else Side.BID


def bound_price(market: Market) -> int:
    return UNITS_MAX // market.money_units_per_tick_lot


def band_around(middle: int, band_ppm: int) -> tuple[int, int] | None:
    if not middle or not band_ppm:
        return None
    width = middle * band_ppm // MILLION
    return max(0, middle - width), middle + width


def check_shape(place: c.Place) -> None:
    """What no market could take, whatever it is like."""
    is_limit, is_market = place.order_type == OrderType.LIMIT, place.order_type == OrderType.MARKET
    has_trigger = place.trigger != Trigger.NONE
    good_till = (TimeInForce.GTC, TimeInForce.GTD)
    may_rest = is_limit and place.time_in_force in good_till
    is_gtd = place.time_in_force == TimeInForce.GTD
    wrong = (
        place.side not in (1, 2),
        place.order_type not in (1, 2),
        place.time_in_force not in (0, 1, 2, 3),
        place.self_trade not in (0, 1, 2, 3, 4),
        any(option < 0 for option in place.options),
        place.post_only and not may_rest,
        is_gtd and place.expire_us <= 0,
        place.expire_us != 0 and not is_gtd,
        is_gtd and is_market and not has_trigger,
        place.in_other_unit and not (is_market and not has_trigger),
        place.display_lots != 0 and not may_rest,
        not has_trigger and (place.trigger_price_ticks != 0 or place.trail_ticks != 0),
        place.trigger in (Trigger.STOP, Trigger.TAKE_PROFIT)
        and (place.trigger_price_ticks == 0 or place.trail_ticks != 0),
        place.trigger == Trigger.TRAILING and place.trail_ticks == 0,
    )
    if any(wrong):
        raise Refused(Reject.INVALID_ARGUMENT, 0, terms(place))


def check_phase(place: c.Place, market: Market) -> None:
    if market.phase == Phase.DELISTED:
        raise Refused(Reject.MARKET_DELISTED, 0, market.market_id)
    if market.phase == Phase.HALT:
        raise Refused(Reject.MARKET_HALTED, 0, market.market_id)
    if market.phase == Phase.CLOSE_ONLY and place.side == Side.BID:
        raise Refused(Reject.CLOSE_ONLY, 0, market.market_id)
    if market.phase == Phase.AUCTION and place.trigger == Trigger.NONE:
        acts_at_once = place.time_in_force in (TimeInForce.IOC, TimeInForce.FOK)
        if place.order_type == OrderType.MARKET or acts_at_once or place.post_only:
            raise Refused(Reject.NOT_IN_THIS_PHASE, 0, market.market_id)


def check_user(house: ReferenceHouse, user_id: int) -> None:
    user = house.users.get(user_id)
    if user is None:
        raise Refused(Reject.UNKNOWN_USER, 0, user_id)
    if user.disabled:
        raise Refused(Reject.ACCOUNT_DISABLED, 0, user_id)


def check_open_orders(house: ReferenceHouse, user_id: int) -> None:
    open_count = len(house.newest_first(user_id))
    if open_count >= OPEN_ORDERS_MAX:
        raise Refused(Reject.TOO_MANY_OPEN_ORDERS, OPEN_ORDERS_MAX, open_count)


def check_order(house: ReferenceHouse, order: Order) -> None:
    place, market = order.place, order.market
    if place.time_in_force == TimeInForce.GTD and place.expire_us <= house.time_us:
        raise Refused(Reject.EXPIRED_ALREADY, house.time_us, place.expire_us)
    if order.is_market and place.price_ticks != 0:
        raise Refused(Reject.PRICE_OUT_OF_BOUNDS, 0, place.price_ticks)
    if not order.is_market:
        check_price(market, place.price_ticks)
    check_trigger(market, place.trigger_price_ticks)
    check_trigger(market, place.trail_ticks)
    check_amount(house, order, order.price, order.amount)
    if place.display_lots:
        if place.display_lots < market.amount_lots_min:
            raise Refused(Reject.DISPLAY_OUT_OF_BOUNDS, market.amount_lots_min, place.display_lots)
        if place.display_lots > place.amount:
            raise Refused(Reject.DISPLAY_OUT_OF_BOUNDS, place.amount, place.display_lots)


def check_price(market: Market, price: int) -> None:
    if not 1 <= price <= bound_price(market):
        raise Refused(Reject.PRICE_OUT_OF_BOUNDS, bound_price(market), price)


def check_trigger(market: Market, ticks: int) -> None:
    if ticks > bound_price(market):
        raise Refused(Reject.TRIGGER_OUT_OF_BOUNDS, bound_price(market), ticks)


def check_amount(house: ReferenceHouse, order: Order, price: int, amount: int) -> None:
    """The amount an order has or is to have, at a price it has or is to have."""
    market = house.markets[order.market.market_id]
    if order.by_money:
        money_min = max(market.money_units_min, 1)
        if amount < money_min:
            raise Refused(Reject.ORDER_TOO_SMALL_IN_MONEY, money_min, amount)
        if amount > UNITS_MAX:
            raise Refused(Reject.AMOUNT_TOO_LARGE, UNITS_MAX, amount)
        others = house.queue(market.market_id, other_side(order.side))
        if others and order.place.trigger == Trigger.NONE and amount < order.lot_money(others[0].price):
            raise Refused(Reject.ORDER_TOO_SMALL_IN_MONEY, order.lot_money(others[0].price), amount)
        return
    if amount < market.amount_lots_min:
        raise Refused(Reject.AMOUNT_TOO_SMALL, market.amount_lots_min, amount)
    lots_max = UNITS_MAX // market.stock_units_per_lot
    if amount > lots_max:
        raise Refused(Reject.AMOUNT_TOO_LARGE, lots_max, amount)
    if not order.is_market:
        lots_max = UNITS_MAX // order.lot_money(price)
        if amount > lots_max:
            raise Refused(Reject.AMOUNT_TOO_LARGE, lots_max, amount)
        if amount * order.lot_money(price) < market.money_units_min:
            raise Refused(Reject.ORDER_TOO_SMALL_IN_MONEY, market.money_units_min, amount * order.lot_money(price))


def check_funds(house: ReferenceHouse, order: Order) -> None:
    """What it costs at most; of a market order in the other unit only what its first lot costs is known."""
    cost = order.held_units
    if order.place.in_other_unit:
        others = house.queue(order.market.market_id, other_side(order.side))
        best_ask = others[0].price if others else 0
        cost = order.lot_money(best_ask) if order.is_bid else order.market.stock_units_per_lot
    available = house.available(order.user_id, order.held_asset_id)
    if available < cost:
        raise Refused(Reject.BALANCE_NOT_ENOUGH, available, cost)


def check_book(house: ReferenceHouse, order: Order) -> None:
    """An order without a trigger against the book, where there is trading."""
    others = house.queue(order.market.market_id, other_side(order.side))
    edge = edge_of(house, order)
    if order.is_market and not others:
        raise Refused(Reject.NO_COUNTERPARTY)
    if order.place.time_in_force == TimeInForce.FOK and not fills_whole(house, order):
        raise Refused(Reject.FILL_OR_KILL_UNFILLABLE, 0, order.amount)
    if would_take(house, order):
        if order.place.post_only:
            raise Refused(Reject.POST_ONLY_WOULD_TAKE, others[0].price, order.price)
        if order.place.self_trade == SelfTrade.CANCEL_NEWEST and others[0].user_id == order.user_id:
            raise Refused(Reject.SELF_TRADE, others[0].order_id, 0)
    elif order.is_market:
        assert edge is not None
        raise Refused(Reject.PRICE_BAND, edge, others[0].price)


def check_band(house: ReferenceHouse, order: Order, price: int) -> None:
    """The price of a limit order."""
    edge = edge_of(house, order)
    if edge is not None and (price > edge if order.is_bid else price < edge):
        raise Refused(Reject.PRICE_BAND, edge, price)


def edge_of(house: ReferenceHouse, order: Order) -> int | None:
    """How far the order may go on its side."""
    band = house.band(order.market)
    return None if band is None else band[order.is_bid]


def would_take(house: ReferenceHouse, order: Order) -> bool:
    others = house.queue(order.market.market_id, other_side(order.side))
    return bool(others) and order.crosses(others[0].price, edge_of(house, order))


def check_new_trigger(house: ReferenceHouse, order: Order) -> None:
    """Sets the trigger price of a trailing order that was given none."""
    market = order.market
    last = house.last_price.get(market.market_id, 0)
    if order.trigger_price:
        check_does_not_fire(house, order, order.trigger_price)
    elif last == 0:
        raise Refused(Reject.NO_LAST_PRICE)
    else:
        trail = order.place.trail_ticks
        order.trigger_price = clamped(market, last + trail if order.is_bid else last - trail)
    if order.place.trigger == Trigger.TRAILING:
        waiting = house.waiting(market.market_id)
        count = sum(each.place.trigger == Trigger.TRAILING for each in waiting)
        if count >= TRAILING_MAX:
            raise Refused(Reject.TOO_MANY_TRAILING, TRAILING_MAX, count)


def check_does_not_fire(house: ReferenceHouse, order: Order, trigger_price: int) -> None:
    last = house.last_price.get(order.market.market_id, 0)
    if last and (last >= trigger_price if order.is_rising else last <= trigger_price):
        raise Refused(Reject.TRIGGER_WOULD_FIRE, last, trigger_price)


def clamped(market: Market, price: int) -> int:
    return min(max(price, 1), bound_price(market))


def fills_whole(house: ReferenceHouse, order: Order) -> bool:
    """Nothing would be left; of money, less than one more lot costs at the price reached.

    Orders of the same user do not count, unless it may trade with itself; one that ends the taker ends the walk.
    """
    left = order.left
    given = house.available(order.user_id, order.held_asset_id)
    edge = edge_of(house, order)
    others = house.queue(order.market.market_id, other_side(order.side))
    for price in dict.fromkeys(maker.price for maker in others):
        if not order.crosses(price, edge):
            return False
        level = [maker for maker in others if maker.price == price]
        reach, is_end = _reach(order, level)
        lot = order.lot_money(price)
        wanted = left // lot if order.by_money else left
        lots = min(wanted, reach)
        left -= lots * lot if order.by_money else lots
        if order.place.in_other_unit:
            given -= lots * (lot if order.is_bid else order.market.stock_units_per_lot)
            if given < 0:
                return False
        if lots == wanted:
            return True
        if is_end:
            return False
    return False


def _reach(order: Order, level: list[Order]) -> tuple[int, bool]:
    """The lots of a level that the order can have, and whether it ends there."""
    if order.may_meet_itself:
        return sum(maker.left for maker in level), False
    own = [maker for maker in level if maker.user_id == order.user_id]
    if own and order.place.self_trade in (SelfTrade.CANCEL_NEWEST, SelfTrade.CANCEL_BOTH):
        return sum(maker.visible for maker in level[: level.index(own[0])]), True
    return sum(maker.left for maker in level if maker not in own), False
