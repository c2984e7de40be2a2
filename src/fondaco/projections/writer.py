"""From applied batches to committed rows: the three projections and their checkpoint as one.

``gather`` walks the rows of one batch and lets each projection keep what it needs; ``commit`` writes all that was
gathered and the checkpoint in one transaction. Rows of orders that go on are skipped by one comparison.

Invariant: the database always holds exactly what the commands up to its checkpoint produce, whatever the sizes of the
transactions were.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sqlalchemy import Engine

from fondaco.core.events import ROW, Applied, BalanceUpdated, Cause, EventKind
from fondaco.core.instruments import Market
from fondaco.projections.accounts import AccountsProjection
from fondaco.projections.database import SCHEMA_VERSION, Checkpoint, checkpoint, upsert_text
from fondaco.projections.market import MarketProjection
from fondaco.projections.orders import OrdersProjection

_KIND_AND_CAUSE: Final = 0xFFFF
_KIND: Final = 0xFF
_FINISHED: Final = EventKind.ORDER | Cause.FINISH << 8


class ProjectionWriter:
    """``position`` is the checkpoint as committed; ``gathered`` counts the commands waiting for ``commit``."""

    def __init__(self, engine: Engine, position: Checkpoint) -> None:
        self.position = position
        self.gathered = 0
        self._engine = engine
        self._seq, self._chain, self._time_us = position.seq, position.chain, position.time_us
        self._market = MarketProjection(engine)
        self._orders = OrdersProjection(engine)
        self._accounts = AccountsProjection(engine, position.next_entry_id)
        self._merge_checkpoint = upsert_text(
            engine, checkpoint, latest=("schema_version", "seq", "chain", "time_us", "next_entry_id")
        )
        with engine.begin() as connection:
            self._market.load(connection)

    def gather(self, applied: Applied, chain: bytes, markets: Mapping[int, Market]) -> None:
        """Keep what one batch produced. ``chain`` is the journal's, after this batch."""
        kind_and_cause, finished = _KIND_AND_CAUSE, _FINISHED
        fill, fact = EventKind.FILL.value, EventKind.FACT.value
        order_finished, market_fill, accounts_fill = self._orders.finished, self._market.fill, self._accounts.fill
        for row in ROW.iter_unpack(applied.rows):
            word = row[0]
            if word & kind_and_cause == finished:
                order_finished(row)
                continue
            kind = word & _KIND
            if kind == fill:
                market_fill(row)
                accounts_fill(row, markets)
            elif kind == fact:
                stated = applied.facts[row[2]]
                if isinstance(stated, BalanceUpdated):
                    self._accounts.balance_updated(stated, applied.time_us)
        self.gathered += applied.count
        self._seq = applied.first_seq + applied.count - 1
        self._chain = chain
        self._time_us = applied.time_us

    def commit(self) -> None:
        """Write what was gathered and the checkpoint, all or nothing. A failure leaves this object unusable."""
        position = Checkpoint(self._seq, self._chain, self._time_us, self._accounts.next_entry_id)
        with self._engine.begin() as connection:
            self._market.write(connection, position.time_us)
            self._orders.write(connection)
            self._accounts.write(connection)
            connection.exec_driver_sql(
                self._merge_checkpoint,
                (1, SCHEMA_VERSION, position.seq, position.chain, position.time_us, position.next_entry_id),
            )
        self.position = position
        self.gathered = 0
