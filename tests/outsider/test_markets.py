"""Markets as a client asks for them: candles, price, state, the day, deals and the book, merged and not."""

from __future__ import annotations

import itertools
import math
import time
from decimal import Decimal
from typing import Any

import pytest

from tests.outsider.client import DOCUMENT, LIVE, Outsider
from tests.outsider.conftest import House, Market
from tests.outsider.facts import STATE, TODAY, is_candle, is_deal, is_plain, is_state

PATHS = pytest.mark.parametrize("path", [DOCUMENT, LIVE])
SELL, BUY = 1, 2


async def traded(house: House, market: Market, *deals: tuple[str, str, int]) -> None:
    """Deals of (amount, price, taker's side), in this order, between two people."""
    maker, taker = await house.trader(market), await house.trader(market)
    async with house.open(LIVE, key=maker) as rests, house.open(LIVE, key=taker) as takes:
        for amount, price, side in deals:
            await rests.call("order.put_limit", market.name, SELL + BUY - side, amount, price)
            await takes.call("order.put_limit", market.name, side, amount, price)


@PATHS
async def test_a_market_without_a_deal(house: House, path: str) -> None:
    market = await house.market()
    nothing = dict.fromkeys(TODAY, "0")
    async with house.open(path) as client:
        assert await client.call("price.query", market.name) == "0"
        assert await client.call("state.query", market.name, 86_400) == {"period": 86_400, **nothing}
        assert await client.call("today.query", market.name) == nothing
        assert await client.call("deals.query", market.name, 5, 1) == []
        assert await client.call("depth.query", market.name, 100, "1") == {"asks": [], "bids": []}
        assert await client.call("kline.query", market.name, 145_231_637, 145_232_657, 5) == []


@PATHS
async def test_a_market_with_deals(house: House, path: str) -> None:
    market = await house.market()
    began = int(time.time())
    await traded(
        house, market, ("0.5", "8000", BUY), ("0.25", "8010.5", SELL), ("1", "7990", BUY), ("0.1", "8001", BUY)
    )
    ended = int(time.time()) + 1
    async with house.open(path) as client:
        assert Decimal(await client.call("price.query", market.name)) == 8_001
        is_plain(await client.call("price.query", market.name))
        deals = await client.call("deals.query", market.name, 10_000, 0)
        for deal in deals:
            is_deal(deal)
            assert began <= deal["time"] <= ended
        ids = [deal["id"] for deal in deals]
        assert ids == sorted(ids, reverse=True)
        told = [(Decimal(deal["price"]), Decimal(deal["amount"]), deal["type"]) for deal in deals]
        half, quarter, tenth = Decimal("0.5"), Decimal("0.25"), Decimal("0.1")
        expected = [
            (8_001, tenth, "buy"),
            (7_990, 1, "buy"),
            (Decimal("8010.5"), quarter, "sell"),
            (8_000, half, "buy"),
        ]
        assert told == expected
        assert await client.call("deals.query", market.name, 5, ids[2]) == deals[:2]
        assert await client.call("deals.query", market.name, 1, ids[2]) == deals[:1]

        whole = {"last": 8_001, "close": 8_001, "high": Decimal("8010.5"), "low": 7_990, "volume": Decimal("1.85")}
        whole["deal"] = 4_000 + Decimal("2002.625") + 7_990 + Decimal("800.1")
        state = await client.call("state.query", market.name, 86_400)
        is_state(state, STATE)
        assert state["period"] == 86_400
        assert {name: Decimal(state[name]) for name in whole} == whole
        assert await client.call("state.query", [market.name], 86_400) == {market.name: state}
        assert (await client.call("state.query", market.name, 60))["period"] == 60
        day = await client.call("today.query", market.name)
        is_state(day, TODAY)
        assert {name: Decimal(day[name]) for name in whole} == whole
        assert await client.call("today.query", [market.name]) == {market.name: day}

        for interval in (1, 5, 60, 300, 3_600, 86_400, 604_800, 2_592_000):
            rows = await client.call("kline.query", market.name, began - 5, ended + 5, interval)
            for row in rows:
                is_candle(row, market.name)
                assert interval > 86_400 or row[0] % interval == 0
            assert sum(Decimal(row[5]) for row in rows) == whole["volume"]
            assert sum(Decimal(row[6]) for row in rows) == whole["deal"]
            assert Decimal(rows[-1][2]) == 8_001
            assert all(later[1] == row[2] for row, later in itertools.pairwise(rows)), "open: the last before"


#: The book of the tests of depth: (side, amount, price).
BOOK = [
    *((SELL, "1", "8000.01"), (SELL, "2", "8000.10"), (SELL, "3", "8000.11"), (SELL, "4", "8001.00")),
    *((SELL, "5", "8001.01"), (BUY, "1", "7999.99"), (BUY, "2", "7999.90"), (BUY, "3", "7999.89"), (BUY, "4", "7990")),
]


def merged(side: int, interval: str, limit: int) -> list[tuple[Decimal, Decimal]]:
    """Asks rounded up, bids down, best first: reckoned from the orders themselves."""
    width, levels = Decimal(interval), dict[Decimal, Decimal]()
    for order_side, amount, price_text in BOOK:
        if order_side != side:
            continue
        price = Decimal(price_text)
        if width:
            price = (math.ceil(price / width) if side == SELL else math.floor(price / width)) * width
        levels[price] = levels.get(price, Decimal(0)) + Decimal(amount)
    return sorted(levels.items(), reverse=side == BUY)[:limit]


def numbers(levels: list[list[str]]) -> list[tuple[Decimal, Decimal]]:
    return [(Decimal(price), Decimal(amount)) for price, amount in levels]


@PATHS
@pytest.mark.parametrize("limit", [1, 2, 5, 100])
async def test_depth_at_every_interval(house: House, path: str, limit: int) -> None:
    market = await house.market()
    key = await house.trader(market)
    async with house.open(path, key=key) as client:
        for side, amount, price in BOOK:
            await client.call("order.put_limit", market.name, side, amount, price)
        for interval in ("0", "0.00000001", "0.0001", "0.01", "0.1", "1", "5", "10", "1e-1", "0.50", "0.0000000001"):
            expected = merged(SELL, interval, limit), merged(BUY, interval, limit)
            spellings: tuple[Any, ...] = (
                (interval, int(interval)) if interval.isdigit() else (interval, float(interval))
            )
            for spelling in spellings:
                depth = await client.call("depth.query", market.name, limit, spelling)
                assert set(depth) == {"asks", "bids"}
                assert (numbers(depth["asks"]), numbers(depth["bids"])) == expected, (interval, spelling)
            if interval in ("0", "0.00000001", "0.0001", "0.01", "0.1", "1e-1") and limit != 2:
                await _subscribed(client, market, limit, interval, expected)


async def _subscribed(client: Outsider, market: Market, limit: int, interval: str, expected: Any) -> None:
    """The same book as the first push of a subscription; by the single and the plural method."""
    for method, params in (
        ("depth.subscribe", [market.name, limit, interval]),
        ("depth.subscribe", [market.name, limit, float(interval)]),
        ("depths.subscribe", [[market.name, limit, interval]]),
    ):
        assert await client.call(method, *params) == {"status": "success"}
        push = await client.push("depth.update")
        clean, depth, name = push["params"]
        assert (push["id"], clean, name, set(depth)) == (None, True, market.name, {"asks", "bids"})
        assert (numbers(depth["asks"]), numbers(depth["bids"])) == expected
    assert await client.call("depth.unsubscribe") == {"status": "success"}
