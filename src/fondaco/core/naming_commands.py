"""What has a name: assets, markets, users, keys; and the terms that go with a market or a user."""

from __future__ import annotations

import re

from msgspec.structs import replace

from fondaco.core import commands as c
from fondaco.core import events as e
from fondaco.core.engine import Matching
from fondaco.core.instruments import (
    ASSET_ID_MAX,
    FEE_RATE_PPM_MAX,
    MARKET_ID_MAX,
    PRICE_BAND_PPM_MAX,
    SCALE_DIGITS_MAX,
    SCOPES,
    Asset,
    Key,
    Market,
    User,
    UserFees,
)
from fondaco.core.layout import (
    M_AMOUNT_MIN,
    M_BAND,
    M_FEES,
    M_LAST_DEAL,
    M_LAST_PRICE,
    M_MONEY,
    M_MONEY_MIN,
    M_MONEY_UNITS,
    M_PHASE,
    M_PRICE_MAX,
    M_REFERENCE,
    M_STOCK,
    M_STOCK_UNITS,
    M_WAITING,
    MARKET_WORDS,
    U_FLAGS,
    U_STATE,
    USER_ACTIVE,
    USER_DISABLED,
)
from fondaco.core.refusal import INVALID, Refusal, shown
from fondaco.core.register import Register
from fondaco.core.rejects import Reject
from fondaco.core.units import UNITS_MAX

ASSET_NAME = re.compile(r"[A-Z0-9][A-Z0-9._-]{0,15}", re.ASCII)
MARKET_NAME = re.compile(r"[A-Z0-9][A-Z0-9._/-]{0,31}", re.ASCII)
USER_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}", re.ASCII)
API_KEY = re.compile(r"[A-Za-z0-9._-]{4,64}", re.ASCII)
LABEL_LENGTH_MAX = 64
ADDRESSES_MAX = 16


def create_asset(command: c.AssetCreate, register: Register) -> e.Fact | Refusal:
    if ASSET_NAME.fullmatch(command.name) is None or not 0 <= command.scale_digits <= SCALE_DIGITS_MAX:
        return Reject.INVALID_ARGUMENT, SCALE_DIGITS_MAX, shown(command.scale_digits)
    if command.name in register.asset_ids:
        return Reject.NAME_TAKEN, 0, register.asset_ids[command.name]
    asset_id = len(register.assets) + 1
    if asset_id > ASSET_ID_MAX:
        return Reject.INVALID_ARGUMENT, ASSET_ID_MAX, asset_id
    asset = Asset(asset_id, command.name, command.scale_digits)
    register.add_asset(asset)
    return e.AssetCreated(asset)


def create_market(command: c.MarketCreate, register: Register, matching: Matching) -> e.Fact | Refusal:
    if MARKET_NAME.fullmatch(command.name) is None or command.stock == command.money:
        return INVALID
    if not 0 <= command.price_digits <= SCALE_DIGITS_MAX or not 0 <= command.amount_digits <= SCALE_DIGITS_MAX:
        return Reject.INVALID_ARGUMENT, SCALE_DIGITS_MAX, shown(max(command.price_digits, command.amount_digits))
    terms = _refused_terms(
        command.amount_lots_min, command.money_units_min, command.maker_fee_ppm, command.taker_fee_ppm
    ) or _refused_band(command.price_band_ppm)
    if terms is not None:
        return terms
    for name in (command.stock, command.money):
        if name not in register.asset_ids:
            return Reject.UNKNOWN_ASSET, 0, 0
    if command.name in register.market_ids:
        return Reject.NAME_TAKEN, 0, register.market_ids[command.name]
    stock = register.assets[register.asset_ids[command.stock]]
    money = register.assets[register.asset_ids[command.money]]
    if command.amount_digits > stock.scale_digits:
        return Reject.SCALE_TOO_COARSE, stock.scale_digits, command.amount_digits
    if command.price_digits + command.amount_digits > money.scale_digits:
        return Reject.SCALE_TOO_COARSE, money.scale_digits, command.price_digits + command.amount_digits
    if matching.floor.market_count > MARKET_ID_MAX:
        return Reject.INVALID_ARGUMENT, MARKET_ID_MAX, matching.floor.market_count
    money_units = 10 ** (money.scale_digits - command.price_digits - command.amount_digits)
    reference = _refused_reference(command.reference_price_ticks, money_units)
    if reference is not None:
        return reference
    market = Market(
        market_id=matching.floor.market_count,
        name=command.name,
        stock_asset_id=stock.asset_id,
        money_asset_id=money.asset_id,
        price_digits=command.price_digits,
        amount_digits=command.amount_digits,
        money_units_per_tick_lot=money_units,
        stock_units_per_lot=10 ** (stock.scale_digits - command.amount_digits),
        amount_lots_min=max(command.amount_lots_min, 1),
        money_units_min=command.money_units_min,
        maker_fee_ppm=command.maker_fee_ppm,
        taker_fee_ppm=command.taker_fee_ppm,
        price_band_ppm=command.price_band_ppm,
        reference_price_ticks=command.reference_price_ticks,
        phase=command.phase,
    )
    matching.floor.add_market(market_words(market, 0, 0))
    register.add_market(market)
    return e.MarketCreated(market)


def update_market(command: c.MarketUpdate, register: Register, matching: Matching) -> e.Fact | Refusal:
    market_id = register.market_ids.get(command.name)
    if market_id is None:
        return Reject.UNKNOWN_MARKET, 0, 0
    old = register.markets[market_id]
    amount_lots_min = old.amount_lots_min if command.amount_lots_min is None else command.amount_lots_min
    money_units_min = old.money_units_min if command.money_units_min is None else command.money_units_min
    maker_fee_ppm = old.maker_fee_ppm if command.maker_fee_ppm is None else command.maker_fee_ppm
    taker_fee_ppm = old.taker_fee_ppm if command.taker_fee_ppm is None else command.taker_fee_ppm
    band_ppm = old.price_band_ppm if command.price_band_ppm is None else command.price_band_ppm
    reference = old.reference_price_ticks if command.reference_price_ticks is None else command.reference_price_ticks
    refusal = (
        _refused_terms(amount_lots_min, money_units_min, maker_fee_ppm, taker_fee_ppm)
        or _refused_band(band_ppm)
        or _refused_reference(reference, old.money_units_per_tick_lot)
    )
    if refusal is not None:
        return refusal
    market = replace(
        old,
        amount_lots_min=max(amount_lots_min, 1),
        money_units_min=money_units_min,
        maker_fee_ppm=maker_fee_ppm,
        taker_fee_ppm=taker_fee_ppm,
        price_band_ppm=band_ppm,
        reference_price_ticks=reference,
    )
    put_market(market, register, matching)
    return e.MarketUpdated(market)


def put_market(market: Market, register: Register, matching: Matching) -> None:
    """Another value of a market that is there."""
    words = matching.floor.market_words(market.market_id)
    matching.floor.set_market(
        market.market_id, market_words(market, words[M_LAST_PRICE], words[M_LAST_DEAL], words[M_WAITING])
    )
    register.add_market(market)


def _refused_terms(amount_lots_min: int, money_units_min: int, maker_ppm: int, taker_ppm: int) -> Refusal | None:
    for minimum in (amount_lots_min, money_units_min):
        if not 0 <= minimum <= UNITS_MAX:
            return Reject.INVALID_ARGUMENT, UNITS_MAX, shown(minimum)
    return _refused_fees(maker_ppm, taker_ppm)


def _refused_fees(maker_ppm: int, taker_ppm: int) -> Refusal | None:
    """A maker's rate may be negative: a rebate."""
    for fee_ppm, least in ((maker_ppm, -FEE_RATE_PPM_MAX), (taker_ppm, 0)):
        if not least <= fee_ppm <= FEE_RATE_PPM_MAX:
            return Reject.INVALID_ARGUMENT, FEE_RATE_PPM_MAX, shown(fee_ppm)
    return None


def _refused_band(band_ppm: int) -> Refusal | None:
    if not 0 <= band_ppm <= PRICE_BAND_PPM_MAX:
        return Reject.INVALID_ARGUMENT, PRICE_BAND_PPM_MAX, shown(band_ppm)
    return None


def _refused_reference(price_ticks: int, money_units: int) -> Refusal | None:
    if not 0 <= price_ticks <= UNITS_MAX // money_units:
        return Reject.INVALID_ARGUMENT, UNITS_MAX // money_units, shown(price_ticks)
    return None


def market_words(market: Market, last_price_ticks: int, last_deal_id: int, waiting: int = 0) -> list[int]:
    """A market as the compiled core keeps it."""
    words = [0] * MARKET_WORDS
    words[M_STOCK] = market.stock_asset_id
    words[M_MONEY] = market.money_asset_id
    words[M_MONEY_UNITS] = market.money_units_per_tick_lot
    words[M_STOCK_UNITS] = market.stock_units_per_lot
    words[M_AMOUNT_MIN] = market.amount_lots_min
    words[M_MONEY_MIN] = market.money_units_min
    words[M_FEES] = market.taker_fee_ppm | (market.maker_fee_ppm << 32)
    words[M_PHASE] = market.phase
    words[M_BAND] = market.price_band_ppm
    words[M_REFERENCE] = market.reference_price_ticks
    words[M_PRICE_MAX] = UNITS_MAX // market.money_units_per_tick_lot
    words[M_WAITING] = waiting
    words[M_LAST_PRICE] = last_price_ticks
    words[M_LAST_DEAL] = last_deal_id
    return words


def create_user(command: c.UserCreate, register: Register, matching: Matching) -> e.Fact | Refusal:
    if USER_NAME.fullmatch(command.name) is None:
        return INVALID
    if command.name in register.users.ids:
        return Reject.NAME_TAKEN, 0, register.users.ids[command.name]
    user = User(len(register.users) + 1, command.name)
    register.add_user(user)
    matching.table.add_user(user.user_id, USER_ACTIVE)
    return e.UserCreated(user)


def disable_user(command: c.UserDisable, register: Register, matching: Matching) -> e.Fact | Refusal:
    if command.user_id not in register.users:
        return Reject.UNKNOWN_USER, 0, 0
    return e.UserDisabled(_put_user(replace(register.users[command.user_id], disabled=True), register, matching))


def enable_user(command: c.UserEnable, register: Register, matching: Matching) -> e.Fact | Refusal:
    if command.user_id not in register.users:
        return Reject.UNKNOWN_USER, 0, 0
    return e.UserEnabled(_put_user(replace(register.users[command.user_id], disabled=False), register, matching))


def _put_user(user: User, register: Register, matching: Matching) -> User:
    """Another state of a user that is there, for the register and for orders alike."""
    register.add_user(user)
    matching.table.set_user(user.user_id, U_STATE, USER_DISABLED if user.disabled else USER_ACTIVE)
    return user


def create_key(command: c.KeyCreate, register: Register) -> e.Fact | Refusal:
    if API_KEY.fullmatch(command.api_key) is None or not command.scopes or not set(command.scopes) <= set(SCOPES):
        return INVALID
    if len(command.addresses) > ADDRESSES_MAX or len(command.label) > LABEL_LENGTH_MAX:
        return INVALID
    if command.user_id not in register.users:
        return Reject.UNKNOWN_USER, 0, 0
    if command.api_key in register.keys:
        return Reject.NAME_TAKEN, 0, register.keys[command.api_key].key_id
    key = Key(
        key_id=len(register.keys) + 1,
        api_key=command.api_key,
        user_id=command.user_id,
        scopes=command.scopes,
        addresses=command.addresses,
        label=command.label,
    )
    register.add_key(key)
    return e.KeyCreated(key)


def revoke_key(command: c.KeyRevoke, register: Register) -> e.Fact | Refusal:
    old = register.keys.get(command.api_key)
    if old is None:
        return Reject.UNKNOWN_KEY, 0, 0
    key = replace(old, revoked=True)
    register.add_key(key)
    return e.KeyRevoked(key)


def set_fees(command: c.FeesSet, register: Register, matching: Matching) -> e.Fact | Refusal:
    if command.user_id not in register.users:
        return Reject.UNKNOWN_USER, 0, 0
    market_id = register.market_ids.get(command.market) if command.market else 0
    if market_id is None:
        return Reject.UNKNOWN_MARKET, 0, 0
    maker_ppm, taker_ppm = command.maker_fee_ppm, command.taker_fee_ppm
    if maker_ppm is None or taker_ppm is None:
        if maker_ppm is not taker_ppm:
            return INVALID
    else:
        refusal = _refused_fees(maker_ppm, taker_ppm)
        if refusal is not None:
            return refusal
    fees = UserFees(command.user_id, market_id, maker_ppm, taker_ppm)
    put_user_fees(fees, matching)
    return e.UserFeesSet(fees)


def put_user_fees(fees: UserFees, matching: Matching) -> None:
    """Let a user's orders have these rates from now on, or no longer."""
    if fees.maker_fee_ppm is None or fees.taker_fee_ppm is None:
        own = matching.placing.user_fees.get(fees.user_id, {})
        own.pop(fees.market_id, None)
        if not own:
            matching.placing.user_fees.pop(fees.user_id, None)
    else:
        own = matching.placing.user_fees.setdefault(fees.user_id, {})
        own[fees.market_id] = fees.maker_fee_ppm, fees.taker_fee_ppm
    matching.table.set_user(fees.user_id, U_FLAGS, int(bool(own)))
