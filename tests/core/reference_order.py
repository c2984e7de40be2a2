"""An order of the naive model: its hold is worked out from what is left, its fee from all its fills together."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

from fondaco.core import commands as c
from fondaco.core.commands import OrderType, SelfTrade, Side, TimeInForce, Trigger
from fondaco.core.events import Row
from fondaco.core.instruments import Market

MILLION = 1_000_000


@dataclass
class Order:
    """``place`` is what was asked at first; what an amend or a fill changes stands beside it.

    ``rank`` says when it came to its place in the queue: of two at one price the lower trades first.
    """

    user_id: int
    market: Market
    place: c.Place
    ctime_us: int
    taker_fee_ppm: int
    maker_fee_ppm: int
    order_id: int = 0
    price: int = 0
    amount: int = 0
    left: int = 0
    visible: int = 0
    trigger_price: int = 0
    mtime_us: int = 0
    rank: int = 0
    is_waiting: bool = False
    has_fired: bool = False
    session_id: int = 0
    deal_stock_lots: int = 0
    deal_money_units: int = 0
    fee_units: int = 0
    owed: Fraction = Fraction(0)

    def __post_init__(self) -> None:
        self.price = self.place.price_ticks
        self.amount = self.left = self.place.amount
        self.trigger_price = self.place.trigger_price_ticks
        self.mtime_us = self.ctime_us

    @property
    def side(self) -> Side:
        return self.place.side

    @property
    def is_bid(self) -> bool:
        return self.place.side == Side.BID

    @property
    def is_market(self) -> bool:
        return self.place.order_type == OrderType.MARKET

    @property
    def by_money(self) -> bool:
        """Whether amount and left are money units."""
        return self.is_market and self.is_bid != self.place.in_other_unit

    @property
    def may_rest(self) -> bool:
        return not self.is_market and self.place.time_in_force in (TimeInForce.GTC, TimeInForce.GTD)

    @property
    def may_meet_itself(self) -> bool:
        return self.place.self_trade == SelfTrade.NONE

    @property
    def is_rising(self) -> bool:
        """Whether it fires as the last price comes up to its trigger price, and not down to it."""
        return self.is_bid == (self.place.trigger != Trigger.TAKE_PROFIT)

    def fires_at(self, price: int) -> bool:
        return price >= self.trigger_price if self.is_rising else price <= self.trigger_price

    def crosses(self, price: int, edge: int | None) -> bool:
        """Whether it would trade at a price of the other side; ``edge`` is how far a market order may go."""
        limit = edge if self.is_market else self.price
        if limit is None:
            return True
        return price <= limit if self.is_bid else price >= limit

    def lot_money(self, price: int) -> int:
        return price * self.market.money_units_per_tick_lot

    def show(self) -> None:
        """What it shows as it comes to rest, or shows its next part."""
        display = self.place.display_lots
        self.visible = min(display, self.left) if display else self.left

    def charge(self, received_units: int, rate_ppm: int) -> int:
        """The fee of one more fill, negative if it is a rebate: what the rounded total of all fills grows by."""
        before = math.ceil(self.owed)
        self.owed += Fraction(received_units * rate_ppm, MILLION)
        return math.ceil(self.owed) - before

    @property
    def held_units(self) -> int:
        if self.by_money:
            return self.left
        if self.is_bid:
            return self.lot_money(self.price) * self.left
        return self.left * self.market.stock_units_per_lot

    @property
    def held_asset_id(self) -> int:
        return self.market.money_asset_id if self.is_bid else self.market.stock_asset_id


@dataclass
class Named:
    """What is remembered of a client order id; ``answer`` is one row, or an OPTIONS row and the row it belongs to."""

    user_id: int
    name: str
    order_id: int
    place: c.Place
    answer: list[Row]
    forget_at_us: int | None = None


class Refused(Exception):
    """A refusal, with the bound and the value it speaks of."""

    def __init__(self, reject: int, bound: int = 0, value: int = 0) -> None:
        super().__init__(reject)
        self.reject, self.bound, self.value = reject, bound, value
