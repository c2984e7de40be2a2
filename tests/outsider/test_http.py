"""The same methods by HTTP: the same answers, and what is said at the door."""

from __future__ import annotations

import json
import time
from typing import Any

import aiohttp
import pytest

from tests.outsider.client import LIVE, Refused
from tests.outsider.conftest import House

SELL, BUY = 1, 2


async def test_every_query_answers_the_same_on_both_roads(house: House) -> None:
    market = await house.market()
    key = await house.trader(market)
    now = int(time.time())
    asked: list[tuple[str, list[Any]]] = [
        ("server.ping", []),
        ("market.list", []),
        ("asset.list", []),
        ("price.query", [market.name]),
        ("depth.query", [market.name, 10, "0.1"]),
        ("deals.query", [market.name, 10, 0]),
        ("kline.query", [market.name, now - 60, now + 60, 86_400]),
        ("state.query", [market.name, 86_400]),
        ("state.query", [[market.name], 86_400]),
        ("today.query", [market.name]),
        ("order.query", [[market.name], 0, 10]),
        ("order.history", [market.name, 0, 0, 0, 10]),
        ("asset.query", [market.stock]),
        ("asset.history", [None, None, 0, 0, 0, 10]),
    ]
    async with house.open(LIVE, key=key) as client, house.posting(key) as http:
        resting = await http.call("order.put_limit", market.name, SELL, "2", "8000")
        taken = await client.call("order.put_limit", market.name, BUY, "1", "8000")
        for order in (resting, taken):
            by_socket = await client.call("order.get", market.name, order["id"])
            assert await http.call("order.get", market.name, order["id"]) == by_socket
        spent = await http.call("order.put_market", market.name, BUY, "800")
        assert spent["deal_stock"] == "0.1000"
        for method, params in asked:
            assert await http.call(method, *params) == await client.call(method, *params), method
        cancelled = await http.call("order.cancel", market.name, resting["id"])
        assert cancelled["left"] == "0.9000"


async def test_strangers_by_http(house: House) -> None:
    market = await house.market()
    async with house.posting() as http:
        assert await http.call("price.query", market.name) == "0"
        for method, params, code in (
            ("asset.query", [], 6),
            ("no.such", [], 4),
            ("price.query", ["NO"], 113),
            ("price.query", [], 1),
            ("price.subscribe", [market.name], 4),
        ):
            with pytest.raises(Refused) as refused:
                await http.call(method, *params)
            assert refused.value.code == code
        for body in ("", "{", "[]", "5", '{"params": {}}', '{"id": 1}', '{"params": [], "id": "x"}'):
            status, envelope = await http.post("/exchange/price.query", body)
            assert (status, envelope["error"]["code"]) == (200, 1), body
        status, envelope = await http.post("/exchange/server.ping", '{"params": []}')
        assert (status, envelope) == (200, {"error": None, "result": "pong", "id": None})


async def test_the_door(house: House) -> None:
    market = await house.market()
    key = await house.trader(market)
    path, body = "/exchange/asset.query", json.dumps({"params": [market.stock], "id": 1})
    async with house.posting(key) as http:
        status, envelope = await http.post(path, body)
        assert (status, envelope["error"]) == (200, None)
        status, envelope = await http.post(f"{path}?nonce=5", body)
        assert (status, envelope["error"]) == (200, None), "the query is signed with the path"

        async def refused(**headers: str) -> tuple[int, int]:
            status, envelope = await http.post(path, body, **headers)
            assert envelope["result"] is None
            return status, envelope["error"]["code"]

        assert await refused(X_Signature="0" * 64) == (401, 11)
        assert await refused(X_Api_Key="no-such-key") == (401, 11)
        for late_ms in (-6_000, 9_000):
            stamp = str(http.now_ms() + late_ms)
            assert await refused(X_Timestamp=stamp, X_Signature=key.hmac(stamp + path + body)) == (401, 121)
        stamp = str(http.now_ms())
        signed = {"X_Timestamp": stamp, "X_Signature": key.hmac(stamp + path + body)}
        status, envelope = await http.post(path, body, **signed)
        assert (status, envelope["error"]) == (200, None)
        assert await refused(**signed) == (401, 121), "a signature is good once"
        assert await refused(X_Signature=key.hmac(stamp + path + body).upper()) == (401, 11)
    async with aiohttp.ClientSession() as session:
        async with session.post(house.http + path, data=body, headers={"X-Api-Key": key.api_key}) as answer:
            assert (answer.status, (await answer.json())["error"]["code"]) == (401, 11)
        async with session.post(house.http + path, data="x" * 70_000) as answer:
            assert answer.status == 413
