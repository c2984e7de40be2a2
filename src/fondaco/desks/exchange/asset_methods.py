"""Assets and what a user has of them.

Source: exchange.md, Inquiry on User's Asset and on Historical Changes of User Assets.
"""

from __future__ import annotations

from typing import Any, Final

from fondaco.desks.exchange.caller import Caller
from fondaco.desks.exchange.method import method
from fondaco.desks.exchange.params import arity, page, period, text
from fondaco.desks.exchange.translate import balance
from fondaco.wire import exchange as wire


def _list(caller: Caller, params: list[Any], request_id: int | None) -> list[wire.AssetTerms]:
    arity(params, 0, 0, "")
    return [wire.AssetTerms(asset.name, asset.scale_digits) for asset in caller.floor.house.traded_assets]


def _query(caller: Caller, params: list[Any], request_id: int | None) -> dict[str, wire.AssetBalance]:
    house, catalogue = caller.floor.house, caller.floor.catalogue
    traded = house.traded_assets
    arity(params, 0, len(traded), "asset, …")
    assets = [catalogue.asset(name) for name in params] if params else traded
    user_id = caller.user_id()
    return {asset.name: balance(asset, *house.balance(user_id, asset.asset_id)) for asset in assets}


async def _history(caller: Caller, params: list[Any], request_id: int | None) -> wire.AssetChangePage:
    arity(params, 6, 6, "asset | null, business | null, start_time, end_time, offset, limit")
    floor, user_id = caller.floor, caller.user_id()
    asset_id = None if params[0] in (None, "") else floor.catalogue.asset(params[0]).asset_id
    business = None if params[1] in (None, "") else text(params[1], "business")
    start_s, end_s = period(params[2], params[3])
    offset, limit = page(params[4], params[5], floor.limits.query_rows_max)
    await floor.history.wait_for(floor.runtime.durable_seq)
    changes = await floor.history.balance_changes(user_id, asset_id, business, start_s, end_s, offset, limit)
    return wire.AssetChangePage(offset, limit, [floor.catalogue.asset_change(change) for change in changes])


METHODS: Final = (
    method("asset.list", None, "", _list, "All assets, with their decimals.", reads=True),
    method(
        "asset.query",
        "read",
        "asset, …",
        _query,
        "What you have of some assets, or of all: available and held.",
        reads=True,
    ),
    method(
        "asset.history",
        "read",
        "asset | null, business | null, start_time, end_time, offset, limit",
        _history,
        "Changes of your balances, newest first.",
        reads=True,
    ),
)
