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
from fondaco.core import command_records

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
PLACE, CANCEL, AMEND = 1, 2, 3
START_US = 1_700_000_000_000_000


def word(rng: random.Random) -> int:
    dice = rng.random()
    if dice < 0.5:
        return rng.choice(WORDS)
    return rng.randint(-(2**63), 2**63 - 1) if dice < 0.6 else rng.randint(0, 120)


def hot_record(rng: random.Random) -> bytes:
    """A PLACE, CANCEL or AMEND whose size fits, with any words in it, or with few of them wrong."""
    kind = rng.choice((PLACE, PLACE, PLACE, CANCEL, AMEND))
    named = rng.random() < 0.2
    with_options = kind == PLACE and rng.random() < 0.4
    size_words = {PLACE: 5, CANCEL: 4, AMEND: 7}[kind] + 4 * named + 4 * with_options
    head = 1 << 16 | kind << 24 | rng.getrandbits(31) << 32 | size_words
    user = rng.randint(1, 4) if rng.random() < 0.8 else word(rng) & 0xFFFF_FFFF
    session = rng.randint(0, 3) if rng.random() < 0.8 else rng.getrandbits(32)
    market = rng.randint(1, 3) if rng.random() < 0.8 else word(rng) & 0xFFFF
    if kind == PLACE:
        request, rest = place_words(rng, with_options)
    else:
        request = word(rng) & 0xFFFF_FFFF if rng.random() < 0.2 else 0
        rest = [rng.randint(0, 3_000) if rng.random() < 0.8 else word(rng)]
        if kind == AMEND:
            rest += [few_wrong(rng, rng.choice((0, price(rng)))) for _ in range(3)]
    flags = named | with_options << 1
    request = market | request << 16 | flags << 48
    name = rng.choice(NAMES) if rng.random() < 0.8 else rng.randbytes(32)
    words = struct.pack("<3Q", head, session | user << 32, request)
    words += b"".join(struct.pack("<q", more) for more in rest)
    return words + name.ljust(32, b"\0") if named else words


def place_words(rng: random.Random, with_options: bool) -> tuple[int, list[int]]:
    """Side, type, execution and trigger as one number; then the words that follow."""
    if rng.random() < 0.2:
        return rng.getrandbits(32), [word(rng) for _ in range(6 if with_options else 2)]
    side, order_type = rng.randint(1, 2), rng.choice((1, 1, 1, 2))
    tif = rng.randint(0, 2)
    execution = tif | rng.randint(0, 4) << 3 | (rng.random() < 0.1) << 6
    if rng.random() < 0.1:
        execution = rng.getrandbits(8)
    trigger = rng.choice((0, 0, 0, 4, rng.getrandbits(8) if rng.random() < 0.2 else 0))
    options = [0, 0, 0, 0]
    if with_options:
        display, trail = rng.randint(1, 20), rng.randint(1, 5)
        choice = rng.randint(0, 4)
        trigger = choice if choice < 4 else 0
        options = [
            [display, 0, 0, 0],
            [0, price(rng), 0, 0],
            [0, price(rng), 0, 0],
            [rng.choice((0, display)), rng.choice((0, price(rng))), trail, 0],
            [0, 0, 0, 0],
        ][choice]
        if choice == 4 or rng.random() < 0.2:
            execution = execution & ~7 | 3
            options[3] = START_US + rng.randint(0, 10**11)
        options = [few_wrong(rng, option) for option in options]
    limit = 0 if order_type == 2 else price(rng)
    request = side | order_type << 8 | execution << 16 | trigger << 24
    amount = word(rng) if rng.random() < 0.2 else rng.randint(1, 5_000)
    return request, [few_wrong(rng, limit), amount, *(options if with_options else ())]


def price(rng: random.Random) -> int:
    return rng.randint(95, 105)


def few_wrong(rng: random.Random, right: int) -> int:
    return word(rng) if rng.random() < 0.05 else right


def rare_record(rng: random.Random) -> bytes:
    from fondaco.core import commands as c

    def number() -> int:
        return rng.choice((word(rng), word(rng), 2**64 - 1, 2**63))

    def maybe() -> int | None:
        return rng.choice((None, number()))

    def user() -> int:
        return rng.randint(1, 4) if rng.random() < 0.7 else number()

    def text() -> str:
        return rng.choice(("USD", "DOT", "BTC", "DOTUSD", "user-1", "key-1", "", "\0", "é", "x" * 2_000, "read"))

    def asset() -> str:
        return rng.choice(("USD", "DOT", "BTC"))

    def market() -> str:
        return rng.choice(("DOTUSD", "BTCUSD", "BTCDOT"))

    phase = rng.choice((c.Phase.CONTINUOUS,) * 3 + tuple(c.Phase)[:4])
    side = rng.choice(tuple(c.Side))
    command: c.RareCommand = rng.choice(
        (
            c.AssetCreate(text(), number()),
            c.MarketCreate(
                text(), text(), text(), rng.randint(0, 2), number(), number(), number(), 0, number(), number(), number()
            ),
            c.MarketUpdate(text(), number(), None, rng.choice((None, number())), number()),
            c.MarketUpdate(market(), price_band_ppm=maybe(), reference_price_ticks=maybe()),
            c.MarketPhase(market(), phase),
            c.MarketPhase(market(), c.Phase.CONTINUOUS),
            c.UserCreate(text()),
            c.UserDisable(number()),
            c.UserEnable(user()),
            c.KeyCreate(text(), number(), (text(),) * rng.randint(0, 3), (text(),), text()),
            c.KeyRevoke(text()),
            c.BalanceUpdate(number(), text(), text(), number(), number(), text()),
            c.BalanceUpdate(rng.randint(1, 4), asset(), "x", number(), number()),
            c.OrdersCancel(user(), rng.choice((0, 1, number()))),
            c.DeadMan(user(), rng.choice((number(), 1_000_000, 10**10))),
            c.CancelOnDisconnect(rng.choice((rng.randint(0, 3), number())), rng.random() < 0.7),
            c.SessionEnd(rng.choice((rng.randint(0, 3), number()))),
            c.HouseOpen(),
            c.FeesSet(user(), rng.choice(("", market(), text())), maybe(), maybe()),
            c.FeesSet(user(), rng.choice(("", market())), rng.randint(-500_000, 500_000), rng.randint(0, 500_000)),
            c.RebateFund(asset(), number(), number(), maybe()),
            c.RebateFund(asset(), rng.randint(0, 9), rng.randint(-1_000, 100_000)),
            c.WithdrawalFreeze(user(), asset(), "out", rng.choice((rng.randint(0, 9), number())), number()),
            c.WithdrawalEnd(user(), asset(), "out", rng.randint(0, 9), rng.random() < 0.5),
            c.TradeBust(rng.randint(0, 3), number(), user(), user(), side, number(), number(), number(), number()),
            c.TradeBust(rng.randint(1, 3), rng.randint(0, 50), user(), user(), side, 1, 100, 1, rng.randint(-3, 3)),
        )
    )
    return command_records.encode(c.Sender(user_id=rng.getrandbits(32)), command)


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
