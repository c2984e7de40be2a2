"""An order of the naive model: its hold is worked out from what is left, its fee from all its fills together."""

from __future__ import annotations

from dataclasses import dataclass

from fondaco.core import commands as c
from fondaco.core.commands import OrderType, Side
from fondaco.core.events import Row
from fondaco.core.instruments import Market

MILLION = 1_000_000


@dataclass
class Order:
    order_id: int
    user_id: int
    market: Market
    place: c.Place
    left: int
    ctime_us: int
    mtime_us: int
    taker_fee_ppm: int
    maker_fee_ppm: int
    deal_stock_lots: int = 0
    deal_money_units: int = 0
    fee_millionths: int = 0

    @property
    def fee_units(self) -> int:
        """All fills together, rounded up for the house once."""
        return -(-self.fee_millionths // MILLION)

    def charge(self, received_units: int, rate_ppm: int) -> int:
        """The fee of one more fill: what the rounded total grows by."""
        before = self.fee_units
        self.fee_millionths += received_units * rate_ppm
        return self.fee_units - before

    @property
    def held_units(self) -> int:
        if self.place.side == Side.BID:
            return self.place.price_ticks * self.left * self.market.money_units_per_tick_lot
        return self.left * self.market.stock_units_per_lot

    @property
    def held_asset_id(self) -> int:
        return self.market.money_asset_id if self.place.side == Side.BID else self.market.stock_asset_id

    @property
    def is_money_bid(self) -> bool:
        return self.place.side == Side.BID and self.place.order_type == OrderType.MARKET


@dataclass
class Named:
    """What is remembered of a client order id."""

    user_id: int
    name: str
    order_id: int
    place: c.Place
    answer: Row
    forget_at_us: int | None = None
