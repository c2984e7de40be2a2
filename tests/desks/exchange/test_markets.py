"""Queries over markets and balances."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from fondaco.core import commands as c
from tests.desks.exchange.test_subscriptions import trade
from tests.desks.exchange.venue import START_US, Venue

START_S = START_US // 1_000_000
DAY_S = 86_400


async def test_lists_of_markets_and_assets(venue: Venue) -> None:
    client = venue.connect()
    assert await client.call("asset.list") == [
        {"name": "BTC", "scale_digits": 8},
        {"name": "ETH", "scale_digits": 8},
        {"name": "USDT", "scale_digits": 8},
    ]
    assert (await client.call("market.list"))[0] == {
        "name": "BTCUSDT",
        "stock": "BTC",
        "money": "USDT",
        "price_digits": 2,
        "amount_digits": 4,
        "min_amount": "0.0010",
        "min_money": "5.00000000",
        "maker_fee": "0.001",
        "taker_fee": "0.002",
        "phase": "continuous",
    }


async def test_price(venue: Venue) -> None:
    client = venue.connect()
    assert await client.call("price.query", "BTCUSDT") == "0"
    await trade(venue, ("0.1", "8000"))
    assert await client.call("price.query", "BTCUSDT") == "8000.00"


async def test_deals_newest_first_above_an_id(venue: Venue) -> None:
    client = venue.connect()
    await trade(venue, *[("0.1", str(8000 + number)) for number in range(5)])
    deals = await client.call("deals.query", "BTCUSDT", 10, 0)
    assert [(deal["id"], deal["price"], deal["type"]) for deal in deals] == [
        (5, "8004.00", "buy"),
        (4, "8003.00", "buy"),
        (3, "8002.00", "buy"),
        (2, "8001.00", "buy"),
        (1, "8000.00", "buy"),
    ]
    assert [deal["id"] for deal in await client.call("deals.query", "BTCUSDT", 5, 3)] == [5, 4]
    assert [deal["id"] for deal in await client.call("deals.query", "BTCUSDT", 2, 0)] == [5, 4]
    assert await client.call("deals.query", "BTCUSDT", 2, 5) == []


async def test_klines_without_gaps(venue: Venue) -> None:
    client = venue.connect()
    assert await client.call("kline.query", "BTCUSDT", 0, 0, 60) == []
    await trade(venue, ("0.1", "8000"))
    venue.now_us = START_US + 180_000_000
    await trade(venue, ("0.1", "8010"))
    rows = await client.call("kline.query", "BTCUSDT", 0, 0, 60)
    assert rows == [
        [START_S, "8000.00", "8000.00", "8000.00", "8000.00", "0.1000", "800.000000", "BTCUSDT"],
        [START_S + 60, "8000.00", "8000.00", "8000.00", "8000.00", "0", "0", "BTCUSDT"],
        [START_S + 120, "8000.00", "8000.00", "8000.00", "8000.00", "0", "0", "BTCUSDT"],
        [START_S + 180, "8000.00", "8010.00", "8010.00", "8000.00", "0.1000", "801.000000", "BTCUSDT"],
    ]
    assert await client.call("kline.query", "BTCUSDT", START_S + 60, START_S + 120, 60) == rows[1:3]
    (day,) = await client.call("kline.query", "BTCUSDT", 0, 0, DAY_S)
    assert day[:3] == [START_S, "8000.00", "8010.00"]


async def test_a_long_kline_is_cut_to_its_newest_rows(venue: Venue) -> None:
    client = venue.connect()
    await trade(venue, ("0.1", "8000"))
    venue.now_us = START_US + 6_000_000_000
    await trade(venue, ("0.1", "8000"))
    rows = await client.call("kline.query", "BTCUSDT", 0, 0, 1)
    assert len(rows) == venue.desk.floor.limits.kline_rows_max == 5000
    assert rows[-1][0] == venue.house.time_us // 1_000_000


@pytest.mark.parametrize("interval", [1, 2, 5, 15, 30, 60, 300, 1800, 3600, 14_400, 43_200, DAY_S, 3 * DAY_S, 604_800])
async def test_intervals_there_are(venue: Venue, interval: int) -> None:
    await trade(venue, ("0.1", "8000"))
    assert len(await venue.connect().call("kline.query", "BTCUSDT", START_S, 0, interval)) == 1


@pytest.mark.parametrize("interval", [0, -60, 7, 45, 90, 420, 5400, 25_000, 90_000, 8 * DAY_S, 2_592_001, "60", 60.0])
async def test_intervals_there_are_not(venue: Venue, interval: object) -> None:
    assert (await venue.connect().refused("kline.query", "BTCUSDT", 0, 0, interval))[0] == 1


async def test_state_is_rolling_and_today_is_the_calendar_day(venue: Venue) -> None:
    client = venue.connect()
    venue.now_us = START_US + (DAY_S - 60) * 1_000_000
    await trade(venue, ("0.1", "8000"))
    venue.now_us = START_US + (DAY_S + 60) * 1_000_000
    await trade(venue, ("0.2", "8010"))
    both = {
        "last": "8010.00",
        "open": "8000.00",
        "close": "8010.00",
        "high": "8010.00",
        "low": "8000.00",
        "volume": "0.3000",
        "deal": "2402.000000",
    }
    assert await client.call("state.query", "BTCUSDT", DAY_S) == {"period": DAY_S, **both}
    assert (await client.call("state.query", "BTCUSDT", 60))["volume"] == "0.2000"
    assert (await client.call("today.query", "BTCUSDT"))["volume"] == "0.2000"
    several = await client.call("state.query", ["BTCUSDT", "ETHUSDT"], DAY_S)
    assert several["BTCUSDT"] == {"period": DAY_S, **both}
    assert list(several) == ["BTCUSDT", "ETHUSDT"]
    assert list(await client.call("today.query", ["ETHUSDT"])) == ["ETHUSDT"]


MARKET_REFUSALS: list[tuple[str, list[Any], int]] = [
    ("price.query", [], 1),
    ("price.query", ["NOSUCH"], 113),
    ("price.query", ["btcusdt"], 113),
    ("price.query", ["N" * 10_000], 113),
    ("state.query", ["BTCUSDT"], 1),
    ("state.query", ["BTCUSDT", 0], 1),
    ("state.query", ["BTCUSDT", 7 * DAY_S + 1], 1),
    ("state.query", ["BTCUSDT", "86400"], 1),
    ("state.query", [["NOSUCH"], DAY_S], 113),
    ("today.query", [], 1),
    ("today.query", [5], 1),
    ("deals.query", ["BTCUSDT", 10], 1),
    ("deals.query", ["BTCUSDT", 0, 0], 1),
    ("deals.query", ["BTCUSDT", 10_001, 0], 1),
    ("deals.query", ["BTCUSDT", 10, -1], 1),
    ("deals.query", ["BTCUSDT", 10, 2**70], 1),
    ("kline.query", ["BTCUSDT", 0, 0], 1),
    ("kline.query", ["BTCUSDT", 10, 5, 60], 1),
    ("kline.query", ["BTCUSDT", 1.5, 5, 60], 1),
    ("kline.query", ["NOSUCH", 0, 0, 60], 113),
]


@pytest.mark.parametrize(("method", "params", "code"), MARKET_REFUSALS)
async def test_refusals(venue: Venue, method: str, params: list[Any], code: int) -> None:
    got, message = await venue.connect().refused(method, *params)
    assert got == code
    assert len(message) < 300


# ── balances ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_balances(venue: Venue) -> None:
    alice = await venue.logged_in("alice")
    await alice.call("order.put_limit", "BTCUSDT", 1, "0.5", "8000")
    btc = {"available": "99.50000000", "freeze": "0.50000000"}
    assert await alice.call("asset.query", "BTC") == {"BTC": btc}
    assert await alice.call("asset.query") == {
        "BTC": btc,
        "ETH": {"available": "1000.00000000", "freeze": "0"},
        "USDT": {"available": "10000000.00000000", "freeze": "0"},
    }
    assert (await alice.refused("asset.query", "BTC", "NOSUCH"))[0] == 114
    assert (await alice.refused("asset.query", ["BTC"]))[0] == 1


async def test_history_of_balances(venue: Venue) -> None:
    alice = await venue.logged_in("alice")
    venue.now_us = START_US + 500_000_000
    user_id = venue.house.user_ids["alice"]
    venue.does(c.BalanceUpdate(user_id, "BTC", "withdraw", 7, -(10**8), '{"to":"cold","fee":0.10}'))
    time = (START_US + 500_000_000) / 1e6
    page = await alice.call("asset.history", "BTC", "withdraw", 0, 0, 0, 10)
    assert page == {
        "offset": 0,
        "limit": 10,
        "records": [
            {
                "time": time,
                "asset": "BTC",
                "business": "withdraw",
                "change": "-1.00000000",
                "balance": "99.00000000",
                "detail": {"id": 7, "to": "cold", "fee": 0.1},
            }
        ],
    }
    assert b'"fee":0.10}' in alice.raw[-1]  # the caller's own text
    venue.now_us += 1_000_000
    await trade(venue, ("0.1", "8000"))
    money, stock = (await alice.call("asset.history", None, "trade", 0, 0, 0, 10))["records"]
    assert (stock["asset"], stock["change"], stock["balance"]) == ("BTC", "-0.10000000", "98.90000000")
    assert (money["asset"], money["change"]) == ("USDT", "799.20000000")  # 800 less the maker's fee
    assert money["detail"] == {
        "market": "BTCUSDT",
        "order_id": 1,
        "deal_id": 1,
        "price": "8000.00",
        "amount": "0.1000",
        "fee": "0.80000000",
    }
    for nothing in (None, ""):
        everything = (await alice.call("asset.history", nothing, nothing, 0, 0, 0, 100))["records"]
        assert [record["business"] for record in everything] == ["trade", "trade", "withdraw"] + ["deposit"] * 3
    assert (await alice.call("asset.history", "BTC", "deposit", START_S + 1, 0, 0, 10))["records"] == []
    assert (await alice.refused("asset.history", "NOSUCH", None, 0, 0, 0, 10))[0] == 114
    assert (await alice.refused("asset.history", "BTC", 5, 0, 0, 0, 10))[0] == 1


async def test_long_answers_leave_room_for_others(venue: Venue) -> None:
    """While five thousand candles are written out, pings are answered in between; the answer is whole."""
    client = venue.connect("/exchange", "zlib")
    await trade(venue, ("0.1", "8000"))
    venue.now_us = START_US + 6_000_000_000
    await trade(venue, ("0.1", "8001"))
    client.says({"method": "kline.query", "params": ["BTCUSDT", 0, 0, 1], "id": 900})
    pings = 0
    while not client.inbox or client.inbox[-1]["id"] != 900:
        client.says({"method": "server.ping", "params": [], "id": 1})
        pings += 1
        await asyncio.sleep(0)
    rows = client.inbox[-1]["result"]
    assert [row[0] for row in rows] == list(range(START_S + 1001, START_S + 6001))
    assert pings > 20
