"""Times the projector on journals of the seeded mix, written as the house writes them.

What an order costs depends on the size of the transactions it is written in and on how many users share them, so both
are varied with the work itself called directly (``Tail.turn``). How the pace of the real process turns a flow into
transactions is seen from outside: its CPU time while a journal grows, and how long a desk that asks ten times a second
waits until it has all that is durable.
"""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import msgspec

from bench.core.encoding import START_TIME_US, Encoded, venue_records
from bench.end_to_end.load import cpu_seconds
from fondaco.journal.file import FileJournal
from fondaco.projections.progress import Progress
from fondaco.projections.tail import Tail

#: At this rate the journal's time passes, whatever the wall clock does.
COMMANDS_PER_SECOND = 25_000
BATCH = 20
ASK_INTERVAL_S = 0.1
START_TIMEOUT_S = 20.0


class Followed(msgspec.Struct, frozen=True):
    """What the process took for the orders it followed; ``waits_ms`` of those who asked, empty if nobody did."""

    orders: int
    cpu_s: float
    seconds: float
    waits_ms: list[float]

    def cost_us(self) -> float:
        return self.cpu_s / self.orders * 1e6


def measure_cost(encoded: Encoded, folder: Path, transaction: int) -> float:
    """Microseconds of CPU time an order, in transactions of so many."""
    records = encoded.records
    untimed = encoded.flow.untimed
    with journal(folder) as written, closing(Tail(folder)) as tail:
        written.append(venue_records(encoded.flow.venue))
        written.append(records[:untimed])
        while tail.turn():
            pass
        timed = 0.0
        for first in range(untimed, len(records), transaction):
            written.append(records[first : first + transaction])
            began = time.process_time()
            while tail.turn():
                pass
            timed += time.process_time() - began
    return timed / (len(records) - untimed) * 1e6


def measure_following(
    encoded: Encoded, folder: Path, per_second: int, batch: int, seconds: float, *, asked: bool
) -> Followed:
    """Let the process follow a journal that grows at a pace, ``batch`` orders at a time."""
    with journal(folder) as written, _projector(folder) as pid, Progress(folder) as progress:
        written.append(venue_records(encoded.flow.venue))
        written.append(encoded.records[: encoded.flow.untimed])
        _reach(progress, written.durable_seq)
        records = encoded.records[encoded.flow.untimed :][: int(per_second * seconds)]
        waits_ms: list[float] = []
        first_cpu_s, began_s = cpu_seconds(pid), time.monotonic()
        next_ask_s, asked_s, asked_seq = began_s, 0.0, 0
        sent = 0
        while sent < len(records):
            now_s = time.monotonic()
            if now_s >= began_s + sent / per_second:
                written.append(records[sent : sent + batch])
                sent += batch
            if asked_seq and progress.seq >= asked_seq:
                waits_ms.append((now_s - asked_s) * 1_000)
                asked_seq = 0
            if asked and not asked_seq and now_s >= next_ask_s:
                asked_seq = progress.wanted = written.durable_seq
                asked_s, next_ask_s = now_s, now_s + ASK_INTERVAL_S
            time.sleep(min(0.001, max(0.0, began_s + sent / per_second - time.monotonic())))
        _reach(progress, written.durable_seq)
        return Followed(len(records), cpu_seconds(pid) - first_cpu_s, time.monotonic() - began_s, waits_ms)


def median_and_worst(waits_ms: list[float]) -> tuple[float, float]:
    return statistics.median(waits_ms), max(waits_ms)


class Written:
    """A journal that records are appended to in batches, with a time that passes evenly."""

    def __init__(self, journal: FileJournal) -> None:
        self._journal = journal
        self._commands = 0

    @property
    def durable_seq(self) -> int:
        return self._journal.durable_seq

    def append(self, records: list[bytes]) -> None:
        for first in range(0, len(records), BATCH):
            batch = records[first : first + BATCH]
            time_us = START_TIME_US + self._commands * 1_000_000 // COMMANDS_PER_SECOND
            self._journal.append(b"".join(batch), len(batch), time_us)
            self._commands += len(batch)


@contextmanager
def journal(folder: Path) -> Iterator[Written]:
    """An empty journal, in a folder that is removed afterwards."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        with closing(FileJournal.open(folder)) as opened:
            yield Written(opened)
    finally:
        shutil.rmtree(folder)


@contextmanager
def _projector(folder: Path) -> Iterator[int]:
    process = subprocess.Popen(
        [sys.executable, "-m", "fondaco.projections.projector", str(folder)],
        stdin=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert process.stdin is not None
    try:
        yield process.pid
    finally:
        process.stdin.close()
        try:
            process.wait(START_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _reach(progress: Progress, seq: int) -> None:
    until_s = time.monotonic() + START_TIMEOUT_S
    progress.wanted = seq
    while progress.seq < seq:
        if time.monotonic() > until_s:
            raise TimeoutError(f"the projector is at {progress.seq} of {seq} after {START_TIMEOUT_S:g} s")
        time.sleep(0.002)
