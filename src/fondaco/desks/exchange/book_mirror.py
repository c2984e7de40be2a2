"""A market's book order by order, as its rows tell it: what the feed of single orders says comes from here.

The mirror holds every resting order by id, in an order in which at each price the first stands before the second: a
newcomer is put at the end, and so is an order that lost its place. It says of each row what it changed in the book, in
the words of the wire:

    add    an order came to the back of its price         fill   a deal took lots off it; at nothing it is gone
    amend  its lots changed, its place did not            gone   it left otherwise
    move   it went to the back of a price

The mirror is filled page by page while the book changes, so that no book is too large to be followed. What is better
than the last order read is covered: changes there hold at once. The rest is not, and will be read as it is then.

Invariant: once complete it equals the book after every batch, whatever rows led there.
Cost: some 0.5 µs a row, 1.5 µs an order to fill it, about 250 bytes an order.
Known limits: the dictionary doubles in one go, 3 ms where a book passes some 90,000 orders.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from fondaco.core.commands import Side
from fondaco.core.events import Row
from fondaco.core.house import House

#: So many orders are read at a time: about 0.1 ms.
PAGE_ORDERS: Final = 64

#: An order in the book: order_id, side, price_ticks, size_lots.
Resting = tuple[int, int, int, int]

#: What happened to one: a word of the above, order_id, and what the wire adds to it.
Change = tuple[str, int, int, int, int]

_FLAGS_AT: Final = 56
_HAS_MOVED: Final = 16


def visible_lots(row: Row) -> int:
    """What the order of an ORDER row shows in the book; 0 when it is in none."""
    return row[13]


def has_moved(row: Row) -> bool:
    """Whether the order of an ORDER row went to the back of its price."""
    return bool((row[0] >> _FLAGS_AT) & _HAS_MOVED)


class BookMirror:
    """The mirror of one market. ``fill`` it first; from the beginning tell it of every row."""

    def __init__(self, house: House, market_id: int) -> None:
        self.orders: dict[int, Resting] = {}
        self.is_complete = False
        self._house = house
        self._market_id = market_id
        self._side_read: int = Side.ASK
        self._price_read = 0
        self._read_at_price: dict[int, None] = {}

    def fill(self) -> Iterator[None]:
        """Reads the book in small steps; complete at the end."""
        for side in (Side.ASK, Side.BID):
            self._side_read, self._price_read = side, 0
            self._read_at_price.clear()
            while self._read_page():
                yield
        self._read_at_price.clear()
        self.is_complete = True

    def _read_page(self) -> bool:
        last = next(reversed(self._read_at_price), 0)
        rows = self._house.resting(self._market_id, self._side_read, self._price_read, last, PAGE_ORDERS)
        for row in rows:
            if row[4] != self._price_read:
                self._price_read = row[4]
                self._read_at_price.clear()
            self._read_at_price[row[2]] = None
            self.orders[row[2]] = (row[2], self._side_read, row[4], visible_lots(row))
        return bool(rows)

    def _is_covered(self, side: int, price_ticks: int) -> bool:
        if self.is_complete:
            return True
        if side != self._side_read:
            return side == Side.ASK  # asks are read first
        if not self._price_read:
            return False
        return price_ticks < self._price_read if side == Side.ASK else price_ticks > self._price_read

    # ── rows ──────────────────────────────────────────────────────────────────────────────────────────────────────────

    def filled(self, row: Row) -> list[Change]:
        """A FILL row. Both orders may have rested: in an auction, or one that was amended across."""
        changes: list[Change] = []
        for order_id in (row[7], row[6]):
            old = self.orders.get(order_id)
            if old is not None:
                lots = min(row[4], old[3])
                if lots == old[3]:
                    self._remove(order_id)
                else:
                    self.orders[order_id] = (order_id, old[1], old[2], old[3] - lots)
                changes.append(("fill", order_id, row[2], lots, 0))
        return changes

    def changed(self, row: Row) -> Change | None:
        """An ORDER row: what it changed beyond what fills have told already."""
        order_id, price_ticks, lots = row[2], row[4], visible_lots(row)
        old = self.orders.get(order_id)
        if old is None:
            side = (row[0] >> 16) & 0xFF
            if not lots or not self._is_covered(side, price_ticks):
                return None
            self.orders[order_id] = (order_id, side, price_ticks, lots)
            return ("add", order_id, side, price_ticks, lots)
        if not lots:
            self._remove(order_id)
            return ("gone", order_id, 0, 0, 0)
        if price_ticks != old[2] or has_moved(row):
            self._remove(order_id)
            if self._is_covered(old[1], price_ticks):
                self.orders[order_id] = (order_id, old[1], price_ticks, lots)
            return ("move", order_id, price_ticks, lots, 0)
        if lots == old[3]:
            return None
        self.orders[order_id] = (order_id, old[1], price_ticks, lots)
        return ("amend", order_id, lots, 0, 0)

    def _remove(self, order_id: int) -> None:
        del self.orders[order_id]
        self._read_at_price.pop(order_id, None)
