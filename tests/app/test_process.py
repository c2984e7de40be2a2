"""The house as a real process: signals, kill -9 under load, a dying disk, a projector that is shot."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from fondaco.desks.common.auth import sign_socket
from fondaco.runtime.recovery import verify
from tests.waiting import HANG_S

PROGRAM = Path(__file__).with_name("house_process.py")


class HouseProcess:
    def __init__(self, process: Process, url: str, directory: Path) -> None:
        self.process = process
        self.url = url
        self.directory = directory

    @asynccontextmanager
    async def client(self, user: str) -> AsyncIterator[ClientConnection]:
        """A logged-in socket in plain JSON."""
        credentials = msgspec.json.decode((self.directory / "credentials.json").read_bytes())
        key = credentials["users"][user]
        async with connect(self.url.replace("http", "ws") + "/exchange", subprotocols=["json"]) as socket:  # type: ignore[list-item]
            now_ms = time.time_ns() // 1_000_000
            sign = sign_socket(key["secret"], key["api_key"], now_ms)
            assert (await ask(socket, "server.auth", key["api_key"], sign, now_ms))["status"] == "success"
            yield socket

    async def ended(self, timeout_s: float = HANG_S) -> int:
        return await asyncio.wait_for(self.process.wait(), timeout_s)


@asynccontextmanager
async def running(directory: Path, *arguments: str) -> AsyncIterator[HouseProcess]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(PROGRAM), str(directory), *arguments, stdout=PIPE, stderr=PIPE
    )
    assert process.stdout is not None
    assert process.stderr is not None
    said = asyncio.create_task(process.stderr.read())
    try:
        line = await asyncio.wait_for(process.stdout.readline(), HANG_S)
        assert line, (await said).decode()
        yield HouseProcess(process, line.decode().strip(), directory)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        await said


async def ask(socket: ClientConnection, method: str, *params: object) -> Any:
    await socket.send(msgspec.json.encode({"method": method, "params": params, "id": 1}).decode())
    envelope = msgspec.json.decode(await asyncio.wait_for(socket.recv(), HANG_S))
    assert envelope["error"] is None, envelope
    return envelope["result"]


async def open_ids(socket: ClientConnection) -> list[int]:
    ids: list[int] = []
    while True:
        page = (await ask(socket, "order.query", ["BTCUSDT"], len(ids), 100))["BTCUSDT"]["records"]
        ids += [record["id"] for record in page]
        if len(page) < 100:
            return ids


async def test_a_signal_closes_the_house_cleanly(tmp_path: Path) -> None:
    async with running(tmp_path) as house, house.client("alice") as socket:
        await ask(socket, "order.put_limit", "BTCUSDT", 2, "1", "50000")
        house.process.send_signal(signal.SIGTERM)
        assert await house.ended() == 0
        assert list((tmp_path / "snapshots").glob("*.snap")), "the projector ended with a snapshot"
        assert verify(tmp_path).problems == []


async def test_killed_under_load_nothing_acknowledged_is_lost_or_doubled(tmp_path: Path) -> None:
    acknowledged: list[int] = []
    for round_number in range(2):
        async with running(tmp_path) as house, house.client("alice") as socket:
            assert sorted(set(acknowledged)) == sorted(acknowledged)
            assert set(acknowledged) <= set(await open_ids(socket))
            at = 50 * (round_number + 1)
            for _ in range(at + 300):
                await socket.send('{"method":"order.put_limit","params":["BTCUSDT",2,"0.001","50000"],"id":1}')
            answered = 0
            try:
                while True:
                    acknowledged.append(msgspec.json.decode(await socket.recv())["result"]["id"])
                    answered += 1
                    if answered == at:
                        house.process.kill()
            except ConnectionClosed:
                pass
            assert answered >= at
            await house.ended()
    report = verify(tmp_path)
    assert report.problems == []
    async with running(tmp_path) as house, house.client("alice") as socket:
        ids = await open_ids(socket)
        assert set(acknowledged) <= set(ids)
        assert len(ids) == len(set(ids))


async def test_a_dying_disk_ends_the_process_and_what_was_said_is_true(tmp_path: Path) -> None:
    async with running(tmp_path, "60") as house, house.client("alice") as socket:
        acknowledged = []
        try:
            for _ in range(100):
                acknowledged.append((await ask(socket, "order.put_limit", "BTCUSDT", 2, "0.001", "50000"))["id"])
        except ConnectionClosed:
            pass
        assert 0 < len(acknowledged) <= 60, "the journal prepares its next segment with syncs of its own"
        assert await house.ended() == 1
    async with running(tmp_path) as house, house.client("alice") as socket:
        assert set(acknowledged) <= set(await open_ids(socket))


async def test_a_projector_that_is_shot_is_started_again_and_history_goes_on(tmp_path: Path) -> None:
    async with running(tmp_path) as house, house.client("alice") as alice, house.client("bob") as bob:
        (projector,) = children(house.process.pid)
        os.kill(projector, signal.SIGKILL)
        order_id = (await ask(alice, "order.put_limit", "BTCUSDT", 2, "0.001", "50000"))["id"]
        await ask(bob, "order.put_limit", "BTCUSDT", 1, "0.001", "50000")
        for _ in range(6):  # while there is no projector, a query says `service timeout` after its wait
            await alice.send('{"method":"order.history","params":["BTCUSDT",0,0,0,10],"id":1}')
            answer = msgspec.json.decode(await asyncio.wait_for(alice.recv(), HANG_S))
            if answer["error"] is None:
                break
            assert answer["error"]["code"] == 5, answer
        assert [record["id"] for record in answer["result"]["records"]] == [order_id]
        assert children(house.process.pid) != [projector]
        async with aiohttp.ClientSession() as http, http.get(house.url + "/metrics") as page:
            assert "fondaco_projector_restarts_total 1.0" in await page.text()


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
