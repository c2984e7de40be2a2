"""The naive model behind the face of ``House``, so that a table test can be held against both."""

from __future__ import annotations

import copy

from fondaco.core import command_records
from fondaco.core import events as e
from fondaco.core.applied import Applied
from fondaco.core.events import ROW, Row
from fondaco.core.instruments import Asset, Key, Market, User
from fondaco.core.state import ENCODER
from fondaco.core.units import UNITS_MAX
from tests.core.reference_house import ReferenceHouse
from tests.core.reference_rows import flags, terms
from tests.core.reference_state import accounts, state_of


class ReferenceAsHouse:
    def __init__(self) -> None:
        self.model = ReferenceHouse()

    def apply(self, batch: bytes, time_us: int) -> Applied:
        sent, at, first_seq = [], 0, self.model.next_seq
        while at < len(batch):
            record = command_records.decode(batch, at)
            sent.append((record.sender, record.command))
            at += record.size_bytes
        rows, facts = self.model.apply(sent, time_us)
        return Applied(first_seq, len(sent), time_us, b"".join(ROW.pack(*row) for row in rows), tuple(facts))

    def copy(self) -> ReferenceAsHouse:
        return copy.deepcopy(self)

    def dump(self) -> bytes:
        return ENCODER.encode(state_of(self.model))

    @property
    def next_seq(self) -> int:
        return self.model.next_seq

    @property
    def time_us(self) -> int:
        return self.model.time_us

    @property
    def assets(self) -> dict[int, Asset]:
        return self.model.assets

    @property
    def markets(self) -> dict[int, Market]:
        return self.model.markets

    @property
    def users(self) -> dict[int, User]:
        return self.model.users

    @property
    def keys(self) -> dict[str, Key]:
        return self.model.keys

    @property
    def asset_ids(self) -> dict[str, int]:
        return {asset.name: asset.asset_id for asset in self.model.assets.values()}

    @property
    def market_ids(self) -> dict[str, int]:
        return {market.name: market.market_id for market in self.model.markets.values()}

    @property
    def user_ids(self) -> dict[str, int]:
        return {user.name: user.user_id for user in self.model.users.values()}

    def balance(self, user_id: int, asset_id: int) -> tuple[int, int]:
        return self.model.balance(user_id, asset_id)

    def order(self, order_id: int) -> Row | None:
        """Its terms and what is left of it; the words that no table looks at are zeros."""
        order = self.model.orders.get(order_id)
        if order is None:
            return None
        head = e.EventKind.ORDER | e.Cause.PUT << 8 | terms(order.place) | flags(order) << 56
        return (head, 0, order_id, order.user_id, order.price, order.amount, order.left, *(0,) * 9)

    def client_order(self, user_id: int, client_order_id: str) -> int | None:
        return self.model.client_order(user_id, client_order_id)

    def client_order_id(self, order_id: int) -> str | None:
        remembered = (known for known in self.model.named.values() if known.order_id == order_id)
        return next((known.name for known in remembered if self.client_order(known.user_id, known.name)), None)

    def open_orders(self, user_id: int, market_id: int | None = None) -> list[int]:
        mine = self.model.newest_first(user_id)
        return [order.order_id for order in mine if market_id in (None, order.market.market_id)]

    def open_pages(self, user_id: int, offset: int, limit: int) -> dict[int, tuple[int, list[int]]]:
        there = {market_id: self.open_orders(user_id, market_id) for market_id in self.model.markets}
        return {market_id: (len(ids), ids[offset : offset + limit]) for market_id, ids in there.items() if ids}

    def open_page(self, user_id: int, market_id: int, offset: int, limit: int) -> tuple[int, list[int]]:
        ids = self.open_orders(user_id, market_id or None)
        return len(ids), ids[offset : offset + limit]

    def depth(self, market_id: int, side: int, limit: int, interval_ticks: int = 0) -> list[tuple[int, int]]:
        return self.model.depth(market_id, side, limit, min(interval_ticks, UNITS_MAX))

    def last_price_ticks(self, market_id: int) -> int:
        return self.model.last_price.get(market_id, 0)

    def last_deal_id(self, market_id: int) -> int:
        return self.model.last_deal.get(market_id, 0)

    def imbalances(self) -> dict[int, int]:
        sums: dict[int, int] = {}
        for key, units in accounts(self.model):
            sums[key >> 8 & 0xFFFF] = sums.get(key >> 8 & 0xFFFF, 0) + units
        return sums
