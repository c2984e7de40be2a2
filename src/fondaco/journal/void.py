"""Commands that replay passes over: the way out when one of them makes the core crash at every start.

A command that crashes ``House.apply`` is in the journal, durable, and crashes every replay after it. Nothing of its
batch was answered, so passing over it takes nothing from anyone: ``add`` records its sequence, and from then on every
reader yields a tick in its place, which keeps the sequences as they are. Only commands of the last batch can be
recorded, since those of earlier ones may have been answered. An entry names the chain of its batch, so it never applies
to another journal that has the same sequence.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from fondaco.core import command_records, commands
from fondaco.journal import layout
from fondaco.journal.errors import JournalDamaged
from fondaco.journal.file_system import FileSystem, read_whole, replace

_TICK: Final = command_records.encode(commands.HOUSE, commands.Tick())


class Void(msgspec.Struct, frozen=True):
    """One command that is passed over. ``chain`` is that of its batch, in hex."""

    seq: int
    chain: str


class Voids:
    """The void commands of one journal, by sequence."""

    def __init__(self, voids: Sequence[Void], path: Path) -> None:
        self._by_seq = {void.seq: void for void in voids}
        self._path = path

    @classmethod
    def load(cls, directory: Path, file_system: FileSystem) -> Voids:
        """Those recorded in a data directory. Raises ``JournalDamaged`` if the file is not readable."""
        path = layout.void_path(directory)
        try:
            content = read_whole(file_system, path)
        except FileNotFoundError:
            return cls((), path)
        try:
            return cls(msgspec.json.decode(content, type=list[Void]), path)
        except msgspec.DecodeError as error:
            raise JournalDamaged(f"{path}: {error}; restore it from a backup") from None

    @property
    def seqs(self) -> list[int]:
        return sorted(self._by_seq)

    def passed_over(self, first_seq: int, count: int, chain: bytes, records: bytes) -> bytes:
        """The records of a batch with a tick in the place of each void command."""
        if not self._by_seq:
            return records
        voids = [self._by_seq[seq] for seq in range(first_seq, first_seq + count) if seq in self._by_seq]
        if not voids:
            return records
        pieces = _pieces(records)
        for void in voids:
            if void.chain != chain.hex():
                raise JournalDamaged(
                    f"{self._path}: sequence {void.seq} was recorded as void for another journal (chain {void.chain}, "
                    f"here {chain.hex()}); restore the directory from one backup"
                )
            pieces[void.seq - first_seq] = _TICK
        return b"".join(pieces)

    def add(self, void: Void, file_system: FileSystem) -> None:
        """Record one more, durably. Only under the directory's lock."""
        self._by_seq[void.seq] = void
        ordered = [self._by_seq[seq] for seq in self.seqs]
        replace(file_system, self._path, [msgspec.json.encode(ordered)])


def _pieces(records: bytes) -> list[bytes]:
    pieces = []
    offset = 0
    while offset < len(records):
        size_bytes = int.from_bytes(records[offset : offset + 2], "little") * 8
        pieces.append(records[offset : offset + size_bytes])
        offset += size_bytes
    return pieces
