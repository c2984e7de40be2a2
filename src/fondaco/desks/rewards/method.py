"""A method of the rewards desk: its path, who may call it, its body, and who carries it out."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from fondaco.core.rewards.entities import Role
from fondaco.wire.rewards.base import OpenBody

if TYPE_CHECKING:
    from fondaco.desks.rewards.call import Call

Handler = Callable[["Call", Any], Awaitable[object]]


class Stream(NamedTuple):
    """An answer that comes in parts, such as a statement: no envelope around it."""

    media_type: str
    parts: AsyncIterator[bytes]


class Method(NamedTuple):
    """``role`` ``None``: no login is needed. ``writes``: it takes an Idempotency-Key. ``answer`` is its ``data``."""

    path: str
    role: Role | None
    body: type[OpenBody]
    answer: Any
    handler: Handler
    summary: str
    writes: bool
    decoder: msgspec.json.Decoder[Any]


def method(
    path: str,
    role: Role | None,
    body: type[OpenBody],
    answer: Any,
    handler: Handler,
    summary: str,
    *,
    writes: bool = False,
) -> Method:
    return Method(path, role, body, answer, handler, summary, writes, msgspec.json.Decoder(body))
