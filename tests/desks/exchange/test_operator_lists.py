"""What an operator looks up of others: users, keys, withdrawals, open orders, balances."""

from __future__ import annotations

from typing import Any

import pytest

from fondaco.core import commands as c
from fondaco.desks.exchange import operator_lists
from tests.desks.exchange.venue import Venue

SELL, BUY = 1, 2


async def test_users_in_pages(venue: Venue) -> None:
    oper = await venue.logged_in("oper")
    venue.does(c.UserDisable(venue.house.user_ids["bob"]))
    names = ("alice", "bob", "oper")
    records = [{"user": n, "name": name, "disabled": name == "bob"} for n, name in enumerate(names, 1)]
    assert await oper.call("user.list", 0, 100) == {"limit": 100, "offset": 0, "total": 3, "records": records}
    assert (await oper.call("user.list", 1, 1))["records"] == records[1:2]
    assert (await oper.call("user.list", 2, 5))["records"] == records[2:]
    assert await oper.call("user.list", 3, 5) == {"limit": 5, "offset": 3, "total": 3, "records": []}
    await oper.call("user.create", "carol")
    assert (await oper.call("user.list", 3, 5))["records"] == [{"user": 4, "name": "carol", "disabled": False}]


async def test_keys_without_their_secrets(venue: Venue) -> None:
    oper = await venue.logged_in("oper")
    made = await oper.call("key.create", "alice", ["read"], {"addresses": ["10.0.0.0/8"], "label": "bot"})
    await oper.call("key.revoke", "key-of-alice-")
    terms: dict[str, Any] = {"user": 1, "addresses": [], "label": ""}
    expected = [
        {**terms, "api_key": "key-of-alice-", "scopes": ["read", "trade"], "revoked": True},
        {
            "api_key": made["api_key"],
            "user": 1,
            "scopes": ["read"],
            "addresses": ["10.0.0.0/8"],
            "label": "bot",
            "revoked": False,
        },
    ]
    assert await oper.call("key.list", "alice") == await oper.call("key.list", 1) == expected
    assert made["secret"] not in str(oper.inbox)
    await oper.call("user.create", "carol")
    assert await oper.call("key.list", "carol") == []


@pytest.mark.parametrize("slice_size", [1, 2, 1_000])
async def test_withdrawals(venue: Venue, monkeypatch: pytest.MonkeyPatch, slice_size: int) -> None:
    """Newest first, by user and by state, in pages; however many are walked between two turns."""
    monkeypatch.setattr(operator_lists, "_SLICE", slice_size)
    oper = await venue.logged_in("oper")
    made = [
        await oper.call("withdraw.freeze", ("alice", "bob")[number % 2], "BTC", "withdraw", number, "1")
        for number in range(6)
    ]
    made[0] = await oper.call("withdraw.confirm", "alice", "BTC", "withdraw", 0)
    made[3] = await oper.call("withdraw.release", "bob", "BTC", "withdraw", 3)
    made[4] = await oper.call("withdraw.confirm", "alice", "BTC", "withdraw", 4)
    newest_first = made[::-1]
    for user in (None, "alice", "bob", "oper"):
        for state in (None, "frozen", "confirmed", "released"):
            expected = [
                each
                for each in newest_first
                if state in (None, each["state"]) and (user is None or each["user"] == venue.house.user_ids[user])
            ]
            for offset in range(len(expected) + 2):
                page = await oper.call("withdraw.list", user, state, offset, 2)
                assert page == {"offset": offset, "limit": 2, "records": expected[offset : offset + 2]}
            assert (await oper.call("withdraw.list", user, state, 0, 100))["records"] == expected


async def test_a_users_open_orders(venue: Venue) -> None:
    oper, alice, bob = [await venue.logged_in(name) for name in ("oper", "alice", "bob")]
    first = await alice.call("order.put_limit", "BTCUSDT", BUY, "1", "8000", {"client_order_id": "mine"})
    second = await alice.call("order.put_limit", "ETHUSDT", SELL, "1", "400", {"display": "0.5"})
    third = await alice.call("order.put_limit", "BTCUSDT", BUY, "1", "8001")
    await bob.call("order.put_limit", "BTCUSDT", BUY, "1", "8002")
    page = await oper.call("user.orders", "alice", None, 0, 100)
    assert page == {"limit": 100, "offset": 0, "total": 3, "records": [third, second, first]}
    page = await oper.call("user.orders", 1, "BTCUSDT", 1, 1)
    assert page == {"limit": 1, "offset": 1, "total": 2, "records": [first]}
    assert (await oper.call("user.orders", "oper", None, 0, 10))["total"] == 0


async def test_what_a_user_has(venue: Venue) -> None:
    oper, alice = await venue.logged_in("oper"), await venue.logged_in("alice")
    await alice.call("order.put_limit", "BTCUSDT", SELL, "1", "8000")
    has = await oper.call("user.assets", "alice")
    assert has == await alice.call("asset.query")
    assert has["BTC"] == {"available": "99.00000000", "freeze": "1.00000000"}


async def test_over_http(venue: Venue) -> None:
    oper = venue.identity("oper", "operate")
    for method, params in (
        ("user.list", [0, 10]),
        ("key.list", ["alice"]),
        ("withdraw.list", [None, None, 0, 10]),
        ("user.orders", ["alice", None, 0, 10]),
        ("user.assets", ["alice"]),
    ):
        answer = await venue.post(method, params, oper)
        assert (answer["error"], bool(answer["result"])) == (None, True), method


@pytest.mark.parametrize(
    ("method", "params", "code", "sentence"),
    [
        ("user.list", [], 1, "0 params came; the method takes 2: [offset, limit]"),
        ("user.list", [0, 101], 1, "limit is 101; it takes 1 to 100"),
        ("user.list", [-1, 1], 1, "offset is -1; it takes 0 to"),
        ("key.list", ["nobody"], 1, "unknown user: nobody; user.create makes one"),
        ("key.list", [None], 1, "user is null; send text"),
        ("withdraw.list", ["nobody", None, 0, 1], 1, "unknown user: nobody"),
        ("withdraw.list", [None, "gone", 0, 1], 1, "state is 'gone'; it takes frozen, confirmed, released"),
        ("user.orders", ["alice", "NOSUCH", 0, 1], 113, "unknown market: NOSUCH"),
        ("user.orders", ["alice", [], 0, 1], 1, "market is an array; send a market's name as text"),
        ("user.assets", ["1"], 1, 'unknown user: "1"; text is a name, send 1 without quotes'),
    ],
)
async def test_refused(venue: Venue, method: str, params: list[Any], code: int, sentence: str) -> None:
    oper = await venue.logged_in("oper")
    got, message = await oper.refused(method, *params)
    assert (got, message.removeprefix("invalid argument: ")[: len(sentence)]) == (code, sentence)
