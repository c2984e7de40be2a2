"""The naive model's state as one value, equal to the house's own: the same hash."""

from __future__ import annotations

import math
import struct

from msgspec import Raw

from fondaco.core import command_records, layout
from fondaco.core import commands as c
from fondaco.core import events as e
from fondaco.core.commands import Side
from fondaco.core.events import ROW
from fondaco.core.instruments import Market
from fondaco.core.state import ENCODER, ClientOrder, MarketState, OrderState, RebateFundDone, State
from tests.core.reference_house import ReferenceHouse
from tests.core.reference_order import MILLION, Named, Order
from tests.core.reference_rows import flags, terms

CASH, ORDER_HOLD, FEE_INCOME, OUTSIDE_WORLD, REBATE, WITHDRAWAL_HOLD = 1, 2, 3, 4, 5, 6


def state_of(house: ReferenceHouse) -> State:
    """Everything the model knows, as the value that a snapshot holds."""
    is_open = [known for known in house.named.values() if known.forget_at_us is None]
    ended = [known for known in house.ended if house.remembered(known.user_id, known.name) is known]
    return State(
        rules_version=2,
        next_seq=house.next_seq,
        time_us=house.time_us,
        next_order_id=house.next_order_id,
        order_window=house.window,
        assets=list(house.assets.values()),
        markets=[_market_state(house, market) for market in house.markets.values()],
        users=list(house.users.values()),
        keys=list(house.keys.values()),
        accounts=accounts(house),
        balance_updates=[Raw(ENCODER.encode(done)) for done in house.balance_updates.values()],
        open_client_orders=[_client_order(known) for known in sorted(is_open, key=lambda known: known.order_id)],
        ended_client_orders=[_client_order(known) for known in ended],
        user_fees=[house.user_fees[name] for name in sorted(house.user_fees)],
        rebate_floors=sorted(house.floors.items()),
        rebate_funds=[_rebate_fund(*done) for done in house.rebate_funds.items()],
        withdrawals=list(house.withdrawals.values()),
        busts=list(house.busts.values()),
        dead_men=sorted(house.dead_men.items()),
        sessions=[(session_id, sorted(users)) for session_id, users in sorted(house.sessions_on.items())],
    )


def _market_state(house: ReferenceHouse, market: Market) -> MarketState:
    market_id = market.market_id
    asks, bids = ([_order(order) for order in house.queue(market_id, side)] for side in (Side.ASK, Side.BID))
    waiting = [_order(order) for order in house.waiting(market_id)]
    return MarketState(
        market, house.last_price.get(market_id, 0), house.last_deal.get(market_id, 0), asks, bids, waiting
    )


def _order(order: Order) -> OrderState:
    record = [0] * layout.ORDER_WORDS
    record[layout.O_TERMS] = terms(order.place) | flags(order) << 56
    record[layout.O_SESSION] = order.session_id
    record[layout.O_ID] = order.order_id
    record[layout.O_USER] = order.user_id
    record[layout.O_PRICE] = order.trigger_price if order.is_waiting else order.price
    record[layout.O_AMOUNT] = order.amount
    record[layout.O_LEFT] = order.left
    record[layout.O_DEAL_STOCK] = order.deal_stock_lots
    record[layout.O_DEAL_MONEY] = order.deal_money_units
    record[layout.O_DEAL_FEE] = order.fee_units
    record[layout.O_CTIME] = order.ctime_us
    record[layout.O_MTIME] = order.mtime_us
    record[layout.O_FEES] = order.taker_fee_ppm | order.maker_fee_ppm << 32
    record[layout.O_VISIBLE] = 0 if order.is_waiting else order.visible
    record[layout.O_EXTRA] = int((math.ceil(order.owed) - order.owed) * MILLION)
    return OrderState(record, _options(order) if order.place.options != c.NO_OPTIONS else [])


def _options(order: Order) -> list[int]:
    options = [0] * layout.OPTION_WORDS
    options[layout.X_DISPLAY] = order.place.display_lots
    options[layout.X_TRIGGER] = order.place.trigger
    options[layout.X_TRIGGER_PRICE] = order.trigger_price
    options[layout.X_TRAIL] = order.place.trail_ticks
    options[layout.X_EXPIRE] = order.place.expire_us
    options[layout.X_LIMIT] = order.price if order.is_waiting else 0
    return options


def accounts(house: ReferenceHouse) -> list[tuple[int, int]]:
    """(owner, asset, purpose) in one key of 24 and more, 16 and 8 bits; without zeros."""
    units: dict[int, int] = {}
    for user_id, asset_id in house.totals:
        key = user_id << 24 | asset_id << 8
        units[key | CASH] = house.available(user_id, asset_id)
        units[key | ORDER_HOLD] = house.order_hold(user_id, asset_id)
        units[key | WITHDRAWAL_HOLD] = house.withdrawal_hold(user_id, asset_id)
    for asset_id in house.assets:
        units[asset_id << 8 | FEE_INCOME] = house.fee_income.get(asset_id, 0)
        units[asset_id << 8 | OUTSIDE_WORLD] = house.outside.get(asset_id, 0)
        units[asset_id << 8 | REBATE] = house.rebates.get(asset_id, 0)
    return sorted((key, balance) for key, balance in units.items() if balance)


def _rebate_fund(name: tuple[int, int], done: tuple[c.RebateFund, e.RebateFunded]) -> RebateFundDone:
    asked, fact = done
    return RebateFundDone(*name, asked.change_units, asked.floor_units, fact.balance_units, fact.floor_units)


def _client_order(known: Named) -> Raw:
    """The request is kept as its record has it, without sender and name."""
    record = command_records.encode(c.HOUSE, known.place)
    words = struct.unpack(f"<{len(record) // 8}q", record)
    remembered = ClientOrder(
        known.user_id,
        known.name.encode(),
        known.order_id,
        words[2:-4],
        b"".join(ROW.pack(*row) for row in known.answer),
        known.forget_at_us or 0,
    )
    return Raw(ENCODER.encode(remembered))
