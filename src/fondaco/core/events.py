"""Every fact the house states, as rows of sixteen words.

``House.apply`` answers a batch with rows of ``ROW_WORDS`` 64-bit integers: one layout for every kind, so that a reader
walks them with one ``iter_unpack``. Each command ends in exactly one row whose ``IS_ANSWER`` flag is set: that row is
what its sender is told. Facts of rare commands carry an object besides, in ``Applied.facts``. Events are not stored:
they are computed again from the journal, bit for bit.

    word 0   kind (8) | cause (8) | side (8) | order_type (8) | market_id (16) | time_in_force (8) | flags (7)
    word 1   seq of the command

    ORDER, ORDER_REPEATED   the order as it stands after this step; cause is put, update or finish
        2 order_id   3 user_id   4 price_ticks   5 amount   6 left   7 deal_stock_lots   8 deal_money_units
        9 deal_fee_units   10 ctime_us   11 mtime_us   12 taker_fee_ppm   13 maker_fee_ppm   14 finish   15 sender's id
    FILL    side is the taker's
        2 deal_id   3 price_ticks   4 size_lots   5 money_units   6 taker_order_id   7 maker_order_id
        8 taker_user_id (32) | maker_user_id (31)   9 taker_fee_units   10 maker_fee_units
        11, 12 the taker's stock and money after it (available + hold)   13, 14 the maker's   15 time_us
    REJECT
        2 reject   3 user_id   4 bound   5 value   (bound and value: what was allowed and what was asked, where known)
    FACT
        2 index into Applied.facts   3 user_id

``amount`` and ``left`` are lots, or money units for a market bid.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from enum import IntEnum
from typing import Final

import msgspec

from fondaco.core.instruments import Asset, Key, Market, User

ROW_WORDS: Final = 16
ROW: Final = struct.Struct("<16q")
Row = tuple[int, ...]

IS_ANSWER: Final = 1
HAS_CLIENT_ORDER_ID: Final = 2


class EventKind(IntEnum):
    ORDER = 1
    FILL = 2
    REJECT = 3
    FACT = 4
    ORDER_REPEATED = 5


class Cause(IntEnum):
    """Why an ORDER row was written, numbered as the exchange document's order events."""

    PUT = 1
    UPDATE = 2
    FINISH = 3


class Finish(IntEnum):
    """How an order ended; ``OPEN`` while it has not."""

    OPEN = 0
    FILLED = 1
    CANCELLED = 2
    REMAINDER_CANCELLED = 3


class AssetCreated(msgspec.Struct, frozen=True):
    asset: Asset


class MarketCreated(msgspec.Struct, frozen=True):
    market: Market


class MarketUpdated(msgspec.Struct, frozen=True):
    market: Market


class UserCreated(msgspec.Struct, frozen=True):
    user: User


class UserDisabled(msgspec.Struct, frozen=True):
    user: User


class KeyCreated(msgspec.Struct, frozen=True):
    key: Key


class KeyRevoked(msgspec.Struct, frozen=True):
    key: Key


class BalanceUpdated(msgspec.Struct, frozen=True):
    """Money came in or went out. ``repeated``: the same business id with the same body; nothing was moved again."""

    user_id: int
    asset_id: int
    business: str
    business_id: int
    change_units: int
    balance_units: int
    detail: str
    repeated: bool = False


class Ticked(msgspec.Struct, frozen=True):
    pass


Fact = (
    AssetCreated
    | MarketCreated
    | MarketUpdated
    | UserCreated
    | UserDisabled
    | KeyCreated
    | KeyRevoked
    | BalanceUpdated
    | Ticked
)


class Applied(msgspec.Struct, frozen=True):
    """What one batch did. ``rows`` is packed ROW after ROW, a copy that stays valid."""

    first_seq: int
    count: int
    time_us: int
    rows: bytes
    facts: tuple[Fact, ...]

    def __iter__(self) -> Iterator[Row]:
        return ROW.iter_unpack(self.rows)


def kind_of(row: Row) -> int:
    return row[0] & 0xFF


def cause_of(row: Row) -> int:
    return (row[0] >> 8) & 0xFF


def side_of(row: Row) -> int:
    return (row[0] >> 16) & 0xFF


def order_type_of(row: Row) -> int:
    return (row[0] >> 24) & 0xFF


def market_id_of(row: Row) -> int:
    return (row[0] >> 32) & 0xFFFF


def time_in_force_of(row: Row) -> int:
    return (row[0] >> 48) & 0xFF


def is_answer(row: Row) -> bool:
    return bool((row[0] >> 56) & IS_ANSWER)


def has_client_order_id(row: Row) -> bool:
    return bool((row[0] >> 56) & HAS_CLIENT_ORDER_ID)


def taker_fee_ppm_of(row: Row) -> int:
    """The rate an order of an ORDER row pays where it takes."""
    return row[12]


def maker_fee_ppm_of(row: Row) -> int:
    """The rate it pays where it was resting; below zero it is paid."""
    return row[13]
