"""Sums stay exact beyond 64 bits, across trades, transactions and stretches."""

from __future__ import annotations

from pathlib import Path

from fondaco.core.applied import Applied
from fondaco.core.events import ROW, EventKind
from fondaco.core.instruments import Market
from fondaco.core.units import UNITS_MAX
from fondaco.projections import market_reads
from fondaco.projections.database import NOTHING, create_tables, open_engine
from fondaco.projections.periods import Calendar
from fondaco.projections.writer import ProjectionWriter
from tests.projections.flows import START_US

MARKET = Market(1, "BIGSMALL", 1, 2, 0, 0, 1, 1, 1, 1, 0, 0)
TRADE_S = (0, 0, 1, 1, 1, 59, 60, 3_599, 3_600)


def fill(seq: int, deal_id: int, second: int) -> Applied:
    time_us = START_US + second * 1_000_000
    word = EventKind.FILL | 2 << 16 | MARKET.market_id << 32
    users = 1 | 2 << 32
    row = ROW.pack(word, seq, deal_id, 7, UNITS_MAX, UNITS_MAX - 1, 1, 2, users, 0, 0, 0, 0, 0, 0, time_us)
    return Applied(seq, 1, time_us, row, ())


def test_sums_of_the_largest_trades(tmp_path: Path) -> None:
    engine = open_engine(tmp_path / "projections.sqlite", write=True)
    create_tables(engine)
    writer = ProjectionWriter(engine, NOTHING)
    for n, second in enumerate(TRADE_S, start=1):
        writer.gather(fill(n, n, second), b"")
        if n % 2:
            writer.commit()
    start_s = START_US // 1_000_000
    with engine.connect() as connection:
        for interval_s, trades in ((1, [2, 3]), (60, [6, 1]), (3_600, [8, 1]), (86_400, [9])):
            found = market_reads.candles_between(
                connection, 1, start_s, start_s + 3_600, interval_s, start_s + 4_000, 5_000, Calendar()
            )
            sums = [(candle.volume_lots, candle.money_units) for candle in found if candle.volume_lots]
            assert sums[: len(trades)] == [(n * UNITS_MAX, n * (UNITS_MAX - 1)) for n in trades]
        state = market_reads.rolling_state(connection, 1, 86_400, start_s + 4_000)
        assert (state.volume_lots, state.money_units) == (9 * UNITS_MAX, 9 * (UNITS_MAX - 1))
    engine.dispose()
