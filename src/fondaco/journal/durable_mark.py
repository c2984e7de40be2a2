"""The durable mark: the last sequence that is on disk for certain, shared with readers in other processes.

One 64-bit word in a small mapped file, set after each sync and never before it, so a reader that stays at or below it
never sees a byte that a crash could take back. Reading it costs one memory access, which makes an idle poll cheap.

It also judges the journal's tail at opening: what lies at or below it was acknowledged and may not be missing. After a
killed process the word is exact, because the kernel keeps the page. After a power loss it may be older than the
truth (the kernel writes the page back within about 30 s; it is forced only when a segment begins and at closing), never
newer: see docs/concepts/journal.md.

    0  magic "\\xf5DURABLE" (8)   8  version (8)   16  journal id (16)   32  the sequence (8)   40  zeros (24)
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Final

from fondaco.journal import layout
from fondaco.journal.codec import JOURNAL_ID_BYTES
from fondaco.journal.errors import ForeignVersion, JournalDamaged, NotInJournal
from fondaco.journal.file_system import FileSystem, read_whole, replace

_MAGIC: Final = b"\xf5DURABLE"
_VERSION: Final = 1
_LAYOUT: Final = struct.Struct("<8sQ16sq24x")
_SEQ_WORD: Final = 4


class DurableMark:
    """The mark of one data directory, open for reading or, by the journal's owner, for setting.

    Raises ``NotInJournal`` if there is none, ``JournalDamaged``, ``ForeignVersion``.
    """

    def __init__(self, directory: Path, file_system: FileSystem, writable: bool = False) -> None:
        try:
            self.journal_id, _ = _read(directory, file_system)
        except FileNotFoundError:
            raise NotInJournal(
                f"{layout.durable_path(directory)} is missing; start the house on {directory} once, which makes it anew"
            ) from None
        self._words = file_system.map_words(layout.durable_path(directory), writable)

    @property
    def seq(self) -> int:
        return self._words[_SEQ_WORD]

    def publish(self, seq: int) -> None:
        """Let readers go up to ``seq``. Only after a completed sync of everything up to it."""
        self._words[_SEQ_WORD] = seq

    def flush(self) -> None:
        """Force the mark itself to the disk."""
        self._words.flush()

    def close(self) -> None:
        self._words.close()


def create(directory: Path, file_system: FileSystem, journal_id: bytes, seq: int) -> None:
    """Put a fresh mark in place, durably."""
    replace(file_system, layout.durable_path(directory), [_LAYOUT.pack(_MAGIC, _VERSION, journal_id, seq)])


def persisted(directory: Path, file_system: FileSystem, journal_id: bytes) -> int | None:
    """The sequence the mark file holds, or None if there is no mark. Raises ``JournalDamaged`` if it is not ours."""
    try:
        found_id, seq = _read(directory, file_system)
    except FileNotFoundError:
        return None
    if found_id != journal_id:
        raise JournalDamaged(
            f"{layout.durable_path(directory)}, byte 16: it belongs to journal {found_id.hex()}, the segments "
            f"beside it to {journal_id.hex()}; restore the directory from one backup, not from two"
        )
    return seq


def _read(directory: Path, file_system: FileSystem) -> tuple[bytes, int]:
    path = layout.durable_path(directory)
    content = read_whole(file_system, path)
    if len(content) != _LAYOUT.size:
        raise JournalDamaged(f"{path} has {len(content)} bytes instead of {_LAYOUT.size}; {_WITHOUT_IT}")
    magic, version, journal_id, seq = _LAYOUT.unpack(content)
    if magic != _MAGIC or seq < 0 or len(journal_id) != JOURNAL_ID_BYTES:
        raise JournalDamaged(f"{path}, byte 0: this is not a durable mark; {_WITHOUT_IT}")
    if version != _VERSION:
        raise ForeignVersion(f"{path}, byte 8: version {version}; this release reads version {_VERSION}")
    return journal_id, int(seq)


_WITHOUT_IT: Final = (
    "restore it from a backup, or remove it: the house then starts with all batches that verify, "
    "but can no longer tell a damaged last batch from a torn one"
)
