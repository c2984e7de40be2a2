"""Every option of an order: what its record says, what the book does, and what is refused in which sentence."""

from __future__ import annotations

from typing import Any

import pytest

from fondaco.core import commands as c
from tests.desks.exchange.venue import START_US, Venue

SELL, BUY = 1, 2
#: An hour from the beginning, in seconds.
LATER = START_US // 1_000_000 + 3_600

#: What the record of an order that rests says of its options.
SHOWN: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({}, {}),
    ({"time_in_force": "GTC"}, {}),
    ({"stp": "none"}, {}),
    ({"post_only": False}, {}),
    ({"post_only": True}, {"post_only": True}),
    ({"stp": "cancel_newest"}, {"stp": "cancel_newest"}),
    ({"stp": "newest"}, {"stp": "cancel_newest"}),
    ({"stp": "cn"}, {"stp": "cancel_newest"}),
    ({"stp": "oldest"}, {"stp": "cancel_oldest"}),
    ({"stp": "co"}, {"stp": "cancel_oldest"}),
    ({"stp": "both"}, {"stp": "cancel_both"}),
    ({"stp": "cb"}, {"stp": "cancel_both"}),
    ({"stp": "dc"}, {"stp": "decrement"}),
    ({"display": "0.25"}, {"display": "0.2500"}),
    ({"expire": LATER}, {"expire": LATER, "time_in_force": "GTD"}),
    ({"expire": f"{LATER}.5", "time_in_force": "GTD"}, {"expire": LATER + 0.5, "time_in_force": "GTD"}),
    (
        {"stop_price": "9000"},
        {"trigger": "stop", "stop_price": "9000.00", "waiting": True, "time_in_force": "GTC"},
    ),
    (
        {"stop_price": "7000", "trigger": "take_profit", "time_in_force": "IOC", "client_order_id": "mine"},
        {
            "trigger": "take_profit",
            "stop_price": "7000.00",
            "waiting": True,
            "time_in_force": "IOC",
            "client_order_id": "mine",
        },
    ),
    (
        {"trail": "100"},
        {"trigger": "trailing", "trail": "100.00", "stop_price": "8100.00", "waiting": True, "time_in_force": "GTC"},
    ),
    (
        {"trail": "100", "stop_price": "8200", "trigger": "trailing"},
        {"trigger": "trailing", "trail": "100.00", "stop_price": "8200.00", "waiting": True, "time_in_force": "GTC"},
    ),
]
#: The members that every order has.
PLAIN = [
    *("id", "market", "type", "side", "user", "ctime", "mtime", "price", "amount"),
    *("taker_fee", "maker_fee", "left", "deal_stock", "deal_money", "deal_fee"),
]


async def trade_at(venue: Venue, price: str) -> None:
    """The last price is this from now on."""
    for name, side in (("bob", SELL), ("carol", BUY)):
        if name not in venue.house.user_ids:
            venue.user(name, BTC=100, USDT=10_000_000)
        client = await venue.logged_in(name)
        await client.call("order.put_limit", "BTCUSDT", side, "0.01", price)


@pytest.mark.parametrize(("options", "members"), SHOWN, ids=str)
async def test_a_record_shows_the_options_that_are_set(
    venue: Venue, options: dict[str, Any], members: dict[str, Any]
) -> None:
    await trade_at(venue, "8000")
    alice = await venue.logged_in("alice")
    await alice.call("order.subscribe")
    put = await alice.call("order.put_limit", "BTCUSDT", BUY, "1", "7500", options)
    assert {name: value for name, value in put.items() if name not in PLAIN} == members
    assert list(put)[: len(PLAIN)] == PLAIN
    assert await alice.push("order.update") == [1, {**put, "source": ""}]
    named = {name: options[name] for name in ("client_order_id",) if name in options} or put["id"]
    assert await alice.call("order.get", "BTCUSDT", named) == put
    assert (await alice.call("order.query", ["BTCUSDT"], 0, 10))["BTCUSDT"]["records"] == [put]
    waits = members.get("waiting", False)
    assert bool((await alice.call("depth.query", "BTCUSDT", 5, "0"))["bids"]) is not waits
    cancelled = await alice.call("order.cancel", "BTCUSDT", put["id"])
    ended = {name: value for name, value in cancelled.items() if name not in PLAIN}
    assert ended == {name: value for name, value in members.items() if name != "waiting"}
    (found,) = (await alice.call("order.history", "BTCUSDT", 0, 0, 0, 10))["records"]
    assert {**found, "ftime": None} == {**cancelled, "ftime": None}


async def test_an_order_in_the_other_unit(venue: Venue) -> None:
    alice, bob = await venue.logged_in("alice"), await venue.logged_in("bob")
    await alice.call("order.put_limit", "BTCUSDT", SELL, "1", "8000")
    bought = await bob.call("order.put_market", "BTCUSDT", BUY, "0.25", {"amount_in": "stock"})
    assert {name: bought[name] for name in ("amount", "left", "deal_stock", "amount_in")} == {
        "amount": "0.2500",
        "left": "0",
        "deal_stock": "0.2500",
        "amount_in": "stock",
    }
    await alice.call("order.put_limit", "BTCUSDT", BUY, "1", "7000")
    sold = await bob.call("order.put_market", "BTCUSDT", SELL, "700.5", {"amount_in": "money"})
    assert {name: sold[name] for name in ("amount", "left", "deal_stock", "deal_money", "amount_in")} == {
        "amount": "700.50000000",
        "left": "0.50000000",
        "deal_stock": "0.1000",
        "deal_money": "700.000000",
        "amount_in": "money",
    }
    history = (await bob.call("order.history", "BTCUSDT", 0, 0, 0, 10))["records"]
    assert [(record["amount"], record["amount_in"]) for record in history] == [
        ("700.50000000", "money"),
        ("0.2500", "stock"),
    ]
    usual = await bob.call("order.put_market", "BTCUSDT", SELL, "0.1", {"amount_in": "stock"})
    assert "amount_in" not in usual


async def test_good_till_a_time(venue: Venue) -> None:
    alice = await venue.logged_in("alice")
    await alice.call("order.subscribe")
    put = await alice.call("order.put_limit", "BTCUSDT", BUY, "1", "7500", {"expire": LATER})
    await alice.push("order.update")
    venue.now_us = LATER * 1_000_000
    venue.does(c.Tick())
    event, pushed = await alice.push("order.update")
    assert (event, pushed["id"], pushed["reason"], pushed["left"]) == (3, put["id"], "expired", "1.0000")
    found = await alice.call("order.get", "BTCUSDT", put["id"])
    assert (found["reason"], found["expire"], found["ftime"]) == ("expired", LATER, LATER)
    assert (await alice.call("asset.query", "USDT"))["USDT"]["freeze"] == "0"


async def test_an_iceberg_shows_its_part(venue: Venue) -> None:
    alice, bob = await venue.logged_in("alice"), await venue.logged_in("bob")
    await alice.call("order.put_limit", "BTCUSDT", SELL, "1", "8000", {"display": "0.3"})
    shown = [["8000.00", "0.3000"]]
    assert (await bob.call("depth.query", "BTCUSDT", 5, "0"))["asks"] == shown
    await bob.call("order.put_limit", "BTCUSDT", BUY, "0.5", "8000")
    assert (await bob.call("depth.query", "BTCUSDT", 5, "0"))["asks"] == [["8000.00", "0.1000"]]
    assert (await alice.call("order.query", ["BTCUSDT"], 0, 1))["BTCUSDT"]["records"][0]["left"] == "0.5000"


async def test_an_iceberg_made_smaller_than_its_part_shows_all_of_it(venue: Venue) -> None:
    alice, bob = await venue.logged_in("alice"), await venue.logged_in("bob")
    put = await alice.call("order.put_limit", "BTCUSDT", SELL, "1", "8000", {"display": "0.3"})
    for amount, display in (("0.4", "0.3000"), ("0.2", "0.2000"), ("0.5", "0.3000")):
        amended = await alice.call("order.amend", "BTCUSDT", put["id"], {"amount": amount})
        assert amended["display"] == display
        assert (await alice.call("order.get", "BTCUSDT", put["id"]))["display"] == display
        assert (await bob.call("depth.query", "BTCUSDT", 5, "0"))["asks"] == [["8000.00", display]]


STP: list[tuple[str, str, list[tuple[str, str | None]]]] = [
    ("none", "0.5000", [("0", None), ("0", None)]),
    ("cancel_oldest", "0", [("0.5000", "self_trade"), ("0.3000", None)]),
    ("cancel_both", "0", [("0.5000", "self_trade"), ("0.3000", "self_trade")]),
    ("decrement", "0", [("0.2000", None), ("0", "self_trade")]),
]


@pytest.mark.parametrize(("stp", "deal_stock", "ends"), STP)
async def test_self_trade_prevention(
    venue: Venue, stp: str, deal_stock: str, ends: list[tuple[str, str | None]]
) -> None:
    alice = await venue.logged_in("alice")
    rests = await alice.call("order.put_limit", "BTCUSDT", SELL, "0.5", "8000")
    comes = await alice.call("order.put_limit", "BTCUSDT", BUY, "0.5" if stp == "none" else "0.3", "8000", {"stp": stp})
    assert comes["deal_stock"] == deal_stock
    found = [await alice.call("order.get", "BTCUSDT", order["id"]) for order in (rests, comes)]
    assert [(order["left"], order.get("reason")) for order in found] == ends


async def test_decrement_takes_off_the_amount_too_and_only_the_reason_tells_it_from_a_fill(venue: Venue) -> None:
    alice, bob = await venue.logged_in("alice"), await venue.logged_in("bob")
    rests = await alice.call("order.put_limit", "BTCUSDT", SELL, "0.5", "8000")
    await bob.call("order.put_limit", "BTCUSDT", BUY, "0.1", "8000")

    async def stands(order: dict[str, Any]) -> tuple[str, str, str, str | None]:
        found = await alice.call("order.get", "BTCUSDT", order["id"])
        return found["amount"], found["left"], found["deal_stock"], found.get("reason")

    comes = await alice.call("order.put_limit", "BTCUSDT", BUY, "0.3", "8000", {"stp": "decrement"})
    assert await stands(comes) == ("0", "0", "0", "self_trade")
    assert await stands(rests) == ("0.2000", "0.1000", "0.1000", None)
    await bob.call("order.put_limit", "BTCUSDT", BUY, "0.1", "8000")
    assert await stands(rests) == ("0.2000", "0", "0.2000", None)


#: Options of a limit order to buy 1 at 8000.
BY_OPTION: list[tuple[dict[str, Any], int, str]] = [
    ({"post_only": 1}, 1, "post_only is an integer; send true or false"),
    ({"stp": "x"}, 1, "stp is 'x'; it takes none, cancel_newest, "),
    ({"stp": None}, 1, "stp is null; it takes none, "),
    ({"display": "0"}, 1, "display is 0; send how much"),
    ({"display": "0.00001"}, 102, "display 0.00001 has 5 decimals; "),
    ({"display": "0.0009"}, 1, "display is 0.0009 BTC; this order takes at least 0.0010 BTC"),
    ({"display": "2"}, 1, "display is 2.0000 BTC; this order takes at most 1.0000 BTC"),
    ({"display": True}, 1, "display is true or false; send a decimal"),
    ({"expire": "soon"}, 123, "expire: 'soon' is not a decimal number"),
    ({"expire": 0}, 1, "expire is 0; send Unix time in seconds"),
    ({"expire": 10**12}, 1, "expire is 1000000000000; send Unix time"),
    ({"expire": "1.0000001"}, 1, "expire 1.0000001 has 7 decimals; "),
    ({"expire": 1600000000}, 1, "expire is 1600000000.000000, which has passed"),
    ({"time_in_force": "GTD"}, 1, "time_in_force GTD needs expire"),
    ({"time_in_force": "IOC", "expire": LATER}, 1, "expire goes with time_in_force GTD, not with IOC; "),
    ({"time_in_force": "FOK", "post_only": True}, 1, "post_only is for orders that can rest; "),
    ({"time_in_force": "IOC", "display": "0.1"}, 1, "display is for orders that can rest; "),
    ({"amount_in": "money"}, 1, "option amount_in is not known; "),
    ({"trigger": "stop"}, 1, "trigger stop needs stop_price"),
    ({"trigger": "trailing"}, 1, "trigger trailing needs trail"),
    ({"trigger": "none"}, 1, "trigger is 'none'; it takes stop, take_profit, trailing"),
    ({"trigger": "stop", "stop_price": "8100", "trail": "1"}, 1, "trail goes with trigger trailing, not with stop; "),
    ({"stop_price": "8000.001"}, 101, "stop_price 8000.001 has 3 decimals; "),
    ({"stop_price": "-1"}, 103, "stop_price -1 of BTCUSDT is out of bounds; "),
    ({"stop_price": "1e15"}, 103, "stop_price or trail 1000000000000000.00 "),
    ({"trail": "0"}, 103, "trail 0 of BTCUSDT is out of bounds; "),
    ({"trail": "5"}, 1, "BTCUSDT has not traded yet, so there is no price"),
]
BY_PARAMS: list[tuple[str, list[Any], int, str]] = [
    ("order.put_market", ["BTCUSDT", BUY, "100", {"post_only": True}], 1, "option post_only is not known; "),
    ("order.put_market", ["BTCUSDT", BUY, "100", {"amount_in": "usd"}], 1, "amount_in is 'usd'; it takes stock, money"),
    (
        "order.put_market",
        ["BTCUSDT", SELL, "0.5555555555", {"amount_in": "money"}],
        102,
        "amount 0.5555555555 has 10 decimals; a market ask with amount_in money is in USDT",
    ),
    (
        "order.put_market",
        ["BTCUSDT", BUY, "100", {"expire": LATER}],
        1,
        "time_in_force GTD is for orders that can rest; ",
    ),
    (
        "order.put_market",
        ["BTCUSDT", BUY, "1", {"amount_in": "stock", "stop_price": "9000"}],
        1,
        "amount_in is stock; the amount of a market order with a trigger is money on this side",
    ),
    (
        "order.put_stop",
        ["BTCUSDT", BUY, "1", "9000"],
        1,
        "4 params came; the method takes 5 to 6: [market, side, amount, ",
    ),
    (
        "order.put_stop",
        ["BTCUSDT", BUY, "100", None, None],
        1,
        "stop_price is null; only a trailing stop may leave it out",
    ),
    (
        "order.put_stop",
        ["BTCUSDT", BUY, "100", "9000", None, {"post_only": True}],
        1,
        "option post_only is not known; ",
    ),
    (
        "order.put_stop",
        ["BTCUSDT", BUY, "100", "9000", None, {"stop_price": "1"}],
        1,
        "option stop_price is not known; ",
    ),
    (
        "order.put_stop",
        ["BTCUSDT", BUY, "0", "9000", None],
        11,
        "amount too small: 0; BTCUSDT takes at least 5.00000000 USDT",
    ),
    ("order.put_stop", ["BTCUSDT", BUY, "1", [], None], 1, "stop_price is an array; send a decimal as text"),
    ("order.put_stop", ["BTCUSDT", 0, "1", "9000", "9000"], 1, "side is 0; send 1 to sell"),
    ("order.put_stop", ["NOSUCH", BUY, "1", "9000", "9000"], 113, "unknown market: NOSUCH"),
    ("order.put_stop", ["BTCUSDT", BUY, "2000", "9000", "9000"], 10, "balance not enough: the order needs 18000000"),
]
REFUSED = [
    *(("order.put_limit", ["BTCUSDT", BUY, "1", "8000", options], *refused) for options, *refused in BY_OPTION),
    *BY_PARAMS,
]


@pytest.mark.parametrize(("method", "params", "code", "sentence"), REFUSED, ids=str)
async def test_refusals_in_a_sentence(venue: Venue, method: str, params: list[Any], code: int, sentence: str) -> None:
    alice = await venue.logged_in("alice")
    got, message = await alice.refused(method, *params)
    assert (got, message.removeprefix("invalid argument: ")[: len(sentence)]) == (code, sentence)
    assert venue.house.open_orders(venue.house.user_ids["alice"]) == []
    assert alice.in_flight == 0


AGAINST_THE_BOOK: list[tuple[str, list[Any], int, str]] = [
    (
        "order.put_limit",
        ["BTCUSDT", BUY, "1", "8000", {"post_only": True}],
        105,
        "a post-only order at 8000.00 would trade at once: the best ask of BTCUSDT is 8000.00; send a lower price",
    ),
    ("order.put_limit", ["BTCUSDT", BUY, "1", "8000", {"stp": "cn"}], 106, "it would trade with your own order 3; "),
    (
        "order.put_limit",
        ["BTCUSDT", BUY, "1", "8000", {"stop_price": "7900"}],
        118,
        "a trigger at 7900.00 would fire at once: the last price of BTCUSDT is 7900.00; ",
    ),
    ("order.put_stop", ["BTCUSDT", SELL, "1", "7901", None], 118, "a trigger at 7901.00 would fire at once: "),
]


@pytest.mark.parametrize(("method", "params", "code", "sentence"), AGAINST_THE_BOOK, ids=str)
async def test_refusals_by_the_book(venue: Venue, method: str, params: list[Any], code: int, sentence: str) -> None:
    await trade_at(venue, "7900")
    alice = await venue.logged_in("alice")
    await alice.call("order.put_limit", "BTCUSDT", SELL, "0.5", "8000")
    got, message = await alice.refused(method, *params)
    assert (got, message[: len(sentence)]) == (code, sentence)
    assert len(venue.house.open_orders(venue.house.user_ids["alice"])) == 1


async def test_the_same_request_again_answers_the_first_record_options_included(venue: Venue) -> None:
    alice = await venue.logged_in("alice")
    options = {"client_order_id": "mine", "display": "0.1", "stp": "co", "expire": LATER}
    put = await alice.call("order.put_limit", "BTCUSDT", SELL, "0.5", "8000", options)
    bob = await venue.logged_in("bob")
    await bob.call("order.put_limit", "BTCUSDT", BUY, "0.2", "8000")
    assert await alice.call("order.put_limit", "BTCUSDT", SELL, "0.5", "8000", options) == put
    for other in ({**options, "display": "0.2"}, {**options, "stp": "cb"}, {**options, "expire": LATER + 1}):
        assert (await alice.refused("order.put_limit", "BTCUSDT", SELL, "0.5", "8000", other))[0] == 110
