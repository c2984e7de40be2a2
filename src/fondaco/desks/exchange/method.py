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
    """``scope`` is None where anybody may call; ``params`` is the signature as the reference prints it.

    ``reads``: it tells what is so, or judges by it, and so waits for the commands its caller sent before.
    ``for_disabled``: a disabled user may still call it, as all that has the scope read.
    """

    name: str
    scope: str | None
    params: str
    handler: Handler
    line: str
    on_socket_only: bool = False
    is_later: bool = False
    reads: bool = False
    for_disabled: bool = False


def method(
    name: str,
    scope: str | None,
    params: str,
    handler: Handler,
    line: str,
    *,
    on_socket_only: bool = False,
    reads: bool = False,
    for_disabled: bool = False,
) -> Method:
    """A method with its one line for the reference."""
    is_later = inspect.iscoroutinefunction(handler)
    return Method(name, scope, params, handler, line, on_socket_only, is_later, reads, for_disabled)
