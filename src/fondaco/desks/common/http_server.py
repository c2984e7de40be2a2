"""uvicorn's HTTP protocol inside our own event loop, with bounds that uvicorn leaves to others.

uvicorn parses, keeps connections alive, pipelines and speaks ASGI; it has no bound on a request's head or body and
none on how slowly they may come. Those are added here, for every request of a connection: the front door has read the
first head, a kept-alive connection brings more.

    head too large 431 · head too slow 408 · body too large 413 · body too slow 408 · answer not read: aborted

Invariant: a refused request never reaches the application, or if its body broke the bound half-way, the application
sees the client gone. Cost: two timers a request, a few µs.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from email.utils import formatdate
from typing import Any, cast

import httptools
from litestar.types import ASGIApp
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from fondaco.desks.common.refusal import refuse
from fondaco.runtime.limits import Limits

_UNREAD_ANSWER_TIMEOUT_S = 30.0


class HttpServer:
    """Makes protocols for the front door and keeps what uvicorn's server keeps: its settings, the Date header."""

    def __init__(self, application: ASGIApp, limits: Limits, bodies_max: Mapping[bytes, int]) -> None:
        """``bodies_max`` are bytes of a body below each path prefix; elsewhere it is ``http_body_bytes_max``."""
        self.limits = limits
        self.bodies_max = tuple(bodies_max.items())
        self.config = Config(
            cast(Any, application),  # uvicorn and Litestar type the same ASGI each in its own way
            http="httptools",
            ws="none",
            lifespan="off",
            interface="asgi3",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            timeout_keep_alive=limits.http_keep_alive_timeout_ms // 1000,
        )
        logging.getLogger("uvicorn.error").setLevel(logging.ERROR)  # its warnings are strangers' malformed requests
        self.config.load()
        self.state = ServerState()
        self._clock: asyncio.TimerHandle | None = None
        self._stopping = False

    def protocol(self, on_lost: Callable[[], None]) -> BoundedHttpProtocol:
        """One connection's protocol; ``on_lost`` is called at its end."""
        if self._clock is None:
            self._tick()
        return BoundedHttpProtocol(self, on_lost)

    def stop(self) -> None:
        """Closes idle connections at once and the others after the answer they wait for."""
        self._stopping = True
        if self._clock is not None:
            self._clock.cancel()
        for connection in list(self.state.connections):
            connection.shutdown()

    def _tick(self) -> None:
        date = formatdate(usegmt=True).encode()
        self.state.default_headers[:] = [(b"date", date)]
        if not self._stopping:
            self._clock = asyncio.get_running_loop().call_later(1, self._tick)


class _OverBound(Exception):
    """Raised inside the parser's callbacks: a request is refused while it is read."""

    def __init__(self, status: int, sentence: str) -> None:
        self.status = status
        self.sentence = sentence


class BoundedHttpProtocol(HttpToolsProtocol):
    """One HTTP connection."""

    def __init__(self, server: HttpServer, on_lost: Callable[[], None]) -> None:
        super().__init__(server.config, server.state, {})
        self._limits = server.limits
        self._bodies_max = server.bodies_max
        self._body_bytes_max = 0
        self._on_lost = on_lost
        self._head_bytes = 0
        self._body_bytes = 0
        self._timer: asyncio.TimerHandle | None = None
        self._unread_timer: asyncio.TimerHandle | None = None
        self._left = False

    # ── the transport's side ──────────────────────────────────────────────────────────────────────────────────────────

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timer()
        self.resume_writing()
        super().connection_lost(exc)
        self._leave()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._unread_timer = self.loop.call_later(_UNREAD_ANSWER_TIMEOUT_S, self.transport.abort)

    def resume_writing(self) -> None:
        if self._unread_timer is not None:
            self._unread_timer.cancel()
            self._unread_timer = None
        super().resume_writing()

    def data_received(self, data: bytes) -> None:
        self._unset_keepalive_if_required()
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            pass  # an offer to upgrade is answered as the plain request it also is (RFC 9110 §7.8)
        except httptools.HttpParserError as error:
            cause = error.__context__
            if isinstance(cause, _OverBound):
                self._refuse(cause.status, cause.sentence)
            else:
                self._refuse(400, "this is no HTTP/1.1 request")

    # ── the parser's side ─────────────────────────────────────────────────────────────────────────────────────────────

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._head_bytes = self._body_bytes = 0
        self._start_timer(self._limits.request_head_timeout_ms, "request head")

    def on_url(self, url: bytes) -> None:
        self._count_head(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._count_head(len(name) + len(value) + 4)
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._body_bytes_max = self._limits.http_body_bytes_max
        for prefix, bytes_max in self._bodies_max:
            if self.url.startswith(prefix):
                self._body_bytes_max = bytes_max
        for name, value in self.headers:
            if name == b"content-length" and int(value) > self._body_bytes_max:
                self._body_too_large()
        self._start_timer(self._limits.http_body_timeout_ms, "request body")
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._body_bytes += len(body)
        if self._body_bytes > self._body_bytes_max:
            self._body_too_large()
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._stop_timer()
        super().on_message_complete()

    # ── bounds ────────────────────────────────────────────────────────────────────────────────────────────────────────

    def _count_head(self, count: int) -> None:
        self._head_bytes += count
        bound = self._limits.request_head_bytes_max
        if self._head_bytes > bound:
            raise _OverBound(431, f"a request head of more than {bound} bytes")

    def _body_too_large(self) -> None:
        raise _OverBound(413, f"a request body of more than {self._body_bytes_max} bytes")

    def _start_timer(self, timeout_ms: int, part: str) -> None:
        self._stop_timer()
        sentence = f"no whole {part} within {timeout_ms} ms"
        self._timer = self.loop.call_later(timeout_ms / 1000, self._refuse, 408, sentence)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _refuse(self, status: int, sentence: str) -> None:
        """Answers in place of the application, which sees the client gone."""
        self._stop_timer()
        cycle: Any = self.cycle
        answering = cycle is not None and not cycle.response_complete
        answered_partly = answering and cycle.response_started
        if answering:
            cycle.waiting_for_100_continue = False  # it is told to go away, not to go on
        super().connection_lost(ConnectionAbortedError(sentence))
        if answered_partly or self.transport.is_closing():
            self.transport.abort()
            self._leave()
        else:
            refuse(self.transport, status, sentence, self._leave)

    def _leave(self) -> None:
        if not self._left:
            self._left = True
            self._on_lost()
