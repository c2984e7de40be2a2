"""Finished orders, gathered from ORDER rows whose cause is FINISH: filled, cancelled, refused a rest, or killed.

Open orders are not here; the house has them. An order ends once, so every row is inserted once. Beside them a count
by user, market and hour of creation lets a page say its total without counting a long history.
"""

from __future__ import annotations

from sqlalchemy import Connection, Engine

from fondaco.core.events import Row
from fondaco.projections.database import finished_orders, insert_text, order_counts, upsert_text
from fondaco.projections.market import US
from fondaco.projections.periods import HOUR_S


class OrdersProjection:
    def __init__(self, engine: Engine) -> None:
        self._insert_orders = insert_text(engine, finished_orders)
        self._add_counts = upsert_text(engine, order_counts, added=("entries",))
        self._orders: list[tuple[int, ...]] = []

    def finished(self, row: Row) -> None:
        """Gather one ORDER row of a finished order."""
        (
            word,
            _,
            order_id,
            user_id,
            price,
            amount,
            left,
            deal_stock,
            deal_money,
            deal_fee,
            ctime,
            mtime,
            taker_fee,
            maker_fee,
            finish,
            _,
        ) = row
        self._orders.append(
            (
                order_id,
                user_id,
                (word >> 32) & 0xFFFF,
                (word >> 16) & 0xFF,
                (word >> 24) & 0xFF,
                (word >> 48) & 0xFF,
                finish,
                price,
                amount,
                left,
                deal_stock,
                deal_money,
                deal_fee,
                ctime,
                mtime,
                taker_fee,
                maker_fee,
            )
        )

    def write(self, connection: Connection) -> None:
        """Write what was gathered in the caller's transaction."""
        if not self._orders:
            return
        counts: dict[tuple[int, int, int], int] = {}
        for order in self._orders:
            key = (order[1], order[2], order[13] // US // HOUR_S * HOUR_S)
            counts[key] = counts.get(key, 0) + 1
        connection.exec_driver_sql(self._insert_orders, self._orders)
        connection.exec_driver_sql(self._add_counts, [(*key, entries) for key, entries in counts.items()])
        self._orders.clear()
