"""Where the streams take from what they say: the narrow side of the floor that feeds may know.

With this and ``outlet.py`` the feeds need neither floor nor session, which both know the feeds.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import TYPE_CHECKING, Any, Protocol

from fondaco.core.house import House
from fondaco.desks.exchange.catalogue import Catalogue
from fondaco.runtime.limits import Limits

if TYPE_CHECKING:
    from fondaco.projections.history import History


class Journalled(Protocol):
    """How far the journal is."""

    @property
    def durable_seq(self) -> int: ...


class Wish(Protocol):
    """Somebody who wants something, as long as it is active."""

    @property
    def is_active(self) -> bool: ...


class Source(Protocol):
    """The house as it is, its history, and how its markets are written."""

    @property
    def house(self) -> House: ...
    @property
    def history(self) -> History: ...
    @property
    def runtime(self) -> Journalled: ...
    @property
    def catalogue(self) -> Catalogue: ...
    @property
    def limits(self) -> Limits: ...
    def now_s(self) -> int: ...
    def start_task(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]: ...
    async def until_read(self, read: Callable[[], Awaitable[None]], wish: Wish) -> None: ...
