"""The feed of single orders: a client of its own rebuilds every queue, over gaps, slow times and new connections."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from fondaco.desks.exchange import book_mirror, order_pushes, order_stream
from fondaco.runtime.limits import Limits
from tests.desks.exchange.conftest import furnish
from tests.desks.exchange.order_client import OrderBook
from tests.desks.exchange.venue import Client, Venue
from tests.waiting import until

SELL, BUY = 1, 2


class Trader:
    """Two people who put, take and cancel at random."""

    def __init__(self, venue: Venue, alice: Client, bob: Client, seed: int) -> None:
        self.venue = venue
        self.draw = random.Random(seed)
        self.resting: list[tuple[Client, int]] = []
        self.clients = (alice, bob)

    async def act(self, times: int) -> None:
        for _ in range(times):
            if self.resting and self.draw.random() < 0.3:
                client, order_id = self.resting.pop(self.draw.randrange(len(self.resting)))
                await client.asks("order.cancel", "BTCUSDT", order_id)
                continue
            client = self.draw.choice(self.clients)
            side, price = self.draw.choice((SELL, BUY)), self.draw.randint(7995, 8005)
            terms = {} if self.draw.random() < 0.9 else {"time_in_force": "IOC"}
            put = await client.call(
                "order.put_limit", "BTCUSDT", side, str(self.draw.randint(1, 40) / 10), str(price), terms
            )
            if put["left"] != "0" and not terms:
                self.resting.append((client, put["id"]))


async def trader(venue: Venue, seed: int) -> Trader:
    return Trader(venue, await venue.logged_in("alice"), await venue.logged_in("bob"), seed)


def queues_of(venue: Venue, market: str = "BTCUSDT") -> dict[tuple[int, str], list[tuple[int, int]]]:
    """The book as the house has it."""
    terms = venue.desk.floor.catalogue.market(market)
    found: dict[tuple[int, str], list[tuple[int, int]]] = {}
    for side in (SELL, BUY):
        for row in venue.house.resting(terms.market_id, side, 0, 0, 1_000_000):
            found.setdefault((side, terms.price(row[4])), []).append((row[2], row[6]))
    return found


async def reads_all(venue: Venue, client: Client, book: OrderBook) -> None:
    """The client reads until its book is the house's: every queue, in its order."""

    def same() -> bool:
        while client.inbox:
            book.take(client.inbox.pop(0))
        return book.queues() == queues_of(venue)

    await until(same, "the client's book is the house's")


async def follow(venue: Venue, *params: object, subprotocol: str = "json") -> tuple[Client, OrderBook, Any]:
    client = venue.connect(subprotocol=subprotocol)
    return client, OrderBook(), await client.call("orders.subscribe", "BTCUSDT", *params)


async def test_what_is_pushed(venue: Venue) -> None:
    alice, bob = await venue.logged_in("alice"), await venue.logged_in("bob")
    first = await alice.call("order.put_limit", "BTCUSDT", SELL, "0.5", "8000")
    client, _, answer = await follow(venue)
    assert answer == {"status": "success"}
    start = venue.durable_seq
    assert await client.find(lambda message: True) == {
        "method": "orders.image",
        "params": ["BTCUSDT", start, 1, 1, [[first["id"], SELL, "8000.00", "0.5000"]]],
        "id": None,
    }
    second = await alice.call("order.put_limit", "BTCUSDT", SELL, "1", "8001")
    assert await client.push("orders.update") == [
        "BTCUSDT",
        start,
        start + 1,
        [["add", second["id"], SELL, "8001.00", "1.0000"]],
    ]
    await bob.call("order.put_limit", "BTCUSDT", BUY, "0.2", "8000")
    assert (await client.push("orders.update"))[1:] == [
        start + 1,
        start + 2,
        [["fill", first["id"], 1, "0.2000"]],
    ]
    await bob.call("order.put_limit", "ETHUSDT", BUY, "0.2", "300")  # another market moves the journal alone
    third = await bob.call("order.put_limit", "BTCUSDT", BUY, "0.5", "8000")
    assert (await client.push("orders.update"))[1:] == [
        start + 2,
        start + 4,
        [["fill", first["id"], 2, "0.3000"], ["add", third["id"], BUY, "8000.00", "0.2000"]],
    ]
    await alice.call("order.cancel", "BTCUSDT", second["id"])
    assert (await client.push("orders.update"))[3] == [["gone", second["id"]]]
    await alice.call("order.put_limit", "BTCUSDT", BUY, "1", "7000", {"time_in_force": "IOC"})
    assert await client.quiet() == [], "what never rested is nobody's business, nor is whose an order is"


@pytest.mark.parametrize("subprotocol", ["json", "zlib", "gzip"])
async def test_a_client_rebuilds_every_queue(venue: Venue, subprotocol: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(order_pushes, "ORDERS_IN_PAGE", 5)
    monkeypatch.setattr(order_stream, "CHANGES_IN_PUSH_MAX", 3)
    people = await trader(venue, seed=11)
    await people.act(60)
    client, book, _ = await follow(venue, subprotocol=subprotocol)
    for _ in range(10):
        await people.act(10)
        await reads_all(venue, client, book)
    assert (book.images, book.gaps) == (1, 0)
    depth = await client.call("depth.query", "BTCUSDT", 500, "0")
    assert book.depth() == depth
    deals = [deal_id for deal_id, _ in book.deals]
    assert deals == sorted(set(deals)), "each deal is told once, in its order"


async def test_all_changes_of_one_command_take_effect_together(venue: Venue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(order_stream, "CHANGES_IN_PUSH_MAX", 4)
    alice, bob = await venue.logged_in("alice"), await venue.logged_in("bob")
    for _ in range(10):
        await alice.call("order.put_limit", "BTCUSDT", SELL, "0.1", "8000")
    client, book, _ = await follow(venue)
    await reads_all(venue, client, book)
    start = venue.durable_seq
    await bob.call("order.put_limit", "BTCUSDT", BUY, "1", "8000")
    pushes = [await client.push("orders.update") for _ in range(3)]
    assert [(previous, sequence, len(changes)) for _, previous, sequence, changes in pushes] == [
        (start, start, 4),
        (start, start, 4),
        (start, start + 1, 2),
    ]
    venue.turns_by_itself = False
    for number, lots in enumerate(("0.1", "0.2", "0.3", "0.4", "0.5")):
        request = {"method": "order.put_limit", "params": ["BTCUSDT", SELL, lots, "8000"], "id": 900 + number}
        alice.says(request)
    bob.says({"method": "order.put_limit", "params": ["BTCUSDT", BUY, "0.6", "8000"], "id": 5})
    venue.turn()
    pushes = [await client.push("orders.update") for _ in range(2)]
    assert [(sequence - start, len(changes)) for _, _, sequence, changes in pushes] == [(5, 4), (7, 4)]


async def test_a_client_that_comes_back_goes_on_from_its_sequence(venue: Venue) -> None:
    people = await trader(venue, seed=5)
    await people.act(30)
    client, book, _ = await follow(venue)
    await reads_all(venue, client, book)
    for away in (0, 1, 40):
        client.session.closed()
        book.reconnected()
        await people.act(away)
        client = venue.connect()
        assert await client.call("orders.subscribe", "BTCUSDT", {"from": book.sequence}) == {
            "status": "success",
            "replay": True,
        }
        await people.act(5)
        await reads_all(venue, client, book)
    assert (book.images, book.gaps) == (1, 0)


async def test_a_sequence_that_is_too_old_is_said_to_be_and_gets_an_image(tmp_path: Path) -> None:
    small = Venue(tmp_path, Limits(order_push_interval_ms=1, order_changes_kept_max=1_024))
    furnish(small)
    people = await trader(small, seed=6)
    client, book, _ = await follow(small)
    await people.act(3)
    await reads_all(small, client, book)
    client.session.closed()
    bob = await small.logged_in("bob")
    for _ in range(600):
        put = await bob.call("order.put_limit", "BTCUSDT", BUY, "0.1", "100")
        await bob.call("order.cancel", "BTCUSDT", put["id"])
    await bob.call("order.put_limit", "BTCUSDT", BUY, "0.1", "100")
    back = small.connect()
    answer = await back.call("orders.subscribe", "BTCUSDT", {"from": book.sequence})
    assert answer == {"status": "success", "replay": False}
    await reads_all(small, back, book)
    assert (book.images, book.gaps) == (2, 0)
    never = await small.connect().call("orders.subscribe", "BTCUSDT", {"from": 0})
    assert never == {"status": "success", "replay": False}
    await small.close()


async def test_who_is_ahead_of_the_house_begins_with_an_image(venue: Venue) -> None:
    people = await trader(venue, seed=7)
    await people.act(20)
    client, book, answer = await follow(venue, {"from": venue.house.next_seq + 1_000})
    assert answer == {"status": "success", "replay": False}
    await people.act(5)
    await reads_all(venue, client, book)
    assert (book.images, book.gaps) == (1, 0)
    assert book.sequence < venue.house.next_seq


async def test_a_gap_is_mended_on_the_same_subscription(venue: Venue) -> None:
    people = await trader(venue, seed=8)
    client, book, _ = await follow(venue)
    other, undisturbed, _ = await follow(venue)
    await people.act(10)
    await reads_all(venue, client, book)
    await people.act(10)
    await venue.pushed()
    client.inbox.clear()  # lost
    await people.act(3)
    await venue.pushed()
    while client.inbox:
        book.take(client.inbox.pop(0))
    assert book.gaps > 0
    await client.call("orders.resync", "BTCUSDT")
    await reads_all(venue, client, book)
    await reads_all(venue, other, undisturbed)
    assert (book.images, undisturbed.images, undisturbed.gaps) == (2, 1, 0)
    await client.call("orders.resync")
    await until(lambda: client.inbox, "an image of all that is followed")
    await reads_all(venue, client, book)
    assert book.images == 3


async def test_a_slow_reader_goes_on_where_it_was_and_delays_nobody(venue: Venue) -> None:
    people = await trader(venue, seed=9)
    slow, slow_book, _ = await follow(venue)
    quick, quick_book, _ = await follow(venue)
    await people.act(20)
    await reads_all(venue, slow, slow_book)
    slow.congested = True
    for _ in range(5):
        await people.act(10)
        await reads_all(venue, quick, quick_book)
    assert slow.inbox == []
    slow.congested = False
    await reads_all(venue, slow, slow_book)
    assert (slow_book.images, slow_book.gaps, quick_book.images, quick_book.gaps) == (1, 0, 1, 0)


async def test_a_reader_overtaken_gets_an_image_and_in_the_end_the_reason(tmp_path: Path) -> None:
    """One page at a time, and more changes in between than are kept."""
    small = Venue(tmp_path, Limits(order_push_interval_ms=1, order_changes_kept_max=1_024))
    furnish(small)
    bob = await small.logged_in("bob")
    for number in range(200):
        await bob.call("order.put_limit", "BTCUSDT", BUY, "0.1", str(100 + number))
    slow, book, _ = await follow(small)
    await reads_all(small, slow, book)

    async def too_much() -> None:
        small.turns_by_itself = False
        for number in range(1_100):
            bob.says({"method": "order.put_limit", "params": ["BTCUSDT", BUY, "0.1", "99"], "id": number})
            bob.says({"method": "order.put_limit", "params": ["BTCUSDT", SELL, "0.1", "300"], "id": number})
        small.turn()
        small.turns_by_itself = True
        await small.pushed()
        bob.inbox.clear()

    slow.congested = True
    await too_much()
    slow.congested = False
    await reads_all(small, slow, book)
    assert (book.images, book.gaps) == (2, 0)

    slow.room_messages = 2  # from now on it takes two messages at a time
    for _ in range(8):
        if slow.closed_because is None:
            await too_much()
            slow.inbox.clear()
            await until(lambda: slow.inbox or slow.closed_because, "it is told something")
    assert slow.closed_because is not None
    assert slow.closed_because[0] == 1008
    assert slow.closed_because[1].startswith("too slow: the orders of BTCUSDT moved on")
    await small.close()


async def test_a_book_that_changes_while_it_is_first_read(venue: Venue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(book_mirror, "PAGE_ORDERS", 1)
    people = await trader(venue, seed=10)
    await people.act(150)
    client, book, _ = await follow(venue)
    await people.act(20)
    await reads_all(venue, client, book)


async def test_markets_are_followed_and_left_one_by_one(venue: Venue) -> None:
    client = venue.connect()
    assert (await client.refused("orders.resync"))[0] == 1
    await client.call("orders.subscribe", "BTCUSDT")
    await client.call("orders.subscribe", "ETHUSDT")
    images = {(await client.push("orders.image"))[0] for _ in range(2)}
    assert images == {"BTCUSDT", "ETHUSDT"}
    await client.call("orders.subscribe", "BTCUSDT")  # again: in place of the first
    assert (await client.push("orders.image"))[0] == "BTCUSDT"
    await client.call("orders.unsubscribe", "BTCUSDT")
    alice = await venue.logged_in("alice")
    await alice.call("order.put_limit", "BTCUSDT", SELL, "1", "8000")
    await alice.call("order.put_limit", "ETHUSDT", SELL, "1", "300")
    assert [message["params"][0] for message in await client.quiet()] == ["ETHUSDT"]
    assert (await client.refused("orders.resync", "BTCUSDT"))[0] == 1
    await client.call("orders.unsubscribe")
    assert (await client.refused("orders.resync", "ETHUSDT"))[0] == 1


REFUSED: list[tuple[list[Any], int]] = [
    ([], 1),
    ([["BTCUSDT"]], 1),
    (["NOSUCH"], 113),
    (["BTCUSDT", None], 1),
    (["BTCUSDT", 5], 1),
    (["BTCUSDT", {"form": 5}], 1),
    (["BTCUSDT", {"from": -1}], 1),
    (["BTCUSDT", {"from": "5"}], 1),
    (["BTCUSDT", {}, 1], 1),
]


@pytest.mark.parametrize(("params", "code"), REFUSED)
async def test_refusals(venue: Venue, params: list[Any], code: int) -> None:
    assert (await venue.connect().refused("orders.subscribe", *params))[0] == code
    assert not venue.desk.floor.order_feed.is_followed


async def test_books_followed_are_bounded_and_those_nobody_reads_make_room(tmp_path: Path) -> None:
    small = Venue(tmp_path, Limits(order_books_followed_max=1, order_push_interval_ms=1))
    furnish(small)
    first, second = small.connect(), small.connect()
    await first.call("orders.subscribe", "BTCUSDT")
    await first.push("orders.image")
    code, sentence = await second.refused("orders.subscribe", "ETHUSDT")
    assert (code, sentence) == (
        119,
        "1 markets are followed order by order already; follow its depth, or try later",
    )
    await second.call("orders.subscribe", "BTCUSDT")
    for client in (first, second):
        await client.call("orders.unsubscribe")
    await small.pushed()  # by now it is known that nobody reads it
    await second.call("orders.subscribe", "ETHUSDT")
    assert (await second.push("orders.image"))[0] == "ETHUSDT"
    await small.close()


async def test_a_market_is_let_go_a_while_after_its_last_reader(tmp_path: Path) -> None:
    small = Venue(tmp_path, Limits(order_book_kept_ms=100, order_push_interval_ms=1))
    furnish(small)
    client = small.connect()
    await client.call("orders.subscribe", "BTCUSDT")
    await client.push("orders.image")
    client.session.closed()
    assert small.desk.floor.order_feed.is_followed
    await until(lambda: not small.desk.floor.order_feed.is_followed, "it is let go")
    await small.close()
