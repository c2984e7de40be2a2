"""Withdrawals in two steps, and the accounts that pay rebates."""

from __future__ import annotations

from typing import Any

import pytest

from tests.desks.exchange.venue import Client, Venue

SELL, BUY = 1, 2
WITHDRAWAL = ("alice", "BTC", "withdraw", 77)


async def has(client: Client, asset: str) -> tuple[str, str]:
    found = (await client.call("asset.query", asset))[asset]
    return found["available"], found["freeze"]


async def test_a_withdrawal_is_frozen_and_then_leaves_the_house(venue: Venue) -> None:
    alice, oper = await venue.logged_in("alice"), await venue.logged_in("oper")
    await alice.call("asset.subscribe", "BTC")
    frozen = await oper.call("withdraw.freeze", *WITHDRAWAL, "1.5", {"detail": {"to": "bc1"}})
    assert frozen == {
        "user": venue.house.user_ids["alice"],
        "asset": "BTC",
        "business": "withdraw",
        "business_id": 77,
        "amount": "1.50000000",
        "state": "frozen",
        "detail": {"to": "bc1"},
    }
    assert await alice.push("asset.update") == {"BTC": {"available": "98.50000000", "freeze": "1.50000000"}}
    assert (await alice.call("asset.history", "BTC", "withdraw", 0, 0, 0, 10))["records"] == []
    assert (await alice.refused("order.put_limit", "BTCUSDT", SELL, "99", "8000"))[0] == 10
    confirmed = await oper.call("withdraw.confirm", *WITHDRAWAL)
    assert confirmed == {**frozen, "state": "confirmed"}
    assert await alice.push("asset.update") == {"BTC": {"available": "98.50000000", "freeze": "0"}}
    (record,) = (await alice.call("asset.history", "BTC", "withdraw", 0, 0, 0, 10))["records"]
    assert {name: record[name] for name in ("business", "change", "balance", "detail")} == {
        "business": "withdraw",
        "change": "-1.50000000",
        "balance": "98.50000000",
        "detail": {"id": 77, "to": "bc1"},
    }
    for repeated in (("withdraw.confirm", *WITHDRAWAL), ("withdraw.freeze", *WITHDRAWAL, "1.5", {"to": "bc1"})):
        assert await oper.call(*repeated) == confirmed
    assert await oper.call("withdraw.query", *WITHDRAWAL) == confirmed
    assert await has(alice, "BTC") == ("98.50000000", "0")
    assert len((await alice.call("asset.history", "BTC", "withdraw", 0, 0, 0, 10))["records"]) == 1
    code, message = await oper.refused("withdraw.release", *WITHDRAWAL)
    assert (code, message[:62]) == (10, "repeat update: withdraw 77 of alice in BTC has ended the other")


async def test_a_withdrawal_is_given_back(venue: Venue) -> None:
    alice, oper = await venue.logged_in("alice"), await venue.logged_in("oper")
    await oper.call("withdraw.freeze", *WITHDRAWAL, "1.5")
    assert (await oper.call("withdraw.release", *WITHDRAWAL))["state"] == "released"
    assert await has(alice, "BTC") == ("100.00000000", "0")
    assert (await alice.call("asset.history", "BTC", "withdraw", 0, 0, 0, 10))["records"] == []


async def test_a_rebate_is_paid_as_far_as_it_is_funded(venue: Venue) -> None:
    alice, bob, oper = [await venue.logged_in(name) for name in ("alice", "bob", "oper")]
    await oper.call("market.update", "BTCUSDT", {"maker_fee": "-0.001"})
    funded = await oper.call("rebate.fund", "USDT", 1, "10", {"floor": "4"})
    assert funded == {"asset": "USDT", "balance": "10.00000000", "floor": "4.00000000"}
    assert await oper.call("rebate.fund", "USDT", 1, "10", {"floor": "4"}) == funded
    await alice.call("order.put_limit", "BTCUSDT", SELL, "1", "8000")
    await bob.call("order.put_limit", "BTCUSDT", BUY, "0.5", "8000")
    (sold,) = (await alice.call("asset.history", "USDT", "trade", 0, 0, 0, 10))["records"]
    assert (sold["change"], sold["detail"]["fee"]) == ("4004.00000000", "-4.00000000")
    (order,) = (await alice.call("order.query", ["BTCUSDT"], 0, 10))["BTCUSDT"]["records"]
    assert (order["deal_fee"], order["maker_fee"]) == ("-4.00000000", "-0.001")
    await bob.call("order.put_limit", "BTCUSDT", BUY, "0.5", "8000")
    sold = (await alice.call("asset.history", "USDT", "trade", 0, 0, 0, 10))["records"][0]
    assert (sold["change"], sold["detail"]["fee"]) == ("4002.00000000", "-2.00000000")  # what the floor left
    assert await oper.call("rebate.query", "USDT", "BTC") == [
        {"asset": "USDT", "balance": "4.00000000", "floor": "4.00000000"},
        {"asset": "BTC", "balance": "0", "floor": "0"},
    ]
    assert len(await oper.call("rebate.query")) == 3
    code, message = await oper.refused("rebate.fund", "USDT", 2, "-1")
    assert (code, message) == (
        10,
        "balance not enough: the rebate fund 2 of USDT would leave 3.00000000 USDT, and 4.00000000 USDT is the floor; "
        "take out less, or lower the floor",
    )


NAME = ["alice", "BTC", "withdraw", 1]
REFUSED: list[tuple[str, list[Any], int, str]] = [
    (
        "withdraw.freeze",
        NAME,
        1,
        "4 params came; the method takes 5 to 6: [user, asset, business, business_id, amount, ",
    ),
    ("withdraw.freeze", ["nobody", *NAME[1:], "1"], 1, "unknown user: nobody"),
    ("withdraw.freeze", ["alice", "NOSUCH", "withdraw", 1, "1"], 114, "unknown asset: NOSUCH"),
    ("withdraw.freeze", ["alice", "BTC", "trade", 1, "1"], 1, "business trade is for changes made by deals; "),
    ("withdraw.freeze", ["alice", "BTC", "bust", 1, "1"], 1, "business bust is for deals taken back; "),
    ("withdraw.freeze", ["alice", "BTC", "rebate", 1, "1"], 1, "business rebate is for fees that a rewards "),
    ("withdraw.freeze", ["alice", "BTC", "withdraw", -1, "1"], 1, "business_id is -1; it takes 0 to"),
    ("withdraw.freeze", [*NAME, "0"], 1, "amount is 0; send what the user takes out, more than 0"),
    ("withdraw.freeze", [*NAME, "-1"], 1, "amount is -1; send what the user takes out"),
    ("withdraw.freeze", [*NAME, "0.000000001"], 102, "amount 0.000000001 has 9 decimals; "),
    ("withdraw.freeze", [*NAME, "x"], 123, "amount: 'x' is not a decimal number"),
    ("withdraw.freeze", [*NAME, "1", "why"], 1, "detail is text; send an object"),
    (
        "withdraw.freeze",
        [*NAME, "1000"],
        10,
        "balance not enough: withdraw 1 of alice in BTC needs 1000.00000000 BTC and 100",
    ),
    ("withdraw.confirm", NAME, 1, "unknown withdrawal: withdraw 1 of alice in BTC; withdraw.freeze makes one"),
    ("withdraw.release", NAME, 1, "unknown withdrawal: withdraw 1 of alice in BTC; "),
    ("withdraw.query", NAME, 1, "unknown withdrawal: withdraw 1 of alice in BTC; "),
    ("withdraw.confirm", [*NAME, "1"], 1, "5 params came; the method takes 4: [user, asset, business, business_id]"),
    ("rebate.fund", ["USDT", 1], 1, "2 params came; the method takes 3 to 4: [asset, business_id, change, {floor?}?]"),
    ("rebate.fund", ["NOSUCH", 1, "1"], 114, "unknown asset: NOSUCH"),
    ("rebate.fund", ["USDT", "1", "1"], 1, "business_id is text; send an integer"),
    (
        "rebate.fund",
        ["USDT", 1, "1", {"floor": "-1"}],
        1,
        "floor is -1; send what rebates leave in the account, 0 or more",
    ),
    ("rebate.fund", ["USDT", 1, "1", {"bottom": "1"}], 1, "option bottom is not known; the method takes floor"),
    (
        "rebate.fund",
        ["USDT", 1, "-1"],
        10,
        "balance not enough: the rebate fund 1 of USDT would leave -1.00000000 USDT",
    ),
    ("rebate.fund", ["USDT", 1, "4.62e10"], 104, "the rebate fund 1 of USDT would be more than the house can hold"),
    ("rebate.query", ["NOSUCH"], 114, "unknown asset: NOSUCH"),
]


@pytest.mark.parametrize(("method", "params", "code", "sentence"), REFUSED)
async def test_refusals_in_a_sentence(venue: Venue, method: str, params: list[Any], code: int, sentence: str) -> None:
    alice, oper = await venue.logged_in("alice"), await venue.logged_in("oper")
    got, message = await oper.refused(method, *params)
    assert (got, message.removeprefix("invalid argument: ")[: len(sentence)]) == (code, sentence)
    assert await has(alice, "BTC") == ("100.00000000", "0")
    assert await oper.call("rebate.query", "USDT") == [{"asset": "USDT", "balance": "0", "floor": "0"}]


async def test_another_body_under_the_same_id(venue: Venue) -> None:
    oper = await venue.logged_in("oper")
    await oper.call("withdraw.freeze", *NAME, "1")
    assert (await oper.refused("withdraw.freeze", *NAME, "2"))[0] == 10
    await oper.call("rebate.fund", "USDT", 1, "1")
    assert (await oper.refused("rebate.fund", "USDT", 1, "2"))[0] == 10


@pytest.mark.parametrize("method", ["withdraw.freeze", "withdraw.query", "rebate.fund", "rebate.query"])
async def test_for_operators_alone(venue: Venue, method: str) -> None:
    alice = await venue.logged_in("alice")
    assert (await alice.refused(method))[0] == 120
