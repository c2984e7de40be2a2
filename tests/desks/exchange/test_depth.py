"""Depth: merged levels, whole images and differences that continue them, and readers that are too slow."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fondaco.desks.exchange import depth_stream, fanout
from fondaco.desks.exchange.dialect import Compression
from fondaco.desks.exchange.fanout import Fanout
from fondaco.desks.exchange.packed import Packed, Shape
from tests.desks.exchange.conftest import furnish
from tests.desks.exchange.venue import Client, Venue

SELL, BUY = 1, 2


async def quoted(venue: Venue, *orders: tuple[int, str, str]) -> Client:
    """Orders of alice in the book: (side, amount, price) each."""
    alice = await venue.logged_in("alice")
    for side, amount, price in orders:
        await alice.call("order.put_limit", "BTCUSDT", side, amount, price)
    return alice


BOOK = (
    (SELL, "1", "8000.01"),
    (SELL, "2", "8000.10"),
    (SELL, "3", "8000.11"),
    (SELL, "4", "8012.00"),
    (BUY, "1", "7999.99"),
    (BUY, "2", "7999.90"),
    (BUY, "3", "7999.89"),
    (BUY, "4", "7990.00"),
)

MERGED: list[tuple[Any, int, list[list[str]], list[list[str]]]] = [
    (
        "0",
        10,
        [["8000.01", "1.0000"], ["8000.10", "2.0000"], ["8000.11", "3.0000"], ["8012.00", "4.0000"]],
        [["7999.99", "1.0000"], ["7999.90", "2.0000"], ["7999.89", "3.0000"], ["7990.00", "4.0000"]],
    ),
    ("0", 1, [["8000.01", "1.0000"]], [["7999.99", "1.0000"]]),
    # asks are rounded up, so a row at p sums (p − interval, p]; bids down: [p, p + interval)
    (
        "0.1",
        2,
        [["8000.10", "3.0000"], ["8000.20", "3.0000"]],
        [["7999.90", "3.0000"], ["7999.80", "3.0000"]],
    ),
    ("1", 10, [["8001.00", "6.0000"], ["8012.00", "4.0000"]], [["7999.00", "6.0000"], ["7990.00", "4.0000"]]),
    ("10", 1, [["8010.00", "6.0000"]], [["7990.00", "10.0000"]]),
    (10, 1, [["8010.00", "6.0000"]], [["7990.00", "10.0000"]]),
    ("0.01", 1, [["8000.01", "1.0000"]], [["7999.99", "1.0000"]]),
    ("0.00000001", 1, [["8000.01", "1.0000"]], [["7999.99", "1.0000"]]),
    ("1e-1", 1, [["8000.10", "3.0000"]], [["7999.90", "3.0000"]]),
]


@pytest.mark.parametrize(("interval", "limit", "asks", "bids"), MERGED)
async def test_merging(
    venue: Venue, interval: object, limit: int, asks: list[list[str]], bids: list[list[str]]
) -> None:
    client = await quoted(venue, *BOOK)
    assert await client.call("depth.query", "BTCUSDT", limit, interval) == {"asks": asks, "bids": bids}


async def test_an_interval_sent_as_a_number_is_read_as_it_was_written(venue: Venue) -> None:
    client = await quoted(venue, *BOOK)
    client.says(b'{"method":"depth.query","params":["BTCUSDT",1,0.1],"id":500}')
    client.says(b'{"method":"depth.subscribe","params":["BTCUSDT",1,0.10],"id":501}')
    merged = {"asks": [["8000.10", "3.0000"]], "bids": [["7999.90", "3.0000"]]}
    assert (await client.find(lambda message: message["id"] == 500))["result"] == merged
    assert await client.push("depth.update") == [True, merged, "BTCUSDT"]


@pytest.mark.parametrize(
    ("params", "code"),
    [
        (["BTCUSDT", 0, "0"], 1),
        (["BTCUSDT", 501, "0"], 1),
        (["BTCUSDT", 10, "-1"], 1),
        (["BTCUSDT", 10, "0.015"], 1),
        (["BTCUSDT", 10, "0.0000000000000000001"], 1),
        (["BTCUSDT", 10, "1e29"], 1),
        (["BTCUSDT", 10, None], 1),
        (["BTCUSDT", 10, "wide"], 123),
        (["BTCUSDT", 10], 1),
        (["NOSUCH", 10, "0"], 113),
    ],
)
async def test_depth_query_refuses(venue: Venue, params: list[Any], code: int) -> None:
    assert (await venue.connect().refused("depth.query", *params))[0] == code


async def test_first_the_image_then_differences(venue: Venue) -> None:
    client = venue.connect()
    assert await client.call("depth.subscribe", "BTCUSDT", 5, "0") == {"status": "success"}
    assert await client.push("depth.update") == [True, {"asks": [], "bids": []}, "BTCUSDT"]
    alice = await quoted(venue, (SELL, "1", "8000"), (SELL, "1", "8001"), (BUY, "2", "7999"))
    image: dict[str, dict[str, str]] = {"asks": {}, "bids": {}}
    whole = {"asks": {"8000.00": "1.0000", "8001.00": "1.0000"}, "bids": {"7999.00": "2.0000"}}
    while image != whole:
        apply(image, await client.push("depth.update"))
    await alice.call("order.cancel", "BTCUSDT", 1)
    assert await client.push("depth.update") == [False, {"asks": [["8000.00", "0"]], "bids": []}, "BTCUSDT"]
    # put and gone between two updates: nothing to say
    venue.turns_by_itself = False
    alice.says({"method": "order.put_limit", "params": ["BTCUSDT", BUY, "1", "100"], "id": 900})
    venue.turn()
    alice.says({"method": "order.cancel", "params": ["BTCUSDT", 4], "id": 901})
    venue.turn()
    assert await client.quiet() == []


async def test_a_newcomer_gets_what_was_published_so_that_the_next_difference_continues_it(
    venue: Venue,
) -> None:
    client, late = venue.connect(), venue.connect()
    await client.call("depth.subscribe", "BTCUSDT", 5, "0")
    await client.push("depth.update")
    alice = await venue.logged_in("alice")
    venue.turns_by_itself = False
    alice.says({"method": "order.put_limit", "params": ["BTCUSDT", BUY, "1", "7000"], "id": 900})
    venue.turn()
    late.says({"method": "depth.subscribe", "params": ["BTCUSDT", 5, "0"], "id": 1})
    assert late.inbox[1]["params"] == [True, {"asks": [], "bids": []}, "BTCUSDT"]
    difference = [False, {"asks": [], "bids": [["7000.00", "1.0000"]]}, "BTCUSDT"]
    late.inbox.clear()
    assert [await each.push("depth.update") for each in (client, late)] == [difference] * 2
    assert await late.quiet() == []


async def test_a_whole_image_goes_to_everybody_again_after_a_while(
    venue: Venue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(depth_stream, "FULL_DEPTH_INTERVAL_S", 0.05)
    await quoted(venue, (SELL, "1", "8000"))
    client = venue.connect()
    await client.call("depth.subscribe", "BTCUSDT", 5, "0")
    for _ in range(3):
        image = await client.push("depth.update")
        assert image == [True, {"asks": [["8000.00", "1.0000"]], "bids": []}, "BTCUSDT"]


async def test_several_depths_at_once_and_one_channel_with_depth(venue: Venue) -> None:
    client = venue.connect()
    await client.call("depths.subscribe", ["BTCUSDT", 5, "0.1"], ["ETHUSDT", 10, "0"])
    assert {(await client.push("depth.update"))[2] for _ in range(2)} == {"BTCUSDT", "ETHUSDT"}
    await client.call("depth.subscribe", "BTCUSDT", 1, "0")
    await client.push("depth.update")
    alice = await quoted(venue, (SELL, "1", "8000.01"))
    await alice.call("order.put_limit", "ETHUSDT", SELL, "1", "400")
    assert (await client.push("depth.update"))[1:] == [{"asks": [["8000.01", "1.0000"]], "bids": []}, "BTCUSDT"]
    assert await client.quiet() == []  # the others were replaced
    await client.call("depths.unsubscribe")
    assert not venue.desk.floor.market_feed.is_followed


async def test_a_congested_reader_is_skipped_and_gets_the_whole_image_next(venue: Venue) -> None:
    client, other = venue.connect(), venue.connect()
    for one in (client, other):
        await one.call("depth.subscribe", "BTCUSDT", 5, "0")
        await one.push("depth.update")
    client.congested = True
    await quoted(venue, (SELL, "1", "8000"))
    assert (await other.push("depth.update"))[0] is False
    await quoted(venue, (SELL, "1", "8001"))
    assert (await other.push("depth.update"))[0] is False
    assert client.inbox == []
    client.congested = False
    assert await client.push("depth.update") == [
        True,
        {"asks": [["8000.00", "1.0000"], ["8001.00", "1.0000"]], "bids": []},
        "BTCUSDT",
    ]
    await quoted(venue, (SELL, "1", "8002"))
    assert (await client.push("depth.update"))[0] is False


def apply(image: dict[str, dict[str, str]], params: Any) -> None:
    """What a client does with a push."""
    is_whole, depth, _ = params
    for side in ("asks", "bids"):
        if is_whole:
            image[side] = {}
        for price, size in depth[side]:
            if size == "0":
                del image[side][price]
            else:
                image[side][price] = size


ORDERS = st.lists(
    st.tuples(st.sampled_from([SELL, BUY]), st.integers(1, 5), st.integers(7990, 8010), st.booleans()), max_size=40
)


@settings(max_examples=15, deadline=None)
@given(ORDERS)
def test_differences_add_up_to_the_book(tmp_path_factory: pytest.TempPathFactory, orders: Any) -> None:
    """Whatever is put and cancelled, a client that applies every push has the book that a query shows."""

    async def run() -> None:
        venue = Venue(tmp_path_factory.mktemp("flow"))
        furnish(venue)
        client, alice = venue.connect(), await venue.logged_in("alice")
        image: dict[str, dict[str, str]] = {"asks": {}, "bids": {}}
        await client.call("depth.subscribe", "BTCUSDT", 5, "0.1")
        apply(image, await client.push("depth.update"))
        for side, amount, price, waits in orders:
            put = await alice.call("order.put_limit", "BTCUSDT", side, str(amount), f"{price}.05")
            if put["left"] != "0" and amount == 1:
                await alice.call("order.cancel", "BTCUSDT", put["id"])
            if waits:
                await asyncio.sleep(0.011)
        await venue.pushed()
        for message in client.inbox:
            apply(image, message["params"])
        book = await client.asks("depth.query", "BTCUSDT", 5, "0.1")
        shown = {side: dict(levels) for side, levels in book["result"].items()}
        await venue.close()
        assert image == shown

    asyncio.run(run())


# ── the fan-out ───────────────────────────────────────────────────────────────────────────────────────────────────────


class ManualLoop:
    """An event loop in which time passes when a step is done, and nothing runs by itself."""

    def __init__(self) -> None:
        self.ready: list[Any] = []
        self.now_s = 0.0

    def call_soon(self, callback: Any, /) -> None:
        self.ready.append(callback)

    def time(self) -> float:
        self.now_s += 10e-6
        return self.now_s


def test_work_is_done_in_slices_and_orders_of_addition() -> None:
    loop = ManualLoop()
    queue = Fanout(loop, loop.time)
    done: list[str] = []

    def work(name: str, steps: int) -> Any:
        for step in range(steps):
            done.append(f"{name}{step}")
            yield

    queue.add(work("a", 30))
    queue.add(work("b", 3))
    slices = []
    while loop.ready:
        before = len(done)
        loop.ready.pop(0)()
        slices.append(len(done) - before)
    assert done == [f"a{step}" for step in range(30)] + ["b0", "b1", "b2"]
    assert max(slices) <= fanout.SLICE_S / 10e-6 + 1
    assert len(slices) >= 2
    assert queue.is_idle


def test_a_message_is_packed_once_for_each_compression() -> None:
    packed = Packed(b'{"method":"price.update","params":["BTCUSDT","8000.00"],"id":null}')
    messages = {compression: packed.message(Shape(compression)) for compression in Compression}
    assert all(packed.message(Shape(compression)) is made for compression, made in messages.items())
    assert len(set(messages.values())) == 3
