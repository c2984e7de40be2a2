"""Reading a user's finished orders: one by its id, or a page with its total, newest first.

A total comes from the counts by hour: whole hours are summed, only the entries of the two ragged ends of the time range
are counted. A page walks the hours from the newest on: those that lie before its offset are passed over by their count,
the others are looked into. Runs of one hour overlap, because orders end in another order than they were created in; but
each is found by the newest order in it, so of the newest ``n`` orders of an hour none lies outside its ``n`` newest
runs. A page costs its limit and at most one hour's worth of its offset, not the length of history.

All functions take a connection inside one transaction. Times of ranges are whole seconds, [start, end), end 0 = open.
"""

from __future__ import annotations

import heapq
import sys
from bisect import bisect_left
from collections.abc import Iterator
from typing import Final

import msgspec
from sqlalchemy import Connection, bindparam, func, select

from fondaco.core.events import ROW, Row, has_options, market_id_of
from fondaco.projections.blocks import rows_numbered
from fondaco.projections.database import (
    FINISH_PAGE,
    finish_numbers,
    finished_blocks,
    finished_options,
    order_counts,
    order_runs,
)
from fondaco.projections.market import US
from fondaco.projections.periods import HOUR_S

_NO_END_S: Final = 1 << 42


class FinishedOrder(msgspec.Struct, frozen=True, gc=False):
    """A finished order as the house last stated it: its ORDER row, and its OPTIONS row if it had any."""

    row: Row
    options: Row | None

    @property
    def order_id(self) -> int:
        return self.row[2]

    @property
    def user_id(self) -> int:
        return self.row[3]

    @property
    def market_id(self) -> int:
        return market_id_of(self.row)


_r, _n = order_runs.c, order_counts.c
_OF_USER = (_n.user_id == bindparam("user_id"), _n.market_id == bindparam("market_id"))
_IN_HOURS = (_n.hour_s >= bindparam("start_s"), _n.hour_s < bindparam("end_s"))

NUMBERS = select(finish_numbers.c.numbers).where(finish_numbers.c.page == bindparam("page"))
BLOCKS = select(finished_blocks.c.block, finished_blocks.c.rows).where(
    finished_blocks.c.block.in_(bindparam("blocks", expanding=True))
)
OPTIONS = select(finished_options).where(finished_options.c.order_id.in_(bindparam("order_ids", expanding=True)))
SUM = select(func.coalesce(func.sum(_n.entries), 0)).where(*_OF_USER, *_IN_HOURS)
HOURS = select(_n.hour_s, _n.entries).where(*_OF_USER, *_IN_HOURS).order_by(_n.hour_s.desc())
RUNS = (
    select(_r.last_order_id, _r.entries)
    .where(_r.user_id == bindparam("user_id"), _r.market_id == bindparam("market_id"), _r.hour_s == bindparam("hour_s"))
    .order_by(_r.last_order_id.desc())
)


class _Range(msgspec.Struct, frozen=True):
    """Whose orders, and from when to when they were created."""

    user_id: int
    market_id: int
    start_s: int
    end_s: int

    def parameters(self, **more: int) -> dict[str, int]:
        return {"user_id": self.user_id, "market_id": self.market_id, **more}

    def holds_hour(self, hour_s: int) -> bool:
        return self.start_s <= hour_s and hour_s + HOUR_S <= self.end_s


def finished_order(connection: Connection, order_id: int) -> FinishedOrder | None:
    page, at = divmod(order_id, FINISH_PAGE)
    numbers = connection.execute(NUMBERS, {"page": page}).scalar_one_or_none()
    number = 0 if numbers is None else int.from_bytes(numbers[8 * at : 8 * at + 8], sys.byteorder)
    return _orders(connection, [number])[0] if number else None


def finished_orders_of(
    connection: Connection, user_id: int, market_id: int, start_s: int, end_s: int, offset: int, limit: int
) -> tuple[int, list[FinishedOrder]]:
    """How many orders of the user were created in [start, end) and have ended, and a page of them."""
    asked = _Range(user_id, market_id, start_s, end_s or _NO_END_S)
    if asked.start_s >= asked.end_s:
        return 0, []
    return _total(connection, asked), _orders(connection, _page(connection, asked, offset, limit))


def _total(connection: Connection, asked: _Range) -> int:
    """Whole hours by their sums, the rest by looking into the hours at both ends."""
    whole_start_s = -(-asked.start_s // HOUR_S) * HOUR_S
    whole_end_s = asked.end_s // HOUR_S * HOUR_S
    summed = asked.parameters(start_s=whole_start_s, end_s=whole_end_s)
    total = int(connection.execute(SUM, summed).scalar_one())
    for hour_s in {end_s // HOUR_S * HOUR_S for end_s in (asked.start_s, asked.end_s) if end_s % HOUR_S}:
        total += sum(len(entries) for _, entries in _runs(connection, asked, hour_s))
    return total


def _page(connection: Connection, asked: _Range, offset: int, limit: int) -> list[int]:
    """The finish numbers of a page's orders."""
    numbers: list[int] = []
    hours = asked.parameters(start_s=asked.start_s // HOUR_S * HOUR_S, end_s=asked.end_s)
    with connection.execute(HOURS, hours) as found:
        for hour_s, entries in found:
            if offset >= entries and asked.holds_hour(hour_s):
                offset -= entries
                continue
            newest = _newest(connection, asked, hour_s, offset + limit - len(numbers))
            numbers += (number for _, number in newest[offset:])
            offset = max(0, offset - len(newest))
            if len(numbers) == limit:
                break
    return numbers


def _newest(connection: Connection, asked: _Range, hour_s: int, count: int) -> list[tuple[int, int]]:
    """(order id, finish number) of the newest ``count`` orders of an hour, newest first."""
    kept: list[tuple[int, int]] = []  # a heap: the oldest of them first
    for last_order_id, entries in _runs(connection, asked, hour_s):
        if len(kept) == count and last_order_id < kept[0][0]:
            break
        for entry in reversed(entries):
            if len(kept) < count:
                heapq.heappush(kept, entry)
            elif entry > kept[0]:
                heapq.heapreplace(kept, entry)
            else:
                break
    return sorted(kept, reverse=True)


def _runs(connection: Connection, asked: _Range, hour_s: int) -> Iterator[tuple[int, list[tuple[int, int]]]]:
    """The runs of an hour, that with the newest order first: its id, and the entries that lie in the range."""
    whole = asked.holds_hour(hour_s)
    with connection.execute(RUNS, asked.parameters(hour_s=hour_s)) as found:
        for last_order_id, packed in found:
            words = memoryview(packed).cast("q")
            entries = list(zip(words[0::3].tolist(), words[2::3].tolist(), strict=True))
            if not whole:
                ctimes = words[1::3].tolist()
                entries = entries[bisect_left(ctimes, asked.start_s * US) : bisect_left(ctimes, asked.end_s * US)]
            yield last_order_id, entries


def _orders(connection: Connection, numbers: list[int]) -> list[FinishedOrder]:
    rows = rows_numbered(connection, BLOCKS, {}, numbers)
    found = [rows[number] for number in numbers]
    optioned = [row[2] for row in found if has_options(row)]
    options: dict[int, Row] = {}
    if optioned:
        options = {order_id: ROW.unpack(row) for order_id, row in connection.execute(OPTIONS, {"order_ids": optioned})}
    return [FinishedOrder(row, options.get(row[2])) for row in found]
