"""What the rare commands do: assets, markets, users, keys and money in and out.

Each takes the register and the ledger, and answers a fact or a refusal with the bound and the value it speaks of. All
checks come before the first change, so a refusal changes nothing.
"""

from __future__ import annotations

import re

from msgspec.structs import replace

from fondaco.core import commands as c
from fondaco.core import events as e
from fondaco.core.instruments import (
    ASSET_ID_MAX,
    FEE_RATE_PPM_MAX,
    MARKET_ID_MAX,
    SCALE_DIGITS_MAX,
    SCOPES,
    Asset,
    Key,
    Market,
    User,
)
from fondaco.core.layout import (
    M_AMOUNT_MIN,
    M_LAST_DEAL,
    M_LAST_PRICE,
    M_MAKER_FEE,
    M_MONEY,
    M_MONEY_MIN,
    M_MONEY_UNITS,
    M_STOCK,
    M_STOCK_UNITS,
    M_TAKER_FEE,
    MARKET_WORDS,
)
from fondaco.core.ledger import CASH, HOUSE_OWNER, ORDER_HOLD, OUTSIDE_WORLD
from fondaco.core.matching import Matching
from fondaco.core.order_table import USER_ACTIVE, USER_DISABLED
from fondaco.core.register import Register
from fondaco.core.rejects import Reject
from fondaco.core.state import BalanceUpdateDone
from fondaco.core.units import UNITS_MAX

Refusal = tuple[Reject, int, int]

ASSET_NAME = re.compile(r"[A-Z0-9][A-Z0-9._-]{0,15}", re.ASCII)
MARKET_NAME = re.compile(r"[A-Z0-9][A-Z0-9._/-]{0,31}", re.ASCII)
USER_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}", re.ASCII)
API_KEY = re.compile(r"[A-Za-z0-9._-]{4,64}", re.ASCII)
BUSINESS = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}", re.ASCII)
BUSINESS_ID_MAX = (1 << 63) - 1
DETAIL_LENGTH_MAX = 1024
LABEL_LENGTH_MAX = 64
ADDRESSES_MAX = 16

_INVALID: Refusal = (Reject.INVALID_ARGUMENT, 0, 0)


def carry_out(command: c.RareCommand, register: Register, matching: Matching) -> e.Fact | Refusal:
    """Do one rare command."""
    match command:
        case c.BalanceUpdate():
            return _update_balance(command, register, matching)
        case c.AssetCreate():
            return _create_asset(command, register)
        case c.MarketCreate():
            return _create_market(command, register, matching)
        case c.MarketUpdate():
            return _update_market(command, register, matching)
        case c.UserCreate():
            return _create_user(command, register, matching)
        case c.UserDisable():
            return _disable_user(command, register, matching)
        case c.KeyCreate():
            return _create_key(command, register)
        case c.KeyRevoke():
            return _revoke_key(command, register)
        case c.Tick():
            return e.Ticked()


def _create_asset(command: c.AssetCreate, register: Register) -> e.Fact | Refusal:
    if ASSET_NAME.fullmatch(command.name) is None or not 0 <= command.scale_digits <= SCALE_DIGITS_MAX:
        return Reject.INVALID_ARGUMENT, SCALE_DIGITS_MAX, _shown(command.scale_digits)
    if command.name in register.asset_ids:
        return Reject.NAME_TAKEN, 0, register.asset_ids[command.name]
    asset_id = len(register.assets) + 1
    if asset_id > ASSET_ID_MAX:
        return Reject.INVALID_ARGUMENT, ASSET_ID_MAX, asset_id
    asset = Asset(asset_id, command.name, command.scale_digits)
    register.add_asset(asset)
    return e.AssetCreated(asset)


def _create_market(command: c.MarketCreate, register: Register, matching: Matching) -> e.Fact | Refusal:
    if MARKET_NAME.fullmatch(command.name) is None or command.stock == command.money:
        return _INVALID
    if not 0 <= command.price_digits <= SCALE_DIGITS_MAX or not 0 <= command.amount_digits <= SCALE_DIGITS_MAX:
        return Reject.INVALID_ARGUMENT, SCALE_DIGITS_MAX, _shown(max(command.price_digits, command.amount_digits))
    terms = _refused_terms(
        command.amount_lots_min, command.money_units_min, command.maker_fee_ppm, command.taker_fee_ppm
    )
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
    if matching.market_count > MARKET_ID_MAX:
        return Reject.INVALID_ARGUMENT, MARKET_ID_MAX, matching.market_count
    market = Market(
        market_id=matching.market_count,
        name=command.name,
        stock_asset_id=stock.asset_id,
        money_asset_id=money.asset_id,
        price_digits=command.price_digits,
        amount_digits=command.amount_digits,
        money_units_per_tick_lot=10 ** (money.scale_digits - command.price_digits - command.amount_digits),
        stock_units_per_lot=10 ** (stock.scale_digits - command.amount_digits),
        amount_lots_min=max(command.amount_lots_min, 1),
        money_units_min=command.money_units_min,
        maker_fee_ppm=command.maker_fee_ppm,
        taker_fee_ppm=command.taker_fee_ppm,
    )
    matching.add_market(market_words(market, 0, 0))
    register.add_market(market)
    return e.MarketCreated(market)


def _update_market(command: c.MarketUpdate, register: Register, matching: Matching) -> e.Fact | Refusal:
    market_id = register.market_ids.get(command.name)
    if market_id is None:
        return Reject.UNKNOWN_MARKET, 0, 0
    old = register.markets[market_id]
    amount_lots_min = old.amount_lots_min if command.amount_lots_min is None else command.amount_lots_min
    money_units_min = old.money_units_min if command.money_units_min is None else command.money_units_min
    maker_fee_ppm = old.maker_fee_ppm if command.maker_fee_ppm is None else command.maker_fee_ppm
    taker_fee_ppm = old.taker_fee_ppm if command.taker_fee_ppm is None else command.taker_fee_ppm
    terms = _refused_terms(amount_lots_min, money_units_min, maker_fee_ppm, taker_fee_ppm)
    if terms is not None:
        return terms
    market = replace(
        old,
        amount_lots_min=max(amount_lots_min, 1),
        money_units_min=money_units_min,
        maker_fee_ppm=maker_fee_ppm,
        taker_fee_ppm=taker_fee_ppm,
    )
    words = matching.market_words(market_id)
    matching.set_market(market_id, market_words(market, words[M_LAST_PRICE], words[M_LAST_DEAL]))
    register.add_market(market)
    return e.MarketUpdated(market)


def _refused_terms(amount_lots_min: int, money_units_min: int, maker_ppm: int, taker_ppm: int) -> Refusal | None:
    for minimum in (amount_lots_min, money_units_min):
        if not 0 <= minimum <= UNITS_MAX:
            return Reject.INVALID_ARGUMENT, UNITS_MAX, _shown(minimum)
    for fee_ppm in (maker_ppm, taker_ppm):
        if not 0 <= fee_ppm <= FEE_RATE_PPM_MAX:
            return Reject.INVALID_ARGUMENT, FEE_RATE_PPM_MAX, _shown(fee_ppm)
    return None


def _shown(value: int) -> int:
    """A value as a refusal shows it: one that no row could hold is shown as 0."""
    return value if abs(value) <= UNITS_MAX else 0


def market_words(market: Market, last_price_ticks: int, last_deal_id: int) -> list[int]:
    """A market as the compiled core keeps it."""
    words = [0] * MARKET_WORDS
    words[M_STOCK] = market.stock_asset_id
    words[M_MONEY] = market.money_asset_id
    words[M_MONEY_UNITS] = market.money_units_per_tick_lot
    words[M_STOCK_UNITS] = market.stock_units_per_lot
    words[M_AMOUNT_MIN] = market.amount_lots_min
    words[M_MONEY_MIN] = market.money_units_min
    words[M_MAKER_FEE] = market.maker_fee_ppm
    words[M_TAKER_FEE] = market.taker_fee_ppm
    words[M_LAST_PRICE] = last_price_ticks
    words[M_LAST_DEAL] = last_deal_id
    return words


def _create_user(command: c.UserCreate, register: Register, matching: Matching) -> e.Fact | Refusal:
    if USER_NAME.fullmatch(command.name) is None:
        return _INVALID
    if command.name in register.user_ids:
        return Reject.NAME_TAKEN, 0, register.user_ids[command.name]
    user = User(len(register.users) + 1, command.name)
    register.add_user(user)
    matching.table.add_user(user.user_id, USER_ACTIVE)
    return e.UserCreated(user)


def _disable_user(command: c.UserDisable, register: Register, matching: Matching) -> e.Fact | Refusal:
    user = register.users.get(command.user_id)
    if user is None:
        return Reject.UNKNOWN_USER, 0, 0
    user = replace(user, disabled=True)
    register.add_user(user)
    matching.table.set_user_state(user.user_id, USER_DISABLED)
    return e.UserDisabled(user)


def _create_key(command: c.KeyCreate, register: Register) -> e.Fact | Refusal:
    if API_KEY.fullmatch(command.api_key) is None or not command.scopes or not set(command.scopes) <= set(SCOPES):
        return _INVALID
    if len(command.addresses) > ADDRESSES_MAX or len(command.label) > LABEL_LENGTH_MAX:
        return _INVALID
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


def _revoke_key(command: c.KeyRevoke, register: Register) -> e.Fact | Refusal:
    old = register.keys.get(command.api_key)
    if old is None:
        return Reject.UNKNOWN_KEY, 0, 0
    key = replace(old, revoked=True)
    register.add_key(key)
    return e.KeyRevoked(key)


def _update_balance(command: c.BalanceUpdate, register: Register, matching: Matching) -> e.Fact | Refusal:
    if BUSINESS.fullmatch(command.business) is None or len(command.detail) > DETAIL_LENGTH_MAX:
        return _INVALID
    if not 0 <= command.business_id <= BUSINESS_ID_MAX:
        return Reject.INVALID_ARGUMENT, BUSINESS_ID_MAX, _shown(command.business_id)
    asset_id = register.asset_ids.get(command.asset)
    if asset_id is None:
        return Reject.UNKNOWN_ASSET, 0, 0
    name = (command.user_id, asset_id, command.business, command.business_id)
    done = register.balance_updates.get(name)
    if done is not None:
        if (done.change_units, done.detail) != (command.change_units, command.detail):
            return Reject.BUSINESS_ID_REUSED, done.change_units, _shown(command.change_units)
        return _balance_updated(done, repeated=True)
    if command.user_id not in register.users:
        return Reject.UNKNOWN_USER, 0, 0

    ledger = matching.ledger
    available = ledger.balance(command.user_id, asset_id, CASH)
    if available + command.change_units < 0:
        return Reject.BALANCE_NOT_ENOUGH, available, _shown(-command.change_units)
    issued = -ledger.balance(HOUSE_OWNER, asset_id, OUTSIDE_WORLD)
    if issued + command.change_units > UNITS_MAX:
        return Reject.BALANCE_TOO_LARGE, UNITS_MAX - issued, _shown(command.change_units)
    outside = ledger.open(HOUSE_OWNER, asset_id, OUTSIDE_WORLD)
    cash = ledger.open(command.user_id, asset_id, CASH)
    ledger.move(outside, cash, command.change_units)
    done = BalanceUpdateDone(
        user_id=command.user_id,
        asset_id=asset_id,
        business=command.business,
        business_id=command.business_id,
        change_units=command.change_units,
        balance_units=ledger.units(cash) + ledger.balance(command.user_id, asset_id, ORDER_HOLD),
        detail=command.detail,
    )
    register.balance_updates[name] = done
    return _balance_updated(done, repeated=False)


def _balance_updated(done: BalanceUpdateDone, repeated: bool) -> e.BalanceUpdated:
    return e.BalanceUpdated(
        user_id=done.user_id,
        asset_id=done.asset_id,
        business=done.business,
        business_id=done.business_id,
        change_units=done.change_units,
        balance_units=done.balance_units,
        detail=done.detail,
        repeated=repeated,
    )
