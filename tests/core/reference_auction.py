"""Phases of a market in the naive model, and the opening price: every price that could be is tried."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from fondaco.core import commands as c
from fondaco.core import events as e
from fondaco.core.commands import Phase, Side
from fondaco.core.events import Cause, Finish
from fondaco.core.instruments import Market
from fondaco.core.rejects import Reject
from tests.core.reference_order import Order, Refused
from tests.core.reference_rows import tell
from tests.core.reference_trading import end, exchange

if TYPE_CHECKING:
    from tests.core.reference_house import ReferenceHouse


def set_phase(house: ReferenceHouse, command: c.MarketPhase) -> e.MarketPhaseSet:
    market = {market.name: market for market in house.markets.values()}.get(command.name)
    if market is None:
        raise Refused(Reject.UNKNOWN_MARKET)
    if market.phase == Phase.DELISTED:
        raise Refused(Reject.MARKET_DELISTED, 0, market.market_id)
    market = msgspec.structs.replace(market, phase=command.phase)
    house.markets[market.market_id] = market
    if command.phase == Phase.DELISTED:
        orders = [order for side in (Side.ASK, Side.BID) for order in house.queue(market.market_id, side)]
        orders += house.waiting(market.market_id)
        for order in orders:
            end(house, order, Finish.DELISTED)
        return e.MarketPhaseSet(market, cancelled=len(orders))
    price, lots = 0, 0
    if command.phase in (Phase.CONTINUOUS, Phase.CLOSE_ONLY):
        price, lots = uncross(house, market)
    return e.MarketPhaseSet(market, price, lots)


def uncross(house: ReferenceHouse, market: Market) -> tuple[int, int]:
    """(price, lots) traded; zeros where the book is not crossed."""
    asks, bids = house.queue(market.market_id, Side.ASK), house.queue(market.market_id, Side.BID)
    if not asks or not bids or bids[0].price < asks[0].price:
        return 0, 0
    reference = market.reference_price_ticks or house.last_price.get(market.market_id, 0)
    price = opening_price(asks, bids, reference)
    volume = min(wanted(bids, price), offered(asks, price))
    left = volume
    while left:
        ask, bid = house.queue(market.market_id, Side.ASK)[0], house.queue(market.market_id, Side.BID)[0]
        lots = min(ask.left, bid.left, left)
        earlier, later = sorted((ask, bid), key=lambda order: order.order_id)
        exchange(house, later, earlier, price, lots, later.maker_fee_ppm)
        for order in (earlier, later):
            order.show()
            if order.left:
                tell(house, order, Cause.UPDATE)
            else:
                end(house, order, Finish.FILLED)
        left -= lots
    return price, volume


def wanted(bids: list[Order], price: int) -> int:
    return sum(bid.left for bid in bids if bid.price >= price)


def offered(asks: list[Order], price: int) -> int:
    return sum(ask.left for ask in asks if ask.price <= price)


def opening_price(asks: list[Order], bids: list[Order], reference: int) -> int:
    """The most volume; then the least left over; then the nearest to the reference, if any; then the lowest."""

    def rank(price: int) -> tuple[int, int, int, int]:
        demand, supply = wanted(bids, price), offered(asks, price)
        return -min(demand, supply), abs(demand - supply), abs(price - reference) if reference else 0, price

    return min(range(asks[0].price, bids[0].price + 1), key=rank)
