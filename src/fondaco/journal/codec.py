"""How the journal's bytes look: a segment header of 128 bytes, then batches end to end, then zeros.

All little-endian, everything a whole number of 8-byte words.

    segment header                              batch header
     0  magic "\\xf5FONDACO"          8           0  magic "\\xf5BAT"                    4
     8  version                      2           4  version                          2
    10  kind of base                 2           6  zero                             2
    12  rules version                4           8  bytes of records                 4
    16  journal id                  16          12  count of records                 4
    32  first sequence               8          16  first sequence                   8
    40  chain before it             16          24  time_us                          8
    56  bytes of the whole file      8          32  chain of the batch before       16
    64  sequence of the base         8          48  chain of this batch             16
    72  time_us of the base          8          64  records
    80  hash of the base            32
   112  digest of the 112 before    16

A batch's chain is blake2b, 16 bytes, keyed with the journal's id, over its header up to the chain and its
records. As the chain before it stands in the header, a batch can be verified alone: that is how bytes after a damaged
batch are told to be a batch or not. The key makes it impossible for a client to plant a batch inside a record, and a
batch of another journal never verifies. A batch is written only when the one before it is durable, so a valid batch
proves that everything before its first sequence was durable: the headers carry the durable mark without a field for it.

The base is what the first segment starts from: nothing, or an archived snapshot with its hash. Cost: one pass of
blake2b over the batch, about 1 µs + 1 ns a byte.
"""

from __future__ import annotations

import hashlib
import struct
from enum import IntEnum
from typing import Final

import msgspec

from fondaco.core.rules import RULES_VERSION
from fondaco.journal.base import CHAIN_BYTES, Octets

VERSION: Final = 1
JOURNAL_ID_BYTES: Final = 16
EMPTY_CHAIN: Final = bytes(CHAIN_BYTES)

SEGMENT_MAGIC: Final = b"\xf5FONDACO"
SEGMENT_HEADER_BYTES: Final = 128
BATCH_MAGIC: Final = b"\xf5BAT"
BATCH_HEADER_BYTES: Final = 64
WORD_BYTES: Final = 8

_SEGMENT: Final = struct.Struct("<8sHHI16sQ16sQQq32s")
_BATCH: Final = struct.Struct("<4sHHIIQq16s")
_CHAINED_BYTES: Final = _BATCH.size
_VERSION_IN_SEGMENT: Final = struct.Struct("<8sH")
_VERSION_IN_BATCH: Final = struct.Struct("<4sH")


class BaseKind(IntEnum):
    """What the first segment starts from."""

    EMPTY = 0
    SNAPSHOT = 1


class Base(msgspec.Struct, frozen=True):
    """The state before the journal's first batch. ``hash`` is that of the archived snapshot, 32 bytes."""

    kind: BaseKind = BaseKind.EMPTY
    seq: int = 0
    time_us: int = 0
    hash: bytes = bytes(32)


EMPTY_BASE: Final = Base()


class SegmentHeader(msgspec.Struct, frozen=True):
    """The head of a segment. ``size_bytes`` is the whole file's."""

    journal_id: bytes
    first_seq: int
    chain: bytes
    size_bytes: int
    base: Base = EMPTY_BASE
    rules_version: int = RULES_VERSION


class Frame(msgspec.Struct, frozen=True, gc=False):
    """A batch that was found and verified: its records from ``records_offset``, the next batch at ``end_offset``."""

    first_seq: int
    count: int
    time_us: int
    previous: bytes
    chain: bytes
    records_offset: int
    end_offset: int

    @property
    def last_seq(self) -> int:
        return self.first_seq + self.count - 1


def encode_segment_header(header: SegmentHeader) -> bytes:
    base = header.base
    head = _SEGMENT.pack(
        SEGMENT_MAGIC,
        VERSION,
        base.kind,
        header.rules_version,
        header.journal_id,
        header.first_seq,
        header.chain,
        header.size_bytes,
        base.seq,
        base.time_us,
        base.hash,
    )
    return head + hashlib.blake2b(head, digest_size=CHAIN_BYTES).digest()


def decode_segment_header(buffer: Octets) -> SegmentHeader | None:
    """The header at the start of ``buffer``, or None if its bytes do not add up."""
    head = bytes(buffer[: _SEGMENT.size])
    digest = bytes(buffer[_SEGMENT.size : SEGMENT_HEADER_BYTES])
    if len(digest) < CHAIN_BYTES or hashlib.blake2b(head, digest_size=CHAIN_BYTES).digest() != digest:
        return None
    magic, version, kind, rules_version, journal_id, first_seq, chain, size_bytes, base_seq, base_time_us, base_hash = (
        _SEGMENT.unpack(head)
    )
    if magic != SEGMENT_MAGIC or version != VERSION or kind not in (BaseKind.EMPTY, BaseKind.SNAPSHOT):
        return None
    base = Base(BaseKind(kind), base_seq, base_time_us, base_hash)
    return SegmentHeader(journal_id, first_seq, chain, size_bytes, base, rules_version)


def foreign_segment_version(buffer: Octets) -> int | None:
    """The version of a segment that another release wrote, or None."""
    return _foreign(_VERSION_IN_SEGMENT, SEGMENT_MAGIC, buffer, 0)


def foreign_batch_version(buffer: Octets, offset: int) -> int | None:
    """The version of a batch that another release wrote, or None. Version 0 is what a torn header shows."""
    return _foreign(_VERSION_IN_BATCH, BATCH_MAGIC, buffer, offset)


def _foreign(layout: struct.Struct, expected_magic: bytes, buffer: Octets, offset: int) -> int | None:
    if len(buffer) - offset < layout.size:
        return None
    magic, version = layout.unpack_from(buffer, offset)
    return int(version) if magic == expected_magic and version not in (0, VERSION) else None


class BatchCodec:
    """Writes and reads the batches of one journal: it knows the key of the chain."""

    def __init__(self, journal_id: bytes) -> None:
        self.journal_id = journal_id
        self._keyed = hashlib.blake2b(digest_size=CHAIN_BYTES, key=journal_id)

    def header(self, previous: bytes, first_seq: int, count: int, time_us: int, records: Octets) -> tuple[bytes, bytes]:
        """The batch's header and its chain value (the header's last 16 bytes)."""
        head = _BATCH.pack(BATCH_MAGIC, VERSION, 0, len(records), count, first_seq, time_us, previous)
        digest = self._keyed.copy()
        digest.update(head)
        digest.update(records)
        chain = digest.digest()
        return head + chain, chain

    def frame(self, buffer: Octets, offset: int) -> Frame | None:
        """The batch at ``offset``, verified; None if there is none, or its bytes do not add up or end too early."""
        if len(buffer) - offset < BATCH_HEADER_BYTES:
            return None
        magic, version, _, length, count, first_seq, time_us, previous = _BATCH.unpack_from(buffer, offset)
        records_offset = offset + BATCH_HEADER_BYTES
        end_offset = records_offset + length
        if magic != BATCH_MAGIC or version != VERSION or count == 0 or end_offset > len(buffer):
            return None
        view = memoryview(buffer)
        digest = self._keyed.copy()
        digest.update(view[offset : offset + _CHAINED_BYTES])
        digest.update(view[records_offset:end_offset])
        chain = digest.digest()
        if chain != view[offset + _CHAINED_BYTES : records_offset]:
            return None
        return Frame(first_seq, count, time_us, previous, chain, records_offset, end_offset)


def claimed_end_offset(buffer: Octets, offset: int) -> int:
    """Where the batch at ``offset`` says it ends, unverified; ``offset`` itself if no header stands there."""
    if len(buffer) - offset < BATCH_HEADER_BYTES:
        return offset
    magic, _, _, length, *_ = _BATCH.unpack_from(buffer, offset)
    return offset + BATCH_HEADER_BYTES + int(length) if magic == BATCH_MAGIC else offset
