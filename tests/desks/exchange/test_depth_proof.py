"""Depth that can be proved: a client of its own checks sequence and checksum of every push, and recovers from gaps."""

from __future__ import annotations

import binascii
import random
import re
from pathlib import Path
from typing import Any

import pytest

from fondaco.desks.exchange import depth_stream
from tests.desks.exchange.venue import Client, Venue

SELL, BUY = 1, 2
BOTH = {"sequence": True, "checksum": True}


class ProvedBook:
    """What a careful client keeps, written from the reference alone."""

    def __init__(self) -> None:
        self.asks: dict[str, str] = {}
        self.bids: dict[str, str] = {}
        self.sequence = 0
        self.gaps = 0
        self.images = 0

    def take(self, params: Any) -> None:
        is_whole, depth, _, proof = params
        if is_whole:
            self.asks, self.bids = {}, {}
            self.images += 1
        elif proof["sequence"] != self.sequence + 1:
            self.gaps += 1
            return
        self.sequence = proof["sequence"]
        for mine, told in ((self.asks, depth["asks"]), (self.bids, depth["bids"])):
            for price, amount in told:
                if amount == "0":
                    del mine[price]
                else:
                    mine[price] = amount
        assert proof["checksum"] == binascii.crc32(self.text().encode())

    def text(self) -> str:
        asks = sorted(self.asks.items(), key=lambda level: float(level[0]))
        bids = sorted(self.bids.items(), key=lambda level: -float(level[0]))
        return ";".join(",".join(f"{price}:{amount}" for price, amount in side) for side in (asks, bids))

    async def settled(self, client: Client, market: str = "BTCUSDT", limit: int = 5, interval: str = "0") -> None:
        """Reads whatever was pushed, and then holds what a query answers."""
        for message in await client.quiet():
            self.take(message["params"])
        client.inbox.clear()
        depth = await client.call("depth.query", market, limit, interval)
        assert (list(map(tuple, depth["asks"])), list(map(tuple, depth["bids"]))) == (
            sorted(self.asks.items(), key=lambda level: float(level[0])),
            sorted(self.bids.items(), key=lambda level: -float(level[0])),
        )


async def put(venue: Venue, alice: Client, draw: random.Random) -> None:
    order = await alice.call(
        "order.put_limit", "BTCUSDT", draw.choice((SELL, BUY)), str(draw.randint(1, 4)), str(draw.randint(7990, 8010))
    )
    if draw.random() < 0.4 and order["left"] != "0":
        await alice.call("order.cancel", "BTCUSDT", order["id"])


FORMS: list[tuple[dict[str, bool], set[str]]] = [
    (BOTH, {"sequence", "checksum"}),
    ({"sequence": True}, {"sequence"}),
    ({"checksum": True, "sequence": False}, {"checksum"}),
]


@pytest.mark.parametrize(("options", "members"), FORMS)
async def test_what_was_asked_for_is_a_fourth_param(venue: Venue, options: dict[str, bool], members: set[str]) -> None:
    client = venue.connect()
    await client.call("depth.subscribe", "BTCUSDT", 5, "0", options)
    assert set((await client.push("depth.update"))[3]) == members


async def test_without_options_and_with_none_of_them_true_nothing_is_added(venue: Venue) -> None:
    plain, refusing, proved = venue.connect(), venue.connect(), venue.connect()
    await plain.call("depth.subscribe", "BTCUSDT", 5, "0")
    await refusing.call("depths.subscribe", ["BTCUSDT", 5, "0", {"sequence": False}])
    await proved.call("depths.subscribe", ["BTCUSDT", 5, "0", BOTH])
    for client in (plain, refusing):
        assert await client.push("depth.update") == [True, {"asks": [], "bids": []}, "BTCUSDT"]
    assert await proved.push("depth.update") == [
        True,
        {"asks": [], "bids": []},
        "BTCUSDT",
        {"sequence": 1, "checksum": binascii.crc32(b";")},
    ]
    alice = await venue.logged_in("alice")
    await alice.call("order.put_limit", "BTCUSDT", SELL, "1", "8000")
    difference = [False, {"asks": [["8000.00", "1.0000"]], "bids": []}, "BTCUSDT"]
    assert [await client.push("depth.update") for client in (plain, refusing)] == [difference] * 2
    proof = {"sequence": 2, "checksum": binascii.crc32(b"8000.00:1.0000;")}
    assert await proved.push("depth.update") == [*difference, proof]


@pytest.mark.parametrize(
    "options", [None, [], {"sequence": 1}, {"checksum": "true"}, {"crc": True}], ids=["null", "[]", "1", "text", "name"]
)
async def test_options_that_are_none_are_refused(venue: Venue, options: Any) -> None:
    client = venue.connect()
    assert (await client.refused("depth.subscribe", "BTCUSDT", 5, "0", options))[0] == 1
    assert (await client.refused("depths.subscribe", ["BTCUSDT", 5, "0", options]))[0] == 1
    assert not venue.desk.floor.market_feed.is_followed


@pytest.mark.parametrize("seed", range(3))
async def test_every_push_proves_the_book(venue: Venue, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(depth_stream, "FULL_DEPTH_INTERVAL_S", 0.05)
    draw = random.Random(seed)
    client, alice = venue.connect(), await venue.logged_in("alice")
    book = ProvedBook()
    await client.call("depth.subscribe", "BTCUSDT", 5, "0.1", BOTH)
    for _ in range(15):
        for _ in range(draw.randint(1, 6)):
            await put(venue, alice, draw)
        await book.settled(client, interval="0.1")
    assert book.gaps == 0
    assert book.images > 1, "whole images came in between, in the same sequence"


@pytest.mark.parametrize("again", ["depth.resync", "depth.subscribe"])
async def test_a_client_that_lost_a_push_gets_an_image_on_its_subscription(venue: Venue, again: str) -> None:
    draw = random.Random(7)
    client, other, alice = venue.connect(), venue.connect(), await venue.logged_in("alice")
    book, undisturbed = ProvedBook(), ProvedBook()
    for one in (client, other):
        await one.call("depth.subscribe", "BTCUSDT", 5, "0", BOTH)
    await book.settled(client)
    await put(venue, alice, draw)
    await venue.pushed()
    client.inbox.clear()  # lost on the way
    await put(venue, alice, draw)
    await venue.pushed()
    for message in client.inbox:
        book.take(message["params"])
    assert book.gaps == 1
    client.inbox.clear()
    assert await client.call(again, "BTCUSDT", *([5, "0", BOTH] if again == "depth.subscribe" else []))
    images = book.images
    await put(venue, alice, draw)
    await book.settled(client)
    await undisturbed.settled(other)
    assert (book.images, book.gaps) == (images + 1, 1)
    assert undisturbed.images == 1, "nobody else is told anything twice"


async def test_resync_takes_some_markets_or_all_and_only_those_followed(venue: Venue) -> None:
    client = venue.connect()
    assert (await client.refused("depth.resync"))[0] == 1
    await client.call("depths.subscribe", ["BTCUSDT", 5, "0"], ["ETHUSDT", 5, "0"])
    await client.quiet()
    client.inbox.clear()
    await client.call("depth.resync", "ETHUSDT")
    assert [message["params"] for message in await client.quiet()] == [[True, {"asks": [], "bids": []}, "ETHUSDT"]]
    client.inbox.clear()
    await client.call("depth.resync")
    await client.call("depth.resync")  # once more before the next push: one image is enough
    assert sorted(message["params"][2] for message in await client.quiet()) == ["BTCUSDT", "ETHUSDT"]
    code, sentence = await client.refused("depth.resync", "PROBE")
    assert (code, sentence[:35]) == (1, "invalid argument: PROBE is not foll")
    assert (await client.refused("depth.resync", "NOSUCH"))[0] == 113


async def test_a_slow_reader_finds_its_sequence_in_the_image(venue: Venue) -> None:
    draw = random.Random(3)
    client, alice = venue.connect(), await venue.logged_in("alice")
    book = ProvedBook()
    await client.call("depth.subscribe", "BTCUSDT", 5, "0", BOTH)
    await book.settled(client)
    client.congested = True
    for _ in range(5):
        await put(venue, alice, draw)
        await venue.pushed()
    assert client.inbox == []
    client.congested = False
    await put(venue, alice, draw)
    await book.settled(client)
    await put(venue, alice, draw)
    await book.settled(client)
    assert (book.images, book.gaps) == (2, 0)


def test_the_reference_shows_the_right_checksums() -> None:
    reference = (Path(__file__).parents[3] / "docs" / "reference" / "exchange.md").read_text()
    text = re.search(r"The text of that book is `([^`]+)`", reference)
    told = re.search(r'"sequence": 8, "checksum": (\d+)', reference)
    assert text is not None
    assert told is not None
    assert binascii.crc32(text[1].encode()) == int(told[1])


@pytest.mark.parametrize("interval", ["0", "0.1"])
async def test_an_auction_is_pushed_as_it_gathers_and_its_opening_in_one_update(venue: Venue, interval: str) -> None:
    alice, bob, oper, reader = [await venue.logged_in(name) for name in ("alice", "bob", "oper", "bob")]
    await oper.call("market.phase", "BTCUSDT", "auction")
    book = ProvedBook()
    await reader.call("depth.subscribe", "BTCUSDT", 5, interval, BOTH)
    for client, side, price in ((alice, BUY, "8001"), (bob, SELL, "7999"), (alice, BUY, "7998"), (bob, SELL, "8002")):
        await client.call("order.put_limit", "BTCUSDT", side, "1", price)
        await book.settled(reader, interval=interval)
    assert best(book.bids, max) > best(book.asks, min)
    before = book.sequence

    await oper.call("market.phase", "BTCUSDT", "continuous")
    await book.settled(reader, interval=interval)
    assert (best(book.bids, max), best(book.asks, min)) == (7998, 8002)
    assert (book.sequence, book.images, book.gaps) == (before + 1, 1, 0)


def best(side: dict[str, str], of: Any) -> float:
    return float(of(map(float, side)))
