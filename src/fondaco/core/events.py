"""Every fact the house states, as rows of sixteen words.

``House.apply`` answers a batch with rows of ``ROW_WORDS`` 64-bit integers: one layout for every kind, so that a reader
walks them with one ``iter_unpack``. Each command has exactly one row whose ``IS_ANSWER`` flag is set: that row is what
its sender is told. What fell due with time (expired orders, dead men) stands before the first command's rows, under its
sequence; what an answer set off (triggered orders) stands after it. Facts of rare commands carry an object besides, in
``Applied.facts``. Events are not stored: they are computed again from the journal, bit for bit.

    word 0   kind (8) | cause (8) | side (8) | order_type (8) | market_id (16) | execution (8) | flags (7)
    word 1   seq of the command

    ORDER, ORDER_REPEATED   the order as it stands after this step; cause is put, update or finish
        2 order_id   3 user_id   4 price_ticks   5 amount   6 left   7 deal_stock_lots   8 deal_money_units
        9 deal_fee_units   10 ctime_us   11 mtime_us   12 taker_fee_ppm (32) | maker_fee_ppm (32, signed)
        13 visible_lots, what it shows in the book; 0 when it is in none   14 finish   15 sender's user_id
    OPTIONS   precedes every ORDER row that has the flag HAS_OPTIONS
        2 order_id   3 user_id   4 trigger   5 trigger_price_ticks   6 trail_ticks   7 display_lots   8 expire_us
    FILL    side is the taker's
        2 deal_id   3 price_ticks   4 size_lots   5 money_units   6 taker_order_id   7 maker_order_id
        8 taker_user_id (32) | maker_user_id (31)   9 taker_fee_units   10 maker_fee_units (negative: a rebate)
        11, 12 the taker's stock and money after it (available + holds)   13, 14 the maker's   15 time_us
    REJECT
        2 reject   3 user_id   4 bound   5 value   (bound and value: what was allowed and what was asked, where known)
    FACT
        2 index into Applied.facts   3 user_id

``amount`` and ``left`` are lots, or money units for a market bid; with the flag OTHER_UNIT a market bid's are lots and
a market ask's money units. A deal between two orders of an opening auction has the later of the two as its taker.
"""

from __future__ import annotations

import struct
from enum import IntEnum
from typing import Final

import msgspec

from fondaco.core.commands import OrderType, Side
from fondaco.core.instruments import Asset, Key, Market, User, UserFees, Withdrawal
from fondaco.core.rewards.facts import RewardsApplied

ROW_WORDS: Final = 16
ROW: Final = struct.Struct("<16q")
Row = tuple[int, ...]

IS_ANSWER: Final = 1
HAS_CLIENT_ORDER_ID: Final = 2
#: An OPTIONS row stands before this one.
HAS_OPTIONS: Final = 4
#: The order waits for its trigger, outside the book.
IS_WAITING: Final = 8
#: The order went to the back of its price (an amended order, an iceberg that shows its next part).
HAS_MOVED: Final = 16
OTHER_UNIT: Final = 32


class EventKind(IntEnum):
    ORDER = 1
    FILL = 2
    REJECT = 3
    FACT = 4
    ORDER_REPEATED = 5
    OPTIONS = 6


class Cause(IntEnum):
    """Why an ORDER row was written, numbered as the exchange document's order events."""

    PUT = 1
    UPDATE = 2
    FINISH = 3


class Finish(IntEnum):
    """How an order ended; ``OPEN`` while it has not.

    REMAINDER_CANCELLED: what an order that cannot rest left untraded. TRIGGER_REFUSED: its trigger fired, and it could
    not be carried out (nobody to trade with, fill or kill, post only).
    """

    OPEN = 0
    FILLED = 1
    CANCELLED = 2
    REMAINDER_CANCELLED = 3
    EXPIRED = 4
    SELF_TRADE = 5
    BY_OPERATOR = 6
    DELISTED = 7
    DEAD_MAN = 8
    DISCONNECTED = 9
    TRIGGER_REFUSED = 10


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


class UserEnabled(msgspec.Struct, frozen=True):
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


class OrdersCancelled(msgspec.Struct, frozen=True):
    """``market_id`` 0: on all markets."""

    user_id: int
    market_id: int
    count: int


class DeadManSet(msgspec.Struct, frozen=True):
    """``deadline_us`` 0: off."""

    user_id: int
    deadline_us: int


class CancelOnDisconnectSet(msgspec.Struct, frozen=True):
    session_id: int
    is_on: bool


class SessionEnded(msgspec.Struct, frozen=True):
    """``count`` orders were cancelled. ``session_id`` 0: all sessions, as the house was started anew."""

    session_id: int
    count: int


class UserFeesSet(msgspec.Struct, frozen=True):
    fees: UserFees


class RebateFunded(msgspec.Struct, frozen=True):
    asset_id: int
    business_id: int
    change_units: int
    balance_units: int
    floor_units: int
    repeated: bool = False


class WithdrawalChanged(msgspec.Struct, frozen=True):
    """``balance_units`` is what the user has of the asset after it (available + holds)."""

    withdrawal: Withdrawal
    balance_units: int
    repeated: bool = False


class TradeBusted(msgspec.Struct, frozen=True):
    """The balances are what each side has of stock and money after it (available + holds)."""

    market_id: int
    deal_id: int
    taker_user_id: int
    maker_user_id: int
    taker_side: int
    size_lots: int
    money_units: int
    taker_fee_units: int
    maker_fee_units: int
    reason: str
    taker_stock_units: int
    taker_money_units: int
    maker_stock_units: int
    maker_money_units: int
    time_us: int
    repeated: bool = False


class MarketPhaseSet(msgspec.Struct, frozen=True):
    """``uncross_price_ticks`` and ``uncross_lots`` are those of an auction that ended; 0 where nothing crossed."""

    market: Market
    uncross_price_ticks: int = 0
    uncross_lots: int = 0
    cancelled: int = 0


class Ticked(msgspec.Struct, frozen=True):
    pass


Fact = (
    AssetCreated
    | MarketCreated
    | MarketUpdated
    | UserCreated
    | UserDisabled
    | UserEnabled
    | KeyCreated
    | KeyRevoked
    | BalanceUpdated
    | OrdersCancelled
    | DeadManSet
    | CancelOnDisconnectSet
    | SessionEnded
    | UserFeesSet
    | RebateFunded
    | WithdrawalChanged
    | TradeBusted
    | MarketPhaseSet
    | RewardsApplied
    | Ticked
)


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
    return (row[0] >> 48) & 7


def self_trade_of(row: Row) -> int:
    return (row[0] >> 51) & 7


def is_post_only(row: Row) -> bool:
    return bool((row[0] >> 54) & 1)


def taker_fee_ppm_of(row: Row) -> int:
    return row[12] & 0xFFFF_FFFF


def maker_fee_ppm_of(row: Row) -> int:
    return row[12] >> 32


def is_answer(row: Row) -> bool:
    return bool((row[0] >> 56) & IS_ANSWER)


def has_client_order_id(row: Row) -> bool:
    return bool((row[0] >> 56) & HAS_CLIENT_ORDER_ID)


def has_options(row: Row) -> bool:
    return bool((row[0] >> 56) & HAS_OPTIONS)


def is_waiting(row: Row) -> bool:
    return bool((row[0] >> 56) & IS_WAITING)


def is_by_money(row: Row) -> bool:
    """Whether ``amount`` and ``left`` of an ORDER row are money units."""
    is_market = order_type_of(row) == OrderType.MARKET
    is_bid = side_of(row) == Side.BID
    return is_market and is_bid != bool((row[0] >> 56) & OTHER_UNIT)
