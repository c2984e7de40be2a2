"""What a session and the streams need of a connection: no sockets here, so that tests stand in for it."""

from __future__ import annotations

from typing import Protocol

from picows import WSCloseCode

from fondaco.desks.exchange.dialect import Dialect


class Outlet(Protocol):
    """Messages are collected and written once a turn, except what is sent now.

    ``congested``: its reader is behind, so what may be skipped is. Nothing that is sent is ever dropped.
    """

    congested: bool

    @property
    def unsent_bytes(self) -> int: ...
    def send(self, payload: bytes, *, text: bool = False) -> None: ...
    def send_now(self, payload: bytes, text: bool) -> None: ...
    def started(self) -> None: ...
    def finished(self) -> None: ...
    def close(self, code: WSCloseCode, reason: str) -> None: ...


class Receiver(Protocol):
    """Who can be subscribed to public streams: a session."""

    @property
    def outlet(self) -> Outlet: ...
    @property
    def dialect(self) -> Dialect: ...
