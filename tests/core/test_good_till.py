"""Orders good till a time end with the first batch at or after it, before anything else of that batch."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fondaco.core import commands as c
from fondaco.core.commands import OrderType, Side, TimeInForce
from fondaco.core.events import EventKind, Finish, is_answer, kind_of
from fondaco.core.rejects import Reject
from tests.core.table import BOTH, Floor, Trader
from tests.core.table_answer import Book

pytestmark = BOTH
Books = Callable[[str], Book]


def test_it_ends_at_its_time(floor: Floor, alice: Trader, bob: Trader, book: Books) -> None:
    order = alice.buys(2, at="100.00", until_us=floor.time_us + 1_000).rests("2")
    bob.sells(1, at="100.00").fills("1 @ 100.00 from alice")
    floor.later(us=999)
    floor.send(0, c.Tick())
    book("BTCUSDT").shows("""
        bid | price  | ask
          1 | 100.00 |
    """)
    floor.later(us=1)
    answer = bob.sells(1, at="100.00").fills().rests("1")
    answer.and_ends(order, Finish.EXPIRED, left="1")
    alice.has("99900", "USDT")
    assert alice.open_orders() == []


def test_its_rows_come_first(floor: Floor, alice: Trader, bob: Trader) -> None:
    order = alice.buys(2, at="100.00", until_us=floor.time_us + 1_000)
    floor.later(us=5_000)
    answer = bob.cancels(99)
    assert [kind_of(row) for row in answer.rows] == [EventKind.OPTIONS, EventKind.ORDER, EventKind.REJECT]
    options, row, _ = answer.rows
    assert options[2:9] == (order.order_id, alice.user_id, 0, 0, 0, 0, floor.time_us - 4_000)
    assert (row[11], row[14], row[15], is_answer(row)) == (floor.time_us, Finish.EXPIRED, 0, False)
    assert row[1] == answer.row[1]


def test_the_earliest_first_then_by_order_id(floor: Floor, alice: Trader, bob: Trader) -> None:
    start = floor.time_us
    orders = [alice.buys(1, at="100.00", until_us=start + us) for us in (30, 10, 20, 10)]
    floor.later(us=25)
    assert floor.send(0, c.Tick()).told() == [orders[number].order_id for number in (1, 3, 2)]
    assert alice.open_orders() == [orders[0].order_id]


@pytest.mark.parametrize("us", [0, -1])
def test_a_time_that_has_passed(floor: Floor, alice: Trader, us: int) -> None:
    answer = alice.buys(1, at="100.00", until_us=floor.time_us + us)
    answer.is_refused(Reject.EXPIRED_ALREADY, bound=floor.time_us, value=floor.time_us + us)


def test_the_last_time_there_is(floor: Floor, alice: Trader) -> None:
    alice.buys(1, at="100.00", until_us=2**63 - 1).rests("1")
    floor.later(hours=24 * 365 * 100)
    floor.restart()
    floor.send(0, c.Tick())
    assert len(alice.open_orders()) == 1


def test_one_that_waits_for_its_trigger(floor: Floor, alice: Trader, bob: Trader) -> None:
    limit = alice.buys(1, at="100.00", stop="95.00", until_us=floor.time_us + 10)
    market = alice.sells(1, stop="90.00", until_us=floor.time_us + 10).waits("1")
    alice.has("99", "BTC", hold="1")
    floor.later(us=10)
    answer = floor.send(0, c.Tick())
    answer.and_ends(limit, Finish.EXPIRED, left="1").and_ends(market, Finish.EXPIRED, left="1")
    alice.has("100", "BTC")
    alice.has("100000", "USDT")


def test_once_triggered_it_still_has_its_time(floor: Floor, alice: Trader) -> None:
    order = alice.sells(1, at="99.00", stop="95.00", until_us=floor.time_us + 10)
    floor.prints("95.00").and_rests(order, "1")
    floor.later(us=10)
    floor.restart()
    floor.send(0, c.Tick()).and_ends(order, Finish.EXPIRED, left="1")


def test_one_that_ended_before_does_not_end_again(floor: Floor, alice: Trader, bob: Trader) -> None:
    alice.cancels(alice.buys(1, at="100.00", until_us=floor.time_us + 10))
    alice.buys(1, at="100.00", until_us=floor.time_us + 10)
    bob.sells(1, at="100.00").fills("1 @ 100.00 from alice")
    floor.later(us=10)
    assert len(floor.send(0, c.Tick()).rows) == 1


def test_its_name_is_remembered_for_a_day(floor: Floor, alice: Trader) -> None:
    first = alice.buys(1, at="100.00", until_us=floor.time_us + 10, name="mine")
    floor.later(us=10)
    alice.cancels("mine").is_refused(Reject.ORDER_NOT_FOUND, value=first.order_id)
    floor.later(hours=24, us=-1)
    assert floor.house.client_order(alice.user_id, "mine") == first.order_id
    floor.later(us=1)
    alice.cancels("mine").is_refused(Reject.ORDER_NOT_FOUND)


@pytest.mark.parametrize(
    ("order_type", "tif", "expire_us"),
    [
        (OrderType.LIMIT, TimeInForce.GTD, 0),
        (OrderType.LIMIT, TimeInForce.GTC, 1),
        (OrderType.LIMIT, TimeInForce.IOC, 2**60),
        (OrderType.LIMIT, TimeInForce.FOK, 2**60),
        (OrderType.MARKET, TimeInForce.GTD, 2**60),
        (OrderType.LIMIT, TimeInForce.GTD, -1),
    ],
)
def test_a_time_goes_with_good_till(
    floor: Floor, alice: Trader, order_type: OrderType, tif: TimeInForce, expire_us: int
) -> None:
    price = 1 if order_type == OrderType.LIMIT else 0
    place = c.Place(1, Side.ASK, order_type, tif, price, 1, expire_us=expire_us)
    terms = 1 << 16 | order_type << 24 | 1 << 32 | tif << 48
    floor.send(alice.user_id, place).is_refused(Reject.INVALID_ARGUMENT, value=terms)
