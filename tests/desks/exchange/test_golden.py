"""Every message of the document: what clients send is understood, what they are told has the document's shape.

``tests/vectors/exchange.json`` holds the document's messages. A house is driven to where it must say each of them, and
what it says is compared with the sample: the same keys, the same types, the same nesting.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from fondaco.core import commands as c
from fondaco.desks.common.auth import sign_md5
from tests.desks.exchange.test_subscriptions import trade
from tests.desks.exchange.venue import Client, Venue

VECTORS: list[dict[str, Any]] = msgspec.json.decode(
    (Path(__file__).parents[2] / "vectors" / "exchange.json").read_bytes()
)


def shape(value: Any) -> Any:
    """The shape of a message: the types of its parts, where all records of a list have the first one's."""
    if isinstance(value, dict):
        return {key: shape(part) for key, part in sorted(value.items())}
    if isinstance(value, list):
        if value and isinstance(value[0], dict | list):
            return [shape(value[0])]
        return [shape(part) for part in value]
    return type(value).__name__


def of(kind: str) -> list[Any]:
    return [
        pytest.param(vector, id=f"{vector['section']} - {vector['method']}")
        for vector in VECTORS
        if vector["kind"] == kind and vector["method"] is not None and "exempt" not in vector.get("note", "")
    ]


def renamed(value: Any) -> Any:
    """The names of the sample, which this house does not have, as names that it has."""
    names = {
        "BTCBCC": "BTCUSDT",
        "EOSETH": "BTCUSDT",
        "EOSUSDT": "BTCUSDT",
        "ACATETH": "BTCUSDT",
        "BTCUSD": "ETHUSDT",
        "BTCETH": "ETHUSDT",
        "ETCUSDT": "ETHUSDT",
        "BCC": "USDT",
        "USD": "USDT",
    }
    if isinstance(value, dict):
        return {names.get(key, key): renamed(part) for key, part in value.items()}
    if isinstance(value, list):
        return [renamed(part) for part in value]
    return names.get(value, value) if isinstance(value, str) else value


@pytest.mark.parametrize("vector", of("request"))
async def test_every_request_is_understood(venue: Venue, vector: dict[str, Any]) -> None:
    await trade(venue, ("0.1", "8000"))
    alice = await venue.logged_in("alice")
    message = renamed(vector["message"])
    if message["method"] == "server.auth":
        api_key, secret = venue.user("carol")
        message["params"] = [api_key, sign_md5(secret, api_key)]
    alice.inbox.clear()
    alice.says(message)
    reply = await alice.find(lambda message: "result" in message)
    assert list(reply) == ["error", "result", "id"]
    assert (reply["error"], reply["id"]) == (None, message["id"])


Ask = Callable[[Venue, Client], Awaitable[Any]]


def asking(method: str, *params: object) -> Ask:
    async def ask(venue: Venue, alice: Client) -> Any:
        return await alice.asks(method, *params)

    return ask


async def deposits(venue: Venue, alice: Client) -> Any:
    return await alice.asks("asset.history", "USDT", "deposit", 0, 0, 0, 100)


async def auth(venue: Venue, alice: Client) -> Any:
    api_key, secret = venue.user("carol")
    return await alice.asks("server.auth", api_key, sign_md5(secret, api_key))


RESPONSES: dict[str, Ask] = {
    "server.ping": asking("server.ping"),
    "system.time": asking("system.time"),
    "server.auth": auth,
    "kline.query": asking("kline.query", "BTCUSDT", 0, 0, 60),
    "price.query": asking("price.query", "BTCUSDT"),
    "state.query": asking("state.query", "BTCUSDT", 86400),
    "today.query": asking("today.query", "BTCUSDT"),
    "deals.query": asking("deals.query", "BTCUSDT", 10, 0),
    "depth.query": asking("depth.query", "BTCUSDT", 10, "0.1"),
    "order.query": asking("order.query", ["BTCUSDT"], 0, 50),
    "asset.query": asking("asset.query", "ETH", "BTC"),
    "asset.history": deposits,
    "kline.subscribe": asking("kline.subscribe", "BTCUSDT", 60),
    "depth.subscribe": asking("depth.subscribe", "BTCUSDT", 100, "0.1"),
    "depths.subscribe": asking("depths.subscribe", ["BTCUSDT", 100, "0.1"], ["ETHUSDT", 100, "0.1"]),
    "order.history": asking("order.history", "BTCUSDT", 1511941006, 1511941406, 0, 50),
    **{
        f"{channel}.unsubscribe": asking(f"{channel}.unsubscribe")
        for channel in ("kline", "price", "state", "today", "deals", "depth", "order", "asset")
    },
    **{
        f"{channel}.subscribe": asking(f"{channel}.subscribe", name)
        for channel, name in (
            ("price", "BTCUSDT"),
            ("state", "BTCUSDT"),
            ("today", "BTCUSDT"),
            ("deals", "BTCUSDT"),
            ("order", "BTCUSDT"),
            ("asset", "BTC"),
        )
    },
}


@pytest.mark.parametrize("vector", of("response"))
async def test_every_response_has_the_documents_shape(venue: Venue, vector: dict[str, Any]) -> None:
    await trade(venue, ("0.1", "8000"))
    alice = await venue.logged_in("alice")
    for side, price in ((1, "8001"), (2, "7999")):
        await alice.call("order.put_limit", "BTCUSDT", side, "0.1", price)
    reply = await RESPONSES[vector["method"]](venue, alice)
    assert shape(reply) == shape(renamed(vector["message"]))


async def test_the_error_of_the_document(venue: Venue) -> None:
    (sample,) = [
        vector["message"]
        for vector in VECTORS
        if vector["kind"] == "response" and vector["message"]["error"] is not None
    ]
    reply = await venue.connect().asks("kline.query")
    assert shape(reply) == shape(sample)
    assert reply["error"]["code"] == sample["error"]["code"]
    assert reply["error"]["message"].startswith(sample["error"]["message"])


PUSHES: dict[str, tuple[str, list[Any]]] = {
    "kline.update": ("kline.subscribe", ["BTCUSDT", 60]),
    "price.update": ("price.subscribe", ["BTCUSDT"]),
    "state.update": ("state.subscribe", ["BTCUSDT"]),
    "today.update": ("today.subscribe", ["BTCUSDT"]),
    "deals.update": ("deals.subscribe", ["BTCUSDT"]),
    "depth.update": ("depth.subscribe", ["BTCUSDT", 100, "0.1"]),
    "order.update": ("order.subscribe", ["BTCUSDT"]),
    "asset.update": ("asset.subscribe", ["BTC", "ETH"]),
}


@pytest.mark.parametrize("vector", of("push"))
async def test_every_push_has_the_documents_shape(venue: Venue, vector: dict[str, Any]) -> None:
    await trade(venue, ("0.1", "8000"))
    alice = await venue.logged_in("alice")
    for side, price in ((1, "8001"), (2, "7999")):
        await alice.call("order.put_limit", "BTCUSDT", side, "0.1", price)
    name = vector["message"]["method"]
    method, params = PUSHES[name]
    await alice.call(method, *params)
    await alice.call("order.put_limit", "BTCUSDT", 1, "0.1", "8002")
    if name == "asset.update":
        sample = renamed(vector["message"])
        venue.does(c.BalanceUpdate(venue.house.user_ids["alice"], "ETH", "deposit", 50, 10**8))
        pushes = [await alice.find(lambda message: message.get("method") == name) for _ in range(2)]
        joined = {**pushes[0], "params": {**pushes[0]["params"], **pushes[1]["params"]}}
        assert shape(joined) == shape(sample)
        return
    push = await alice.find(lambda message: message.get("method") == name)
    assert shape(push) == shape(renamed(vector["message"]))


def test_no_kind_of_message_was_forgotten() -> None:
    assert {vector["method"] for vector in VECTORS if vector["kind"] == "response"} - {None} == set(RESPONSES)
    assert {vector["message"]["method"] for vector in VECTORS if vector["kind"] == "push"} == set(PUSHES)
