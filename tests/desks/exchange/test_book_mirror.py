"""The mirror equals the book after every batch, also while it is still being read, whatever rows the core writes."""

from __future__ import annotations

import random

import pytest

from fondaco.core import commands as c
from fondaco.core.command_records import encode
from fondaco.core.commands import HOUSE, Command, Sender
from fondaco.core.events import ROW, Cause, EventKind, Finish, Row
from fondaco.core.house import House
from fondaco.desks.exchange import book_mirror
from fondaco.desks.exchange.book_mirror import BookMirror, Change

ASK, BID = c.Side.ASK, c.Side.BID


def small_house() -> House:
    house = House()
    rare: list[Command] = [
        c.AssetCreate("A", 8),
        c.AssetCreate("B", 8),
        c.MarketCreate("AB", "A", "B", 2, 4, 1, 0, 0, 0),
    ]
    for user_id in (1, 2):
        rare += [c.UserCreate(f"user{user_id}")]
        rare += [c.BalanceUpdate(user_id, asset, "deposit", 1, 10**17) for asset in ("A", "B")]
    house.apply(b"".join(encode(HOUSE, command) for command in rare), 1)
    return house


def happens(house: House, mirror: BookMirror | None, *sent: tuple[int, Command]) -> list[Change]:
    """A batch of (user, command) each; what the mirror says of it."""
    applied = house.apply(b"".join(encode(Sender(user_id=user), command) for user, command in sent), house.time_us)
    return [change for row in applied for change in tells(mirror, row)] if mirror is not None else []


def tells(mirror: BookMirror, row: Row) -> list[Change]:
    kind = row[0] & 0xFF
    if kind == EventKind.FILL:
        return mirror.filled(row)
    change = mirror.changed(row) if kind == EventKind.ORDER else None
    return [] if change is None else [change]


def drawn(draw: random.Random, house: House) -> tuple[int, Command]:
    user = draw.choice((1, 2))
    mine = house.open_orders(user)
    if mine and draw.random() < 0.35:
        return user, c.Cancel(1, draw.choice(mine))
    side, rule = draw.choice((ASK, BID)), draw.choice([c.TimeInForce.GTC] * 4 + [c.TimeInForce.IOC])
    return user, c.Place(1, side, c.OrderType.LIMIT, rule, draw.randint(95, 105), draw.randint(1, 9))


def is_the_book(mirror: BookMirror, house: House) -> bool:
    by_price: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for order_id, side, price_ticks, lots in mirror.orders.values():
        by_price.setdefault((side, price_ticks), []).append((order_id, lots))
    book: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for side in (ASK, BID):
        for row in house.resting(1, side, 0, 0, 100_000):
            book.setdefault((side, row[4]), []).append((row[2], row[6]))
    return by_price == book


@pytest.mark.parametrize("page_orders", [1, 2, 7])
@pytest.mark.parametrize("seed", range(5))
def test_a_book_that_changes_while_it_is_read(seed: int, page_orders: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(book_mirror, "PAGE_ORDERS", page_orders)
    draw, house = random.Random(seed), small_house()
    for _ in range(300):
        happens(house, None, drawn(draw, house))
    mirror = BookMirror(house, 1)
    for _ in mirror.fill():
        happens(house, mirror, *[drawn(draw, house) for _ in range(draw.choice((0, 0, 1, 3)))])
    assert mirror.is_complete
    assert is_the_book(mirror, house)
    for _ in range(100):
        happens(house, mirror, *[drawn(draw, house) for _ in range(draw.randint(1, 5))])
        assert is_the_book(mirror, house)


def order_row(
    order_id: int, price_ticks: int, lots: int, *, side: int = ASK, cause: int = Cause.UPDATE, moved: bool = False
) -> Row:
    """An ORDER row; without lots, of an order that is finished."""
    head = EventKind.ORDER | cause << 8 | side << 16 | 1 << 32 | (16 if moved else 0) << 56
    finish = Finish.OPEN if lots else Finish.CANCELLED
    return (head, 9, order_id, 1, price_ticks, lots, lots, 0, 0, 0, 0, 0, 0, lots, finish, 1)


def fill_row(maker: int, taker: int, lots: int) -> Row:
    return (EventKind.FILL | BID << 16 | 1 << 32, 9, 77, 100, lots, 0, taker, maker, 0, 0, 0, 0, 0, 0, 0, 0)


ROWS: list[tuple[str, list[Row], list[Change], list[tuple[int, int, int]]]] = [
    (
        "a new one at the back",
        [order_row(3, 100, 5)],
        [("add", 3, ASK, 100, 5)],
        [(1, 100, 5), (2, 100, 5), (3, 100, 5)],
    ),
    ("one that never rested", [order_row(3, 100, 0)], [], [(1, 100, 5), (2, 100, 5)]),
    ("less in its place", [order_row(1, 100, 3)], [("amend", 1, 3, 0, 0)], [(1, 100, 3), (2, 100, 5)]),
    ("to the back", [order_row(1, 100, 5, moved=True)], [("move", 1, 100, 5, 0)], [(2, 100, 5), (1, 100, 5)]),
    ("another price", [order_row(1, 99, 5)], [("move", 1, 99, 5, 0)], [(2, 100, 5), (1, 99, 5)]),
    ("a cancel", [order_row(2, 100, 0)], [("gone", 2, 0, 0, 0)], [(1, 100, 5)]),
    ("filled in part", [fill_row(1, 9, 2), order_row(1, 100, 3)], [("fill", 1, 77, 2, 0)], [(1, 100, 3), (2, 100, 5)]),
    ("filled", [fill_row(1, 9, 5), order_row(1, 100, 0)], [("fill", 1, 77, 5, 0)], [(2, 100, 5)]),
    (
        "an iceberg shows its next part",
        [fill_row(1, 9, 5), order_row(1, 100, 5, moved=True)],
        [("fill", 1, 77, 5, 0), ("add", 1, ASK, 100, 5)],
        [(2, 100, 5), (1, 100, 5)],
    ),
    (
        "more than it showed",
        [fill_row(1, 9, 8), order_row(1, 100, 2, moved=True)],
        [("fill", 1, 77, 5, 0), ("add", 1, ASK, 100, 2)],
        [(2, 100, 5), (1, 100, 2)],
    ),
    (
        "both rested, as in an auction",
        [fill_row(1, 2, 5), order_row(1, 100, 0), order_row(2, 100, 0)],
        [("fill", 1, 77, 5, 0), ("fill", 2, 77, 5, 0)],
        [],
    ),
    ("a row that changes nothing", [order_row(1, 100, 5)], [], [(1, 100, 5), (2, 100, 5)]),
]


@pytest.mark.parametrize(("rows", "said", "left"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_what_a_row_changes(rows: list[Row], said: list[Change], left: list[tuple[int, int, int]]) -> None:
    """Two orders of 5 rest at 100; (order, price, lots) are left, the first one first."""
    mirror = BookMirror(small_house(), 1)
    for _ in mirror.fill():
        pass
    for order_id in (1, 2):
        tells(mirror, order_row(order_id, 100, 5, cause=Cause.PUT))
    assert all(len(row) == ROW.size // 8 for row in rows)
    assert [change for row in rows for change in tells(mirror, row)] == said
    assert [(order_id, price_ticks, lots) for order_id, _, price_ticks, lots in mirror.orders.values()] == left
