"""Every input of the house as a value: what may be asked of it, and by whom.

A batch carries them as records (``command_records.py``), which the journal stores and ``House.apply`` reads. Hot ones
(kind < ``RARE``) are carried out by the compiled matching, the rest by ``rare_commands.py``.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final

import msgspec

from fondaco.core.rewards.actions import Action, Idempotency

VERSION: Final = 1
RARE: Final = 64
CLIENT_ORDER_ID_LENGTH_MAX: Final = 32
BODY_LENGTH_MAX: Final = 65_536
NO_OPTIONS: Final = (0, 0, 0, 0)


class Kind(IntEnum):
    PLACE = 1
    CANCEL = 2
    AMEND = 3
    ASSET_CREATE = 64
    MARKET_CREATE = 65
    MARKET_UPDATE = 66
    USER_CREATE = 67
    USER_DISABLE = 68
    KEY_CREATE = 69
    KEY_REVOKE = 70
    BALANCE_UPDATE = 71
    TICK = 72
    ORDERS_CANCEL = 73
    DEAD_MAN = 74
    CANCEL_ON_DISCONNECT = 75
    SESSION_END = 76
    HOUSE_OPEN = 77
    FEES_SET = 78
    REBATE_FUND = 79
    WITHDRAWAL_FREEZE = 80
    WITHDRAWAL_END = 81
    TRADE_BUST = 82
    MARKET_PHASE = 83
    USER_ENABLE = 84
    REWARDS = 96


class Side(IntEnum):
    """As the exchange document numbers them: an ask sells stock, a bid buys it."""

    ASK = 1
    BID = 2


class OrderType(IntEnum):
    LIMIT = 1
    MARKET = 2


class TimeInForce(IntEnum):
    """GTD is good till its ``expire_us``."""

    GTC = 0
    IOC = 1
    FOK = 2
    GTD = 3


class SelfTrade(IntEnum):
    """What happens when an order would trade with one of the same user; the taker's mode rules."""

    NONE = 0
    CANCEL_NEWEST = 1
    CANCEL_OLDEST = 2
    CANCEL_BOTH = 3
    DECREMENT = 4


class Trigger(IntEnum):
    """What wakes an order that waits outside the book.

    A STOP fires when the last price moves against its side (a bid's rises to the trigger price), a TAKE_PROFIT when it
    moves in its favour (a bid's falls to it), a TRAILING stop is a stop whose trigger price follows the last price at
    ``trail_ticks``.
    """

    NONE = 0
    STOP = 1
    TAKE_PROFIT = 2
    TRAILING = 3


class Phase(IntEnum):
    """What a market takes: see docs/concepts/markets.md."""

    CONTINUOUS = 0
    HALT = 1
    CLOSE_ONLY = 2
    AUCTION = 3
    DELISTED = 4


HAS_CLIENT_ORDER_ID: Final = 1
HAS_OPTIONS: Final = 2


class Place(msgspec.Struct, frozen=True):
    """Put an order. ``price_ticks`` is 0 for a market order.

    ``amount`` is lots, or money units for a market bid; with ``in_other_unit`` a market bid's is lots and a market
    ask's is money units. ``display_lots`` is what an iceberg shows (0: all). A triggered order waits until the last
    price reaches ``trigger_price_ticks``; for a TRAILING one 0 means ``trail_ticks`` from the last price. ``expire_us``
    goes with GTD.
    """

    market_id: int
    side: Side
    order_type: OrderType
    time_in_force: TimeInForce
    price_ticks: int
    amount: int
    client_order_id: str = ""
    self_trade: SelfTrade = SelfTrade.NONE
    post_only: bool = False
    in_other_unit: bool = False
    trigger: Trigger = Trigger.NONE
    display_lots: int = 0
    trigger_price_ticks: int = 0
    trail_ticks: int = 0
    expire_us: int = 0

    @property
    def options(self) -> tuple[int, int, int, int]:
        return self.display_lots, self.trigger_price_ticks, self.trail_ticks, self.expire_us


class Cancel(msgspec.Struct, frozen=True):
    """Cancel an open order, named by ``order_id`` or else by ``client_order_id``."""

    market_id: int
    order_id: int = 0
    client_order_id: str = ""


class Amend(msgspec.Struct, frozen=True):
    """Change an open order; 0 leaves a value as it is. ``amount`` is the order's whole amount, traded part included.

    Less of a limit order at the same price keeps its place in the queue; anything else goes to the back of its price,
    and trades if its new price crosses. ``trigger_price_ticks`` is for an order that still waits for its trigger.
    """

    market_id: int
    order_id: int = 0
    price_ticks: int = 0
    amount: int = 0
    trigger_price_ticks: int = 0
    client_order_id: str = ""


class AssetCreate(msgspec.Struct, frozen=True):
    name: str
    scale_digits: int


class MarketCreate(msgspec.Struct, frozen=True):
    """``amount_min`` and ``money_min`` are in lots and in the money asset's minor units."""

    name: str
    stock: str
    money: str
    price_digits: int
    amount_digits: int
    amount_lots_min: int
    money_units_min: int
    maker_fee_ppm: int
    taker_fee_ppm: int
    price_band_ppm: int = 0
    reference_price_ticks: int = 0
    phase: Phase = Phase.CONTINUOUS


class MarketUpdate(msgspec.Struct, frozen=True):
    """New bounds, fees and price band of a market; ``None`` leaves a value as it is.

    Open orders keep the fees they were put with. ``price_band_ppm`` 0 is no band; ``reference_price_ticks`` 0 takes the
    last price for its middle.
    """

    name: str
    amount_lots_min: int | None = None
    money_units_min: int | None = None
    maker_fee_ppm: int | None = None
    taker_fee_ppm: int | None = None
    price_band_ppm: int | None = None
    reference_price_ticks: int | None = None


class MarketPhase(msgspec.Struct, frozen=True):
    """Put a market into another phase. Leaving AUCTION for CONTINUOUS uncrosses the book; DELISTED is for ever."""

    name: str
    phase: Phase


class UserCreate(msgspec.Struct, frozen=True):
    name: str


class UserDisable(msgspec.Struct, frozen=True):
    user_id: int


class UserEnable(msgspec.Struct, frozen=True):
    """Take a ``UserDisable`` back. Keys that were revoked stay so."""

    user_id: int


class KeyCreate(msgspec.Struct, frozen=True):
    api_key: str
    user_id: int
    scopes: tuple[str, ...]
    addresses: tuple[str, ...] = ()
    label: str = ""


class KeyRevoke(msgspec.Struct, frozen=True):
    api_key: str


class BalanceUpdate(msgspec.Struct, frozen=True):
    """Money in (positive) or out (negative) of the house, once for ever per (user, asset, business, business_id).

    ``detail`` is the caller's own JSON text, kept as it came.
    """

    user_id: int
    asset: str
    business: str
    business_id: int
    change_units: int
    detail: str = "{}"


class OrdersCancel(msgspec.Struct, frozen=True):
    """Cancel a user's open orders, on one market or (``market_id`` 0) on all. ``by_operator`` names the reason."""

    user_id: int
    market_id: int = 0
    by_operator: bool = False


class DeadMan(msgspec.Struct, frozen=True):
    """Cancel all of a user's orders ``timeout_us`` from now unless this comes again before; 0 turns it off."""

    user_id: int
    timeout_us: int


class CancelOnDisconnect(msgspec.Struct, frozen=True):
    """From now on (or no longer) the orders a session puts are cancelled when it ends."""

    session_id: int
    is_on: bool


class SessionEnd(msgspec.Struct, frozen=True):
    """A session that had ``CancelOnDisconnect`` on is gone: its orders are cancelled."""

    session_id: int


class HouseOpen(msgspec.Struct, frozen=True):
    """The house was started: every session there was before has ended, by ``SessionEnd``'s rule."""


class FeesSet(msgspec.Struct, frozen=True):
    """A user's own fees, on one market or (``market`` empty) on all others; both ``None`` ends them.

    Orders put from now on have them. A market's own entry comes before the one for all.
    """

    user_id: int
    market: str = ""
    maker_fee_ppm: int | None = None
    taker_fee_ppm: int | None = None


class RebateFund(msgspec.Struct, frozen=True):
    """Money into (or, negative, out of) the account that pays negative maker fees, once per (asset, business_id).

    ``floor_units`` is what rebates leave in the account; ``None`` leaves it as it is.
    """

    asset: str
    business_id: int
    change_units: int
    floor_units: int | None = None


class WithdrawalFreeze(msgspec.Struct, frozen=True):
    """Set aside what a user takes out, once for ever per (user, asset, business, business_id)."""

    user_id: int
    asset: str
    business: str
    business_id: int
    units: int
    detail: str = "{}"


class WithdrawalEnd(msgspec.Struct, frozen=True):
    """A frozen withdrawal left the house (``is_confirmed``), or goes back to its user."""

    user_id: int
    asset: str
    business: str
    business_id: int
    is_confirmed: bool


class TradeBust(msgspec.Struct, frozen=True):
    """Take back one deal, once: each side returns what it got and has its fee back. The terms are those of its FILL."""

    market_id: int
    deal_id: int
    taker_user_id: int
    maker_user_id: int
    taker_side: Side
    size_lots: int
    money_units: int
    taker_fee_units: int
    maker_fee_units: int
    reason: str = ""


class Rewards(msgspec.Struct, frozen=True):
    """One command of the rewards desk, by an operator of a programme (0: the house itself)."""

    programme_id: int
    operator: int
    action: Action
    idempotency: Idempotency | None = None


class Tick(msgspec.Struct, frozen=True):
    """Nothing but the passing of time: what is due by now happens. Sent only when the house is idle."""


RareCommand = (
    AssetCreate
    | MarketCreate
    | MarketUpdate
    | MarketPhase
    | UserCreate
    | UserDisable
    | UserEnable
    | KeyCreate
    | KeyRevoke
    | BalanceUpdate
    | OrdersCancel
    | DeadMan
    | CancelOnDisconnect
    | SessionEnd
    | HouseOpen
    | FeesSet
    | RebateFund
    | WithdrawalFreeze
    | WithdrawalEnd
    | TradeBust
    | Rewards
    | Tick
)
HotCommand = Place | Cancel | Amend
Command = HotCommand | RareCommand

RARE_KINDS: Final[dict[type[RareCommand], Kind]] = {
    AssetCreate: Kind.ASSET_CREATE,
    MarketCreate: Kind.MARKET_CREATE,
    MarketUpdate: Kind.MARKET_UPDATE,
    UserCreate: Kind.USER_CREATE,
    UserDisable: Kind.USER_DISABLE,
    KeyCreate: Kind.KEY_CREATE,
    KeyRevoke: Kind.KEY_REVOKE,
    BalanceUpdate: Kind.BALANCE_UPDATE,
    Tick: Kind.TICK,
    OrdersCancel: Kind.ORDERS_CANCEL,
    DeadMan: Kind.DEAD_MAN,
    CancelOnDisconnect: Kind.CANCEL_ON_DISCONNECT,
    SessionEnd: Kind.SESSION_END,
    HouseOpen: Kind.HOUSE_OPEN,
    FeesSet: Kind.FEES_SET,
    RebateFund: Kind.REBATE_FUND,
    WithdrawalFreeze: Kind.WITHDRAWAL_FREEZE,
    WithdrawalEnd: Kind.WITHDRAWAL_END,
    TradeBust: Kind.TRADE_BUST,
    MarketPhase: Kind.MARKET_PHASE,
    UserEnable: Kind.USER_ENABLE,
    Rewards: Kind.REWARDS,
}


class Sender(msgspec.Struct, frozen=True):
    """Who sent a command: the key, the session and the user it acts for. All zero: the house itself."""

    key_id: int = 0
    session_id: int = 0
    user_id: int = 0


HOUSE: Final = Sender()
