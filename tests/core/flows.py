"""Random flows: the same seed gives the same commands, on any machine.

A flow is batches of (sender, command) with times. It opens a small house with rough scales, so that fees round often,
then trades close to one price with few users, few client order ids and short purses, so that everything meets: partial
fills, empty books, orders of every type and what sets them off, phases, deadlines, refusals of every kind, repeats, ids
forgotten after a day, markets opened and closed.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from fondaco.core import command_records
from fondaco.core import commands as c
from fondaco.core.commands import OrderType, Sender, Side, TimeInForce
from fondaco.core.events import Fact, Row
from fondaco.core.house import House
from tests.core.flow_draws import (
    FEES_PPM,
    MAKER_FEES_PPM,
    MARKETS,
    SESSIONS,
    USERS,
    Seen,
    any_amend,
    any_cancel,
    any_place,
    any_rare_command,
    any_user,
    back_to_trading,
)

HOUR_US = 3_600_000_000
START_US = 1_700_000_000_000_000

Sent = tuple[Sender, c.Command]


def by(user_id: int, *commands: c.Command, session_id: int = 0) -> list[Sent]:
    """The commands, as sent by a user."""
    return [(Sender(session_id=session_id, user_id=user_id), command) for command in commands]


@dataclass
class Batch:
    time_us: int
    sent: list[Sent]

    def records(self) -> bytes:
        return b"".join(command_records.encode(sender, command) for sender, command in self.sent)


#: Whoever applies a batch and answers its rows and facts.
Follower = Callable[[Batch], tuple[list[Row], Sequence[Fact]]]


def followed_by_house() -> Follower:
    house = House()

    def follow(batch: Batch) -> tuple[list[Row], Sequence[Fact]]:
        applied = house.apply(batch.records(), batch.time_us)
        return list(applied), applied.facts

    return follow


def opening(rng: random.Random) -> Batch:
    """Assets, markets, users, keys and their first money."""
    sent = by(0, c.AssetCreate("USD", 1), c.AssetCreate("DOT", 0), c.AssetCreate("BTC", 3), c.AssetCreate("ETH", 2))
    for name, stock, money, price_digits, amount_digits, lots_min, money_min in MARKETS[:3]:
        fees = rng.choice(MAKER_FEES_PPM), rng.choice(FEES_PPM)
        sent += by(0, c.MarketCreate(name, stock, money, price_digits, amount_digits, lots_min, money_min, *fees))
    for user_id in range(1, USERS + 1):
        sent += by(0, c.UserCreate(f"user-{user_id}"))
        for asset in ("USD", "DOT", "BTC"):
            units = rng.choice((90, 50_000, 1_000_000, 1_000_000))
            sent += by(0, c.BalanceUpdate(user_id, asset, "opening", user_id, units))
    for asset in ("USD", "DOT", "BTC"):
        sent += by(0, c.RebateFund(asset, 0, rng.choice((0, 20, 100_000)), rng.choice((None, 0, 10))))
    sent += by(0, c.KeyCreate("key-1", 1, ("read", "trade"), label="a key"))
    return Batch(START_US, sent)


class Trading:
    """Draws commands, and has them applied by somebody, to know what is open, what was traded and what was named."""

    def __init__(self, rng: random.Random, follower: Follower | None = None) -> None:
        self.seen = Seen()
        self.rare_share = rng.choice((0.02, 0.12, 0.2))
        self.named: list[Sent] = []
        self._follower = followed_by_house() if follower is None else follower
        self.opening = self.follow(opening(rng))

    def follow(self, batch: Batch) -> Batch:
        rows, facts = self._follower(batch)
        self.seen.hear(rows, facts, batch.time_us)
        return batch

    def draw(self, rng: random.Random) -> Sent:
        if self.seen.not_trading() and rng.random() < 0.03:
            return Sender(), back_to_trading(rng, self.seen)
        if rng.random() < self.rare_share:
            return Sender(), any_rare_command(rng, self.seen)
        dice = rng.random()
        if dice < 0.7:
            place = any_place(rng, self.seen)
            (sent,) = by(any_user(rng), place, session_id=rng.randint(0, SESSIONS))
            if place.client_order_id:
                self.named = [*self.named[-9:], sent]
            return sent
        if dice < 0.72 and self.named:
            return rng.choice(self.named)
        if dice < 0.85:
            user_id, cancel = any_cancel(rng, self.seen)
            return Sender(user_id=user_id), cancel
        user_id, amend = any_amend(rng, self.seen)
        return Sender(user_id=user_id), amend


def flow(seed: int, commands: int, follower: Follower | None = None) -> Iterator[Batch]:
    """The opening, then batches of 1 to 40 commands until there are that many."""
    rng = random.Random(seed)
    trading = Trading(rng, follower)
    yield trading.opening
    time_us, sent = START_US, 0
    while sent < commands:
        time_us += rng.choice(
            (0, 1, 1_000, 2_000_000, 60_000_000, HOUR_US, 30 * HOUR_US) if rng.random() < 0.15 else (0, 1_000)
        )
        size = min(rng.randint(1, 40), commands - sent)
        yield trading.follow(Batch(time_us, [trading.draw(rng) for _ in range(size)]))
        sent += size


def crowd(seed: int, users: int) -> Iterator[Batch]:
    """More users than a new house has room for, each with money of one kind and an order for the other."""
    rng = random.Random(seed)
    yield Batch(START_US, by(0, *(c.UserCreate(f"user-{user_id}") for user_id in range(1, users + 1))))
    market = c.MarketCreate("SM", "S", "M", 0, 0, 0, 0, 1_000, 2_000)
    yield Batch(START_US, by(0, c.AssetCreate("S", 0), c.AssetCreate("M", 0), market))
    for user_id in range(1, users + 1):
        sells = user_id % 2
        side, price = (Side.ASK, rng.randint(95, 104)) if sells else (Side.BID, rng.randint(96, 105))
        place = c.Place(1, side, OrderType.LIMIT, TimeInForce.GTC, price, rng.randint(1, 9))
        deposit = c.BalanceUpdate(user_id, "S" if sells else "M", "deposit", 1, 1_000)
        yield Batch(START_US + user_id, by(0, deposit) + by(user_id, place))
