"""What the demo's maker and taker do in one market: steps of the tape in, commands and answers out. No I/O.

The maker rests the recorded best bid and ask, and the levels behind them. A recorded trade prints because
the maker rests exactly its price and the taker sends an IOC order of exactly its size there: first whatever of the
maker's is better than that price goes, then a missing or too small order at the price is replaced. Somebody else's
order with a better price is filled first, as on any market: then the print is theirs.

Invariants: one order of the maker per price; its bids are below its asks; the taker never rests. What the maker has
resting is known from the answers, what is left of it is read from the house. Cost: a handful of commands a step.

Known limit: between two steps others may fill what a print counts on; then that print is smaller than recorded.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from itertools import groupby
from typing import Protocol

import msgspec

from fondaco.core.commands import Cancel, OrderType, Place, Side, TimeInForce
from fondaco.core.events import Cause, EventKind, Finish, Row, cause_of, kind_of, side_of
from fondaco.demo.tape import Level, Levels, Prints, Quote, Step


class OpenOrders(Protocol):
    """What the maker reads of the house: an open order as an ORDER row, or None."""

    def order(self, order_id: int) -> Row | None: ...


class Instruction(msgspec.Struct, frozen=True):
    """One command and whose it is."""

    by_maker: bool
    command: Place | Cancel


class MarketMaker:
    """The maker's and the taker's part in one market."""

    def __init__(self, house: OpenOrders, market_id: int) -> None:
        self._house = house
        self._market_id = market_id
        self._resting: dict[Side, dict[int, int]] = {Side.ASK: {}, Side.BID: {}}  # price_ticks → order_id
        self._quote: dict[Side, Level] = {}

    def instructions(self, step: Step) -> list[Instruction]:
        """The commands of one step. They belong in one batch; `answered` takes the answers to the maker's."""
        self._forget_finished()
        match step:
            case Quote():
                return self._quote_top(step)
            case Levels():
                return self._quote_behind(step)
            case Prints():
                return self._print(step)

    def answered(self, row: Row) -> None:
        """The house's answer to one of the maker's commands."""
        if kind_of(row) != EventKind.ORDER:
            return  # refused: for a cancel the order was filled meanwhile, for an order nothing rests
        side, price_ticks, order_id = Side(side_of(row)), row[4], row[2]
        if cause_of(row) == Cause.FINISH or row[14] != Finish.OPEN:
            if self._resting[side].get(price_ticks) == order_id:
                del self._resting[side][price_ticks]
        else:
            self._resting[side][price_ticks] = order_id

    def _quote_top(self, quote: Quote) -> list[Instruction]:
        self._quote = {Side.BID: quote.bid, Side.ASK: quote.ask}
        cancels: list[Instruction] = []
        places: list[Instruction] = []
        for side, (price_ticks, size_lots) in self._quote.items():
            cancels += self._cancel_better(side, price_ticks)
            self._rest(side, price_ticks, size_lots, cancels, places)
        return cancels + places

    def _quote_behind(self, levels: Levels) -> list[Instruction]:
        cancels: list[Instruction] = []
        places: list[Instruction] = []
        for side, recorded in ((Side.BID, levels.bids), (Side.ASK, levels.asks)):
            if side not in self._quote:
                continue
            top_ticks = self._quote[side][0]
            behind = {ticks: lots for ticks, lots in recorded if _is_better(side, top_ticks, ticks)}
            for price_ticks, order_id in self._resting[side].items():
                if price_ticks not in behind and _is_better(side, top_ticks, price_ticks):
                    cancels.append(self._cancel(order_id))
            for price_ticks, size_lots in behind.items():
                self._rest(side, price_ticks, size_lots, cancels, places)
        return cancels + places

    def _print(self, prints: Prints) -> list[Instruction]:
        instructions: list[Instruction] = []
        gone: set[int] = set()  # cancelled or filled by what is already in this batch
        used_lots: dict[int, int] = defaultdict(int)
        for (taker_side, price_ticks), run in groupby(prints.trades, key=lambda trade: (trade.side, trade.price_ticks)):
            trades = list(run)
            side = Side.ASK if taker_side == Side.BID else Side.BID
            in_the_way = self._order_ids_better(side, price_ticks) + self._order_ids_crossed(taker_side, price_ticks)
            order_id = self._resting[side].get(price_ticks, 0)
            needed_lots = sum(trade.size_lots for trade in trades)
            left_lots = 0 if order_id in gone else self._left_lots(order_id) - used_lots[order_id]
            enough = left_lots >= needed_lots
            if order_id and not enough:
                in_the_way.append(order_id)
            instructions += [self._cancel(id_) for id_ in in_the_way if id_ not in gone]
            gone.update(in_the_way)
            if not enough:
                instructions.append(self._place(side, price_ticks, needed_lots))
            elif left_lots == needed_lots:
                gone.add(order_id)
            used_lots[order_id] += needed_lots
            instructions += [self._take(taker_side, price_ticks, trade.size_lots) for trade in trades]
        return instructions + self._keep_both_sides(prints.trades[-1].price_ticks, gone, used_lots)

    def _keep_both_sides(self, price_ticks: int, gone: set[int], used_lots: Mapping[int, int]) -> list[Instruction]:
        """A print may take all that rests on a side: then one order next to it stands in until the next quote."""
        instructions: list[Instruction] = []
        for side, beside_ticks in ((Side.BID, price_ticks - 1), (Side.ASK, price_ticks + 1)):
            resting = self._resting[side].values()
            if not any(id_ not in gone and self._left_lots(id_) > used_lots.get(id_, 0) for id_ in resting):
                size_lots = self._quote[side][1] if side in self._quote else 1
                instructions.append(self._place(side, beside_ticks, size_lots))
        return instructions

    def _rest(
        self, side: Side, price_ticks: int, size_lots: int, cancels: list[Instruction], places: list[Instruction]
    ) -> None:
        """Sees to it that one order of this size rests at the price."""
        order_id = self._resting[side].get(price_ticks)
        if order_id is not None:
            if self._left_lots(order_id) == size_lots:
                return
            cancels.append(self._cancel(order_id))
        places.append(self._place(side, price_ticks, size_lots))

    def _cancel_better(self, side: Side, price_ticks: int) -> list[Instruction]:
        return [self._cancel(order_id) for order_id in self._order_ids_better(side, price_ticks)]

    def _order_ids_better(self, side: Side, price_ticks: int) -> list[int]:
        return [order_id for ticks, order_id in self._resting[side].items() if _is_better(side, ticks, price_ticks)]

    def _order_ids_crossed(self, side: Side, price_ticks: int) -> list[int]:
        """The maker's orders on ``side`` that an order of the other side at the price would hit."""
        return [order_id for ticks, order_id in self._resting[side].items() if not _is_better(side, price_ticks, ticks)]

    def _left_lots(self, order_id: int) -> int:
        row = self._house.order(order_id)
        return row[6] if row is not None else 0

    def _forget_finished(self) -> None:
        for side in self._resting.values():
            for price_ticks in [ticks for ticks, order_id in side.items() if self._house.order(order_id) is None]:
                del side[price_ticks]

    def _cancel(self, order_id: int) -> Instruction:
        return Instruction(True, Cancel(self._market_id, order_id))

    def _place(self, side: Side, price_ticks: int, size_lots: int) -> Instruction:
        return Instruction(True, Place(self._market_id, side, OrderType.LIMIT, TimeInForce.GTC, price_ticks, size_lots))

    def _take(self, side: Side, price_ticks: int, size_lots: int) -> Instruction:
        return Instruction(
            False, Place(self._market_id, side, OrderType.LIMIT, TimeInForce.IOC, price_ticks, size_lots)
        )


def _is_better(side: Side, price_ticks: int, than_ticks: int) -> bool:
    """Whether a resting order at ``price_ticks`` is filled before one at ``than_ticks``."""
    return price_ticks > than_ticks if side == Side.BID else price_ticks < than_ticks
