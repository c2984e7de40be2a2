"""The seams between the front door and the desks.

The front door knows sockets, frames and signatures; a desk knows its protocol. Between them stand a few small shapes:

    Identity      who was proved to be speaking: a signature over HTTP, or the session's own login
    Opening       what is known of a WebSocket client before its first message
    SocketDesk    opens a Session for a connection          HttpDesk   answers one HTTP request
    Session       whole messages in; it answers through the Connection (see connection.py)
    MountedDesk   answers everything below a path of its own: one HttpRequest in, one HttpAnswer out

Invariant: the front door calls a session only from the event loop, never after ``closed``.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

if TYPE_CHECKING:
    from fondaco.desks.common.auth import NotBelieved
    from fondaco.desks.common.connection import Connection


class Identity(msgspec.Struct, frozen=True):
    """Whom a proved key speaks for. ``key_id`` and ``user_id`` are the core's numbers; scopes as in ``SCOPES``."""

    user_id: int
    key_id: int
    scopes: tuple[str, ...]
    api_key: str = ""


class Opening(msgspec.Struct, frozen=True):
    """A client asks for a WebSocket. ``subprotocol`` is the one the desk chose of those it offered, or empty."""

    path: str
    address: str
    subprotocol: str
    session_id: int


class Session(Protocol):
    """One client's conversation: no sockets inside, so that tests drive it with bytes."""

    def received(self, message: bytes) -> None:
        """One whole message (text or binary, fragments joined). Answers go to ``connection.send``."""

    def refused(self, message: bytes) -> None:
        """A message over the rate limit: it is answered with the protocol's refusal and not obeyed."""

    def closed(self) -> None:
        """The connection is gone; answers still on their way may be dropped. Called once, always."""


class SocketDesk(Protocol):
    """A desk that speaks over WebSocket. ``paths`` are fixed while the house runs."""

    @property
    def paths(self) -> tuple[str, ...]: ...

    def choose_subprotocol(self, offered: Sequence[str]) -> str:
        """One of the subprotocols a client offered, in its order, or empty for none of them."""
        ...

    def open(self, opening: Opening, connection: Connection) -> Session:
        """A session for a new connection. It may send at once: the client has its upgrade by then."""
        ...


class HttpDesk(Protocol):
    """A desk that answers HTTP requests in its own envelope, always with status 200."""

    async def http_request(self, method: str, body: bytes, identity: Identity | None, address: str) -> bytes:
        """The answer's body, JSON. ``identity`` is None for an unsigned request."""
        ...

    def http_refusal(self, refusal: NotBelieved) -> bytes:
        """The body of what the door answers to somebody it does not believe or let in (401, 429)."""
        ...

    def http_astray(self, verb: str, path: str) -> bytes:
        """The body of what the door answers below the desk's address where nothing is, or not for this verb."""
        ...


class HttpRequest(msgspec.Struct, frozen=True):
    """One whole request to a mounted desk. ``path`` is what follows the desk's own; header names are lower case."""

    verb: str
    path: str
    headers: Sequence[tuple[bytes, bytes]]
    body: bytes
    address: str

    def header(self, name: bytes) -> bytes | None:
        """The first header of a name."""
        for each, value in self.headers:
            if each == name:
                return value
        return None


class HttpAnswer(msgspec.Struct, frozen=True):
    """``body`` is whole, or comes piece by piece as fast as the client reads."""

    status: int
    body: bytes | AsyncIterator[bytes]
    headers: tuple[tuple[bytes, bytes], ...] = ()
    media_type: bytes = b"application/json"


class MountedDesk(Protocol):
    """A desk that has a path of its own, decides on statuses and headers itself, and lets in whom it knows."""

    async def answer(self, request: HttpRequest) -> HttpAnswer:
        """Never raises."""
        ...

    def describe(self) -> dict[str, Any]:
        """Its part of the OpenAPI page: ``paths`` and ``components``."""
        ...
