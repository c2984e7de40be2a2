"""Orders from the put to the history, and what they do to balances."""

from __future__ import annotations

import time
from decimal import Decimal
from typing import Any

import pytest

from tests.outsider.client import DOCUMENT, LIVE, Outsider
from tests.outsider.conftest import House
from tests.outsider.facts import BALANCE, CHANGE, PAGE, is_order, is_plain, number

PATHS = pytest.mark.parametrize("path", [DOCUMENT, LIVE])
SELL, BUY = 1, 2
LIMIT, MARKET = 1, 2


@PATHS
async def test_the_life_of_an_order(house: House, path: str) -> None:
    market, other = await house.market(), await house.market()
    alice, bob = await house.trader(market), await house.trader(market)
    async with house.open(path, key=alice) as seller, house.open(path, key=bob) as buyer:
        put = await seller.call("order.put_limit", market.name, SELL, "2", "8000")
        is_order(put)
        assert (put["market"], put["type"], put["side"], put["user"]) == (market.name, LIMIT, SELL, alice.user)
        told = {name: put[name] for name in ("price", "amount", "left", "deal_stock", "deal_money", "deal_fee")}
        assert list(map(Decimal, told.values())) == [8_000, 2, 2, 0, 0, 0]
        assert (put["deal_stock"], put["deal_money"], put["deal_fee"]) == ("0", "0", "0")
        assert (put["taker_fee"], put["maker_fee"]) == ("0.002", "0.001")
        named = await seller.call("order.put_limit", market.name, SELL, "1", "8001", {"client_order_id": "mine-1"})
        is_order(named, "client_order_id")
        assert named["client_order_id"] == "mine-1"

        open_orders = await seller.call("order.query", [market.name, other.name], 0, 50)
        assert set(open_orders) == {market.name, other.name}
        page = open_orders[market.name]
        assert set(page) == PAGE
        assert (page["limit"], page["offset"], page["total"]) == (50, 0, 2)
        assert page["records"] == [named, put], "ids descend"
        assert (await seller.call("order.query", [], 0, 50))[market.name] == page
        second = (await seller.call("order.query", [market.name], 1, 1))[market.name]
        assert (second["total"], second["records"]) == (2, [put])
        assert (await buyer.call("order.query", [market.name], 0, 50))[market.name]["records"] == []

        taken = await buyer.call("order.put_limit", market.name, BUY, "0.5", "9000")
        is_order(taken)
        assert (taken["left"], number(taken["deal_money"])) == ("0", 4_000)
        assert number(taken["deal_fee"]) == number("0.5") * number("0.002"), "the taker's fee, in stock"
        spent = await buyer.call("order.put_market", market.name, BUY, "8000")
        is_order(spent)
        assert (spent["type"], spent["price"], number(spent["amount"])) == (MARKET, "0", 8_000)
        assert (number(spent["deal_stock"]), number(spent["deal_money"]), spent["left"]) == (1, 8_000, "0")
        now = await seller.call("order.get", market.name, put["id"])
        is_order(now)
        assert (number(now["left"]), number(now["deal_money"]), number(now["deal_fee"])) == (
            number("0.5"),
            12_000,
            12,
        )
        cancelled = await seller.call("order.cancel", market.name, put["id"])
        assert (cancelled["id"], cancelled["left"]) == (put["id"], now["left"])
        unfilled = await seller.call("order.cancel", market.name, {"client_order_id": "mine-1"})
        assert (unfilled["id"], unfilled["deal_stock"]) == (named["id"], "0")

        await _history(seller, market.name, [unfilled["id"], cancelled["id"]])
        await _history(buyer, market.name, [spent["id"], taken["id"]])
        balance = await seller.call("asset.query", market.stock, market.money)
        assert set(balance) == {market.stock, market.money}
        assert all(set(each) == BALANCE for each in balance.values())
        assert [number(balance[name]["available"]) for name in market[1:]] == [
            number("98.5"),
            1_000_000 + 12_000 - 12,
        ]
        assert [balance[name]["freeze"] for name in market[1:]] == ["0", "0"]
        assert set(await seller.call("asset.query")) >= {market.stock, market.money}
        bought = await buyer.call("asset.query", market.stock)
        assert number(bought[market.stock]["available"]) == 100 + number("1.5") * number("0.998")


async def _history(client: Outsider, market: str, ids: list[int]) -> None:
    """Finished orders, by the time they were put, flat, newest first, with the time they ended."""
    now = int(time.time())
    page = await client.call("order.history", market, now - 600, now + 600, 0, 50)
    assert set(page) == PAGE
    assert [record["id"] for record in page["records"]] == ids
    for record in page["records"]:
        more = ("ftime", "client_order_id") if "client_order_id" in record else ("ftime",)
        is_order(record, *more)
        assert record["ftime"] >= record["ctime"]
    assert (page["total"], page["limit"], page["offset"]) == (len(ids), 50, 0)
    assert await client.call("order.history", market, now - 600, 0, 0, 50) == page, "an end of 0 is open"
    assert (await client.call("order.history", market, 0, now - 600, 0, 50))["records"] == []
    assert (await client.call("order.history", market, 0, 0, 1, 1))["records"] == page["records"][1:2]
    first = page["records"][0]
    assert await client.call("order.get", market, first["id"]) == first


@PATHS
async def test_times_in_force_and_client_ids(house: House, path: str) -> None:
    market = await house.market()
    alice, bob = await house.trader(market), await house.trader(market)
    async with house.open(path, key=alice) as seller, house.open(path, key=bob) as buyer:
        await seller.call("order.put_limit", market.name, SELL, "1", "8000")

        async def buys(amount: str, in_force: str, name: str) -> Any:
            options = {"time_in_force": in_force, "client_order_id": name}
            return await buyer.asks("order.put_limit", market.name, BUY, amount, "8000", options)

        killed = await buys("2", "FOK", "fok-1")
        assert killed["error"]["code"] == 107
        part = (await buys("1.5", "IOC", "ioc-1"))["result"]
        assert (number(part["deal_stock"]), number(part["left"])) == (1, number("0.5"))
        unfilled = (await buys("1", "IOC", "ioc-2"))["result"]
        assert (unfilled["deal_stock"], number(unfilled["left"])) == ("0", 1), "accepted, not filled: its record"
        assert (await buyer.call("order.query", [], 0, 10))[market.name]["records"] == []
        assert (await buys("1", "IOC", "ioc-2"))["result"] == unfilled, "a repeat gets the first answer"
        assert (await buys("2", "IOC", "ioc-2"))["error"]["code"] == 110
        rests = (await buys("2", "GTC", "fok-1"))["result"]
        assert number(rests["left"]) == 2, "what was refused used no id up"
        assert (await buyer.call("order.get", market.name, {"client_order_id": "fok-1"}))["id"] == rests["id"]


@PATHS
async def test_changes_of_balances(house: House, path: str) -> None:
    market = await house.market()
    alice, bob = await house.trader(market), await house.trader(market)
    async with house.posting(house.operator) as operator:
        detail = {"detail": {"txid": "abc"}}
        await operator.call("balance.update", bob.name, market.money, "bonus", 5, "12.5", detail)
    async with house.open(path, key=alice) as seller, house.open(path, key=bob) as buyer:
        await seller.call("order.put_limit", market.name, SELL, "1", "8000")
        await buyer.call("order.put_limit", market.name, BUY, "1", "8000")
        everything = await buyer.call("asset.history", None, None, 0, 0, 0, 100)
        assert set(everything) == {"offset", "limit", "records"}
        for record in everything["records"]:
            assert set(record) == CHANGE
            assert isinstance(record["time"], Decimal)
            is_plain(record["change"])
            is_plain(record["balance"])
        times = [record["time"] for record in everything["records"]]
        assert times == sorted(times, reverse=True), "newest first"
        money = await buyer.call("asset.history", market.money, "", 0, 0, 0, 100)
        told = [
            (record["business"], number(record["change"]), number(record["balance"])) for record in money["records"]
        ]
        assert told == [
            ("trade", -8_000, number("992012.5")),
            ("bonus", number("12.5"), number("1000012.5")),
            ("deposit", 1_000_000, 1_000_000),
        ]
        now = int(time.time())
        deposits = await buyer.call("asset.history", market.stock, "deposit", now - 600, now + 600, 0, 100)
        assert [record["detail"] for record in deposits["records"]] == [{"id": 1}]
        bonus = await buyer.call("asset.history", None, "bonus", 0, 0, 0, 1)
        assert bonus["records"][0]["detail"] == {"id": 5, "txid": "abc"}
