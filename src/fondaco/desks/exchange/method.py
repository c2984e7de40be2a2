"""What a method is: its name, who may call it, what it takes, and the function that does it."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import msgspec

from fondaco.desks.exchange.caller import Caller

#: A plain function gives its result or PENDING; a coroutine function is awaited.
Handler = Callable[[Caller, list[Any], int | None], Any]


class Method(msgspec.Struct, frozen=True):
    """``scope`` is None where anybody may call; ``params`` is the signature as the reference prints it."""

    name: str
    scope: str | None
    params: str
    handler: Handler
    line: str
    on_socket_only: bool = False
    is_later: bool = False


def method(
    name: str, scope: str | None, params: str, handler: Handler, line: str, *, on_socket_only: bool = False
) -> Method:
    """A method with its one line for the reference."""
    return Method(name, scope, params, handler, line, on_socket_only, inspect.iscoroutinefunction(handler))
