"""Follows a journal from outside the process that writes it: the projector, verify, inspect, backup.

A reader goes up to the durable mark and never past it, verifies every batch and its link to the one before, and yields
commands recorded as void as ticks (void.py). It needs no lock and writes nothing. An idle ``read`` looks at one word of
shared memory, so polling every millisecond or two costs next to nothing.

Known limit: a segment that is archived while a reader is in the middle of it is still read to its end.
"""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Final

from fondaco.journal import layout
from fondaco.journal.base import Batch
from fondaco.journal.codec import SEGMENT_HEADER_BYTES, BatchCodec, Frame, claimed_end_offset
from fondaco.journal.durable_mark import DurableMark
from fondaco.journal.errors import JournalDamaged, NotInJournal
from fondaco.journal.file_system import DISK, File, FileSystem
from fondaco.journal.survey import read_header
from fondaco.journal.void import Voids

_WINDOW_BYTES: Final = 256 << 10
#: A read hands over at most this many bytes of records, whatever its limit of batches.
_READ_BYTES_MAX: Final = 8 << 20


class JournalReader:
    """Reads the batches after sequence ``after_seq`` of the journal in the data directory ``directory``.

    ``chain`` and ``last_time_us`` belong to the last batch passed, at first that which ends with ``after_seq``: a
    caller with a checkpoint compares its own chain with it. If ``after_seq`` lies inside a batch, the first batch read
    is that one. Raises ``NotInJournal``, ``JournalDamaged``, ``ForeignVersion``.
    """

    def __init__(
        self, directory: Path, after_seq: int = 0, *, up_to_seq: int | None = None, file_system: FileSystem = DISK
    ) -> None:
        self._directory = directory
        self._file_system = file_system
        first_seqs = layout.numbered(file_system.names(layout.journal_path(directory)), layout.SEGMENT_SUFFIX)
        # the segment that holds ``after_seq`` itself, where there is one: its batch has the chain and the time before
        begins = [first_seq for first_seq in first_seqs if first_seq <= after_seq]
        begins = begins or [first_seq for first_seq in first_seqs if first_seq == after_seq + 1]
        if not begins:
            held = f"it begins with sequence {first_seqs[0]}" if first_seqs else "there is no journal there"
            raise NotInJournal(f"{directory} does not hold the sequences after {after_seq}: {held}")
        self._up_to_seq = up_to_seq
        self._mark = DurableMark(directory, file_system) if up_to_seq is None else None
        self._voids = Voids.load(directory, file_system)
        self._file: File | None = None
        self._window, self._window_offset = b"", 0
        self.next_seq = begins[-1]
        self.last_time_us = 0
        self._enter_segment(None)
        try:
            self._pass(after_seq)
        except BaseException:
            self.close()
            raise

    @property
    def durable_seq(self) -> int:
        """How far this reader may go at the moment."""
        return self._mark.seq if self._mark is not None else self._up_to_seq or 0

    def read(self, limit: int = 256) -> list[Batch]:
        """The next batches, at most ``limit``, none if there is nothing new. Raises ``JournalDamaged``."""
        durable_seq = self.durable_seq
        batches: list[Batch] = []
        size_bytes = 0
        while self.next_seq <= durable_seq and len(batches) < limit and size_bytes < _READ_BYTES_MAX:
            frame = self._peek()
            records = self._window[frame.records_offset : frame.end_offset]
            size_bytes += len(records)
            records = self._voids.passed_over(frame.first_seq, frame.count, frame.chain, records)
            batches.append(Batch(frame.first_seq, frame.count, frame.time_us, records, frame.chain))
            self._advance(frame)
        return batches

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
        if self._mark is not None:
            self._mark.close()

    def __enter__(self) -> JournalReader:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _pass(self, after_seq: int) -> None:
        durable_seq = self.durable_seq
        if after_seq > durable_seq:
            raise NotInJournal(f"{self._directory} is durable up to sequence {durable_seq}; {after_seq} is beyond that")
        while self.next_seq <= after_seq:
            frame = self._peek()
            if frame.last_seq > after_seq:
                return
            self._advance(frame)

    def _peek(self) -> Frame:
        """The batch that begins with ``next_seq``, which is durable, so it must be there and verify."""
        offset = self._offset - self._window_offset
        frame = self._codec.frame(self._window, offset)
        if frame is None:
            frame = self._frame_from_file()
        if frame is None:
            path = layout.segment_path(self._directory, self.next_seq)
            if path != self._path and path.name in self._file_system.names(path.parent):
                self._enter_segment(self._codec.journal_id)
                frame = self._frame_from_file()
        if frame is None or frame.first_seq != self.next_seq or frame.previous != self.chain:
            raise JournalDamaged(
                f"{self._path}, byte {self._offset}: no batch that verifies and continues sequence "
                f"{self.next_seq - 1}; stop the house and run `fondaco verify {self._directory}`"
            )
        return frame

    def _advance(self, frame: Frame) -> None:
        self.next_seq = frame.last_seq + 1
        self.last_time_us = frame.time_us
        self.chain = frame.chain
        self._offset = self._window_offset + frame.end_offset

    def _frame_from_file(self) -> Frame | None:
        """Fill the window anew from the present offset, wide enough for the whole batch."""
        assert self._file is not None
        self._window_offset = self._offset
        self._window = self._file.read(_WINDOW_BYTES, self._offset)
        size_bytes = claimed_end_offset(self._window, 0)
        if size_bytes > len(self._window):
            self._window = self._file.read(min(size_bytes, self._size_bytes - self._offset), self._offset)
        return self._codec.frame(self._window, 0)

    def _enter_segment(self, journal_id: bytes | None) -> None:
        """Open the segment that begins with ``next_seq``; ``journal_id`` is that of the one before, if any."""
        if self._file is not None:
            self._file.close()
        self._path = layout.segment_path(self._directory, self.next_seq)
        self._file = self._file_system.open(self._path)
        header = read_header(self._path, self._file.read(SEGMENT_HEADER_BYTES, 0), self.next_seq)
        expected_id = journal_id or (self._mark.journal_id if self._mark is not None else header.journal_id)
        if header.journal_id != expected_id or (journal_id is not None and header.chain != self.chain):
            raise JournalDamaged(
                f"{self._path}, byte 16: this segment does not continue the one before it, or belongs to another "
                "journal; restore the directory from one backup"
            )
        self._codec = BatchCodec(header.journal_id)
        self.chain = header.chain
        if journal_id is None:
            self.last_time_us = header.base.time_us
        self._size_bytes = header.size_bytes
        self._offset = SEGMENT_HEADER_BYTES
        self._window, self._window_offset = b"", SEGMENT_HEADER_BYTES

    @property
    def journal_id(self) -> bytes:
        return self._codec.journal_id
