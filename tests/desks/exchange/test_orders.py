"""Order entry, and what becomes of orders, as clients see it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from fondaco.core import commands as c
from tests.desks.exchange.venue import START_US, Venue

SELL, BUY = 1, 2


def seconds(time_us: int) -> float:
    return time_us / 1e6


async def test_a_resting_limit_order_answers_its_record(venue: Venue) -> None:
    alice = await venue.logged_in("alice")
    venue.now_us = START_US + 188_796
    record = await alice.call("order.put_limit", "BTCUSDT", BUY, "0.5", "8000")
    assert record == {
        "id": 1,
        "market": "BTCUSDT",
        "type": 1,
        "side": 2,
        "user": venue.house.user_ids["alice"],
        "ctime": seconds(START_US + 188_796),
        "mtime": seconds(START_US + 188_796),
        "price": "8000.00",
        "amount": "0.5000",
        "taker_fee": "0.002",
        "maker_fee": "0.001",
        "left": "0.5000",
        "deal_stock": "0",
        "deal_money": "0",
        "deal_fee": "0",
    }
    assert b'"ctime":1723075200.188796,' in alice.raw[-1]


async def test_a_taker_answers_as_it_stands_after_matching(venue: Venue) -> None:
    alice, bob = await venue.logged_in("alice"), await venue.logged_in("bob")
    await alice.call("order.put_limit", "BTCUSDT", SELL, "0.3", "8000")
    bought = await bob.call("order.put_limit", "BTCUSDT", BUY, "0.5", "8001")
    assert {key: bought[key] for key in ("left", "deal_stock", "deal_money", "deal_fee")} == {
        "left": "0.2000",
        "deal_stock": "0.3000",
        "deal_money": "2400.000000",
        "deal_fee": "0.00060000",  # of the stock received
    }
    sold = await alice.call("order.put_market", "BTCUSDT", SELL, "0.2")
    assert {key: sold[key] for key in ("type", "price", "left", "deal_money", "deal_fee")} == {
        "type": 2,
        "price": "0",
        "left": "0",
        "deal_money": "1600.200000",
        "deal_fee": "3.20040000",  # of the money received
    }


async def test_a_market_buyers_amount_is_money(venue: Venue) -> None:
    alice, bob = await venue.logged_in("alice"), await venue.logged_in("bob")
    await alice.call("order.put_limit", "BTCUSDT", SELL, "1", "8000")
    record = await bob.call("order.put_market", "BTCUSDT", BUY, "1000.5")
    assert {key: record[key] for key in ("amount", "left", "deal_stock", "deal_money")} == {
        "amount": "1000.50000000",
        "left": "0.50000000",  # not enough for another 0.0001 BTC: never taken
        "deal_stock": "0.1250",
        "deal_money": "1000.000000",
    }
    assert (await bob.call("asset.query", "USDT"))["USDT"] == {"available": "9999000.00000000", "freeze": "0"}


@pytest.mark.parametrize(
    ("time_in_force", "left", "in_book"),
    [("GTC", "0.7000", ["0.7000"]), ("IOC", "0.7000", []), ("FOK", None, [])],
)
async def test_time_in_force(venue: Venue, time_in_force: str, left: str | None, in_book: list[str]) -> None:
    alice, bob = await venue.logged_in("alice"), await venue.logged_in("bob")
    await alice.call("order.put_limit", "BTCUSDT", SELL, "0.3", "8000")
    reply = await bob.asks("order.put_limit", "BTCUSDT", BUY, "1", "8000", {"time_in_force": time_in_force})
    assert [size for _, size in (await bob.call("depth.query", "BTCUSDT", 5, "0"))["bids"]] == in_book
    if left is None:
        assert reply["error"] == {
            "code": 107,
            "message": "1.0000 BTC cannot be filled at once on BTCUSDT; nothing was traded: "
            "send less, another price, or IOC",
        }
    else:
        assert reply["result"]["left"] == left


async def test_cancel_answers_the_finished_order(venue: Venue) -> None:
    alice = await venue.logged_in("alice")
    put = await alice.call("order.put_limit", "BTCUSDT", SELL, "0.3", "8000")
    venue.now_us += 5
    cancelled = await alice.call("order.cancel", "BTCUSDT", put["id"])
    assert cancelled == {**put, "mtime": seconds(venue.now_us)}
    code, message = await alice.refused("order.cancel", "BTCUSDT", put["id"])
    assert code == 10
    assert message.startswith("order not found: order 1 is not open on BTCUSDT; ")


async def test_client_order_ids(venue: Venue) -> None:
    alice = await venue.logged_in("alice")
    named = {"client_order_id": "mine-1"}
    put = await alice.call("order.put_limit", "BTCUSDT", BUY, "0.5", "8000", named)
    assert put["client_order_id"] == "mine-1"
    again = await alice.call("order.put_limit", "BTCUSDT", BUY, "0.5", "8000", named)
    assert again == put
    code, message = await alice.refused("order.put_limit", "BTCUSDT", BUY, "0.6", "8000", named)
    assert code == 110
    assert message.startswith("client_order_id mine-1 is taken by order 1 on BTCUSDT, which was asked for ")
    assert await alice.call("order.get", "BTCUSDT", named) == put
    assert (await alice.call("order.query", [], 0, 10))["BTCUSDT"]["records"] == [put]
    venue.now_us += 7
    cancelled = await alice.call("order.cancel", "BTCUSDT", named)
    assert cancelled == {**put, "mtime": seconds(venue.now_us)}
    finished = await alice.call("order.get", "BTCUSDT", named)
    assert finished == {**cancelled, "ftime": seconds(venue.now_us)}
    assert (await alice.call("order.history", "BTCUSDT", 0, 0, 0, 10))["records"] == [finished]
    venue.now_us += 24 * 3600 * 1_000_000
    venue.does(c.Tick())
    code, message = await alice.refused("order.get", "BTCUSDT", named)
    assert code == 10
    assert "24 hours" in message
    assert "client_order_id" not in await alice.call("order.get", "BTCUSDT", put["id"])


PUT_REFUSALS: list[tuple[list[Any], int, str]] = [
    (["NOSUCH", BUY, "1", "1"], 113, "unknown market: NOSUCH; market.list names those there are"),
    (["BTCUSDT", BUY, "1"], 1, "3 params came; the method takes 4 to 5: [market, side, amount, price, {options}?]"),
    ([["BTCUSDT"], BUY, "1", "1"], 1, "market is an array; send a market's name as text"),
    (["BTCUSDT", 3, "1", "8000"], 1, "side is 3; send 1 to sell (ask) or 2 to buy (bid)"),
    (["BTCUSDT", True, "1", "8000"], 1, "side is true or false; send 1 to sell (ask) or 2 to buy (bid)"),
    (["BTCUSDT", BUY, "1", "8000.001"], 101, "price 8000.001 has 3 decimals; BTCUSDT takes 2"),
    (["BTCUSDT", BUY, "1", "8000.1e-2"], 101, "price 8000.1e-2 has 3 decimals; BTCUSDT takes 2"),
    (["BTCUSDT", BUY, "0.00001", "8000"], 102, "amount 0.00001 has 5 decimals; BTCUSDT takes 4"),
    (["BTCUSDT", BUY, "1", "0"], 103, "price 0 of BTCUSDT is out of bounds; send a price above 0"),
    (["BTCUSDT", BUY, "1", "-1"], 103, "price -1 of BTCUSDT is out of bounds; send a price above 0"),
    (["BTCUSDT", BUY, "1", "1e25"], 103, "price 1e25 of BTCUSDT is out of bounds; send a lower price"),
    (["BTCUSDT", BUY, "1", "1e15"], 103, "price 1000000000000000.00 of BTCUSDT is out of bounds; it takes 0.01 to"),
    (["BTCUSDT", BUY, "-1", "8000"], 11, "amount too small: -1; BTCUSDT takes at least 0.0010 BTC"),
    (["BTCUSDT", BUY, "0", "8000"], 11, "amount too small: 0; BTCUSDT takes at least 0.0010 BTC"),
    (["BTCUSDT", BUY, "0.0009", "8000"], 11, "amount too small: 0.0009 BTC; BTCUSDT takes at least 0.0010 BTC"),
    (["BTCUSDT", BUY, "1e29", "8000"], 104, "amount 1e29 BTC is beyond what the house can hold; send less"),
    (["BTCUSDT", BUY, "1e10", "8000"], 104, "amount 10000000000.0000 BTC is too large; BTCUSDT takes at most"),
    (["BTCUSDT", BUY, "0.001", "4999"], 122, "the order is worth 4.99900000 USDT; BTCUSDT takes at least 5.00000000"),
    (["BTCUSDT", BUY, "x", "8000"], 123, "amount: 'x' is not a decimal number; send a decimal like \"0.5\""),
    (["BTCUSDT", BUY, "1", ""], 123, "price: '' is not a decimal number; send a decimal like \"0.5\""),
    (["BTCUSDT", BUY, "1", "1" * 41], 123, "price: a number of 41 characters; at most 40 are read"),
    (["BTCUSDT", BUY, "1", "1e31"], 123, "price: '1e31' has the exponent 31; at most ±30 is read"),
    (["BTCUSDT", BUY, "1", "NaN"], 123, "price: 'NaN' is not a decimal number"),
    (["BTCUSDT", BUY, None, "1"], 1, 'amount is null; send a decimal as text, like "0.5"'),
    (["BTCUSDT", BUY, "1", ["1"]], 1, 'price is an array; send a decimal as text, like "0.5"'),
    (["BTCUSDT", BUY, "1", "8000", []], 1, "options is an array; send an object"),
    (["BTCUSDT", BUY, "1", "8000", {"hidden": 1}], 1, "option hidden is not known; the method takes client_order_id, "),
    (["BTCUSDT", BUY, "1", "8000", {"time_in_force": "gtc"}], 1, "time_in_force is 'gtc'; it takes GTC, IOC, FOK, GTD"),
    (["BTCUSDT", BUY, "1", "8000", {"time_in_force": ["GTC"]}], 1, "time_in_force is an array; it takes GTC, IOC, "),
    (["BTCUSDT", BUY, "1", "8000", {"client_order_id": ""}], 1, "client_order_id has 0 characters; it takes 1 to 32"),
    (["BTCUSDT", BUY, "1", "8000", {"client_order_id": "x" * 33}], 1, "client_order_id has 33 characters; it takes"),
    (["BTCUSDT", BUY, "1", "8000", {"client_order_id": "é"}], 1, "client_order_id holds characters that are not"),
    (["BTCUSDT", BUY, "1", "8000", {"client_order_id": "a\n"}], 1, "client_order_id holds characters that are not"),
    (["BTCUSDT", BUY, "1", "8000", {"client_order_id": 5}], 1, "client_order_id is an integer; send text"),
    (
        ["BTCUSDT", BUY, "2000", "8000"],
        10,
        "balance not enough: the order needs 16000000.00000000 USDT and 10000000.00000000 USDT is available; ",
    ),
    (
        ["BTCUSDT", SELL, "100.5", "8000"],
        10,
        "balance not enough: the order needs 100.50000000 BTC and 100.00000000 BTC is available; ",
    ),
    (["BTCUSDT", SELL, "1", "8000", {"time_in_force": "FOK"}], 107, "1.0000 BTC cannot be filled at once on BTCUSDT"),
]


@pytest.mark.parametrize(("params", "code", "sentence"), PUT_REFUSALS)
async def test_a_limit_order_is_refused_in_a_sentence(
    venue: Venue, params: list[Any], code: int, sentence: str
) -> None:
    alice = await venue.logged_in("alice")
    got_code, message = await alice.refused("order.put_limit", *params)
    assert got_code == code
    assert message.removeprefix("invalid argument: ").startswith(sentence)
    assert (await alice.call("depth.query", "BTCUSDT", 5, "0")) == {"asks": [], "bids": []}
    assert alice.in_flight == 0


MARKET_REFUSALS: list[tuple[list[Any], int, str]] = [
    (["BTCUSDT", BUY, "100"], 12, "no enough trader: nobody sells on BTCUSDT now; "),
    (["BTCUSDT", SELL, "1"], 12, "no enough trader: nobody buys on BTCUSDT now; "),
    (["BTCUSDT", BUY, "4.99"], 122, "the order is worth 4.99000000 USDT; BTCUSDT takes at least 5.00000000 USDT"),
    (["BTCUSDT", BUY, "0"], 11, "amount too small: 0; BTCUSDT takes at least 5.00000000 USDT"),
    (["BTCUSDT", BUY, "5.000000001"], 102, "amount 5.000000001 has 9 decimals; a market bid is in USDT, which takes 8"),
    (["BTCUSDT", BUY, "5", "8000"], 1, "options is text; send an object"),
    (["BTCUSDT", BUY, "5", {"time_in_force": "GTC"}], 1, "time_in_force GTC is for orders that can rest"),
]


@pytest.mark.parametrize(("params", "code", "sentence"), MARKET_REFUSALS)
async def test_a_market_order_is_refused_in_a_sentence(
    venue: Venue, params: list[Any], code: int, sentence: str
) -> None:
    alice = await venue.logged_in("alice")
    got_code, message = await alice.refused("order.put_market", *params)
    assert got_code == code
    assert message.removeprefix("invalid argument: ").startswith(sentence)


async def test_money_for_less_than_the_smallest_amount_buys_nothing(venue: Venue) -> None:
    alice, bob = await venue.logged_in("alice"), await venue.logged_in("bob")
    await alice.call("order.put_limit", "BTCUSDT", SELL, "1", "80000")
    code, message = await bob.refused("order.put_market", "BTCUSDT", BUY, "7")
    assert code == 122
    assert message.startswith(
        "7.00000000 USDT does not buy the smallest amount of BTCUSDT at its best ask, which costs 8"
    )


async def test_numbers_may_come_as_text_or_as_json_numbers(venue: Venue) -> None:
    alice = await venue.logged_in("alice")
    alice.says(b'{"method":"order.put_limit","params":["BTCUSDT",2,0.1000,8000.10],"id":901}')
    alice.says(b'{"method":"order.put_limit","params":["BTCUSDT",2,"1e-1","80001e-1"],"id":902}')
    alice.says(b'{"method":"order.put_limit","params":["BTCUSDT",2,1,8000],"id":903}')
    alice.says(b'{"method":"order.put_limit","params":["BTCUSDT",2,1.00000000000000000001,8000],"id":904}')
    replies = [await alice.find(lambda message, n=n: message["id"] == n) for n in (901, 902, 903, 904)]
    assert [(reply["result"]["amount"], reply["result"]["price"]) for reply in replies[:3]] == [
        ("0.1000", "8000.10"),
        ("0.1000", "8000.10"),
        ("1.0000", "8000.00"),
    ]
    assert replies[3]["error"]["code"] == 102  # never rounded by a double


async def test_bad_names_of_orders(venue: Venue) -> None:
    alice = await venue.logged_in("alice")
    for method in ("order.cancel", "order.get"):
        names: list[Any] = [None, "1", 1.5, 0, -1, 2**63, [], {}, {"id": 1}, {"client_order_id": "a", "b": 1}]
        for name in names:
            assert (await alice.refused(method, "BTCUSDT", name))[0] == 1, name
        assert (await alice.refused(method, "BTCUSDT", {"client_order_id": "never"}))[0] == 10
        assert (await alice.refused(method, "BTCUSDT", 12345))[0] == 10


async def test_a_disabled_account_can_cancel_and_read_but_not_put(venue: Venue) -> None:
    alice = await venue.logged_in("alice")
    put = await alice.call("order.put_limit", "BTCUSDT", SELL, "0.3", "8000")
    venue.does(c.UserDisable(venue.house.user_ids["alice"]))
    assert (await alice.refused("order.put_limit", "BTCUSDT", SELL, "0.3", "8000"))[0] == 117
    assert (await alice.call("order.query", [], 0, 10))["BTCUSDT"]["total"] == 1
    again = await venue.logged_in("alice")
    await again.call("order.cancel", "BTCUSDT", put["id"])


async def test_a_disabled_operator_operates_no_more(venue: Venue) -> None:
    venue.user("mallory", "operate", "read")
    mallory = await venue.logged_in("mallory")
    venue.does(c.UserDisable(venue.house.user_ids["mallory"]))
    for method, *params in (
        ("balance.update", "mallory", "USDT", "deposit", 1, "1000000"),
        ("key.create", "mallory", ["operate"]),
        ("user.disable", "alice"),
    ):
        assert (await mallory.refused(method, *params))[0] == 117, method
    assert (await mallory.call("asset.query", "USDT")) == {"USDT": {"available": "0", "freeze": "0"}}


async def test_a_reader_sees_what_it_sent_before(venue: Venue) -> None:
    alice = await venue.logged_in("alice")
    alice.says({"method": "order.put_limit", "params": ["BTCUSDT", SELL, "0.3", "8000"], "id": 100})
    alice.says({"method": "order.query", "params": [["BTCUSDT"], 0, 10], "id": 101})
    alice.says({"method": "asset.query", "params": ["BTC"], "id": 102})
    alice.says({"method": "depth.query", "params": ["BTCUSDT", 5, "0"], "id": 103})
    answers = [await alice.find(lambda message, n=number: message["id"] == 100 + n) for number in range(4)]
    assert answers[1]["result"]["BTCUSDT"]["total"] == 1
    assert answers[2]["result"]["BTC"]["freeze"] == "0.30000000"
    assert answers[3]["result"]["asks"] == [["8000.00", "0.3000"]]
    assert alice.in_flight == 0


async def test_when_intake_stopped_nothing_is_done_and_error_3_says_why(venue: Venue) -> None:
    alice = await venue.logged_in("alice")
    venue.intake_stopped = "the disk is full; free some and start again"
    refused = await alice.refused("order.put_limit", "BTCUSDT", SELL, "0.3", "8000")
    assert refused == (3, "service unavailable: the disk is full; free some and start again")
    assert alice.in_flight == 0


# ── finding orders ────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_open_orders_are_listed_by_market_newest_first_in_pages(venue: Venue) -> None:
    alice = await venue.logged_in("alice")
    for price in range(8000, 8005):
        await alice.call("order.put_limit", "BTCUSDT", BUY, "0.1", str(price))
    await alice.call("order.put_limit", "ETHUSDT", BUY, "0.1", "400")
    everything = await alice.call("order.query", [], 0, 2)
    assert {name: (page["total"], [order["id"] for order in page["records"]]) for name, page in everything.items()} == {
        "BTCUSDT": (5, [5, 4]),
        "ETHUSDT": (1, [6]),
    }
    second = await alice.call("order.query", ["BTCUSDT"], 3, 100)
    assert list(second) == ["BTCUSDT"]
    page = second["BTCUSDT"]
    assert (page["limit"], page["offset"], page["total"]) == (100, 3, 5)
    assert [order["id"] for order in page["records"]] == [2, 1]
    assert await alice.call("order.query", "BTCUSDT", 3, 100) == second


async def test_whoever_saw_his_order_filled_finds_it_in_the_history(venue: Venue) -> None:
    alice, bob = await venue.logged_in("alice"), await venue.logged_in("bob")
    sold = await alice.call("order.put_limit", "BTCUSDT", SELL, "0.3", "8000")
    venue.now_us += 1_000_000
    bought = await bob.call("order.put_limit", "BTCUSDT", BUY, "0.3", "8000")
    history = await bob.call("order.history", "BTCUSDT", 0, 0, 0, 50)
    assert history == {"limit": 50, "offset": 0, "total": 1, "records": [{**bought, "ftime": bought["mtime"]}]}
    (record,) = (await alice.call("order.history", "BTCUSDT", 0, 0, 0, 50))["records"]
    assert (record["id"], record["left"], record["ftime"]) == (sold["id"], "0", bought["mtime"])
    assert await alice.call("order.get", "BTCUSDT", sold["id"]) == record


async def test_history_counts_by_time_of_creation_and_holds_what_was_cancelled_unfilled(venue: Venue) -> None:
    alice = await venue.logged_in("alice")
    start_s = venue.now_us // 1_000_000 + 10
    for second in range(3):
        venue.now_us = (start_s + second) * 1_000_000
        put = await alice.call("order.put_limit", "BTCUSDT", SELL, "0.3", "8000")
        await alice.call("order.cancel", "BTCUSDT", put["id"])

    async def ids(start: int, end: int, offset: int = 0, limit: int = 100) -> tuple[int, list[int]]:
        page = await alice.call("order.history", "BTCUSDT", start, end, offset, limit)
        return page["total"], [order["id"] for order in page["records"]]

    assert await ids(0, 0) == (3, [3, 2, 1])
    assert await ids(start_s, start_s + 2) == (2, [2, 1])
    assert await ids(start_s + 1, 0) == (2, [3, 2])
    assert await ids(0, 0, offset=1, limit=1) == (3, [2])


async def test_paging_is_bounded(venue: Venue) -> None:
    alice = await venue.logged_in("alice")
    for page in ([0, 101], [0, 0], [-1, 10], [0, "10"], [0.5, 10], [None, 10]):
        assert (await alice.refused("order.query", [], *page))[0] == 1, page
        assert (await alice.refused("order.history", "BTCUSDT", 0, 0, *page))[0] == 1, page
        assert (await alice.refused("asset.history", None, None, 0, 0, *page))[0] == 1, page
    everything = await alice.call("asset.history", None, None, 0, 0, 0, 10)
    assert everything["records"]
    assert await alice.call("asset.history", "", "", 0, 0, 0, 10) == everything
    assert (await alice.refused("order.query", [], 0, 101))[1] == "invalid argument: limit is 101; it takes 1 to 100"
    for times in ([5, 4], [-1, 0], ["0", 0], [0, 10**12]):
        assert (await alice.refused("order.history", "BTCUSDT", *times, 0, 10))[0] == 1, times


async def test_history_that_lags_is_error_5(venue: Venue) -> None:
    alice = await venue.logged_in("alice")
    venue.projector_runs = False
    put = await alice.call("order.put_limit", "BTCUSDT", SELL, "0.3", "8000")
    await alice.call("order.cancel", "BTCUSDT", put["id"])
    code, message = await alice.refused("order.history", "BTCUSDT", 0, 0, 0, 10)
    assert code == 5
    assert message.startswith("service timeout: history is 2 commands behind after ")
    venue.project()
    assert (await alice.call("order.history", "BTCUSDT", 0, 0, 0, 10))["total"] == 1


async def test_queries_over_history_are_bounded_per_connection(venue: Venue) -> None:
    alice = await venue.logged_in("alice")
    bound = venue.desk.floor.limits.history_queries_in_flight_max
    for number in range(bound + 1):
        alice.says({"method": "order.history", "params": ["BTCUSDT", 0, 0, 0, 10], "id": 1000 + number})
    refused = await alice.find(lambda message: message["error"] is not None)
    assert (refused["id"], refused["error"]["code"]) == (1000 + bound, 112)
    for number in range(bound):
        await alice.find(lambda message, n=number: message["id"] == 1000 + n)
    await alice.call("order.history", "BTCUSDT", 0, 0, 0, 10)


async def test_queries_over_history_end_with_their_connection(venue: Venue) -> None:
    venue.projector_runs = False
    venue.does()
    stranger = venue.connect()
    venue.durable_seq += 1
    for number in range(5):
        stranger.says({"method": "deals.query", "params": ["BTCUSDT", 100, 0], "id": number})
    tasks = list(stranger.session.history_tasks)
    await asyncio.sleep(0)
    assert len(tasks) == 5
    stranger.session.closed()
    await asyncio.wait(tasks, timeout=0.5)
    assert all(task.cancelled() for task in tasks)
    assert not stranger.session.history_tasks
    assert stranger.in_flight == 0
