"""An HTTP refusal that the client can really read.

Closing a socket that still has unread bytes makes the kernel reset the connection, and the reset may overtake the
answer. So after the answer our half is shut, and what still comes is read and thrown away until the client closes, for
a short while at most.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from http import HTTPStatus

_LINGER_S = 1.0
_DISCARDED_BYTES_MAX = 4_194_304


def refuse(transport: asyncio.Transport, status: int, sentence: str, on_lost: Callable[[], None]) -> None:
    """Takes the transport over, answers ``status`` with a sentence and closes. ``on_lost`` is called at its end."""
    transport.set_protocol(_Lingering(transport, on_lost))
    body = f"{sentence}\n".encode()
    extra = "Sec-WebSocket-Version: 13\r\nUpgrade: websocket\r\n" if status == HTTPStatus.UPGRADE_REQUIRED else ""
    head = (
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\nContent-Type: text/plain; charset=utf-8\r\n{extra}"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    transport.write(head.encode() + body)
    if transport.can_write_eof():
        transport.write_eof()


class _Lingering(asyncio.Protocol):
    def __init__(self, transport: asyncio.Transport, on_lost: Callable[[], None]) -> None:
        self._transport = transport
        self._on_lost = on_lost
        self._discarded_bytes = 0
        self._timer = asyncio.get_running_loop().call_later(_LINGER_S, transport.abort)

    def data_received(self, received: bytes) -> None:
        self._discarded_bytes += len(received)
        if self._discarded_bytes > _DISCARDED_BYTES_MAX:
            self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._timer.cancel()
        self._on_lost()
