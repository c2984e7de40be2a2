"""Random flows: the same seed gives the same commands, on any machine.

A flow is batches of (sender's user id, command) with times. It opens a small house with rough scales, so that fees
round often, then trades close to one price with few users, few client order ids and short purses, so that everything
meets: partial fills, empty books, refusals of every kind, repeats, ids forgotten after a day, markets opened.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from fondaco.core import commands as c
from fondaco.core.commands import OrderType, Sender, Side, TimeInForce
from fondaco.core.house import House

HOUR_US = 3_600_000_000
START_US = 1_700_000_000_000_000
FEES_PPM = (0, 1, 250, 999, 1_000, 3_333, 100_001, 500_000)
NAMES = (*"abcdefgh", "x" * 32)
USERS = 5

Sent = tuple[int, c.Command]


@dataclass
class Batch:
    time_us: int
    sent: list[Sent]

    def records(self) -> bytes:
        return b"".join(c.encode(Sender(user_id=user_id), command) for user_id, command in self.sent)


#: name, stock, money, price digits, amount digits, least lots, least money
MARKETS = (
    ("DOTUSD", "DOT", "USD", 0, 0, 1, 0),
    ("BTCUSD", "BTC", "USD", 0, 0, 1, 200),
    ("BTCDOT", "BTC", "DOT", 0, 0, 2, 0),
    ("ETHUSD", "ETH", "USD", 0, 0, 0, 0),
)


def opening(rng: random.Random) -> Batch:
    """Assets, markets, users, keys and their first money."""
    sent: list[Sent] = [
        (0, c.AssetCreate("USD", 1)),
        (0, c.AssetCreate("DOT", 0)),
        (0, c.AssetCreate("BTC", 3)),
        (0, c.AssetCreate("ETH", 2)),
    ]
    for name, stock, money, price_digits, amount_digits, lots_min, money_min in MARKETS[:3]:
        fees = rng.choice(FEES_PPM), rng.choice(FEES_PPM)
        market = c.MarketCreate(name, stock, money, price_digits, amount_digits, lots_min, money_min, *fees)
        sent.append((0, market))
    for user_id in range(1, USERS + 1):
        sent.append((0, c.UserCreate(f"user-{user_id}")))
        for asset in ("USD", "DOT", "BTC"):
            units = rng.choice((90, 50_000, 1_000_000, 1_000_000))
            sent.append((0, c.BalanceUpdate(user_id, asset, "opening", user_id, units)))
    sent.append((0, c.KeyCreate("key-1", 1, ("read", "trade"), label="a key")))
    return Batch(START_US, sent)


class Trading:
    """Draws commands; it follows a house of its own, to cancel what is open and to repeat what was named."""

    def __init__(self, rng: random.Random) -> None:
        self.house = House()
        self.named: list[Sent] = []
        self.opening = self.follow(opening(rng))

    def follow(self, batch: Batch) -> Batch:
        self.house.apply(batch.records(), batch.time_us)
        return batch

    def draw(self, rng: random.Random) -> Sent:
        dice = rng.random()
        if dice < 0.72:
            sent = (any_user(rng), any_place(rng))
            if sent[1].client_order_id:
                self.named = [*self.named[-9:], sent]
            return sent
        if dice < 0.74 and self.named:
            return rng.choice(self.named)
        if dice < 0.92:
            return self.cancel(rng)
        return 0, any_rare_command(rng)

    def cancel(self, rng: random.Random) -> Sent:
        user_id, market_id = any_user(rng), any_market(rng)
        if rng.random() < 0.2:
            return user_id, c.Cancel(market_id, client_order_id=rng.choice(NAMES))
        mine = self.house.open_orders(user_id, market_id)
        if not mine or rng.random() < 0.05:
            return user_id, c.Cancel(market_id, rng.randint(0, 600))
        order_id = rng.choice(mine)
        return (user_id if rng.random() < 0.97 else any_user(rng)), c.Cancel(market_id, order_id)


def flow(seed: int, commands: int) -> Iterator[Batch]:
    """The opening, then batches of 1 to 40 commands until there are that many."""
    rng = random.Random(seed)
    trading = Trading(rng)
    yield trading.opening
    time_us, sent = START_US, 0
    while sent < commands:
        time_us += rng.choice((0, 1, 1_000, 60_000_000, HOUR_US, 30 * HOUR_US) if rng.random() < 0.1 else (0, 1_000))
        size = min(rng.randint(1, 40), commands - sent)
        yield trading.follow(Batch(time_us, [trading.draw(rng) for _ in range(size)]))
        sent += size


def crowd(seed: int, users: int) -> Iterator[Batch]:
    """More users than a new house has room for, each with money of one kind and an order for the other."""
    rng = random.Random(seed)
    yield Batch(START_US, [(0, c.UserCreate(f"user-{user_id}")) for user_id in range(1, users + 1)])
    market = c.MarketCreate("SM", "S", "M", 0, 0, 0, 0, 1_000, 2_000)
    yield Batch(START_US, [(0, c.AssetCreate("S", 0)), (0, c.AssetCreate("M", 0)), (0, market)])
    for user_id in range(1, users + 1):
        sells = user_id % 2
        side, price = (Side.ASK, rng.randint(95, 104)) if sells else (Side.BID, rng.randint(96, 105))
        place = c.Place(1, side, OrderType.LIMIT, TimeInForce.GTC, price, rng.randint(1, 9))
        deposit = c.BalanceUpdate(user_id, "S" if sells else "M", "deposit", 1, 1_000)
        yield Batch(START_US + user_id, [(0, deposit), (user_id, place)])


def any_user(rng: random.Random) -> int:
    return rng.randint(1, USERS) if rng.random() < 0.98 else rng.choice((0, USERS + 1, 1_000_000))


def any_market(rng: random.Random) -> int:
    return rng.choice((1, 1, 1, 2, 2, 3)) if rng.random() < 0.97 else rng.choice((0, 4, 5, 65_535))


def any_place(rng: random.Random) -> c.Place:
    side = rng.choice((Side.ASK, Side.BID))
    order_type = OrderType.LIMIT if rng.random() < 0.85 else OrderType.MARKET
    time_in_force = rng.choice((TimeInForce.GTC,) * 4 + (TimeInForce.IOC, TimeInForce.FOK))
    middle = 100 + (2 if side == Side.ASK else -2)
    price_ticks = 0 if order_type == OrderType.MARKET else middle + rng.randint(-6, 6)
    if rng.random() < 0.01:
        price_ticks = rng.choice((-1, 0, 1, 10_000, 2**60))
    by_money = order_type == OrderType.MARKET and side == Side.BID
    amount = rng.randint(50, 60_000) if by_money else rng.choice((1, 2, 3, 5, 7, 11, 30))
    if rng.random() < 0.01:
        amount = rng.choice((-1, 0, 2**40, 2**62))
    name = rng.choice(NAMES) if rng.random() < 0.15 else ""
    return c.Place(any_market(rng), side, order_type, time_in_force, price_ticks, amount, name)


def any_rare_command(rng: random.Random) -> c.RareCommand:
    dice = rng.random()
    if dice < 0.6:
        asset = rng.choice(("USD", "DOT", "BTC", "ETH")) if rng.random() < 0.95 else "XXX"
        change = rng.choice((-1_000_000, -5_000, -10, 1, 700, 40_000, 40_000, 2**62))
        return c.BalanceUpdate(any_user(rng), asset, "transfer", rng.randint(1, 60), change, rng.choice(("{}", "[]")))
    if dice < 0.85:
        update = {
            name: rng.choice(choices)
            for name, choices in (
                ("maker_fee_ppm", (*FEES_PPM, 500_001, -1)),
                ("taker_fee_ppm", FEES_PPM),
                ("amount_lots_min", (0, 1, 2, -1)),
                ("money_units_min", (0, 90, 2_000)),
            )
            if rng.random() < 0.5
        }
        return c.MarketUpdate(rng.choice(("DOTUSD", "BTCUSD", "BTCDOT", "NONE")), **update)
    if dice < 0.88:
        name, stock, money, price_digits, amount_digits, lots_min, money_min = rng.choice(MARKETS)
        money = rng.choice((money, money, stock, "XXX"))
        return c.MarketCreate(name, stock, money, price_digits, amount_digits, lots_min, money_min, 1_000, 2_000)
    if dice < 0.92:
        return c.UserCreate(f"user-{rng.randint(1, USERS + 2)}")
    if dice < 0.94:
        return c.AssetCreate(rng.choice(("USD", "EUR")), rng.choice((2, 18, 19, -1)))
    if dice < 0.96:
        return c.KeyCreate(f"key-{rng.randint(1, 5)}", any_user(rng), ("read",))
    if dice < 0.98:
        return c.KeyRevoke(f"key-{rng.randint(1, 5)}")
    # user 5 is disabled once in a while; the others stay
    return c.UserDisable(rng.choice((USERS, 99))) if rng.random() < 0.1 else c.Tick()
