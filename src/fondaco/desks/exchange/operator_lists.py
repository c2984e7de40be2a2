"""What the operator looks up of others: users and their keys, withdrawals, a user's open orders and balances.

All is asked of the house, none of the history. Cost: a page of users or of all withdrawals is O(page); keys, frozen
withdrawals and open orders are walked once, of one user or those that are frozen. Whoever filters all withdrawals, or
pages deep into them, walks them from the newest on, a thousand between two turns of others.

Source: exchange.notes.md, Operator methods.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, Final

from fondaco.core.house import House
from fondaco.core.instruments import Withdrawal, WithdrawalState
from fondaco.desks.exchange.caller import Caller
from fondaco.desks.exchange.method import method
from fondaco.desks.exchange.operator_money import withdrawal_record
from fondaco.desks.exchange.operator_params import known_user
from fondaco.desks.exchange.operator_users import user_record
from fondaco.desks.exchange.params import arity, one_of, page
from fondaco.desks.exchange.translate import balance
from fondaco.wire import exchange as wire

_SLICE: Final = 1_000
_STATES: Final = {state.name.lower(): state for state in WithdrawalState}
_WITHDRAWALS: Final = "user | null, state | null, offset, limit"
_ORDERS: Final = "user, market | null, offset, limit"


def _users(caller: Caller, params: list[Any], request_id: int | None) -> wire.UserPage:
    arity(params, 2, 2, "offset, limit")
    users = caller.floor.house.users
    offset, limit = page(params[0], params[1], caller.floor.limits.query_rows_max)
    ids = range(offset + 1, min(offset + limit, len(users)) + 1)
    return wire.UserPage(limit, offset, len(users), [user_record(users[user_id]) for user_id in ids])


def _keys(caller: Caller, params: list[Any], request_id: int | None) -> list[wire.KeyRecord]:
    arity(params, 1, 1, "user")
    user = known_user(caller, params[0])
    return [
        wire.KeyRecord(key.api_key, key.user_id, key.scopes, key.addresses, key.label, key.revoked)
        for key in caller.floor.house.keys_of(user.user_id)
    ]


async def _withdrawals(caller: Caller, params: list[Any], request_id: int | None) -> wire.WithdrawalPage:
    arity(params, 4, 4, _WITHDRAWALS)
    user = None if params[0] is None else known_user(caller, params[0])
    state = None if params[1] is None else one_of(params[1], "state", _STATES)
    offset, limit = page(params[2], params[3], caller.floor.limits.query_rows_max)
    found: list[Withdrawal] = []
    passed = 0
    async for withdrawals in _newest_first(caller.floor.house, state):
        fitting = [
            each
            for each in withdrawals
            if (user is None or each.user_id == user.user_id) and (state is None or each.state == state)
        ]
        found += fitting[max(offset - passed, 0) :]
        passed += len(fitting)
        if len(found) >= limit:
            break
    return wire.WithdrawalPage(offset, limit, [withdrawal_record(caller, each) for each in found[:limit]])


async def _newest_first(house: House, state: WithdrawalState | None) -> AsyncIterator[list[Withdrawal]]:
    """The withdrawals among which are all of a state, in slices."""
    if state == WithdrawalState.FROZEN:
        yield house.frozen_withdrawals()[::-1]
        return
    for end in range(house.withdrawal_count, 0, -_SLICE):
        yield house.withdrawals(max(end - _SLICE, 0), end)[::-1]
        await asyncio.sleep(0)


async def _orders(caller: Caller, params: list[Any], request_id: int | None) -> wire.OrderPage:
    arity(params, 4, 4, _ORDERS)
    floor = caller.floor
    user = known_user(caller, params[0])
    market_id = 0 if params[1] is None else floor.catalogue.market(params[1]).market_id
    offset, limit = page(params[2], params[3], floor.limits.query_rows_max)
    await asyncio.sleep(0)  # a turn of its own, as for order.query
    total, order_ids = floor.house.open_page(user.user_id, market_id, offset, limit)
    rows = map(floor.house.order, order_ids)
    records = [floor.catalogue.open_record(row) for row in rows if row is not None]
    return wire.OrderPage(limit, offset, total, records)


def _assets(caller: Caller, params: list[Any], request_id: int | None) -> dict[str, wire.AssetBalance]:
    arity(params, 1, 1, "user")
    house = caller.floor.house
    user_id = known_user(caller, params[0]).user_id
    return {asset.name: balance(asset, *house.balance(user_id, asset.asset_id)) for asset in house.traded_assets}


METHODS: Final = (
    method("user.list", "operate", "offset, limit", _users, "All users, oldest first.", reads=True),
    method("user.orders", "operate", _ORDERS, _orders, "A user's open orders, newest first.", reads=True),
    method("user.assets", "operate", "user", _assets, "What a user has: available and held.", reads=True),
    method("key.list", "operate", "user", _keys, "A user's keys without their secrets, oldest first.", reads=True),
    method("withdraw.list", "operate", _WITHDRAWALS, _withdrawals, "Withdrawals, newest first.", reads=True),
)
