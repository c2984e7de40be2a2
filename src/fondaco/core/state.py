"""The logical state of a house as one value: what a snapshot holds and what the state hash covers.

It says what is so, never how it lies in memory: accounts by key, orders in the order they would trade. Two houses that
applied the same commands give the same bytes, compiled or not, restored or not.
"""

from __future__ import annotations

import msgspec

from fondaco.core.client_orders import ClientOrder
from fondaco.core.instruments import Asset, Key, Market, User


class BalanceUpdateDone(msgspec.Struct, frozen=True, array_like=True):
    """A balance update that was made, kept for ever so that it is never made twice."""

    user_id: int
    asset_id: int
    business: str
    business_id: int
    change_units: int
    balance_units: int
    detail: str


class MarketState(msgspec.Struct, frozen=True, array_like=True):
    """A market with what trading made of it; orders as records of ``layout.py``, without their links."""

    market: Market
    last_price_ticks: int
    last_deal_id: int
    asks: list[list[int]]
    bids: list[list[int]]


class State(msgspec.Struct, frozen=True, array_like=True):
    """Everything the house knows. ``rules_version`` names the behaviour under which the journal is replayed."""

    rules_version: int
    next_seq: int
    time_us: int
    next_order_id: int
    order_window: int
    assets: list[Asset]
    markets: list[MarketState]
    users: list[User]
    keys: list[Key]
    accounts: list[tuple[int, int]]
    balance_updates: list[BalanceUpdateDone]
    open_client_orders: list[ClientOrder]
    ended_client_orders: list[ClientOrder]


ENCODER = msgspec.msgpack.Encoder()
DECODER = msgspec.msgpack.Decoder(State)
