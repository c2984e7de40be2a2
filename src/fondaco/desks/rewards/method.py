"""One method of the desk: its path, who may call it, the shape of its body and of its answer.

A handler gets the call and the decoded body and returns what stands under ``data``: a struct of ``wire/rewards``, or a
``Stream``. It raises ``Failure`` for whatever it does not do.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec

from fondaco.core.rewards.entities import Role
from fondaco.desks.rewards.failure import Code
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

    ``refuses`` are the codes of what it is about; ``codes`` all it can answer.

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
    refuses: tuple[Code, ...] = ()
    streams: bool = False
    alone: bool = False

    @property
    def codes(self) -> list[Code]:
        """All codes but OK that it can answer, in their order.

        Known limit: a bulk tells its rows' refusals in its rows, and is said to answer those of a command itself.
        """
        codes = {*_ANY, *self.refuses, *(_OF_COMMANDS if self.writes else ())}
        codes |= {Code.ACCESS_DENIED} if self.role is None else {*_OF_TOKENS}
        return [code for code in Code if code in codes]


#: What any body may be refused for.
_ANY: Final = (Code.INVALID_REQUEST, Code.MISSING_PARAMETER, Code.TOO_MANY_REQUESTS, Code.INTERNAL)
_OF_TOKENS: Final = (Code.INVALID_TOKEN, Code.EXPIRED_TOKEN, Code.ACCESS_DENIED)
#: A key that was used before, an operator who was shut out meanwhile, a house that is closing.
_OF_COMMANDS: Final = (Code.CONFLICT, Code.NOT_EFFECTIVE, Code.UNAVAILABLE)


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
    refuses: tuple[Code, ...] = (),
    streams: bool = False,
    alone: bool = False,
) -> Method:
    """``refuses``: what its handler and the core may answer besides OK. ``streams``: CSV or JSON, piece by piece."""
    decoder = msgspec.json.Decoder(body)
    return Method(path, role, body, handler, summary, writes, answer, decoder, refuses, streams, alone)


READ: Final = Role.READ
OPERATE: Final = Role.OPERATE
ADMIN: Final = Role.ADMIN
