"""Data directories with a journal in them, projectors that follow it, and what their databases hold."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from fondaco.journal.file import FileJournal
from fondaco.projections.database import FILE_NAME, claims, metadata, order_runs, trade_runs
from fondaco.projections.progress import Progress
from fondaco.projections.tail import Tail
from tests.projections.flows import Batch, Flow
from tests.waiting import HANG_S


def journal_of(directory: Path, flow: Flow) -> None:
    """Write a whole flow into a new journal."""
    directory.mkdir(exist_ok=True)
    with contextlib.closing(FileJournal.open(directory)) as journal:
        append(journal, flow.batches)


def append(journal: FileJournal, batches: list[Batch]) -> None:
    for batch in batches:
        journal.append(batch.records, batch.count, batch.time_us)


@contextlib.contextmanager
def tail_of(directory: Path) -> Iterator[Tail]:
    with contextlib.closing(Tail(directory)) as tail:
        yield tail


def caught_up(directory: Path, snapshot: bool = False) -> None:
    """Bring the database of a data directory up to its journal, in this process."""
    with tail_of(directory) as tail:
        while tail.turn():
            pass
        if snapshot:
            tail.snapshot()


def content(directory: Path) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table; of a table of runs every entry, because how they are cut is the transactions'."""
    with contextlib.closing(sqlite3.connect(directory / FILE_NAME)) as connection:
        tables = metadata.tables.keys() - {claims.name}
        rows = {table: sorted(connection.execute(f"SELECT * FROM {table}")) for table in tables}
    return rows | {table: sorted(_entries(rows[table])) for table in (trade_runs.name, order_runs.name)}


def _entries(runs: list[tuple[object, ...]]) -> Iterator[tuple[object, ...]]:
    for user_id, market_id, *_, packed in runs:
        assert isinstance(packed, bytes)
        for entry in struct.iter_unpack("=3q", packed):
            yield user_id, market_id, *entry


class ProjectorProcess:
    """A real projector on a data directory. Leaving the context closes its standard input and waits for its end."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._log_path = directory / "projector.log"

    def __enter__(self) -> ProjectorProcess:
        with self._log_path.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "fondaco.projections.projector", str(self._directory)],
                stdin=subprocess.PIPE,
                stderr=log,
            )
        return self

    def __exit__(self, *_: object) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        try:
            self.process.wait(HANG_S)
        finally:
            self.process.kill()

    def kill(self) -> None:
        """As the kernel does it: nothing is finished, nothing is said."""
        self.process.kill()
        self.process.wait(HANG_S)

    def wait_for(self, seq: int, timeout_s: float = HANG_S) -> None:
        """Until the rows up to ``seq`` are committed."""
        until_s = time.monotonic() + timeout_s
        with Progress(self._directory) as progress:
            progress.wanted = seq  # as a desk that waits
            while progress.seq < seq:
                assert self.process.poll() is None, self.log()
                assert time.monotonic() < until_s, f"{progress.seq} of {seq}: {self.log()}"
                time.sleep(0.002)

    def log(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self._log_path.read_text().splitlines()]
