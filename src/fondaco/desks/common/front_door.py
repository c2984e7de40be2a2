"""The one port of the house: reads a request head, then hands the connection to WebSocket or HTTP.

    accept → count → request head (≤ 8 KiB, ≤ 5 s) ┬ a WebSocket upgrade on a desk's path → picows → Connection
                                                   └ anything else                        → uvicorn's HTTP protocol

The accepted transport stays the same throughout; only its protocol changes: reading is paused, the new protocol is
set, told of its connection, and given the bytes already read as though they had just arrived. picows' protocol is a
*buffered* one (it lends its memory), so the replay copies into what ``get_buffer`` returns.

Invariants: every connection is counted from its acceptance to its loss, whoever serves it; whatever is refused here
gets one HTTP answer with a sentence, and time to read it. A WebSocket head is rebuilt before picows sees it, because
picows takes only ``Connection: Upgrade`` where browsers may send ``keep-alive, Upgrade``.

Cost: about 40 µs a connection. Known limit: no TLS; that is a proxy's part.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import socket
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, cast

import httptools
import structlog
from picows import WSAutoPingStrategy, WSCloseCode, WSUpgradeRequest, WSUpgradeResponse, WSUpgradeResponseWithListener
from picows.picows import WSProtocol  # type: ignore[attr-defined]

from fondaco.desks.common.connection import Connection, Flusher
from fondaco.desks.common.desk import Opening, SocketDesk
from fondaco.desks.common.http_server import HttpServer
from fondaco.desks.common.refusal import refuse
from fondaco.desks.common.socket_log import SocketLog
from fondaco.runtime.limits import Limits

_log = structlog.get_logger("fondaco.door")
_READ_BUFFER_BYTES = 16_384
_BACKLOG = 1_024
_CROWDED_TIMEOUT_S = 0.5
"""How long a connection above the bound may take to speak before it is told so."""
_OVERLOADED_SLACK = 64
"""Connections above the bound that still get a sentence; beyond, they are only closed."""


def bind(host: str, port: int) -> socket.socket:
    """A socket bound to an address but not listening yet: nobody waits in vain while the journal is replayed.

    Port 0 takes any that is free. Raises ``OSError``.
    """
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    bound = socket.socket(family, kind, protocol)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.setblocking(False)
        bound.bind(address)
    except OSError:
        bound.close()
        raise
    return bound


class Census:
    """Counts open connections, all together and for each address."""

    def __init__(self, limits: Limits, trusted_proxy: str | None) -> None:
        self._limits = limits
        self._trusted_proxy = trusted_proxy
        self.open = 0
        self.refused = 0
        self._by_address: Counter[str] = Counter()

    def enter(self, address: str) -> str | None:
        """Counts one more connection; the sentence if it is one too many. Either way it must ``leave``."""
        self.open += 1
        self._by_address[address] += 1
        here = self._by_address[address]
        if self.open > self._limits.connections_max:
            self.refused += 1
            return f"the house serves {self._limits.connections_max} connections and all are taken; try again later"
        if here > self._limits.connections_per_address_max and address != self._trusted_proxy:
            self.refused += 1
            return (
                f"{here - 1} connections are open from your address; at most "
                f"{self._limits.connections_per_address_max} are served: close some"
            )
        return None

    def leave(self, address: str) -> None:
        self.open -= 1
        self._by_address[address] -= 1
        if not self._by_address[address]:
            del self._by_address[address]


class FrontDoor:
    """Listens on one address. ``start`` binds; ``stop`` takes no more connections and closes those there are."""

    def __init__(
        self,
        limits: Limits,
        desks: Sequence[SocketDesk],
        http: HttpServer,
        flusher: Flusher,
        *,
        trusted_proxy: str | None = None,
    ) -> None:
        self.limits = limits
        self.census = Census(limits, trusted_proxy)
        self.connections: set[Connection] = set()
        self._http = http
        self._flusher = flusher
        self._trusted_proxy = trusted_proxy
        self._desks = {path: desk for desk in desks for path in desk.paths}
        self._server: asyncio.Server | None = None
        self._sessions_opened = 0
        self._socket_log = SocketLog()

    async def start(self, bound: socket.socket) -> None:
        """Accepts connections on a socket that ``bind`` made."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Arrival(self), sock=bound, backlog=_BACKLOG)

    def stop_accepting(self) -> None:
        """Takes no more connections; those there are go on."""
        if self._server is not None:
            self._server.close()

    async def stop(self) -> None:
        """Stops accepting, tells every client, and returns when all are gone or their time to read is over."""
        self.stop_accepting()
        self._http.stop()
        for connection in list(self.connections):
            connection.close(WSCloseCode.GOING_AWAY, "the house is closing")
        deadline_s = self.limits.close_timeout_ms / 1000 + 0.5
        for _ in range(int(deadline_s * 50)):
            if not self.census.open:
                break
            await asyncio.sleep(0.02)
        if self._server is not None:
            await self._server.wait_closed()

    def relieve(self) -> None:
        """Drops the slowest readers while all of them together hold too much memory. Called once a second."""
        bound = self.limits.outbound_bytes_total_max
        unsent = {connection: connection.unsent_bytes for connection in self.connections}
        total = sum(unsent.values())
        for connection in sorted(unsent, key=lambda each: unsent[each], reverse=True):
            if total <= bound:
                return
            _log.warning(
                "a slow reader is dropped: unsent bytes of all connections pass their bound",
                address=connection.opening.address,
                unsent_bytes=unsent[connection],
                total_bytes=total,
                bound_bytes=bound,
            )
            total -= unsent[connection]
            connection.abort()

    # ── handing over ──────────────────────────────────────────────────────────────────────────────────────────────────

    def hand_to_http(self, transport: asyncio.Transport, address: str, received: bytes) -> None:
        protocol = self._http.protocol(lambda: self.census.leave(address))
        _switch(transport, protocol)
        protocol.data_received(received)

    def hand_to_desk(self, transport: asyncio.Transport, address: str, head: Head, rest: bytes) -> str | None:
        """Makes it a WebSocket; a sentence instead if the path is not a desk's."""
        desk = self._desks.get(head.path)
        if desk is None:
            served = ", ".join(sorted(self._desks)) or "none"
            return f"no WebSocket is served at {head.path[:100]}; there are: {served}"
        subprotocol = desk.choose_subprotocol(head.subprotocols)
        self._sessions_opened += 1
        client = forwarded_address(address, head.forwarded_for, self._trusted_proxy)
        opening = Opening(head.path, client, subprotocol, self._sessions_opened)
        connection = Connection(desk, opening, self.limits, self._flusher)
        self.connections.add(connection)

        def accept(_: WSUpgradeRequest) -> WSUpgradeResponseWithListener:
            headers = {"Sec-WebSocket-Protocol": subprotocol} if subprotocol else None
            return WSUpgradeResponseWithListener(WSUpgradeResponse.create_101_response(headers), connection)

        def lost() -> None:
            self.connections.discard(connection)
            self.census.leave(address)

        protocol = _SocketProtocol(self, accept, lost)
        _switch(transport, protocol)
        _replay(protocol, head.for_picows() + rest)
        return None

    @property
    def socket_log(self) -> SocketLog:
        return self._socket_log


def forwarded_address(peer: str, forwarded_for: str, trusted_proxy: str | None) -> str:
    """The client's address: the peer's own, or what the trusted proxy appended last to X-Forwarded-For."""
    if trusted_proxy is None or peer != trusted_proxy or not forwarded_for:
        return peer
    return forwarded_for.rpartition(",")[2].strip()


class Head:
    """A request head as httptools reads it; knows whether it asks for a WebSocket, and what is wrong with that."""

    def __init__(self) -> None:
        self.complete = False
        self._url = b""
        self._headers: list[tuple[bytes, bytes]] = []
        self._parser = httptools.HttpRequestParser(self)

    def feed(self, received: bytes) -> None:
        """Raises ``httptools.HttpParserError`` if this is no HTTP."""
        try:
            self._parser.feed_data(received)
        except httptools.HttpParserUpgrade:
            pass

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        self.complete = True

    @property
    def path(self) -> str:
        """Without its query, and without a slash at its end: clients write both ``/v2`` and ``/v2/``."""
        return self._url.partition(b"?")[0].decode("latin-1").rstrip("/") or "/"

    @property
    def is_upgrade(self) -> bool:
        return self._value(b"upgrade").strip().lower() == b"websocket" and b"upgrade" in self._tokens(b"connection")

    @property
    def subprotocols(self) -> tuple[str, ...]:
        """As offered, in the client's order (RFC 6455 §4.1 item 10)."""
        return tuple(token.decode("latin-1") for token in self._tokens(b"sec-websocket-protocol", keep_case=True))

    @property
    def forwarded_for(self) -> str:
        return self._value(b"x-forwarded-for").decode("latin-1")

    def upgrade_fault(self) -> tuple[int, str] | None:
        """Status and sentence if the upgrade breaks RFC 6455 §4.2.1."""
        if self._parser.get_method() != b"GET" or self._parser.get_http_version() != "1.1":
            return 400, "a WebSocket upgrade is a GET of HTTP/1.1"
        if self._value(b"content-length") not in (b"", b"0") or self._value(b"transfer-encoding"):
            return 400, "a WebSocket upgrade has no body"
        if self._value(b"sec-websocket-version").strip() != b"13":
            return 426, "this house speaks WebSocket version 13"
        try:
            valid = len(base64.b64decode(self._value(b"sec-websocket-key").strip(), validate=True)) == 16
        except binascii.Error:
            valid = False
        return None if valid else (400, "Sec-WebSocket-Key must be 16 bytes in base64")

    def for_picows(self) -> bytes:
        """The head with exactly the headers picows checks."""
        key = self._value(b"sec-websocket-key").strip()
        return (
            b"GET / HTTP/1.1\r\nHost: fondaco\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + key + b"\r\n\r\n"
        )

    def _value(self, name: bytes) -> bytes:
        return b",".join(value for key, value in self._headers if key == name)

    def _tokens(self, name: bytes, *, keep_case: bool = False) -> list[bytes]:
        value = self._value(name)
        return [token.strip() for token in (value if keep_case else value.lower()).split(b",") if token.strip()]


class _Arrival(asyncio.Protocol):
    """A connection of which nothing is known yet: gathers its request head."""

    def __init__(self, door: FrontDoor) -> None:
        self._door = door
        self._transport: asyncio.Transport | None = None
        self._address = ""
        self._received = bytearray()
        self._head = Head()
        self._timer: asyncio.TimerHandle | None = None
        self._crowded: str | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's transports do not inherit it
        peer = transport.get_extra_info("peername")
        self._address = peer[0] if peer else ""
        census, limits = self._door.census, self._door.limits
        self._crowded = census.enter(self._address)
        if census.open > limits.connections_max + _OVERLOADED_SLACK:
            self._transport.abort()
            return
        timeout_s = _CROWDED_TIMEOUT_S if self._crowded else limits.request_head_timeout_ms / 1000
        self._timer = asyncio.get_running_loop().call_later(timeout_s, self._timed_out)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timer()
        self._door.census.leave(self._address)

    def data_received(self, received: bytes) -> None:
        if self._crowded is not None:
            self._refuse(503, self._crowded)  # only now: a client that has not spoken yet does not expect an answer
            return
        fed = len(self._received)
        self._received += received
        end = self._received.find(b"\r\n\r\n", max(0, fed - 3))
        head_bytes = len(self._received) if end < 0 else end + 4
        if head_bytes > self._door.limits.request_head_bytes_max:
            self._refuse(431, f"a request head of more than {self._door.limits.request_head_bytes_max} bytes")
            return
        try:
            self._head.feed(bytes(self._received[fed:head_bytes]))
        except httptools.HttpParserError:
            self._refuse(400, "this is no HTTP request; the house speaks HTTP/1.1 and WebSocket, without TLS")
            return
        if end >= 0:
            self._hand_over(head_bytes)

    def _hand_over(self, head_bytes: int) -> None:
        transport = self._transport
        assert transport is not None
        self._stop_timer()
        head = self._head
        if not head.is_upgrade:
            self._door.hand_to_http(transport, self._address, bytes(self._received))
            return
        fault = head.upgrade_fault()
        if fault is None:
            unknown = self._door.hand_to_desk(transport, self._address, head, bytes(self._received[head_bytes:]))
            fault = None if unknown is None else (404, unknown)
        if fault is not None:
            self._refuse(*fault)

    def _timed_out(self) -> None:
        if self._crowded is not None:
            self._refuse(503, self._crowded)
            return
        self._refuse(408, f"no whole request head within {self._door.limits.request_head_timeout_ms} ms")

    def _refuse(self, status: int, sentence: str) -> None:
        self._stop_timer()
        transport, address, census = self._transport, self._address, self._door.census
        assert transport is not None
        refuse(transport, status, sentence, lambda: census.leave(address))

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


class _SocketProtocol(WSProtocol):  # type: ignore[misc]
    """picows' server protocol, built as ``ws_create_server`` of picows 2.3.1 builds it, that reports its end."""

    def __init__(
        self,
        door: FrontDoor,
        accept: Callable[[WSUpgradeRequest], WSUpgradeResponseWithListener],
        on_lost: Callable[[], None],
    ) -> None:
        ping_timeout_s = door.limits.ping_idle_timeout_ms / 1000
        super().__init__(
            None,  # host and port, path: a client's
            None,
            False,  # not the client's side
            accept,
            door.socket_log,
            True,  # disconnect on an exception
            None,  # the front door has timed the handshake
            True,  # ping the silent
            ping_timeout_s,
            ping_timeout_s,
            WSAutoPingStrategy.PING_WHEN_IDLE,
            False,  # pongs go out with the other frames: bounded and in order
            door.limits.frame_bytes_max,
            None,  # extra headers: a client's
            _READ_BUFFER_BYTES,
        )
        self._on_lost = on_lost

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._on_lost()


def _switch(transport: asyncio.Transport, protocol: Any) -> None:
    """Gives a transport another protocol. Reading starts anew, because both event loops choose their way of reading
    (buffered or not) when it starts."""
    transport.pause_reading()
    transport.set_protocol(protocol)
    protocol.connection_made(transport)
    transport.resume_reading()


def _replay(protocol: asyncio.BufferedProtocol, received: bytes) -> None:
    """Gives bytes to a buffered protocol as a transport would."""
    left = memoryview(received)
    while left:
        buffer = memoryview(protocol.get_buffer(len(left))).cast("B")
        count = min(len(buffer), len(left))
        buffer[:count] = left[:count]
        protocol.buffer_updated(count)
        left = left[count:]
