"""Passing over the newest balance changes of a user, many at a time, by counting them where they lie.

A page far back in history is found by a time: how many changes are newer than that is counted inside the database (runs
of fills by their lengths, updates by their number), and only what is left of the offset is walked through. A time is
chosen so that no stream has more than its share of the offset behind it; what the others have not used up is shared out
again. So a page costs streams × log(offset) questions, 3 ms in all, and besides, for each change before it, some 15 ns
where runs are long and 300 ns where they hold three fills each; most of that is the database's time, not Python's.

Streams and times are those of ``balance_reads.py``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from sqlalchemy import Connection, bindparam, func, select

from fondaco.projections.database import balance_updates, trade_runs

#: So few are walked through, half a microsecond each.
WALKED: Final = 2_048
ENTRY_BYTES: Final = 24

_u, _t = balance_updates.c, trade_runs.c
_OF_STREAM = (
    _u.user_id == bindparam("user_id"),
    _u.asset_id == bindparam("asset_id"),
    _u.business == bindparam("business"),
)
_OF_MARKET = (_t.user_id == bindparam("user_id"), _t.market_id == bindparam("market_id"))

UPDATE_AFTER = (
    select(_u.time_us)
    .where(*_OF_STREAM, _u.time_us >= bindparam("start_us"), _u.time_us < bindparam("end_us"))
    .order_by(_u.time_us.desc())
    .limit(1)
    .offset(bindparam("share"))
)
UPDATES_BETWEEN = select(func.count()).where(
    *_OF_STREAM, _u.time_us >= bindparam("start_us"), _u.time_us < bindparam("end_us")
)
_NEWEST_FIRST = (_t.first_us.desc(), _t.first_deal_id.desc())
_counted = (
    select(
        func.lag(_t.first_us).over(order_by=_NEWEST_FIRST).label("newer_us"),
        func.sum(func.length(_t.entries)).over(order_by=_NEWEST_FIRST).label("bytes"),
    )
    .where(*_OF_MARKET, _t.first_us >= bindparam("start_us"), _t.first_us < bindparam("end_us"))
    .subquery()
)
RUN_AFTER = select(_counted.c.newer_us).where(_counted.c.bytes > bindparam("share_bytes")).limit(1)
RUN_BYTES_BETWEEN = select(func.coalesce(func.sum(func.length(_t.entries)), 0)).where(
    *_OF_MARKET, _t.first_us >= bindparam("start_us"), _t.first_us < bindparam("end_us")
)
RUN_BEFORE = select(_t.entries).where(*_OF_MARKET, _t.first_us < bindparam("at_us")).order_by(*_NEWEST_FIRST).limit(1)


class Fills(NamedTuple):
    """The stream of a market, and how many changes of each fill are asked for."""

    market_id: int
    changes: int


def passed_over(
    connection: Connection,
    times: dict[str, int],
    updates: Sequence[tuple[int, str]],
    fills: Sequence[Fills],
    offset: int,
) -> tuple[int, int]:
    """(A time such that at most ``offset`` changes in [start, end) are not older than it, how many those are)."""
    end_us, passed = times["end_us"], 0
    streams = len(updates) + len(fills)
    while streams and offset - passed > WALKED:
        share = (offset - passed) // streams
        asked = {**times, "end_us": end_us}
        at_us = max(
            *(_update_after(connection, asked, stream, share) for stream in updates),
            *(_fill_after(connection, asked, stream, share) for stream in fills),
            times["start_us"],
        )
        if at_us >= end_us:
            break
        asked["start_us"] = at_us
        newer = sum(_updates_between(connection, asked, stream) for stream in updates)
        newer += sum(_fills_between(connection, asked, stream) for stream in fills)
        if passed + newer > offset:  # of a run that began before the start, all that reach into the range
            break
        end_us, passed = at_us, passed + newer
    return end_us, passed


def _update_after(connection: Connection, asked: dict[str, int], stream: tuple[int, str], share: int) -> int:
    """A time which no more than ``share`` updates of a stream reach; the start if all do."""
    of_stream = {**asked, "asset_id": stream[0], "business": stream[1], "share": share}
    time_us: int | None = connection.execute(UPDATE_AFTER, of_stream).scalar_one_or_none()
    return asked["start_us"] if time_us is None else time_us + 1


def _updates_between(connection: Connection, asked: dict[str, int], stream: tuple[int, str]) -> int:
    of_stream = {**asked, "asset_id": stream[0], "business": stream[1]}
    return int(connection.execute(UPDATES_BETWEEN, of_stream).scalar_one())


def _fill_after(connection: Connection, asked: dict[str, int], stream: Fills, share: int) -> int:
    """The same of a market's fills, to a run."""
    of_market = {**asked, "market_id": stream.market_id, "share_bytes": share // stream.changes * ENTRY_BYTES}
    found = connection.execute(RUN_AFTER, of_market).one_or_none()
    if found is None:
        return asked["start_us"]
    return asked["end_us"] if found.newer_us is None else found.newer_us + 1


def _fills_between(connection: Connection, asked: dict[str, int], stream: Fills) -> int:
    of_market = {**asked, "market_id": stream.market_id}
    entries = connection.execute(RUN_BYTES_BETWEEN, of_market).scalar_one() // ENTRY_BYTES
    entries += _reaching(connection, of_market, asked["start_us"]) - _reaching(connection, of_market, asked["end_us"])
    return int(entries * stream.changes)


def _reaching(connection: Connection, of_market: dict[str, int], at_us: int) -> int:
    """How many entries not older than a time stand in a run that began before it: no run but the last can have any."""
    packed = connection.execute(RUN_BEFORE, {**of_market, "at_us": at_us}).scalar_one_or_none()
    return 0 if packed is None else sum(time_us >= at_us for time_us in memoryview(packed).cast("q")[::3])
