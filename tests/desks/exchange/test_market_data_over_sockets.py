"""Market data on real sockets, read by clients that are not ours: restarts, gaps, and readers that do not read."""

from __future__ import annotations

import asyncio
import json
import random
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import websockets
from websockets.asyncio.client import ClientConnection

from fondaco.app import App
from fondaco.config import Options
from fondaco.core import commands as c
from fondaco.core.command_records import encode
from fondaco.core.commands import Command, Sender, Side
from fondaco.desks.common.auth import sign_socket
from fondaco.runtime.limits import Limits
from tests.desks.exchange.order_client import OrderBook
from tests.desks.exchange.test_depth_proof import ProvedBook
from tests.desks.exchange.test_through_the_door import KEYS, furnish
from tests.waiting import HANG_S, until

LIMITS = Limits(
    market_push_interval_ms=20, order_push_interval_ms=2, outbound_bytes_max=1 << 20, signature_window_ms=60_000
)


@asynccontextmanager
async def house_on(directory: Path, limits: Limits = LIMITS) -> AsyncIterator[App]:
    app = App(Options(data=str(directory), port=0, limits=limits), prepare=furnish)
    await app.start()
    try:
        yield app
    finally:
        await app.stop()


class Reader:
    """A connection that reads all the time, or not at all while ``is_asleep``."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.depth = ProvedBook()
        self.orders = OrderBook()
        self.replies: dict[int, Any] = {}
        self.pushed: list[Any] = []
        self.closed: tuple[int, str] | None = None
        self.awake = asyncio.Event()
        self.awake.set()
        self._next_id = 0
        self._task = asyncio.create_task(self._read())

    async def call(self, method: str, *params: object) -> Any:
        self._next_id += 1
        request_id = self._next_id
        await self.connection.send(json.dumps({"method": method, "params": params, "id": request_id}))
        await until(lambda: request_id in self.replies, f"the answer to {method}")
        reply = self.replies.pop(request_id)
        assert reply["error"] is None, reply
        return reply["result"]

    async def login(self, name: str) -> None:
        (api_key, secret), now_ms = KEYS[name], time.time_ns() // 1_000_000
        await self.call("server.auth", api_key, sign_socket(secret, api_key, now_ms), now_ms)

    async def stop(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        await self.connection.close()

    async def _read(self) -> None:
        try:
            while True:
                await self.awake.wait()
                self._take(json.loads(await self.connection.recv()))
        except websockets.ConnectionClosed as end:
            self.closed = (end.rcvd.code, end.rcvd.reason) if end.rcvd is not None else (0, "")

    def _take(self, message: Any) -> None:
        if "result" in message:
            self.replies[message["id"]] = message
        elif message["method"] == "depth.update":
            self.depth.take(message["params"])
        elif message["method"].startswith("orders."):
            self.orders.take(message)
        else:
            self.pushed.append(message)


@asynccontextmanager
async def reader_of(app: App, *, is_slow: bool = False) -> AsyncIterator[Reader]:
    """``is_slow``: neither its socket nor the house's side of it holds much, so that it is soon behind."""
    raw = socket.socket()
    if is_slow:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8_192)
    raw.setblocking(False)
    await asyncio.get_running_loop().sock_connect(raw, ("127.0.0.1", app.port))
    known = set(app.exchange.floor.sessions)
    connection = await websockets.connect(
        f"ws://127.0.0.1:{app.port}/exchange",
        sock=raw,
        subprotocols=[websockets.Subprotocol("json")],
        max_queue=1 if is_slow else 64,
        max_size=None,
        close_timeout=1,
    )
    if is_slow:
        await until(lambda: app.exchange.floor.sessions - known, "the house has its session")
        (session,) = app.exchange.floor.sessions - known
        transport: Any = session.outlet._transport  # type: ignore[attr-defined]
        transport.underlying_transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 8_192)
    reader = Reader(connection)
    try:
        yield reader
    finally:
        await reader.stop()


def drawn(draw: random.Random, app: App) -> tuple[int, Command]:
    user_id = draw.choice((1, 2))
    mine = app.house.open_orders(user_id)
    if mine and draw.random() < 0.4:
        return user_id, c.Cancel(1, draw.choice(mine))
    side, rule = draw.choice((Side.ASK, Side.BID)), draw.choice([c.TimeInForce.GTC] * 4 + [c.TimeInForce.IOC])
    return user_id, c.Place(1, side, c.OrderType.LIMIT, rule, draw.randint(7_990, 8_010) * 100, draw.randint(1, 90))


async def flow(app: App, draw: random.Random, count: int) -> None:
    for _ in range(count):
        user_id, command = drawn(draw, app)
        app.runtime.submit(encode(Sender(user_id=user_id), command))
        if draw.random() < 0.1:
            await app.runtime.idle()
    await app.runtime.idle()


def book_of(app: App) -> dict[tuple[int, str], list[tuple[int, int]]]:
    found: dict[tuple[int, str], list[tuple[int, int]]] = {}
    for side in (Side.ASK, Side.BID):
        for row in app.house.resting(1, side, 0, 0, 1_000_000):
            found.setdefault((int(side), f"{row[4] // 100}.{row[4] % 100:02}"), []).append((row[2], row[6]))
    return found


def has_book(app: App, reader: Reader) -> Callable[[], bool]:
    return lambda: reader.orders.queues() == book_of(app)


def proves(reader: Reader, told: Any) -> Callable[[], bool]:
    """Whether the reader's depth is what a query told."""
    return lambda: (reader.depth.asks, reader.depth.bids) == (dict(told["asks"]), dict(told["bids"]))


@pytest.mark.parametrize("seed", [1, 2])
async def test_books_are_rebuilt_over_restarts_and_new_connections(tmp_path: Path, seed: int) -> None:
    draw = random.Random(seed)
    orders = OrderBook()
    for run in range(3):
        async with house_on(tmp_path) as app:
            for attempt in range(2):
                async with reader_of(app) as reader:
                    reader.orders = orders
                    orders.reconnected()
                    await flow(app, draw, 30)
                    before = orders.sequence
                    images = orders.images
                    answer = await reader.call("orders.subscribe", "BTCUSDT", *([{"from": before}] if run else []))
                    await reader.call("depth.subscribe", "BTCUSDT", 100, "0", {"sequence": True, "checksum": True})
                    if run:
                        assert answer["replay"] is (attempt == 1), "the ring is new after a restart"
                    await flow(app, draw, 60)
                    await until(has_book(app, reader), "every queue is rebuilt")
                    assert orders.images == images + (not (run and attempt)), "an image only where it was needed"
                    assert orders.sequence > before, "sequences go on over a restart"
                    assert orders.gaps == 0
                    told = await reader.call("depth.query", "BTCUSDT", 500, "0")
                    assert orders.depth() == told
                    await until(proves(reader, told), "the proved depth is that of a query")
                    assert reader.depth.gaps == 0


async def test_a_reader_that_does_not_read_delays_nobody_and_finds_the_book_again(tmp_path: Path) -> None:
    draw = random.Random(3)
    async with house_on(tmp_path) as app, reader_of(app) as quick, reader_of(app, is_slow=True) as slow:
        for reader in (quick, slow):
            await reader.call("orders.subscribe", "BTCUSDT")
            await reader.call("depth.subscribe", "BTCUSDT", 100, "0", {"sequence": True, "checksum": True})
        slow.awake.clear()
        for _ in range(20):
            await flow(app, draw, 250)
            await asyncio.wait_for(quick.call("server.ping"), HANG_S)
        await until(has_book(app, quick), "the quick one has every queue")
        assert (quick.orders.images, quick.orders.gaps, quick.depth.gaps) == (1, 0, 0)
        assert not has_book(app, slow)()
        held = max(connection.unsent_bytes for connection in app.door.connections)
        assert held < LIMITS.outbound_bytes_max, "what it does not read is not piled up"
        slow.awake.set()
        await until(has_book(app, slow), "the slow one has caught up")
        told = await slow.call("depth.query", "BTCUSDT", 100, "0")
        await until(proves(slow, told), "its depth too")
        assert (slow.orders.gaps, slow.depth.gaps, slow.closed) == (0, 0, None)
        assert slow.depth.images > 1


async def test_a_reader_too_slow_for_its_own_pushes_is_told_why_and_nobody_else_minds(tmp_path: Path) -> None:
    draw = random.Random(4)
    async with house_on(tmp_path) as app, reader_of(app) as quick, reader_of(app, is_slow=True) as slow:
        for reader in (quick, slow):
            await reader.login("alice")
            await reader.call("order.subscribe", "BTCUSDT")
            await reader.call("asset.subscribe")
        slow.awake.clear()
        closed = False
        while not closed:
            await flow(app, draw, 250)
            await asyncio.wait_for(quick.call("server.ping"), HANG_S)
            closed = len([one for one in app.door.connections if one.is_open]) == 1
        slow.awake.set()
        await until(lambda: slow.closed is not None, "the reason arrives")
        assert slow.closed is not None
        assert slow.closed[0] == 1008
        assert slow.closed[1].startswith("too slow: ")
        assert await quick.call("server.ping") == "pong"
        # what the slow one did get is a beginning of what the other got, without a hole
        await until(lambda: len(quick.pushed) > len(slow.pushed), "the quick one has read on")
        assert slow.pushed == [
            {**push, "id": told["id"]} for push, told in zip(quick.pushed, slow.pushed, strict=False)
        ]
