"""All of a user's orders at once, on one market or on all, the newest first; and by a dead man who was not heard of."""

from __future__ import annotations

import pytest

from fondaco.core import commands as c
from fondaco.core import events as e
from fondaco.core.commands import Phase
from fondaco.core.events import Finish
from fondaco.core.rejects import Reject
from tests.core.table import BOTH, Floor, Trader
from tests.core.table_answer import Answer

pytestmark = BOTH
SECOND_US = 1_000_000
DAY_US = 86_400_000_000


def cancels_all(floor: Floor, trader: Trader, market_id: int = 0, *, by_operator: bool = False) -> Answer:
    return floor.send(trader.user_id, c.OrdersCancel(trader.user_id, market_id, by_operator))


def dead_man(floor: Floor, trader: Trader, timeout_us: int) -> Answer:
    return floor.send(trader.user_id, c.DeadMan(trader.user_id, timeout_us))


class TestOrdersCancel:
    def test_everywhere_the_newest_first(self, floor: Floor, alice: Trader, bob: Trader) -> None:
        floor.market("OTHER", "BTC", "USDT", 2, 4)
        orders = [
            alice.buys(1, at="100.00"),
            alice.at("OTHER").sells(2, at="100.00"),
            alice.sells(1, stop="90.00"),
            alice.buys(4, at="90.00", shows="1"),
        ]
        bob.buys(1, at="95.00")
        answer = cancels_all(floor, alice)
        assert answer.told() == [order.order_id for order in reversed(orders)]
        for order, left in zip(orders, ("1", "2", "1", "4"), strict=True):
            answer.and_ends(order, Finish.CANCELLED, left=left)
        assert answer.rows[-1] == answer.row
        assert answer.is_fact() == e.OrdersCancelled(alice.user_id, 0, 4)
        alice.has("100", "BTC")
        alice.has("100000", "USDT")
        assert len(bob.open_orders()) == 1

    def test_on_one_market(self, floor: Floor, alice: Trader) -> None:
        floor.market("OTHER", "BTC", "USDT", 2, 4)
        here, there = alice.buys(1, at="100.00"), alice.at("OTHER").buys(1, at="100.00")
        assert cancels_all(floor, alice, 2).is_fact() == e.OrdersCancelled(alice.user_id, 2, 1)
        assert alice.open_orders() == [here.order_id]
        assert there.order_id == 2

    def test_by_the_operator(self, floor: Floor, alice: Trader) -> None:
        order = alice.buys(1, at="100.00")
        answer = floor.send(0, c.OrdersCancel(alice.user_id, 1, by_operator=True))
        answer.and_ends(order, Finish.BY_OPERATOR, left="1")
        assert answer.last_row_of(order)[15] == 0

    def test_of_none(self, floor: Floor, alice: Trader) -> None:
        assert cancels_all(floor, alice).is_fact() == e.OrdersCancelled(alice.user_id, 0, 0)

    def test_in_any_phase(self, floor: Floor, alice: Trader) -> None:
        for phase in (Phase.HALT, Phase.CLOSE_ONLY, Phase.AUCTION):
            alice.buys(1, at="100.00")
            floor.phase(phase)
            assert cancels_all(floor, alice, 1).is_fact() == e.OrdersCancelled(alice.user_id, 1, 1)
            floor.phase(Phase.CONTINUOUS)

    def test_refused(self, floor: Floor, alice: Trader) -> None:
        for user_id in (0, 99, -1, 2**63):
            floor.send(0, c.OrdersCancel(user_id)).is_refused(Reject.UNKNOWN_USER)
        floor.send(0, c.OrdersCancel(alice.user_id, 9)).is_refused(Reject.UNKNOWN_MARKET, value=9)


class TestDeadMan:
    def test_all_orders_end_when_it_is_not_renewed(self, floor: Floor, alice: Trader, bob: Trader) -> None:
        floor.market("OTHER", "BTC", "USDT", 2, 4)
        deadline_us = floor.time_us + SECOND_US
        assert dead_man(floor, alice, SECOND_US).is_fact() == e.DeadManSet(alice.user_id, deadline_us)
        first, second = alice.buys(1, at="100.00"), alice.at("OTHER").sells(1, at="100.00")
        third = alice.sells(1, stop="90.00")
        floor.later(us=SECOND_US - 1)
        bob.sells("0.1", at="100.00").fills("0.1 @ 100.00 from alice")
        floor.later(us=1)
        answer = bob.sells("0.1", at="100.00").fills().rests("0.1")
        answer.and_ends(first, Finish.DEAD_MAN, left="0.9")
        assert answer.told() == [third.order_id, second.order_id, first.order_id]
        row = answer.last_row_of(first)
        assert (row[11], row[15]) == (floor.time_us, 0)

    def test_it_is_off_then(self, floor: Floor, alice: Trader) -> None:
        dead_man(floor, alice, SECOND_US)
        floor.later(us=SECOND_US)
        alice.buys(1, at="100.00").rests("1")
        floor.later(hours=48)
        floor.restart()
        assert floor.send(0, c.Tick()).told() == []

    def test_renewed_in_time(self, floor: Floor, alice: Trader) -> None:
        order = alice.buys(1, at="100.00")
        dead_man(floor, alice, SECOND_US)
        for _ in range(3):
            floor.later(us=SECOND_US - 1)
            assert dead_man(floor, alice, SECOND_US).told() == []
        floor.restart()
        floor.later(us=SECOND_US)
        floor.send(0, c.Tick()).and_ends(order, Finish.DEAD_MAN, left="1")

    def test_renewed_too_late(self, floor: Floor, alice: Trader) -> None:
        """The deadline is met before the command that would have moved it."""
        order = alice.buys(1, at="100.00")
        dead_man(floor, alice, SECOND_US)
        floor.later(us=SECOND_US)
        answer = dead_man(floor, alice, SECOND_US).and_ends(order, Finish.DEAD_MAN, left="1")
        assert answer.is_fact() == e.DeadManSet(alice.user_id, floor.time_us + SECOND_US)

    def test_turned_off(self, floor: Floor, alice: Trader) -> None:
        alice.buys(1, at="100.00")
        dead_man(floor, alice, SECOND_US)
        for _ in range(2):
            assert dead_man(floor, alice, 0).is_fact() == e.DeadManSet(alice.user_id, 0)
        floor.later(hours=1)
        assert floor.send(0, c.Tick()).told() == []

    def test_after_the_orders_that_end_at_the_same_time(self, floor: Floor, alice: Trader, bob: Trader) -> None:
        start = floor.time_us
        bobs = bob.buys(1, at="100.00")
        alices = alice.buys(1, at="100.00")
        late = bob.buys(1, at="99.00", until_us=start + SECOND_US)
        dead_man(floor, bob, SECOND_US)
        dead_man(floor, alice, SECOND_US)
        floor.later(us=SECOND_US)
        answer = floor.send(0, c.Tick()).and_ends(late, Finish.EXPIRED, left="1")
        assert answer.told() == [late.order_id, alices.order_id, bobs.order_id]

    @pytest.mark.parametrize(
        ("timeout_us", "bound"), [(-1, SECOND_US), (SECOND_US - 1, SECOND_US), (DAY_US + 1, DAY_US)]
    )
    def test_refused(self, floor: Floor, alice: Trader, timeout_us: int, bound: int) -> None:
        dead_man(floor, alice, timeout_us).is_refused(Reject.INVALID_ARGUMENT, bound=bound, value=timeout_us)
        dead_man(floor, alice, DAY_US).is_fact()
        floor.send(0, c.DeadMan(99, timeout_us)).is_refused(Reject.UNKNOWN_USER)
