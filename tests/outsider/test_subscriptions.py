"""What is pushed: its form in both dialects, its order, its beginning and its end."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from tests.outsider.client import DOCUMENT, LIVE, Outsider
from tests.outsider.conftest import House, Market
from tests.outsider.facts import BALANCE, STATE, SUCCESS, TODAY_PUSHED, is_candle, is_deal, is_order, is_plain, is_state

PATHS = pytest.mark.parametrize("path", [DOCUMENT, LIVE])
SELL, BUY = 1, 2
PUT, UPDATE, FINISH = 1, 2, 3


class Pair:
    """Two people who make deals at will."""

    def __init__(self, maker: Outsider, taker: Outsider, market: Market) -> None:
        self.maker, self.taker, self.market = maker, taker, market

    async def deal(self, amount: str, price: str) -> None:
        await self.maker.call("order.put_limit", self.market.name, SELL, amount, price)
        await self.taker.call("order.put_limit", self.market.name, BUY, amount, price)


def subscriptions(market: Market) -> dict[str, tuple[list[Any], str]]:
    """Each channel of market data: its params, and the push."""
    return {
        "price": ([market.name], "price.update"),
        "deals": ([market.name], "deals.update"),
        "depth": ([market.name, 5, "0"], "depth.update"),
        "kline": ([market.name, 60], "kline.update"),
        "state": ([market.name], "state.update"),
        "today": ([market.name], "today.update"),
    }


def looks_right(method: str, params: Any, market: Market) -> None:
    if method == "kline.update":
        for row in params:
            is_candle(row, market.name)
    elif method == "depth.update":
        clean, depth, name = params
        assert (type(clean), set(depth), name) == (bool, {"asks", "bids"}, market.name)
    else:
        name, told = params
        assert name == market.name
        if method == "price.update":
            is_plain(told)
        elif method == "deals.update":
            assert [deal["id"] for deal in told] == sorted((deal["id"] for deal in told), reverse=True)
            for deal in told:
                is_deal(deal)
        else:
            is_state(told, STATE if method == "state.update" else TODAY_PUSHED)


@PATHS
@pytest.mark.parametrize("channel", ["price", "deals", "depth", "kline", "state", "today"])
async def test_a_channel_of_market_data(house: House, path: str, channel: str) -> None:
    market = await house.market()
    maker, taker = await house.trader(market), await house.trader(market)
    async with (
        house.open(path) as client,
        house.open(path, key=maker) as rests,
        house.open(path, key=taker) as takes,
    ):
        pair = Pair(rests, takes, market)
        await pair.deal("0.5", "8000")
        params, method = subscriptions(market)[channel]
        await client.says({"method": f"{channel}.subscribe", "params": params, "id": 55})
        first = await client.push(method)
        assert client.heard[0] == {"error": None, "result": SUCCESS, "id": 55}, "the acknowledgement comes first"
        client.heard.clear()
        assert first["id"] is None
        looks_right(method, first["params"], market)
        await pair.deal("0.25", "8001")
        await rests.call("order.put_limit", market.name, SELL, "1", "9000")
        update = await client.push(method, lambda params: params != first["params"])
        assert update["id"] is None
        looks_right(method, update["params"], market)
        # The same again replaces it: one first push more, and no update twice.
        assert await client.call(f"{channel}.subscribe", *params) == SUCCESS
        again = await client.push(method, lambda params: _is_whole(method, params))
        looks_right(method, again["params"], market)
        # An unsubscribe without params and without id.
        await client.says({"method": f"{channel}.unsubscribe"})
        assert await client.call("server.ping") == "pong"
        client.heard.clear()
        await pair.deal("0.1", "8002")
        await asyncio.sleep(0.25)
        assert client.heard == [], "pushed after the end"
        for params_of_end in ([], [market.name], params):
            assert await client.call(f"{channel}.unsubscribe", *params_of_end) == SUCCESS


def _is_whole(method: str, params: Any) -> bool:
    return method != "depth.update" or params[0] is True


@PATHS
async def test_differences_of_depth_continue_the_image(house: House, path: str) -> None:
    market = await house.market()
    key = await house.trader(market)
    async with house.open(path) as client, house.open(path, key=key) as maker:
        await client.call("depth.subscribe", market.name, 5, "0.1")
        book: dict[str, dict[str, str]] = {"asks": {}, "bids": {}}
        puts = [(SELL, f"{8_000 + n * 7 % 13}.{n % 10}5") for n in range(20)]
        puts += [(BUY, f"{7_900 + n * 5 % 11}.{n % 10}5") for n in range(20)]
        ids = []
        for n, (side, price) in enumerate(puts):
            ids.append((await maker.call("order.put_limit", market.name, side, "1", price))["id"])
            if n % 4 == 3:
                await maker.call("order.cancel", market.name, ids.pop(n % len(ids)))
                await asyncio.sleep(0.03)
        while await _shown(maker, market) != book:
            push = await client.push("depth.update")
            clean, sides, _ = push["params"]
            for name, levels in book.items():
                if clean:
                    levels.clear()
                for price, amount in sides[name]:
                    if amount == "0":
                        del levels[price]
                    else:
                        levels[price] = amount


async def _shown(client: Outsider, market: Market) -> dict[str, dict[str, str]]:
    depth = await client.call("depth.query", market.name, 5, "0.1")
    return {side: dict(map(tuple, depth[side])) for side in ("asks", "bids")}


@PATHS
async def test_many_at_once_and_each_replaces_the_one_before(house: House, path: str) -> None:
    first, second = await house.market(), await house.market()
    async with house.open(path) as client:
        await client.call("depths.subscribe", [first.name, 10, "0.0001"], [second.name, 10, "0.0001"])
        told = {(await client.push("depth.update"))["params"][2] for _ in range(2)}
        assert told == {first.name, second.name}
        await client.call("price.subscribe", first.name, second.name)
        assert {(await client.push("price.update"))["params"][0] for _ in range(2)} == {first.name, second.name}
        for name in (first.name, second.name):  # three in a row, as a client in the wild does
            await client.says({"method": "depth.subscribe", "params": [name, 1, "0.00000001"], "id": 100})
            assert (await client.answer(100))["result"] == SUCCESS
            assert (await client.push("depth.update"))["params"][2] == name
        client.heard.clear()
        for market in (first, second):
            key = await house.trader(market)
            async with house.open(path, key=key) as maker:
                await maker.call("order.put_limit", market.name, SELL, "1", "8000")
        push = await client.push("depth.update", lambda params: bool(params[1]["asks"]))
        assert push["params"] == [False, {"asks": [["8000.00", "1.0000"]], "bids": []}, second.name]
        await asyncio.sleep(0.1)
        assert client.heard == [], "the first market was replaced"


@PATHS
async def test_orders_and_balances(house: House, path: str) -> None:
    """Ids and the form of assets differ by dialect: the document's own, or null and an array with one object."""
    market = await house.market()
    alice, bob = await house.trader(market), await house.trader(market)
    async with house.open(path, key=alice) as client, house.open(path, key=bob) as other:
        for private in ("order", "asset"):
            async with house.open(path) as stranger:
                assert (await stranger.asks(f"{private}.subscribe"))["error"]["code"] == 6
        await client.says({"method": "order.subscribe", "params": [market.name], "id": 102})
        await client.says({"method": "asset.subscribe", "params": [market.stock, market.money], "id": 103})
        for number in (102, 103):
            assert (await client.answer(number))["result"] == SUCCESS

        async def order_push() -> tuple[int, dict[str, Any]]:
            push = await client.push("order.update")
            assert push["id"] == (102 if path == DOCUMENT else None)
            event, order = push["params"]
            is_order(order, "source")
            return event, order

        async def asset_push() -> dict[str, Any]:
            push = await client.push("asset.update")
            assert push["id"] == (103 if path == DOCUMENT else None)
            params = push["params"]
            if path == LIVE:
                assert isinstance(params, list)
                (params,) = params
            ((name, balance),) = params.items()
            assert set(balance) == BALANCE
            return {name: (Decimal(balance["available"]), Decimal(balance["freeze"]))}

        put = await client.call("order.put_limit", market.name, SELL, "2", "8000")
        event, order = await order_push()
        assert (event, {**put, "source": ""}) == (PUT, order)
        answered, pushed = (
            next(place for place, each in enumerate(client.came) if each.get(member) == value)
            for member, value in (("result", put), ("method", "order.update"))
        )
        assert answered < pushed, "one's answer comes before one's push"
        assert await asset_push() == {market.stock: (98, 2)}
        await other.call("order.put_limit", market.name, BUY, "0.5", "8000")
        event, order = await order_push()
        assert (event, order["id"], Decimal(order["left"])) == (UPDATE, put["id"], Decimal("1.5"))
        changed = [await asset_push(), await asset_push()]
        assert {market.stock: (98, Decimal("1.5"))} in changed
        assert {market.money: (1_003_996, 0)} in changed
        await other.call("order.put_limit", market.name, BUY, "1", "8000")
        assert (await order_push())[0] == UPDATE
        await client.call("order.cancel", market.name, put["id"])
        event, order = await order_push()
        assert (event, Decimal(order["left"])) == (FINISH, Decimal("0.5"))
        at_once = await client.call("order.put_limit", market.name, BUY, "0.5", "100")
        assert (await order_push())[0] == PUT
        await other.call("order.put_limit", market.name, SELL, "0.5", "100")
        event, order = await order_push()
        assert (event, order["id"], order["left"]) == (FINISH, at_once["id"], "0")
        await other.call("order.put_limit", market.name, SELL, "0.5", "9000")
        await client.call("order.put_limit", market.name, BUY, "0.5", "9000")
        assert (await order_push())[0] == FINISH, "a taker filled at once gets only 3"
        await client.says({"method": "order.unsubscribe"})
        await client.call("asset.unsubscribe")
        client.heard.clear()
        await client.call("order.put_limit", market.name, BUY, "0.5", "100")
        await asyncio.sleep(0.1)
        assert client.heard == []


async def test_candles_change_with_every_deal_of_their_time(house: House) -> None:
    market = await house.market()
    maker, taker = await house.trader(market), await house.trader(market)
    async with house.open(LIVE) as client, house.open(LIVE, key=maker) as rests, house.open(LIVE, key=taker) as takes:
        pair = Pair(rests, takes, market)
        await pair.deal("1", "8000")
        await client.call("kline.subscribe", market.name, 86_400)
        assert Decimal((await client.push("kline.update"))["params"][-1][5]) == 1
        for number, price in enumerate(("8005", "7995", "8001"), 2):
            await pair.deal("1", price)
            push = await client.push("kline.update", lambda rows, number=number: Decimal(rows[-1][5]) == number)  # type: ignore[misc]
            assert Decimal(push["params"][-1][2]) == Decimal(price)
        row = push["params"][-1]
        assert list(map(Decimal, row[1:7])) == [8_000, 8_001, 8_005, 7_995, 4, 32_001]
