"""A book read page by page is the whole book, however the pages are cut."""

from __future__ import annotations

import random

import pytest

from fondaco.core import commands as c
from fondaco.core.command_records import encode
from fondaco.core.commands import HOUSE, Command, Sender, Side
from fondaco.core.house import House


@pytest.mark.parametrize("limit", [1, 2, 3, 10, 1_000])
@pytest.mark.parametrize("side", [Side.ASK, Side.BID])
def test_pages_add_up(side: Side, limit: int) -> None:
    house, draw = House(), random.Random(4)
    rare: list[Command] = [
        c.AssetCreate("A", 8),
        c.AssetCreate("B", 8),
        c.MarketCreate("AB", "A", "B", 2, 4, 1, 0, 0, 0),
        c.UserCreate("one"),
        c.BalanceUpdate(1, "A", "deposit", 1, 10**17),
        c.BalanceUpdate(1, "B", "deposit", 1, 10**17),
    ]
    house.apply(b"".join(encode(HOUSE, command) for command in rare), 1)
    assert house.resting(1, side, 0, 0, limit) == []
    placed = [(draw.randint(100, 130), draw.randint(1, 9)) for _ in range(100)]
    for price_ticks, lots in placed:
        place = c.Place(1, side, c.OrderType.LIMIT, c.TimeInForce.GTC, price_ticks, lots)
        house.apply(encode(Sender(user_id=1), place), 1)
    found: list[tuple[int, ...]] = []
    while page := house.resting(1, side, *((found[-1][4], found[-1][2]) if found else (0, 0)), limit):
        assert len(page) <= limit
        found += page
    first_come = sorted(enumerate(placed, 1), key=lambda one: one[1][0] * (1 if side == Side.ASK else -1))
    assert [(row[2], row[4], row[6]) for row in found] == [(number, *order) for number, order in first_come]
    assert [house.order(row[2]) for row in found] == found
    # a price between levels, and one beyond the last: what is worse, and nothing
    worse = [row for row in found if (row[4] > 115 if side == Side.ASK else row[4] < 115)]
    beside = 116 if side == Side.ASK else 114
    assert house.resting(1, side, beside, 0, 1_000) == worse
    assert house.resting(1, side, 131 if side == Side.ASK else 99, 0, limit) == []
