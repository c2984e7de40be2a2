"""Finished orders, from ORDER rows whose cause is FINISH: filled, cancelled, refused a rest, or killed.

Open orders are not here; the house has them. An order ends once: its last row is kept as it is, numbered as the orders
ended. It is found by its order id (``finish_numbers``), and among a user's by the hour in which it was created: each
transaction leaves a run of entries for each user, market and hour. A count by the same three lets a page say its total
without counting a long history.

Cost: a fraction of a microsecond an order, and two SQL rows for each user, market and hour in a transaction.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from itertools import chain
from typing import Final

from sqlalchemy import Connection, Engine, func, select

from fondaco.core.events import ROW_WORDS
from fondaco.projections.blocks import pieces
from fondaco.projections.database import (
    FINISH_PAGE,
    finish_numbers,
    finished_blocks,
    finished_options,
    insert_text,
    order_counts,
    order_runs,
    upsert_text,
)
from fondaco.projections.market import US
from fondaco.projections.periods import HOUR_S

HOUR_US: Final = HOUR_S * US
#: Pages of finish numbers kept in memory from one transaction to the next, 2 KB each.
_PAGES_MAX: Final = 4_096


class OrdersProjection:
    """``finished`` is part of the checkpoint: how many orders have ended."""

    def __init__(self, engine: Engine, finished: int) -> None:
        self.finished = finished
        self._insert_options = insert_text(engine, finished_options)
        self._append_blocks = upsert_text(engine, finished_blocks, appended=("rows",))
        self._merge_pages = upsert_text(engine, finish_numbers, latest=("numbers",))
        self._insert_runs = insert_text(engine, order_runs)
        self._add_counts = upsert_text(engine, order_counts, added=("entries",))
        self._pages: dict[int, array[int]] = {}
        self._last_page = -1

    def load(self, connection: Connection) -> None:
        """Learn which pages of finish numbers there are."""
        last_page = connection.execute(select(func.max(finish_numbers.c.page))).scalar_one()
        self._last_page = -1 if last_page is None else int(last_page)

    def write(self, connection: Connection, rows: bytes, options: list[bytes]) -> None:
        """Write the packed rows of orders that ended, in the order in which they did, in the caller's transaction.

        ``options`` are the OPTIONS rows of those that had one.
        """
        if not rows:
            return
        words = memoryview(rows).cast("q")
        order_ids = words[2::ROW_WORDS].tolist()
        first = self.finished + 1
        self.finished += len(order_ids)
        connection.exec_driver_sql(self._append_blocks, list(pieces(first, rows)))
        if options:
            connection.exec_driver_sql(self._insert_options, [(_order_id(row), row) for row in options])
        self._write_numbers(connection, order_ids, first)
        self._write_runs(connection, words, order_ids, first)

    def _write_numbers(self, connection: Connection, order_ids: list[int], first: int) -> None:
        pages, touched = self._pages, set()
        for number, order_id in enumerate(order_ids, first):
            page, at = divmod(order_id, FINISH_PAGE)
            touched.add(page)
            numbers = pages.get(page)
            if numbers is None:
                numbers = pages[page] = self._page(connection, page)
            numbers[at] = number
        connection.exec_driver_sql(self._merge_pages, [(page, pages[page].tobytes()) for page in sorted(touched)])
        self._last_page = max(self._last_page, *touched)
        if len(pages) > _PAGES_MAX:
            pages.clear()

    def _page(self, connection: Connection, page: int) -> array[int]:
        if page <= self._last_page:
            kept = select(finish_numbers.c.numbers).where(finish_numbers.c.page == page)
            found = connection.execute(kept).scalar_one_or_none()
            if found is not None:
                return array("q", found)
        return array("q", bytes(8 * FINISH_PAGE))

    def _write_runs(self, connection: Connection, words: memoryview[int], order_ids: list[int], first: int) -> None:
        markets = [(head >> 32) & 0xFFFF for head in words[0::ROW_WORDS].tolist()]
        ctimes = words[10::ROW_WORDS].tolist()
        hours = [ctime_us // HOUR_US * HOUR_S for ctime_us in ctimes]
        owners = zip(words[3::ROW_WORDS].tolist(), markets, hours, strict=True)
        runs: defaultdict[tuple[int, int, int], list[tuple[int, int, int]]] = defaultdict(list)
        numbers = range(first, first + len(order_ids))
        for owner, entry in zip(owners, zip(order_ids, ctimes, numbers, strict=True), strict=True):
            runs[owner].append(entry)
        for entries in runs.values():
            entries.sort()
        connection.exec_driver_sql(
            self._insert_runs,
            [
                (*owner, entries[-1][0], array("q", chain.from_iterable(entries)).tobytes())
                for owner, entries in sorted(runs.items())
            ],
        )
        connection.exec_driver_sql(self._add_counts, [(*owner, len(entries)) for owner, entries in runs.items()])


def _order_id(row: bytes) -> int:
    return int.from_bytes(row[16:24], "little")
