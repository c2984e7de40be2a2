"""The file journal on a real disk: what goes in comes out, across segments, restarts and full disks."""

from __future__ import annotations

import errno
import random
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fondaco.journal import layout
from fondaco.journal.base import COMMANDS_MAX, Journal, Octets
from fondaco.journal.codec import EMPTY_CHAIN, BatchCodec, SegmentHeader, decode_segment_header, encode_segment_header
from fondaco.journal.errors import DiskFull, NotInJournal, OperatingError
from fondaco.journal.file import FileJournal
from fondaco.journal.file_system import FILE_MODE, Disk, File
from fondaco.journal.reader import JournalReader
from tests.journal.disks import CrashingDisk
from tests.journal.flows import HOUSE_DIRECTORY, read_all, records

SEGMENT_BYTES = 4096


@settings(deadline=None, max_examples=60)
@given(
    batches=st.lists(
        st.tuples(st.binary(min_size=8, max_size=900), st.integers(1, COMMANDS_MAX), st.integers(0, 5)), max_size=20
    ),
    restarts=st.sets(st.integers(0, 19)),
    after=st.integers(0, 20),
)
@example(batches=[(bytes(8), 1, 0)] * 12 + [(bytes(8), 1, 1), (bytes(32), 1, 0)], restarts=set(), after=13)
def test_what_goes_in_comes_out(batches: list[tuple[bytes, int, int]], restarts: set[int], after: int) -> None:
    disk = CrashingDisk()
    journal = FileJournal.open(HOUSE_DIRECTORY, segment_bytes=1152, file_system=disk)
    time_us = 0
    given_batches = []
    for number, (content, count, later_us) in enumerate(batches):
        if number in restarts:
            journal.close()
            journal = FileJournal.open(HOUSE_DIRECTORY, segment_bytes=1152, file_system=disk)
        time_us += later_us
        content = content[: len(content) // 8 * 8]
        given_batches.append((journal.next_seq, count, time_us, content))
        assert journal.append(content, count, time_us) == journal.next_seq - 1 == journal.durable_seq
    read = read_all(HOUSE_DIRECTORY, disk)
    assert [(b.first_seq, b.count, b.time_us, b.records) for b in read] == given_batches
    assert (journal.chain, journal.last_time_us) == ((read[-1].chain, time_us) if read else (EMPTY_CHAIN, 0))
    after = min(after, len(read))
    after_seq = read[after - 1].last_seq if after else 0
    with JournalReader(HOUSE_DIRECTORY, after_seq, file_system=disk) as reader:
        assert reader.chain == (read[after - 1].chain if after else EMPTY_CHAIN)
        assert reader.last_time_us == (read[after - 1].time_us if after else 0)
        assert reader.next_seq == after_seq + 1
    assert read_all(HOUSE_DIRECTORY, disk, after_seq) == read[after:]


@given(
    key=st.binary(min_size=16, max_size=16),
    previous=st.binary(min_size=16, max_size=16),
    first_seq=st.integers(0, 2**64 - 1),
    count=st.integers(1, 2**32 - 1),
    time_us=st.integers(-(2**63), 2**63 - 1),
    content=st.binary(max_size=500),
    before=st.binary(max_size=40),
    flip=st.integers(0),
)
def test_a_batch_verifies_alone_and_any_flipped_bit_shows(
    key: bytes, previous: bytes, first_seq: int, count: int, time_us: int, content: bytes, before: bytes, flip: int
) -> None:
    codec = BatchCodec(key)
    header, chain = codec.header(previous, first_seq, count, time_us, content)
    buffer = bytearray(before + header + content)
    frame = codec.frame(buffer, len(before))
    assert frame is not None
    assert (frame.first_seq, frame.count, frame.time_us) == (first_seq, count, time_us)
    assert (frame.previous, frame.chain, frame.end_offset) == (previous, chain, len(buffer))
    assert buffer[frame.records_offset : frame.end_offset] == content
    bit = flip % (8 * (len(header) + len(content)))
    buffer[len(before) + bit // 8] ^= 1 << bit % 8
    assert codec.frame(buffer, len(before)) is None


@given(
    journal_id=st.binary(min_size=16, max_size=16),
    first_seq=st.integers(0, 2**64 - 1),
    chain=st.binary(min_size=16, max_size=16),
    size_bytes=st.integers(0, 2**64 - 1),
    flip=st.integers(0, 128 * 8 - 1),
)
def test_a_segment_header_round_trips(
    journal_id: bytes, first_seq: int, chain: bytes, size_bytes: int, flip: int
) -> None:
    header = SegmentHeader(journal_id, first_seq, chain, size_bytes)
    encoded = bytearray(encode_segment_header(header))
    assert (len(encoded), decode_segment_header(encoded)) == (128, header)
    encoded[flip // 8] ^= 1 << flip % 8
    assert decode_segment_header(encoded) is None


def test_segments_are_named_sealed_and_followed_by_a_spare(tmp_path: Path) -> None:
    chance = random.Random(1)
    journal = FileJournal.open(tmp_path, segment_bytes=SEGMENT_BYTES)
    while len(layout.numbered(journal_names(tmp_path), ".seg")) < 4:
        journal.append(records(chance, 3), 3, 1)
    journal.close()
    first_seqs = layout.numbered(journal_names(tmp_path), ".seg")
    assert first_seqs[0] == 1
    assert set(first_seqs) <= {batch.first_seq for batch in read_all(tmp_path)}
    assert layout.numbered(journal_names(tmp_path), ".seal") == first_seqs[:-1]
    assert [name for name in journal_names(tmp_path) if not name.startswith("0")] == ["durable", "spare"]
    assert {layout.segment_path(tmp_path, first_seq).stat().st_size for first_seq in first_seqs} == {SEGMENT_BYTES}
    assert layout.spare_path(tmp_path).read_bytes() == bytes(SEGMENT_BYTES)


def journal_names(directory: Path) -> list[str]:
    return sorted(path.name for path in layout.journal_path(directory).iterdir())


def test_a_first_batch_larger_than_the_first_segment(tmp_path: Path) -> None:
    FileJournal.open(tmp_path, segment_bytes=512).close()
    journal = FileJournal.open(tmp_path, segment_bytes=SEGMENT_BYTES)
    assert journal.append(b"x" * 3000, 5, 1) == 5
    journal.close()
    assert layout.numbered(journal_names(tmp_path), ".seg") == [1]
    FileJournal.open(tmp_path, segment_bytes=SEGMENT_BYTES).close()
    assert [batch.records for batch in read_all(tmp_path)] == [b"x" * 3000]


def test_another_segment_size_holds_for_segments_to_come(tmp_path: Path) -> None:
    chance = random.Random(2)
    for size in (4096, 1 << 20, 2048, 8192):
        journal = FileJournal.open(tmp_path, segment_bytes=size)
        for _ in range(40):
            journal.append(records(chance, 2), 2, journal.last_time_us + 1)
        journal.close()
    assert sum(batch.count for batch in read_all(tmp_path)) == 4 * 40 * 2


@pytest.mark.parametrize(
    ("content", "count", "time_us", "sentence"),
    [
        (b"", 1, 5, "a batch of 0 bytes"),
        (b"x" * 7, 1, 5, "a batch of 7 bytes of records; whole 8-byte words up to 3904"),
        (b"x" * 3912, 1, 5, "a batch of 3912 bytes of records; whole 8-byte words up to 3904"),
        (b"x" * 8, 0, 5, "a batch of 0 commands; 1 to 4096"),
        (b"x" * 8, 4097, 5, "a batch of 4097 commands; 1 to 4096"),
        (b"x" * 8, 1, 4, "a batch at 4 µs after one at 5 µs"),
    ],
)
def test_a_batch_out_of_bounds_is_refused(
    tmp_path: Path, content: bytes, count: int, time_us: int, sentence: str
) -> None:
    journal = FileJournal.open(tmp_path, segment_bytes=SEGMENT_BYTES)
    journal.append(b"x" * 3904, 1, 5)
    with pytest.raises(ValueError, match=sentence):
        journal.append(content, count, time_us)
    assert journal.append(b"y" * 3904, 1, 5) == 2
    journal.close()


@pytest.mark.parametrize("segment_bytes", [0, 192, 4095, (1 << 30) + 8])
def test_a_segment_size_out_of_bounds_is_refused(tmp_path: Path, segment_bytes: int) -> None:
    with pytest.raises(OperatingError, match=f"a segment of {segment_bytes} bytes; take .* between 200 and 1073741824"):
        FileJournal.open(tmp_path, segment_bytes=segment_bytes)
    assert list(tmp_path.iterdir()) == []


def test_in_two_halves_a_batch_counts_only_when_it_is_synced(tmp_path: Path) -> None:
    journal = FileJournal.open(tmp_path, segment_bytes=SEGMENT_BYTES)
    assert journal.write(b"x" * 8, 2, 1) == 2
    assert (journal.durable_seq, journal.next_seq, read_all(tmp_path)) == (0, 3, [])
    with pytest.raises(RuntimeError, match="one batch at a time"):
        journal.write(b"y" * 8, 1, 2)
    assert journal.sync() == 2 == journal.durable_seq
    assert [batch.records for batch in read_all(tmp_path)] == [b"x" * 8]
    journal.close()


@pytest.mark.parametrize("after_seq", [5, 900])
def test_a_reader_refuses_a_place_beyond_the_journal(tmp_path: Path, after_seq: int) -> None:
    with pytest.raises(NotInJournal, match="there is no journal there"):
        JournalReader(tmp_path)
    journal = FileJournal.open(tmp_path, segment_bytes=SEGMENT_BYTES)
    journal.append(b"x" * 8, 4, 1)
    with pytest.raises(NotInJournal, match=f"durable up to sequence 4; {after_seq} is beyond that"):
        JournalReader(tmp_path, after_seq)
    journal.close()


def test_a_reader_between_two_batches_begins_with_the_one_it_falls_into(tmp_path: Path) -> None:
    journal = FileJournal.open(tmp_path, segment_bytes=SEGMENT_BYTES)
    for count in (3, 4, 5):
        journal.append(b"x" * 8, count, 1)
    journal.close()
    for after_seq, first_seq in [(0, 1), (1, 1), (2, 1), (3, 4), (6, 4), (7, 8), (11, 8)]:
        assert read_all(tmp_path, after_seq=after_seq)[0].first_seq == first_seq, after_seq
    assert read_all(tmp_path, after_seq=12) == []


class FullDisk(Disk):
    """This machine's disk with a bound on what new files may take, as a full one has."""

    def __init__(self, error_number: int = errno.ENOSPC) -> None:
        self.is_full = False
        self._error_number = error_number

    def create(self, path: Path, mode: int = FILE_MODE) -> File:
        file = super().create(path, mode)
        if self.is_full and path.name == "spare.new":
            return _NoRoom(file, self._error_number)
        return file


class _NoRoom:
    """A new file that takes a few bytes and no more."""

    def __init__(self, file: File, error_number: int) -> None:
        self.size_bytes, self.read, self.sync, self.close = file.size_bytes, file.read, file.sync, file.close
        self._error_number = error_number

    def write(self, parts: Sequence[Octets], offset: int) -> None:
        raise OSError(self._error_number, "it takes no more")


def test_a_full_disk_stops_intake_with_room_left_and_loses_nothing(tmp_path: Path) -> None:
    chance = random.Random(3)
    disk = FullDisk()
    journal = FileJournal.open(tmp_path, segment_bytes=SEGMENT_BYTES, file_system=disk)
    content = records(chance, 2)
    disk.is_full = True
    while not journal.full:
        journal.append(content, 2, 1)
    acknowledged_when_told = journal.durable_seq
    assert "free some space there" in journal.full
    with pytest.raises(DiskFull, match=r"no room for the next segment of 4096 bytes in .*journal \(no space left\)"):
        fill(journal, content)
    assert journal.durable_seq > acknowledged_when_told > 0, "cancels fit after intake was told to stop"
    acknowledged = journal.durable_seq
    names = {path.name for path in layout.journal_path(tmp_path).iterdir()}
    assert not names & {"spare", "spare.new"}, "what did not fit is not left behind"
    with pytest.raises(DiskFull):
        journal.append(content, 2, 1)

    disk.is_full = False
    assert journal.append(content, 2, 1) == acknowledged + 2, "space was made, and it goes on by itself"
    assert journal.full is None
    journal.close()
    again = FileJournal.open(tmp_path, segment_bytes=SEGMENT_BYTES)
    assert again.durable_seq == acknowledged + 2
    assert sum(batch.count for batch in read_all(tmp_path)) == acknowledged + 2
    again.close()


def fill(journal: FileJournal, content: bytes) -> None:
    """Append until it is refused."""
    while True:
        journal.append(content, 2, 1)


@pytest.mark.parametrize(
    ("error_number", "sentence"),
    [
        (errno.ENOSPC, r"no room for .* \(no space left\): free some space there"),
        (errno.EDQUOT, r"no room for .* \(no space left\): free some space there"),
        (errno.EIO, r"could not be prepared \(Input/output error\): see what ails that disk"),
    ],
)
def test_intake_is_told_what_is_wrong_and_when_it_is_over(tmp_path: Path, error_number: int, sentence: str) -> None:
    disk = FullDisk(error_number)
    disk.is_full = True
    journal = FileJournal.open(tmp_path, segment_bytes=SEGMENT_BYTES, file_system=disk)
    with pytest.raises(DiskFull, match=sentence):
        fill(journal, b"x" * 1000)
    disk.is_full = False
    assert journal.full
    journal.prepare_spare()
    journal.append(b"x" * 1000, 1, 1)
    assert journal.full is None
    journal.close()


def test_a_batch_appended_in_a_thread_while_the_loop_asks_for_a_spare(tmp_path: Path) -> None:
    """With a slow disk the runtime appends in a worker thread and looks for space from its loop."""
    journal: Journal = FileJournal.open(tmp_path, segment_bytes=SEGMENT_BYTES)
    assert isinstance(journal, FileJournal)

    def append() -> None:
        for number in range(150):
            journal.append(b"x" * 1000, 1, number)

    thread = threading.Thread(target=append)
    thread.start()
    while thread.is_alive():
        journal.prepare_spare()
    thread.join()
    journal.close()
    FileJournal.open(tmp_path, segment_bytes=SEGMENT_BYTES).close()
    assert [batch.first_seq for batch in read_all(tmp_path)] == [*range(1, 151)]


def test_a_journal_that_has_no_room_to_begin_says_so() -> None:
    disk = CrashingDisk(free_bytes=1000)
    with pytest.raises(DiskFull, match="a journal needs 2 × 4096 bytes to begin"):
        FileJournal.open(HOUSE_DIRECTORY, segment_bytes=SEGMENT_BYTES, file_system=disk)
    assert disk.present == {}, "what did not fit is not left behind"
