"""What the table shows: the answer to a command with the rows beside it, and the book as a drawing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fondaco.core import events as e
from fondaco.core.commands import Side
from fondaco.core.events import EventKind, Fact, Finish, Row, is_answer, is_waiting, kind_of
from fondaco.core.instruments import Market
from fondaco.core.rejects import Reject
from fondaco.core.units import format_units

if TYPE_CHECKING:
    from tests.core.table import Floor


def plain(units: int, digits: int) -> str:
    """A decimal without the zeros at its end: ``3``, not ``3.0000``."""
    text = format_units(units, digits)
    return text.rstrip("0").rstrip(".") if "." in text else text


@dataclass
class Answer:
    """What a command was answered, and the rows that led there."""

    floor: Floor
    rows: list[Row]
    facts: tuple[Fact, ...]

    @property
    def row(self) -> Row:
        """The answer."""
        return next(row for row in self.rows if is_answer(row))

    @property
    def order_id(self) -> int:
        assert kind_of(self.row) in (EventKind.ORDER, EventKind.ORDER_REPEATED), self.row
        return self.row[2]

    def _market(self) -> Market:
        return self.floor.house.markets[e.market_id_of(self.row)]

    def fills(self, *expected: str) -> Answer:
        """Each fill of this order as ``3 @ 100.02 from bob``: amount, price, maker."""
        found = [row for row in self.rows if kind_of(row) == EventKind.FILL and row[6] == self.order_id]
        assert [f"{self._deal(row)} from {self._name(row[8] >> 32)}" for row in found] == list(expected)
        return self

    def trades(self, *expected: str) -> Answer:
        """Each fill, of whomever, as ``alice 3 @ 100.02 bob``: taker, amount, price, maker."""
        found = [row for row in self.rows if kind_of(row) == EventKind.FILL]
        names = [(self._name(row[8] & 0xFFFF_FFFF), self._name(row[8] >> 32)) for row in found]
        assert [f"{taker} {self._deal(row)} {maker}" for row, (taker, maker) in zip(found, names, strict=True)] == list(
            expected
        )
        return self

    def _name(self, user_id: int) -> str:
        return self.floor.house.users[user_id].name

    def _deal(self, row: Row) -> str:
        market = self.floor.house.markets[e.market_id_of(row)]
        return f"{plain(row[4], market.amount_digits)} @ {format_units(row[3], market.price_digits)}"

    def rests(self, left: str) -> Answer:
        assert self._left(self.row) == (Finish.OPEN, left)
        assert not is_waiting(self.row)
        assert self.floor.house.order(self.order_id) is not None
        return self

    def waits(self, left: str) -> Answer:
        assert self._left(self.row) == (Finish.OPEN, left)
        assert is_waiting(self.row)
        order = self.floor.house.order(self.order_id)
        assert order is not None
        assert is_waiting(order)
        return self

    def ends(self, finish: Finish, *, left: str = "0") -> Answer:
        assert self._left(self.row) == (finish, left)
        assert self.floor.house.order(self.order_id) is None
        return self

    def and_rests(self, order: Answer, left: str) -> Answer:
        """What became of another order."""
        assert self._left(self.last_row_of(order)) == (Finish.OPEN, left)
        assert not is_waiting(self.last_row_of(order))
        return self

    def and_ends(self, order: Answer, finish: Finish, *, left: str = "0") -> Answer:
        """What became of another order."""
        assert self._left(self.last_row_of(order)) == (finish, left)
        assert self.floor.house.order(order.order_id) is None
        return self

    def last_row_of(self, order: Answer) -> Row:
        """The last that was told of an order."""
        return [row for row in self.rows if kind_of(row) == EventKind.ORDER and row[2] == order.order_id][-1]

    def told(self) -> list[int]:
        """The ids of the orders that were told of besides, in order."""
        return [row[2] for row in self.rows if kind_of(row) == EventKind.ORDER and not is_answer(row)]

    def options(self) -> list[Row]:
        return [row for row in self.rows if kind_of(row) == EventKind.OPTIONS]

    def _left(self, row: Row) -> tuple[Finish, str]:
        assert kind_of(row) == EventKind.ORDER, row
        market = self.floor.house.markets[e.market_id_of(row)]
        money_digits = self.floor.house.assets[market.money_asset_id].scale_digits
        return Finish(row[14]), plain(row[6], money_digits if e.is_by_money(row) else market.amount_digits)

    def is_refused(self, reject: Reject, *, bound: int = 0, value: int = 0) -> None:
        assert kind_of(self.row) == EventKind.REJECT, self.row
        assert (Reject(self.row[2]), self.row[4], self.row[5]) == (reject, bound, value)
        assert self.row[6:] == (0,) * 10

    def is_fact(self) -> Fact:
        assert kind_of(self.row) == EventKind.FACT, self.row
        fact: Fact = self.facts[self.row[2]]
        return fact

    def repeats(self, first: Answer) -> None:
        """The first answer again, under this command's sequence."""
        assert kind_of(self.row) == EventKind.ORDER_REPEATED, self.row
        assert self.row[0] & ~0xFF == first.row[0] & ~0xFF
        assert self.row[2:] == first.row[2:]


@dataclass
class Book:
    """Both sides of a market, drawn from the highest price to the lowest."""

    floor: Floor
    market: Market

    def shows(self, picture: str) -> None:
        """Compare with a drawn table of ``bid | price | ask``."""
        lines = [line.strip() for line in picture.strip("\n").splitlines() if line.strip()]
        head, *drawn = ([cell.strip() for cell in line.split("|")] for line in lines)
        assert head == ["bid", "price", "ask"]
        assert self._rows() == drawn

    def is_empty(self) -> None:
        assert self._rows() == []

    def _rows(self) -> list[list[str]]:
        house, market = self.floor.house, self.market
        asks = house.depth(market.market_id, Side.ASK, 1_000)
        bids = house.depth(market.market_id, Side.BID, 1_000)
        above = [["", self._price(ticks), plain(lots, market.amount_digits)] for ticks, lots in reversed(asks)]
        return above + [[plain(lots, market.amount_digits), self._price(ticks), ""] for ticks, lots in bids]

    def _price(self, ticks: int) -> str:
        return format_units(ticks, self.market.price_digits)
