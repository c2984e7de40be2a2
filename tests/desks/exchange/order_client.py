"""A client that keeps a market's orders one by one, written from the reference alone."""

from __future__ import annotations

from typing import Any

#: side, price and amount, as text, of an order; amounts with four decimals are counted in whole lots.
Shown = tuple[int, str, int]


def lots(amount: str) -> int:
    whole, _, decimals = amount.partition(".")
    return int(whole) * 10_000 + int(decimals.ljust(4, "0") or 0)


class OrderBook:
    """``take`` every push of one market in the order they came. ``gaps`` counts those that did not fit."""

    def __init__(self) -> None:
        self.orders: dict[int, Shown] = {}
        self.sequence = -1
        self.images = 0
        self.gaps = 0
        self.deals: list[tuple[int, int]] = []
        self._parts: list[list[Any]] = []
        self._pages_read = 0
        self._image: dict[int, Shown] = {}

    def take(self, message: Any) -> None:
        if message.get("method") == "orders.image":
            self._page(*message["params"][1:])
        elif message.get("method") == "orders.update":
            self._update(*message["params"][1:])

    def reconnected(self) -> None:
        """What was half told is forgotten."""
        self._parts, self._pages_read = [], 0

    def _page(self, sequence: int, page: int, pages: int, orders: list[Any]) -> None:
        if page == 1:
            self._image, self._pages_read = {}, 0
        assert page == self._pages_read + 1
        self._pages_read = page
        for order_id, side, price, amount in orders:
            assert order_id not in self._image
            self._image[order_id] = (side, price, lots(amount))
        if page == pages:
            self.orders, self.sequence, self._parts = self._image, sequence, []
            self.images += 1

    def _update(self, previous: int, sequence: int, changes: list[list[Any]]) -> None:
        if previous != self.sequence:
            self.gaps += 1
            return
        self._parts += changes
        if sequence == previous:
            return
        assert sequence > previous
        for change in self._parts:
            self._apply(*change)
        self._parts, self.sequence = [], sequence

    def _apply(self, kind: str, order_id: int, *more: Any) -> None:
        if kind == "add":
            side, price, amount = more
            assert order_id not in self.orders
            self.orders[order_id] = (side, price, lots(amount))
            return
        side, price, left = self.orders[order_id]
        if kind == "fill":
            deal_id, amount = more
            self.deals.append((deal_id, lots(amount)))
            left -= lots(amount)
            assert left >= 0
            if left:
                self.orders[order_id] = (side, price, left)
            else:
                del self.orders[order_id]
        elif kind == "amend":
            self.orders[order_id] = (side, price, lots(more[0]))
        elif kind == "move":
            del self.orders[order_id]
            self.orders[order_id] = (side, more[0], lots(more[1]))
        else:
            assert (kind, more) == ("gone", ())
            del self.orders[order_id]

    def queues(self) -> dict[tuple[int, str], list[tuple[int, int]]]:
        """(order, lots) by side and price, the one that trades first before the others."""
        found: dict[tuple[int, str], list[tuple[int, int]]] = {}
        for order_id, (side, price, left) in self.orders.items():
            found.setdefault((side, price), []).append((order_id, left))
        return found

    def depth(self) -> dict[str, list[list[str]]]:
        """What ``depth.query`` answers without merging, of whatever length."""
        totals: dict[int, dict[str, int]] = {1: {}, 2: {}}
        for side, price, left in self.orders.values():
            totals[side][price] = totals[side].get(price, 0) + left
        return {
            name: [
                [price, f"{left // 10_000}.{left % 10_000:04}"]
                for price, left in sorted(totals[side].items(), key=lambda level: sign * float(level[0]))
            ]
            for name, side, sign in (("asks", 1, 1), ("bids", 2, -1))
        }
