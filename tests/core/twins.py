"""The house and its naive model side by side, compared after every batch."""

from __future__ import annotations

from fondaco.core.commands import Side
from fondaco.core.events import is_waiting
from fondaco.core.house import House
from fondaco.core.state import ENCODER
from tests.core.flow_draws import NAMES
from tests.core.flows import Batch
from tests.core.reference_house import ReferenceHouse
from tests.core.reference_state import state_of


class Twins:
    """Two houses that are given the same batches."""

    def __init__(self) -> None:
        self.house = House()
        self.reference = ReferenceHouse()

    def apply(self, batch: Batch) -> None:
        applied = self.house.apply(batch.records(), batch.time_us)
        rows, facts = self.reference.apply(batch.sent, batch.time_us)
        assert applied.count == len(batch.sent)
        assert list(applied) == rows
        assert list(applied.facts) == facts
        assert not any(self.house.imbalances().values())

    def compare_state(self) -> None:
        """The whole state as bytes; then what the house answers of it when asked."""
        house, reference = self.house, self.reference
        assert house.dump() == ENCODER.encode(state_of(reference))
        for user_id in range(len(reference.users) + 2):
            for asset_id in range(len(reference.assets) + 2):
                assert house.balance(user_id, asset_id) == reference.balance(user_id, asset_id)
        for market_id in reference.markets:
            assert house.last_price_ticks(market_id) == reference.last_price.get(market_id, 0)
            assert house.last_deal_id(market_id) == reference.last_deal.get(market_id, 0)
            for side in Side:
                for limit, interval in ((1, 0), (3, 1), (1_000, 0), (2, 5), (1_000, 7), (1_000, 1_000)):
                    depth = reference.depth(market_id, side, limit, interval)
                    assert house.depth(market_id, side, limit, interval) == depth
        for order_id in range(reference.next_order_id + 2):
            row, order = house.order(order_id), reference.orders.get(order_id)
            assert (row is None) == (order is None)
            if row is not None and order is not None:
                assert (row[2], row[3], row[4], row[6]) == (order_id, order.user_id, order.price, order.left)
                assert is_waiting(row) == order.is_waiting
        for known in reference.named.values():
            remembered = reference.remembered(known.user_id, known.name) is not None
            assert house.client_order_id(known.order_id) == (known.name if remembered else None)
        for user_id in reference.users:
            newest_first = sorted(reference.orders.values(), key=lambda order: -order.order_id)
            mine = [order.order_id for order in newest_first if order.user_id == user_id]
            assert house.open_orders(user_id) == mine
            for market_id in reference.markets:
                there = [order for order in mine if reference.orders[order].market.market_id == market_id]
                assert house.open_orders(user_id, market_id) == there
            for name in NAMES:
                assert house.client_order(user_id, name) == reference.client_order(user_id, name)
