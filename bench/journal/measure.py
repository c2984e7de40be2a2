"""Times the file journal: ``append`` (one write, one ``fdatasync``) by batch size, then reading back and replay.

The records are those of the seeded mix after the commands that make its venue, so that what was written can be replayed
into a house. Durable means the call has returned: the file was filled with zeros ahead of use, and going over to a new
segment is in the figures.
"""

from __future__ import annotations

import shutil
import statistics
import time
from pathlib import Path

import msgspec

from bench.core.encoding import START_TIME_US, Encoded, UnexpectedAnswer, batches, venue_records
from fondaco.core.house import House
from fondaco.journal.file import FileJournal
from fondaco.journal.reader import JournalReader

BATCH_SIZES = (1, 10, 100, 1_000)
RUNS = 5
SECONDS_A_RUN = 0.6
REPLAY_BATCH = 100


class Appended(msgspec.Struct, frozen=True):
    """One batch size: records per second of each run, and what one append took over all runs, in microseconds."""

    batch: int
    wall: list[float]
    cpu: list[float]
    mib_per_second: float
    p50_us: float
    p99_us: float

    def median_wall(self) -> float:
        return statistics.median(self.wall)

    def median_cpu(self) -> float:
        return statistics.median(self.cpu)


class Replayed(msgspec.Struct, frozen=True):
    """Commands per second of CPU time: read and verified only, and applied as well."""

    commands: int
    read: list[float]
    replay: list[float]


def measure_append(encoded: Encoded, folder: Path, size: int) -> Appended:
    """Append batches of ``size`` records for a while, several times."""
    flow = encoded.flow
    work = batches(encoded.records[flow.untimed :], size)
    wall, cpu, took_us = [], [], []
    written_bytes = 0
    with_journal = _Fresh(folder)
    try:
        journal = with_journal.journal
        place = 0
        for _ in range(RUNS):
            records = 0
            cpu_ns = time.process_time_ns()
            began = time.perf_counter_ns()
            until = began + int(SECONDS_A_RUN * 1e9)
            now = began
            while now < until:
                batch = work[place]
                place = (place + 1) % (len(work) - 1)  # the last one may be short
                journal.append(batch, size, START_TIME_US)
                records += size
                written_bytes += len(batch)
                last, now = now, time.perf_counter_ns()
                took_us.append((now - last) / 1_000)
            wall.append(records / (now - began) * 1e9)
            cpu.append(records / (time.process_time_ns() - cpu_ns) * 1e9)
    finally:
        with_journal.close()
    took_us.sort()
    last_place = len(took_us) - 1
    return Appended(
        batch=size,
        wall=wall,
        cpu=cpu,
        mib_per_second=written_bytes / 2**20 / (sum(took_us) / 1e6),
        p50_us=took_us[last_place // 2],
        p99_us=took_us[last_place * 99 // 100],
    )


def measure_replay(encoded: Encoded, folder: Path) -> Replayed:
    """Write the whole flow, then read it back, and replay it into a house that must end as the first one did."""
    with_journal = _Fresh(folder)
    try:
        journal = with_journal.journal
        records = venue_records(encoded.flow.venue) + encoded.records
        for first in range(0, len(records), REPLAY_BATCH):
            batch = records[first : first + REPLAY_BATCH]
            journal.append(b"".join(batch), len(batch), START_TIME_US)
        commands = journal.durable_seq
        read, replay = [], []
        for _ in range(3):
            read.append(commands / _read(folder, None))
            house = House()
            replay.append(commands / _read(folder, house))
            if house.state_hash() != encoded.state_hash:
                raise UnexpectedAnswer("the replayed house is not the one that was written down")
    finally:
        with_journal.close()
    return Replayed(commands, read, replay)


def _read(folder: Path, house: House | None) -> float:
    began = time.process_time()
    with JournalReader(folder) as reader:
        while found := reader.read():
            if house is not None:
                for batch in found:
                    house.apply(batch.records, batch.time_us)
    return time.process_time() - began


class _Fresh:
    """A journal in an empty folder, removed afterwards."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        self.journal = FileJournal.open(folder)

    def close(self) -> None:
        self.journal.close()
        shutil.rmtree(self.folder)
