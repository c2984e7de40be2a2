"""Desks that answer everything below a path of their own, before the rest of the application is asked.

The path decides by one comparison; the request is read whole (its bound stands in http_server.py), given to the desk,
and the answer written. What this spares against a route of the framework stands in docs/decisions/rewards-desk.md.

Invariants: a client that left while its body came is not answered and not obeyed. An answer that comes in pieces is
written as fast as it is read, and ends with its reader: nothing is gathered.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import aclosing
from typing import Any, cast

from litestar.types import ASGIApp, Receive, Send

from fondaco.desks.common.desk import HttpAnswer, HttpRequest, MountedDesk


def mounted(application: ASGIApp, desks: Mapping[str, MountedDesk], address: Callable[[Any], str]) -> ASGIApp:
    """The application with ``desks`` before it, each below its prefix, such as ``/rewards/``."""
    if not desks:
        return application

    async def dispatch(scope: Any, receive: Receive, send: Send) -> None:
        path = scope["path"]
        prefix = path[: path.find("/", 1) + 1] or f"{path}/"
        desk = desks.get(prefix)
        if desk is None:
            await application(scope, receive, send)
            return
        body = await _body(receive)
        if body is None:
            return
        inside = path[len(prefix) :]
        answer = await desk.answer(HttpRequest(scope["method"], inside, scope["headers"], body, address(scope)))
        await _write(answer, receive, send)

    return dispatch


async def _body(receive: Receive) -> bytes | None:
    """The whole body, ``None`` if the client left before its end."""
    parts: list[bytes] = []
    while True:
        message: Any = await receive()
        if message["type"] != "http.request":
            return None
        if not message.get("more_body", False):
            last = cast("bytes", message.get("body", b""))
            return b"".join([*parts, last]) if parts else last
        parts.append(message["body"])


async def _write(answer: HttpAnswer, receive: Receive, send: Send) -> None:
    body = answer.body
    headers = [(b"content-type", answer.media_type), *answer.headers]
    if isinstance(body, bytes):
        headers.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    if isinstance(body, bytes):
        await send({"type": "http.response.body", "body": body, "more_body": False})
    else:
        await _stream(body, receive, send)


async def _stream(pieces: AsyncIterator[bytes], receive: Receive, send: Send) -> None:
    """Each piece waits until the one before was read far enough; a reader that left ends it."""
    gone = asyncio.ensure_future(receive())
    try:
        async with aclosing(cast("Any", pieces)):
            async for piece in pieces:
                if gone.done():
                    return
                await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})
    finally:
        gone.cancel()
