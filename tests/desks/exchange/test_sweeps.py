"""Taking everything out: at once, by a clock that is not wound again, and with the connection."""

from __future__ import annotations

from typing import Any

import pytest

from fondaco.core import commands as c
from fondaco.desks.exchange import session_end
from tests.desks.exchange.venue import START_US, Client, Venue

SELL, BUY = 1, 2


async def two_orders(client: Client) -> None:
    await client.call("order.put_limit", "BTCUSDT", BUY, "1", "8000")
    await client.call("order.put_limit", "ETHUSDT", SELL, "1", "400")


def open_orders(venue: Venue, name: str) -> int:
    return len(venue.house.open_orders(venue.house.user_ids[name]))


@pytest.mark.parametrize(("market", "count"), [(None, 2), ("BTCUSDT", 1), ("ETHUSDT", 1)])
async def test_cancel_all(venue: Venue, market: str | None, count: int) -> None:
    alice, bob = await venue.logged_in("alice"), await venue.logged_in("bob")
    await two_orders(alice)
    await two_orders(bob)
    await alice.call("order.subscribe")
    assert await alice.call("order.cancel_all", market) == {"count": count}
    events = [await alice.push("order.update") for _ in range(count)]
    assert [event for event, _ in events] == [3] * count
    assert all("reason" not in record for _, record in events)
    assert (open_orders(venue, "alice"), open_orders(venue, "bob")) == (2 - count, 2)
    assert await alice.call("order.cancel_all", market) == {"count": 0}


async def test_a_dead_man_cancels_unless_he_is_heard_of_again(venue: Venue) -> None:
    alice = await venue.logged_in("alice")
    await two_orders(alice)
    venue.now_us = START_US + 10_000_000
    assert await alice.call("order.dead_man", 30) == {"deadline": START_US / 1e6 + 40}
    venue.now_us += 29_000_000
    assert await alice.call("order.dead_man", 30) == {"deadline": START_US / 1e6 + 69}
    venue.now_us += 29_000_000
    venue.does(c.Tick())
    assert open_orders(venue, "alice") == 2
    await alice.call("order.subscribe")
    venue.now_us += 1_000_000
    venue.does(c.Tick())
    assert open_orders(venue, "alice") == 0
    pushed = [await alice.push("order.update") for _ in range(2)]
    assert [(event, record["reason"]) for event, record in pushed] == [(3, "dead_man")] * 2
    assert (await alice.call("order.history", "BTCUSDT", 0, 0, 0, 10))["records"][0]["reason"] == "dead_man"


async def test_a_dead_man_can_be_turned_off(venue: Venue) -> None:
    alice = await venue.logged_in("alice")
    await two_orders(alice)
    await alice.call("order.dead_man", 1)
    assert await alice.call("order.dead_man", 0) == {"deadline": None}
    venue.now_us += 60_000_000
    venue.does(c.Tick())
    assert open_orders(venue, "alice") == 2


async def test_cancel_on_disconnect(venue: Venue) -> None:
    alice, other = await venue.logged_in("alice"), await venue.logged_in("alice")
    await two_orders(other)
    await two_orders(alice)
    assert await alice.call("order.cancel_on_disconnect", True) == {"status": "success"}
    await two_orders(alice)
    await other.call("order.subscribe")
    alice.session.closed()
    pushed = [await other.push("order.update") for _ in range(2)]
    assert [(event, record["reason"]) for event, record in pushed] == [(3, "disconnected")] * 2
    assert open_orders(venue, "alice") == 4


async def test_cancel_on_disconnect_can_be_turned_off(venue: Venue) -> None:
    alice, other = await venue.logged_in("alice"), await venue.logged_in("alice")
    await alice.call("order.cancel_on_disconnect", True)
    await two_orders(alice)
    await alice.call("order.cancel_on_disconnect", False)
    alice.session.closed()
    await other.call("order.query", [], 0, 10)
    await other.call("order.cancel_on_disconnect", False)  # a command after it: the end was carried out by then
    assert open_orders(venue, "alice") == 2


async def test_who_never_asked_for_it_ends_in_silence(venue: Venue) -> None:
    alice, other = await venue.logged_in("alice"), await venue.logged_in("alice")
    await two_orders(alice)
    seq = venue.house.next_seq
    alice.session.closed()
    await other.call("order.dead_man", 0)
    assert venue.house.next_seq == seq + 1


async def test_an_end_that_is_not_taken_is_reported_again(venue: Venue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session_end, "RETRY_S", 0.001)
    alice, other = await venue.logged_in("alice"), await venue.logged_in("alice")
    await alice.call("order.cancel_on_disconnect", True)
    await two_orders(alice)
    await other.call("order.subscribe")
    venue.intake_stopped = "the disk is full"
    alice.session.closed()
    assert (await other.refused("order.cancel_all", None))[0] == 3
    assert open_orders(venue, "alice") == 2
    venue.intake_stopped = None
    for _ in range(2):
        assert (await other.push("order.update"))[1]["reason"] == "disconnected"


async def test_a_house_that_opens_anew_ends_the_sessions_of_before(venue: Venue) -> None:
    alice = await venue.logged_in("alice")
    await alice.call("order.cancel_on_disconnect", True)
    await two_orders(alice)
    venue.does(c.HouseOpen())
    assert open_orders(venue, "alice") == 0


async def test_on_the_socket_alone(venue: Venue) -> None:
    reply = await venue.post("order.cancel_on_disconnect", [True], venue.identity("alice"))
    assert reply["error"]["code"] == 4
    assert (await venue.post("order.cancel_all", [None], venue.identity("alice")))["result"] == {"count": 0}


async def test_a_disabled_user_takes_his_orders_out_by_one_or_all(venue: Venue) -> None:
    alice = await venue.logged_in("alice")
    await two_orders(alice)
    venue.does(c.UserDisable(venue.house.user_ids["alice"]))
    assert (await alice.refused("order.dead_man", 5))[0] == 117
    assert (await alice.call("order.batch_cancel", "BTCUSDT", [1]))[0]["error"] is None
    assert open_orders(venue, "alice") == 1
    assert await alice.call("order.cancel_all", None) == {"count": 1}
    assert open_orders(venue, "alice") == 0


REFUSED: list[tuple[str, list[Any], int, str]] = [
    ("order.cancel_all", [], 1, "0 params came; the method takes 1: [market | null]"),
    ("order.cancel_all", [5], 1, "market is an integer; send a market's name as text"),
    ("order.cancel_all", ["NOSUCH"], 113, "unknown market: NOSUCH"),
    ("order.dead_man", [], 1, "0 params came; the method takes 1: [seconds]"),
    ("order.dead_man", ["5"], 1, "seconds is text; send an integer"),
    ("order.dead_man", [-1], 1, "seconds is -1; it takes 0 to 86400"),
    ("order.dead_man", [86_401], 1, "seconds is 86401; it takes 0 to 86400"),
    ("order.cancel_on_disconnect", [], 1, "0 params came; the method takes 1: [true | false]"),
    ("order.cancel_on_disconnect", [1], 1, "cancel_on_disconnect is an integer; send true or false"),
]


@pytest.mark.parametrize(("method", "params", "code", "sentence"), REFUSED)
async def test_refusals_in_a_sentence(venue: Venue, method: str, params: list[Any], code: int, sentence: str) -> None:
    alice = await venue.logged_in("alice")
    await two_orders(alice)
    seq = venue.house.next_seq
    got, message = await alice.refused(method, *params)
    assert (got, message.removeprefix("invalid argument: ")[: len(sentence)]) == (code, sentence)
    assert (venue.house.next_seq, open_orders(venue, "alice")) == (seq, 2)


async def test_how_the_safeguards_stand(venue: Venue) -> None:
    """Both are the caller's own: the clock of his user, the switch of his connection."""
    alice, other, bob = [await venue.logged_in(name) for name in ("alice", "alice", "bob")]
    off = {"deadline": None, "cancel_on_disconnect": False}
    assert await alice.call("order.safeguards") == off
    wound = await alice.call("order.dead_man", 30)
    alice.says({"method": "order.cancel_on_disconnect", "params": [True]})
    assert await alice.call("order.safeguards") == {**wound, "cancel_on_disconnect": True}
    assert await other.call("order.safeguards") == {**wound, "cancel_on_disconnect": False}
    assert await bob.call("order.safeguards") == off
    over_http = await venue.post("order.safeguards", [], venue.identity("alice", "read"))
    assert over_http["result"] == {**wound, "cancel_on_disconnect": None}
    await alice.call("order.cancel_on_disconnect", False)
    await other.call("order.dead_man", 0)
    assert await alice.call("order.safeguards") == off


async def test_a_clock_that_ran_out_stands_still(venue: Venue) -> None:
    alice = await venue.logged_in("alice")
    await alice.call("order.dead_man", 1)
    venue.now_us += 2_000_000
    venue.does(c.Tick())
    assert (await alice.call("order.safeguards"))["deadline"] is None
