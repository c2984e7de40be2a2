"""The reading side of history, as the desks use it: asynchronous, bounded, and never behind what the asker has seen.

A desk first awaits ``wait_for`` with the journal's durable sequence of this moment, then asks. The wait ends as soon as
the projector has committed that far, or after ``timeout_s`` with ``ServiceTimeout`` (the exchange's code 5). Each
question runs in one of a few reading threads, in one transaction: one hop for any number of statements, and SQLite
works without holding the interpreter. All answers are the core's integers.

Invariants: the database is opened so that it cannot be changed; when the projector has built a new file, it is noticed
before the next question. The threads never have a queue: a question waits here for a free one, so that the asker's
cancellation takes it out at once; at most ``waiting_max`` wait, each for the timeout. Known limit: what a thread reads
already is read to its end, asker or none.
"""

from __future__ import annotations

import asyncio
import heapq
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from typing import Any, Concatenate, Final, ParamSpec, TypeVar

import structlog
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import OperationalError

from fondaco.core.events import Row
from fondaco.projections import balance_reads, market_reads, order_reads
from fondaco.projections.balance_reads import BalanceChange
from fondaco.projections.database import FILE_NAME, open_engine
from fondaco.projections.market_reads import Candle, Deal, MarketState
from fondaco.projections.order_reads import FinishedOrder
from fondaco.projections.periods import Calendar
from fondaco.projections.progress import Progress

THREADS: Final = 2
_POLL_S: Final = 0.001
_log = structlog.get_logger("fondaco.history")

_P = ParamSpec("_P")
_T = TypeVar("_T")


class ServiceTimeout(Exception):
    """History has not reached the asker's present in time; asking again is safe."""


class History:
    """Reads one data directory. ``zone`` is where days begin. Belongs to one event loop."""

    def __init__(self, directory: Path, zone: str = "UTC", wait_timeout_s: float = 5.0, waiting_max: int = 512) -> None:
        self._wait_timeout_s = wait_timeout_s
        self._waiting_max = waiting_max
        self._waiting = 0
        self._free_threads = asyncio.Semaphore(THREADS)
        self._path = directory / FILE_NAME
        self._calendar = Calendar(zone)
        self._progress = Progress(directory)
        self._progress.seq = 0  # what an earlier run left there proves nothing; the projector repeats the truth
        self._progress.wanted = 0
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="history")
        self._engine_lock = threading.Lock()
        self._engine: Engine | None = None
        self._inode = 0
        self._waiters: list[tuple[int, int, asyncio.Future[None]]] = []
        self._tickets = count()
        self._poll: asyncio.TimerHandle | None = None

    @property
    def seq(self) -> int:
        """The last command whose rows can be read."""
        return self._progress.seq

    async def wait_for(self, seq: int, timeout_s: float | None = None) -> None:
        """Return once everything up to ``seq`` can be read. Raises ``ServiceTimeout``."""
        if timeout_s is None:
            timeout_s = self._wait_timeout_s
        if self._progress.seq >= seq:
            return
        self._progress.wanted = max(self._progress.wanted, seq)
        loop = asyncio.get_running_loop()
        reached: asyncio.Future[None] = loop.create_future()
        heapq.heappush(self._waiters, (seq, next(self._tickets), reached))
        if self._poll is None:
            self._poll = loop.call_later(_POLL_S, self._wake)
        try:
            async with asyncio.timeout(timeout_s):
                await reached
        except TimeoutError:
            missing = seq - self._progress.seq
            raise ServiceTimeout(f"history is {missing} commands behind after {timeout_s} s; ask again") from None

    async def klines(
        self,
        market_id: int,
        start_s: int,
        end_s: int,
        interval_s: int,
        now_s: int,
        limit: int = market_reads.CANDLES_MAX,
    ) -> list[Candle]:
        """Candles from the stretch of ``start_s`` to that of ``end_s`` (or now), oldest first, the newest ``limit``.

        ``interval_s`` must satisfy ``periods.is_interval``.
        """
        return await self.ask(
            market_reads.candles_between, market_id, start_s, end_s, interval_s, now_s, limit, self._calendar
        )

    async def deals(self, market_id: int, limit: int, last_id: int) -> list[Deal]:
        """Deals with an id above ``last_id``, newest first, at most ``limit``."""
        return await self.ask(market_reads.latest_deals, market_id, limit, last_id)

    async def fill(self, market_id: int, deal_id: int) -> Row | None:
        """The FILL row of one deal."""
        return await self.ask(market_reads.fill, market_id, deal_id)

    async def state(self, market_id: int, period_s: int, now_s: int) -> MarketState:
        """The last ``period_s`` seconds (1 … 604800), the current one included."""
        return await self.ask(market_reads.rolling_state, market_id, period_s, now_s)

    async def today(self, market_id: int, now_s: int) -> MarketState:
        """The calendar day of ``now_s`` in the configured zone."""
        return await self.ask(market_reads.todays_state, market_id, now_s, self._calendar)

    async def finished_orders(
        self, user_id: int, market_id: int, start_s: int, end_s: int, offset: int, limit: int
    ) -> tuple[int, list[FinishedOrder]]:
        """(total, page) of orders created in [start, end) that have ended, newest first; end 0 is open."""
        return await self.ask(order_reads.finished_orders_of, user_id, market_id, start_s, end_s, offset, limit)

    async def finished_order(self, order_id: int) -> FinishedOrder | None:
        return await self.ask(order_reads.finished_order, order_id)

    async def balance_changes(
        self,
        user_id: int,
        asset_id: int | None,
        business: str | None,
        start_s: int,
        end_s: int,
        offset: int,
        limit: int,
    ) -> list[BalanceChange]:
        """A page of changes in [start, end), newest first; ``None`` is any asset or business; end 0 is open."""
        return await self.ask(
            balance_reads.balance_changes_of, user_id, asset_id, business, start_s, end_s, offset, limit
        )

    async def close(self) -> None:
        """Let those who wait go with ``ServiceTimeout``, finish what is being read, close the database."""
        if self._poll is not None:
            self._poll.cancel()
        for _, _, reached in self._waiters:
            if not reached.done():
                reached.set_exception(ServiceTimeout("the house is closing; ask again when it is back"))
        self._waiters.clear()
        await asyncio.to_thread(self._threads.shutdown)
        if self._engine is not None:
            self._engine.dispose()
        self._progress.close()

    async def ask(self, question: Callable[Concatenate[Connection, _P], _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """The answer of a question of a reading module, asked in a reading thread. Raises ``ServiceTimeout``."""

        def answer() -> _T:
            try:
                with self._current_engine().connect() as connection:
                    return question(connection, *args, **kwargs)
            except (OperationalError, FileNotFoundError) as error:
                _log.info("history cannot be read now", reason=str(getattr(error, "orig", error)))
                raise ServiceTimeout("history is being built anew; ask again") from error

        await self._take_thread()
        reading = asyncio.get_running_loop().run_in_executor(self._threads, answer)
        reading.add_done_callback(self._give_thread_back)
        return await asyncio.shield(reading)  # a cancelled asker does not free the thread; the reading's end does

    async def _take_thread(self) -> None:
        """Returns when a thread is free. Raises ``ServiceTimeout``."""
        if self._waiting >= self._waiting_max:
            raise ServiceTimeout(f"{self._waiting_max} questions wait for history already; ask again later")
        self._waiting += 1
        try:
            async with asyncio.timeout(self._wait_timeout_s):
                await self._free_threads.acquire()
        except TimeoutError:
            sentence = f"nobody was free to read history for {self._wait_timeout_s} s; ask again later"
            raise ServiceTimeout(sentence) from None
        finally:
            self._waiting -= 1

    def _give_thread_back(self, reading: asyncio.Future[Any]) -> None:
        self._free_threads.release()
        if not reading.cancelled():
            reading.exception()  # looked at: its asker may be gone

    def _current_engine(self) -> Engine:
        """The engine on the file that is there now; called in the reading threads."""
        inode = self._path.stat().st_ino
        with self._engine_lock:
            if self._engine is None or self._inode != inode:
                if self._engine is not None:
                    self._engine.dispose()
                self._engine, self._inode = open_engine(self._path, write=False), inode
            return self._engine

    def _wake(self) -> None:
        self._poll = None
        seq = self._progress.seq
        while self._waiters and (self._waiters[0][0] <= seq or self._waiters[0][2].done()):
            _, _, reached = heapq.heappop(self._waiters)
            if not reached.done():
                reached.set_result(None)
        if self._waiters:
            self._poll = asyncio.get_running_loop().call_later(_POLL_S, self._wake)
