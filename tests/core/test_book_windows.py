"""The ladder and the levels beside it: a book whose prices jump shows what a sorted list shows, at every step."""

from __future__ import annotations

import random

import pytest

from fondaco.core import commands as c
from fondaco.core.command_records import encode
from fondaco.core.commands import HOUSE, OrderType, Sender, Side, TimeInForce
from fondaco.core.house import House

#: How far prices reach: within the narrowest window, over several, and over more levels than the widest holds.
WIDTHS = (100, 3_000, 60_000, 5_000_000)


def opened() -> House:
    house = House()
    rare: list[c.Command] = [
        c.AssetCreate("A", 8),
        c.AssetCreate("B", 8),
        c.MarketCreate("AB", "A", "B", 2, 4, 1, 0, 0, 0),
        c.UserCreate("one"),
        c.BalanceUpdate(1, "A", "deposit", 1, 1 << 61),
        c.BalanceUpdate(1, "B", "deposit", 1, 1 << 61),
    ]
    house.apply(b"".join(encode(HOUSE, command) for command in rare), 1)
    return house


def read_in_pages(house: House, side: Side, limit: int) -> list[int]:
    found: list[tuple[int, ...]] = []
    while page := house.resting(1, side, *((found[-1][4], found[-1][2]) if found else (0, 0)), limit):
        found += page
    return [row[2] for row in found]


@pytest.mark.parametrize("side", [Side.ASK, Side.BID])
@pytest.mark.parametrize("width", WIDTHS)
def test_a_book_of_any_width(side: Side, width: int) -> None:
    draw, house = random.Random(width), opened()
    resting: dict[int, tuple[int, int]] = {}  # order id → price, lots
    sign = 1 if side == Side.ASK else -1
    middle = 100_000_000
    for step in range(6_000):
        if step % 1_500 == 0:
            middle += draw.choice((-1, 1)) * draw.randint(0, 2 * width)  # the touch jumps
        if resting and draw.random() < 0.45:
            order_id = draw.choice(list(resting)[-50:]) if draw.random() < 0.5 else draw.choice(list(resting))
            house.apply(encode(Sender(user_id=1), c.Cancel(1, order_id)), 1)
            del resting[order_id]
        else:
            price, lots = middle + draw.randint(-width, width), draw.randint(1, 9)
            place = c.Place(1, side, OrderType.LIMIT, TimeInForce.GTC, price, lots)
            (row,) = house.apply(encode(Sender(user_id=1), place), 1)
            resting[row[2]] = price, lots
        if step % 200 == 0 or step > 5_990:
            levels: dict[int, int] = {}
            for price, lots in resting.values():
                levels[price] = levels.get(price, 0) + lots
            best_first = sorted(levels.items(), key=lambda level: level[0] * sign)
            assert house.depth(1, side, 100_000) == best_first
            assert house.depth(1, side, 3) == best_first[:3]
            queue = sorted(resting, key=lambda order_id: (resting[order_id][0] * sign, order_id))
            assert read_in_pages(house, side, 500) == queue
        if step % 1_000 == 999:
            restarted = House.load(house.dump())
            assert restarted.dump() == house.dump()
            house = restarted
