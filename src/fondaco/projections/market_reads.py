"""Reading the market side: candles of any interval, the state of a period, and deals.

A stretch of time is covered by stored candles of one second, minute and hour: seconds at its ragged ends, hours in the
middle (``cover``). So a state of seven days folds some hundred rows, exact to the second, however long history is.
Candles are folded by SQL, run by run of equal stretches, from the longest stored candles that fit; the gaps are filled
here.

All functions take a connection inside one transaction and answer the core's integers. ``now_s`` is the caller's clock;
where the journal's time is ahead of it, that counts. Cost: linear in the window, not in history.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec
from sqlalchemy import Connection, bindparam, func, select

from fondaco.core.events import Row, side_of
from fondaco.projections.blocks import block_of, unpacked
from fondaco.projections.database import SUM_LOW_BITS, candles, checkpoint, deal_blocks, market_marks
from fondaco.projections.market import KEPT_S, US, horizon_s
from fondaco.projections.periods import HOUR_S, MINUTE_S, SECOND_S, Calendar, Run

CANDLES_MAX: Final = 5_000
#: No rolling state goes back further: that is how long seconds are kept.
STATE_PERIOD_S_MAX: Final = KEPT_S[SECOND_S]


class Candle(msgspec.Struct, frozen=True, gc=False):
    """One stretch that begins at ``time_s``; with no trade in it all prices are the last one before."""

    time_s: int
    open_ticks: int
    close_ticks: int
    high_ticks: int
    low_ticks: int
    volume_lots: int
    money_units: int


class MarketState(msgspec.Struct, frozen=True, gc=False):
    """A window that ends now. With no trade in it everything but ``last_ticks`` is 0."""

    last_ticks: int
    open_ticks: int
    close_ticks: int
    high_ticks: int
    low_ticks: int
    volume_lots: int
    money_units: int


class Deal(msgspec.Struct, frozen=True, gc=False):
    """One fill; ``side`` is the taker's (1 sells, 2 buys)."""

    deal_id: int
    time_us: int
    side: int
    price_ticks: int
    size_lots: int
    money_units: int


class _Mark(msgspec.Struct, frozen=True):
    first_deal_s: int
    last_ticks: int


_c = candles.c
_OF_MARKET = (_c.market_id == bindparam("market_id"), _c.base_s == bindparam("base_s"))
_FROM = _c.time_s >= bindparam("start_s")
_UNTIL = _c.time_s < bindparam("end_s")

MARK = select(market_marks.c.first_deal_us, market_marks.c.last_price_ticks).where(
    market_marks.c.market_id == bindparam("market_id")
)
JOURNAL_TIME = select(checkpoint.c.time_us).where(checkpoint.c.id == 1)
STORED = (
    select(
        _c.open_ticks,
        _c.close_ticks,
        _c.high_ticks,
        _c.low_ticks,
        _c.volume_high,
        _c.volume_low,
        _c.money_high,
        _c.money_low,
    )
    .where(*_OF_MARKET, _FROM, _UNTIL)
    .order_by(_c.time_s)
)
OPEN_AFTER = select(_c.open_ticks).where(*_OF_MARKET, _FROM).order_by(_c.time_s).limit(1)

_grouped = (
    select(
        ((_c.time_s - bindparam("start_s")) // bindparam("step_s")).label("stretch"),
        func.min(_c.time_s).label("first_s"),
        func.max(_c.time_s).label("last_s"),
        func.max(_c.high_ticks).label("high_ticks"),
        func.min(_c.low_ticks).label("low_ticks"),
        func.sum(_c.volume_high).label("volume_high"),
        func.sum(_c.volume_low).label("volume_low"),
        func.sum(_c.money_high).label("money_high"),
        func.sum(_c.money_low).label("money_low"),
    )
    .where(*_OF_MARKET, _FROM, _UNTIL)
    .group_by("stretch")
    .subquery()
)
_g = _grouped.c
_first, _last = candles.alias("first_candle"), candles.alias("last_candle")
FOLDED = (
    select(
        _g.stretch,
        _first.c.open_ticks,
        _last.c.close_ticks,
        _g.high_ticks,
        _g.low_ticks,
        _g.volume_high,
        _g.volume_low,
        _g.money_high,
        _g.money_low,
    )
    .select_from(_grouped)
    .join(
        _first,
        (_first.c.market_id == bindparam("market_id"))
        & (_first.c.base_s == bindparam("base_s"))
        & (_first.c.time_s == _g.first_s),
    )
    .join(
        _last,
        (_last.c.market_id == bindparam("market_id"))
        & (_last.c.base_s == bindparam("base_s"))
        & (_last.c.time_s == _g.last_s),
    )
)
DEAL_BLOCK = select(deal_blocks.c.block, deal_blocks.c.rows).where(
    deal_blocks.c.market_id == bindparam("market_id"), deal_blocks.c.block == bindparam("block")
)
DEAL_BLOCKS = (
    select(deal_blocks.c.block, deal_blocks.c.rows)
    .where(deal_blocks.c.market_id == bindparam("market_id"), deal_blocks.c.block >= bindparam("first_block"))
    .order_by(deal_blocks.c.block.desc())
)


def latest_deals(connection: Connection, market_id: int, limit: int, last_id: int) -> list[Deal]:
    """Deals with an id above ``last_id``, newest first, at most ``limit``."""
    asked = {"market_id": market_id, "first_block": max(0, block_of(last_id + 1))}
    found: list[Deal] = []
    with connection.execute(DEAL_BLOCKS, asked) as blocks:
        for block, packed in blocks:
            for deal_id, row in reversed(list(unpacked(block, packed))):
                if deal_id <= last_id or len(found) == limit:
                    return found
                found.append(Deal(deal_id, row[15], side_of(row), row[3], row[4], row[5]))
    return found


def fill(connection: Connection, market_id: int, deal_id: int) -> Row | None:
    """The FILL row of one deal."""
    with connection.execute(DEAL_BLOCK, {"market_id": market_id, "block": block_of(deal_id)}) as found:
        return next((row for block, packed in found for n, row in unpacked(block, packed) if n == deal_id), None)


def rolling_state(connection: Connection, market_id: int, period_s: int, now_s: int) -> MarketState:
    """The last ``period_s`` seconds (≤ 7 days), the current one included."""
    now_s = max(now_s, _journal_time_us(connection) // US)
    return _state(connection, market_id, now_s + 1 - period_s)


def todays_state(connection: Connection, market_id: int, now_s: int, calendar: Calendar) -> MarketState:
    """The calendar day that holds now, in the calendar's zone."""
    now_s = max(now_s, _journal_time_us(connection) // US)
    return _state(connection, market_id, calendar.day_start(now_s))


def candles_between(
    connection: Connection,
    market_id: int,
    start_s: int,
    end_s: int,
    interval_s: int,
    now_s: int,
    limit: int,
    calendar: Calendar,
) -> list[Candle]:
    """Candles that begin in the stretch of ``start_s`` up to the one of ``end_s`` or of now, oldest first.

    The newest ``limit`` of them, without gaps: a stretch with no trade is a flat candle. None lies before a market's
    first trade or before what is kept of the stored candles it needs (seconds 7 days, minutes a year, hours ten years).
    """
    mark = _mark(connection, market_id)
    if mark is None:
        return []
    journal_time_us = _journal_time_us(connection)
    end_s = min(end_s, max(now_s, journal_time_us // US))
    runs = calendar.runs(max(start_s, mark.first_deal_s), end_s, interval_s, limit)
    if not runs:
        return []
    base_s = _longest_base(runs)
    if base_s < HOUR_S <= interval_s and runs[0].start_s < horizon_s(base_s, journal_time_us):
        base_s = HOUR_S  # days off the whole hour, and their minutes are gone: an hour counts where it begins
    if mark.first_deal_s < (kept_from_s := horizon_s(base_s, journal_time_us)):
        runs = [kept for run in runs if (kept := _kept(run, kept_from_s)) is not None]
    return list(_without_gaps(connection, market_id, base_s, runs, mark))


def cover(start_s: int, end_s: int) -> list[tuple[int, int, int]]:
    """The stored candles (base, from, until) that make up [start, end) exactly, in order of time."""
    return [piece for piece in _cover(start_s, end_s, (SECOND_S, MINUTE_S, HOUR_S)) if piece[1] < piece[2]]


def _cover(start_s: int, end_s: int, bases: tuple[int, ...]) -> list[tuple[int, int, int]]:
    base_s, *longer = bases
    if not longer:
        return [(base_s, start_s, end_s)]
    inner_start_s = -(-start_s // longer[0]) * longer[0]
    inner_end_s = end_s // longer[0] * longer[0]
    if inner_start_s >= inner_end_s:
        return [(base_s, start_s, end_s)]
    return [
        (base_s, start_s, inner_start_s),
        *_cover(inner_start_s, inner_end_s, tuple(longer)),
        (base_s, inner_end_s, end_s),
    ]


def _state(connection: Connection, market_id: int, start_s: int) -> MarketState:
    """From ``start_s`` to the end of what is written: nothing is later than now, so whole hours close the window."""
    mark = _mark(connection, market_id)
    if mark is None:
        return MarketState(0, 0, 0, 0, 0, 0, 0)
    end_s = (max(start_s, _journal_time_us(connection) // US) // HOUR_S + 1) * HOUR_S
    opened, close, high, low, volume, money = 0, 0, 0, 0, 0, 0
    for base_s, from_s, until_s in cover(max(0, start_s), end_s):
        window = {"market_id": market_id, "base_s": base_s, "start_s": from_s, "end_s": until_s}
        for row in connection.execute(STORED, window):
            if volume == 0:
                opened, high, low = row[0], row[2], row[3]
            close, high, low = row[1], max(high, row[2]), min(low, row[3])
            volume += (row[4] << SUM_LOW_BITS) + row[5]
            money += (row[6] << SUM_LOW_BITS) + row[7]
    return MarketState(mark.last_ticks, opened, close, high, low, volume, money)


def _without_gaps(
    connection: Connection, market_id: int, base_s: int, runs: list[Run], mark: _Mark
) -> Iterator[Candle]:
    if not runs:
        return
    folded = [dict(_folded(connection, market_id, base_s, run)) for run in runs]
    first = next((found[min(found)] for found in folded if found), None)
    price = first.open_ticks if first else _price_at(connection, market_id, base_s, runs[-1].end_s, mark)
    for run, traded in zip(runs, folded, strict=True):
        for stretch in range(run.count):
            candle = traded.get(stretch)
            if candle is None:
                yield Candle(run.start_s + stretch * run.step_s, price, price, price, price, 0, 0)
            else:
                price = candle.close_ticks
                yield candle


def _folded(connection: Connection, market_id: int, base_s: int, run: Run) -> Iterator[tuple[int, Candle]]:
    """The stretches of a run that saw a trade, by their number in it, in any order."""
    parameters = {
        "market_id": market_id,
        "base_s": base_s,
        "start_s": run.start_s,
        "end_s": run.end_s,
        "step_s": run.step_s,
    }
    for row in connection.execute(FOLDED, parameters):
        volume = (row[5] << SUM_LOW_BITS) + row[6]
        money = (row[7] << SUM_LOW_BITS) + row[8]
        yield row[0], Candle(run.start_s + row[0] * run.step_s, row[1], row[2], row[3], row[4], volume, money)


def _price_at(connection: Connection, market_id: int, base_s: int, time_s: int, mark: _Mark) -> int:
    """The last price before ``time_s``: what the next candle opened with, or the last one ever."""
    parameters = {"market_id": market_id, "base_s": base_s, "start_s": time_s}
    row = connection.execute(OPEN_AFTER, parameters).one_or_none()
    return mark.last_ticks if row is None else int(row[0])


def _longest_base(runs: list[Run]) -> int:
    """The longest stored candles whose edges hold all edges of the runs."""
    for base_s in (HOUR_S, MINUTE_S):
        if all(run.start_s % base_s == 0 and run.step_s % base_s == 0 for run in runs):
            return base_s
    return SECOND_S


def _kept(run: Run, kept_from_s: int) -> Run | None:
    """The stretches of a run that begin at or after ``kept_from_s``."""
    lost = max(0, -(-(kept_from_s - run.start_s) // run.step_s))
    return Run(run.start_s + lost * run.step_s, run.step_s, run.count - lost) if lost < run.count else None


def _mark(connection: Connection, market_id: int) -> _Mark | None:
    row = connection.execute(MARK, {"market_id": market_id}).one_or_none()
    return None if row is None else _Mark(row[0] // US, row[1])


def _journal_time_us(connection: Connection) -> int:
    row = connection.execute(JOURNAL_TIME).one_or_none()
    return 0 if row is None else int(row[0])
