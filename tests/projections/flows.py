"""Random but repeatable flows through the real house: what a journal might hold, as batches.

Prices wander, orders of all kinds cross, rest, are cancelled or refused, money comes and goes, and time passes in steps
from nothing to months, so that candles of every length, gaps and pruning all occur.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Self

from fondaco.core import command_records
from fondaco.core import commands as c
from fondaco.core.applied import Applied
from fondaco.core.commands import OrderType, Side, TimeInForce
from fondaco.core.house import House

START_US = 1_723_075_200_000_000  # 2024-08-08 00:00 UTC
US = 1_000_000
USERS = ("alice", "bob", "carol", "dave")
MARKETS = ("BTCUSDT", "ETHUSDT")

#: Steps of time between batches, in seconds, with their weights: a lively market, a slow one, and one over years.
LIVELY = ((0, 6), (0.2, 6), (1, 3), (7, 2), (90, 1))
SLOW = ((0, 4), (1, 4), (45, 3), (1_800, 2), (20_000, 2))
YEARS = ((0, 3), (1, 3), (600, 2), (86_400, 2), (2_000_000, 1))


@dataclass(frozen=True)
class Batch:
    records: bytes
    count: int
    time_us: int


@dataclass
class Flow:
    """A seeded source of batches with its own house, which applies each as it is made."""

    seed: int
    steps: tuple[tuple[float, int], ...] = LIVELY
    house: House = field(default_factory=House)
    batches: list[Batch] = field(default_factory=list)
    applied: list[Applied] = field(default_factory=list)
    time_us: int = START_US

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self.price_ticks = {1: 60_000_00, 2: 3_000_00}
        self.business_id = 0
        self.take(_opening())
        assert len(self.house.markets) == len(MARKETS)

    def run(self, batches: int) -> Self:
        """Make so many batches more."""
        for _ in range(batches):
            (step_s,) = self.random.choices([s for s, _ in self.steps], [w for _, w in self.steps])
            self.time_us += round(step_s * self.random.uniform(0.5, 1.5) * US)
            self.take([self._command() for _ in range(self.random.choice((1, 1, 2, 5, 20)))])
        return self

    def take(self, records: list[bytes]) -> None:
        batch = Batch(b"".join(records), len(records), self.time_us)
        self.batches.append(batch)
        self.applied.append(self.house.apply(batch.records, batch.time_us))

    def _command(self) -> bytes:
        kind = self.random.random()
        user_id = self.random.randint(1, len(USERS))
        sender = c.Sender(1, 1, user_id)
        market_id = self.random.randint(1, len(MARKETS))
        if kind < 0.25 and (open_orders := self.house.open_orders(user_id)):
            order_id = self.random.choice(open_orders)
            row = self.house.order(order_id)
            assert row is not None
            return command_records.encode_cancel(sender, (row[0] >> 32) & 0xFFFF, order_id)
        if kind < 0.30:
            return self._money(user_id)
        return self._place(sender, market_id)

    def _money(self, user_id: int) -> bytes:
        if self.random.random() < 0.8:  # the rest repeats the last business id: the same body or another one
            self.business_id += 1
        asset, units = self.random.choice((("BTC", 10**8), ("ETH", 10**8), ("USDT", 10**12)))
        business = self.random.choice(("deposit", "withdraw", "bonus"))
        change = -units // 4 if business == "withdraw" else units
        return command_records.encode(
            c.HOUSE, c.BalanceUpdate(user_id, asset, business, self.business_id, change, '{"by": "test"}')
        )

    def _place(self, sender: c.Sender, market_id: int) -> bytes:
        self.price_ticks[market_id] = max(100, self.price_ticks[market_id] + self.random.randint(-50, 50))
        side = self.random.choice((Side.ASK, Side.BID))
        away = self.random.randint(-30, 60)
        price = self.price_ticks[market_id] + (away if side == Side.ASK else -away)
        lots = self.random.randint(1, 40_000)
        if self.random.random() < 0.15:
            amount = lots * price * 100 if side == Side.BID else lots
            return command_records.encode_place(sender, market_id, side, OrderType.MARKET, TimeInForce.IOC, 0, amount)
        tif = self.random.choices((TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK), (8, 1, 1))[0]
        return command_records.encode_place(sender, market_id, side, OrderType.LIMIT, tif, max(1, price), lots)


def _opening() -> list[bytes]:
    creations: list[c.Command] = [
        c.AssetCreate("BTC", 8),
        c.AssetCreate("ETH", 8),
        c.AssetCreate("USDT", 8),
        c.MarketCreate("BTCUSDT", "BTC", "USDT", 2, 4, 1, 1, 500, 1_000),
        c.MarketCreate("ETHUSDT", "ETH", "USDT", 2, 4, 1, 1, 0, 2_000),
        *(c.UserCreate(name) for name in USERS),
    ]
    funding = [
        c.BalanceUpdate(user_id, asset, "opening", 0, units)
        for user_id in range(len(USERS) + 1)
        for asset, units in (("BTC", 10**10), ("ETH", 10**11), ("USDT", 10**15))
    ]
    return [command_records.encode(c.HOUSE, command) for command in (*creations, *funding)]


def commits(batches: int, seed: int) -> Iterator[bool]:
    """After which batches a transaction ends: always after the last."""
    often = random.Random(seed)
    return (n == batches - 1 or often.random() < 0.3 for n in range(batches))
