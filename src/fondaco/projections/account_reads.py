"""Reading a user's side: finished orders and balance changes, a page at a time with its total, newest first.

A total comes from the counts by hour: whole hours are summed, only the two ragged ends of the time range are counted
row by row. Balance changes lie in streams, one for each (user, asset, business); a page over several streams is a merge
of their indexes, never a sort. So a page costs its offset + limit, not the length of history.

All functions take a connection inside one transaction. Times of ranges are whole seconds, [start, end), end 0 = open.
"""

from __future__ import annotations

from collections.abc import Callable
from heapq import merge
from itertools import islice
from typing import Any, Final

import msgspec
from sqlalchemy import CompoundSelect, Connection, Row, Select, bindparam, desc, func, select, tuple_, union_all

from fondaco.projections.database import balance_changes, change_counts, deals, finished_orders, order_counts
from fondaco.projections.market import US
from fondaco.projections.periods import HOUR_S

_NO_END_S: Final = 1 << 42
#: Streams merged in one statement; SQLite takes at most 500 selects in one.
STREAMS_MERGED_MAX: Final = 200


class OrderRecord(msgspec.Struct, frozen=True, gc=False):
    """A finished order as it ended; fields as in the ORDER row. ``ftime_us`` is when it ended."""

    order_id: int
    user_id: int
    market_id: int
    side: int
    order_type: int
    time_in_force: int
    finish: int
    price_ticks: int
    amount: int
    left: int
    deal_stock_lots: int
    deal_money_units: int
    deal_fee_units: int
    ctime_us: int
    ftime_us: int
    taker_fee_ppm: int
    maker_fee_ppm: int


class BalanceChange(msgspec.Struct, frozen=True, gc=False):
    """One change of a balance (available + hold); ``balance_units`` is what it was after.

    A trade has market, deal, order, fee, price and size; anything else a business id and the caller's JSON ``detail``.
    """

    time_us: int
    asset_id: int
    business: str
    change_units: int
    balance_units: int
    business_id: int | None
    detail: str | None
    market_id: int | None
    deal_id: int | None
    order_id: int | None
    fee_units: int | None
    price_ticks: int | None
    size_lots: int | None


_o, _oc = finished_orders.c, order_counts.c
_b, _bc = balance_changes.c, change_counts.c

ORDER = select(finished_orders).where(_o.order_id == bindparam("order_id"))
_ORDERS_OF_USER = (
    _o.user_id == bindparam("user_id"),
    _o.market_id == bindparam("market_id"),
    _o.ctime_us >= bindparam("start_us"),
    _o.ctime_us < bindparam("end_us"),
)
ORDERS = (
    select(finished_orders)
    .where(*_ORDERS_OF_USER)
    .order_by(_o.ctime_us.desc(), _o.order_id.desc())
    .limit(bindparam("limit"))
    .offset(bindparam("offset"))
)
ORDERS_COUNTED = select(func.count()).select_from(finished_orders).where(*_ORDERS_OF_USER)
ORDERS_SUMMED = select(func.coalesce(func.sum(_oc.entries), 0)).where(
    _oc.user_id == bindparam("user_id"),
    _oc.market_id == bindparam("market_id"),
    _oc.hour_s >= bindparam("start_s"),
    _oc.hour_s < bindparam("end_s"),
)
_CHANGES_OF_STREAM = (
    _b.user_id == bindparam("user_id"),
    _b.asset_id == bindparam("asset_id"),
    _b.business == bindparam("business"),
    _b.time_us >= bindparam("start_us"),
    _b.time_us < bindparam("end_us"),
)
CHANGES_COUNTED = select(func.count()).select_from(balance_changes).where(*_CHANGES_OF_STREAM)
CHANGES_SUMMED = select(func.coalesce(func.sum(_bc.entries), 0)).where(
    _bc.user_id == bindparam("user_id"),
    _bc.asset_id == bindparam("asset_id"),
    _bc.business == bindparam("business"),
    _bc.hour_s >= bindparam("start_s"),
    _bc.hour_s < bindparam("end_s"),
)
NEXT_STREAM = (
    select(_bc.asset_id, _bc.business)
    .where(
        _bc.user_id == bindparam("user_id"),
        tuple_(_bc.asset_id, _bc.business) > tuple_(bindparam("asset_id"), bindparam("business")),
    )
    .order_by(_bc.asset_id, _bc.business)
    .limit(1)
)

Stream = tuple[int, str]  # asset_id, business


def finished_order(connection: Connection, order_id: int) -> OrderRecord | None:
    row = connection.execute(ORDER, {"order_id": order_id}).one_or_none()
    return None if row is None else OrderRecord(*row)


def finished_orders_of(
    connection: Connection, user_id: int, market_id: int, start_s: int, end_s: int, offset: int, limit: int
) -> tuple[int, list[OrderRecord]]:
    """How many orders of the user were created in [start, end) and have ended, and a page of them."""
    owner = {"user_id": user_id, "market_id": market_id}
    end_s = end_s or _NO_END_S

    def counted(from_s: int, until_s: int) -> int:
        return _one(connection, ORDERS_COUNTED, {**owner, "start_us": from_s * US, "end_us": until_s * US})

    def summed(from_s: int, until_s: int) -> int:
        return _one(connection, ORDERS_SUMMED, {**owner, "start_s": from_s, "end_s": until_s})

    total = _total(start_s, end_s, counted, summed)
    page = {**owner, "start_us": start_s * US, "end_us": end_s * US, "offset": offset, "limit": limit}
    return total, [OrderRecord(*row) for row in connection.execute(ORDERS, page)]


def balance_changes_of(
    connection: Connection,
    user_id: int,
    asset_id: int | None,
    business: str | None,
    start_s: int,
    end_s: int,
    offset: int,
    limit: int,
) -> tuple[int, list[BalanceChange]]:
    """How many changes fall into [start, end), and a page of them; ``None`` means every asset, every business."""
    end_s = end_s or _NO_END_S
    streams = _streams(connection, user_id, asset_id, business)
    total = sum(_changes_total(connection, user_id, stream, start_s, end_s) for stream in streams)
    times = (start_s * US, end_s * US)
    groups = [streams[n : n + STREAMS_MERGED_MAX] for n in range(0, len(streams), STREAMS_MERGED_MAX)]
    rows: list[Row[Any]]
    if len(groups) == 1:
        rows = _page(connection, user_id, groups[0], times, offset, limit)
    else:
        pages = [_page(connection, user_id, group, times, 0, offset + limit) for group in groups]
        rows = list(islice(merge(*pages, key=lambda row: -row.entry_id), offset, offset + limit))
    return total, [BalanceChange(*tuple(row)[1:]) for row in rows]


def changes_statement(
    user_id: int, streams: list[Stream], times_us: tuple[int, int], offset: int, limit: int
) -> Select[Any]:
    """A page over some streams, each trade with its deal's price and size. Its first column orders it, descending."""
    columns = (
        _b.entry_id,
        _b.time_us,
        _b.asset_id,
        _b.business,
        _b.change_units,
        _b.balance_units,
        _b.business_id,
        _b.detail,
        _b.market_id,
        _b.deal_id,
        _b.order_id,
        _b.fee_units,
    )
    parts = [
        select(*columns).where(
            _b.user_id == user_id,
            _b.asset_id == asset_id,
            _b.business == business,
            _b.time_us >= times_us[0],
            _b.time_us < times_us[1],
        )
        for asset_id, business in streams
    ]
    merged: Select[Any] | CompoundSelect[Any] = parts[0] if len(parts) == 1 else union_all(*parts)
    page = merged.order_by(desc("time_us"), desc("entry_id")).limit(limit).offset(offset)
    entries = page.subquery()
    return select(*entries.columns, deals.c.price_ticks, deals.c.size_lots).select_from(
        entries.outerjoin(deals, (deals.c.market_id == entries.c.market_id) & (deals.c.deal_id == entries.c.deal_id))
    )


def _page(
    connection: Connection, user_id: int, streams: list[Stream], times_us: tuple[int, int], offset: int, limit: int
) -> list[Row[Any]]:
    rows = connection.execute(changes_statement(user_id, streams, times_us, offset, limit))
    return sorted(rows, key=lambda row: -row.entry_id)


def _streams(connection: Connection, user_id: int, asset_id: int | None, business: str | None) -> list[Stream]:
    """The streams that exist for the user, stepping from one to the next in the index."""
    if asset_id is not None and business is not None:
        return [(asset_id, business)]
    streams: list[Stream] = []
    last: Stream = (-1, "") if asset_id is None else (asset_id, "")
    while True:
        after = {"user_id": user_id, "asset_id": last[0], "business": last[1]}
        row = connection.execute(NEXT_STREAM, after).one_or_none()
        if row is None or (asset_id is not None and row.asset_id != asset_id):
            return [stream for stream in streams if business is None or stream[1] == business]
        last = (row.asset_id, row.business)
        streams.append(last)


def _changes_total(connection: Connection, user_id: int, stream: Stream, start_s: int, end_s: int) -> int:
    owner = {"user_id": user_id, "asset_id": stream[0], "business": stream[1]}

    def counted(from_s: int, until_s: int) -> int:
        return _one(connection, CHANGES_COUNTED, {**owner, "start_us": from_s * US, "end_us": until_s * US})

    def summed(from_s: int, until_s: int) -> int:
        return _one(connection, CHANGES_SUMMED, {**owner, "start_s": from_s, "end_s": until_s})

    return _total(start_s, end_s, counted, summed)


def _total(start_s: int, end_s: int, counted: Callable[[int, int], int], summed: Callable[[int, int], int]) -> int:
    """Entries in [start, end): whole hours by their sums, the rest by counting."""
    whole_start_s = -(-start_s // HOUR_S) * HOUR_S
    whole_end_s = end_s // HOUR_S * HOUR_S
    if whole_start_s >= whole_end_s:
        return counted(start_s, end_s) if start_s < end_s else 0
    total = summed(whole_start_s, whole_end_s)
    if start_s < whole_start_s:
        total += counted(start_s, whole_start_s)
    if whole_end_s < end_s < _NO_END_S:
        total += counted(whole_end_s, end_s)
    return total


def _one(connection: Connection, statement: Select[Any], parameters: dict[str, Any]) -> int:
    return int(connection.execute(statement, parameters).scalar_one())
