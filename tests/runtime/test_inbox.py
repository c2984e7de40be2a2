"""First come, first served, in bounded batches."""

from __future__ import annotations

import random

from fondaco.core.applied import Applied
from fondaco.core.events import Row
from fondaco.runtime.inbox import Inbox, Waiter


class Named:
    def __init__(self, name: int) -> None:
        self.name = name

    def answered(self, row: Row, applied: Applied) -> None:
        raise AssertionError

    def failed(self, reason: str) -> None:
        raise AssertionError


def test_batches_end_to_end_are_what_was_put_in() -> None:
    chance = random.Random(7)
    inbox = Inbox()
    put: list[tuple[bytes, int]] = []
    taken_records, taken_names = b"", []
    for _ in range(300):
        for _ in range(chance.randrange(400)):
            record = bytes(chance.randrange(8, 80))
            put.append((record, len(put)))
            inbox.put(record, Named(len(put) - 1))
        for _ in range(chance.randrange(3)):
            if not len(inbox):
                break
            commands_max, bytes_max = chance.randrange(1, 500), chance.randrange(1, 5_000)
            records, waiters = inbox.take(commands_max, bytes_max)
            assert 1 <= len(waiters) <= commands_max
            assert len(records) <= bytes_max or len(waiters) == 1
            taken_records += records
            taken_names += names(waiters)
    while len(inbox):
        records, waiters = inbox.take(4_096, 1 << 20)
        taken_records += records
        taken_names += names(waiters)
    assert taken_names == [name for _, name in put]
    assert taken_records == b"".join(record for record, _ in put)


def names(waiters: list[Waiter | None]) -> list[int]:
    return [waiter.name for waiter in waiters if isinstance(waiter, Named)]
