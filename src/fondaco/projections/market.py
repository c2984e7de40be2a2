"""Deals and candles, gathered from FILL rows.

A candle of a second, a minute and an hour is kept for each stretch of time that saw a trade; every other interval is
folded from these. Within one transaction trades are folded in memory into seconds, the seconds into minutes and hours,
and each candle touched is merged into its row once. The deals themselves are kept in blocks. So the database's work
grows with candles and blocks, not with trades.

Invariants: ``open`` is the last price before the candle's first trade (that trade's own price in a market's very first
candle), and high and low span the open, so folding candles in order gives the candle of the whole stretch. What is
pruned depends on the time of the last command alone, so that a rebuild leaves the same rows.
Cost: columns are taken out of the packed rows whole; per trade there is no step in Python but copying its row.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from typing import Final

import msgspec
from sqlalchemy import Connection, Engine, delete, select

from fondaco.core.events import ROW_WORDS
from fondaco.projections.blocks import pieces
from fondaco.projections.database import (
    SUM_LOW_BITS,
    SUM_LOW_MASK,
    candles,
    deal_blocks,
    market_marks,
    upsert_text,
)
from fondaco.projections.periods import DAY_S, HOUR_S, MINUTE_S, SECOND_S

US: Final = 1_000_000

#: Candles' lengths, and for each how long it is kept and in which steps the oldest go.
KEPT_S: Final = {SECOND_S: 7 * DAY_S, MINUTE_S: 366 * DAY_S, HOUR_S: 3_653 * DAY_S}
PRUNE_STEP_S: Final = {SECOND_S: MINUTE_S, MINUTE_S: HOUR_S, HOUR_S: DAY_S}


def horizon_s(base_s: int, journal_time_us: int) -> int:
    """The second from which on candles of this length are kept, given the time of the last command."""
    step_s = PRUNE_STEP_S[base_s]
    return max(0, (journal_time_us // US - KEPT_S[base_s]) // step_s * step_s)


class _Mark(msgspec.Struct):
    """What is known of a market that has traded."""

    market_id: int
    first_deal_us: int
    last_deal_us: int
    last_deal_id: int
    last_price_ticks: int


_Candle = list[int]  # market_id, base_s, time_s, open, close, high, low, volume_lots, money_units


class MarketProjection:
    def __init__(self, engine: Engine) -> None:
        self._append_blocks = upsert_text(engine, deal_blocks, appended=("rows",))
        self._merge_candles = upsert_text(
            engine,
            candles,
            latest=("close_ticks",),
            highest=("high_ticks",),
            lowest=("low_ticks",),
            added_in_two_words=("volume", "money"),
        )
        self._merge_marks = upsert_text(
            engine, market_marks, latest=("last_deal_us", "last_deal_id", "last_price_ticks")
        )
        self._marks: dict[int, _Mark] = {}
        self._horizons = dict.fromkeys(KEPT_S, 0)

    def load(self, connection: Connection) -> None:
        """Take up the marks where the database has them."""
        for row in connection.execute(select(market_marks)):
            self._marks[row.market_id] = _Mark(*row)

    def write(self, connection: Connection, fills: Mapping[int, bytes], journal_time_us: int) -> None:
        """Write the packed FILL rows of each market, and prune, in the caller's transaction."""
        blocks: list[tuple[int, int, bytes]] = []
        seconds: list[_Candle] = []
        for market_id, rows in fills.items():
            words = memoryview(rows).cast("q")
            blocks += ((market_id, *piece) for piece in pieces(words[2], rows))
            seconds += self._seconds(market_id, words)
        if fills:
            marks = [msgspec.structs.astuple(self._marks[market_id]) for market_id in fills]
            connection.exec_driver_sql(self._append_blocks, blocks)
            connection.exec_driver_sql(self._merge_candles, _candle_rows(seconds))
            connection.exec_driver_sql(self._merge_marks, marks)
        self._prune(connection, journal_time_us)

    def _seconds(self, market_id: int, words: memoryview[int]) -> Iterator[_Candle]:
        """A candle for each second of these fills, and the market's mark after them."""
        times_us = words[15::ROW_WORDS].tolist()
        prices, sizes, money = (words[n::ROW_WORDS].tolist() for n in (3, 4, 5))
        mark = self._marks.get(market_id)
        if mark is None:
            mark = self._marks[market_id] = _Mark(market_id, times_us[0], 0, 0, prices[0])
        begin = 0
        while begin < len(times_us):
            second = times_us[begin] // US
            end = bisect_left(times_us, (second + 1) * US, begin)
            opened, traded = mark.last_price_ticks, prices[begin:end]
            mark.last_price_ticks = traded[-1]
            yield [
                market_id,
                SECOND_S,
                second,
                opened,
                traded[-1],
                max(opened, *traded),
                min(opened, *traded),
                sum(sizes[begin:end]),
                sum(money[begin:end]),
            ]
            begin = end
        mark.last_deal_us = times_us[-1]
        mark.last_deal_id = words[2 - ROW_WORDS]

    def _prune(self, connection: Connection, journal_time_us: int) -> None:
        for base_s, done_s in self._horizons.items():
            until_s = horizon_s(base_s, journal_time_us)
            if until_s <= done_s:
                continue
            for market_id in self._marks:
                connection.execute(
                    delete(candles).where(
                        candles.c.market_id == market_id, candles.c.base_s == base_s, candles.c.time_s < until_s
                    )
                )
            self._horizons[base_s] = until_s


def _candle_rows(seconds: list[_Candle]) -> list[tuple[int, ...]]:
    """The seconds and the minutes and hours folded from them, as rows of ``candles``."""
    folded: dict[tuple[int, int, int], _Candle] = {}
    for second in seconds:
        market_id, _, time_s, _, close, high, low, volume, money = second
        for base_s in (MINUTE_S, HOUR_S):
            key = (market_id, base_s, time_s // base_s * base_s)
            candle = folded.get(key)
            if candle is None:
                folded[key] = [*key, *second[3:]]
                continue
            candle[4] = close
            candle[5] = max(candle[5], high)
            candle[6] = min(candle[6], low)
            candle[7] += volume
            candle[8] += money
    return [
        (
            *candle[:7],
            candle[7] >> SUM_LOW_BITS,
            candle[7] & SUM_LOW_MASK,
            candle[8] >> SUM_LOW_BITS,
            candle[8] & SUM_LOW_MASK,
        )
        for candle in (*seconds, *folded.values())
    ]
