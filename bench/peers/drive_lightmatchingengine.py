"""Drives ``lightmatchingengine``: ``add_order`` and ``cancel_order`` of one engine, an instrument a market.

A cancel of an order that was filled fails an assertion in this version when its price is empty by then; that is taken
as the refusal it stands for.
"""

from __future__ import annotations

import importlib
from typing import Any

from bench.peers import drive


class LightMatchingEngine:
    def __init__(self) -> None:
        module: Any = importlib.import_module("lightmatchingengine.lightmatchingengine")
        self.engine = module.LightMatchingEngine()
        self.sides = {drive.BID: module.Side.BUY, drive.ASK: module.Side.SELL}
        self.order_ids: list[int] = []
        self.traded: list[tuple[Any, list[Any]]] = []

    def prepare(self, commands: list[drive.Command]) -> Any:
        return [
            (operation == drive.CANCEL, str(market), self.sides[side], price, size, place)
            for operation, _, market, side, price, size, place in commands
        ]

    def apply(self, prepared: Any) -> None:
        add, cancel, order_ids, traded = (
            self.engine.add_order,
            self.engine.cancel_order,
            self.order_ids,
            self.traded,
        )
        for is_cancel, instrument, side, price, size, place in prepared:
            if is_cancel:
                try:
                    cancel(order_ids[place], instrument)
                except AssertionError:
                    continue
            else:
                order, trades = add(instrument, price, size, side)
                order_ids.append(order.order_id)
                if trades:
                    traded.append((order, trades))

    def fills(self) -> int:
        """A trade is listed once for each maker, and once more for the taker at each price."""
        return sum(trade.order_id != order.order_id for order, trades in self.traded for trade in trades)


if __name__ == "__main__":
    drive.main(LightMatchingEngine)
