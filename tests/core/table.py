"""A house at a table: tests that read as what traders say and what the book shows then.

Every command goes in as a batch of its own and is checked by itself: exactly one of its rows is its answer; all assets
add up to zero; no user's balance is below zero; a house given back by its snapshot does the same; and a refused command
changed nothing but what time alone does. So a table test only says what is particular about it. Amounts and prices are
decimal texts, as people write them. With ``BOTH`` the naive model sits at the table too.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypedDict, Unpack, cast

import msgspec
import pytest

from fondaco.core import command_records
from fondaco.core import commands as c
from fondaco.core.applied import Applied
from fondaco.core.commands import OrderType, Phase, SelfTrade, Sender, Side, TimeInForce, Trigger
from fondaco.core.events import EventKind, is_answer, kind_of
from fondaco.core.house import House
from fondaco.core.instruments import Asset, Market
from fondaco.core.state import DECODER, ClientOrder, State
from fondaco.core.units import parse_units
from tests.core.reference_as_house import ReferenceAsHouse
from tests.core.table_answer import Answer, Book, plain

START_US = 1_700_000_000_000_000
HOUR_US = 3_600_000_000
GTC, IOC, FOK = TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK

#: For ``pytestmark``: every test of the module is held against the core and against the naive model.
BOTH = pytest.mark.parametrize("floor", ["core", "model"], indirect=True)


class Options(TypedDict, total=False):
    """What an order may say besides; prices and amounts as texts."""

    name: str
    self_trade: SelfTrade
    post_only: bool
    shows: str
    stop: str
    takes: str
    trails: str
    until_us: int


CLIENT_ORDER = msgspec.msgpack.Decoder(ClientOrder)


def unstamped(dump: bytes, time_us: int) -> State:
    """A state without what any command changes: the next sequence, the time, and what is forgotten by that time."""
    state = DECODER.decode(dump)
    ended = state.ended_client_orders
    remembered = [packed for packed in ended if CLIENT_ORDER.decode(packed).forget_at_us > time_us]
    return msgspec.structs.replace(state, next_seq=0, time_us=0, ended_client_orders=remembered)


class Floor:
    """A house, its clock, and the people in it by name."""

    def __init__(self, house: House | ReferenceAsHouse | None = None) -> None:
        # The model stands in for the house where a test wants no more than it has.
        self.house = cast(House, House() if house is None else house)
        self.time_us = START_US
        self.applied: list[Applied] = []

    def send(self, sender_user_id: int, command: c.Command, *, session_id: int = 0) -> Answer:
        return self.send_record(command_records.encode(Sender(user_id=sender_user_id, session_id=session_id), command))

    def send_record(self, record: bytes) -> Answer:
        twin, seq = self.copy(), self.house.next_seq
        due = twin.apply(b"", self.time_us)
        before = unstamped(twin.dump(), self.time_us)
        applied = self.house.apply(record, self.time_us)
        assert twin.apply(record, self.time_us).facts == applied.facts
        assert twin.dump() == self.house.dump()
        self.applied.append(applied)
        rows = list(applied)
        assert rows[: len(list(due))] == list(due)
        rows_done = rows[len(list(due)) :]
        assert [is_answer(row) for row in rows_done].count(True) == 1
        assert all(row[1] == seq for row in rows)
        assert (applied.first_seq, applied.count, applied.time_us) == (seq, 1, self.time_us)
        assert (self.house.next_seq, self.house.time_us) == (seq + 1, self.time_us)
        after = unstamped(self.house.dump(), self.time_us)
        assert not any(self.house.imbalances().values())
        assert all(units >= 0 for key, units in after.accounts if key >> 24), after.accounts
        answer = Answer(self, rows, applied.facts)
        if kind_of(answer.row) in (EventKind.REJECT, EventKind.ORDER_REPEATED):
            assert [kind_of(row) for row in rows_done if row is not answer.row] in ([], [EventKind.OPTIONS])
            assert after == before
        return answer

    def copy(self) -> House | ReferenceAsHouse:
        house: object = self.house
        if isinstance(house, ReferenceAsHouse):
            return house.copy()
        return House.load(self.house.dump())

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
        phase: Phase = Phase.CONTINUOUS,
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
            phase=phase,
        )
        self.send(0, command).is_fact()
        return self.house.markets[self.house.market_ids[name]]

    def fees(self, market: str, *, maker: str | None = None, taker: str | None = None) -> None:
        rates = {"maker_fee_ppm": maker, "taker_fee_ppm": taker}
        command = c.MarketUpdate(market, **{name: parse_units(rate, 6) for name, rate in rates.items() if rate})
        self.send(0, command).is_fact()

    def band(self, band: str, *, around: str = "0", market: str = "BTCUSDT") -> None:
        digits = self.house.markets[self.house.market_ids[market]].price_digits
        middle = parse_units(around, digits)
        command = c.MarketUpdate(market, price_band_ppm=parse_units(band, 6), reference_price_ticks=middle)
        self.send(0, command).is_fact()

    def phase(self, phase: Phase, market: str = "BTCUSDT") -> Answer:
        return self.send(0, c.MarketPhase(market, phase))

    def user(self, name: str) -> Trader:
        if name not in self.house.user_ids:
            self.send(0, c.UserCreate(name)).is_fact()
        return Trader(self, self.house.user_ids[name], name)

    def prints(self, price: str, market: str = "BTCUSDT") -> Answer:
        """A deal of one lot at a price, which must be better than the book's, so that it becomes the last price."""
        printer = self.user("printer").at(market)
        if printer.balance("BTC")[0] == 0:
            printer.receives("1", "BTC")
            printer.receives("1000000", "USDT")
        printer.sells("0.0001", at=price).rests("0.0001")
        return printer.buys("0.0001", at=price).fills(f"0.0001 @ {price} from printer")

    def book(self, market: str) -> Book:
        return Book(self, self.house.markets[self.house.market_ids[market]])

    def digits(self, asset: str) -> tuple[int, int]:
        """(asset id, scale digits)"""
        asset_id = self.house.asset_ids[asset]
        return asset_id, self.house.assets[asset_id].scale_digits

    def fee_income(self, asset: str) -> str:
        return self._of_the_house(asset, 3)

    def rebates(self, asset: str) -> str:
        """What is left to pay rebates from."""
        return self._of_the_house(asset, 5)

    def _of_the_house(self, asset: str, purpose: int) -> str:
        asset_id, digits = self.digits(asset)
        accounts = dict(DECODER.decode(self.house.dump()).accounts)
        return plain(accounts.get((asset_id << 8) | purpose, 0), digits)

    def restart(self) -> None:
        """Go on with the house that the snapshot gives back, which must be the same house."""
        dump = self.house.dump()
        self.house = cast(House, self.copy())
        assert self.house.dump() == dump


@dataclass
class Trader:
    """Somebody at the table. Orders go to BTCUSDT unless another market is named."""

    floor: Floor
    user_id: int
    name: str
    market: str = "BTCUSDT"
    session_id: int = field(default=0, repr=False)

    def at(self, market: str) -> Trader:
        return Trader(self.floor, self.user_id, self.name, market, self.session_id)

    def through(self, session_id: int) -> Trader:
        return Trader(self.floor, self.user_id, self.name, self.market, session_id)

    def buys(
        self, amount: str | int, *, at: str | None = None, tif: TimeInForce = GTC, **options: Unpack[Options]
    ) -> Answer:
        """With no price, a market order whose amount is stock."""
        return self._place(Side.BID, at, tif, self._lots(amount), options, in_other_unit=at is None)

    def sells(
        self, amount: str | int, *, at: str | None = None, tif: TimeInForce = GTC, **options: Unpack[Options]
    ) -> Answer:
        """With no price, a market order."""
        return self._place(Side.ASK, at, tif, self._lots(amount), options)

    def spends(self, money: str | int, *, tif: TimeInForce = IOC, **options: Unpack[Options]) -> Answer:
        """A market order to buy, whose amount is money."""
        return self._place(Side.BID, None, tif, self._money(money), options)

    def raises(self, money: str | int, *, tif: TimeInForce = IOC, **options: Unpack[Options]) -> Answer:
        """A market order to sell, whose amount is money."""
        return self._place(Side.ASK, None, tif, self._money(money), options, in_other_unit=True)

    def amends(
        self,
        order: Answer | str | int,
        *,
        at: str = "0",
        amount: str | int = 0,
        money: str | int = 0,
        trigger: str = "0",
    ) -> Answer:
        """An order by its answer or id, or by the client order id; what is not named stays."""
        market = self._market()
        name = order if isinstance(order, str) else ""
        order_id = order.order_id if isinstance(order, Answer) else order if isinstance(order, int) else 0
        command = c.Amend(
            market.market_id,
            order_id,
            parse_units(at, market.price_digits),
            self._money(money) or self._lots(amount),
            parse_units(trigger, market.price_digits),
            name,
        )
        return self.floor.send(self.user_id, command)

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

    def balance(self, asset: str) -> tuple[int, int]:
        return self.floor.house.balance(self.user_id, self.floor.digits(asset)[0])

    def has(self, available: str, asset: str, *, hold: str = "0") -> None:
        digits = self.floor.digits(asset)[1]
        assert tuple(plain(units, digits) for units in self.balance(asset)) == (available, hold)

    def is_disabled(self) -> None:
        self.floor.send(0, c.UserDisable(self.user_id)).is_fact()

    def open_orders(self, market: str | None = None) -> list[int]:
        market_id = None if market is None else self.floor.house.market_ids[market]
        return self.floor.house.open_orders(self.user_id, market_id)

    def _market(self) -> Market:
        return self.floor.house.markets[self.floor.house.market_ids[self.market]]

    def _lots(self, amount: str | int) -> int:
        return parse_units(str(amount), self._market().amount_digits)

    def _money(self, money: str | int) -> int:
        return parse_units(str(money), self.floor.house.assets[self._market().money_asset_id].scale_digits)

    def _ticks(self, price: str | None) -> int:
        return 0 if price is None else parse_units(price, self._market().price_digits)

    def _place(
        self,
        side: Side,
        price: str | None,
        tif: TimeInForce,
        amount: int,
        options: Options,
        *,
        in_other_unit: bool = False,
    ) -> Answer:
        trigger = Trigger.NONE
        for word, kind in (("stop", Trigger.STOP), ("takes", Trigger.TAKE_PROFIT), ("trails", Trigger.TRAILING)):
            if word in options:
                trigger = kind
        command = c.Place(
            self._market().market_id,
            side,
            OrderType.MARKET if price is None else OrderType.LIMIT,
            TimeInForce.GTD if "until_us" in options else tif,
            self._ticks(price),
            amount,
            options.get("name", ""),
            options.get("self_trade", SelfTrade.NONE),
            options.get("post_only", False),
            in_other_unit,
            trigger,
            self._lots(options.get("shows", "0")),
            self._ticks(options.get("stop", options.get("takes"))),
            self._ticks(options.get("trails")),
            options.get("until_us", 0),
        )
        return self.floor.send(self.user_id, command, session_id=self.session_id)
