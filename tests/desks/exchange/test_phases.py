"""What a market takes in each phase, how an auction ends, and the price band."""

from __future__ import annotations

from typing import Any

import pytest

from tests.desks.exchange.test_order_options import trade_at
from tests.desks.exchange.venue import Venue

SELL, BUY = 1, 2

#: By phase, what becomes of: a bid, an ask, a market order, an IOC, a post-only order, a stop.
TAKEN: dict[str, list[int | None]] = {
    "continuous": [None, None, 12, None, None, None],
    "halt": [108, 108, 108, 108, 108, 108],
    "close_only": [109, None, 12, None, None, None],
    "auction": [None, None, 115, 115, 115, None],
    "delisted": [115, 115, 115, 115, 115, 115],
}
ORDERS: list[tuple[str, list[Any]]] = [
    ("order.put_limit", ["BTCUSDT", BUY, "1", "7000"]),
    ("order.put_limit", ["BTCUSDT", SELL, "1", "9000"]),
    ("order.put_market", ["BTCUSDT", SELL, "1"]),
    ("order.put_limit", ["BTCUSDT", SELL, "1", "9500", {"time_in_force": "IOC"}]),
    ("order.put_limit", ["BTCUSDT", SELL, "1", "9500", {"post_only": True}]),
    ("order.put_stop", ["BTCUSDT", SELL, "1", "7500", "7400"]),
]


@pytest.mark.parametrize("phase", TAKEN)
async def test_what_each_phase_takes(venue: Venue, phase: str) -> None:
    await trade_at(venue, "8000")
    alice, oper = await venue.logged_in("alice"), await venue.logged_in("oper")
    changed = await oper.call("market.phase", "BTCUSDT", phase)
    assert changed == {"market": "BTCUSDT", "phase": phase, "price": "0", "amount": "0", "cancelled": 0}
    assert (await alice.call("market.list"))[0]["phase"] == phase
    codes = []
    for method, params in ORDERS:
        if method == "order.put_market":  # nobody bids
            for order in (await alice.call("order.query", ["BTCUSDT"], 0, 10))["BTCUSDT"]["records"]:
                await alice.call("order.cancel", "BTCUSDT", order["id"])
        reply = await alice.asks(method, *params)
        codes.append(reply["error"] and reply["error"]["code"])
    assert codes == TAKEN[phase]


async def test_cancels_are_taken_in_every_phase_and_amends_are_not_in_a_halt(venue: Venue) -> None:
    alice, oper = await venue.logged_in("alice"), await venue.logged_in("oper")
    for phase in ("halt", "auction", "close_only"):
        put = await alice.call("order.put_limit", "BTCUSDT", BUY, "1", "7000")
        await oper.call("market.phase", "BTCUSDT", phase)
        if phase == "halt":
            assert (await alice.refused("order.amend", "BTCUSDT", put["id"], {"amount": "0.5"}))[0] == 108
        assert (await alice.call("order.cancel", "BTCUSDT", put["id"]))["id"] == put["id"]
        await oper.call("market.phase", "BTCUSDT", "continuous")


async def test_delisting_cancels_everything_and_is_for_ever(venue: Venue) -> None:
    await trade_at(venue, "8000")
    alice, oper = await venue.logged_in("alice"), await venue.logged_in("oper")
    await alice.call("order.put_limit", "BTCUSDT", BUY, "1", "7000")
    await alice.call("order.put_stop", "BTCUSDT", SELL, "1", "7500", "7400")
    await alice.call("order.put_limit", "ETHUSDT", BUY, "1", "7000")
    await alice.call("order.subscribe")
    assert (await oper.call("market.phase", "BTCUSDT", "delisted"))["cancelled"] == 2
    pushed = [await alice.push("order.update") for _ in range(2)]
    assert [(event, record["reason"]) for event, record in pushed] == [(3, "delisted")] * 2
    assert await alice.call("order.query", [], 0, 1) == await alice.call("order.query", ["BTCUSDT", "ETHUSDT"], 0, 1)
    code, message = await oper.refused("market.phase", "BTCUSDT", "continuous")
    assert (code, message) == (115, "BTCUSDT is delisted, for ever; market.list shows what trades")
    code, message = await oper.refused("market.update", "BTCUSDT", {"taker_fee": "0.01"})
    assert (code, message) == (115, "BTCUSDT is delisted, for ever, and keeps its terms; market.list shows what trades")


async def test_an_auction_opens_at_one_price(venue: Venue) -> None:
    alice, bob, oper = [await venue.logged_in(name) for name in ("alice", "bob", "oper")]
    await oper.call("market.phase", "BTCUSDT", "auction")
    await alice.call("order.put_limit", "BTCUSDT", BUY, "3", "8010")
    await bob.call("order.put_limit", "BTCUSDT", SELL, "2", "7990")
    await bob.call("order.subscribe")
    assert (await bob.call("price.query", "BTCUSDT")) == "0"
    changed = await oper.call("market.phase", "BTCUSDT", "continuous")
    assert changed == {
        "market": "BTCUSDT",
        "phase": "continuous",
        "price": "7990.00",
        "amount": "2.0000",
        "cancelled": 0,
    }
    event, record = await bob.push("order.update")
    assert (event, record["deal_money"]) == (3, "15980.000000")
    (deal,) = await bob.call("deals.query", "BTCUSDT", 10, 0)
    assert (deal["price"], deal["amount"], deal["type"]) == ("7990.00", "2.0000", "sell")
    assert (await alice.call("order.query", ["BTCUSDT"], 0, 1))["BTCUSDT"]["records"][0]["left"] == "1.0000"


@pytest.mark.parametrize(
    ("params", "code", "sentence"),
    [
        (["BTCUSDT", BUY, "1", "8800"], None, ""),
        (["BTCUSDT", BUY, "1", "8800.01"], 116, "price 8800.01 is outside the price band of BTCUSDT; it takes at most"),
        (["BTCUSDT", SELL, "1", "7200"], None, ""),
        (["BTCUSDT", SELL, "1", "7199.99"], 116, "price 7199.99 is outside the price band of BTCUSDT; it takes at le"),
        (["BTCUSDT", SELL, "1", "99999"], None, ""),
    ],
)
async def test_the_price_band(venue: Venue, params: list[Any], code: int | None, sentence: str) -> None:
    alice, oper = await venue.logged_in("alice"), await venue.logged_in("oper")
    terms = await oper.call("market.update", "BTCUSDT", {"price_band": "0.1", "reference_price": "8000"})
    assert (terms["price_band"], terms["reference_price"]) == ("0.1", "8000.00")
    reply = await alice.asks("order.put_limit", *params)
    assert (reply["error"] and reply["error"]["code"]) == code
    if code is not None:
        assert reply["error"]["message"].startswith(sentence)
    terms = await oper.call("market.update", "BTCUSDT", {"price_band": 0, "reference_price": "0"})
    assert not {"price_band", "reference_price"} & set(terms)


async def test_a_market_order_and_the_band(venue: Venue) -> None:
    alice, bob, oper = [await venue.logged_in(name) for name in ("alice", "bob", "oper")]
    await bob.call("order.put_limit", "BTCUSDT", SELL, "1", "9000")
    await oper.call("market.update", "BTCUSDT", {"price_band": "0.1", "reference_price": "8000"})
    code, message = await alice.refused("order.put_market", "BTCUSDT", BUY, "100")
    assert (code, message) == (
        116,
        "the best price of BTCUSDT is 9000.00; its price band takes at most 8800.00 now: put a limit order",
    )


async def test_a_phase_is_told_and_then_its_changes(venue: Venue) -> None:
    reader, oper = venue.connect(), await venue.logged_in("oper")
    await reader.call("phase.subscribe", "BTCUSDT", "ETHUSDT", "BTCUSDT")
    assert [await reader.push("phase.update") for _ in range(2)] == [
        ["BTCUSDT", "continuous"],
        ["ETHUSDT", "continuous"],
    ]
    for phase in ("halt", "auction", "continuous", "close_only", "delisted"):
        await oper.call("market.phase", "BTCUSDT", phase)
        assert await reader.push("phase.update") == ["BTCUSDT", phase]
    alice = await venue.logged_in("alice")
    await alice.call("order.put_limit", "ETHUSDT", SELL, "1", "300")
    await oper.call("market.phase", "ETHUSDT", "continuous")
    assert await reader.quiet() == []
    await reader.call("phase.subscribe", "BTCUSDT")
    assert await reader.push("phase.update") == ["BTCUSDT", "delisted"]
    await oper.call("market.phase", "ETHUSDT", "halt")
    await reader.call("phase.unsubscribe")
    assert await reader.quiet() == []


async def test_a_halt_leaves_what_an_auction_gathered_to_the_next_opening(venue: Venue) -> None:
    alice, bob, oper = [await venue.logged_in(name) for name in ("alice", "bob", "oper")]
    await oper.call("market.phase", "BTCUSDT", "auction")
    await alice.call("order.put_limit", "BTCUSDT", BUY, "3", "8010")
    await bob.call("order.put_limit", "BTCUSDT", SELL, "2", "7990")
    assert (await oper.call("market.phase", "BTCUSDT", "halt"))["amount"] == "0"
    book = {"asks": [["7990.00", "2.0000"]], "bids": [["8010.00", "3.0000"]]}
    assert await alice.call("depth.query", "BTCUSDT", 5, "0") == book
    opened = await oper.call("market.phase", "BTCUSDT", "close_only")
    assert (opened["price"], opened["amount"]) == ("7990.00", "2.0000")
    assert await alice.call("depth.query", "BTCUSDT", 5, "0") == {"asks": [], "bids": [["8010.00", "1.0000"]]}


REFUSED: list[tuple[str, list[Any], int, str]] = [
    ("market.phase", ["BTCUSDT"], 1, "1 params came; the method takes 2: [market, phase]"),
    ("market.phase", ["NOSUCH", "halt"], 113, "unknown market: NOSUCH"),
    (
        "market.phase",
        ["BTCUSDT", "open"],
        1,
        "phase is 'open'; it takes continuous, halt, close_only, auction, delisted",
    ),
    ("market.phase", ["BTCUSDT", 1], 1, "phase is an integer; it takes continuous, "),
    ("market.update", ["BTCUSDT", {"price_band": "1.1"}], 1, 'price_band 1.1 is out of bounds; it takes "0" to "1"'),
    ("market.update", ["BTCUSDT", {"price_band": "0.0000001"}], 1, "price_band 0.0000001 has 7 decimals; "),
    ("market.update", ["BTCUSDT", {"reference_price": "0.001"}], 1, "reference_price 0.001 has 3 decimals; "),
    ("market.update", ["BTCUSDT", {"reference_price": "-1"}], 1, "reference_price -1 is out of bounds; "),
    (
        "market.update",
        ["BTCUSDT", {"maker_fee": "-0.6"}],
        1,
        'maker_fee -0.6 is out of bounds; it takes "-0.5" to "0.5"',
    ),
    ("market.update", ["BTCUSDT", {"taker_fee": "-0.1"}], 1, 'taker_fee -0.1 is out of bounds; it takes "0" to "0.5"'),
    ("market.update", ["BTCUSDT", {"phase": "halt"}], 1, "option phase is not known; "),
    (
        "market.create",
        ["ETHBTC", "ETH", "USDT", {"price_digits": 2, "amount_digits": 4, "phase": "delisted"}],
        1,
        "phase is 'delisted'; it takes continuous, halt, close_only, auction",
    ),
]


@pytest.mark.parametrize(("method", "params", "code", "sentence"), REFUSED)
async def test_refusals_in_a_sentence(venue: Venue, method: str, params: list[Any], code: int, sentence: str) -> None:
    oper, markets = await venue.logged_in("oper"), dict(venue.house.markets)
    got, message = await oper.refused(method, *params)
    assert (got, message.removeprefix("invalid argument: ")[: len(sentence)]) == (code, sentence)
    assert dict(venue.house.markets) == markets


async def test_a_market_may_begin_in_any_phase(venue: Venue) -> None:
    oper = await venue.logged_in("oper")
    terms = {"price_digits": 2, "amount_digits": 4, "phase": "auction", "price_band": "0.05", "taker_fee": "0.001"}
    made = await oper.call("market.create", "ETHBTC", "ETH", "USDT", terms)
    assert (made["phase"], made["price_band"], made["taker_fee"]) == ("auction", "0.05", "0.001")
