"""The whole road on real parts: socket, door, desk, journal, house, projector; only the clients are not ours."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import time
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import websockets
from msgspec.structs import replace

from fondaco.app import App
from fondaco.config import Options
from fondaco.core import commands as c
from fondaco.core.command_records import encode
from fondaco.core.commands import HOUSE
from fondaco.core.state import DECODER
from fondaco.runtime.limits import Limits
from fondaco.runtime.sequencer import Runtime
from tests.waiting import HANG_S

#: The first history read waits for the projector's process to start, which takes as long as it takes.
LIMITS = Limits(market_push_interval_ms=20, history_wait_timeout_ms=60_000, signature_window_ms=60_000)
KEYS = {"alice": ("key-of-alice", "secret of alice"), "bob": ("key-of-bob", "secret of bob")}


@asynccontextmanager
async def house_on(directory: Path) -> AsyncIterator[tuple[int, Runtime]]:
    """The whole house on a free port; what it knew before is there again."""
    options = Options(data=str(directory), port=0, md5_sign=True, limits=LIMITS)
    app = App(options, prepare=furnish)
    await app.start()
    try:
        yield app.port, app.runtime
    finally:
        await app.stop()


async def furnish(app: App) -> None:
    """A market and two users, where they are not there yet."""
    if app.house.markets:
        return
    market = c.MarketCreate("BTCUSDT", "BTC", "USDT", 2, 4, 1, 0, 1_000, 2_000)
    commands: list[c.RareCommand] = [c.AssetCreate("BTC", 8), c.AssetCreate("USDT", 8), market]
    for user_id, (name, (api_key, secret)) in enumerate(KEYS.items(), 1):
        app.secrets.put(api_key, secret)
        commands += [
            c.UserCreate(name),
            c.KeyCreate(api_key, user_id, ("read", "trade")),
            c.BalanceUpdate(user_id, "BTC", "deposit", 1, 100 * 10**8),
            c.BalanceUpdate(user_id, "USDT", "deposit", 1, 10**15),
        ]
    for command in commands:
        app.runtime.submit(encode(HOUSE, command))
    await app.runtime.idle()


class Socket:
    """What an old client does: zlib in binary frames, and the MD5 sign."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._next_id = 0
        self.pushes: list[Any] = []

    async def call(self, method: str, *params: object) -> Any:
        self._next_id += 1
        await self._connection.send(json.dumps({"method": method, "params": params, "id": self._next_id}))
        while True:
            message = json.loads(zlib.decompress(await asyncio.wait_for(self._connection.recv(), HANG_S)))
            if "result" in message:
                assert (message["error"], message["id"]) == (None, self._next_id)
                return message["result"]
            self.pushes.append(message)

    async def login(self, name: str) -> None:
        api_key, secret = KEYS[name]
        sign = hashlib.md5(f"api_key={api_key}&secret_key={secret}".encode()).hexdigest().upper()
        await self.call("server.auth", api_key, sign)


async def post(port: int, name: str, method: str, *params: object) -> Any:
    api_key, secret = KEYS[name]
    path, body = f"/exchange/{method}", json.dumps({"params": params, "id": 1})
    timestamp = str(time.time_ns() // 1_000_000)
    sign = hmac.new(secret.encode(), (timestamp + path + body).encode(), hashlib.sha256).hexdigest()
    headers = {"X-Api-Key": api_key, "X-Timestamp": timestamp, "X-Signature": sign}
    async with aiohttp.ClientSession() as session:
        answer = await session.post(f"http://127.0.0.1:{port}{path}", data=body, headers=headers)
        assert answer.status == 200
        return await answer.json()


async def test_an_order_from_the_socket_to_the_journal_to_a_fill_and_over_a_restart(tmp_path: Path) -> None:
    async with house_on(tmp_path) as (port, runtime):
        async with websockets.connect(f"ws://127.0.0.1:{port}/exchange") as connection:
            alice = Socket(connection)
            assert await alice.call("server.ping") == "pong"
            await alice.login("alice")
            await alice.call("order.subscribe", "BTCUSDT")
            await alice.call("deals.subscribe", "BTCUSDT")
            sold = await alice.call("order.put_limit", "BTCUSDT", 1, "0.5", "8000")
            assert (sold["left"], sold["price"]) == ("0.5000", "8000.00")

            bought = await post(port, "bob", "order.put_market", "BTCUSDT", 2, "1600")
            assert (bought["error"], bought["result"]["deal_stock"]) == (None, "0.2000")
            mine = await alice.call("order.get", "BTCUSDT", sold["id"])
            assert mine["left"] == "0.3000"
            assert (await alice.call("order.query", [], 0, 10))["BTCUSDT"]["records"] == [mine]
            history = await post(port, "bob", "order.history", "BTCUSDT", 0, 0, 0, 10)
            assert [order["id"] for order in history["result"]["records"]] == [bought["result"]["id"]]
            async with asyncio.timeout(HANG_S):
                while "deals.update" not in {push["method"] for push in alice.pushes}:
                    await asyncio.sleep(0.02)
                    await alice.call("server.ping")
            events = [push["params"] for push in alice.pushes if push["method"] == "order.update"]
            assert [(event, order["left"]) for event, order in events] == [(1, "0.5000"), (2, "0.3000")]
        await post(port, "alice", "order.put_limit", "BTCUSDT", 2, "1", "7000", {"client_order_id": "kept"})
        before = DECODER.decode(runtime.house.dump())
    async with house_on(tmp_path) as (port, runtime):
        after = DECODER.decode(runtime.house.dump())
        assert after.next_seq == before.next_seq + 1  # the house was told that it was opened
        assert replace(after, next_seq=0, time_us=0) == replace(before, next_seq=0, time_us=0)
        kept = await post(port, "alice", "order.get", "BTCUSDT", {"client_order_id": "kept"})
        assert (kept["result"]["left"], kept["result"]["client_order_id"]) == ("1.0000", "kept")
        state = await post(port, "bob", "state.query", "BTCUSDT", 86400)
        assert (state["result"]["last"], state["result"]["volume"]) == ("8000.00", "0.2000")


async def test_batches_over_http_and_orders_that_end_by_themselves(tmp_path: Path) -> None:
    """A tick that nobody sent ends an order at its time; the end of a connection ends what it put."""
    async with house_on(tmp_path) as (port, _), websockets.connect(f"ws://127.0.0.1:{port}/exchange") as connection:
        alice = Socket(connection)
        await alice.login("alice")
        await alice.call("order.subscribe", "BTCUSDT")
        rows = [["BTCUSDT", 1, "0.5", "8000", {"expire": str(time.time() + 0.3)[:17]}], ["BTCUSDT", 3, "1", "8000"]]
        put, refused = (await post(port, "alice", "order.batch_put", *rows))["result"]
        assert (put["result"]["time_in_force"], refused["error"]["code"]) == ("GTD", 1)
        assert (await post(port, "alice", "order.cancel_on_disconnect", True))["error"]["code"] == 4
        async with websockets.connect(f"ws://127.0.0.1:{port}/exchange") as another:
            passing = Socket(another)
            await passing.login("alice")
            await passing.call("order.cancel_on_disconnect", True)
            stop = await passing.call("order.put_stop", "BTCUSDT", 1, "1", "7000", "6900")
            assert stop["waiting"]
        ends: dict[int, str] = {}
        async with asyncio.timeout(HANG_S):
            while len(ends) < 2:
                await asyncio.sleep(0.02)
                await alice.call("server.ping")
                pushed = [push["params"] for push in alice.pushes if push["method"] == "order.update"]
                ends = {record["id"]: record["reason"] for event, record in pushed if event == 3}
        assert ends == {put["result"]["id"]: "expired", stop["id"]: "disconnected"}
        assert (await alice.call("asset.query", "BTC"))["BTC"]["freeze"] == "0"
