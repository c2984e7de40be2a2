"""One method of the desk: its path, who may call it, the shape of its body and of its answer.

A handler gets the call and the decoded body and returns what stands under ``data``: a struct of ``wire/rewards``, or a
``Stream``. It raises ``Failure`` for whatever it does not do.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec

from fondaco.core.rewards.entities import Role
from fondaco.wire.rewards.base import Request

if TYPE_CHECKING:
    from fondaco.desks.rewards.call import Call

_B = TypeVar("_B", bound=Request)


class Stream(msgspec.Struct, frozen=True):
    """A long answer, written as it is read. ``file_name`` is what a browser would call it."""

    media_type: str
    pieces: AsyncIterator[bytes]
    file_name: str = ""


class Method(msgspec.Struct, frozen=True):
    """``role`` is the least that is needed, ``None`` for who has no token yet. ``writes``: it sends a command.

    ``alone``: it reads a thing and sends it again as a whole, so it must not run while another of its programme does,
    or the one's change would be undone by the other.
    """

    path: str
    role: Role | None
    body: type[Request]
    handler: Callable[[Call, Any], Awaitable[object]]
    summary: str
    writes: bool
    answer: type
    decoder: msgspec.json.Decoder[Any]
    streams: bool = False
    alone: bool = False


class Nothing(msgspec.Struct, frozen=True):
    """The answer of a method that has nothing to tell but that it was done."""


def method(
    path: str,
    role: Role | None,
    body: type[_B],
    handler: Callable[[Call, _B], Awaitable[object]],
    summary: str,
    *,
    writes: bool,
    answer: type = Nothing,
    streams: bool = False,
    alone: bool = False,
) -> Method:
    """``streams``: it may answer CSV or JSON piece by piece."""
    return Method(path, role, body, handler, summary, writes, answer, msgspec.json.Decoder(body), streams, alone)


READ: Final = Role.READ
OPERATE: Final = Role.OPERATE
ADMIN: Final = Role.ADMIN
