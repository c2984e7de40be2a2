"""The same methods as ``POST /exchange/<method>``, without a socket to push to."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest

from fondaco.desks.common.auth import NotBelieved, Refusal, Untimely
from fondaco.desks.exchange.methods import METHODS
from tests.desks.exchange.venue import START_US, Venue


async def test_public_methods_need_no_signature(venue: Venue) -> None:
    assert await venue.post("server.time", [], id=5) == {"error": None, "result": START_US // 1_000_000, "id": 5}
    assert await venue.post("price.query", ["BTCUSDT"]) == {"error": None, "result": "0", "id": None}


async def test_orders_and_queries(venue: Venue) -> None:
    alice = venue.identity("alice")
    put = await venue.post("order.put_limit", ["BTCUSDT", 2, "0.5", "8000"], alice, id=1)
    assert (put["error"], put["id"], put["result"]["left"]) == (None, 1, "0.5000")
    order_id = put["result"]["id"]
    assert await venue.post("order.get", ["BTCUSDT", order_id], alice, id=1) == put
    cancelled = await venue.post("order.cancel", ["BTCUSDT", order_id], alice)
    assert cancelled["result"]["id"] == order_id
    history = await venue.post("order.history", ["BTCUSDT", 0, 0, 0, 10], alice)
    assert [order["id"] for order in history["result"]["records"]] == [order_id]


async def test_who_may_not(venue: Venue) -> None:
    unsigned = await venue.post("order.put_limit", ["BTCUSDT", 2, "0.5", "8000"])
    assert unsigned["error"] == {
        "code": 6,
        "message": "require authentication: order.put_limit is for known users; sign the request",
    }
    reader = await venue.post("order.cancel", ["BTCUSDT", 1], venue.identity("alice", "read"))
    assert reader["error"]["code"] == 120


@pytest.mark.parametrize("method", [method.name for method in METHODS.values() if method.on_socket_only])
async def test_subscriptions_are_for_sockets(venue: Venue, method: str) -> None:
    reply = await venue.post(method, ["BTCUSDT"], venue.identity("alice"))
    assert reply["error"]["code"] == 4
    assert "socket" in reply["error"]["message"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b"{}",
        b'{"params":null}',
        b'{"params":{}}',
        b'{"params":[],"id":"1"}',
        b'{"params":[],"id":-1}',
    ],
)
async def test_malformed_bodies_are_error_1(venue: Venue, body: bytes) -> None:
    reply = msgspec.json.decode(await venue.desk.http_request("server.ping", body, None, "127.0.0.1"))
    assert (reply["error"]["code"], reply["result"], reply["id"]) == (1, None, None)


async def test_unknown_methods_are_error_4(venue: Venue) -> None:
    assert (await venue.post("no.such", []))["error"]["code"] == 4


async def test_a_caller_that_goes_away_does_not_disturb_the_house(venue: Venue) -> None:
    venue.turns_by_itself = False
    body = b'{"params":["BTCUSDT",2,"0.5","8000"]}'
    call = asyncio.ensure_future(venue.desk.http_request("order.put_limit", body, venue.identity("alice"), "127.0.0.1"))
    await asyncio.sleep(0)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    venue.turn()
    assert venue.house.open_orders(venue.house.user_ids["alice"], None) == [1]


async def test_what_waits_is_answered_when_intake_stops(venue: Venue) -> None:
    venue.intake_stopped = "the house is closing"
    reply = await venue.post("order.put_limit", ["BTCUSDT", 2, "0.5", "8000"], venue.identity("alice"), id=9)
    assert reply == {
        "error": {"code": 3, "message": "service unavailable: the house is closing"},
        "result": None,
        "id": 9,
    }


@pytest.mark.parametrize(
    ("refusal", "code"),
    [
        (Refusal.WRONG, 11),
        (Refusal.REVOKED, 11),
        (Refusal.REPLAYED, 121),
        (Untimely(-6_000, 5_000), 121),
        (Refusal.TOO_FAST, 112),
        (Refusal.TOO_MANY, 112),
    ],
)
def test_the_door_refuses_in_the_envelope(venue: Venue, refusal: NotBelieved, code: int) -> None:
    answer = msgspec.json.decode(venue.desk.http_refusal(refusal))
    assert answer == {"error": {"code": code, "message": refusal.told}, "result": None, "id": None}


def test_who_is_lost_below_the_exchange_is_told_how_to_call(venue: Venue) -> None:
    assert msgspec.json.decode(venue.desk.http_astray("GET", "/exchange/v2/server.ping")) == {
        "error": {
            "code": 4,
            "message": "method not found: nothing answers GET '/exchange/v2/server.ping'; a method is called by "
            'POST /exchange/<method> with a body like {"params": [], "id": 1}, whichever the dialect',
        },
        "result": None,
        "id": None,
    }


@pytest.mark.parametrize(
    ("method", "body", "code"),
    [
        ("nope.nope", {"params": [], "id": 7}, 4),
        ("price.subscribe", {"params": ["BTCUSDT"], "id": 7}, 4),
        ("price.query", {"params": None, "id": 7}, 1),
        ("price.query", {"params": {}, "id": 7}, 1),
        ("price.query", {"id": 7}, 1),
    ],
)
async def test_a_refusal_tells_the_id_of_its_request(venue: Venue, method: str, body: object, code: int) -> None:
    answer = msgspec.json.decode(await venue.desk.http_request(method, msgspec.json.encode(body), None, "127.0.0.1"))
    assert (answer["id"], answer["error"]["code"]) == (7, code)


async def test_queries_over_history_are_bounded_per_key_or_address(venue: Venue) -> None:
    bound = venue.desk.floor.limits.history_queries_in_flight_max

    def ask(address: str, name: str | None = None) -> asyncio.Future[Any]:
        identity = None if name is None else msgspec.structs.replace(venue.identity(name), api_key=name)
        return asyncio.ensure_future(venue.post("deals.query", ["BTCUSDT", 100, 0], identity, address))

    first = [ask("192.0.2.1") for _ in range(bound + 1)]
    others = [ask("192.0.2.2"), ask("192.0.2.1", "alice")]
    codes = [reply["error"] and reply["error"]["code"] for reply in await asyncio.gather(*first, *others)]
    assert codes == [None] * bound + [112, None, None]
    assert (await ask("192.0.2.1"))["error"] is None
