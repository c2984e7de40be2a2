"""A connection's conversation: envelopes, notices, malformed messages, who is who, what may be called."""

from __future__ import annotations

import asyncio
import hashlib

import pytest

from fondaco.core import commands as c
from fondaco.desks.common.auth import sign_md5, sign_socket
from tests.desks.exchange.venue import START_US, Client, Venue


async def test_ping_and_time(venue: Venue) -> None:
    client = venue.connect()
    client.says(b'{"method":"server.ping","params":[],"id":100}')
    client.says(b'{"method":"server.time","params":[],"id":101}')
    client.says(b'{"method":"system.time","params":[],"id":102}')
    assert client.inbox == [
        {"error": None, "result": "pong", "id": 100},
        {"error": None, "result": START_US // 1_000_000, "id": 101},
        {"error": None, "result": START_US // 1_000_000, "id": 102},
    ]


@pytest.mark.parametrize(
    ("path", "subprotocol", "first_bytes", "is_text"),
    [
        ("/exchange", "", b"\x78\x01", False),
        ("/exchange/v2", "", b"\x1f\x8b", False),
        ("/exchange", "gzip", b"\x1f\x8b", False),
        ("/exchange/v2", "zlib", b"\x78\x01", False),
        ("/exchange", "json", b'{"', True),
        ("/exchange/v2", "json", b'{"', True),
    ],
)
async def test_each_dialect_packs_its_replies(
    venue: Venue, path: str, subprotocol: str, first_bytes: bytes, is_text: bool
) -> None:
    client = venue.connect(path, subprotocol)
    assert await client.call("server.ping") == "pong"
    assert client.raw[0][:2] == first_bytes
    assert client.texts == [is_text]


MALFORMED = [
    (b"", None),
    (b"not json", None),
    (b'{"method":', None),
    (b"\xff\xfe", None),
    (b"[" * 100_000, None),
    (b"[]", None),
    (b"5", None),
    (b'"server.ping"', None),
    (b'{"method":"server.ping","params":[],"id":null}', None),
    (b'{"method":"server.ping","params":[],"id":"7"}', None),
    (b'{"method":"server.ping","params":[],"id":7.0}', None),
    (b'{"method":"server.ping","params":[],"id":7e0}', None),
    (b'{"method":"server.ping","params":[],"id":true}', None),
    (b'{"method":"server.ping","params":[],"id":-7}', None),
    (b'{"method":"server.ping","params":[],"id":9223372036854775808}', None),
    (b'{"method":"server.ping","params":[],"id":' + b"9" * 5000 + b"}", None),
    (b'{"method":"server.ping","id":7}', 7),
    (b'{"method":"server.ping","params":null,"id":7}', 7),
    (b'{"method":"server.ping","params":{},"id":7}', 7),
    (b'{"method":"server.ping","params":"x","id":7}', 7),
    (b'{"method":5,"params":[],"id":7}', 7),
    (b'{"params":[],"id":7}', 7),
    (b'{"method":"server.ping","params":[1],"id":7}', 7),
]


@pytest.mark.parametrize(("message", "request_id"), MALFORMED)
async def test_a_malformed_message_is_answered_with_error_1_and_the_connection_lives(
    venue: Venue, message: bytes, request_id: int | None
) -> None:
    client = venue.connect()
    client.says(message)
    (reply,) = client.inbox
    assert (reply["error"]["code"], reply["result"], reply["id"]) == (1, None, request_id)
    assert reply["error"]["message"].startswith("invalid argument: ")
    client.inbox.clear()
    assert await client.call("server.ping") == "pong"


async def test_ids_are_echoed_exactly(venue: Venue) -> None:
    client = venue.connect()
    for request_id in (0, 1, 2**53 + 1, 2**63 - 1):
        client.says({"method": "server.ping", "params": [], "id": request_id})
    assert [reply["id"] for reply in client.inbox] == [0, 1, 2**53 + 1, 2**63 - 1]


async def test_unknown_methods_are_error_4(venue: Venue) -> None:
    code, message = await venue.connect().refused("order.no_such", "BTCUSDT")
    assert (code, message) == (4, "method not found: there is no 'order.no_such'; the reference lists the methods")


async def test_a_notice_is_obeyed_and_never_answered(venue: Venue) -> None:
    alice = await venue.logged_in("alice")
    for notice in (
        {"method": "server.ping", "params": []},
        {"method": "no.such", "params": []},
        {"method": "server.ping", "params": "no array"},
        {"method": "order.put_limit", "params": ["NOSUCH", 1, "1", "1"]},
        {"method": "order.put_limit", "params": ["BTCUSDT", 2, "1", "8000"]},
        {"method": "asset.history", "params": [None, None, 0, 0, 0, 10]},
    ):
        alice.says(notice)
    await alice.answered()
    assert await alice.quiet() == []
    assert (await alice.call("order.query", [], 0, 10))["BTCUSDT"]["total"] == 1


async def test_over_the_rate_a_message_is_refused_and_not_obeyed(venue: Venue) -> None:
    client = venue.connect()
    client.session.refused(b'{"method":"server.ping","params":[],"id":5}')
    client.session.refused(b'{"method":"server.ping","params":[]}')
    client.session.refused(b"garbage")
    assert [(reply["error"]["code"], reply["id"]) for reply in client.inbox] == [(112, 5), (112, None)]


# ── who is who ────────────────────────────────────────────────────────────────────────────────────────────────────────


def md5_of_the_document(api_key: str, secret: str) -> str:
    return hashlib.md5(f"api_key={api_key}&secret_key={secret}".encode()).hexdigest().upper()


def test_the_sample_sign_is_that_of_the_documents_server() -> None:
    assert sign_md5("demo-secret", "demo-key") == "C4005493EBAC5954ACFF7FAD7584CD7B"


async def test_both_forms_of_auth(venue: Venue) -> None:
    api_key, secret = venue.user("carol")
    client = venue.connect()
    assert (await client.refused("asset.query"))[0] == 6
    assert await client.call("server.auth", api_key, md5_of_the_document(api_key, secret)) == {"status": "success"}
    assert await client.call("asset.query", "BTC") == {"BTC": {"available": "0", "freeze": "0"}}
    now_ms = venue.now_us // 1000
    for timestamp in (now_ms, str(now_ms + 1)):
        client = venue.connect()
        sign = sign_socket(secret, api_key, timestamp)
        assert await client.call("server.auth", api_key, sign, timestamp) == {"status": "success"}
        assert await client.call("asset.query", "BTC") == {"BTC": {"available": "0", "freeze": "0"}}


async def test_auth_that_fails(venue: Venue) -> None:
    api_key, secret = venue.user("carol")
    now_ms = venue.now_us // 1000
    good = sign_socket(secret, api_key, now_ms)
    client = venue.connect()
    refused = [
        ((api_key, "wrong"), 11),
        (("no-such-key", md5_of_the_document("no-such-key", secret)), 11),
        ((api_key, "wrong", now_ms), 11),
        ((api_key, sign_socket(secret, api_key, now_ms - 5001), now_ms - 5001), 121),
        ((api_key, sign_socket(secret, api_key, now_ms + 5001), now_ms + 5001), 121),
        ((api_key,), 1),
        ((api_key, good, now_ms, 4), 1),
        ((7, good), 1),
        ((api_key, good, "soon"), 1),
        ((api_key, good, 1.5), 1),
        ((api_key, good, None), 1),
    ]
    for params, code in refused:
        assert (await client.refused("server.auth", *params))[0] == code, params
    assert await client.call("server.auth", api_key, good, now_ms) == {"status": "success"}
    assert (await client.refused("server.auth", api_key, good, now_ms))[0] == 121  # used before
    venue.does(c.UserDisable(venue.house.user_ids["carol"]))
    later = sign_socket(secret, api_key, now_ms + 1)
    await client.call("server.auth", api_key, later, now_ms + 1)  # to cancel and to read: see test_orders.py


async def test_a_revoked_key_ends_what_it_had_proved(venue: Venue) -> None:
    alice = await venue.logged_in("alice")
    await alice.call("order.subscribe")
    identity = alice.session.identity
    assert identity is not None
    venue.does(c.KeyRevoke(identity.api_key))
    assert (await alice.refused("order.query", [], 0, 10))[0] == 6
    assert not venue.desk.floor.private_feed.is_followed
    assert await alice.call("server.ping") == "pong"


async def test_another_login_takes_over_and_private_pushes_of_the_first_end(venue: Venue) -> None:
    client = await venue.logged_in("alice")
    await client.call("asset.subscribe")
    await client.call("price.subscribe", "BTCUSDT")
    api_key, secret = venue.user("carol")
    now_ms = venue.now_us // 1000
    answer = await client.call("server.auth", api_key, sign_socket(secret, api_key, now_ms), now_ms)
    assert answer == {"status": "success", "ended": ["asset.subscribe"]}
    await client.call("asset.subscribe")
    answer = await client.call("server.auth", api_key, sign_socket(secret, api_key, now_ms + 1), now_ms + 1)
    assert answer == {"status": "success"}, "the same user goes on to follow"
    await client.call("asset.unsubscribe")
    assert not venue.desk.floor.private_feed.is_followed
    assert await client.call("asset.query", "BTC") == {"BTC": {"available": "0", "freeze": "0"}}


SCOPES = [
    ("read", ["order.query", "order.history", "order.get", "asset.query", "asset.history"]),
    ("read", ["order.safeguards"]),
    ("read", ["order.subscribe", "order.unsubscribe", "asset.subscribe", "asset.unsubscribe"]),
    ("trade", ["order.put_limit", "order.put_market", "order.cancel"]),
    ("operate", ["asset.create", "market.create", "market.update", "user.create", "user.disable"]),
    ("operate", ["key.create", "key.revoke", "balance.update", "user.enable"]),
    ("operate", ["user.list", "user.orders", "user.assets", "key.list", "withdraw.list"]),
]


@pytest.mark.parametrize(("scope", "methods"), SCOPES)
async def test_scopes(venue: Venue, scope: str, methods: list[str]) -> None:
    others = [other for other in ("read", "trade", "transfer", "operate") if other != scope]
    if scope == "read":
        others.remove("trade")  # who may trade may read
    venue.user("carol", *others)
    stranger, carol = venue.connect(), await venue.logged_in("carol")
    for method in methods:
        code, message = await stranger.refused(method)
        assert (code, message) == (6, f"require authentication: {method} is for known users; call server.auth first")
        code, message = await carol.refused(method)
        assert code == 120
        assert message.startswith(f"{method} takes the scope {scope}; this key has {', '.join(others)}")


async def test_a_closed_session_leaves_nothing_behind(venue: Venue) -> None:
    alice = await venue.logged_in("alice")
    for method, *params in (
        ("order.subscribe",),
        ("asset.subscribe",),
        ("price.subscribe", "BTCUSDT"),
        ("depth.subscribe", "BTCUSDT", 5, "0"),
        ("deals.subscribe", "BTCUSDT"),
        ("kline.subscribe", "BTCUSDT", 60),
        ("state.subscribe", "BTCUSDT"),
        ("today.subscribe", "BTCUSDT"),
    ):
        await alice.call(method, *params)
    alice.session.closed()
    floor = venue.desk.floor
    assert not floor.sessions
    feeds = (floor.market_feed, floor.history_feed, floor.private_feed)
    assert [feed.is_followed for feed in feeds] == [False, False, False]


async def test_answers_that_come_after_the_end_are_dropped_quietly(venue: Venue) -> None:
    alice: Client = await venue.logged_in("alice")
    alice.says({"method": "order.put_limit", "params": ["BTCUSDT", 2, "1", "8000"], "id": 5})
    alice.says({"method": "order.history", "params": ["BTCUSDT", 0, 0, 0, 10], "id": 6})
    alice.session.closed()
    venue.turn()
    bob = await venue.logged_in("bob")
    assert (await bob.call("depth.query", "BTCUSDT", 5, "0"))["bids"] == [["8000.00", "1.0000"]]


async def test_what_waits_when_the_house_closes_is_told_so(venue: Venue) -> None:
    alice = await venue.logged_in("alice")
    venue.projector_runs = False
    await alice.call("order.put_limit", "BTCUSDT", 2, "1", "8000")
    alice.says({"method": "order.history", "params": ["BTCUSDT", 0, 0, 0, 10], "id": 900})
    await asyncio.sleep(0)  # it begins to wait for the projector
    await venue.desk.stop()
    assert alice.inbox == [
        {
            "error": {"code": 3, "message": "service unavailable: the house is closing; ask again later"},
            "result": None,
            "id": 900,
        }
    ]
    assert alice.in_flight == 0
