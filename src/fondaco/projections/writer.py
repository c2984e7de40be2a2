"""From applied batches to committed rows: the projections and their checkpoint as one.

``gather`` keeps the rows of a batch as they are; ``commit`` takes out of all that was gathered the fills and the last
rows of orders, a column at a time, lets each projection write what it needs, and writes the checkpoint in the same
transaction. Rows of other kinds, and of orders that go on, are never unpacked.

Invariant: the database always holds exactly what the commands up to its checkpoint produce, whatever the sizes of the
transactions were; only how entries are cut into runs differs.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Final

from sqlalchemy import Engine

from fondaco.core.applied import Applied
from fondaco.core.events import (
    HAS_OPTIONS,
    ROW,
    BalanceUpdated,
    Cause,
    EventKind,
    MarketCreated,
    TradeBusted,
    WithdrawalChanged,
    kind_of,
)
from fondaco.core.rewards.facts import RewardsApplied
from fondaco.projections.accounts import AccountsProjection
from fondaco.projections.database import SCHEMA_VERSION, Checkpoint, checkpoint, upsert_text
from fondaco.projections.market import MarketProjection
from fondaco.projections.orders import OrdersProjection
from fondaco.projections.rewards import RewardsProjection

_ROW_BYTES: Final = ROW.size
#: The byte of a row that holds its flags.
_FLAGS_AT: Final = 7
#: The first two bytes of a row: kind and cause.
_FINISHED: Final = (EventKind.ORDER.value, Cause.FINISH.value)


class ProjectionWriter:
    """``position`` is the checkpoint as committed; ``gathered`` counts the commands waiting for ``commit``."""

    def __init__(self, engine: Engine, position: Checkpoint) -> None:
        self.position = position
        self.gathered = 0
        self._engine = engine
        self._seq, self._chain, self._time_us = position.seq, position.chain, position.time_us
        self._rows: list[bytes] = []
        self._market = MarketProjection(engine)
        self._orders = OrdersProjection(engine, position.finished_orders)
        self._accounts = AccountsProjection(engine)
        self._rewards = RewardsProjection(engine)
        self._merge_checkpoint = upsert_text(
            engine, checkpoint, latest=("schema_version", "seq", "chain", "time_us", "finished_orders")
        )
        with engine.begin() as connection:
            self._market.load(connection)
            self._orders.load(connection)
            self._accounts.load(connection)
            self._rewards.load(connection)

    def gather(self, applied: Applied, chain: bytes) -> None:
        """Keep what one batch produced. ``chain`` is the journal's, after this batch."""
        self._rows.append(applied.rows)
        if applied.facts:
            self._gather_facts(applied)
        self.gathered += applied.count
        self._seq = applied.first_seq + applied.count - 1
        self._chain = chain
        self._time_us = applied.time_us

    def _gather_facts(self, applied: Applied) -> None:
        for row in applied:
            if kind_of(row) == EventKind.FACT:
                stated = applied.facts[row[2]]
                if isinstance(stated, BalanceUpdated):
                    self._accounts.balance_updated(stated, row[1], applied.time_us)
                elif isinstance(stated, WithdrawalChanged):
                    self._accounts.withdrawal_changed(stated, row[1], applied.time_us)
                elif isinstance(stated, TradeBusted):
                    self._accounts.trade_busted(stated, row[1])
                elif isinstance(stated, RewardsApplied):
                    self._accounts.rebates_paid(stated, row[1])
                    self._rewards.applied(stated, row[1])
                elif isinstance(stated, MarketCreated):
                    self._accounts.market_created(stated.market)

    def commit(self) -> None:
        """Write what was gathered and the checkpoint, all or nothing. A failure leaves this object unusable."""
        rows = b"".join(self._rows)
        fills = _fills(rows)
        with self._engine.begin() as connection:
            self._market.write(connection, fills, self._time_us)
            self._orders.write(connection, *_finished(rows))
            self._accounts.write(connection, fills)
            self._rewards.write(connection)
            position = Checkpoint(self._seq, self._chain, self._time_us, self._orders.finished)
            connection.exec_driver_sql(
                self._merge_checkpoint,
                (1, SCHEMA_VERSION, position.seq, position.chain, position.time_us, position.finished_orders),
            )
        self.position = position
        self.gathered = 0
        self._rows.clear()


def _finished(rows: bytes) -> tuple[bytes, list[bytes]]:
    """The ORDER rows of orders that ended, and the OPTIONS rows that stand before some of them."""
    begins = zip(rows[0::_ROW_BYTES], rows[1::_ROW_BYTES], strict=True)
    ends = [n * _ROW_BYTES for n, begin in enumerate(begins) if begin == _FINISHED]
    options = [rows[at - _ROW_BYTES : at] for at in ends if rows[at + _FLAGS_AT] & HAS_OPTIONS]
    return b"".join([rows[at : at + _ROW_BYTES] for at in ends]), options


def _fills(rows: bytes) -> dict[int, bytes]:
    """The FILL rows by market."""
    fill = EventKind.FILL.value
    fills: defaultdict[int, list[bytes]] = defaultdict(list)
    for n, kind in enumerate(rows[0::_ROW_BYTES]):
        if kind == fill:
            row = rows[n * _ROW_BYTES : (n + 1) * _ROW_BYTES]
            fills[row[4] | row[5] << 8].append(row)
    return {market_id: b"".join(found) for market_id, found in fills.items()}
