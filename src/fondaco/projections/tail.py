"""A replica of the house that follows the journal and feeds the projections.

It starts from the newest snapshot at or below the database's checkpoint, or from nothing, and applies the same batches
as the house did, so it sees the same rows. Only what lies after the checkpoint is written. The database is believed
only if the journal has its checkpoint's chain at its checkpoint's sequence; otherwise ``Distrusted`` asks for another.

``turn`` is the whole work: take what is durable, apply, commit once. A turn ends after ``TURN_COMMANDS``, beyond which
larger transactions save little, or after ``TURN_S`` of applying, whichever comes first.
The replica also pays for the house's snapshots, so that the order path never does.
"""

from __future__ import annotations

import time
from collections import deque
from pathlib import Path
from typing import Final

import structlog
from sqlalchemy.exc import DatabaseError, OperationalError

from fondaco.core.house import House
from fondaco.journal import snapshot
from fondaco.journal.base import Batch
from fondaco.journal.errors import NotInJournal
from fondaco.journal.reader import JournalReader
from fondaco.projections.database import (
    FILE_NAME,
    Checkpoint,
    claim,
    create_tables,
    open_engine,
    read_checkpoint,
    release,
)
from fondaco.projections.writer import ProjectionWriter
from fondaco.runtime.freed_memory import give_back
from fondaco.runtime.recovery import apply_batch, from_snapshot

TURN_S: Final = 0.1
TURN_COMMANDS: Final = 20_000

SNAPSHOT_COMMANDS: Final = 1_000_000
SNAPSHOT_INTERVAL_S: Final = 60.0
#: At most this share of the time goes into snapshots, however fast commands come.
SNAPSHOT_SHARE_MAX: Final = 0.05

_READ_BATCHES: Final = 256

_log = structlog.get_logger(__name__)


class Distrusted(Exception):
    """The database is of no use and must be built anew; the message says why."""


class Tail:
    """One database and one replica. Raises ``Distrusted``, or ``OperatingError`` for the journal's own faults."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._path = directory / FILE_NAME
        self._engine = open_engine(self._path, write=True)
        try:
            position = self._believed()
            self._inode = self._path.stat().st_ino
            self._house, self._reader = _replica(directory, position)
            self._writer = ProjectionWriter(self._engine, position)
        except BaseException:
            self._engine.dispose()
            raise
        #: Whether the last turn left something behind.
        self.is_behind = False
        self._unread: deque[Batch] = deque()
        self._chain = self._reader.chain
        self._snapshot_seq = _newest_snapshot_seq(directory, self._reader)
        give_back()
        self._snapshot_due_s = time.monotonic() + SNAPSHOT_INTERVAL_S
        self._snapshot_earliest_s = 0.0

    @property
    def seq(self) -> int:
        """The last command whose rows are committed."""
        return self._writer.position.seq

    @property
    def durable_seq(self) -> int:
        """The last command there is to read."""
        return self._reader.durable_seq

    def turn(self) -> int:
        """Bring the database forward by one transaction; answers how many commands it took, 0 if there are none."""
        ends_s = time.monotonic() + TURN_S
        house, writer, unread = self._house, self._writer, self._unread
        self.is_behind = True
        while writer.gathered < TURN_COMMANDS and time.monotonic() < ends_s:
            if not unread:
                unread.extend(self._reader.read(_READ_BATCHES))
                if not unread:
                    self.is_behind = False
                    break
            batch = unread.popleft()
            writer.gather(house.apply(batch.records, batch.time_us), batch.chain)
            self._chain = batch.chain
        commands = writer.gathered
        if commands:
            try:
                writer.commit()
            except OperationalError:
                raise  # no room, or no right to write: what is there is sound
            except DatabaseError as error:
                raise Distrusted(f"{self._path} is damaged: {error.orig}") from error
        return commands

    def check_file(self) -> None:
        """Raise ``Distrusted`` if the file was removed or replaced under us."""
        try:
            inode = self._path.stat().st_ino
        except FileNotFoundError:
            inode = 0
        if inode != self._inode:
            raise Distrusted(f"{self._path} was removed or replaced")

    def snapshot_if_due(self) -> None:
        """A snapshot every million commands or 60 s with change, unless they would take too much of the time."""
        now_s = time.monotonic()
        if now_s < self._snapshot_earliest_s:
            return
        if self._house.next_seq - 1 - self._snapshot_seq >= SNAPSHOT_COMMANDS or now_s >= self._snapshot_due_s:
            self.snapshot()

    def snapshot(self) -> None:
        """Save the replica's state where no snapshot is as new. A failure is logged; nothing depends on it."""
        began_s = time.monotonic()
        seq = self._house.next_seq - 1
        if seq > self._snapshot_seq:
            try:
                snapshot.save(self._directory, seq, self._chain, self._house.time_us, self._house.dump())
            except OSError as error:
                _log.warning("no snapshot could be saved; the next start replays more", seq=seq, error=str(error))
            else:
                self._snapshot_seq = seq
            give_back()
        took_s = time.monotonic() - began_s
        self._snapshot_due_s = began_s + SNAPSHOT_INTERVAL_S
        self._snapshot_earliest_s = began_s + took_s / SNAPSHOT_SHARE_MAX

    def finish(self) -> None:
        """Leave in good order: a snapshot, and a database that is known to be on disk."""
        self.snapshot()
        release(self._engine)

    def close(self) -> None:
        self._reader.close()
        self._engine.dispose()

    def _believed(self) -> Checkpoint:
        """The database's checkpoint, if the file as such can be believed."""
        try:
            create_tables(self._engine)
            with self._engine.begin() as connection:
                position = read_checkpoint(connection)
            if position is not None and not claim(self._engine):
                raise Distrusted(f"{self._path} was being written when the machine went down")
        except OperationalError as error:
            if "no such column" not in str(error):
                raise
            position = None
        except DatabaseError as error:
            raise Distrusted(f"{self._path} is damaged: {error.orig}") from error
        if position is None:
            raise Distrusted(f"{self._path} was written by another version of fondaco")
        return position


def _replica(directory: Path, position: Checkpoint) -> tuple[House, JournalReader]:
    """The house as it was at the checkpoint, and a reader that goes on from there."""
    if position.seq == 0:
        return House(), JournalReader(directory)
    try:
        with JournalReader(directory, position.seq) as reader:
            if reader.chain != position.chain:
                raise Distrusted(f"the journal has another command {position.seq} than the database")
    except NotInJournal as error:
        raise Distrusted(str(error)) from error
    house, reader = from_snapshot(directory, position.seq, reads_on=True)
    try:
        while reader.next_seq <= position.seq:
            for batch in reader.read(limit=1):
                apply_batch(house, batch)
    except BaseException:
        reader.close()
        raise
    return house, reader


def _newest_snapshot_seq(directory: Path, reader: JournalReader) -> int:
    """The newest snapshot of what this journal holds; older ones need not be written."""
    return next((found.seq for found in snapshot.newest_first(directory) if found.seq <= reader.durable_seq), 0)
