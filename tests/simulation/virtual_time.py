"""An event loop whose time passes only when nothing is left to do: hours take milliseconds, and runs repeat exactly.

Nothing in a simulation waits for a socket or a thread, so whenever the loop would sleep until its next timer, the time
of that timer is now. Whoever raises ``Stopped`` out of a callback ends the loop at that very point: what was still due
is not run, as on a machine that lost its power.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


class Stopped(SystemExit):
    """A ``SystemExit``, because asyncio lets nothing else out of a callback."""


class VirtualLoop(asyncio.SelectorEventLoop):
    """``on_error`` is called with whatever a callback raised; what it raises itself ends the loop."""

    def __init__(self, on_error: Callable[[BaseException], None]) -> None:
        self.now_s = 0.0
        super().__init__(_SkippingSelector(self))
        self.set_exception_handler(lambda _loop, context: on_error(_raised(context)))

    def time(self) -> float:
        return self.now_s

    def close(self) -> None:
        self.set_exception_handler(lambda _loop, _context: None)  # what was under way has nobody left to tell
        super().close()


class _SkippingSelector(selectors.SelectSelector):
    def __init__(self, loop: VirtualLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        assert timeout is not None, "nothing will ever happen again in this loop"
        self._loop.now_s += max(0.0, timeout)
        return super().select(0)


def _raised(context: dict[str, Any]) -> BaseException:
    error = context.get("exception")
    return error if isinstance(error, BaseException) else AssertionError(context["message"])


@contextmanager
def virtual_loop(on_error: Callable[[BaseException], None]) -> Iterator[VirtualLoop]:
    loop = VirtualLoop(on_error)
    try:
        yield loop
    finally:
        loop.close()


def run_until_stopped(loop: VirtualLoop, begin: Callable[[], Any]) -> BaseException | None:
    """Calls ``begin`` inside the loop and runs until something raises ``Stopped``; answers what caused that."""
    loop.call_soon(begin)
    try:
        loop.run_forever()
    except Stopped as stopped:
        return stopped.__cause__
    raise AssertionError("the loop ended by itself")
