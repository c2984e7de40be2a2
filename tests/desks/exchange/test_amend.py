"""Amending: what keeps its place, what trades, what waits, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from tests.desks.exchange.test_order_options import trade_at
from tests.desks.exchange.venue import Venue

SELL, BUY = 1, 2


async def test_less_at_the_same_price_keeps_its_place_and_more_goes_to_the_back(venue: Venue) -> None:
    alice, bob = await venue.logged_in("alice"), await venue.logged_in("bob")
    first = await alice.call("order.put_limit", "BTCUSDT", SELL, "1", "8000")
    await alice.call("order.put_limit", "BTCUSDT", SELL, "1", "8000")
    await alice.call("order.subscribe")
    venue.now_us += 5
    less = await alice.call("order.amend", "BTCUSDT", first["id"], {"amount": "0.5"})
    assert less == {**first, "amount": "0.5000", "left": "0.5000", "mtime": venue.now_us / 1e6}
    assert await alice.push("order.update") == [2, {**less, "source": ""}]
    await bob.call("order.put_limit", "BTCUSDT", BUY, "0.2", "8000")
    assert (await alice.call("order.get", "BTCUSDT", first["id"]))["left"] == "0.3000"
    await alice.call("order.amend", "BTCUSDT", first["id"], {"amount": "0.6"})
    await bob.call("order.put_limit", "BTCUSDT", BUY, "0.2", "8000")
    assert (await alice.call("order.get", "BTCUSDT", first["id"]))["left"] == "0.4000"  # not touched: it is behind


async def test_a_price_that_crosses_trades(venue: Venue) -> None:
    alice, bob = await venue.logged_in("alice"), await venue.logged_in("bob")
    await bob.call("order.put_limit", "BTCUSDT", SELL, "0.4", "8000")
    put = await alice.call("order.put_limit", "BTCUSDT", BUY, "1", "7000", {"client_order_id": "mine"})
    amended = await alice.call("order.amend", "BTCUSDT", {"client_order_id": "mine"}, {"price": "8000.5"})
    assert {name: amended[name] for name in ("id", "price", "left", "deal_stock", "client_order_id")} == {
        "id": put["id"],
        "price": "8000.50",
        "left": "0.6000",
        "deal_stock": "0.4000",
        "client_order_id": "mine",
    }
    assert (await alice.call("asset.query", "USDT"))["USDT"]["freeze"] == "4800.30000000"


async def test_an_order_that_waits_takes_another_stop_price_and_money(venue: Venue) -> None:
    await trade_at(venue, "8000")
    alice = await venue.logged_in("alice")
    put = await alice.call("order.put_stop", "BTCUSDT", BUY, "1000", "8100", None)
    amended = await alice.call("order.amend", "BTCUSDT", put["id"], {"amount": "500.25", "stop_price": "8200"})
    assert {name: amended[name] for name in ("amount", "left", "stop_price", "waiting")} == {
        "amount": "500.25000000",
        "left": "500.25000000",
        "stop_price": "8200.00",
        "waiting": True,
    }
    assert (await alice.call("asset.query", "USDT"))["USDT"]["freeze"] == "500.25000000"


async def test_an_amend_waits_for_the_put_that_was_sent_before_it(venue: Venue) -> None:
    await trade_at(venue, "8000")
    alice = await venue.logged_in("alice")
    named = {"client_order_id": "mine"}
    alice.says({"method": "order.put_stop", "params": ["BTCUSDT", BUY, "1000", "8100", None, named], "id": 501})
    alice.says({"method": "order.amend", "params": ["BTCUSDT", named, {"amount": "500"}], "id": 502})
    alice.says({"method": "order.put_limit", "params": ["BTCUSDT", BUY, "1", "7000"], "id": 503})
    replies = {n: await alice.find(lambda message, n=n: message["id"] == n) for n in (501, 502, 503)}
    assert (replies[501]["result"]["amount"], replies[502]["result"]["amount"]) == ("1000.00000000", "500.00000000")
    assert alice.in_flight == 0


async def test_an_amend_of_nothing_waits_once(venue: Venue) -> None:
    alice = await venue.logged_in("alice")
    alice.says({"method": "order.put_limit", "params": ["BTCUSDT", BUY, "1", "7000"], "id": 501})
    alice.says({"method": "order.amend", "params": ["BTCUSDT", 77, {"amount": "1"}], "id": 502})
    reply = await alice.find(lambda message: message["id"] == 502)
    assert reply["error"]["code"] == 10
    assert alice.in_flight == 0


REFUSED: list[tuple[list[Any], int, str]] = [
    (["BTCUSDT", 1], 1, "2 params came; the method takes 3: [market, id | {client_order_id}, {amount?, price?,"),
    (["NOSUCH", 1, {"amount": "1"}], 113, "unknown market: NOSUCH"),
    (["BTCUSDT", "1", {"amount": "1"}], 1, "id is text; send the order's id"),
    (["BTCUSDT", 1, {}], 1, "nothing to change; send one of amount, price, stop_price"),
    (["BTCUSDT", 1, []], 1, "options is an array; send an object"),
    (["BTCUSDT", 1, {"side": 1}], 1, "option side is not known; "),
    (["BTCUSDT", 77, {"amount": "1"}], 10, "order not found: order 77 is not open on BTCUSDT; order.get tells how"),
    (
        ["BTCUSDT", {"client_order_id": "x"}, {"amount": "1"}],
        10,
        "order not found: client_order_id x is not open ",
    ),
    (
        ["ETHUSDT", 1, {"amount": "1"}],
        10,
        "order not found: order 1 is not on ETHUSDT but on BTCUSDT; name",
    ),
    (["BTCUSDT", 2, {"amount": "1"}], 11, "user not match: order 2 is another user's"),
    (["BTCUSDT", 1, {"amount": "x"}], 123, "amount: 'x' is not a decimal number"),
    (["BTCUSDT", 1, {"amount": "0"}], 11, "amount too small: 0; BTCUSDT takes at least"),
    (["BTCUSDT", 1, {"amount": "0.0009"}], 11, "amount too small: 0.0009 BTC; order 1 takes at least 0.0010 BTC"),
    (["BTCUSDT", 1, {"amount": "0.00001"}], 102, "amount 0.00001 has 5 decimals; "),
    (["BTCUSDT", 1, {"price": "8000.001"}], 101, "price 8000.001 has 3 decimals; "),
    (["BTCUSDT", 1, {"price": "0"}], 103, "price 0 of BTCUSDT is out of bounds"),
    (["BTCUSDT", 1, {"stop_price": "8000"}], 1, "order 1 does not wait for a trigger; it takes amount or price"),
    (["BTCUSDT", 1, {"amount": "2000"}], 10, "balance not enough: the order needs 14000000.00000000 USDT"),
]


@pytest.mark.parametrize(("params", "code", "sentence"), REFUSED, ids=str)
async def test_refusals_in_a_sentence(venue: Venue, params: list[Any], code: int, sentence: str) -> None:
    alice, bob = await venue.logged_in("alice"), await venue.logged_in("bob")
    mine = await alice.call("order.put_limit", "BTCUSDT", BUY, "1", "7000")
    await bob.call("order.put_limit", "BTCUSDT", BUY, "1", "7000")
    got, message = await alice.refused("order.amend", *params)
    assert (got, message.removeprefix("invalid argument: ")[: len(sentence)]) == (code, sentence)
    assert await alice.call("order.get", "BTCUSDT", 1) == mine


async def test_a_market_order_that_waits_has_no_price(venue: Venue) -> None:
    await trade_at(venue, "8000")
    alice = await venue.logged_in("alice")
    put = await alice.call("order.put_stop", "BTCUSDT", SELL, "1", "7900", None)
    code, message = await alice.refused("order.amend", "BTCUSDT", put["id"], {"price": "7000"})
    assert (code, message) == (
        1,
        f"invalid argument: order {put['id']} is a market order and has no price; it takes amount or stop_price",
    )
    code, message = await alice.refused("order.amend", "BTCUSDT", put["id"], {"stop_price": "8000"})
    assert (code, message.split(";")[0]) == (
        118,
        "a trigger at 8000.00 would fire at once: the last price of BTCUSDT is 8000.00",
    )
    assert message.endswith("; send another stop_price, or cancel the order and put it without one")
