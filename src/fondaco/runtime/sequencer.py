"""The single writer: everything submitted in one turn of the event loop is one batch, and becomes one group commit.

    submit … submit │ take ≤ 4096 → stamp → journal (durable) → House.apply → answers → desks → flush │ submit …

Invariants:
- Nothing is applied before it is durable, nothing is answered before it is applied. Batches are taken one at a time.
- A command is either answered, or failed with nothing done, or the process ended between the two: then its sender asks
  again, by its client order id.
- When the disk is full, new orders are failed with the reason while whatever only takes orders out goes on as long as
  there is room; everything is taken again once there is space. While the clock leaps ahead, and when the house closes,
  every command is failed.
- A failed write or sync, and anything raised by ``apply``, ends the process through ``fatal``: memory and disk may
  differ, and only a replay brings them together.

Cost per batch: one write and one sync (some 150 µs), per command some 1.5 µs of Python beside the core. With
``sync_mode`` "thread" the write and the sync run in one worker thread while the next batch gathers: for disks slower
than a few milliseconds, at the price of two thread switches a batch.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from enum import Enum
from typing import Literal

import structlog

from fondaco.core.commands import Kind
from fondaco.core.house import House
from fondaco.journal.base import Journal
from fondaco.journal.errors import DiskFull, OperatingError
from fondaco.runtime.clock import Clock
from fondaco.runtime.counters import Counters
from fondaco.runtime.deadlines import Deadlines
from fondaco.runtime.inbox import Inbox, Waiter
from fondaco.runtime.limits import Limits
from fondaco.runtime.outbox import Listener, Outbox
from fondaco.runtime.timers import Timers

__all__ = ["Listener", "Runtime", "SyncMode", "Waiter"]

SyncMode = Literal["inline", "thread"]

_log = structlog.get_logger("fondaco.sequencer")
_KIND_AT = 3
"""The byte of a record that says its kind (core/command_records.py, word 0)."""

_TAKES_ORDERS_OUT = frozenset(
    (Kind.CANCEL, Kind.ORDERS_CANCEL, Kind.DEAD_MAN, Kind.SESSION_END, Kind.HOUSE_OPEN, Kind.TICK)
)
_WATCH_INTERVAL_S = 1.0


class _Stop(Enum):
    """Why intake is stopped: two causes can pass, the others are final."""

    DISK = "disk"
    CLOCK = "clock"
    FINAL = "final"


class Runtime:
    """Takes commands for one house on one event loop. Made and used inside that loop only."""

    def __init__(
        self,
        house: House,
        journal: Journal,
        limits: Limits,
        *,
        fatal: Callable[[BaseException], None],
        clock: Clock | None = None,
        sync_mode: SyncMode = "inline",
    ) -> None:
        self.house = house
        self.limits = limits
        self.counters = Counters()
        self.timers = Timers()
        self.intake_stopped: str | None = None
        self.durable_seq = journal.next_seq - 1
        self._journal = journal
        self._fatal = fatal
        self._clock = clock or Clock(journal.last_time_us, limits.clock_jump_ms_max * 1_000)
        self._loop = asyncio.get_running_loop()
        self._inbox = Inbox()
        self._outbox = Outbox(self.counters)
        self._worker = ThreadPoolExecutor(1, "journal") if sync_mode == "thread" else None
        self._turn_due = False
        self._syncing = False
        self._stop: _Stop | None = None
        self._dead = False
        self._idle = asyncio.Event()
        self._idle.set()
        self.timers.every(_WATCH_INTERVAL_S, self._watch)
        self._deadlines = Deadlines(house, self._clock.now, self.submit)
        self._deadlines.look()

    # ── the desks' side ───────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def queue_depth(self) -> int:
        """Commands that wait for the journal."""
        return len(self._inbox)

    def add_listener(self, listener: Listener) -> None:
        """From the next batch on, ``listener`` is told what happened."""
        self._outbox.add_listener(listener)

    def submit(self, record: bytes, waiter: Waiter | None = None) -> None:
        """Queues one record (core/command_records.py). Its waiter is told later, never from inside this call."""
        reason = self.intake_stopped
        if reason is not None and not (self._stop is _Stop.DISK and record[_KIND_AT] in _TAKES_ORDERS_OUT):
            self._fail_later(waiter, reason)
        elif len(self._inbox) >= self.limits.inbox_commands_max:
            self._fail_later(waiter, f"{self.limits.inbox_commands_max} commands wait already; try again")
        else:
            self._inbox.put(record, waiter)
            if not self._turn_due:
                self._turn_due = True
                self._idle.clear()
                self._loop.call_soon(self._turn)

    def stop_intake(self, reason: str) -> None:
        """From now on every command is failed with ``reason``; those already taken are finished."""
        self._stop = _Stop.FINAL
        self.intake_stopped = reason

    async def idle(self) -> None:
        """Returns when every command taken so far is answered, or can never be."""
        await self._idle.wait()

    async def stop(self) -> None:
        """Takes no more commands, finishes those taken, and stops the timers. The journal stays open."""
        self.stop_intake("the house is closing; nothing was done")
        self._deadlines.stop()
        await self.idle()
        self.timers.stop()
        if self._worker is not None:
            self._worker.shutdown()

    # ── one turn ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def _turn(self) -> None:
        if self._syncing or self._dead:
            return
        records, waiters = self._inbox.take(self.limits.batch_commands_max, self._journal.records_bytes_max)
        try:
            time_us = self._clock.stamp()
        except OperatingError as error:
            self._stop_by(error)
            self._refused(waiters, str(error))
            return
        started_us = time.perf_counter_ns() // 1_000
        if self._worker is None:
            try:
                last_seq = self._journal.append(records, len(waiters), time_us)
            except Exception as error:
                self._not_written(error, waiters)
                return
            self._written(records, waiters, time_us, last_seq, started_us)
        else:
            self._syncing = True
            future = self._worker.submit(self._journal.append, records, len(waiters), time_us)
            future.add_done_callback(
                lambda done: self._loop.call_soon_threadsafe(self._synced, done, records, waiters, time_us, started_us)
            )

    def _synced(
        self,
        done: Future[int],
        records: bytes,
        waiters: list[Waiter | None],
        time_us: int,
        started_us: int,
    ) -> None:
        self._syncing = False
        error = done.exception()
        if error is None:
            self._written(records, waiters, time_us, done.result(), started_us)
        else:
            self._not_written(error, waiters)

    def _written(
        self, records: bytes, waiters: list[Waiter | None], time_us: int, last_seq: int, started_us: int
    ) -> None:
        counters = self.counters
        counters.journal_us.add(time.perf_counter_ns() // 1_000 - started_us)
        counters.batch_commands.add(len(waiters))
        counters.batches += 1
        counters.commands += len(waiters)
        counters.journal_bytes += len(records)
        self.durable_seq = last_seq
        try:
            applied = self.house.apply(records, time_us)
            if applied.first_seq + applied.count - 1 != last_seq:
                raise AssertionError(f"the journal is at {last_seq}, the house at {self.house.next_seq - 1}")
        except Exception as error:
            self._end(error)
            return
        self._outbox.publish(applied, waiters)
        self._look_for_space()
        self._turn_over()

    def _not_written(self, error: BaseException, waiters: list[Waiter | None]) -> None:
        if isinstance(error, DiskFull):
            self._stop_by(error)
            self._refused(waiters, str(error))
        else:
            self._end(error)

    def _refused(self, waiters: Sequence[Waiter | None], reason: str) -> None:
        self.counters.commands_refused += len(waiters)
        self._outbox.refuse(waiters, reason)
        self._turn_over()

    def _turn_over(self) -> None:
        if len(self._inbox):
            self._loop.call_soon(self._turn)
        else:
            self._turn_due = False
            self._idle.set()
            self._deadlines.look()

    # ── stopping ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def _end(self, error: BaseException) -> None:
        """Memory and disk may differ from here on: nobody is told anything more."""
        self._dead = True
        self.stop_intake("the house has failed and must be started again")
        self._idle.set()
        self._fatal(error)

    def _stop_by(self, error: OperatingError) -> None:
        if self._stop is not _Stop.FINAL:
            self._pause(_Stop.DISK if isinstance(error, DiskFull) else _Stop.CLOCK, str(error))

    def _pause(self, cause: _Stop, reason: str) -> None:
        if self._stop is None:
            _log.error("no orders are taken", reason=reason)
        self._stop = cause
        self.intake_stopped = reason

    def _resume(self) -> None:
        _log.warning("orders are taken again", reason=self.intake_stopped)
        self._stop = None
        self.intake_stopped = None

    def _look_for_space(self) -> None:
        """The journal says beforehand that its next segment has no room, while there still is some for cancels."""
        full = self._journal.full
        if full is not None and self._stop is None:
            self._pause(_Stop.DISK, full)
        elif full is None and self._stop is _Stop.DISK:
            self._resume()

    def _watch(self) -> None:
        """Each second: a leap of the clock is noticed while idle too, and whatever stopped intake may have passed."""
        if self._dead:
            return
        try:
            self._clock.check()
        except OperatingError as error:
            self._stop_by(error)
            return
        if self._stop is _Stop.CLOCK:
            self._resume()
        if self._stop is _Stop.DISK and not self._syncing:
            self._journal.prepare_spare()
        self._look_for_space()

    def _fail_later(self, waiter: Waiter | None, reason: str) -> None:
        self.counters.commands_refused += 1
        if waiter is not None:
            self._loop.call_soon(self._outbox.refuse, (waiter,), reason)
