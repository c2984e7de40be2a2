"""What a journal is: batches of records, numbered without a gap, durable before anyone is answered.

A batch is what arrived in one turn of the event loop: the nth record has the sequence ``first_seq + n`` and all share
one time. Each batch carries a chain value, a digest of its bytes and of the batch before it, so a position in a journal
is the pair (sequence, chain): two journals that agree on both agree on everything before.
"""

from __future__ import annotations

from typing import Final, Protocol

import msgspec

CHAIN_BYTES: Final = 16
COMMANDS_MAX: Final = 4096
#: The largest batch in bytes of records. The sequencer closes a batch before it grows past this.
RECORDS_BYTES_MAX: Final = 4 << 20

#: What carries records: anything whose bytes can be read without a copy.
Octets = bytes | bytearray | memoryview


class Batch(msgspec.Struct, frozen=True):
    """One batch as it stands in the journal. ``records`` are as core/command_records.py lays them out, end to end."""

    first_seq: int
    count: int
    time_us: int
    records: bytes
    chain: bytes

    @property
    def last_seq(self) -> int:
        return self.first_seq + self.count - 1


class Journal(Protocol):
    """What the sequencer needs of a journal. One owner, one batch at a time."""

    @property
    def next_seq(self) -> int:
        """The sequence the first record of the next batch will get."""

    @property
    def last_time_us(self) -> int:
        """The time of the last batch; the next one's may not lie before it."""

    @property
    def records_bytes_max(self) -> int:
        """The largest batch it takes, in bytes of records."""

    @property
    def full(self) -> str | None:
        """Why new orders must not be taken: the disk has no room for what follows. None: it has."""

    def append(self, records: Octets, count: int, time_us: int) -> int:
        """Write a batch and make it durable; answers its last sequence. Raises ``OperatingError``."""

    def prepare_spare(self) -> None:
        """Try again to make room, beside the caller; for now and then while ``full``."""
