"""Records: byte strings kept for ever, numbered from 1 in the order they came, and found by the name each begins with.

What the house must never forget (done balance updates, users) is many and small: as objects in dictionaries it takes
hundreds of bytes apiece, here its own length and some 20 bytes.

A name is whatever the owner looks for; no name may be the beginning of another. All records stand back to back in one
arena. Numbers are found by a hash of the name in *buckets* of about ``FILL`` slots, each a number and 24 bits of the
hash. There is no moment at which everything is listed anew: whenever buckets are full on average, one more is added and
takes its half of another's slots (linear hashing), so adding costs the same few microseconds at any size.

Invariants: a record never changes and never moves; what is found depends on the records alone, never on the process,
because the hash is CRC-32. Finding is O(1) up to ``FILL`` × 2²⁴ records (268 million), slowly more beyond. Names that
were made to collide make that one bucket long; names come from operators.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from zlib import crc32

from fondaco.core.arena import Arena, nothing

FILL = 16
_BYTES_MIN = 1 << 16
_TAG_BITS = 24
_TAG = (1 << _TAG_BITS) - 1


class Records:
    def __init__(self) -> None:
        self._arena = Arena("B", _BYTES_MIN)
        self._bytes = self._arena.view()
        self._starts = array("Q", [0])  # and where the next one will begin
        self._buckets = [array("Q")]
        self._doubled = 1  # the buckets there were when the last doubling began: a power of two

    def __len__(self) -> int:
        return len(self._starts) - 1

    def __getitem__(self, number: int) -> bytes:
        if not 1 <= number < len(self._starts):
            raise IndexError(f"record {number} of {len(self)}")
        return bytes(self._bytes[self._starts[number - 1] : self._starts[number]])

    def __iter__(self) -> Iterator[bytes]:
        return (self[number] for number in range(1, len(self._starts)))

    def find(self, name: bytes) -> int:
        """The number of the record that begins with a name, or 0."""
        tag = crc32(name) & _TAG
        for slot in self._buckets[self._bucket_of(tag)]:
            if slot & _TAG == tag:
                start = self._starts[(slot >> _TAG_BITS) - 1]
                if self._bytes[start : start + len(name)] == name:
                    return slot >> _TAG_BITS
        return 0

    def add(self, record: bytes, name_length: int) -> int:
        """Keep a record, whose name is not known yet, and answer its number."""
        start = self._starts[-1]
        end = start + len(record)
        if end > len(self._bytes):
            self._bytes = nothing()
            self._bytes = self._arena.grow(2 * end)
        self._bytes[start:end] = record
        number = len(self._starts)
        self._starts.append(end)
        tag = crc32(record[:name_length]) & _TAG
        self._buckets[self._bucket_of(tag)].append(number << _TAG_BITS | tag)
        if number > FILL * len(self._buckets) and len(self._buckets) <= _TAG:
            self._split()
        return number

    def _bucket_of(self, tag: int) -> int:
        bucket = tag & (2 * self._doubled - 1)
        return bucket if bucket < len(self._buckets) else bucket - self._doubled

    def _split(self) -> None:
        """One more bucket, with those slots of its elder that one more bit of the hash tells apart."""
        elder = len(self._buckets) - self._doubled
        slots = self._buckets[elder]
        self._buckets[elder] = array("Q", [slot for slot in slots if not slot & self._doubled])
        self._buckets.append(array("Q", [slot for slot in slots if slot & self._doubled]))
        if len(self._buckets) == 2 * self._doubled:
            self._doubled *= 2
