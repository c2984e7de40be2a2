"""Bad days for the files: what is torn is cut and reported, everything else stops the start and changes nothing."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from structlog.testing import capture_logs

from fondaco.journal import layout
from fondaco.journal.codec import (
    BATCH_HEADER_BYTES,
    SEGMENT_HEADER_BYTES,
    BatchCodec,
    decode_segment_header,
    encode_segment_header,
)
from fondaco.journal.errors import ForeignVersion, JournalDamaged, NotInJournal
from fondaco.journal.file import FileJournal
from fondaco.journal.file_system import DISK
from fondaco.journal.reader import JournalReader
from fondaco.journal.survey import survey
from tests.journal.flows import read_all, records

SEGMENT_BYTES = 4096


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A data directory with three segments, all of it acknowledged, and room in the last one."""
    chance = random.Random(7)
    journal = FileJournal.open(tmp_path, segment_bytes=SEGMENT_BYTES)
    while len(segments(tmp_path)) < 3:
        journal.append(records(chance, 3), 3, journal.last_time_us + 1)
    for _ in range(3):
        journal.append(records(chance, 2), 2, journal.last_time_us + 1)
    journal.close()
    return tmp_path


def segments(directory: Path) -> list[Path]:
    return sorted(layout.journal_path(directory).glob("*.seg"))


def contents(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in layout.journal_path(directory).iterdir()}


def end_of(directory: Path) -> int:
    """Where the active segment's last batch ends."""
    found = survey(directory, DISK)
    assert found is not None
    return found.end_offset


def last_batch(directory: Path) -> tuple[int, int]:
    """First byte and end of the last batch in the active segment."""
    end = end_of(directory)
    return end - BATCH_HEADER_BYTES - len(read_all(directory)[-1].records), end


def change(path: Path, offset: int, replacement: bytes) -> None:
    content = bytearray(path.read_bytes())
    content[offset : offset + len(replacement)] = replacement
    path.write_bytes(content)


def flip(path: Path, offset: int) -> None:
    change(path, offset, bytes([path.read_bytes()[offset] ^ 0x20]))


def refused(directory: Path, error: type[JournalDamaged] = JournalDamaged) -> str:
    """Opening is refused and no byte of any file changes; answers the sentence."""
    before = contents(directory)
    with pytest.raises(error) as caught:
        FileJournal.open(directory, segment_bytes=SEGMENT_BYTES)
    assert contents(directory) == before
    return str(caught.value)


def cut(directory: Path, first_byte: int, end_byte: int) -> None:
    """Opening cuts exactly these bytes, says so, keeps every acknowledged batch and goes on."""
    path = segments(directory)[-1]
    before = read_all(directory)
    with capture_logs() as logs:
        journal = FileJournal.open(directory, segment_bytes=SEGMENT_BYTES)
    assert [
        (log["log_level"], log["file"], log["first_byte"], log["end_byte"]) for log in logs if "torn" in log["event"]
    ] == [("warning", str(path), first_byte, end_byte)]
    assert journal.torn is not None
    assert path.read_bytes()[first_byte:] == bytes(SEGMENT_BYTES - first_byte)
    assert read_all(directory) == before
    journal.append(b"x" * 8, 1, journal.last_time_us)
    journal.close()
    assert read_all(directory)[:-1] == before


def test_any_flipped_byte_of_the_middle_is_refused_and_named(house: Path) -> None:
    """Every byte of every batch in every segment, headers too, in strides; the last batch has its own test."""
    begin, _ = last_batch(house)
    for path in segments(house):
        end = begin if path == segments(house)[-1] else SEGMENT_BYTES
        for offset in range(0, end, 37):
            flip(path, offset)
            sentence = refused(house)
            flip(path, offset)
            assert sentence.startswith(f"{path}, byte "), sentence
            named = int(sentence.removeprefix(f"{path}, byte ").partition(":")[0])
            assert named <= offset or (offset < SEGMENT_HEADER_BYTES and named < SEGMENT_HEADER_BYTES), sentence
    FileJournal.open(house, segment_bytes=SEGMENT_BYTES).close()


def test_a_flipped_byte_in_the_acknowledged_last_batch_is_refused(house: Path) -> None:
    begin, end = last_batch(house)
    path = segments(house)[-1]
    for offset in range(begin, end):
        flip(path, offset)
        sentence = refused(house)
        flip(path, offset)
        assert f"{path}, byte {begin}" in sentence or "of version" in sentence, sentence
    FileJournal.open(house, segment_bytes=SEGMENT_BYTES).close()


def test_acknowledged_batches_overwritten_with_zeros_are_missed(house: Path) -> None:
    begin, end = last_batch(house)
    last_seq = read_all(house)[-1].last_seq
    change(segments(house)[-1], begin, bytes(end - begin))
    assert f"byte {begin}: the journal ends with sequence {last_seq - 2}, but {last_seq} was ack" in refused(house)


@pytest.mark.parametrize("written", [1, 8, 40, 63, 64, 65, 100])
def test_a_torn_last_batch_is_cut_and_reported(house: Path, written: int) -> None:
    """The first bytes of a batch that was being written: nobody was told of it."""
    path, end = segments(house)[-1], end_of(house)
    found = survey(house, DISK)
    assert found is not None
    header, _ = BatchCodec(found.journal_id).header(found.chain, found.last_seq + 1, 1, 10**9, b"record__" * 5)
    torn = (header + b"record__" * 5)[:written]
    change(path, end, torn)
    cut(house, end, end + len(torn.rstrip(b"\0")))


def test_a_torn_batch_without_its_beginning_is_cut_too(house: Path) -> None:
    """Sectors reach the disk in any order: the end of a batch may be there and its header not."""
    path, end = segments(house)[-1], end_of(house)
    change(path, end + 512, b"\x07" * 100)
    cut(house, end, end + 612)


def test_bytes_above_the_mark_with_a_valid_batch_behind_them_are_refused(house: Path) -> None:
    """A batch is written only when the one before is durable, so these bytes were once a durable batch."""
    path, end = segments(house)[-1], end_of(house)
    found = survey(house, DISK)
    assert found is not None
    header, _ = BatchCodec(found.journal_id).header(b"c" * 16, found.last_seq + 5, 1, 10**9, b"record__")
    change(path, end, b"\x01" * 96 + header + b"record__")
    sentence = refused(house)
    assert f"{path}, byte {end}: the batch after sequence {found.last_seq} does not verify" in sentence
    assert f"a valid one with sequence {found.last_seq + 5} follows at byte {end + 96}" in sentence


def test_a_batch_that_does_not_follow_on_is_a_gap(house: Path) -> None:
    path, end = segments(house)[-1], end_of(house)
    found = survey(house, DISK)
    assert found is not None
    header, _ = BatchCodec(found.journal_id).header(found.chain, found.last_seq + 2, 1, 10**9, b"record__")
    change(path, end, header + b"record__")
    assert f"{path}, byte {end}: a gap: the batch here begins with sequence {found.last_seq + 2}" in refused(house)


def test_a_planted_batch_of_another_key_does_not_pass_for_one(house: Path) -> None:
    """What looks like a batch inside a torn record, made by somebody without the journal's key, proves nothing."""
    path, end = segments(house)[-1], end_of(house)
    header, _ = BatchCodec(b"guess" * 3).header(b"c" * 16, 10**6, 1, 10**9, b"record__")
    change(path, end + 64, header + b"record__")
    cut(house, end, end + 64 + len(header) + 8)


@pytest.mark.parametrize("lost", [0, 1])
def test_a_missing_segment_is_a_gap(house: Path, lost: int) -> None:
    first_seqs = layout.numbered([path.name for path in segments(house)], ".seg")
    segments(house)[lost].unlink()
    expected = first_seqs[lost]
    assert f"a gap: {'the journal' if lost == 0 else 'the segment'}" in (sentence := refused(house))
    assert f"so {expected} must come next" in sentence


def test_a_missing_last_segment_is_missed_by_the_mark(house: Path) -> None:
    last_seq = read_all(house)[-1].last_seq
    segments(house)[-1].unlink()
    assert f"but {last_seq} was acknowledged" in refused(house)


def test_a_journal_without_segments_but_with_a_mark_is_refused(house: Path) -> None:
    for path in segments(house):
        path.unlink()
    assert "no segment beside it: acknowledged commands are missing" in refused(house)


@pytest.mark.parametrize(
    ("offset", "sentence"),
    [
        (8, "byte 8: written in journal version 7; this release reads version 1"),
        (SEGMENT_HEADER_BYTES + 4, "of version 7; this release reads version 1"),
    ],
)
def test_a_foreign_version_is_refused(house: Path, offset: int, sentence: str) -> None:
    change(segments(house)[1], offset, b"\x07\x00")
    assert sentence in refused(house, ForeignVersion)


def test_a_journal_made_under_other_rules_is_refused(house: Path) -> None:
    segment = segments(house)[0]
    header = decode_segment_header(segment.read_bytes())
    assert header is not None
    change(segment, 0, encode_segment_header(msgspec.structs.replace(header, rules_version=7)))
    assert "byte 12: made under rules version 7; this release has 2" in refused(house, ForeignVersion)


def test_a_foreign_batch_at_the_end_is_not_cut(house: Path) -> None:
    change(segments(house)[-1], end_of(house), b"\xf5BAT\x02\x00")
    assert "is of version 2" in refused(house, ForeignVersion)


def test_a_renamed_segment_is_refused(house: Path) -> None:
    path = segments(house)[-1]
    path.rename(layout.segment_path(house, 10**6))
    assert "the file is named 1000000, its header says" in refused(house)


def test_segments_of_two_journals_do_not_mix(house: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = tmp_path_factory.mktemp("other")
    chance = random.Random(7)  # the same batches, so the same names, under another journal's key
    journal = FileJournal.open(other, segment_bytes=SEGMENT_BYTES)
    while len(segments(other)) < 3:
        journal.append(records(chance, 3), 3, journal.last_time_us + 1)
    journal.close()
    segments(house)[1].write_bytes(segments(other)[1].read_bytes())
    assert "of another journal than the one before it" in refused(house)
    with pytest.raises(JournalDamaged, match="does not continue the one before it"):
        read_all(house)


def test_a_mark_of_another_journal_is_refused(house: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = tmp_path_factory.mktemp("other")
    FileJournal.open(other, segment_bytes=SEGMENT_BYTES).close()
    layout.durable_path(house).write_bytes(layout.durable_path(other).read_bytes())
    assert "restore the directory from one backup" in refused(house)


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (lambda mark: mark[:40], "has 40 bytes instead of 64"),
        (lambda mark: b"x" + mark[1:], "byte 0: this is not a durable mark"),
        (lambda mark: mark[:8] + b"\x09" + mark[9:], "byte 8: version 9; this release reads version 1"),
        (lambda mark: mark[:32] + b"\xff" * 4 + mark[36:], "but 4294967295 was acknowledged"),
    ],
)
def test_a_damaged_mark_is_refused(house: Path, damage: Callable[[bytes], bytes], sentence: str) -> None:
    path = layout.durable_path(house)
    path.write_bytes(damage(path.read_bytes()))
    assert sentence in refused(house)


def test_a_missing_mark_is_made_anew_with_a_warning(house: Path) -> None:
    last_seq = read_all(house)[-1].last_seq
    layout.durable_path(house).unlink()
    with pytest.raises(NotInJournal, match="durable is missing; start the house"):
        JournalReader(house)
    with capture_logs() as logs:
        journal = FileJournal.open(house, segment_bytes=SEGMENT_BYTES)
    assert journal.durable_seq == last_seq
    assert [log["log_level"] for log in logs] == ["warning"]
    journal.close()


def test_an_old_mark_after_a_power_loss_still_recovers_all_that_verifies(house: Path) -> None:
    last_seq = read_all(house)[-1].last_seq
    change(layout.durable_path(house), 32, (5).to_bytes(8, "little"))
    journal = FileJournal.open(house, segment_bytes=SEGMENT_BYTES)
    assert journal.durable_seq == last_seq
    journal.close()


def test_a_file_cut_short_in_its_zeros_is_filled_up_again(house: Path) -> None:
    path, end = segments(house)[-1], end_of(house)
    with path.open("r+b") as file:
        file.truncate(end + 3)
    journal = FileJournal.open(house, segment_bytes=SEGMENT_BYTES)
    journal.close()
    assert path.stat().st_size == SEGMENT_BYTES


def test_a_file_cut_short_in_its_last_batch_is_refused(house: Path) -> None:
    begin, end = last_batch(house)
    path = segments(house)[-1]
    with path.open("r+b") as file:
        file.truncate(end - 3)
    assert f"{path}, byte {begin}" in refused(house)


def test_a_reader_refuses_what_was_changed_under_it(house: Path) -> None:
    path = segments(house)[1]
    first_seq = layout.numbered([path.name], ".seg")[0]
    flip(path, SEGMENT_HEADER_BYTES + BATCH_HEADER_BYTES + 3)
    with JournalReader(house, after_seq=first_seq - 1) as reader, pytest.raises(JournalDamaged) as caught:
        reader.read(limit=1)
    expected = f"{path}, byte {SEGMENT_HEADER_BYTES}: no batch that verifies and continues sequence {first_seq - 1}"
    assert expected in str(caught.value)


def test_the_first_header_names_an_empty_base(house: Path) -> None:
    header = decode_segment_header(segments(house)[0].read_bytes())
    assert header is not None
    assert (header.base.kind, header.base.seq, header.base.hash) == (0, 0, bytes(32))


def test_seals_that_do_not_fit_are_of_no_use_and_made_again(house: Path) -> None:
    seals = sorted(layout.journal_path(house).glob("*.seal"))
    sound = [path.read_bytes() for path in seals]
    assert len(seals) == 2
    for damage in (
        lambda one, other: None,
        lambda one, other: b"",
        lambda one, other: one[:50] + b"?" + one[51:],
        lambda one, other: other,
    ):
        for path, one, other in zip(seals, sound, reversed(sound), strict=True):
            replacement = damage(one, other)
            path.unlink()
            if replacement is not None:
                path.write_bytes(replacement)
        found = survey(house, DISK)
        assert found is not None
        assert [each.first_seq for each in found.unsealed] == [found.headers[0].first_seq, found.headers[1].first_seq]
        FileJournal.open(house, segment_bytes=SEGMENT_BYTES).close()
        assert [path.read_bytes() for path in seals] == sound
    found = survey(house, DISK)
    assert found is not None
    assert found.unsealed == ()
