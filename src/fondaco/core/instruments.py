"""What can be held and traded: assets and spot markets, with their scales, bounds and fees.

A market is accepted only if price digits + amount digits fit the money asset's scale and the amount digits fit the
stock asset's, so that ``price_ticks × size_lots × money_units_per_tick_lot`` is exact and no rounding ever happens in
a fill. All are frozen: a change makes a new value, by a journalled command.
"""

from __future__ import annotations

from enum import IntEnum

import msgspec

from fondaco.core.commands import Phase

SCALE_DIGITS_MAX = 18
FEE_RATE_PPM_MAX = 500_000
PRICE_BAND_PPM_MAX = 1_000_000
MARKET_ID_MAX = 32_767
ASSET_ID_MAX = 32_767


class Asset(msgspec.Struct, frozen=True, array_like=True):
    """An asset. One whole unit is ``10**scale_digits`` minor units."""

    asset_id: int
    name: str
    scale_digits: int


class Market(msgspec.Struct, frozen=True, array_like=True):
    """A spot market: ``stock`` is what is traded, ``money`` is what pays for it.

    Prices are integers of ``10**-price_digits`` money, sizes of ``10**-amount_digits`` stock. With a price band, bids
    above and asks below ``reference_price_ticks`` (0: the last price) by more than ``price_band_ppm`` are refused.
    """

    market_id: int
    name: str
    stock_asset_id: int
    money_asset_id: int
    price_digits: int
    amount_digits: int
    money_units_per_tick_lot: int
    stock_units_per_lot: int
    amount_lots_min: int
    money_units_min: int
    maker_fee_ppm: int
    taker_fee_ppm: int
    price_band_ppm: int = 0
    reference_price_ticks: int = 0
    phase: Phase = Phase.CONTINUOUS


class User(msgspec.Struct, frozen=True, array_like=True):
    """Somebody who holds balances. ``user_id`` 0 is the house itself."""

    user_id: int
    name: str
    disabled: bool = False


class Key(msgspec.Struct, frozen=True, array_like=True):
    """An API key: public part only. ``key_id`` is short and stamps each command; the secret is never in the core."""

    key_id: int
    api_key: str
    user_id: int
    scopes: tuple[str, ...]
    addresses: tuple[str, ...] = ()
    label: str = ""
    revoked: bool = False


class UserFees(msgspec.Struct, frozen=True, array_like=True):
    """A user's own fee rates; ``market_id`` 0: on every market without an entry of its own. ``None``: none."""

    user_id: int
    market_id: int
    maker_fee_ppm: int | None
    taker_fee_ppm: int | None


class WithdrawalState(IntEnum):
    FROZEN = 0
    CONFIRMED = 1
    RELEASED = 2


class Withdrawal(msgspec.Struct, frozen=True, array_like=True):
    """Money of a user that is on its way out of the house."""

    user_id: int
    asset_id: int
    business: str
    business_id: int
    units: int
    detail: str
    state: WithdrawalState = WithdrawalState.FROZEN


#: What a key may be allowed to do.
SCOPES = ("read", "trade", "transfer", "operate")
