"""Random batches of real records, and small ways to look at a journal."""

from __future__ import annotations

import random
from pathlib import Path

from fondaco.core import command_records, commands
from fondaco.journal.base import Batch
from fondaco.journal.file_system import DISK, FileSystem
from fondaco.journal.reader import JournalReader

HOUSE_DIRECTORY = Path("/house")


def records(chance: random.Random, count: int) -> bytes:
    """``count`` records end to end: places, cancels, and now and then a long rare one."""
    return b"".join(record(chance) for _ in range(count))


def record(chance: random.Random) -> bytes:
    sender = commands.Sender(chance.randrange(9), chance.randrange(9), chance.randrange(9))
    kind = chance.random()
    if kind < 0.6:
        client_order_id = f"id-{chance.randrange(1000)}".encode() if chance.random() < 0.3 else b""
        return command_records.encode_place(
            sender,
            1,
            chance.choice((1, 2)),
            1,
            0,
            chance.randrange(1, 1 << 40),
            chance.randrange(1 << 40),
            client_order_id,
        )
    if kind < 0.9:
        return command_records.encode_cancel(sender, 1, chance.randrange(1 << 40))
    detail = "x" * chance.randrange(200)
    return command_records.encode(
        sender, commands.BalanceUpdate(1, "BTC", "deposit", chance.randrange(1 << 40), 1, detail)
    )


def read_all(directory: Path, file_system: FileSystem = DISK, after_seq: int = 0) -> list[Batch]:
    """Every durable batch after ``after_seq``."""
    batches: list[Batch] = []
    with JournalReader(directory, after_seq, file_system=file_system) as reader:
        while more := reader.read():
            batches += more
    return batches
