"""A small trading house run through a journal: two assets, a market, three users who trade at random."""

from __future__ import annotations

import random
from pathlib import Path

from fondaco.core import command_records
from fondaco.core import commands as c
from fondaco.journal.file_system import DISK, FileSystem
from fondaco.runtime.recovery import recover

SEGMENT_BYTES = 8192
USERS = (1, 2, 3)

OPENING: tuple[c.RareCommand, ...] = (
    c.AssetCreate("BTC", 8),
    c.AssetCreate("USDT", 8),
    c.MarketCreate("BTCUSDT", "BTC", "USDT", 2, 4, 1, 1, 1000, 2000),
    c.UserCreate("alice"),
    c.UserCreate("bob"),
    c.UserCreate("carol"),
    *(
        c.BalanceUpdate(user_id, asset, "deposit", business_id, 10**15)
        for business_id, (user_id, asset) in enumerate(
            (user_id, asset) for user_id in USERS for asset in ("BTC", "USDT")
        )
    ),
)


class Trading:
    """Appends and applies random batches, as the sequencer does: journal first, then house."""

    def __init__(self, directory: Path, seed: int = 1, file_system: FileSystem = DISK) -> None:
        self.chance = random.Random(seed)
        self.house, self.journal = recover(directory, segment_bytes=SEGMENT_BYTES, file_system=file_system)
        if self.journal.next_seq == 1:
            self.run([command_records.encode(c.HOUSE, command) for command in OPENING])

    def run(self, batch: list[bytes]) -> None:
        time_us = self.journal.last_time_us + self.chance.randrange(1000)
        content = b"".join(batch)
        self.journal.append(content, len(batch), time_us)
        self.house.apply(content, time_us)

    def trade(self, batches: int) -> None:
        for _ in range(batches):
            self.run([self.order() for _ in range(self.chance.randrange(1, 8))])

    def order(self) -> bytes:
        user_id = self.chance.choice(USERS)
        sender = c.Sender(1, 1, user_id)
        open_orders = self.house.open_orders(user_id, 1)
        if open_orders and self.chance.random() < 0.3:
            return command_records.encode_cancel(sender, 1, self.chance.choice(open_orders))
        price_ticks = 10_000 + self.chance.randrange(-20, 20)
        return command_records.encode_place(
            sender, 1, self.chance.choice((1, 2)), 1, 0, price_ticks, self.chance.randrange(1, 5000)
        )

    def close(self) -> tuple[str, int]:
        """Let go of the directory; the state hash and the last sequence."""
        self.journal.close()
        return self.house.state_hash(), self.journal.next_seq - 1


def recovered_hash(directory: Path, file_system: FileSystem = DISK) -> str:
    """The state hash of the house that comes back, which is sound and let go of again."""
    house, journal = recover(directory, segment_bytes=SEGMENT_BYTES, file_system=file_system)
    assert set(house.imbalances().values()) <= {0}
    journal.close()
    return house.state_hash()
