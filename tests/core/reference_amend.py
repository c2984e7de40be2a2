"""How the naive model changes an open order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fondaco.core import commands as c
from fondaco.core import events as e
from fondaco.core.commands import Phase
from fondaco.core.events import Cause, Finish
from fondaco.core.rejects import Reject
from tests.core import reference_checks as checks
from tests.core.reference_order import Order, Refused
from tests.core.reference_rows import tell
from tests.core.reference_trading import act, find

if TYPE_CHECKING:
    from tests.core.reference_house import ReferenceHouse


def amend(house: ReferenceHouse, command: c.Amend) -> None:
    new_values = (command.price_ticks, command.amount, command.trigger_price_ticks)
    if any(value < 0 for value in new_values) or not any(new_values):
        raise Refused(Reject.INVALID_ARGUMENT)
    market = house.markets.get(command.market_id)
    if market is None:
        raise Refused(Reject.UNKNOWN_MARKET, 0, command.market_id)
    for phase, reject in ((Phase.DELISTED, Reject.MARKET_DELISTED), (Phase.HALT, Reject.MARKET_HALTED)):
        if market.phase == phase:
            raise Refused(reject, 0, market.market_id)
    checks.check_user(house, house.sender)
    order = find(house, command)
    if order.is_bid and market.phase == Phase.CLOSE_ONLY:
        raise Refused(Reject.CLOSE_ONLY, 0, market.market_id)
    if (command.price_ticks and order.is_market) or (command.trigger_price_ticks and not order.is_waiting):
        raise Refused(Reject.INVALID_ARGUMENT, 0, order.order_id)

    price = command.price_ticks or order.price
    amount = command.amount or order.amount
    trigger_price = command.trigger_price_ticks or order.trigger_price
    _check(house, order, price, amount, trigger_price)

    order.mtime_us = house.time_us
    keeps_its_place = not order.is_waiting and price == order.price and amount <= order.amount
    order.left = amount - (order.amount - order.left)
    order.price, order.amount, order.trigger_price = price, amount, trigger_price
    if order.is_waiting:
        tell(house, order, Cause.UPDATE, Finish.OPEN, e.IS_ANSWER)
    elif keeps_its_place:
        order.visible = min(order.visible, order.left)
        tell(house, order, Cause.UPDATE, Finish.OPEN, e.IS_ANSWER)
    else:
        del house.orders[order.order_id]
        act(house, order, Cause.UPDATE, e.IS_ANSWER, e.HAS_MOVED)


def _check(house: ReferenceHouse, order: Order, price: int, amount: int, trigger_price: int) -> None:
    """The order as it would be after it."""
    market = house.markets[order.market.market_id]
    if not order.is_market:
        checks.check_price(market, price)
    checks.check_trigger(market, trigger_price)
    checks.check_amount(house, order, price, amount)
    if amount <= order.deal_stock_lots:
        raise Refused(Reject.AMOUNT_TOO_SMALL, order.deal_stock_lots + 1, amount)
    traded = order.amount - order.left
    if order.by_money:
        cost = amount
    elif order.is_bid:
        cost = order.lot_money(price) * (amount - traded)
    else:
        cost = (amount - traded) * market.stock_units_per_lot
    spendable = house.available(order.user_id, order.held_asset_id) + order.held_units
    if spendable < cost:
        raise Refused(Reject.BALANCE_NOT_ENOUGH, spendable, cost)
    if order.is_waiting:
        if trigger_price != order.trigger_price:
            checks.check_does_not_fire(house, order, trigger_price)
        return
    others = house.queue(market.market_id, checks.other_side(order.side))
    if order.place.post_only and market.phase != Phase.AUCTION and others:
        best = others[0].price
        if best <= price if order.is_bid else best >= price:
            raise Refused(Reject.POST_ONLY_WOULD_TAKE, best, price)
    if price != order.price:
        checks.check_band(house, order, price)
