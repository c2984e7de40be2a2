"""Commands on their way to the journal, in the order in which they came.

Invariant: first come, first served. That is fair because no connection can have more than ``commands_in_flight_max``
commands here. Cost: two list appends a command; taking a batch is two slices.
"""

from __future__ import annotations

from typing import Protocol

from fondaco.core.applied import Applied
from fondaco.core.events import Row


class Waiter(Protocol):
    """Who waits for a command's answer. Exactly one of the two is called, once."""

    def answered(self, row: Row, applied: Applied) -> None:
        """The command is on disk and applied; ``row`` is its answer, ``applied`` the whole batch."""

    def failed(self, reason: str) -> None:
        """The command was not taken: nothing was done, nothing is on disk. ``reason`` is a sentence."""


class Inbox:
    """The queue before the sequencer, bounded by its owner."""

    def __init__(self) -> None:
        self.records = []
        self.waiters = []
        self.taken = 0

    def __len__(self) -> int:
        return len(self.records) - self.taken

    def put(self, record: bytes, waiter: Waiter | None) -> None:
        self.records.append(record)
        self.waiters.append(waiter)

    def take(self, commands_max: int, bytes_max: int) -> tuple[bytes, list[Waiter | None]]:
        """The next batch: records end to end and who waits for each. At least one record, if there is any."""
        start = self.taken
        end = min(start + commands_max, len(self.records))
        records = b"".join(self.records[start:end])
        while len(records) > bytes_max and end - start > 1:
            end = start + (end - start) // 2
            records = b"".join(self.records[start:end])
        waiters = self.waiters[start:end]
        if end == len(self.records):
            self.records.clear()
            self.waiters.clear()
            self.taken = 0
        else:
            self.taken = end
            if end > 65_536:
                del self.records[:end], self.waiters[:end]
                self.taken = 0
        return records, waiters
