"""No rebate is larger than the taker fee beside it: of a market, of a user, and of either after the other changed."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from fondaco.core import commands as c
from tests.desks.exchange.venue import Venue

SELL, BUY = 1, 2
DIGITS = {"price_digits": 2, "amount_digits": 4}


def fees(maker: str, taker: str) -> dict[str, str]:
    return {"maker_fee": maker, "taker_fee": taker}


#: What is sent, in order; the last one is refused with the sentence, or taken where there is none. The markets of the
#: venue take: BTCUSDT 0.001 of makers and 0.002 of takers, ETHUSDT nothing.
RULE: list[tuple[str, list[tuple[Any, ...]], str]] = [
    ("a market's rebate up to its taker fee", [("market.update", "BTCUSDT", {"maker_fee": "-0.002"})], ""),
    (
        "and no more",
        [("market.update", "BTCUSDT", {"maker_fee": "-0.002001"})],
        "maker_fee -0.002001 gives back more than the taker_fee 0.002 of BTCUSDT brings in: who trades with himself "
        'would empty the rebate fund; send "-0.002" or more',
    ),
    ("both at once", [("market.update", "BTCUSDT", fees("-0.003", "0.003"))], ""),
    (
        "a taker fee that falls below the rebate",
        [("market.update", "BTCUSDT", {"maker_fee": "-0.002"}), ("market.update", "BTCUSDT", {"taker_fee": "0.001"})],
        "maker_fee -0.002 gives back more than the taker_fee 0.001 of BTCUSDT brings in: ",
    ),
    (
        "a new market",
        [("market.create", "ETHEUR", "ETH", "USDT", {**DIGITS, **fees("-0.0002", "0.0001")})],
        "maker_fee -0.0002 gives back more than the taker_fee 0.0001 of ETHEUR brings in: ",
    ),
    (
        "a new market without fees",
        [("market.create", "ETHEUR", "ETH", "USDT", {**DIGITS, "maker_fee": "-0.0001"})],
        "maker_fee -0.0001 gives back more than the taker_fee 0 of ETHEUR brings in: ",
    ),
    ("a user's rebate up to the market's taker fee", [("user.fees", "alice", "BTCUSDT", fees("-0.002", "0.002"))], ""),
    (
        "and no more",
        [("user.fees", "alice", "BTCUSDT", fees("-0.0021", "0.0021"))],
        "maker_fee -0.0021 gives back more than the taker_fee 0.002 of BTCUSDT brings in: ",
    ),
    (
        "nor than he pays himself",
        [("user.fees", "alice", "BTCUSDT", fees("-0.002", "0.0019"))],
        "maker_fee -0.002 gives back more than the taker_fee 0.0019 that alice is to pay brings in: ",
    ),
    (
        "on all markets by each of them",
        [("user.fees", "alice", None, fees("-0.001", "0.001"))],
        "maker_fee -0.001 gives back more than the taker_fee 0 of ETHUSDT brings in: ",
    ),
    (
        "but those that trade no more",
        [("market.phase", "ETHUSDT", "delisted"), ("user.fees", "alice", None, fees("-0.001", "0.001"))],
        "",
    ),
    (
        "a market's taker fee that falls below a user's rebate there",
        [
            ("user.fees", "alice", "BTCUSDT", fees("-0.002", "0.002")),
            ("market.update", "BTCUSDT", {"taker_fee": "0.0019"}),
        ],
        "taker_fee 0.0019 of BTCUSDT is less than the rebate 0.002 that alice gets there; send more, or lower that "
        "rebate first by user.fees",
    ),
    (
        "or on all markets, of which a new one is one",
        [
            ("market.update", "ETHUSDT", {"taker_fee": "0.002"}),
            ("user.fees", "alice", None, fees("-0.002", "0.002")),
            ("market.create", "ETHEUR", "ETH", "USDT", {**DIGITS, "taker_fee": "0.001"}),
        ],
        "taker_fee 0.001 of ETHEUR is less than the rebate 0.002 that alice gets there; ",
    ),
    (
        "and may fall once that is ended",
        [
            ("user.fees", "alice", "BTCUSDT", fees("-0.002", "0.002")),
            ("user.fees", "alice", "BTCUSDT", None),
            ("market.update", "BTCUSDT", {"taker_fee": "0", "maker_fee": "0"}),
        ],
        "",
    ),
]


@pytest.mark.parametrize(("sent", "sentence"), [row[1:] for row in RULE], ids=[row[0] for row in RULE])
async def test_no_rebate_is_larger_than_the_taker_fee(venue: Venue, sent: list[tuple[Any, ...]], sentence: str) -> None:
    oper = await venue.logged_in("oper")
    for number, (method, *params) in enumerate(sent, 100):  # in one breath: each judges by those before it
        oper.says({"method": method, "params": params, "id": number})
    replies = [await oper.find(lambda reply, number=number: reply["id"] == 100 + number) for number in range(len(sent))]
    assert [reply["error"] for reply in replies[:-1]] == [None] * (len(sent) - 1)
    error = replies[-1]["error"] or {"code": None, "message": ""}
    assert error["code"] == (1 if sentence else None)
    assert error["message"].removeprefix("invalid argument: ")[: len(sentence) or None] == sentence


async def test_a_house_with_a_larger_rebate_goes_on_with_it(venue: Venue) -> None:
    venue.does(c.MarketUpdate("BTCUSDT", maker_fee_ppm=-3_000))
    oper, alice = await venue.logged_in("oper"), await venue.logged_in("alice")
    assert (await oper.call("market.update", "BTCUSDT", {"price_band": "0.1"}))["maker_fee"] == "-0.003"
    assert (await alice.call("order.put_limit", "BTCUSDT", SELL, "1", "8000"))["maker_fee"] == "-0.003"
    assert (await oper.refused("market.update", "BTCUSDT", {"taker_fee": "0.0029"}))[0] == 1
    assert (await oper.call("market.update", "BTCUSDT", {"taker_fee": "0.003"}))["taker_fee"] == "0.003"


async def test_who_trades_with_himself_cannot_gain(venue: Venue) -> None:
    oper, alice = await venue.logged_in("oper"), await venue.logged_in("alice")
    await oper.call("market.update", "BTCUSDT", fees("-0.002", "0.002"))
    for number, asset in enumerate(("USDT", "BTC")):
        await oper.call("rebate.fund", asset, number, "1000")
    before = await alice.call("asset.query", "BTC", "USDT")
    await alice.call("order.put_limit", "BTCUSDT", SELL, "1", "8000")
    await alice.call("order.put_limit", "BTCUSDT", BUY, "1", "8000")
    after = await alice.call("asset.query", "BTC", "USDT")
    gained = {asset: Decimal(after[asset]["available"]) - Decimal(before[asset]["available"]) for asset in after}
    assert gained == {"BTC": Decimal("-0.002"), "USDT": 16}  # what one side pays is what the other gets
