"""Frames: whole, fragmented, oversize, malformed; readers that are too slow and senders that are too fast."""

from __future__ import annotations

import asyncio
import struct
from typing import cast

import pytest
from picows import WSMsgType, WSTransport
from structlog.testing import capture_logs
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from fondaco.desks.common.connection import Connection, Flusher
from fondaco.desks.common.desk import Opening
from fondaco.runtime.limits import Limits
from tests.desks.common.echo import Door, EchoDesk, open_door
from tests.desks.common.test_front_door import HANDSHAKE
from tests.waiting import HANG_S, until


def client_frame(opcode: int, payload: bytes, *, fin: bool = True, mask: bytes | None = b"\1\2\3\4") -> bytes:
    first, masked = (0x80 if fin else 0) | opcode, 0x80 if mask else 0
    size = len(payload)
    if size < 126:
        head = bytes((first, masked | size))
    elif size < 65_536:
        head = struct.pack(">BBH", first, masked | 126, size)
    else:
        head = struct.pack(">BBQ", first, masked | 127, size)
    if mask is None:
        return head + payload
    return head + mask + bytes(octet ^ mask[at % 4] for at, octet in enumerate(payload))


async def speak(house: Door, *frames: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", house.port)
    writer.write(HANDSHAKE)
    await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), HANG_S)
    writer.write(b"".join(frames))
    return reader, writer


async def close_code(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> tuple[int, str]:
    """The close frame at the end of what the house sends."""
    said = await asyncio.wait_for(reader.read(), HANG_S)
    writer.close()
    assert said[0] == 0x88
    return int.from_bytes(said[2:4], "big"), said[4:].decode()


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536])
async def test_messages_of_every_length_form(size: int) -> None:
    async with open_door() as house, connect(house.socket) as socket:
        await socket.send(b"m" * size)
        assert await socket.recv() == b"m" * size
        house.desk.sessions[0].connection.send_now(b"n" * size, False)
        assert await socket.recv() == b"n" * size


async def test_a_message_in_fragments_with_a_ping_between() -> None:
    async with open_door() as house:
        reader, writer = await speak(
            house,
            client_frame(1, b"one ", fin=False),
            client_frame(9, b"still there?"),
            client_frame(0, b"two ", fin=False),
            client_frame(0, b"three"),
        )
        expected = b"\x8a\x0cstill there?" + b"\x82\x0done two three"
        assert await asyncio.wait_for(reader.readexactly(len(expected)), HANG_S) == expected
        writer.close()


@pytest.mark.parametrize(
    ("frames", "code"),
    [
        ([client_frame(1, b"x" * 70_000)], 1009),
        ([client_frame(1, b"x" * 40_000, fin=False), client_frame(0, b"x" * 40_000)], 1009),
        ([client_frame(0, b"x")], 1002),
        ([client_frame(1, b"x", fin=False), client_frame(1, b"x")], 1002),
        ([client_frame(1, b"x", mask=None)], 1002),
        ([client_frame(3, b"x")], 1002),
        ([client_frame(9, b"x", fin=False)], 1002),
        ([b"\x81\xfe\x00\x01garbage"], 1002),
        ([client_frame(8, struct.pack(">H", 1000))], 1000),
        ([client_frame(8, b"\x03")], 1002),
        ([client_frame(1, b"raise")], 1011),
    ],
)
async def test_what_ends_a_connection(frames: list[bytes], code: int) -> None:
    async with open_door(Limits(close_timeout_ms=100)) as house, connect(house.socket) as bystander:
        assert (await close_code(*await speak(house, *frames)))[0] == code
        await bystander.send("x")
        assert await bystander.recv() == b"x"


class RecordingTransport:
    """Where a connection writes, with each write kept; nothing else can tell one write from two."""

    is_close_frame_sent = False

    def __init__(self) -> None:
        self.underlying_transport = self
        self.writes: list[bytes] = []

    def write(self, octets: bytes) -> None:
        self.writes.append(octets)

    def send(self, kind: WSMsgType, payload: bytes) -> None:
        self.writes.append(bytes((0x80 | kind.value, len(payload))) + payload)

    def is_closing(self) -> bool:
        return False

    def get_write_buffer_size(self) -> int:
        return 0


async def test_many_answers_of_one_turn_leave_in_one_write() -> None:
    flusher, transport = Flusher(), RecordingTransport()
    opening = Opening("/echo", "127.0.0.1", "", 1)
    connection = Connection(EchoDesk(), opening, Limits(), flusher)
    connection.on_ws_connected(cast(WSTransport, transport))
    for _ in range(100):
        connection.send(b"answer")
    assert transport.writes == []
    flusher.flush()
    assert transport.writes == [b"\x82\x06answer" * 100]
    connection.send(b"pushed", text=True)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert transport.writes[1:] == [b"\x81\x06pushed"]


async def test_what_is_sent_now_is_written_now_behind_what_was_collected() -> None:
    flusher, transport = Flusher(), RecordingTransport()
    connection = Connection(EchoDesk(), Opening("/echo", "127.0.0.1", "", 1), Limits(), flusher)
    connection.on_ws_connected(cast(WSTransport, transport))
    connection.send_now(b"one", False)
    connection.send(b"answer")
    connection.send_now(b"two", True)
    assert transport.writes == [b"\x82\x03one", b"\x82\x06answer\x81\x03two"]
    flusher.flush()
    assert len(transport.writes) == 2
    connection.on_ws_disconnected(cast(WSTransport, transport))
    connection.send_now(b"three", False)
    assert len(transport.writes) == 2


async def test_a_reader_too_slow_is_told_and_disconnected_and_delays_nobody() -> None:
    limits = Limits(outbound_bytes_max=1 << 20, close_timeout_ms=300)
    async with open_door(limits) as house, connect(house.socket) as bystander:
        reader, writer = await asyncio.open_connection("127.0.0.1", house.port, limit=1 << 10)
        writer.write(HANDSHAKE)
        await reader.readuntil(b"\r\n\r\n")
        slow = house.desk.sessions[1]
        for number in range(40):
            writer.write(client_frame(1, b"flood 8"))
            await bystander.send(str(number))
            assert await bystander.recv() == str(number).encode()
        await until(lambda: slow.closings, "the slow reader is disconnected")
        await bystander.send("x")
        assert await bystander.recv() == b"x"
        assert [session.closings for session in house.desk.sessions] == [0, 1]
        writer.close()


async def test_slow_readers_together_are_bounded_the_slowest_goes_first() -> None:
    limits = Limits(outbound_bytes_max=1 << 28, outbound_bytes_total_max=32 << 20)
    async with open_door(limits) as house, connect(house.socket) as bystander:
        slow = [await speak(house) for _ in range(3)]
        connections = [session.connection for session in house.desk.sessions]
        for megabytes, connection in zip((10, 20, 40), connections[1:], strict=True):
            for _ in range(megabytes * 16):
                connection.send(bytes(65_536))
        house.door.relieve()
        await until(lambda: house.desk.sessions[3].closings, "the slowest is gone")
        assert [session.closings for session in house.desk.sessions] == [0, 0, 0, 1]
        assert sum(connection.unsent_bytes for connection in house.door.connections) <= 32 << 20
        await bystander.send("x")
        assert await bystander.recv() == b"x"
        for _, writer in slow:
            writer.close()


async def test_the_reason_reaches_a_slow_reader_that_wakes_up() -> None:
    limits = Limits(outbound_bytes_max=1 << 20, close_timeout_ms=60_000)
    async with open_door(limits) as house, connect(house.socket, max_queue=1) as socket:
        await socket.send("flood 200")
        await until(lambda: not house.desk.sessions[0].connection.is_open, "the house has had enough")
        with pytest.raises(ConnectionClosed) as end:  # noqa: PT012  (messages come before the end)
            while True:
                await socket.recv()
        assert end.value.rcvd is not None
        assert end.value.rcvd.code == 1008
        assert end.value.rcvd.reason.startswith("too slow: ")


async def test_too_many_unanswered_requests_are_not_read_on() -> None:
    async with open_door(Limits(commands_in_flight_max=10)) as house, connect(house.socket) as bystander:
        _, writer = await speak(house)
        session = house.desk.sessions[1]

        async def count_held() -> int:
            """Once somebody else was answered, the house has read whatever it is willing to read."""
            await bystander.send("x")
            await bystander.recv()
            return session.messages.count(b"hold")

        writer.write((client_frame(1, b"hold") + client_frame(1, b"x" * 2_000)) * 40)
        await until(lambda: session.messages.count(b"hold") >= 10, "the bound is reached")
        held = await count_held()
        assert 10 <= held < 25, "reading stops at the bound; what was read together with it is still taken"
        session.connection.finished()
        assert await count_held() == held, "it goes on at half the bound, not at once"
        for _ in range(held - 5):
            session.connection.finished()
        await until(lambda: session.messages.count(b"hold") > held, "it is read from again")
        writer.close()


@pytest.mark.usefixtures("no_refill")
async def test_a_sender_too_fast_is_refused_and_a_flood_ends() -> None:
    limits = Limits(requests_per_second_max=1, requests_burst_max=5, refusals_in_row_max=3)
    async with open_door(limits) as house, connect(house.socket) as socket:
        for _ in range(9):
            await socket.send("x")
        answers = [await socket.recv() for _ in range(8)]
        assert answers == [b"x"] * 5 + [b"refused"] * 3
        with pytest.raises(ConnectionClosed) as end:
            await socket.recv()
        assert end.value.rcvd is not None
        assert end.value.rcvd.code == 1008
        assert "a flood" in end.value.rcvd.reason


async def test_a_desk_that_cannot_open_a_session_is_said() -> None:
    async with open_door(Limits(close_timeout_ms=100)) as house:
        house.desk.fails = True
        assert await close_code(*await speak(house)) == (1011, "internal error")


async def test_a_silent_client_is_pinged_and_a_dead_one_let_go() -> None:
    async with open_door(Limits(ping_idle_timeout_ms=1_000)) as house:
        reader, writer = await speak(house)
        with capture_logs() as logs:
            assert await asyncio.wait_for(reader.readexactly(2), HANG_S) == b"\x89\x00"
            assert (await close_code(reader, writer))[0] == 1001
            await until(lambda: logs, "the reason is logged")
        assert (logs[0]["event"], logs[0]["address"]) == ("a client that answers no ping is disconnected", "127.0.0.1")
