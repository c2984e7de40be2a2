"""The plain way gives what the ordinary way gives, row for row.

A user with fees of its own is never plain. So two houses hear the same orders: in one all traders have fees of their
own that are the market's, in the other they had them and gave them up. The naive model judges both ways besides.
"""

from __future__ import annotations

import random

import pytest

from fondaco.core import command_records
from fondaco.core import commands as c
from fondaco.core.commands import OrderType, Sender, Side, TimeInForce
from fondaco.core.events import EventKind, kind_of
from fondaco.core.house import House
from fondaco.core.units import UNITS_MAX

SEED = 20240808
TRADERS = 6
MAKER_PPM, TAKER_PPM = 1_000, 2_000
START_US = 1_000_000
LARGE = 1 << 31  # nothing larger is plain


def market(name: str, stock: str, money_min: int, lots_min: int) -> c.MarketCreate:
    return c.MarketCreate(name, stock, "USD", 2, 0, lots_min, money_min, MAKER_PPM, TAKER_PPM)


def opened(*, own_fees: bool) -> House:
    house = House()
    rare: list[c.Command] = [c.AssetCreate("USD", 2), c.AssetCreate("AAA", 0), c.AssetCreate("BBB", 0)]
    rare += [market("AAAUSD", "AAA", 0, 1), market("BBBUSD", "BBB", 5_000, 3)]
    rare += [c.UserCreate(f"trader-{number}") for number in range(1, TRADERS + 1)]
    for user in range(1, TRADERS + 1):
        # the first is rich enough for the largest orders, the last has hardly anything
        units = UNITS_MAX // 4 if user == 1 else 4_000_000_000 // user**6
        rare += [c.BalanceUpdate(user, asset, "deposit", 1, units) for asset in ("USD", "AAA", "BBB")]
        rates = (MAKER_PPM, TAKER_PPM) if own_fees else (None, None)
        rare += [c.FeesSet(user, "", MAKER_PPM, TAKER_PPM), c.FeesSet(user, "", *rates)]
    applied = house.apply(b"".join(command_records.encode(c.HOUSE, command) for command in rare), START_US)
    assert len(applied.facts) == len(rare)
    return house


def order(draw: random.Random, newest_id: int) -> bytes:
    """Mostly a plain order near the touch, sometimes one out of bounds or a cancel."""
    user = draw.choice([*range(TRADERS + 2), 1, 2, 3, 4])  # 0 and the last are nobody
    sender = Sender(user, 1, user)
    market_id = draw.choice([1, 1, 1, 2, 2, 2, 0, 3])
    if draw.random() < 0.2:
        return command_records.encode_cancel(sender, market_id, draw.randint(max(1, newest_id - 60), newest_id + 1))
    side = draw.choice([Side.BID, Side.ASK])
    price = 100 + draw.randint(-12, 2) * (1 if side == Side.BID else -1)
    if draw.random() < 0.05:
        price = draw.choice([0, 1, 1_000_000, LARGE, UNITS_MAX])
    amount = draw.randint(1, 60)
    if draw.random() < 0.05:
        amount = draw.choice([0, LARGE - 1, LARGE, LARGE + 1, UNITS_MAX])
    time_in_force = draw.choice([TimeInForce.GTC] * 6 + [TimeInForce.IOC])
    return command_records.encode_place(sender, market_id, side, OrderType.LIMIT, time_in_force, price, amount)


@pytest.mark.parametrize("seed", range(SEED, SEED + 4))
def test_row_for_row(seed: int) -> None:
    draw = random.Random(seed)
    plain, ordinary = opened(own_fees=False), opened(own_fees=True)
    kinds: dict[int, int] = {}
    newest_id = 0
    for number in range(300):
        if number == 150:  # a snapshot in between
            plain, ordinary = House.load(plain.dump()), House.load(ordinary.dump())
        records = b"".join(order(draw, newest_id) for _ in range(draw.randint(1, 40)))
        applied, expected = plain.apply(records, START_US + number), ordinary.apply(records, START_US + number)
        assert [*applied] == [*expected], f"seed {seed}, batch {number}"
        for row in applied:
            kinds[kind_of(row)] = kinds.get(kind_of(row), 0) + 1
            if kind_of(row) == EventKind.ORDER:
                newest_id = max(newest_id, row[2])
    assert min(kinds[kind] for kind in (EventKind.ORDER, EventKind.FILL, EventKind.REJECT)) > 300, kinds
    assert plain.imbalances() == ordinary.imbalances() == dict.fromkeys(plain.imbalances(), 0)
    for user in range(1, TRADERS + 1):
        assert plain.open_orders(user) == ordinary.open_orders(user)
        assert [plain.balance(user, asset) for asset in (1, 2, 3)] == [
            ordinary.balance(user, asset) for asset in (1, 2, 3)
        ]
