"""How the load speaks: requests as bytes to send, and answers read from bytes that came.

Two wires with one shape: the exchange desk's WebSocket, and the HTTP of the peer ``matching-engine``. Both are written
for a load that must not be the slowest part: whole requests are encoded before the clock starts wherever they do not
hold an order id, client frames are masked with zeros (RFC 6455 §5.3 asks for a mask, and zeros are one), and of an
answer only what the load needs is read: that it is whole, no error, and the id of its order. An answer of the exchange
that does not begin as an order's record does is decoded as JSON.
"""

from __future__ import annotations

import hashlib
import hmac
import time
import zlib
from typing import Protocol

import msgspec

from bench.core.flow import BID
from bench.end_to_end.plan import Login, Plan
from fondaco.core.units import format_units

REFUSED = 0

_TAKEN = b'{"error":null,"result":{"id":'


def upgrade(host: str, subprotocol: str) -> bytes:
    """The request that opens a WebSocket; without a subprotocol frames are the document's, compressed."""
    asked = f"Sec-WebSocket-Protocol: {subprotocol}\r\n" if subprotocol else ""
    return (
        f"GET /exchange HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\nSec-WebSocket-Version: 13\r\n{asked}\r\n"
    ).encode()


def upgraded(received: bytes) -> bytes | None:
    """Reads the answer to ``upgrade``; None if more is to come, else what is left of the bytes."""
    head, end, rest = received.partition(b"\r\n\r\n")
    if not end:
        return None
    if not head.startswith(b"HTTP/1.1 101"):
        raise ConnectionError(f"no upgrade: {head.splitlines()[0].decode()}")
    return rest


def frame(text: str) -> bytes:
    """A text frame as a client sends it."""
    payload = text.encode()
    size = len(payload)
    if size < 126:
        return bytes((0x81, 0x80 | size, 0, 0, 0, 0)) + payload
    return bytes((0x81, 0x80 | 126, size >> 8, size & 0xFF, 0, 0, 0, 0)) + payload


def messages(buffer: bytes) -> tuple[list[bytes], bytes]:
    """The messages that are whole in ``buffer``, and the rest. Raises ``ConnectionError`` when the server closes."""
    found = []
    at, end = 0, len(buffer)
    while end - at >= 2:
        size = buffer[at + 1]
        start = at + 2
        if size >= 126:
            start += 2 if size == 126 else 8
            size = int.from_bytes(buffer[at + 2 : start])
        if start + size > end:
            break
        opcode = buffer[at] & 0x0F
        at = start + size
        if opcode == 8:
            raise ConnectionError(f"closed by the server: {buffer[start + 2 : at].decode()}")
        if opcode <= 2:
            found.append(buffer[start:at])
    return found, buffer[at:]


class Wire(Protocol):
    """One connection's protocol: no sockets, bytes in and bytes out. Answers come in the order of the requests."""

    def hello(self) -> bytes:
        """What is sent first."""

    def greeted(self, received: bytes) -> bytes | None:
        """Reads the server's side of ``hello``; None if more is to come, else what is left of the bytes."""

    def sign_in(self) -> bytes:
        """A request that signs in, answered like any other; empty if none is needed."""

    def place(self, side: int, price_ticks: int, size_lots: int) -> bytes: ...

    def cancel(self, order_id: int) -> bytes: ...

    def answers(self, received: bytes) -> list[int]:
        """The order ids of the answers that are complete by now, or ``REFUSED``; a rest is kept for the next bytes."""


class _Result(msgspec.Struct):
    """The status that ``server.auth`` answers, or an order's record."""

    id: int = 1


class _Error(msgspec.Struct):
    code: int


class _Envelope(msgspec.Struct):
    result: _Result | None = None
    error: _Error | None = None


class ExchangeWire:
    """The exchange desk over WebSocket. ``compressed``: the document's zlib frames, otherwise the subprotocol json."""

    def __init__(self, plan: Plan, login: Login, compressed: bool) -> None:
        self._plan = plan
        self._login = login
        self._compressed = compressed
        self._rest = b""
        self._decode = msgspec.json.Decoder(_Envelope).decode

    def hello(self) -> bytes:
        return upgrade(self._plan.host, "" if self._compressed else "json")

    def greeted(self, received: bytes) -> bytes | None:
        return upgraded(received)

    def sign_in(self) -> bytes:
        at_ms = time.time_ns() // 1_000_000
        told = f"{self._login.api_key}{at_ms}".encode()
        sign = hmac.new(self._login.secret.encode(), told, hashlib.sha256).hexdigest()
        return frame(f'{{"method":"server.auth","params":["{self._login.api_key}","{sign}",{at_ms}],"id":0}}')

    def place(self, side: int, price_ticks: int, size_lots: int) -> bytes:
        price = format_units(price_ticks, self._plan.price_digits)
        size = format_units(size_lots, self._plan.amount_digits)
        return frame(
            f'{{"method":"order.put_limit","params":["{self._plan.market}",{side},"{size}","{price}"],"id":1}}'
        )

    def cancel(self, order_id: int) -> bytes:
        return frame(f'{{"method":"order.cancel","params":["{self._plan.market}",{order_id}],"id":2}}')

    def answers(self, received: bytes) -> list[int]:
        payloads, self._rest = messages(self._rest + received if self._rest else received)
        answers: list[int] = []
        for payload in payloads:
            if self._compressed:
                payload = zlib.decompress(payload)
            if payload.startswith(_TAKEN):
                answers.append(int(payload[len(_TAKEN) : payload.index(b",", len(_TAKEN))]))
            else:
                answers.append(self._decoded(payload))
        return answers

    def _decoded(self, payload: bytes) -> int:
        envelope = self._decode(payload)
        return REFUSED if envelope.error is not None or envelope.result is None else envelope.result.id


class _Placed(msgspec.Struct):
    order_id: int = 0
    status: str = "rejected"


class HttpWire:
    """The HTTP of ``matching-engine``: one request after another on a kept connection, accounts taken on trust."""

    def __init__(self, plan: Plan, login: Login) -> None:
        self._plan = plan
        self._account = login.account
        self._rest = b""
        self._decode = msgspec.json.Decoder(_Placed).decode

    def hello(self) -> bytes:
        return b""

    def greeted(self, received: bytes) -> bytes | None:
        return received

    def sign_in(self) -> bytes:
        return b""

    def place(self, side: int, price_ticks: int, size_lots: int) -> bytes:
        price = format_units(price_ticks, self._plan.price_digits)
        size = format_units(size_lots, self._plan.amount_digits)
        name = "buy" if side == BID else "sell"
        body = (
            f'{{"account":{self._account},"side":"{name}","price":"{price}","quantity":"{size}",'
            '"self_trade_prevention":"none"}'
        ).encode()
        return (
            f"POST /markets/{self._plan.market}/orders HTTP/1.1\r\nHost: {self._plan.host}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        ).encode() + body

    def cancel(self, order_id: int) -> bytes:
        return (
            f"DELETE /markets/{self._plan.market}/orders/{order_id}?account={self._account} HTTP/1.1\r\n"
            f"Host: {self._plan.host}\r\n\r\n"
        ).encode()

    def answers(self, received: bytes) -> list[int]:
        answers: list[int] = []
        buffer = self._rest + received if self._rest else received
        while True:
            head, end, rest = buffer.partition(b"\r\n\r\n")
            if not end:
                break
            lowered = head.lower()
            at = lowered.index(b"content-length:") + 15
            size = int(lowered[at:].split(b"\r\n", 1)[0])
            if len(rest) < size:
                break
            placed = self._decode(rest[:size])
            answers.append(REFUSED if placed.status == "rejected" else placed.order_id)
            buffer = rest[size:]
        self._rest = buffer
        return answers


def make(plan: Plan, login: Login) -> Wire:
    """The wire a plan names: ``exchange+json``, ``exchange+zlib`` or ``http``."""
    if plan.wire == "http":
        return HttpWire(plan, login)
    return ExchangeWire(plan, login, compressed=plan.wire == "exchange+zlib")
