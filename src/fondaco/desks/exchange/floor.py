"""The trading floor: everything a method of the desk may reach.

The floor is made once, by the desk. It holds no state of its own but the tasks under way and the open sessions; the
seams to the runtime and to the history stand here as protocols, so that a session can be driven without either.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import TYPE_CHECKING, Any, Final, Protocol
from weakref import WeakValueDictionary

import structlog

from fondaco.core.house import House
from fondaco.desks.common.desk import Identity
from fondaco.desks.exchange.business_ids import BusinessIds
from fondaco.desks.exchange.catalogue import Catalogue
from fondaco.desks.exchange.plain_request import PlainRequest
from fondaco.projections.history import ServiceTimeout
from fondaco.runtime.inbox import Waiter
from fondaco.runtime.limits import Limits

if TYPE_CHECKING:
    from fondaco.desks.common.auth import NotBelieved
    from fondaco.desks.exchange.feed import MarketFeed
    from fondaco.desks.exchange.history_feed import HistoryFeed
    from fondaco.desks.exchange.method import Method
    from fondaco.desks.exchange.order_feed import OrderFeed
    from fondaco.desks.exchange.private_feed import PrivateFeed
    from fondaco.desks.exchange.session import Session
    from fondaco.desks.exchange.source import Wish
    from fondaco.projections.history import History

_RETRY_S: Final = 1.0

_log = structlog.get_logger("fondaco.exchange")


class Runtime(Protocol):
    """What the desk needs of the sequencer."""

    house: House
    durable_seq: int
    intake_stopped: str | None

    def submit(self, record: bytes, waiter: Waiter | None) -> None: ...


class Logins(Protocol):
    """What the desk needs of the authenticator."""

    def socket(self, api_key: str, signature: str, timestamp_ms: int | str, address: str) -> Identity | NotBelieved: ...
    def socket_md5(self, api_key: str, signature: str, address: str) -> Identity | NotBelieved: ...


class Secrets(Protocol):
    """Where the secrets of keys are kept; ``put`` returns when they are on disk."""

    def get(self, api_key: str) -> str | None: ...
    def put(self, api_key: str, secret: str) -> None: ...


class HistoryTasks(set["asyncio.Task[None]"]):
    """A set that can be forgotten when nobody holds it."""


class Floor:
    """One per desk."""

    def __init__(
        self,
        runtime: Runtime,
        history: History,
        logins: Logins,
        secrets: Secrets,
        limits: Limits,
        methods: Mapping[str, Method],
        now_us: Callable[[], int],
    ) -> None:
        self.runtime = runtime
        self.house = runtime.house
        self.history = history
        self.logins = logins
        self.secrets = secrets
        self.limits = limits
        self.methods = methods
        self.now_us = now_us
        self.catalogue = Catalogue(runtime.house)
        self.business_ids = BusinessIds(runtime.house)
        self.plain_request = PlainRequest()
        self.sessions: set[Session] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._history_tasks: WeakValueDictionary[str, HistoryTasks] = WeakValueDictionary()
        self.market_feed: MarketFeed
        self.history_feed: HistoryFeed
        self.order_feed: OrderFeed
        self.private_feed: PrivateFeed

    def start_task(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run something whose end nobody waits for; it is kept until it ends."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._task_ended)
        return task

    def history_tasks_of(self, asker: str) -> HistoryTasks:
        """What is under way over history for a key or an address over HTTP; kept while one of its calls lives."""
        tasks = self._history_tasks.get(asker)
        if tasks is None:
            tasks = self._history_tasks[asker] = HistoryTasks()
        return tasks

    def _task_ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("something under way failed", exc_info=error)

    def now_s(self) -> int:
        """Whole seconds of the clock, never behind what the journal was stamped with."""
        return max(self.now_us(), self.house.time_us) // 1_000_000

    async def until_read(self, read: Callable[[], Awaitable[None]], wish: Wish) -> None:
        """Read from the history, trying again while it is behind and somebody still wants it."""
        while wish.is_active:
            try:
                await read()
            except ServiceTimeout:
                await asyncio.sleep(_RETRY_S)
            else:
                return

    async def stop(self) -> None:
        """Cancel what is still under way."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
