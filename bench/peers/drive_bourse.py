"""Drives ``bourse``: one ``bourse.core.OrderBook`` a market, through ``place_order`` and ``cancel_order``.

``set_time`` comes before every place, with a time that advances: in this version two orders of one price and one time
take each other's place, and one is lost. Sizes are 32-bit there: larger ones are cut to the largest.
"""

from __future__ import annotations

import importlib
from typing import Any

from bench.peers import drive

_SIZE_MAX = (1 << 32) - 1
_MARKETS_MAX = 1_000


class Bourse:
    def __init__(self) -> None:
        core: Any = importlib.import_module("bourse.core")
        self.books = [core.OrderBook(0, 1, True) for _ in range(_MARKETS_MAX + 1)]
        self.order_ids: list[int] = []
        self.time_ns = 0

    def prepare(self, commands: list[drive.Command]) -> Any:
        books = self.books
        return [
            (books[market], operation == drive.CANCEL, side == drive.BID, min(size, _SIZE_MAX), user, price, place)
            for operation, user, market, side, price, size, place in commands
        ]

    def apply(self, prepared: Any) -> None:
        order_ids = self.order_ids
        time_ns = self.time_ns
        for book, is_cancel, is_bid, size, user, price, place in prepared:
            if is_cancel:
                book.cancel_order(order_ids[place])
            else:
                time_ns += 1
                book.set_time(time_ns)
                order_ids.append(book.place_order(is_bid, size, user, price=price))
        self.time_ns = time_ns

    def fills(self) -> int:
        return sum(len(book.get_trades()) for book in self.books)


if __name__ == "__main__":
    drive.main(Bourse)
