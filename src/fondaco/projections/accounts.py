"""Balance changes: money in and out by ``BalanceUpdated``, and for trades a note of who took part.

A fill changes four balances: the buyer's stock up (less his fee) and money down, the seller's stock down and money up
(less his fee). All of that stands in the FILL row, which is kept as a deal; so a change by a trade is computed where it
is read (balance_reads.py), and what is written is only that a user took part: each transaction leaves a run of entries
for each user and market. The rest are rows. Changes of one user are ordered by their command's sequence.

Cost: two SQL rows for each pair of user and market that traded in a transaction, however often.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Mapping

from sqlalchemy import Connection, Engine

from fondaco.core.events import ROW_WORDS, BalanceUpdated
from fondaco.core.instruments import Market
from fondaco.projections.database import balance_updates, insert_text, markets, trade_runs


class AccountsProjection:
    def __init__(self, engine: Engine) -> None:
        self._insert_markets = insert_text(engine, markets)
        self._insert_runs = insert_text(engine, trade_runs)
        self._insert_updates = insert_text(engine, balance_updates)
        self._markets: list[tuple[int, ...]] = []
        self._updates: list[tuple[int | str, ...]] = []

    def market_created(self, market: Market) -> None:
        """Gather what of a market's terms the changes are computed with."""
        terms = (market.market_id, market.stock_asset_id, market.money_asset_id, market.stock_units_per_lot)
        self._markets.append(terms)

    def balance_updated(self, fact: BalanceUpdated, seq: int, time_us: int) -> None:
        """Gather one balance update; a repeat moved nothing and leaves no row."""
        if fact.repeated:
            return
        self._updates.append(
            (
                fact.user_id,
                fact.asset_id,
                fact.business,
                time_us,
                seq,
                fact.change_units,
                fact.balance_units,
                fact.business_id,
                fact.detail,
            )
        )

    def write(self, connection: Connection, fills: Mapping[int, bytes]) -> None:
        """Write what was gathered and who took part in the packed FILL rows of each market."""
        if self._markets:
            connection.exec_driver_sql(self._insert_markets, self._markets)
            self._markets.clear()
        if self._updates:
            connection.exec_driver_sql(self._insert_updates, self._updates)
            self._updates.clear()
        if fills:
            runs = [run for market_id, rows in fills.items() for run in _runs(market_id, rows)]
            runs.sort()
            connection.exec_driver_sql(self._insert_runs, runs)


def _runs(market_id: int, rows: bytes) -> list[tuple[int, int, int, int, bytes]]:
    """Rows of ``trade_runs``, one for each user who took part."""
    words = memoryview(rows).cast("q")
    times_us, seqs, deal_ids = words[15::ROW_WORDS].tolist(), words[1::ROW_WORDS].tolist(), words[2::ROW_WORDS].tolist()
    entries: defaultdict[int, list[int]] = defaultdict(list)
    for users, *entry in zip(words[8::ROW_WORDS].tolist(), times_us, seqs, deal_ids, strict=True):
        entries[users & 0xFFFF_FFFF] += entry
        entries[users >> 32] += entry
    return [(user_id, market_id, taken[0], taken[2], array("q", taken).tobytes()) for user_id, taken in entries.items()]
