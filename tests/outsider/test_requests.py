"""Requests, notices, who is who, and every refusal that a client can be made to meet."""

from __future__ import annotations

import json
import time
from decimal import Decimal
from typing import Any

import pytest

from tests.outsider.client import DOCUMENT, LIVE, Key, Refused
from tests.outsider.conftest import House, Market

PATHS = pytest.mark.parametrize("path", [DOCUMENT, LIVE])
SELL, BUY = 1, 2
UNFIT_IDS: tuple[Any, ...] = ("7", "id", 1.5, 7.0, -1, 2**63, True, None, [], {})
UNFIT_PARAMS: tuple[Any, ...] = (None, {}, "BTC", 5, True)


@PATHS
async def test_ids_notices_and_what_is_no_request(house: House, path: str) -> None:
    async with house.open(path) as client:
        for number in (0, 100, 2**53 + 1, 2**63 - 1):
            await client.says({"method": "server.ping", "params": [], "id": number})
            assert (await client.answer(number))["result"] == "pong"
        for unfit in UNFIT_IDS:
            await client.says({"method": "server.ping", "params": [], "id": unfit})
            assert (await client.answer(None))["error"]["code"] == 1, unfit
        for bad in (
            "",
            "{",
            "[]",
            "5",
            "null",
            '"ping"',
            '{"method":kline.query,"params":[],"id":1}',
            "\x00",
            "[" * 999,
        ):
            await client.says(bad)
            assert (await client.answer(None))["error"]["code"] == 1, bad
        for params in UNFIT_PARAMS:
            await client.says({"method": "price.query", "params": params, "id": 9})
            assert (await client.answer(9))["error"]["code"] == 1, params
        await client.says({"method": "price.query", "id": 9})
        assert (await client.answer(9))["error"]["code"] == 1
        await client.says({"params": [], "id": 9})
        assert (await client.answer(9))["error"]["code"] == 1
        for notice in (
            {"method": "server.ping", "params": []},
            {"method": "no.such", "params": []},
            {"method": "price.query", "params": ["no such market"]},
            {"method": "deals.unsubscribe"},
        ):
            await client.says(notice)
        for unknown in ("no.such", "", "server.PING", "order.put", "server.auth2", "state.subscribeall"):
            assert (await client.asks(unknown))["error"]["code"] == 4
        assert client.heard == [], "a notice was answered, or something twice"


@PATHS
async def test_both_names_of_the_time(house: House, path: str) -> None:
    async with house.open(path) as client:
        for method in ("server.time", "system.time"):
            told = await client.call(method)
            assert type(told) is int
            assert abs(told - time.time()) < 60


def test_the_sign_of_the_notes() -> None:
    assert Key("demo-key", "demo-secret").md5 == "C4005493EBAC5954ACFF7FAD7584CD7B"


@PATHS
async def test_who_is_who(house: House, path: str) -> None:
    market = await house.market()
    alice, bob = await house.trader(market), await house.trader(market, "read")
    async with house.open(path) as client:

        async def refused(*params: object) -> int:
            code: int = (await client.asks("server.auth", *params))["error"]["code"]
            return code

        assert (await client.asks("asset.query"))["error"]["code"] == 6
        now = time.time_ns() // 1_000_000
        assert await refused(alice.api_key, "0" * 32) == 11
        assert await refused("no-such-key", alice.md5) == 11
        assert await refused(alice.api_key, bob.md5) == 11
        assert await refused(alice.api_key, alice.hmac(f"{alice.api_key}{now}").upper(), now) == 11
        assert await refused(alice.api_key, alice.hmac(f"{alice.api_key}{now - 6_000}"), now - 6_000) == 121
        assert await refused(alice.api_key, alice.hmac(f"{alice.api_key}{now + 9_000}"), now + 9_000) == 121
        for params in ((), (alice.api_key,), (alice.api_key, None), (1, 2), (alice.api_key, alice.md5, now, 1)):
            assert await refused(*params) == 1
        assert (await client.asks("asset.query"))["error"]["code"] == 6
        for sign in (alice.md5, alice.md5.lower()):
            assert await client.call("server.auth", alice.api_key, sign) == {"status": "success"}
        now = time.time_ns() // 1_000_000
        signed = (alice.api_key, alice.hmac(f"{alice.api_key}{now}"), now)
        assert await client.call("server.auth", *signed) == {"status": "success"}
        assert await refused(*signed) == 121
        assert (await client.call("order.put_limit", market.name, SELL, "1", "8000"))["user"] == alice.user
        await client.call("server.auth", bob.api_key, bob.md5)
        assert (await client.call("asset.query", market.stock))[market.stock]["freeze"] == "0"
        assert (await client.asks("order.put_limit", market.name, SELL, "1", "8000"))["error"]["code"] == 120


#: What is asked of a market with one bid and one ask of somebody else, and the refusal. `M`, `S` and `N` stand for the
#: market, its stock and its money, `THEIRS` for the id of another's order, `MINE` for a client order id in use.
REFUSALS: list[tuple[str, list[Any], int]] = [
    ("kline.query", ["M", 0, 0], 1),
    ("kline.query", ["M", 0, 0, 7], 1),
    ("kline.query", ["M", 0, 0, "60"], 1),
    ("kline.query", ["NO", 0, 0, 60], 113),
    ("price.query", [], 1),
    ("price.query", [5], 1),
    ("price.query", ["NO"], 113),
    ("state.query", ["M"], 1),
    ("state.query", ["M", 604_801], 1),
    ("state.query", [["M", "NO"], 86_400], 113),
    ("today.query", ["NO"], 113),
    ("deals.query", ["M", 10_001, 0], 1),
    ("deals.query", ["M", 10], 1),
    ("depth.query", ["M", 10, "x"], 123),
    ("depth.query", ["M", 10, "0.015"], 1),
    ("order.query", [["M"], 0, 101], 1),
    ("order.query", [["NO"], 0, 10], 113),
    ("order.history", ["M", 0, 0, 0, 101], 1),
    ("asset.query", ["NO"], 114),
    ("asset.history", ["NO", None, 0, 0, 0, 10], 114),
    ("asset.history", [None, None, 0, 0, 0, 101], 1),
    ("depth.subscribe", ["M", 7, "0"], 1),
    ("depth.subscribe", ["M", 10, "0.5"], 1),
    ("depth.subscribe", ["NO", 10, "0"], 113),
    ("depths.subscribe", [["M", 10, "0"], ["M", 10, "0.1"]], 1),
    ("kline.subscribe", ["M", 61], 1),
    ("price.subscribe", ["NO"], 113),
    ("order.subscribe", ["NO"], 113),
    ("asset.subscribe", ["NO"], 114),
    ("order.put_limit", ["M", SELL, "1"], 1),
    ("order.put_limit", ["M", 3, "1", "8000"], 1),
    ("order.put_limit", ["M", SELL, "1000", "8000"], 10),
    ("order.put_limit", ["M", BUY, "1000", "8000"], 10),
    ("order.put_limit", ["M", SELL, "0.0001", "8000"], 11),
    ("order.put_limit", ["M", SELL, "1", "8000.001"], 101),
    ("order.put_limit", ["M", SELL, "1.00001", "8000"], 102),
    ("order.put_limit", ["M", SELL, "1", "-8000"], 103),
    ("order.put_limit", ["M", SELL, "1e25", "8000"], 104),
    ("order.put_limit", ["M", BUY, "2", "9000", {"time_in_force": "FOK"}], 107),
    ("order.put_limit", ["M", BUY, "1", "7000", {"client_order_id": "MINE"}], 110),
    ("order.put_limit", ["NO", SELL, "1", "8000"], 113),
    ("order.put_limit", ["M", SELL, "0.01", "0.01"], 122),
    ("order.put_limit", ["M", SELL, "one", "8000"], 123),
    ("order.put_limit", ["M", SELL, "1e3000000", "8000"], 123),
    ("order.put_limit", ["M", SELL, "1" * 41, "8000"], 123),
    ("order.put_limit", ["M", SELL, "1", "8000", {"no_such_option": 1}], 1),
    ("order.put_market", ["EMPTY", SELL, "1"], 12),
    ("order.put_market", ["M", BUY, "0.5"], 122),
    ("order.cancel", ["M", 999_999], 10),
    ("order.cancel", ["M", "THEIRS"], 11),
    ("order.cancel", ["M"], 1),
    ("order.get", ["M", 999_999], 10),
    ("order.get", ["M", "THEIRS"], 11),
    ("balance.update", ["ME", "S", "deposit", 1, "100"], 120),
    ("market.create", ["X", "S", "N", {}], 120),
]


@PATHS
async def test_refusals(house: House, path: str) -> None:
    market, empty = await house.market(), await house.market()
    alice, bob = await house.trader(market), await house.trader(market)
    async with house.posting(house.operator) as operator:
        await operator.call("balance.update", alice.name, empty.stock, "deposit", 1, "100")
    async with house.open(path, key=bob) as other:
        theirs = (await other.call("order.put_limit", market.name, SELL, "1", "9000"))["id"]
        await other.call("order.put_limit", market.name, BUY, "1", "7000")
    names = {"M": market.name, "S": market.stock, "N": market.money, "EMPTY": empty.name, "THEIRS": theirs}
    async with house.open(path, key=alice) as client:
        options = {"client_order_id": "MINE"}
        mine = await client.call("order.put_limit", market.name, SELL, "1", "9500", options)
        assert await client.call("order.put_limit", market.name, SELL, "1", "9500", options) == mine
        before = await client.call("asset.query")
        for method, params, code in REFUSALS:
            asked = [_named(each, names) for each in params]
            answer = await client.asks(method, *asked)
            assert answer["error"] is not None, (method, asked, answer)
            assert answer["error"]["code"] == code, (method, asked, answer)
            assert len(answer["error"]["message"]) > 10
        assert await client.call("asset.query") == before
        assert (await client.call("order.query", [market.name], 0, 10))[market.name]["records"] == [mine]


async def test_a_disabled_user_reads_and_cancels_and_no_more(house: House) -> None:
    market = await house.market()
    alice = await house.trader(market)
    async with house.open(LIVE, key=alice) as client, house.posting(house.operator) as operator:
        order = await client.call("order.put_limit", market.name, SELL, "1", "9000")
        await operator.call("user.disable", alice.name)
        assert (await client.asks("order.put_limit", market.name, SELL, "1", "9000"))["error"]["code"] == 117
        assert (await client.call("asset.query", market.stock))[market.stock]["freeze"] == "1.00000000"
        assert (await client.call("order.cancel", market.name, order["id"]))["left"] == "1.0000"
        await operator.call("user.enable", alice.name)
        await client.call("order.put_limit", market.name, SELL, "1", "9000")
        await operator.call("key.revoke", alice.api_key)
        assert (await client.asks("asset.query"))["error"]["code"] == 6
        assert (await client.asks("server.auth", alice.api_key, alice.md5))["error"]["code"] == 11


async def test_what_one_connection_may_follow(house: House) -> None:
    names = [(await house.market()).name for _ in range(9)]
    async with house.open(LIVE) as client:
        assert (await client.asks("price.subscribe", *names))["error"]["code"] == 119
        assert await client.call("price.subscribe", *names[1:]) == {"status": "success"}
        assert (await client.asks("deals.subscribe", names[0]))["error"]["code"] == 119
        await client.says({"method": "price.unsubscribe"})
        assert await client.call("deals.subscribe", names[0]) == {"status": "success"}


async def test_deposits_are_made_once(house: House) -> None:
    market = await house.market()
    alice = await house.trader(market)
    async with house.posting(house.operator) as operator:
        deposit = (alice.name, market.money, "deposit", 77, "5")
        for _ in range(3):
            assert await operator.call("balance.update", *deposit) == {"status": "success"}
        for repeat, code in ((("deposit", 77, "6"), 10), (("withdraw", 78, "-9000000"), 10), (("trade", 79, "1"), 1)):
            with pytest.raises(Refused) as refused:
                await operator.call("balance.update", alice.name, market.money, *repeat)
            assert refused.value.code == code
    async with house.open(DOCUMENT, key=alice) as client:
        assert Decimal((await client.call("asset.query", market.money))[market.money]["available"]) == 1_000_005


def _named(value: Any, names: dict[str, Any]) -> Any:
    if isinstance(value, list):
        return [_named(each, names) for each in value]
    return names.get(value, value) if isinstance(value, str) else value


async def test_numbers_in_every_spelling(house: House) -> None:
    market: Market = await house.market()
    key = await house.trader(market)
    async with house.open(LIVE, key=key) as client:
        for number, (amount, price) in enumerate(
            (('"0.5"', '"8000"'), ("0.5", "8000"), ("5e-1", "8.0e3"), ('"5e-1"', '"8000.00"'), ("0.50", "8000.0")), 900
        ):
            params = f'["{market.name}", 1, {amount}, {price}]'
            await client.says(f'{{"method": "order.put_limit", "params": {params}, "id": {number}}}')
            record = (await client.answer(number))["result"]
            assert (record["amount"], record["price"]) == ("0.5000", "8000.00")


async def test_a_whole_conversation_in_one_burst(house: House) -> None:
    """Clients send without waiting; answers are told apart by their ids, and each request has exactly one."""
    market = await house.market()
    key = await house.trader(market)
    async with house.open(LIVE, key=key) as client:
        for number in range(1_000, 1_060):
            await client.says(_request(number, market))
        answers = [await client.answer(number) for number in range(1_000, 1_060)]
        assert [answer for answer in answers if answer["error"] is not None] == []
        assert (await client.call("order.query", [], 0, 1))[market.name]["total"] == 15
        assert client.heard == []


def _request(number: int, market: Market) -> str:
    methods: dict[int, tuple[str, list[Any]]] = {
        0: ("order.put_limit", [market.name, BUY, "0.01", "100"]),
        1: ("depth.query", [market.name, 5, "0"]),
        2: ("order.query", [[market.name], 0, 1]),
        3: ("server.ping", []),
    }
    method, params = methods[number % 4]
    return json.dumps({"method": method, "params": params, "id": number})
