"""A front door on a free port with the simplest desk behind it, for clients that are not ours."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import msgspec

from fondaco.core.instruments import Key, User
from fondaco.desks.common.auth import Authenticator, NotBelieved
from fondaco.desks.common.connection import Connection, Flusher
from fondaco.desks.common.desk import Identity, Opening
from fondaco.desks.common.front_door import FrontDoor, bind, forwarded_address
from fondaco.desks.common.http import Services, make_application
from fondaco.desks.common.http_server import HttpServer
from fondaco.runtime.limits import Limits
from tests.waiting import HANG_S

SECRETS = {"demo-key": "demo-secret"}


class Book:
    """The part of a house that signatures need."""

    def __init__(self) -> None:
        self.time_us = 0
        self.users = {1: User(1, "alice")}
        self.keys = {"demo-key": Key(7, "demo-key", 1, ("read", "trade"))}


class EchoSession:
    """Answers each message with itself; some words make it do other things."""

    def __init__(self, opening: Opening, connection: Connection) -> None:
        self.opening = opening
        self.connection = connection
        self.messages: list[bytes] = []
        self.closings = 0

    def received(self, message: bytes) -> None:
        self.messages.append(message)
        word, _, rest = message.partition(b" ")
        if word == b"who":
            self.connection.send(f"{self.opening.address} {self.opening.subprotocol}".encode(), text=True)
        elif word == b"raise":
            raise RuntimeError("a defect of the desk")
        elif word == b"flood":
            for _ in range(int(rest)):
                self.connection.send(bytes(65_536))
        elif word == b"hold":
            self.connection.started()
        elif word == b"release":
            for _ in range(int(rest)):
                self.connection.finished()
        else:
            self.connection.send(message, text=self.opening.subprotocol == "json")

    def refused(self, message: bytes) -> None:
        self.connection.send(b"refused")

    def closed(self) -> None:
        self.closings += 1


class EchoDesk:
    paths: tuple[str, ...] = ("/echo", "/echo/v2")

    def __init__(self) -> None:
        self.sessions: list[EchoSession] = []
        self.fails = False
        self.slow_began = asyncio.Event()
        self.slow_may_end = asyncio.Event()

    def choose_subprotocol(self, offered: Sequence[str]) -> str:
        return next((name for name in offered if name in ("gzip", "json")), "")

    def open(self, opening: Opening, connection: Connection) -> EchoSession:
        if self.fails:
            raise RuntimeError("a defect of the desk")
        session = EchoSession(opening, connection)
        self.sessions.append(session)
        return session

    async def http_request(self, method: str, body: bytes, identity: Identity | None, address: str) -> bytes:
        if method == "slow":
            self.slow_began.set()
            await self.slow_may_end.wait()
        if method == "raise":
            raise RuntimeError("a defect of the desk")
        who = b"null" if identity is None else b"%d" % identity.user_id
        return b'{"method":"%s","user":%s,"bytes":%d}' % (method.encode(), who, len(body))

    def http_refusal(self, refusal: NotBelieved) -> bytes:
        return msgspec.json.encode({"error": refusal.told})

    def http_astray(self, verb: str, path: str) -> bytes:
        return msgspec.json.encode({"astray": [verb, path]})


@dataclass
class Door:
    port: int
    door: FrontDoor
    desk: EchoDesk
    not_ready: list[str] = field(default_factory=list)

    @property
    def http(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def socket(self) -> str:
        return f"ws://127.0.0.1:{self.port}/echo"


@asynccontextmanager
async def open_door(limits: Limits | None = None, trusted_proxy: str | None = None) -> AsyncIterator[Door]:
    limits = limits or Limits()
    desk = EchoDesk()
    not_ready: list[str] = []
    services = Services(
        mounted={},
        desk=desk,
        authenticator=Authenticator(Book(), SECRETS, limits, md5_allowed=True),
        limits=limits,
        not_ready=lambda: not_ready,
        metrics=lambda: b"fondaco_up 1\n",
        page=lambda: b"<!doctype html><title>fondaco</title>",
        client_address=lambda peer, forwarded: forwarded_address(peer, forwarded, trusted_proxy),
        socket_paths=desk.paths,
    )
    http = HttpServer(make_application(services), limits, {})
    door = FrontDoor(limits, [desk], http, Flusher(), trusted_proxy=trusted_proxy)
    bound = bind("127.0.0.1", 0)
    port = bound.getsockname()[1]
    await door.start(bound)
    try:
        yield Door(port, door, desk, not_ready)
    finally:
        await door.stop()
        assert door.census.open == 0


async def raw(port: int, sent: bytes, timeout_s: float = HANG_S) -> bytes:
    """Everything the house says to some bytes, until it closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(sent)
        return await asyncio.wait_for(reader.read(), timeout_s)
    finally:
        writer.close()
