"""Fields of commands, facts and rows as people read them: names for ids, decimals for counts, ISO for times.

A field's name ends in its unit, so one rule for each unit shows them all. What a count is *of* comes from the market or
the asset that the fields name; a count of nothing known is shown as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from fondaco.core.commands import Side
from fondaco.core.house import House
from fondaco.core.instruments import Market
from fondaco.core.units import format_rate_ppm, format_units

Line = dict[str, Any]


def user(house: House, user_id: int) -> str | int:
    known = house.users.get(user_id)
    return known.name if known else user_id


def price(market: Market, price_ticks: int) -> str:
    return format_units(price_ticks, market.price_digits)


def lots(market: Market, size_lots: int) -> str:
    return format_units(size_lots, market.amount_digits)


def units(house: House, asset_id: int, count: int) -> str:
    return format_units(count, house.assets[asset_id].scale_digits)


def amount(house: House, market: Market, count: int, *, by_money: bool) -> str:
    """An order's amount: lots of stock, or money."""
    return units(house, market.money_asset_id, count) if by_money else lots(market, count)


def time(time_us: int) -> str:
    return datetime.fromtimestamp(time_us / 1_000_000, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def fields(house: House, given: Mapping[str, Any]) -> Line:
    """A flat structure's fields by their units. Those that are None are left out."""
    market = house.markets.get(given.get("market_id", 0))
    asset_id = given.get("asset_id") or house.asset_ids.get(given.get("asset", ""))
    line: Line = {}
    for name, value in given.items():
        if value is None:
            continue
        key, shown = _field(house, name, value, market, asset_id, given)
        line[key] = shown
    return line


def _field(
    house: House, name: str, value: Any, market: Market | None, asset_id: int | None, given: Mapping[str, Any]
) -> tuple[str, Any]:
    match name.rsplit("_", 1):
        case [kept, "id"] if kept == "user":
            return "of_user", user(house, value)
        case [kept, "id"] if kept.endswith("_user"):
            return kept.removesuffix("_user"), user(house, value)
        case ["market", "id"]:
            return "market", market.name if market else value
        case ["asset", "id"]:
            return "asset", house.assets[value].name
        case ["timeout", "us"]:
            return "timeout_s", value / 1_000_000
        case [kept, "us"]:
            return kept, time(value) if value else value
        case [kept, "ppm"]:
            return kept, format_rate_ppm(value)
        case [kept, "ticks"] if market:
            return kept, price(market, value)
        case [kept, "lots"] if market:
            return kept, lots(market, value)
        case [kept, "units"] if market:
            return kept, units(house, _asset_of_trade(market, kept, given), value)
        case ["units"] if asset_id:
            return "amount", units(house, asset_id, value)
        case [kept, "units"] if asset_id:
            return kept, units(house, asset_id, value)
    return name, value


def _asset_of_trade(market: Market, name: str, given: Mapping[str, Any]) -> int:
    """What a count of a trade is of: a fee is of what its side receives."""
    if name.endswith("_fee"):
        buys = (given["taker_side"] == Side.BID) is name.startswith("taker")
        return market.stock_asset_id if buys else market.money_asset_id
    return market.stock_asset_id if "stock" in name else market.money_asset_id
