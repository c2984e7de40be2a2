"""A consistent copy of a house, running or not: it opens and verifies like the house itself.

What is copied is the journal up to the durable mark as it stood at the beginning, and of the rest what that needs: the
snapshots below it, the secrets (a key's secret is on disk before its command, so those found later cover the keys), the
void list and the configuration. Projections are left out: they are made again from the journal. People's keys are left
out too: a backup that holds them could read a person who was erased since. ``copy_people`` keeps one copy of them
apart, which replaces the one before it.

The target's durable mark is written first: a copy that was interrupted ends below it and is refused at opening, instead
of passing for a shorter history. Every batch is verified on the way. Cost: one read and one write of the journal; the
running house is not slowed but by the disk.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec

from fondaco.journal import durable_mark, layout, seal, secrets, snapshot
from fondaco.journal.codec import BatchCodec
from fondaco.journal.durable_mark import DurableMark
from fondaco.journal.errors import BackupRefused, JournalDamaged, NotInJournal
from fondaco.journal.file_system import DISK, FILE_MODE, FileSystem, read_whole, replace
from fondaco.journal.people import People
from fondaco.journal.survey import read_header, survey, walk

#: Files of a data directory that are copied as they are, if they are there, with the mode they get.
_BESIDE: Final = {"secrets": secrets.MODE, "credentials.json": secrets.MODE, "fondaco.toml": FILE_MODE}


class Copied(msgspec.Struct, frozen=True):
    """What a backup holds."""

    last_seq: int
    segments: int
    snapshots: int
    size_bytes: int


def backup(directory: Path, target: Path, *, file_system: FileSystem = DISK) -> Copied:
    """Copy the house in ``directory`` to ``target``, a new or empty directory, durably.

    Raises ``BackupRefused``, ``NotInJournal`` (no house there), ``JournalDamaged`` (it does not verify), ``OSError``.
    """
    _refuse_unfit(directory, target, file_system)
    if layout.durable_path(directory).name not in file_system.names(layout.journal_path(directory)):
        raise NotInJournal(f"{directory} holds no journal; is it the right directory?")
    mark = DurableMark(directory, file_system)
    end_seq, journal_id = mark.seq, mark.journal_id
    mark.close()
    first_seqs = layout.numbered(file_system.names(layout.journal_path(directory)), layout.SEGMENT_SUFFIX)

    file_system.make_directory(layout.journal_path(target))
    file_system.make_directory(layout.snapshots_path(target))
    durable_mark.create(target, file_system, journal_id, end_seq)
    # A segment may have begun since the mark was read: it is not of this copy. The first one is, even while empty.
    begun = [first_seq for first_seq in first_seqs if first_seq <= max(end_seq, first_seqs[0])]
    size_bytes = sum(_copy_segment(directory, target, first_seq, end_seq, file_system) for first_seq in begun)
    for first_seq in begun[:-1]:
        _copy(layout.seal_path(directory, first_seq), layout.seal_path(target, first_seq), FILE_MODE, file_system)
    snapshots = 0
    for seq in snapshot.seqs(directory, file_system=file_system):
        path = layout.snapshot_path(directory, seq)
        if seq <= end_seq and isinstance(snapshot.load(directory, seq, file_system=file_system), snapshot.Snapshot):
            snapshots += _copy(path, layout.snapshot_path(target, seq), FILE_MODE, file_system)
    _copy(layout.void_path(directory), layout.void_path(target), FILE_MODE, file_system)
    for name, mode in _BESIDE.items():
        _copy(directory / name, target / name, mode, file_system)
    survey(target, file_system)
    return Copied(end_seq, len(begun), snapshots, size_bytes)


def copy_people(directory: Path, file: Path, target: Path) -> int:
    """Put the one copy of people's keys at ``file``, in place of an older one; answers how many it holds.

    Raises ``BackupRefused`` if it would lie within the house or its backup ``target``, ``NotInJournal`` if the house
    has no such keys, ``SecretsExposed``, ``OSError``.
    """
    for where in (directory, target):
        if file.resolve().is_relative_to(where.resolve()):
            raise BackupRefused(
                f"{file} lies inside {where}; name a file outside of the house and of its backups, always the same, "
                "so that whoever is erased is gone from it too"
            )
    source = layout.people_path(directory)
    if not source.exists():
        raise NotInJournal(f"{source} is not there: this house knows no people, so leave --people-keys out")
    people = People(source)
    try:
        return people.copy_to(file)
    finally:
        people.close()


def _refuse_unfit(directory: Path, target: Path, file_system: FileSystem) -> None:
    if file_system.names(target):
        raise BackupRefused(f"{target} is not empty; name a new directory, so that no older backup is overwritten")
    if target.resolve().is_relative_to(directory.resolve()):
        raise BackupRefused(f"{target} lies inside {directory}; name a directory outside, best on another disk")


def _copy_segment(directory: Path, target: Path, first_seq: int, end_seq: int, file_system: FileSystem) -> int:
    """Copy the batches of one segment up to ``end_seq``, zeros behind them; answers the bytes that count."""
    path = layout.segment_path(directory, first_seq)
    content = read_whole(file_system, path)
    header = read_header(path, content, first_seq)
    sealed = seal.load(directory, first_seq, file_system)
    if sealed is not None and sealed.last_seq <= end_seq and sealed.fits(header, content):
        replace(file_system, layout.segment_path(target, first_seq), [content])
        return sealed.end_offset
    codec = BatchCodec(header.journal_id)
    walked = walk(content, codec, header.first_seq, header.chain, up_to_seq=end_seq)
    rest = content[walked.end_offset :]
    if walked.last_seq < end_seq and rest != bytes(len(rest)):
        raise JournalDamaged(
            f"{path}, byte {walked.end_offset}: the batch after sequence {walked.last_seq} does not verify, though it "
            f"was durable; run `fondaco verify {directory}`"
        )
    zeros = bytes(len(rest))
    replace(file_system, layout.segment_path(target, first_seq), [content[: walked.end_offset], zeros])
    return walked.end_offset


def _copy(source: Path, target: Path, mode: int, file_system: FileSystem) -> bool:
    """Copy a file if it is there; a snapshot may have been removed since it was listed."""
    try:
        content = read_whole(file_system, source)
    except FileNotFoundError:
        return False
    replace(file_system, target, [content], mode)
    return True
