"""Subscribing and what is pushed: acknowledgement first, then the first push, then what is new."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fondaco.core import commands as c
from fondaco.desks.exchange.streams import FIRST_DEALS
from fondaco.projections.market_reads import Deal
from fondaco.runtime.limits import Limits
from tests.desks.exchange.conftest import furnish
from tests.desks.exchange.venue import START_US, Client, Venue

SELL, BUY = 1, 2
START_S = START_US // 1_000_000


async def trade(venue: Venue, *trades: tuple[str, str]) -> None:
    """Alice sells to bob: (amount, price) each."""
    alice, bob = await venue.logged_in("alice"), await venue.logged_in("bob")
    for amount, price in trades:
        await alice.call("order.put_limit", "BTCUSDT", SELL, amount, price)
        await bob.call("order.put_limit", "BTCUSDT", BUY, amount, price)


async def subscribed(client: Client, method: str, *params: object) -> None:
    """Subscribe; the acknowledgement is the first message that comes."""
    before = len(client.inbox)
    client.says({"method": method, "params": params, "id": 77})
    reply = client.inbox[before]
    assert reply == {"error": None, "result": {"status": "success"}, "id": 77}
    del client.inbox[before]


# ── price ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_price(venue: Venue) -> None:
    client = venue.connect()
    await subscribed(client, "price.subscribe", "BTCUSDT", "ETHUSDT")
    assert [message["params"] for message in client.inbox] == [["BTCUSDT", "0"], ["ETHUSDT", "0"]]
    client.inbox.clear()
    await trade(venue, ("0.1", "8000"))
    assert await client.push("price.update") == ["BTCUSDT", "8000.00"]
    await trade(venue, ("0.1", "8000"))
    assert await client.quiet() == []  # a deal at the same price is no news
    await trade(venue, ("0.1", "8001.5"))
    assert await client.find(lambda message: True) == {
        "method": "price.update",
        "params": ["BTCUSDT", "8001.50"],
        "id": None,
    }


async def test_each_subscribe_replaces_the_last_of_its_channel(venue: Venue) -> None:
    client = venue.connect()
    await subscribed(client, "price.subscribe", "BTCUSDT")
    await subscribed(client, "price.subscribe", "ETHUSDT")
    client.inbox.clear()
    await trade(venue, ("0.1", "8000"))
    assert await client.quiet() == []


UNSUBSCRIBES = [
    b'{"method":"price.unsubscribe","params":[],"id":5}',
    b'{"method":"price.unsubscribe","params":["BTCUSDT"],"id":5}',
    b'{"method":"price.unsubscribe","params":null,"id":5}',
    b'{"method":"price.unsubscribe","id":5}',
    b'{"method":"price.unsubscribe"}',
]


@pytest.mark.parametrize("message", UNSUBSCRIBES)
async def test_unsubscribe_comes_with_or_without_params_and_id(venue: Venue, message: bytes) -> None:
    client = venue.connect()
    await subscribed(client, "price.subscribe", "BTCUSDT")
    client.inbox.clear()
    client.says(message)
    replies = [{"error": None, "result": {"status": "success"}, "id": 5}] if b"id" in message else []
    assert client.inbox == replies
    client.inbox.clear()
    await trade(venue, ("0.1", "8000"))
    assert await client.quiet() == []
    assert not venue.desk.floor.market_feed.is_followed


CHANNELS = ["kline", "price", "state", "today", "deals", "depth", "depths", "order", "asset"]


@pytest.mark.parametrize("channel", CHANNELS)
async def test_every_channel_can_be_left_without_having_been_joined(venue: Venue, channel: str) -> None:
    alice = await venue.logged_in("alice")
    assert await alice.call(f"{channel}.unsubscribe") == {"status": "success"}


SUBSCRIBE_REFUSALS: list[tuple[str, list[Any], int]] = [
    ("price.subscribe", [], 1),
    ("price.subscribe", ["NOSUCH"], 113),
    ("price.subscribe", [["BTCUSDT"]], 1),
    ("state.subscribe", [], 1),
    ("today.subscribe", ["BTCUSDT", 5], 1),
    ("deals.subscribe", [None], 1),
    ("kline.subscribe", ["BTCUSDT"], 1),
    ("kline.subscribe", ["BTCUSDT", 7], 1),
    ("kline.subscribe", ["BTCUSDT", "60"], 1),
    ("kline.subscribe", ["NOSUCH", 60], 113),
    ("depth.subscribe", ["BTCUSDT", 7, "0"], 1),
    ("depth.subscribe", ["BTCUSDT", "5", "0"], 1),
    ("depth.subscribe", ["BTCUSDT", 5], 1),
    ("depth.subscribe", ["BTCUSDT", 5, "1"], 1),
    ("depth.subscribe", ["BTCUSDT", 5, "0.02"], 1),
    ("depth.subscribe", ["BTCUSDT", 5, "x"], 123),
    ("depth.subscribe", ["NOSUCH", 5, "0"], 113),
    ("depths.subscribe", [], 1),
    ("depths.subscribe", ["BTCUSDT", 5, "0"], 1),
    ("depths.subscribe", [["BTCUSDT", 5]], 1),
    ("depths.subscribe", [["BTCUSDT", 5, "0"], ["BTCUSDT", 5, "0.1"]], 1),
    ("order.subscribe", ["NOSUCH"], 113),
    ("asset.subscribe", ["NOSUCH"], 114),
]


@pytest.mark.parametrize(("method", "params", "code"), SUBSCRIBE_REFUSALS)
async def test_a_refused_subscribe_changes_nothing(venue: Venue, method: str, params: list[Any], code: int) -> None:
    alice = await venue.logged_in("alice")
    samples: dict[str, list[Any]] = {
        "kline": ["BTCUSDT", 60],
        "depth": ["BTCUSDT", 5, "0"],
        "depths": [["BTCUSDT", 5, "0"]],
        "asset": ["BTC"],
    }
    await alice.call(method, *samples.get(method.split(".")[0], ["BTCUSDT"]))
    assert (await alice.refused(method, *params))[0] == code
    floor = venue.desk.floor
    assert floor.market_feed.is_followed or floor.history_feed.is_followed or floor.private_feed.is_followed


async def test_subscriptions_are_bounded_over_all_channels(tmp_path: Path) -> None:
    small = Venue(tmp_path, Limits(subscriptions_per_connection_max=3))
    furnish(small)
    client = await small.logged_in("alice")
    await client.call("price.subscribe", "BTCUSDT", "ETHUSDT")
    await client.call("deals.subscribe", "BTCUSDT")
    code, message = await client.refused("state.subscribe", "BTCUSDT")
    assert (code, message.split(":")[0]) == (
        119,
        "1 more on top of 3 are followed on this connection; at most 3",
    )
    for method in ("price.subscribe", "depths.subscribe"):
        code, message = await client.refused(method, *["BTCUSDT"] * 4)
        assert (code, message) == (
            119,
            "params has 4 entries; at most 3 are followed on one connection: name fewer, or open another connection",
        )
    await client.call("price.subscribe", "BTCUSDT")  # replaces two by one
    await client.call("state.subscribe", "BTCUSDT")
    assert (await client.refused("order.subscribe"))[0] == 119
    await small.close()


# ── deals ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_deals_first_those_there_were_then_the_new_ones(venue: Venue) -> None:
    client = venue.connect()
    await subscribed(client, "deals.subscribe", "BTCUSDT")
    assert await client.quiet() == []  # none before the first deal
    venue.now_us = START_US + 188_796
    await trade(venue, ("0.1", "8000"))
    market, deals = await client.push("deals.update")
    assert market == "BTCUSDT"
    first = {"id": 1, "time": deals[0]["time"], "price": "8000.00", "amount": "0.1000", "type": "buy"}
    assert deals == [first]
    await trade(venue, ("0.2", "8001"), ("0.3", "8002"))
    seen: list[dict[str, Any]] = []
    while len(seen) < 2:
        seen = (await client.push("deals.update"))[1] + seen
    assert [deal["id"] for deal in seen] == [3, 2]
    late = venue.connect()
    await subscribed(late, "deals.subscribe", "BTCUSDT")
    assert (await late.push("deals.update"))[1] == [*seen, first]


async def test_the_first_push_of_deals_comes_from_the_history_and_none_is_told_twice(venue: Venue) -> None:
    await trade(venue, *[("0.1", str(8000 + number)) for number in range(105)])
    client = venue.connect()
    venue.projector_runs = False  # these will be known to the tape alone
    await trade(venue, ("0.1", "9000"))
    await subscribed(client, "deals.subscribe", "BTCUSDT")
    await trade(venue, ("0.1", "9001"))
    venue.project()
    ids: list[int] = []
    pushes = 0
    while not ids or ids[0] < 107:
        _, deals = await client.push("deals.update")
        ids = [deal["id"] for deal in deals] + ids
        pushes += 1
    assert ids[:100] == list(range(107, 7, -1))
    assert len(ids) == len(set(ids))
    assert pushes <= 2


async def test_no_deal_is_left_out_when_many_come_while_the_first_are_read(
    venue: Venue, monkeypatch: pytest.MonkeyPatch
) -> None:
    await trade(venue, *[("0.1", "8000")] * 5)
    read = venue.history.deals

    async def read_slowly(market_id: int, limit: int, last_id: int) -> list[Deal]:
        earlier = await read(market_id, limit, last_id)
        await trade(venue, *[("0.1", "8001")] * (FIRST_DEALS + 50))
        return earlier

    monkeypatch.setattr(venue.history, "deals", read_slowly)
    client = venue.connect()
    await subscribed(client, "deals.subscribe", "BTCUSDT")
    ids: list[int] = []
    while not ids or ids[0] < 5 + FIRST_DEALS + 50:
        ids = [deal["id"] for deal in (await client.push("deals.update"))[1]] + ids
    assert ids == list(range(ids[0], ids[0] - len(ids), -1))
    assert len(ids) >= FIRST_DEALS


async def test_a_sellers_deal_is_a_sell(venue: Venue) -> None:
    client, alice, bob = venue.connect(), await venue.logged_in("alice"), await venue.logged_in("bob")
    await alice.call("order.put_limit", "BTCUSDT", BUY, "0.1", "8000")
    await subscribed(client, "deals.subscribe", "BTCUSDT")
    await bob.call("order.put_market", "BTCUSDT", SELL, "0.1")
    assert (await client.push("deals.update"))[1][0]["type"] == "sell"
    assert (await client.call("deals.query", "BTCUSDT", 1, 0))[0]["type"] == "sell"


# ── candles, state, today ─────────────────────────────────────────────────────────────────────────────────────────────


async def test_kline_pushes_the_current_candle_and_the_end_of_the_last(venue: Venue) -> None:
    client = venue.connect()
    await subscribed(client, "kline.subscribe", "BTCUSDT", 60)
    assert await client.quiet(history=True) == []  # no candle before the first deal
    await trade(venue, ("0.1", "8000"))
    first = [START_S, "8000.00", "8000.00", "8000.00", "8000.00", "0.1000", "800.000000", "BTCUSDT"]
    assert await client.push("kline.update") == [first]
    venue.now_us = START_US + 60_000_000
    await trade(venue, ("0.2", "8010"))
    rows = (await client.push("kline.update"))[-1:]
    assert rows == [[START_S + 60, "8000.00", "8010.00", "8010.00", "8000.00", "0.2000", "1602.000000", "BTCUSDT"]]
    assert await client.call("kline.query", "BTCUSDT", START_S, START_S + 60, 60) == [first, *rows]
    late = venue.connect()
    await subscribed(late, "kline.subscribe", "BTCUSDT", 60)
    assert await late.push("kline.update") == rows


async def test_state_and_today(venue: Venue) -> None:
    client = venue.connect()
    await subscribed(client, "state.subscribe", "BTCUSDT")
    await subscribed(client, "today.subscribe", "BTCUSDT")
    nothing = {"last": "0", "open": "0", "high": "0", "low": "0", "volume": "0", "deal": "0"}
    assert await client.push("state.update") == ["BTCUSDT", {"period": 86400, "close": "0", **nothing}]
    assert await client.push("today.update") == ["BTCUSDT", nothing]
    await trade(venue, ("0.1", "8000"), ("0.1", "7999"))
    traded = {
        "last": "7999.00",
        "open": "8000.00",
        "high": "8000.00",
        "low": "7999.00",
        "volume": "0.2000",
        "deal": "1599.900000",
    }
    while (await client.push("today.update"))[1] != traded:
        continue
    while (await client.push("state.update"))[1] != {"period": 86400, "close": "7999.00", **traded}:
        continue
    assert await client.quiet(history=True) == []  # what did not change is not told again
    assert await client.call("state.query", "BTCUSDT", 86400) == {"period": 86400, "close": "7999.00", **traded}
    assert await client.call("today.query", "BTCUSDT") == {"close": "7999.00", **traded}


async def test_a_first_push_waits_for_a_history_that_lags(venue: Venue) -> None:
    client = venue.connect()
    venue.projector_runs = False
    await trade(venue, ("0.1", "8000"))
    await subscribed(client, "today.subscribe", "BTCUSDT")
    assert await client.quiet() == []
    venue.project()
    assert (await client.push("today.update"))[1]["last"] == "8000.00"


# ── orders and assets ─────────────────────────────────────────────────────────────────────────────────────────────────


async def test_order_events(venue: Venue) -> None:
    alice, bob = await venue.logged_in("alice"), await venue.logged_in("bob")
    watcher = await venue.logged_in("alice")
    await subscribed(watcher, "order.subscribe", "BTCUSDT")
    put = await alice.call("order.put_limit", "BTCUSDT", SELL, "0.5", "8000")
    await bob.call("order.put_limit", "BTCUSDT", BUY, "0.2", "8000")
    await alice.call("order.cancel", "BTCUSDT", put["id"])
    await alice.call("order.put_limit", "ETHUSDT", SELL, "0.5", "400")
    events = [message["params"] for message in watcher.inbox]
    assert [(event, record["id"], record["left"]) for event, record in events] == [
        (1, put["id"], "0.5000"),
        (2, put["id"], "0.3000"),
        (3, put["id"], "0.3000"),
    ]
    assert events[0][1] == {**put, "source": ""}
    assert {message["id"] for message in watcher.inbox} == {77}


async def test_a_taker_filled_at_once_gets_only_event_3_and_a_partly_filled_one_event_1(venue: Venue) -> None:
    alice, bob = await venue.logged_in("alice"), await venue.logged_in("bob")
    await alice.call("order.put_limit", "BTCUSDT", SELL, "0.5", "8000")
    await subscribed(bob, "order.subscribe")
    await bob.call("order.put_limit", "BTCUSDT", BUY, "0.2", "8000")
    await bob.call("order.put_limit", "BTCUSDT", BUY, "0.5", "8000")
    pushes = [message["params"] for message in bob.inbox if message.get("method") == "order.update"]
    assert [(event, record["left"]) for event, record in pushes] == [(3, "0"), (1, "0.2000")]


async def test_an_answer_comes_before_its_own_push(venue: Venue) -> None:
    alice = await venue.logged_in("alice")
    await subscribed(alice, "order.subscribe")
    await subscribed(alice, "asset.subscribe")
    alice.says({"method": "order.put_limit", "params": ["BTCUSDT", SELL, "0.5", "8000"], "id": 5})
    venue.turn()
    assert [message.get("method", "answer") for message in alice.inbox] == ["answer", "order.update", "asset.update"]


async def test_client_order_ids_stand_in_pushes_to_the_end(venue: Venue) -> None:
    alice = await venue.logged_in("alice")
    await subscribed(alice, "order.subscribe")
    named = {"client_order_id": "mine"}
    await alice.call("order.put_limit", "BTCUSDT", SELL, "0.5", "8000", named)
    await alice.call("order.cancel", "BTCUSDT", named)
    pushes = [message["params"] for message in alice.inbox if message.get("method") == "order.update"]
    assert [(event, record["client_order_id"]) for event, record in pushes] == [(1, "mine"), (3, "mine")]


async def test_asset_pushes_one_for_each_balance_that_changed(venue: Venue) -> None:
    alice, bob = await venue.logged_in("alice"), await venue.logged_in("bob")
    await subscribed(alice, "asset.subscribe", "BTC", "USDT")
    put = await bob.call("order.put_limit", "BTCUSDT", BUY, "0.5", "8000")
    assert alice.inbox == []
    await alice.call("order.put_limit", "BTCUSDT", SELL, "0.5", "8000")
    assert put["left"] == "0.5000"
    pushes = [message for message in alice.inbox if message.get("method") == "asset.update"]
    assert pushes == [
        {
            "method": "asset.update",
            "params": {"BTC": {"available": "99.50000000", "freeze": "0"}},
            "id": 77,
        },
        {
            "method": "asset.update",
            "params": {"USDT": {"available": "10003992.00000000", "freeze": "0"}},  # 4000 less the taker's fee
            "id": 77,
        },
    ]


async def test_asset_pushes_on_money_in_and_on_nothing_else(venue: Venue) -> None:
    alice = await venue.logged_in("alice")
    await subscribed(alice, "asset.subscribe")
    user_id = venue.house.user_ids["alice"]
    deposit = c.BalanceUpdate(user_id, "ETH", "deposit", 99, 5 * 10**8)
    venue.does(deposit)
    venue.does(deposit)  # a repeat moves nothing
    venue.does(c.BalanceUpdate(venue.house.user_ids["bob"], "ETH", "deposit", 99, 5 * 10**8))
    assert [message["params"] for message in alice.inbox] == [{"ETH": {"available": "1005.00000000", "freeze": "0"}}]
    alice.inbox.clear()
    await alice.call("order.put_limit", "BTCUSDT", BUY, "0.1", "8000", {"time_in_force": "IOC"})
    assert alice.inbox == []  # accepted, not filled: the balance is what it was


async def test_the_live_dialect_of_private_pushes(venue: Venue) -> None:
    alice = await venue.logged_in("alice", "/exchange/v2")
    await subscribed(alice, "order.subscribe", "BTCUSDT")
    await subscribed(alice, "asset.subscribe", "BTC")
    await alice.call("order.put_limit", "BTCUSDT", SELL, "0.5", "8000")
    order, asset = alice.inbox
    assert (order["id"], order["params"][0]) == (None, 1)
    assert asset == {
        "method": "asset.update",
        "params": [{"BTC": {"available": "99.50000000", "freeze": "0.50000000"}}],
        "id": None,
    }


async def test_every_push_is_packed_as_its_connection_speaks(venue: Venue) -> None:
    clients = [
        venue.connect(path, subprotocol)
        for path in ("/exchange", "/exchange/v2")
        for subprotocol in ("", "gzip", "zlib", "json")
    ]
    for client in clients:
        await subscribed(client, "price.subscribe", "BTCUSDT")
        client.inbox.clear()
    await trade(venue, ("0.1", "8000"))
    pushes = [await client.push("price.update") for client in clients]
    assert pushes == [["BTCUSDT", "8000.00"]] * 8


async def test_many_deals_between_two_ticks_come_in_several_pushes_and_none_is_missing(venue: Venue) -> None:
    client, alice, bob = venue.connect(), await venue.logged_in("alice"), await venue.logged_in("bob")
    await trade(venue, ("0.01", "8000"))
    await subscribed(client, "deals.subscribe", "BTCUSDT")
    assert [deal["id"] for deal in (await client.push("deals.update"))[1]] == [1]
    venue.turns_by_itself = False
    for number in range(250):
        alice.says({"method": "order.put_limit", "params": ["BTCUSDT", SELL, "0.01", "8000"], "id": 1000 + number})
    bob.says({"method": "order.put_limit", "params": ["BTCUSDT", BUY, "2.5", "8000"], "id": 5})
    venue.turn()
    ids: list[int] = []
    sizes = []
    while len(ids) < 250:
        _, deals = await client.push("deals.update")
        sizes.append(len(deals))
        ids = [deal["id"] for deal in deals] + ids
    assert ids == list(range(251, 1, -1))
    assert sizes == [100, 100, 50]
