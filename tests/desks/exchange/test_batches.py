"""Many orders in one request: each row has its own answer in its own place."""

from __future__ import annotations

from typing import Any

import pytest

from tests.desks.exchange.venue import Venue

SELL, BUY = 1, 2


async def test_each_row_of_a_batch_is_answered_by_itself(venue: Venue) -> None:
    alice = await venue.logged_in("alice")
    rows: list[Any] = [
        ["BTCUSDT", BUY, "1", "8000"],
        "no row",
        ["BTCUSDT", BUY, "1", "8000.001"],
        ["NOSUCH", BUY, "1", "8000"],
        ["ETHUSDT", SELL, "2", "400", {"client_order_id": "mine", "display": "0.5"}],
        ["BTCUSDT", SELL, "1", "8000", {"post_only": True}],
        ["BTCUSDT", BUY, "5000", "8000"],
        ["BTCUSDT", SELL, "0.25", "8000"],
        [],
        ["BTCUSDT", SELL, "0.25", "8000", {}, "more"],
    ]
    answers = await alice.call("order.batch_put", *rows)
    assert [list(answer) for answer in answers] == [["error", "result"]] * len(rows)
    assert [answer["error"] and answer["error"]["code"] for answer in answers] == [
        None, 1, 101, 113, None, 105, 10, None, 1, 1,
    ]  # fmt: skip
    assert [answer["result"]["left"] for answer in answers if answer["result"]] == ["1.0000", "2.0000", "0"]
    assert answers[1]["error"]["message"] == "invalid argument: an order is text; send an array"
    assert answers[4]["result"] == await alice.call("order.get", "ETHUSDT", {"client_order_id": "mine"})
    assert (answers[4]["result"]["display"], answers[4]["result"]["client_order_id"]) == ("0.5000", "mine")
    assert alice.in_flight == 0


async def test_each_row_is_a_request_under_way(venue: Venue) -> None:
    alice = await venue.logged_in("alice")
    venue.turns_by_itself = False
    alice.says({"method": "order.batch_put", "params": [["BTCUSDT", BUY, "1", "8000"]] * 7 + [[]], "id": 1})
    alice.says({"method": "order.query", "params": [[], 0, 10], "id": 2})
    assert alice.in_flight == 8  # the query waits for them
    venue.turn()
    page = await alice.find(lambda message: message["id"] == 2)
    assert page["result"]["BTCUSDT"]["total"] == 7
    assert alice.in_flight == 0


async def test_cancels_in_a_batch(venue: Venue) -> None:
    alice, bob = await venue.logged_in("alice"), await venue.logged_in("bob")
    first = await alice.call("order.put_limit", "BTCUSDT", BUY, "1", "8000")
    await alice.call("order.put_limit", "BTCUSDT", BUY, "1", "8000", {"client_order_id": "mine"})
    others = await bob.call("order.put_limit", "BTCUSDT", BUY, "1", "8000")
    ids = [first["id"], {"client_order_id": "mine"}, others["id"], 77, "x", first["id"]]
    answers = await alice.call("order.batch_cancel", "BTCUSDT", ids)
    assert [answer["error"] and answer["error"]["code"] for answer in answers] == [None, None, 11, 10, 1, 10]
    assert answers[0]["result"]["id"] == first["id"]
    assert answers[2]["error"]["message"].startswith(f"user not match: order {others['id']} is another user's; ")
    assert len(venue.house.open_orders(venue.house.user_ids["bob"])) == 1


async def test_when_nothing_is_taken_in_every_row_says_so(venue: Venue) -> None:
    alice = await venue.logged_in("alice")
    venue.intake_stopped = "the disk is full"
    answers = await alice.call("order.batch_put", ["BTCUSDT", BUY, "1", "8000"], ["BTCUSDT", BUY, "1", "8000"])
    assert [answer["error"]["code"] for answer in answers] == [3, 3]
    assert alice.in_flight == 0


async def test_a_batch_without_an_id_is_obeyed(venue: Venue) -> None:
    alice = await venue.logged_in("alice")
    alice.says({"method": "order.batch_put", "params": [["BTCUSDT", BUY, "1", "8000"], []]})
    await alice.answered()
    assert len(venue.house.open_orders(venue.house.user_ids["alice"])) == 1
    assert alice.inbox == []


ROW = ["BTCUSDT", BUY, "1", "8000"]
REFUSED: list[tuple[str, list[Any], int, str]] = [
    ("order.batch_put", [], 1, "orders is empty; send 1 to 100"),
    ("order.batch_put", [ROW] * 101, 1, "orders has 101 entries; at most 100 are taken"),
    ("order.batch_cancel", ["BTCUSDT"], 1, "1 params came; the method takes 2: [market, [id | {client_order_id}, …]]"),
    ("order.batch_cancel", ["BTCUSDT", []], 1, "ids is empty; send 1 to 100"),
    ("order.batch_cancel", ["BTCUSDT", 5], 1, "ids is an integer; send an array"),
    ("order.batch_cancel", ["BTCUSDT", [1] * 101], 1, "ids has 101 entries; at most 100 are taken"),
    ("order.batch_cancel", ["NOSUCH", [1]], 113, "unknown market: NOSUCH"),
]


@pytest.mark.parametrize(("method", "params", "code", "sentence"), REFUSED)
async def test_refusals_of_the_whole(venue: Venue, method: str, params: list[Any], code: int, sentence: str) -> None:
    alice = await venue.logged_in("alice")
    got, message = await alice.refused(method, *params)
    assert (got, message.removeprefix("invalid argument: ")[: len(sentence)]) == (code, sentence)
    assert venue.house.open_orders(venue.house.user_ids["alice"]) == []


async def test_a_batch_over_http(venue: Venue) -> None:
    reply = await venue.post("order.batch_put", [ROW, []], venue.identity("alice"), id=7)
    assert (reply["id"], reply["error"], [row["error"] is None for row in reply["result"]]) == (7, None, [True, False])
