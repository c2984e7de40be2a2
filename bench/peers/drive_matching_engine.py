"""Drives ``matching-engine``: one ``MatchingEngine`` a market, through ``process``, without its log and its gateway.

Its self-trade prevention is off, as in the other engines. Sequence and order ids are given by the caller: both are the
command's number.
"""

from __future__ import annotations

import importlib
from typing import Any

from bench.peers import drive

_MARKETS_MAX = 64


class MatchingEngine:
    def __init__(self) -> None:
        self.domain: Any = importlib.import_module("matching_engine.domain")
        engine: Any = importlib.import_module("matching_engine.engine")
        self.trade: Any = importlib.import_module("matching_engine.events").Trade
        self.engines = [engine.MatchingEngine() for _ in range(_MARKETS_MAX)]
        self.order_ids: list[int] = []
        self.seq = 0

    def prepare(self, commands: list[drive.Command]) -> Any:
        domain = self.domain
        side_of = {drive.BID: domain.Side.BUY, drive.ASK: domain.Side.SELL}
        off = domain.SelfTradePrevention.NONE
        prepared = []
        for operation, user, market, side, price, size, place in commands:
            self.seq += 1
            if operation == drive.CANCEL:
                command = domain.CancelOrder(self.order_ids[place], user)
            else:
                self.order_ids.append(self.seq)
                command = domain.NewOrder(self.seq, user, side_of[side], price, size, stp=off)
            prepared.append((self.engines[market].process, domain.SequencedCommand(self.seq, self.seq, command)))
        return prepared

    def apply(self, prepared: Any) -> None:
        for process, command in prepared:
            process(command)

    def fills(self) -> int:
        return sum(engine.next_trade_id - 1 for engine in self.engines)


if __name__ == "__main__":
    drive.main(MatchingEngine)
