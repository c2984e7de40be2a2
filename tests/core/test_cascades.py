"""What one deal sets off, and what that sets off in turn: which order comes first, and the answer before all."""

from __future__ import annotations

from fondaco.core.events import Finish, is_answer
from tests.core.table import BOTH, Floor, Trader

pytestmark = BOTH


def test_of_one_price_the_older_order_first(floor: Floor, alice: Trader, bob: Trader, carol: Trader) -> None:
    floor.prints("100.00")
    bob.buys(1, at="90.00")
    bob.buys(1, at="89.00")
    older = carol.sells(1, stop="95.00")
    younger = alice.sells(1, stop="99.00")
    answer = floor.prints("94.00")
    answer.trades("printer 0.0001 @ 94.00 printer", "carol 1 @ 90.00 bob", "alice 1 @ 89.00 bob")
    answer.and_ends(older, Finish.FILLED).and_ends(younger, Finish.FILLED)


def test_of_several_prices_those_of_the_first_price_first(
    floor: Floor, alice: Trader, bob: Trader, carol: Trader
) -> None:
    """An order sweeps 98 and 96: what 98 sets off comes first, though the other is the older order."""
    floor.prints("100.00")
    for price in ("98.00", "96.00", "50.00", "49.00"):
        bob.buys(1, at=price)
    older = carol.sells(1, stop="97.00")
    younger = carol.sells(1, stop="99.00")
    answer = alice.sells(2, at="96.00")
    answer.trades("alice 1 @ 98.00 bob", "alice 1 @ 96.00 bob", "carol 1 @ 50.00 bob", "carol 1 @ 49.00 bob")
    told = [row[2] for row in answer.rows if row[2] in (older.order_id, younger.order_id) and row[14]]
    assert told == [younger.order_id, older.order_id]


def test_a_cascade_is_worked_off_first_come_first_served(
    floor: Floor, alice: Trader, bob: Trader, carol: Trader
) -> None:
    """The first two fire together; what the first of them sets off waits behind the second."""
    floor.prints("100.00")
    for price in ("90.00", "80.00", "70.00", "60.00"):
        bob.buys(1, at=price)
    third = alice.sells(1, stop="90.00")  # set off by the deal of the first at 90.00
    first = alice.sells(1, stop="95.00")
    second = carol.sells(1, stop="95.00")
    answer = floor.prints("95.00")
    answer.trades("printer 0.0001 @ 95.00 printer", "alice 1 @ 90.00 bob", "carol 1 @ 80.00 bob", "alice 1 @ 70.00 bob")
    for order in (first, second, third):
        answer.and_ends(order, Finish.FILLED)
    ids = [order.order_id for order in (first, second, third)]
    assert [order_id for order_id in answer.told() if order_id in ids] == ids


def test_the_answer_comes_before_what_it_sets_off(floor: Floor, alice: Trader, bob: Trader) -> None:
    floor.prints("100.00")
    bob.buys(1, at="90.00")
    order = alice.sells(1, stop="95.00")
    rows = floor.prints("95.00").rows
    assert [is_answer(row) for row in rows].index(True) == 2  # fill, maker, answer
    assert len(rows) == 7  # fill, maker, options and order of what was set off
    assert rows[-1][2] == order.order_id


def test_a_long_chain(floor: Floor, alice: Trader, bob: Trader) -> None:
    """Each stop sells into the next lower bid, which sets off the next: one order moves the price all the way."""
    floor.prints("100.00")
    for price in range(99, 49, -1):
        bob.buys(1, at=f"{price}.00")
        alice.sells(1, stop=f"{price}.00")
    answer = floor.user("printer").at("BTCUSDT").sells("0.0001", at="99.00")
    # the first bid has a lot less for the first stop, which takes the rest of it from the next, and so on
    assert answer.rows[-1][14] == Finish.REMAINDER_CANCELLED
    assert answer.rows[-1][6] == 1
    assert alice.open_orders() == []
    assert bob.open_orders() == []
    assert floor.house.last_price_ticks(1) == 50_00


def test_a_trailing_order_follows_before_anything_fires(floor: Floor, alice: Trader, bob: Trader) -> None:
    """A sweep up and then a deal down: the trigger price is what the way up made of it."""
    floor.prints("100.00")
    bob.buys(1, at="50.00")
    order = alice.sells(1, trails="10.00")
    bob.sells(1, at="103.00")
    bob.sells(1, at="120.00")
    floor.user("printer").buys(2, at="120.00").trades("printer 1 @ 103.00 bob", "printer 1 @ 120.00 bob")
    floor.prints("110.00").and_ends(order, Finish.FILLED)


def test_both_directions_from_one_deal(floor: Floor, alice: Trader, bob: Trader, carol: Trader) -> None:
    """A take-profit fires on the way up and sells down to a price that fires a stop."""
    floor.prints("100.00")
    bob.buys(1, at="80.00")
    bob.buys(1, at="79.00")
    takes = alice.sells(1, takes="105.00")
    stop = carol.sells(1, stop="85.00")
    answer = floor.prints("105.00")
    answer.trades("printer 0.0001 @ 105.00 printer", "alice 1 @ 80.00 bob", "carol 1 @ 79.00 bob")
    answer.and_ends(takes, Finish.FILLED).and_ends(stop, Finish.FILLED)


def test_an_order_set_off_that_rests_can_be_traded_with_at_once(
    floor: Floor, alice: Trader, bob: Trader, carol: Trader
) -> None:
    floor.prints("100.00")
    rests = alice.sells(1, at="95.00", stop="95.00")
    buys = carol.buys(1, at="97.00", takes="95.00")
    answer = floor.prints("95.00").trades("printer 0.0001 @ 95.00 printer", "carol 1 @ 95.00 alice")
    answer.and_ends(rests, Finish.FILLED).and_ends(buys, Finish.FILLED)
