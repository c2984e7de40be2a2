"""The journal in files: one write and one sync for each batch, inline.

    open ─▶ survey ─▶ cut what is torn ─▶ append … append ─▶ segment full ─▶ the spare becomes the segment ─▶ append …

Invariants: a batch never spans two segments; a batch is written only when the one before it is durable; the durable
mark is set after the sync that covers it; a write or sync that failed is never tried again, because the kernel may have
dropped the very pages it failed on: the journal then refuses everything and the process has to end and replay.

On a full disk the next segment cannot be prepared: ``full`` then says so and the runtime stops taking orders, while
what is left of the current segment, and the spare if it was still prepared, take cancels.

Cost: one ``pwritev`` and one ``fdatasync`` a batch (docs/decisions/journal-format.md has the figures), and for each
segment two syncs more for its name. ``write`` and ``sync`` are the two halves of ``append``; the second may run in a
thread on a slow disk. Known limit: the disk's own honesty about ``fdatasync``.
"""

from __future__ import annotations

import functools
import os
from pathlib import Path
from typing import Final

import structlog

from fondaco.journal import durable_mark, layout, seal
from fondaco.journal.base import COMMANDS_MAX, RECORDS_BYTES_MAX, Octets
from fondaco.journal.codec import (
    BATCH_HEADER_BYTES,
    EMPTY_CHAIN,
    JOURNAL_ID_BYTES,
    SEGMENT_HEADER_BYTES,
    WORD_BYTES,
    BatchCodec,
    SegmentHeader,
    encode_segment_header,
)
from fondaco.journal.durable_mark import DurableMark
from fondaco.journal.errors import DiskFull, OperatingError, SyncFailed
from fondaco.journal.file_system import DISK, Closing, FileSystem, Task
from fondaco.journal.seal import Seal
from fondaco.journal.segment import Spare, fill_with_zeros, prepare
from fondaco.journal.survey import Surveyed, Torn, survey

SEGMENT_BYTES: Final = 16 << 20
SEGMENT_BYTES_MAX: Final = 1 << 30
_HEADERS_BYTES: Final = SEGMENT_HEADER_BYTES + BATCH_HEADER_BYTES

_log = structlog.get_logger(__name__)


class FileJournal:
    """The journal of one data directory, owned by this process from ``open`` to ``close``."""

    def __init__(
        self, directory: Path, surveyed: Surveyed, spare: Spare, file_system: FileSystem, lock: Closing | None
    ) -> None:
        header = surveyed.headers[-1]
        self.directory = directory
        self.next_seq = surveyed.last_seq + 1
        self.last_time_us = surveyed.last_time_us
        self.chain = surveyed.chain
        #: The largest batch in bytes of records: it has to fit a segment.
        self.records_bytes_max = min(RECORDS_BYTES_MAX, spare.size_bytes - _HEADERS_BYTES)
        #: What was cut from the end at opening: bytes of a batch acknowledged to nobody.
        self.torn: Torn | None = surveyed.torn
        self._base = header.base
        self._file_system = file_system
        self._first_seq = header.first_seq
        self._codec = BatchCodec(header.journal_id)
        self._file = file_system.open(layout.segment_path(directory, header.first_seq), writable=True)
        self._offset = surveyed.end_offset  # where the next batch goes
        self._capacity_bytes = header.size_bytes
        self._spare = spare
        self._is_named = True  # not while the first batch of a segment is not durable yet
        self._finished: Seal | None = None  # the seal of the segment before, without its digest yet
        self._sealing: list[Task] = []
        self._is_synced = True
        self._failure: SyncFailed | None = None
        self._lock = lock
        self._mark = DurableMark(directory, file_system, writable=True)
        self._mark.publish(surveyed.last_seq)

    @classmethod
    def open(
        cls,
        directory: Path,
        *,
        segment_bytes: int = SEGMENT_BYTES,
        file_system: FileSystem = DISK,
        lock: Closing | None = None,
    ) -> FileJournal:
        """Own the data directory ``directory`` and open its journal, or begin an empty one.

        ``segment_bytes`` is the size of segments to come. ``lock`` is the directory's lock where the caller holds it
        already; otherwise it is taken here and let go by ``close``. A torn end is cut and logged with its bytes.
        Raises ``DirectoryLocked``, ``JournalDamaged``, ``ForeignVersion``, ``DiskFull``.
        """
        _check_segment_bytes(segment_bytes)
        own = file_system.lock(directory) if lock is None else None
        try:
            file_system.make_directory(layout.journal_path(directory))
            surveyed = survey(directory, file_system)
            if surveyed is None:
                surveyed = _begin(directory, segment_bytes, file_system)
            _settle(directory, surveyed, file_system)
            spare = Spare(directory, segment_bytes, file_system)
            journal = cls(directory, surveyed, spare, file_system, own)
        except BaseException:
            if own is not None:
                own.close()
            raise
        spare.prepare()
        return journal

    @property
    def journal_id(self) -> bytes:
        """What tells this journal from every other, 16 bytes."""
        return self._codec.journal_id

    @property
    def durable_seq(self) -> int:
        return self._mark.seq

    @property
    def full(self) -> str | None:
        """Why new orders must not be taken: the disk has no room for the segment after this one. None: it has."""
        return self._spare.missing

    def prepare_spare(self) -> None:
        """Try again to prepare the next segment, beside the caller; call it now and then while ``full``."""
        self._spare.prepare()

    def append(self, records: Octets, count: int, time_us: int) -> int:
        """Write a batch and make it durable; answers its last sequence.

        ``records`` are whole records end to end (core/command_records.py), ``count`` of them. Raises ``DiskFull``
        (nothing was written), ``SyncFailed`` (end the process), ``ValueError`` for a batch out of bounds.
        """
        self.write(records, count, time_us)
        return self.sync()

    def write(self, records: Octets, count: int, time_us: int) -> int:
        """The first half of ``append``: one batch at a time, so ``sync`` must have followed the one before."""
        if self._failure is not None:
            raise self._failure
        if not self._is_synced:
            raise RuntimeError("the batch before is not synced yet; a journal takes one batch at a time")
        length = len(records)
        self._check(length, count, time_us)
        parts: list[Octets] = []
        if self._offset + BATCH_HEADER_BYTES + length > self._capacity_bytes:
            parts.append(self._begin_segment())
        header, chain = self._codec.header(self.chain, self.next_seq, count, time_us, records)
        parts += (header, records)
        self._is_synced = False
        try:
            self._file.write(parts, self._offset)
        except OSError as error:
            raise self._fail("write to", error) from error
        self._offset += sum(map(len, parts))
        self.next_seq += count
        self.last_time_us = time_us
        self.chain = chain
        return self.next_seq - 1

    def sync(self) -> int:
        """The second half of ``append``; may run in a thread. Raises ``SyncFailed``."""
        if self._failure is not None:
            raise self._failure
        seq = self.next_seq - 1
        try:
            self._file.sync()
            if not self._is_named:
                self._name_segment()
        except OSError as error:
            raise self._fail("sync", error) from error
        self._mark.publish(seq)
        self._is_synced = True
        return seq

    def close(self) -> None:
        """Let go of files and directory. A batch that was written and not synced is left for recovery to judge."""
        self._spare.close()
        for task in self._sealing:
            task.join()
        self._file.close()
        if self._failure is None:
            self._mark.flush()
        self._mark.close()
        if self._lock is not None:
            self._lock.close()

    def _begin_segment(self) -> bytes:
        """Go over to the spare; answers its header, to be written with the first batch. Raises ``DiskFull``."""
        file = self._spare.take()
        self._file.close()
        if self._first_seq < self.next_seq:
            self._finished = Seal(
                journal_id=self._codec.journal_id,
                first_seq=self._first_seq,
                last_seq=self.next_seq - 1,
                last_time_us=self.last_time_us,
                end_offset=self._offset,
                chain=self.chain,
            )
        self._file = file
        self._offset = 0
        self._capacity_bytes = self._spare.size_bytes
        self._first_seq = self.next_seq
        self._is_named = False
        header = SegmentHeader(self._codec.journal_id, self.next_seq, self.chain, self._capacity_bytes, self._base)
        return encode_segment_header(header)

    def _name_segment(self) -> None:
        """The first batch of a segment is durable: give the segment its name, then see to what can be done beside."""
        self._spare.name(layout.segment_path(self.directory, self._first_seq))
        self._is_named = True
        self._mark.flush()
        self._spare.prepare()
        finished, self._finished = self._finished, None
        if finished is not None:
            self._sealing = [task for task in self._sealing if task.is_alive()]
            work = functools.partial(seal.finish, self.directory, finished, self._file_system)
            self._sealing.append(self._file_system.start(work))

    def _check(self, length: int, count: int, time_us: int) -> None:
        if not 0 < count <= COMMANDS_MAX:
            raise ValueError(f"a batch of {count} commands; 1 to {COMMANDS_MAX} are taken")
        if not 0 < length <= self.records_bytes_max or length % WORD_BYTES:
            raise ValueError(
                f"a batch of {length} bytes of records; whole 8-byte words up to {self.records_bytes_max} are taken"
            )
        if time_us < self.last_time_us:
            raise ValueError(f"a batch at {time_us} µs after one at {self.last_time_us} µs; time never goes back")

    def _fail(self, what: str, error: OSError) -> SyncFailed:
        self._failure = SyncFailed(
            f"{self.directory}: {what} the journal failed ({error.strerror}); the process must end: check the disk, "
            "then start again, and everything acknowledged is replayed"
        )
        return self._failure


def _check_segment_bytes(segment_bytes: int) -> None:
    least = _HEADERS_BYTES + WORD_BYTES
    if segment_bytes % WORD_BYTES or not least <= segment_bytes <= SEGMENT_BYTES_MAX:
        raise OperatingError(
            f"a segment of {segment_bytes} bytes; take whole 8-byte words between {least} and {SEGMENT_BYTES_MAX}"
        )


def _begin(directory: Path, segment_bytes: int, file_system: FileSystem) -> Surveyed:
    """An empty journal: its first segment, on disk and named."""
    header = SegmentHeader(os.urandom(JOURNAL_ID_BYTES), 1, EMPTY_CHAIN, segment_bytes)
    path = layout.segment_path(directory, 1)
    try:
        prepare(file_system, path, segment_bytes, encode_segment_header(header)).close()
    except OSError as error:
        raise DiskFull(
            f"{path} could not be made ({error.strerror}): a journal needs 2 × {segment_bytes} bytes to begin; "
            "free some space there or choose another directory with --data"
        ) from error
    return Surveyed((header,), 0, 0, EMPTY_CHAIN, SEGMENT_HEADER_BYTES, SEGMENT_HEADER_BYTES, None, None)


def _settle(directory: Path, surveyed: Surveyed, file_system: FileSystem) -> None:
    """Make durable what was found sound, cut what is torn, and see that there is a mark."""
    header = surveyed.headers[-1]
    path = layout.segment_path(directory, header.first_seq)
    file = file_system.open(path, writable=True)
    try:
        if surveyed.marked_offset < surveyed.end_offset:
            # A process that ended on a failed sync may have left pages which the kernel believes to be clean though
            # they never reached the disk: only writing them again makes the sync below mean something.
            unmarked_bytes = surveyed.end_offset - surveyed.marked_offset
            file.write([file.read(unmarked_bytes, surveyed.marked_offset)], surveyed.marked_offset)
        torn = surveyed.torn
        if torn is not None:
            fill_with_zeros(file, torn.first_byte, torn.end_byte)
            _log.warning(
                "cut a torn batch from the end of the journal: it was written when the machine stopped and "
                "acknowledged to nobody",
                file=str(path),
                first_byte=torn.first_byte,
                end_byte=torn.end_byte,
                last_seq=surveyed.last_seq,
            )
        if file.size_bytes() < header.size_bytes:
            fill_with_zeros(file, file.size_bytes(), header.size_bytes)
        file.sync()
    finally:
        file.close()
    file_system.sync_directory(path.parent)
    for missing in surveyed.unsealed:
        seal.save(directory, missing, file_system)
    if surveyed.mark_seq is None:
        if surveyed.last_seq:
            _log.warning(
                "the durable mark is missing and made anew from what verifies",
                file=str(layout.durable_path(directory)),
                last_seq=surveyed.last_seq,
            )
        durable_mark.create(directory, file_system, header.journal_id, surveyed.last_seq)
