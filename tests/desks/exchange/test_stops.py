"""Orders that wait for a price: put, woken, told, amended; and whose request they were told by."""

from __future__ import annotations

from typing import Any

from tests.desks.exchange.test_order_options import trade_at
from tests.desks.exchange.venue import Client, Venue

SELL, BUY = 1, 2


async def waiting(client: Client, side: int, amount: str, stop_price: str, price: str | None, **options: Any) -> Any:
    put = await client.call("order.put_stop", "BTCUSDT", side, amount, stop_price, price, options)
    assert (put["waiting"], put["stop_price"]) == (True, f"{stop_price}.00")
    return put


async def test_a_stop_limit_holds_what_it_may_cost_and_rests_when_it_is_woken(venue: Venue) -> None:
    await trade_at(venue, "8000")
    alice = await venue.logged_in("alice")
    put = await waiting(alice, BUY, "1", "8100", "8200")
    assert (put["type"], put["price"]) == (1, "8200.00")
    assert (await alice.call("asset.query", "USDT"))["USDT"]["freeze"] == "8200.00000000"
    assert (await alice.call("depth.query", "BTCUSDT", 5, "0"))["bids"] == []
    await alice.call("order.subscribe")
    await trade_at(venue, "8100")
    event, pushed = await alice.push("order.update")
    assert (event, pushed["id"], pushed["left"], "waiting" in pushed) == (2, put["id"], "1.0000", False)
    assert (pushed["trigger"], pushed["stop_price"]) == ("stop", "8100.00")
    assert (await alice.call("depth.query", "BTCUSDT", 5, "0"))["bids"] == [["8200.00", "1.0000"]]


async def test_a_stop_market_buy_is_in_money_and_ends_when_it_is_woken(venue: Venue) -> None:
    await trade_at(venue, "8000")
    alice, bob = await venue.logged_in("alice"), await venue.logged_in("bob")
    put = await waiting(alice, BUY, "1000", "8100", None)
    assert (put["type"], put["price"], put["amount"]) == (2, "0", "1000.00000000")
    await bob.call("order.put_limit", "BTCUSDT", SELL, "1", "8100")
    carol = await venue.logged_in("carol")
    taker = await carol.call("order.put_limit", "BTCUSDT", BUY, "0.1", "8100")
    assert (taker["left"], taker["deal_stock"]) == ("0", "0.1000")  # the answer is the taker's, though a row follows it
    found = await alice.call("order.get", "BTCUSDT", put["id"])
    assert (found["deal_stock"], found["trigger"], "reason" in found) == ("0.1234", "stop", False)
    assert (await alice.call("asset.query", "USDT"))["USDT"]["freeze"] == "0"


async def test_a_woken_order_that_cannot_be_carried_out_says_so(venue: Venue) -> None:
    await trade_at(venue, "8000")
    alice = await venue.logged_in("alice")
    put = await waiting(alice, SELL, "1", "7900", None)
    await alice.call("order.subscribe")
    await trade_at(venue, "7900")  # and nobody bids
    event, pushed = await alice.push("order.update")
    assert (event, pushed["id"], pushed["reason"]) == (3, put["id"], "trigger_refused")
    found = await alice.call("order.get", "BTCUSDT", put["id"])
    assert (found["reason"], found["left"]) == ("trigger_refused", "1.0000")


async def test_a_trailing_sale_begins_at_a_price(venue: Venue) -> None:
    alice, trail = await venue.logged_in("alice"), {"trail": "8000", "client_order_id": "far"}
    await trade_at(venue, "8000.01")
    put = await alice.call("order.put_limit", "BTCUSDT", SELL, "1", "9000", trail)
    assert put["stop_price"] == "0.01"
    await trade_at(venue, "8000")
    assert (await alice.call("order.put_limit", "BTCUSDT", SELL, "1", "9000", trail))["id"] == put["id"]
    sentence = (
        "trail 8000.00 reaches down from the last price of BTCUSDT, 8000.00, to nothing; "
        "send a smaller one, or stop_price as well"
    )
    other = {**trail, "client_order_id": "other"}
    assert await alice.refused("order.put_limit", "BTCUSDT", SELL, "1", "9000", other) == (103, sentence)
    assert await alice.refused("order.put_market", "BTCUSDT", SELL, "1", other) == (103, sentence)
    assert await alice.refused("order.put_stop", "BTCUSDT", SELL, "1", None, None, other) == (103, sentence)
    (entry,) = await alice.call("order.batch_put", ["BTCUSDT", SELL, "1", "9000", other])
    assert entry == {"error": {"code": 103, "message": sentence}, "result": None}
    for side, price, options in ((SELL, "9000", {**other, "stop_price": "7000"}), (BUY, "7000", {"trail": "8000"})):
        assert (await alice.call("order.put_limit", "BTCUSDT", side, "1", price, options))["trail"] == "8000.00"


async def test_take_profit_and_trailing(venue: Venue) -> None:
    await trade_at(venue, "8000")
    alice = await venue.logged_in("alice")
    gain = await waiting(alice, SELL, "1", "8200", "8150", trigger="take_profit")
    trailing = await alice.call("order.put_stop", "BTCUSDT", SELL, "1", None, None, {"trail": "100"})
    assert (trailing["trigger"], trailing["trail"], trailing["stop_price"]) == ("trailing", "100.00", "7900.00")
    await trade_at(venue, "8150")
    shown = {order["id"]: order for order in (await alice.call("order.query", [], 0, 10))["BTCUSDT"]["records"]}
    assert shown[trailing["id"]]["stop_price"] == "8050.00"
    assert shown[gain["id"]]["waiting"]
    await trade_at(venue, "8200")
    shown = {order["id"]: order for order in (await alice.call("order.query", [], 0, 10))["BTCUSDT"]["records"]}
    assert "waiting" not in shown[gain["id"]]
    assert shown[trailing["id"]]["stop_price"] == "8100.00"


async def test_what_waits_is_cancelled_like_any_other(venue: Venue) -> None:
    await trade_at(venue, "8000")
    alice = await venue.logged_in("alice")
    put = await waiting(alice, SELL, "1", "7900", "7800", client_order_id="mine")
    cancelled = await alice.call("order.cancel", "BTCUSDT", {"client_order_id": "mine"})
    assert (cancelled["id"], "waiting" in cancelled, "reason" in cancelled) == (put["id"], False, False)
    assert (await alice.call("asset.query", "BTC"))["BTC"]["freeze"] == "0"
