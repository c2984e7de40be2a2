"""One port for everything: upgrades, plain HTTP, garbage, crowds and slow ones, from clients that are not ours."""

from __future__ import annotations

import asyncio
import contextlib

import aiohttp
import pytest
import websockets
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from fondaco.runtime.limits import Limits
from tests.desks.common.echo import open_door, raw
from tests.waiting import HANG_S, until

HANDSHAKE = (
    b"GET /echo HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


async def test_one_port_speaks_websocket_and_http() -> None:
    async with open_door() as house, connect(house.socket) as socket, aiohttp.ClientSession() as http:
        await socket.send("a message")
        assert await socket.recv() == b"a message"
        async with http.get(house.http + "/healthz") as answer:
            assert (answer.status, await answer.text()) == (200, "ok\n")
        await socket.send(b"another")
        assert await socket.recv() == b"another"


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [(["chat", "limit-no", "gzip"], "gzip"), (["json", "gzip"], "json"), (["chat"], None), ([], None)],
)
async def test_the_subprotocol_that_the_desk_chooses(offered: list[str], chosen: str | None) -> None:
    names = [Subprotocol(name) for name in offered]
    async with open_door() as house, connect(house.socket + "/v2", subprotocols=names) as socket:
        assert socket.subprotocol == chosen
        await socket.send("who")
        assert await socket.recv() == f"127.0.0.1 {chosen or ''}"


@pytest.mark.parametrize("path", ["/echo", "/echo/", "/echo/v2/", "/echo/v2?v=514229", "/echo/v2/?v=514229"])
async def test_a_path_may_end_with_a_slash_and_have_a_query(path: str) -> None:
    async with open_door() as house, connect(house.socket.removesuffix("/echo") + path) as socket:
        await socket.send("a message")
        assert await socket.recv() == b"a message"


async def test_a_message_that_comes_with_the_upgrade_is_not_lost() -> None:
    masked = b"\x81\x85" + bytes(4) + b"hello"
    async with open_door() as house:
        reader, writer = await asyncio.open_connection("127.0.0.1", house.port)
        writer.write(HANDSHAKE + masked)
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), HANG_S)
        assert head.startswith(b"HTTP/1.1 101 ")
        assert b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in head  # the answer of RFC 6455 §1.3
        assert await asyncio.wait_for(reader.readexactly(7), HANG_S) == b"\x82\x05hello"
        writer.close()


async def test_an_upgrade_that_comes_byte_by_byte() -> None:
    async with open_door() as house:
        reader, writer = await asyncio.open_connection("127.0.0.1", house.port)
        for octet in HANDSHAKE:
            writer.write(bytes((octet,)))
            await asyncio.sleep(0)
        assert (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), HANG_S)).startswith(b"HTTP/1.1 101 ")
        writer.close()


@pytest.mark.parametrize(
    ("sent", "status", "sentence"),
    [
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400, "without TLS"),
        (b"hello\r\n\r\n", 400, "no HTTP request"),
        (b"GET /echo HTTP/1.1\r\nX: " + b"y" * 9_000, 431, "8192 bytes"),
        (b"GET /?" + b"y" * 9_000 + b" HTTP/1.1\r\n\r\n", 431, "8192 bytes"),
        (HANDSHAKE.replace(b"/echo", b"/elsewhere"), 404, "no WebSocket is served at /elsewhere"),
        (HANDSHAKE.replace(b"Version: 13", b"Version: 8"), 426, "version 13"),
        (HANDSHAKE.replace(b"dGhlIHNhbXBsZSBub25jZQ==", b"short"), 400, "Sec-WebSocket-Key"),
        (HANDSHAKE.replace(b"GET", b"POST"), 400, "a GET"),
        (HANDSHAKE.replace(b"\r\n\r\n", b"\r\nContent-Length: 3\r\n\r\nabc"), 400, "no body"),
    ],
)
async def test_what_the_door_refuses(sent: bytes, status: int, sentence: str) -> None:
    async with open_door() as house:
        answer = await raw(house.port, sent)
        assert answer.startswith(b"HTTP/1.1 %d " % status)
        assert sentence in answer.decode()
        assert b"Connection: close" in answer


async def test_a_slow_head_is_timed_out() -> None:
    async with open_door(Limits(request_head_timeout_ms=100)) as house:
        answer = await raw(house.port, b"GET / HTTP/1.1\r\n")
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert (await raw(house.port, b"")).startswith(b"HTTP/1.1 408 ")


async def test_a_crowd_is_refused_with_a_sentence_and_served_when_it_leaves() -> None:
    async with open_door(Limits(connections_max=3)) as house:
        async with contextlib.AsyncExitStack() as crowd:
            for _ in range(3):
                await crowd.enter_async_context(connect(house.socket))
            with pytest.raises(InvalidStatus) as refusal:
                await connect(house.socket)
            assert refusal.value.response.status_code == 503
            assert b"serves 3 connections" in (refusal.value.response.body or b"")
        await until(lambda: not house.door.census.open, "the crowd has left")
        async with connect(house.socket) as socket:
            await socket.send("x")
            assert await socket.recv() == b"x"


async def test_one_address_cannot_take_every_place() -> None:
    async with open_door(Limits(connections_per_address_max=2)) as house, contextlib.AsyncExitStack() as crowd:
        for _ in range(2):
            await crowd.enter_async_context(connect(house.socket))
        assert b"from your address; at most 2" in await raw(house.port, HANDSHAKE)


async def test_many_connections_at_once() -> None:
    async with open_door() as house:
        sockets = await asyncio.gather(*(connect(house.socket) for _ in range(200)))
        for number, socket in enumerate(sockets):
            await socket.send(str(number))
        answers = await asyncio.gather(*(socket.recv() for socket in sockets))
        assert answers == [str(number).encode() for number in range(200)]
        await asyncio.gather(*(socket.close() for socket in sockets))


@pytest.mark.parametrize(
    ("proxy", "seen"), [("127.0.0.1", "203.0.113.9"), ("10.0.0.1", "127.0.0.1"), (None, "127.0.0.1")]
)
async def test_only_the_trusted_proxy_may_say_for_whom_it_speaks(proxy: str | None, seen: str) -> None:
    headers = {"X-Forwarded-For": "198.51.100.1, 203.0.113.9"}
    async with open_door(trusted_proxy=proxy) as house, connect(house.socket, additional_headers=headers) as socket:
        await socket.send("who")
        assert await socket.recv() == f"{seen} "


async def test_closing_the_house_tells_its_clients() -> None:
    async with open_door() as house:
        socket = await connect(house.socket)
        await socket.send("x")
        await socket.recv()
        stopping = asyncio.create_task(house.door.stop())
        with pytest.raises(ConnectionClosed) as end:
            await socket.recv()
        assert end.value.rcvd is not None
        assert (end.value.rcvd.code, end.value.rcvd.reason) == (1001, "the house is closing")
        await stopping
        assert house.desk.sessions[0].closings == 1
        with pytest.raises(OSError, match="Connect"):
            await websockets.connect(house.socket)
