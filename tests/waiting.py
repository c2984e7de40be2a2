"""Waiting for what must come, however slow the machine is: a condition decides, never a stretch of time.

The bound only keeps a defect from hanging the run; no test may pass or fail by how much of it was used.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

HANG_S = 60.0
_LOOK_S = 0.005


async def until(condition: Callable[[], object], what: str) -> None:
    """Returns once the condition holds; the event loop runs on meanwhile."""
    until_s = time.monotonic() + HANG_S
    while not condition():
        assert time.monotonic() < until_s, f"not within {HANG_S:.0f} s: {what}"
        await asyncio.sleep(_LOOK_S)


def blocked_until(condition: Callable[[], object], what: str) -> None:
    """The same without an event loop, for what happens in other processes."""
    until_s = time.monotonic() + HANG_S
    while not condition():
        assert time.monotonic() < until_s, f"not within {HANG_S:.0f} s: {what}"
        time.sleep(_LOOK_S)
