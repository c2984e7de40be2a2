"""The whole house, put together: reading ``start`` from top to bottom is reading the system.

    1 lock → 2 address → 3 recover → 4 secrets → 5 runtime → 6 prepare → 7 projector → 8 history → 9 desks → 10 door

Between 5 and 6 the house is told that it was opened anew: the sessions of its last life have ended, and what was to be
cancelled with them is.

``stop`` walks back: no new connections, no new commands, answers out, clients told, the projector ends with a snapshot,
the journal is closed, the lock let go. A crash needs none of this: the journal is enough.

``prepare`` is what a command does once the house is there and nobody is served yet: the demo seeds itself, `up` refuses
a house without an operator. It may raise ``OperatingError``; then nothing was served.

Invariants: the address is taken before a long recovery and listened on after it; orders are taken only when everything
stands. What breaks the house (a failed sync, a broken invariant) ends the process at once with status 1: nothing is
said after it, and the next start replays.
"""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import socket
import sys
import time
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack
from typing import Any

import structlog

from fondaco import compiled
from fondaco.config import Options
from fondaco.core.applied import Applied
from fondaco.core.command_records import encode
from fondaco.core.commands import HOUSE, HouseOpen
from fondaco.core.events import Row
from fondaco.core.house import House
from fondaco.desks.common.auth import Authenticator
from fondaco.desks.common.connection import Flusher
from fondaco.desks.common.front_door import FrontDoor, bind, forwarded_address
from fondaco.desks.common.http import Services, make_application
from fondaco.desks.common.http_server import HttpServer
from fondaco.desks.common.metrics import HouseCollector, make_metrics
from fondaco.desks.exchange.desk import ExchangeDesk
from fondaco.desks.rewards.desk import PREFIX as REWARDS
from fondaco.desks.rewards.desk import RewardsDesk
from fondaco.desks.rewards.passwords import Passwords
from fondaco.desks.rewards.webhook_client import WebhookClient
from fondaco.desks.rewards.webhook_events import Bodies
from fondaco.desks.rewards.webhooks import Webhooks
from fondaco.journal import layout
from fondaco.journal.errors import OperatingError
from fondaco.journal.file import FileJournal
from fondaco.journal.lock import DirectoryLock
from fondaco.journal.people import People
from fondaco.journal.secrets import SecretStore
from fondaco.pages.first_page import FirstPage
from fondaco.projections.history import History
from fondaco.runtime.child import Child
from fondaco.runtime.freed_memory import give_back
from fondaco.runtime.recovery import recover
from fondaco.runtime.sequencer import Runtime

PROJECTOR = "fondaco.projections.projector"
BROKEN_STATUS = 1
_CLOCK_BEHIND_US_MAX = 1_000_000

_log = structlog.get_logger("fondaco.app")


class App:
    """One house in this process. Made anywhere, started and stopped in one event loop, once."""

    house: House
    journal: FileJournal
    secrets: SecretStore
    runtime: Runtime
    projector: Child
    history: History
    exchange: ExchangeDesk
    people: People
    webhooks: Webhooks
    rewards: RewardsDesk
    door: FrontDoor
    port: int

    def __init__(
        self,
        options: Options,
        *,
        prepare: Callable[[App], Awaitable[None]] | None = None,
        fatal: Callable[[BaseException], None] | None = None,
    ) -> None:
        self.options = options
        self._prepare = prepare
        self._fatal = fatal or _end_process
        self._undo = AsyncExitStack()

    @property
    def url(self) -> str:
        """Where the house is reached from this machine, such as http://127.0.0.1:8700."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.options.host, self.options.host)
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    async def start(self) -> None:
        """Returns when the house takes orders. Raises ``OperatingError``, and then everything is undone."""
        try:
            await self._start()
        except BaseException:
            await self._undo.aclose()
            raise

    async def stop(self) -> None:
        """Ends everything in turn. What was acknowledged is on disk anyway."""
        await self._undo.aclose()
        _log.info("the house is closed", last_seq=self.runtime.durable_seq)

    async def _start(self) -> None:
        options, limits, undo = self.options, self.options.limits, self._undo
        began_s = time.perf_counter()

        if not options.directory.exists():
            _bound(options).close()  # a house that cannot be reached must not leave a new directory behind

        # 1  The directory belongs to this process alone. The lock is let go last.
        lock = DirectoryLock(options.directory)
        undo.callback(lock.close)

        # 2  The address, so that a taken port is known before a long recovery.
        bound = _bound(options)
        undo.callback(bound.close)
        self.port = bound.getsockname()[1]

        # 3  The house as it was: the newest snapshot and the journal after it.
        self.house, self.journal = recover(options.directory, lock=lock)
        undo.callback(self.journal.close)
        give_back()

        # 4  The secrets of API keys and the keys of people's data, which the journal never sees.
        self.secrets = SecretStore(layout.secrets_path(options.directory))
        self.people = People(layout.people_path(options.directory))
        undo.callback(self.people.close)

        # 5  The sequencer: from here on commands can be journalled and applied.
        self.runtime = Runtime(self.house, self.journal, limits, fatal=self._fatal, sync_mode=options.sync_mode)
        undo.push_async_callback(self.runtime.stop)
        _warn_of_clock(self.house)

        #    Nobody is connected: the orders that were to end with their sessions do.
        await self._end_old_sessions()

        # 6  What the demo needs is seeded; what `up` cannot do without is checked.
        if self._prepare is not None:
            await self._prepare(self)

        # 7  The projector: another process, which reads the journal and writes history. It ends when it has read all.
        self.projector = Child(PROJECTOR, [str(options.directory.resolve())])
        await self.projector.start()
        undo.push_async_callback(self.projector.stop)

        # 8  Its reading side.
        self.history = History(
            options.directory, options.zone, limits.history_wait_timeout_ms / 1000, limits.history_queries_waiting_max
        )
        undo.push_async_callback(self.history.close)

        # 9  The desks. Each is a listener of the runtime; their connections are flushed after all have listened.
        flusher = Flusher()
        authenticator = Authenticator(self.house, self.secrets, limits, md5_allowed=options.is_md5_allowed)
        self.exchange = ExchangeDesk(self.runtime, self.history, authenticator, self.secrets, limits)
        undo.push_async_callback(self.exchange.stop)
        self.runtime.add_listener(self.exchange)
        self.webhooks = Webhooks(
            self.runtime,
            self.history,
            self.secrets,
            WebhookClient(options.targets),
            Bodies(self.house, options.zone, self.people.open),
        )
        self.rewards = RewardsDesk(
            self.runtime,
            self.history,
            Passwords(self.secrets, limits),
            self.people,
            self.webhooks,
            limits,
            zone=options.zone,
            lenient_json=options.is_json_lenient,
        )
        undo.push_async_callback(self.rewards.stop)
        self.rewards.start()
        self.runtime.add_listener(_Flushes(flusher))

        # 10  The front door: one port for WebSocket and HTTP.
        bodies_max = {REWARDS.encode(): limits.rewards_body_bytes_max}
        http = HttpServer(make_application(self._services(authenticator)), limits, bodies_max)
        self.door = FrontDoor(limits, [self.exchange], http, flusher, trusted_proxy=options.trusted_proxy)
        collector = HouseCollector(
            self.runtime, self.door, self.webhooks, lambda: self.history.seq, lambda: self.projector.restarts
        )
        self._metrics = make_metrics(collector)
        self.runtime.timers.every(1.0, self.door.relieve)
        await self.door.start(bound)
        undo.push_async_callback(self.door.stop)
        undo.push_async_callback(self._take_no_more)

        #     What happened while nobody was there is told to those who asked for it.
        self.webhooks.start()
        undo.push_async_callback(self.webhooks.stop)

        gc.collect()
        gc.freeze()
        _log.info(
            "the house is open",
            url=self.url,
            data=str(options.directory),
            last_seq=self.runtime.durable_seq,
            took_ms=round((time.perf_counter() - began_s) * 1000),
            pid=os.getpid(),
        )

    async def _end_old_sessions(self) -> None:
        opened = _Opened()
        self.runtime.submit(encode(HOUSE, HouseOpen()), opened)
        reason = await opened.outcome
        if reason is not None:
            raise OperatingError(f"{reason}; orders of connections that are gone could not be cancelled")

    def _services(self, authenticator: Authenticator) -> Services:
        options = self.options
        credentials = options.directory / "credentials.json"
        page = FirstPage(self.house, str(credentials) if options.demo else "")
        return Services(
            desk=self.exchange,
            mounted={REWARDS: self.rewards},
            authenticator=authenticator,
            limits=options.limits,
            not_ready=self._not_ready,
            metrics=lambda: self._metrics(),
            page=page.render,
            client_address=lambda peer, forwarded: forwarded_address(peer, forwarded, options.trusted_proxy),
            socket_paths=self.exchange.paths,
            access_log=options.access_log,
        )

    def _not_ready(self) -> list[str]:
        return [self.runtime.intake_stopped] if self.runtime.intake_stopped is not None else []

    async def _take_no_more(self) -> None:
        """The first step of closing: no connection and no command more; the answers under way go out."""
        self.door.stop_accepting()
        await self.runtime.stop()


class _Opened:
    """Waits for the house's first command."""

    def __init__(self) -> None:
        self.outcome: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()

    def answered(self, row: Row, applied: Applied) -> None:
        self.outcome.set_result(None)

    def failed(self, reason: str) -> None:
        self.outcome.set_result(reason)


async def serve(
    options: Options,
    *,
    prepare: Callable[[App], Awaitable[None]] | None = None,
    opened: Callable[[App], Coroutine[Any, Any, None]] | None = None,
) -> None:
    """Runs a house until SIGINT or SIGTERM; a second one ends the process at once.

    ``opened`` is started beside the house once it is open (the demo's feed, the lines a newcomer reads) and cancelled
    at its end. Raises ``OperatingError`` if the house cannot open.
    """
    _warn_if_slow()
    gc.set_threshold(50_000, 20, 100)
    app = App(options, prepare=prepare)
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, _stop_or_end, stop, number)
    await app.start()
    beside: asyncio.Task[None] | None = loop.create_task(opened(app)) if opened is not None else None
    if beside is not None:
        beside.add_done_callback(lambda task: _beside_ended(task, stop))
    try:
        await stop.wait()
    finally:
        if beside is not None:
            beside.cancel()
            await asyncio.gather(beside, return_exceptions=True)
        await app.stop()
    if beside is not None and not beside.cancelled() and (error := beside.exception()) is not None:
        raise error


class _Flushes:
    """The last listener: after every desk has spoken, each connection gets its one write."""

    def __init__(self, flusher: Flusher) -> None:
        self.flush = flusher.flush

    def applied(self, applied: object) -> None:
        """The desks have listened already."""


def _bound(options: Options) -> socket.socket:
    try:
        return bind(options.host, options.port)
    except OSError as error:
        raise OperatingError(
            f"{options.host}:{options.port} cannot be listened on ({error.strerror}); end who uses it, or choose "
            "another with --port"
        ) from None


def _warn_of_clock(house: House) -> None:
    behind_us = house.time_us - time.time_ns() // 1_000
    if behind_us > _CLOCK_BEHIND_US_MAX:
        _log.warning(
            "the clock lies behind the journal: the house's time stands still until it has caught up",
            behind_s=round(behind_us / 1e6, 1),
        )


def _warn_if_slow() -> None:
    modules = compiled.uncompiled_modules()
    if modules:
        missing = "; ".join(compiled.missing_to_compile()) or "nothing is missing: run `make compiled`"
        _log.warning("the core runs uncompiled: everything works, but slowly", to_compile=missing)


def _stop_or_end(stop: asyncio.Event, number: signal.Signals) -> None:
    if stop.is_set():
        _log.warning("ended at once, on a second signal", signal=number.name)
        sys.stderr.flush()
        os._exit(128 + number)
    _log.info("the house is closing", signal=number.name)
    stop.set()


def _beside_ended(task: asyncio.Task[None], stop: asyncio.Event) -> None:
    if not task.cancelled() and task.exception() is not None:
        stop.set()


def _end_process(error: BaseException) -> None:
    """Memory and disk may differ: nothing more may be said to anyone, so nothing is closed or flushed either."""
    _log.critical(
        "the house has failed and ends; start it again and it replays everything acknowledged", exc_info=error
    )
    sys.stderr.flush()
    os._exit(BROKEN_STATUS)
