"""A storm of well-framed nonsense: ``python -m tests.core.storm SEED COMMANDS [pure]`` prints what a house made of it.

Records have a size that fits their kind; everything else in them is drawn from numbers that tend to break things. Real
orders are among them, so that there is something to break. After every batch all assets add up to zero and no user's
balance is below zero. It is a program, because a missed check in compiled code ends the process and not a test.
"""

from __future__ import annotations

import hashlib
import random
import struct
import sys

from fondaco import compiled

KEEN: tuple[int, ...] = (
    0,
    1,
    -1,
    2,
    3,
    7,
    100,
    255,
    256,
    4_095,
    4_096,
    65_535,
    65_536,
    2**31 - 1,
    2**31,
    2**32 - 1,
    2**32,
    10**18,
)
EDGES: tuple[int, ...] = tuple(
    sign * (1 << power) + step for power in (40, 61, 62, 63) for sign in (1, -1) for step in (-1, 0, 1)
)
WORDS: tuple[int, ...] = tuple(word for word in (*KEEN, *EDGES) if -(2**63) <= word < 2**63)
NAMES = (b"", b"a", b"b", b"\0c", b"\xff" * 32, b"x" * 32)
PLACE, CANCEL = 1, 2


def word(rng: random.Random) -> int:
    dice = rng.random()
    if dice < 0.5:
        return rng.choice(WORDS)
    return rng.randint(-(2**63), 2**63 - 1) if dice < 0.6 else rng.randint(0, 120)


def hot_record(rng: random.Random) -> bytes:
    """A PLACE or CANCEL whose size fits, with any words in it, or with few of them wrong."""
    kind = rng.choice((PLACE, PLACE, CANCEL))
    named = rng.random() < 0.2
    head = 1 << 16 | kind << 24 | rng.getrandbits(31) << 32 | (5 if kind == PLACE else 4) + 4 * named
    user = rng.randint(1, 4) if rng.random() < 0.8 else word(rng) & 0xFFFF_FFFF
    sender = (rng.getrandbits(32) | user << 32) & 2**64 - 1
    market = rng.randint(1, 3) if rng.random() < 0.8 else word(rng) & 0xFFFF
    if kind == CANCEL:
        request = market | (word(rng) & 0xFFFF_FFFF if rng.random() < 0.2 else 0) << 16
        rest = [rng.randint(0, 3_000) if rng.random() < 0.8 else word(rng)]
    elif rng.random() < 0.3:
        request = market | rng.getrandbits(32) << 16
        rest = [word(rng), word(rng)]
    else:
        side, order_type, tif = rng.randint(1, 2), rng.choice((1, 1, 1, 2)), rng.randint(0, 2)
        request = market | side << 16 | order_type << 24 | tif << 32 | rng.choice((0, rng.getrandbits(8))) << 40
        price = 0 if order_type == 2 else rng.randint(95, 105)
        rest = [word(rng) if rng.random() < 0.1 else price, word(rng) if rng.random() < 0.2 else rng.randint(1, 5_000)]
    request |= (rng.getrandbits(15) & ~1 | named) << 48
    name = rng.choice(NAMES) if rng.random() < 0.8 else rng.randbytes(32)
    words = struct.pack("<4Q", head, sender, request, rest[0] & 2**64 - 1)
    words += b"".join(struct.pack("<q", more) for more in rest[1:])
    return words + name.ljust(32, b"\0") if named else words


def rare_record(rng: random.Random) -> bytes:
    from fondaco.core import commands as c

    def number() -> int:
        return rng.choice((word(rng), word(rng), 2**64 - 1, 2**63))

    def text() -> str:
        return rng.choice(("USD", "DOT", "BTC", "DOTUSD", "user-1", "key-1", "", "\0", "é", "x" * 2_000, "read"))

    command: c.RareCommand = rng.choice(
        (
            c.AssetCreate(text(), number()),
            c.MarketCreate(text(), text(), text(), rng.randint(0, 2), number(), number(), number(), 0, number()),
            c.MarketUpdate(text(), number(), None, rng.choice((None, number())), number()),
            c.UserCreate(text()),
            c.UserDisable(number()),
            c.KeyCreate(text(), number(), (text(),) * rng.randint(0, 3), (text(),), text()),
            c.KeyRevoke(text()),
            c.BalanceUpdate(number(), text(), text(), number(), number(), text()),
            c.BalanceUpdate(rng.randint(1, 4), rng.choice(("USD", "DOT", "BTC")), "x", number(), number()),
        )
    )
    return c.encode(c.Sender(user_id=rng.getrandbits(32)), command)


def storm(seed: int, commands: int) -> str:
    """The hash of all rows and of the state after the storm."""
    from fondaco.core.house import House
    from fondaco.core.state import DECODER
    from tests.core.flows import opening

    rng = random.Random(seed)
    house = House()
    first = opening(rng)
    house.apply(first.records(), first.time_us)
    rows = hashlib.blake2b()
    time_us, sent = first.time_us, 0
    while sent < commands:
        size = rng.randint(1, 200)
        records = [rare_record(rng) if rng.random() < 0.05 else hot_record(rng) for _ in range(size)]
        time_us += rng.choice((0, 1, 3_600_000_000))
        applied = house.apply(b"".join(records), time_us)
        rows.update(applied.rows)
        sent += size
        if sum(row[0] >> 56 & 1 for row in applied) != size or applied.count != size:
            raise AssertionError(f"not one answer a command, seed {seed}, before command {sent}")
        if any(house.imbalances().values()):
            raise AssertionError(f"out of balance: {house.imbalances()}, seed {seed}, before command {sent}")
        below = [account for account in DECODER.decode(house.dump()).accounts if account[0] >> 24 and account[1] < 0]
        if below:
            raise AssertionError(f"below zero: {below}, seed {seed}, before command {sent}")
        if rng.random() < 0.1:
            house = House.load(house.dump())
    return f"{rows.hexdigest()[:32]} {house.state_hash()}"


if __name__ == "__main__":
    if "pure" in sys.argv:
        compiled.prefer_source()
    for number in range(3):
        print(storm(int(sys.argv[1]) + number, int(sys.argv[2])))
