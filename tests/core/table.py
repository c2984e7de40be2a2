"""A house at a table: tests that read as what traders say and what the book shows then.

Every command goes in as a batch of its own and is checked by itself: it has exactly one answer, the last row; all
assets add up to zero; no user's balance is below zero; and a refused command changed nothing but sequence and time. So
a table test only says what is particular about it. Amounts and prices are decimal texts, as people write them.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec

from fondaco.core import commands as c
from fondaco.core.commands import OrderType, Sender, Side, TimeInForce
from fondaco.core.events import Applied, EventKind, Fact, Finish, Row, is_answer, kind_of
from fondaco.core.house import House
from fondaco.core.instruments import Asset, Market
from fondaco.core.rejects import Reject
from fondaco.core.state import DECODER, State
from fondaco.core.units import format_units, parse_units

START_US = 1_700_000_000_000_000
HOUR_US = 3_600_000_000
GTC, IOC, FOK = TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK


def unstamped(dump: bytes, time_us: int) -> State:
    """A state without what any command changes: the next sequence, the time, and what is forgotten by that time."""
    state = DECODER.decode(dump)
    remembered = [entry for entry in state.ended_client_orders if entry.forget_at_us > time_us]
    return msgspec.structs.replace(state, next_seq=0, time_us=0, ended_client_orders=remembered)


def plain(units: int, digits: int) -> str:
    """A decimal without the zeros at its end: ``3``, not ``3.0000``."""
    text = format_units(units, digits)
    return text.rstrip("0").rstrip(".") if "." in text else text


class Floor:
    """A house, its clock, and the people in it by name."""

    def __init__(self, house: House | None = None) -> None:
        self.house = House() if house is None else house
        self.time_us = START_US
        self.applied: list[Applied] = []

    def send(self, sender_user_id: int, command: c.Command) -> Answer:
        return self.send_record(c.encode(Sender(user_id=sender_user_id), command))

    def send_record(self, record: bytes) -> Answer:
        before, seq = unstamped(self.house.dump(), self.time_us), self.house.next_seq
        applied = self.house.apply(record, self.time_us)
        self.applied.append(applied)
        rows = list(applied)
        assert [is_answer(row) for row in rows] == [False] * (len(rows) - 1) + [True]
        assert all(row[1] == seq for row in rows)
        assert (applied.first_seq, applied.count, applied.time_us) == (seq, 1, self.time_us)
        assert (self.house.next_seq, self.house.time_us) == (seq + 1, self.time_us)
        after = unstamped(self.house.dump(), self.time_us)
        assert not any(self.house.imbalances().values())
        assert all(units >= 0 for key, units in after.accounts if key >> 24), after.accounts
        if kind_of(rows[-1]) in (EventKind.REJECT, EventKind.ORDER_REPEATED):
            assert len(rows) == 1
            assert after == before
        return Answer(self, rows, applied.facts)

    def later(self, *, hours: int = 0, us: int = 0) -> None:
        self.time_us += hours * HOUR_US + us

    def asset(self, name: str, scale_digits: int) -> Asset:
        self.send(0, c.AssetCreate(name, scale_digits)).is_fact()
        return self.house.assets[self.house.asset_ids[name]]

    def market(
        self,
        name: str,
        stock: str,
        money: str,
        price_digits: int,
        amount_digits: int,
        *,
        amount_min: str = "0",
        money_min: str = "0",
        maker_fee: str = "0",
        taker_fee: str = "0",
    ) -> Market:
        money_digits = self.house.assets[self.house.asset_ids[money]].scale_digits
        command = c.MarketCreate(
            name,
            stock,
            money,
            price_digits,
            amount_digits,
            parse_units(amount_min, amount_digits),
            parse_units(money_min, money_digits),
            parse_units(maker_fee, 6),
            parse_units(taker_fee, 6),
        )
        self.send(0, command).is_fact()
        return self.house.markets[self.house.market_ids[name]]

    def fees(self, market: str, *, maker: str | None = None, taker: str | None = None) -> None:
        rates = {"maker_fee_ppm": maker, "taker_fee_ppm": taker}
        command = c.MarketUpdate(market, **{name: parse_units(rate, 6) for name, rate in rates.items() if rate})
        self.send(0, command).is_fact()

    def user(self, name: str) -> Trader:
        if name not in self.house.user_ids:
            self.send(0, c.UserCreate(name)).is_fact()
        return Trader(self, self.house.user_ids[name], name)

    def book(self, market: str) -> Book:
        return Book(self, self.house.markets[self.house.market_ids[market]])

    def digits(self, asset: str) -> tuple[int, int]:
        """(asset id, scale digits)"""
        asset_id = self.house.asset_ids[asset]
        return asset_id, self.house.assets[asset_id].scale_digits

    def fee_income(self, asset: str) -> str:
        asset_id, digits = self.digits(asset)
        accounts = dict(DECODER.decode(self.house.dump()).accounts)
        return plain(accounts.get((asset_id << 8) | 3, 0), digits)

    def restart(self) -> None:
        """Go on with the house that the snapshot gives back, which must be the same house."""
        dump = self.house.dump()
        self.house = House.load(dump)
        assert self.house.dump() == dump


@dataclass
class Trader:
    """Somebody at the table. Orders go to BTCUSDT unless another market is named."""

    floor: Floor
    user_id: int
    name: str
    market: str = "BTCUSDT"
    _updates: int = field(default=0, repr=False)

    def at(self, market: str) -> Trader:
        return Trader(self.floor, self.user_id, self.name, market)

    def buys(self, amount: str | int, *, at: str, tif: TimeInForce = GTC, name: str = "") -> Answer:
        return self._place(Side.BID, OrderType.LIMIT, tif, at, self._lots(amount), name)

    def sells(self, amount: str | int, *, at: str | None = None, tif: TimeInForce = GTC, name: str = "") -> Answer:
        """With no price, a market order."""
        order_type = OrderType.MARKET if at is None else OrderType.LIMIT
        return self._place(Side.ASK, order_type, tif, at, self._lots(amount), name)

    def spends(self, money: str | int, *, tif: TimeInForce = IOC, name: str = "") -> Answer:
        """A market order to buy, whose amount is money."""
        asset_id = self._market().money_asset_id
        units = parse_units(str(money), self.floor.house.assets[asset_id].scale_digits)
        return self._place(Side.BID, OrderType.MARKET, tif, None, units, name)

    def cancels(self, order: Answer | str | int) -> Answer:
        """An order by its answer or id, or by the client order id."""
        market_id = self._market().market_id
        if isinstance(order, str):
            return self.floor.send(self.user_id, c.Cancel(market_id, client_order_id=order))
        order_id = order if isinstance(order, int) else order.order_id
        return self.floor.send(self.user_id, c.Cancel(market_id, order_id))

    def receives(self, amount: str, asset: str, *, business_id: int | None = None, detail: str = "{}") -> Answer:
        """Money from outside; a negative amount goes out. Business ids count up unless one is given."""
        if business_id is None:
            business_id = 1_000_000 + self.floor.house.next_seq
        units = parse_units(amount, self.floor.digits(asset)[1])
        return self.floor.send(0, c.BalanceUpdate(self.user_id, asset, "deposit", business_id, units, detail))

    def has(self, available: str, asset: str, *, hold: str = "0") -> None:
        asset_id, digits = self.floor.digits(asset)
        balance = self.floor.house.balance(self.user_id, asset_id)
        assert tuple(plain(units, digits) for units in balance) == (available, hold)

    def is_disabled(self) -> None:
        self.floor.send(0, c.UserDisable(self.user_id)).is_fact()

    def open_orders(self, market: str | None = None) -> list[int]:
        market_id = None if market is None else self.floor.house.market_ids[market]
        return self.floor.house.open_orders(self.user_id, market_id)

    def _market(self) -> Market:
        return self.floor.house.markets[self.floor.house.market_ids[self.market]]

    def _lots(self, amount: str | int) -> int:
        return parse_units(str(amount), self._market().amount_digits)

    def _place(
        self, side: Side, order_type: OrderType, tif: TimeInForce, price: str | None, amount: int, name: str
    ) -> Answer:
        market = self._market()
        ticks = 0 if price is None else parse_units(price, market.price_digits)
        command = c.Place(market.market_id, side, order_type, tif, ticks, amount, name)
        return self.floor.send(self.user_id, command)


@dataclass
class Answer:
    """What a command was answered, and the rows that led there."""

    floor: Floor
    rows: list[Row]
    facts: tuple[Fact, ...]

    @property
    def row(self) -> Row:
        return self.rows[-1]

    @property
    def order_id(self) -> int:
        assert kind_of(self.row) in (EventKind.ORDER, EventKind.ORDER_REPEATED), self.row
        return self.row[2]

    def _market(self) -> Market:
        return self.floor.house.markets[(self.row[0] >> 32) & 0xFFFF]

    def fills(self, *expected: str) -> Answer:
        """Each fill as ``3 @ 100.02 from bob``: amount, price, maker."""
        market = self._market()
        names = self.floor.house.users
        assert [
            f"{plain(row[4], market.amount_digits)} @ {format_units(row[3], market.price_digits)}"
            f" from {names[row[8] >> 32].name}"
            for row in self.rows
            if kind_of(row) == EventKind.FILL
        ] == list(expected)
        return self

    def rests(self, left: str) -> Answer:
        assert self._left() == (Finish.OPEN, left)
        assert self.floor.house.order(self.order_id) is not None
        return self

    def ends(self, finish: Finish, *, left: str = "0") -> Answer:
        assert self._left() == (finish, left)
        assert self.floor.house.order(self.order_id) is None
        return self

    def _left(self) -> tuple[Finish, str]:
        assert kind_of(self.row) == EventKind.ORDER, self.row
        market = self._market()
        by_money = (self.row[0] >> 16) & 0xFFFF == Side.BID | OrderType.MARKET << 8
        digits = self.floor.house.assets[market.money_asset_id].scale_digits if by_money else market.amount_digits
        return Finish(self.row[14]), plain(self.row[6], digits)

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
