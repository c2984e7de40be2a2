"""The rare commands of the naive model: here assets, markets, users and keys; elsewhere what its files say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from fondaco.core import commands as c
from fondaco.core import events as e
from fondaco.core.instruments import Asset, Key, Market, User
from fondaco.core.rejects import Reject
from tests.core import reference_auction as auction
from tests.core import reference_money as money
from tests.core import reference_sessions as sessions
from tests.core.reference_checks import UNITS_MAX, bound_price
from tests.core.reference_order import Refused

if TYPE_CHECKING:
    from tests.core.reference_house import ReferenceHouse


def carry_out(house: ReferenceHouse, command: c.RareCommand) -> e.Fact:
    match command:
        case c.AssetCreate():
            return _create_asset(house, command)
        case c.MarketCreate():
            return e.MarketCreated(_create_market(house, command))
        case c.MarketUpdate():
            return e.MarketUpdated(_update_market(house, command))
        case c.MarketPhase():
            return auction.set_phase(house, command)
        case c.UserCreate(name):
            _refuse_taken({user.name: user.user_id for user in house.users.values()}, name)
            user = User(len(house.users) + 1, name)
            house.users[user.user_id] = user
            return e.UserCreated(user)
        case c.UserDisable(user_id):
            return e.UserDisabled(_set_user(house, user_id, disabled=True))
        case c.UserEnable(user_id):
            return e.UserEnabled(_set_user(house, user_id, disabled=False))
        case c.KeyCreate():
            return _create_key(house, command)
        case c.KeyRevoke(api_key):
            if api_key not in house.keys:
                raise Refused(Reject.UNKNOWN_KEY)
            house.keys[api_key] = msgspec.structs.replace(house.keys[api_key], revoked=True)
            return e.KeyRevoked(house.keys[api_key])
        case c.BalanceUpdate():
            return money.update_balance(house, command)
        case c.OrdersCancel():
            return sessions.cancel_orders(house, command)
        case c.DeadMan():
            return sessions.set_dead_man(house, command)
        case c.CancelOnDisconnect():
            return sessions.set_cancel_on_disconnect(house, command)
        case c.SessionEnd():
            return sessions.end_session(house, command)
        case c.HouseOpen():
            return sessions.open_house(house)
        case c.FeesSet():
            return money.set_fees(house, command)
        case c.RebateFund():
            return money.fund_rebates(house, command)
        case c.WithdrawalFreeze():
            return money.freeze_withdrawal(house, command)
        case c.WithdrawalEnd():
            return money.end_withdrawal(house, command)
        case c.TradeBust():
            return money.bust(house, command)
        case c.Rewards():
            raise Refused(Reject.UNKNOWN_PROGRAMME, 0, command.programme_id)  # a house without programmes
        case c.Tick():
            return e.Ticked()


def _refuse_taken(ids: dict[str, int], name: str) -> None:
    if name in ids:
        raise Refused(Reject.NAME_TAKEN, 0, ids[name])


def _set_user(house: ReferenceHouse, user_id: int, *, disabled: bool) -> User:
    if user_id not in house.users:
        raise Refused(Reject.UNKNOWN_USER)
    house.users[user_id] = User(user_id, house.users[user_id].name, disabled)
    return house.users[user_id]


def _create_asset(house: ReferenceHouse, command: c.AssetCreate) -> e.AssetCreated:
    if not 0 <= command.scale_digits <= 18:
        raise Refused(Reject.INVALID_ARGUMENT, 18, command.scale_digits)
    _refuse_taken({asset.name: asset.asset_id for asset in house.assets.values()}, command.name)
    asset = Asset(len(house.assets) + 1, command.name, command.scale_digits)
    house.assets[asset.asset_id] = asset
    return e.AssetCreated(asset)


def _create_key(house: ReferenceHouse, command: c.KeyCreate) -> e.KeyCreated:
    if command.user_id not in house.users:
        raise Refused(Reject.UNKNOWN_USER)
    _refuse_taken({key.api_key: key.key_id for key in house.keys.values()}, command.api_key)
    key = Key(len(house.keys) + 1, *msgspec.structs.astuple(command))
    house.keys[command.api_key] = key
    return e.KeyCreated(key)


def _check_terms(terms: c.MarketCreate | Market) -> None:
    for minimum in (terms.amount_lots_min, terms.money_units_min):
        if not 0 <= minimum <= UNITS_MAX:
            raise Refused(Reject.INVALID_ARGUMENT, UNITS_MAX, money.shown(minimum))
    money.check_rates(terms.maker_fee_ppm, terms.taker_fee_ppm)
    if not 0 <= terms.price_band_ppm <= 1_000_000:
        raise Refused(Reject.INVALID_ARGUMENT, 1_000_000, money.shown(terms.price_band_ppm))


def _check_reference(market: Market) -> None:
    if not 0 <= market.reference_price_ticks <= bound_price(market):
        raise Refused(Reject.INVALID_ARGUMENT, bound_price(market), money.shown(market.reference_price_ticks))


def _create_market(house: ReferenceHouse, command: c.MarketCreate) -> Market:
    if command.stock == command.money:
        raise Refused(Reject.INVALID_ARGUMENT)
    _check_terms(command)
    by_name = {asset.name: asset for asset in house.assets.values()}
    if command.stock not in by_name or command.money not in by_name:
        raise Refused(Reject.UNKNOWN_ASSET)
    _refuse_taken({market.name: market.market_id for market in house.markets.values()}, command.name)
    stock, paid = by_name[command.stock], by_name[command.money]
    digits = command.price_digits + command.amount_digits
    if command.amount_digits > stock.scale_digits:
        raise Refused(Reject.SCALE_TOO_COARSE, stock.scale_digits, command.amount_digits)
    if digits > paid.scale_digits:
        raise Refused(Reject.SCALE_TOO_COARSE, paid.scale_digits, digits)
    market = Market(
        len(house.markets) + 1,
        command.name,
        stock.asset_id,
        paid.asset_id,
        command.price_digits,
        command.amount_digits,
        10 ** (paid.scale_digits - digits),
        10 ** (stock.scale_digits - command.amount_digits),
        max(1, command.amount_lots_min),
        command.money_units_min,
        command.maker_fee_ppm,
        command.taker_fee_ppm,
        command.price_band_ppm,
        command.reference_price_ticks,
        command.phase,
    )
    _check_reference(market)
    house.markets[market.market_id] = market
    return market


def _update_market(house: ReferenceHouse, command: c.MarketUpdate) -> Market:
    old = {market.name: market for market in house.markets.values()}.get(command.name)
    if old is None:
        raise Refused(Reject.UNKNOWN_MARKET)
    given = {name: value for name, value in msgspec.structs.asdict(command).items() if value is not None}
    market = msgspec.structs.replace(old, **given)
    _check_terms(market)
    _check_reference(market)
    market = msgspec.structs.replace(market, amount_lots_min=max(1, market.amount_lots_min))
    house.markets[market.market_id] = market
    return market
