"""The rare commands of the naive model: assets, markets, users, keys, and money in and out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fondaco.core import commands as c
from fondaco.core import events as e
from fondaco.core.instruments import Asset, Key, Market, User
from fondaco.core.rejects import Reject
from fondaco.core.state import BalanceUpdateDone

if TYPE_CHECKING:
    from tests.core.reference_house import ReferenceHouse

UNITS_MAX = 2**62


class Refused(Exception):
    """A refusal, with the bound and the value it speaks of."""

    def __init__(self, reject: Reject, bound: int = 0, value: int = 0) -> None:
        super().__init__(reject)
        self.reject, self.bound, self.value = reject, bound, value


def carry_out(house: ReferenceHouse, command: c.RareCommand) -> e.Fact:
    match command:
        case c.AssetCreate(name, scale_digits):
            if not 0 <= scale_digits <= 18:
                raise Refused(Reject.INVALID_ARGUMENT, 18, scale_digits)
            _refuse_taken({asset.name: asset.asset_id for asset in house.assets.values()}, name)
            asset = Asset(len(house.assets) + 1, name, scale_digits)
            house.assets[asset.asset_id] = asset
            return e.AssetCreated(asset)
        case c.MarketCreate():
            return e.MarketCreated(_create_market(house, command))
        case c.MarketUpdate():
            return e.MarketUpdated(_update_market(house, command))
        case c.UserCreate(name):
            _refuse_taken({user.name: user.user_id for user in house.users.values()}, name)
            user = User(len(house.users) + 1, name)
            house.users[user.user_id] = user
            return e.UserCreated(user)
        case c.UserDisable(user_id):
            if user_id not in house.users:
                raise Refused(Reject.UNKNOWN_USER)
            user = User(user_id, house.users[user_id].name, disabled=True)
            house.users[user_id] = user
            return e.UserDisabled(user)
        case c.KeyCreate(api_key, user_id, scopes, addresses, label):
            if user_id not in house.users:
                raise Refused(Reject.UNKNOWN_USER)
            _refuse_taken({key.api_key: key.key_id for key in house.keys.values()}, api_key)
            key = Key(len(house.keys) + 1, api_key, user_id, scopes, addresses, label)
            house.keys[api_key] = key
            return e.KeyCreated(key)
        case c.KeyRevoke(api_key):
            if api_key not in house.keys:
                raise Refused(Reject.UNKNOWN_KEY)
            old = house.keys[api_key]
            key = Key(old.key_id, api_key, old.user_id, old.scopes, old.addresses, old.label, revoked=True)
            house.keys[api_key] = key
            return e.KeyRevoked(key)
        case c.BalanceUpdate():
            return _update_balance(house, command)
        case c.Tick():
            return e.Ticked()


def _refuse_taken(ids: dict[str, int], name: str) -> None:
    if name in ids:
        raise Refused(Reject.NAME_TAKEN, 0, ids[name])


def _check_terms(lots_min: int, money_min: int, maker_fee_ppm: int, taker_fee_ppm: int) -> None:
    for minimum in (lots_min, money_min):
        if not 0 <= minimum <= UNITS_MAX:
            raise Refused(Reject.INVALID_ARGUMENT, UNITS_MAX, minimum)
    for fee_ppm in (maker_fee_ppm, taker_fee_ppm):
        if not 0 <= fee_ppm <= 500_000:
            raise Refused(Reject.INVALID_ARGUMENT, 500_000, fee_ppm)


def _create_market(house: ReferenceHouse, command: c.MarketCreate) -> Market:
    if command.stock == command.money:
        raise Refused(Reject.INVALID_ARGUMENT)
    _check_terms(command.amount_lots_min, command.money_units_min, command.maker_fee_ppm, command.taker_fee_ppm)
    by_name = {asset.name: asset for asset in house.assets.values()}
    if command.stock not in by_name or command.money not in by_name:
        raise Refused(Reject.UNKNOWN_ASSET)
    _refuse_taken({market.name: market.market_id for market in house.markets.values()}, command.name)
    stock, money = by_name[command.stock], by_name[command.money]
    digits = command.price_digits + command.amount_digits
    if command.amount_digits > stock.scale_digits:
        raise Refused(Reject.SCALE_TOO_COARSE, stock.scale_digits, command.amount_digits)
    if digits > money.scale_digits:
        raise Refused(Reject.SCALE_TOO_COARSE, money.scale_digits, digits)
    market = Market(
        len(house.markets) + 1,
        command.name,
        stock.asset_id,
        money.asset_id,
        command.price_digits,
        command.amount_digits,
        10 ** (money.scale_digits - digits),
        10 ** (stock.scale_digits - command.amount_digits),
        max(1, command.amount_lots_min),
        command.money_units_min,
        command.maker_fee_ppm,
        command.taker_fee_ppm,
    )
    house.markets[market.market_id] = market
    return market


def _update_market(house: ReferenceHouse, command: c.MarketUpdate) -> Market:
    old = {market.name: market for market in house.markets.values()}.get(command.name)
    if old is None:
        raise Refused(Reject.UNKNOWN_MARKET)
    names = ("amount_lots_min", "money_units_min", "maker_fee_ppm", "taker_fee_ppm")
    lots_min, money_min, maker_fee_ppm, taker_fee_ppm = (
        getattr(old, name) if getattr(command, name) is None else getattr(command, name) for name in names
    )
    _check_terms(lots_min, money_min, maker_fee_ppm, taker_fee_ppm)
    market = Market(
        old.market_id,
        old.name,
        old.stock_asset_id,
        old.money_asset_id,
        old.price_digits,
        old.amount_digits,
        old.money_units_per_tick_lot,
        old.stock_units_per_lot,
        max(1, lots_min),
        money_min,
        maker_fee_ppm,
        taker_fee_ppm,
    )
    house.markets[market.market_id] = market
    return market


def _update_balance(house: ReferenceHouse, command: c.BalanceUpdate) -> e.BalanceUpdated:
    asset_id = next((asset.asset_id for asset in house.assets.values() if asset.name == command.asset), None)
    if asset_id is None:
        raise Refused(Reject.UNKNOWN_ASSET)
    user_id, change = command.user_id, command.change_units
    name = (user_id, asset_id, command.business, command.business_id)
    done = house.balance_updates.get(name)
    if done is not None:
        if (done.change_units, done.detail) != (change, command.detail):
            raise Refused(Reject.BUSINESS_ID_REUSED, done.change_units, change)
        return _balance_updated(done, repeated=True)
    if user_id not in house.users:
        raise Refused(Reject.UNKNOWN_USER)
    available, _ = house.balance(user_id, asset_id)
    if available + change < 0:
        raise Refused(Reject.BALANCE_NOT_ENOUGH, available, -change)
    room = UNITS_MAX + house.outside.get(asset_id, 0)
    if change > room:
        raise Refused(Reject.BALANCE_TOO_LARGE, room, change)
    house.pay(user_id, asset_id, change)
    house.outside[asset_id] = house.outside.get(asset_id, 0) - change
    total = house.totals[user_id, asset_id]
    done = BalanceUpdateDone(user_id, asset_id, command.business, command.business_id, change, total, command.detail)
    house.balance_updates[name] = done
    return _balance_updated(done, repeated=False)


def _balance_updated(done: BalanceUpdateDone, repeated: bool) -> e.BalanceUpdated:
    return e.BalanceUpdated(
        done.user_id,
        done.asset_id,
        done.business,
        done.business_id,
        done.change_units,
        done.balance_units,
        done.detail,
        repeated,
    )
