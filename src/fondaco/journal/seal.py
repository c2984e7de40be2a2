"""Seals: what a walk over a finished segment would find, with a digest of the whole file, so that it is walked once.

Opening verifies every byte of the journal. Batch by batch that takes 3 µs for each, which is long for a year of single
orders; one digest over the file takes 20 ms whatever is in it. A seal is written beside the segment when the next one
begins (in a thread), or at an opening that missed it. It is an optimisation: without a seal, or with one that does not
fit its segment to the byte, the segment is walked, and the walk judges.

    0  magic "\\xf5FSEALED" (8)   8  version (8)   16  journal id (16)   32  first sequence (8)   40  last sequence (8)
    48  time_us of its last batch (8)   56  where that ends (8)   64  chain of it (16)   80  blake2b of the file (32)
    112  digest of the 112 before (16)
"""

from __future__ import annotations

import contextlib
import hashlib
import struct
from pathlib import Path
from typing import Final

import msgspec

from fondaco.journal import layout
from fondaco.journal.base import CHAIN_BYTES
from fondaco.journal.codec import SegmentHeader
from fondaco.journal.file_system import FileSystem, read_whole, replace

_MAGIC: Final = b"\xf5FSEALED"
_VERSION: Final = 1
_LAYOUT: Final = struct.Struct("<8sQ16sQQqQ16s32s")
_DIGEST_BYTES: Final = 32


class Seal(msgspec.Struct, frozen=True):
    """The end of a finished segment and the digest of all its bytes."""

    journal_id: bytes
    first_seq: int
    last_seq: int
    last_time_us: int
    end_offset: int
    chain: bytes
    digest: bytes = b""

    def of(self, content: bytes) -> Seal:
        """This seal with the digest of ``content``."""
        return msgspec.structs.replace(self, digest=digest(content))

    def fits(self, header: SegmentHeader, content: bytes) -> bool:
        """Whether ``content`` is, to the byte, the segment this seal was made of."""
        named = self.journal_id == header.journal_id and self.first_seq == header.first_seq
        return named and self.digest == digest(content)


def digest(content: bytes) -> bytes:
    """The digest of a whole segment."""
    return hashlib.blake2b(content, digest_size=_DIGEST_BYTES).digest()


def load(directory: Path, first_seq: int, file_system: FileSystem) -> Seal | None:
    """The seal of the segment that begins with ``first_seq``, or None if there is none of use."""
    try:
        content = read_whole(file_system, layout.seal_path(directory, first_seq))
    except OSError:
        return None
    if len(content) != _LAYOUT.size + CHAIN_BYTES or _check(content[: _LAYOUT.size]) != content[_LAYOUT.size :]:
        return None
    magic, version, *fields = _LAYOUT.unpack(content[: _LAYOUT.size])
    return Seal(*fields) if magic == _MAGIC and version == _VERSION else None


def finish(directory: Path, seal: Seal, file_system: FileSystem) -> None:
    """Save a seal that lacks its digest yet, reading the segment for it. Without room or rights there is none."""
    with contextlib.suppress(OSError):
        content = read_whole(file_system, layout.segment_path(directory, seal.first_seq))
        save(directory, seal.of(content), file_system)


def save(directory: Path, seal: Seal, file_system: FileSystem) -> None:
    """Put a seal beside its segment. On a full disk there is none, and the segment will be walked."""
    head = _LAYOUT.pack(_MAGIC, _VERSION, *msgspec.structs.astuple(seal))
    with contextlib.suppress(OSError):
        replace(file_system, layout.seal_path(directory, seal.first_seq), [head, _check(head)])


def _check(head: bytes) -> bytes:
    return hashlib.blake2b(head, digest_size=CHAIN_BYTES).digest()
