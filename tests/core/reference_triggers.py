"""What a price sets off in the naive model: at each fill price, every waiting order is looked at."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from fondaco.core.commands import Phase, TimeInForce, Trigger
from fondaco.core.events import Cause, Finish
from tests.core import reference_checks as checks
from tests.core.reference_order import Order
from tests.core.reference_trading import act, end

if TYPE_CHECKING:
    from tests.core.reference_house import ReferenceHouse


def follow(house: ReferenceHouse) -> None:
    """Hold the waiting orders to what has been traded, carry out the first that fires, and so on until none is left."""
    fired: list[Order] = []
    while True:
        fired += _fired_by(house)
        if not fired:
            return
        _carry_out(house, fired.pop(0))


def _fired_by(house: ReferenceHouse) -> list[Order]:
    """What fires at the prices traded since the last look, in the order it is carried out."""
    found: list[Order] = []
    for market_id, price in [key for key, _ in groupby(house.traded)]:
        still = [order for order in house.waiting(market_id) if not order.has_fired]
        for order in still:
            _trail(order, price)
        for order in still:
            if order.fires_at(price):
                order.has_fired = True
                found.append(order)
    house.traded.clear()
    return found


def _trail(order: Order, price: int) -> None:
    trail = order.place.trail_ticks
    if order.place.trigger != Trigger.TRAILING:
        return
    nearest = min(order.trigger_price, price + trail) if order.is_bid else max(order.trigger_price, price - trail)
    order.trigger_price = checks.clamped(order.market, nearest)


def _carry_out(house: ReferenceHouse, order: Order) -> None:
    order.is_waiting = False
    order.mtime_us = house.time_us
    del house.orders[order.order_id]
    if _is_refused(house, order):
        end(house, order, Finish.TRIGGER_REFUSED)
    else:
        act(house, order, Cause.UPDATE)


def _is_refused(house: ReferenceHouse, order: Order) -> bool:
    market = house.markets[order.market.market_id]
    others = house.queue(market.market_id, checks.other_side(order.side))
    edge = checks.edge_of(house, order)
    if market.phase == Phase.CLOSE_ONLY and order.is_bid:
        return True
    if order.is_market and (not others or not order.crosses(others[0].price, edge)):
        return True
    if order.place.time_in_force == TimeInForce.FOK and not checks.fills_whole(house, order):
        return True
    if order.place.post_only and checks.would_take(house, order):
        return True
    is_beyond = edge is not None and (order.price > edge if order.is_bid else order.price < edge)
    return not order.is_market and is_beyond
