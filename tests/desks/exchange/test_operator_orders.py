"""A user's own fees, cancelling for a user, and deals taken back."""

from __future__ import annotations

from typing import Any

import pytest

from tests.desks.exchange.venue import Client, Venue

SELL, BUY = 1, 2


async def test_a_users_own_fees(venue: Venue) -> None:
    alice, oper = await venue.logged_in("alice"), await venue.logged_in("oper")
    user = venue.house.user_ids["alice"]
    assert await oper.call("fees.query", "alice") == []
    everywhere = {"user": user, "market": None, "maker_fee": "0", "taker_fee": "0.0005"}
    here = {"user": user, "market": "BTCUSDT", "maker_fee": "-0.0001", "taker_fee": "0.0001"}
    given = {"maker_fee": "0", "taker_fee": "0.0005"}
    assert await oper.call("user.fees", "alice", None, given) == everywhere
    assert await oper.call("user.fees", "alice", "BTCUSDT", {"maker_fee": "-0.0001", "taker_fee": "1e-4"}) == here
    assert await oper.call("fees.query", "alice") == [everywhere, here]

    async def fees(market: str) -> tuple[str, str]:
        put = await alice.call("order.put_limit", market, SELL, "1", "8000")
        return put["maker_fee"], put["taker_fee"]

    assert (await fees("BTCUSDT"), await fees("ETHUSDT")) == (("-0.0001", "0.0001"), ("0", "0.0005"))
    ended = {**here, "maker_fee": None, "taker_fee": None}
    assert await oper.call("user.fees", "alice", "BTCUSDT", None) == ended
    assert (await fees("BTCUSDT"), await fees("ETHUSDT")) == (("0", "0.0005"), ("0", "0.0005"))
    await oper.call("user.fees", "alice", None, None)
    assert await fees("BTCUSDT") == ("0.001", "0.002")


async def test_what_is_asked_in_one_breath_tells_all_that_was_sent_before_it(venue: Venue) -> None:
    oper, taker_fees = await venue.logged_in("oper"), ("0.0003", "0.0004", "0.0005")
    for number, taker_fee in enumerate(taker_fees, 100):
        fees = {"maker_fee": "0", "taker_fee": taker_fee}
        oper.says({"method": "user.fees", "params": ["alice", None, fees], "id": number})
        oper.says({"method": "fees.query", "params": ["alice"], "id": number + 100})
    for number, taker_fee in enumerate(taker_fees, 200):
        (entry,) = (await oper.find(lambda reply, number=number: reply["id"] == number))["result"]
        assert entry["taker_fee"] == taker_fee


async def test_cancelling_for_a_user(venue: Venue) -> None:
    alice, oper = await venue.logged_in("alice"), await venue.logged_in("oper")
    for market in ("BTCUSDT", "ETHUSDT", "BTCUSDT"):
        await alice.call("order.put_limit", market, SELL, "1", "8000")
    await alice.call("order.subscribe")
    assert await oper.call("order.cancel_user", "alice", "BTCUSDT") == {"count": 2}
    assert [(await alice.push("order.update"))[1]["reason"] for _ in range(2)] == ["by_operator"] * 2
    assert await oper.call("order.cancel_user", venue.house.user_ids["alice"], None) == {"count": 1}
    assert (await alice.call("order.history", "ETHUSDT", 0, 0, 0, 1))["records"][0]["reason"] == "by_operator"


async def deal(alice: Client, bob: Client) -> None:
    """Alice sells 0.5 at 8000 to Bob."""
    await alice.call("order.put_limit", "BTCUSDT", SELL, "0.5", "8000")
    await bob.call("order.put_limit", "BTCUSDT", BUY, "0.5", "8000")


async def test_a_deal_is_taken_back_and_both_sides_are_told(venue: Venue) -> None:
    alice, bob, oper = [await venue.logged_in(name) for name in ("alice", "bob", "oper")]
    await deal(alice, bob)
    await alice.call("order.subscribe")
    await bob.call("order.subscribe", "BTCUSDT")
    await bob.call("asset.subscribe")
    sold, bought = (
        {
            "market": "BTCUSDT",
            "deal_id": 1,
            "side": SELL,
            "price": "8000.00",
            "amount": "0.5000",
            "deal": "4000.000000",
            "fee": "4.00000000",
            "reason": "a wrong price",
            "time": venue.now_us / 1e6,
        },
        {"side": BUY, "fee": "0.00100000"},
    )
    bought = {**sold, **bought}
    users = venue.house.user_ids
    assert await oper.call("trade.bust", "BTCUSDT", 1, "a wrong price") == [
        {**bought, "user": users["bob"], "role": "taker"},
        {**sold, "user": users["alice"], "role": "maker"},
    ]
    assert await alice.push("trade.busted") == [sold]
    assert await bob.push("trade.busted") == [bought]
    assert [await bob.push("asset.update") for _ in range(2)] == [
        {"BTC": {"available": "100.00000000", "freeze": "0"}},
        {"USDT": {"available": "10000000.00000000", "freeze": "0"}},
    ]
    assert (await alice.call("asset.query", "BTC", "USDT")) == {
        "BTC": {"available": "100.00000000", "freeze": "0"},
        "USDT": {"available": "10000000.00000000", "freeze": "0"},
    }
    detail = {"market": "BTCUSDT", "deal_id": 1, "reason": "a wrong price"}
    told = {"BTC": ("-0.49900000", "100.00000000"), "USDT": ("4000.00000000", "10000000.00000000")}
    for asset, (change, balance) in told.items():
        (record,) = (await bob.call("asset.history", asset, "bust", 0, 0, 0, 10))["records"]
        assert (record["change"], record["balance"], record["detail"]) == (change, balance, detail)
    again = await oper.call("trade.bust", "BTCUSDT", 1, "another word")
    assert [side["reason"] for side in again] == ["a wrong price"] * 2
    await oper.call("server.ping")
    assert not [message for message in alice.inbox if message.get("method") == "trade.busted"]
    assert len((await bob.call("asset.history", None, "bust", 0, 0, 0, 10))["records"]) == 2


async def test_a_deal_with_oneself_is_taken_back(venue: Venue) -> None:
    alice, oper = await venue.logged_in("alice"), await venue.logged_in("oper")
    await deal(alice, alice)
    await oper.call("trade.bust", "BTCUSDT", 1, "no deal at all")
    assert (await alice.call("asset.query", "BTC", "USDT")) == {
        "BTC": {"available": "100.00000000", "freeze": "0"},
        "USDT": {"available": "10000000.00000000", "freeze": "0"},
    }
    records = (await alice.call("asset.history", None, "bust", 0, 0, 0, 10))["records"]
    assert {(record["asset"], record["change"], record["balance"]) for record in records} == {
        ("USDT", "4.00000000", "10000000.00000000"),
        ("BTC", "0.00100000", "100.00000000"),
    }


async def test_what_is_gone_cannot_be_given_back(venue: Venue) -> None:
    alice, bob, oper = [await venue.logged_in(name) for name in ("alice", "bob", "oper")]
    await deal(alice, bob)
    await bob.call("order.put_limit", "BTCUSDT", SELL, "100.4", "9000")
    code, message = await oper.refused("trade.bust", "BTCUSDT", 1, "too late")
    assert (code, message) == (
        10,
        "balance not enough: to take deal 1 of BTCUSDT back, bob returns 0.50000000 BTC and 0.10000000 BTC is "
        "available, the fee that comes back included; free what orders hold by order.cancel_user, or bring in the "
        "rest by balance.update",
    )
    await bob.call("order.cancel_all", None)
    await alice.call("order.put_limit", "BTCUSDT", BUY, "1428.9", "7000")
    code, message = await oper.refused("trade.bust", "BTCUSDT", 1, "too late")
    assert code == 10
    assert "back, alice returns 4000.00000000 USDT and 1700.00000000 USDT is available, " in message


FEES = {"maker_fee": "0", "taker_fee": "0"}
REFUSED: list[tuple[str, list[Any], int, str]] = [
    ("trade.bust", ["BTCUSDT", 1], 1, "2 params came; the method takes 3: [market, deal_id, reason]"),
    ("trade.bust", ["NOSUCH", 1, "x"], 113, "unknown market: NOSUCH"),
    ("trade.bust", ["BTCUSDT", 0, "x"], 1, "deal_id is 0; it takes 1 to"),
    ("trade.bust", ["BTCUSDT", "1", "x"], 1, "deal_id is text; send an integer"),
    ("trade.bust", ["BTCUSDT", 1, ""], 1, "reason has 0 characters; it takes 1 to 200"),
    ("trade.bust", ["BTCUSDT", 1, "x" * 201], 1, "reason has 201 characters; it takes 1 to 200"),
    ("trade.bust", ["BTCUSDT", 2, "x"], 1, "unknown deal: 2 on BTCUSDT; deals.query lists them"),
    ("trade.bust", ["ETHUSDT", 1, "x"], 1, "unknown deal: 1 on ETHUSDT; "),
    ("order.cancel_user", ["alice"], 1, "1 params came; the method takes 2: [user, market | null]"),
    ("order.cancel_user", ["nobody", None], 1, "unknown user: nobody"),
    ("order.cancel_user", ["alice", "NOSUCH"], 113, "unknown market: NOSUCH"),
    (
        "user.fees",
        ["alice", None],
        1,
        "2 params came; the method takes 3: [user, market | null, {maker_fee, taker_fee}",
    ),
    ("user.fees", ["nobody", None, FEES], 1, "unknown user: nobody"),
    ("user.fees", ["alice", "NOSUCH", FEES], 113, "unknown market: NOSUCH"),
    ("user.fees", ["alice", None, {}], 1, "maker_fee is missing; send both fees, or null"),
    ("user.fees", ["alice", None, {"maker_fee": "0"}], 1, "taker_fee is missing; send both fees"),
    (
        "user.fees",
        ["alice", None, {**FEES, "taker_fee": "-0.1"}],
        1,
        'taker_fee -0.1 is out of bounds; it takes "0" to',
    ),
    ("user.fees", ["alice", None, {**FEES, "maker_fee": "x"}], 123, "maker_fee: 'x' is not a decimal number"),
    ("user.fees", ["alice", None, {**FEES, "fee": "0"}], 1, "option fee is not known; "),
    ("fees.query", ["nobody"], 1, "unknown user: nobody"),
]


@pytest.mark.parametrize(("method", "params", "code", "sentence"), REFUSED)
async def test_refusals_in_a_sentence(venue: Venue, method: str, params: list[Any], code: int, sentence: str) -> None:
    alice, bob, oper = [await venue.logged_in(name) for name in ("alice", "bob", "oper")]
    await deal(alice, bob)
    balances = await bob.call("asset.query")
    got, message = await oper.refused(method, *params)
    assert (got, message.removeprefix("invalid argument: ")[: len(sentence)]) == (code, sentence)
    assert await bob.call("asset.query") == balances
    assert await oper.call("fees.query", "alice") == []
