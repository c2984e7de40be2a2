"""What only real processes show: the lock, a writer killed with `kill -9`, a reader in another process, and a kernel
that really refuses to make a file larger."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fondaco.journal import layout
from fondaco.journal.base import Batch
from fondaco.journal.errors import DirectoryLocked
from fondaco.journal.file import FileJournal
from fondaco.journal.lock import DirectoryLock, owner
from fondaco.journal.reader import JournalReader
from tests.journal.flows import read_all
from tests.journal.writer import batch

WRITER = Path(__file__).with_name("writer.py")
SEGMENT_BYTES = 65_536


@contextmanager
def writer(directory: Path, *arguments: int) -> Iterator[subprocess.Popen[str]]:
    """A writing process, killed at the end at the latest."""
    command = [sys.executable, str(WRITER), str(directory), *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        try:
            yield process
        finally:
            process.kill()


def line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def expected(seed: int, batches: int) -> list[tuple[bytes, int]]:
    chance = random.Random(seed)
    return [batch(chance) for _ in range(batches)]


@pytest.mark.parametrize("seed", range(4))
def test_kill_9_loses_nothing_acknowledged_and_a_reader_never_sees_more_than_is_there(
    tmp_path: Path, seed: int
) -> None:
    pause_s = random.Random(seed).uniform(0.05, 0.3)
    seen: list[Batch] = []
    with writer(tmp_path, seed, SEGMENT_BYTES) as process:
        assert line(process) == "open"
        with JournalReader(tmp_path) as reader:
            until = time.monotonic() + pause_s
            while time.monotonic() < until:
                seen += reader.read(limit=7)
            process.send_signal(signal.SIGKILL)
            assert process.stdout is not None
            acknowledged = [int(text) for text in process.stdout.read().splitlines() if text]
            process.wait()
            while more := reader.read():
                seen += more
    assert len(seen) > 10, "the reader kept up with the writer"
    journal = FileJournal.open(tmp_path, segment_bytes=SEGMENT_BYTES)
    survived = read_all(tmp_path)
    assert survived[: len(seen)] == seen
    assert [(each.records, each.count) for each in survived] == expected(seed, len(survived))
    assert seen[-1].last_seq >= acknowledged[-1], "the mark covers what was acknowledged"
    assert 0 <= len(survived) - len(acknowledged) <= 2
    assert journal.append(survived[0].records, survived[0].count, journal.last_time_us) == journal.durable_seq
    journal.close()


def test_a_second_house_on_a_directory_is_refused_and_told_who_has_it(tmp_path: Path) -> None:
    with writer(tmp_path, 1, SEGMENT_BYTES) as process:
        assert line(process) == "open"
        assert owner(tmp_path) == process.pid
        with pytest.raises(DirectoryLocked, match=f"belongs to process {process.pid}; stop that one") as caught:
            FileJournal.open(tmp_path, segment_bytes=SEGMENT_BYTES)
        assert caught.value.pid == process.pid
        with writer(tmp_path, 2, SEGMENT_BYTES) as second:
            assert line(second).startswith(f"DirectoryLocked: {tmp_path} belongs to process {process.pid}")
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert owner(tmp_path) is None
    with DirectoryLock(tmp_path), pytest.raises(DirectoryLocked, match=f"process {os.getpid()}"):
        DirectoryLock(tmp_path)
    FileJournal.open(tmp_path, segment_bytes=SEGMENT_BYTES).close()


def test_a_lock_is_told_though_the_owner_is_not_known(tmp_path: Path) -> None:
    with DirectoryLock(tmp_path) as lock:
        layout.lock_path(tmp_path).write_text("")
        with pytest.raises(DirectoryLocked, match="belongs to another process") as caught:
            DirectoryLock(tmp_path)
        assert caught.value.pid == 0
        lock.close()
        lock.close()
    assert owner(tmp_path / "nowhere") is None


def test_a_kernel_that_refuses_larger_files_stops_intake_and_loses_nothing(tmp_path: Path) -> None:
    journal = FileJournal.open(tmp_path, segment_bytes=SEGMENT_BYTES)
    journal.append(b"x" * 800, 20, 1)
    journal.close()
    layout.spare_path(tmp_path).unlink()
    with writer(tmp_path, 3, 2 * SEGMENT_BYTES, SEGMENT_BYTES) as process:
        assert line(process) == "open"
        lines = []
        while text := line(process):
            lines.append(text)
        assert process.wait() == 0
    assert lines[-1].startswith("DiskFull: no room for the next segment of 131072 bytes in ")
    acknowledged = int(lines[-2])
    survived = read_all(tmp_path)
    assert survived[-1].last_seq == acknowledged
    assert [(each.records, each.count) for each in survived[1:]] == expected(3, len(lines) - 1)
    again = FileJournal.open(tmp_path, segment_bytes=SEGMENT_BYTES)
    for records, count in expected(4, 100):
        again.append(records, count, again.last_time_us)
    again.close()
