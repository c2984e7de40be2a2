"""Snapshots: the state after a sequence, so that a start need not replay from nothing. An optimisation, no more.

Deleting them changes nothing but time. A snapshot is named by its sequence, carries the chain of its position (so that
it never serves another journal) and a hash over everything, and is put in place whole: temporary name, sync, rename,
sync of the directory. One that does not verify is passed over with a warning and the one before it is used. They are
written by the projector from its own replica, never on the order path.

    0  magic "\\xf5FSNAPSH" (8)   8  version (2)   10  zeros (6)   16  sequence (8)   24  time_us (8)   32  chain (16)
    48  bytes of the dump (8)   56  blake2b of all the rest (32)   88  the dump
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec
import structlog

from fondaco.journal import layout
from fondaco.journal.file_system import DISK, FileSystem, read_whole, replace

VERSION: Final = 1
KEEP: Final = 2
HASH_BYTES: Final = 32

_MAGIC: Final = b"\xf5FSNAPSH"
_LAYOUT: Final = struct.Struct("<8sH6xQq16sQ")
_HEADER_BYTES: Final = _LAYOUT.size + HASH_BYTES

_log = structlog.get_logger(__name__)


class Snapshot(msgspec.Struct, frozen=True):
    """The state after ``seq``: ``dump`` is what ``House.dump`` gave, ``hash`` covers it and the position."""

    seq: int
    chain: bytes
    time_us: int
    dump: bytes
    hash: bytes


def save(directory: Path, seq: int, chain: bytes, time_us: int, dump: bytes, *, file_system: FileSystem = DISK) -> Path:
    """Write the snapshot after sequence ``seq``, durably; all but the newest ``KEEP`` go. Raises ``OSError``."""
    file_system.make_directory(layout.snapshots_path(directory))
    path = layout.snapshot_path(directory, seq)
    head = _LAYOUT.pack(_MAGIC, VERSION, seq, time_us, chain, len(dump))
    replace(file_system, path, [head, _hash(head, dump), dump])
    prune(directory, file_system=file_system)
    return path


def prune(directory: Path, keep: int = KEEP, *, file_system: FileSystem = DISK) -> None:
    """Remove all but the newest ``keep`` snapshots that verify, and what no longer verifies among the older ones."""
    kept = 0
    for seq in reversed(seqs(directory, file_system=file_system)):
        if kept >= keep:
            file_system.remove(layout.snapshot_path(directory, seq))
        elif not isinstance(load(directory, seq, file_system=file_system), str):
            kept += 1


def seqs(directory: Path, *, file_system: FileSystem = DISK) -> list[int]:
    """The sequences of all snapshots by their names, ascending."""
    return layout.numbered(file_system.names(layout.snapshots_path(directory)), layout.SNAPSHOT_SUFFIX)


def load(directory: Path, seq: int, *, file_system: FileSystem = DISK) -> Snapshot | str:
    """The snapshot after ``seq``, or a sentence that says why it is of no use."""
    path = layout.snapshot_path(directory, seq)
    try:
        content = read_whole(file_system, path)
    except OSError as error:
        return f"it cannot be read: {error.strerror}"
    if len(content) < _HEADER_BYTES:
        return f"it has {len(content)} bytes; its header alone takes {_HEADER_BYTES}"
    head, found_hash, dump = content[: _LAYOUT.size], content[_LAYOUT.size : _HEADER_BYTES], content[_HEADER_BYTES:]
    magic, version, found_seq, time_us, chain, length = _LAYOUT.unpack(head)
    if magic != _MAGIC:
        return "byte 0: it is not a snapshot"
    if version != VERSION:
        return f"byte 8: it is of version {version}; this release reads version {VERSION}"
    if found_seq != seq or length != len(dump) or _hash(head, dump) != found_hash:
        return "its hash does not match its bytes"
    return Snapshot(seq, chain, time_us, dump, found_hash)


def newest_first(directory: Path, *, file_system: FileSystem = DISK) -> Iterator[Snapshot]:
    """All snapshots that verify, newest first; a warning is logged for each that does not."""
    for seq in reversed(seqs(directory, file_system=file_system)):
        found = load(directory, seq, file_system=file_system)
        if isinstance(found, Snapshot):
            yield found
        else:
            warn_unused(directory, seq, found)


def warn_unused(directory: Path, seq: int, why: str) -> None:
    """Tell the operator that a snapshot was passed over, and why."""
    path = layout.snapshot_path(directory, seq)
    _log.warning("a snapshot is passed over: an older one or the journal alone serves", file=str(path), why=why)


def _hash(head: bytes, dump: bytes) -> bytes:
    digest = hashlib.blake2b(head, digest_size=HASH_BYTES)
    digest.update(dump)
    return digest.digest()
