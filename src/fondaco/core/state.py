"""The logical state of a house as one value: what a snapshot holds and what the state hash covers.

It says what is so, never how it lies in memory: accounts by key, orders in the order they would trade. Two houses that
applied the same commands give the same bytes, compiled or not, restored or not.
"""

from __future__ import annotations

import msgspec

from fondaco.core.events import TradeBusted
from fondaco.core.instruments import Asset, Key, Market, User, UserFees, Withdrawal
from fondaco.core.rewards.books_state import RewardsState


class BalanceUpdateDone(msgspec.Struct, frozen=True, array_like=True):
    """A balance update that was made, kept for ever so that it is never made twice."""

    user_id: int
    asset_id: int
    business: str
    business_id: int
    change_units: int
    balance_units: int
    detail: str


class RebateFundDone(msgspec.Struct, frozen=True, array_like=True):
    """A change of the rebate account that was made, with what was asked and what came of it."""

    asset_id: int
    business_id: int
    change_units: int
    asked_floor_units: int | None
    balance_units: int
    floor_units: int


class ClientOrder(msgspec.Struct, frozen=True, array_like=True):
    """What is remembered of an order by the name its user gave it.

    ``request`` is words 2 to 4 of the record, and those of its options; ``answer`` is rows. Of an open order
    ``forget_at_us`` is 0.
    """

    user_id: int
    client_order_id: bytes
    order_id: int
    request: tuple[int, ...]
    answer: bytes
    forget_at_us: int = 0


class OrderState(msgspec.Struct, frozen=True, array_like=True):
    """An open order as records of ``layout.py``, without what says only where something lies in memory."""

    record: list[int]
    options: list[int]


class MarketState(msgspec.Struct, frozen=True, array_like=True):
    """A market with what trading made of it: orders in the order they would trade, those that wait by their ids."""

    market: Market
    last_price_ticks: int
    last_deal_id: int
    asks: list[OrderState]
    bids: list[OrderState]
    waiting: list[OrderState]


class State(msgspec.Struct, frozen=True, array_like=True):
    """Everything the house knows. ``rules_version`` names the behaviour under which the journal is replayed.

    Each of ``balance_updates`` is a ``BalanceUpdateDone``, each of the client orders a ``ClientOrder``, left packed
    because they are many.
    """

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
    balance_updates: list[msgspec.Raw]
    open_client_orders: list[msgspec.Raw]
    ended_client_orders: list[msgspec.Raw]
    user_fees: list[UserFees]
    rebate_floors: list[tuple[int, int]]
    rebate_funds: list[RebateFundDone]
    withdrawals: list[Withdrawal]
    busts: list[TradeBusted]
    dead_men: list[tuple[int, int]]
    sessions: list[tuple[int, list[int]]]


class StateWithRewards(State, frozen=True, array_like=True):
    """Of a house that has rewards programmes; one without them has the state it always had."""

    rewards: RewardsState | None = None


ENCODER = msgspec.msgpack.Encoder()
DECODER = msgspec.msgpack.Decoder(StateWithRewards)
