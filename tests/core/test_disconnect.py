"""Orders of a session that asked for it are cancelled when it ends, or when the house is started anew."""

from __future__ import annotations

import pytest

from fondaco.core import commands as c
from fondaco.core import events as e
from fondaco.core.events import Finish
from fondaco.core.rejects import Reject
from tests.core.table import BOTH, IOC, Floor, Trader
from tests.core.table_answer import Answer

pytestmark = BOTH


def turns(floor: Floor, session_id: int, is_on: bool) -> None:
    answer = floor.send(0, c.CancelOnDisconnect(session_id, is_on))
    assert answer.is_fact() == e.CancelOnDisconnectSet(session_id, is_on)


def ends(floor: Floor, session_id: int, count: int) -> Answer:
    answer = floor.send(0, c.SessionEnd(session_id))
    assert answer.is_fact() == e.SessionEnded(session_id, count)
    assert answer.rows[-1] == answer.row
    return answer


def test_its_orders_end_with_it(floor: Floor, alice: Trader, bob: Trader) -> None:
    before = alice.through(7).buys(1, at="100.00")
    turns(floor, 7, True)
    other = alice.through(8).buys(1, at="100.00")
    rests = alice.through(7).buys(2, at="100.00")
    waits = alice.through(7).sells(1, stop="90.00")
    bobs = bob.through(7).buys(1, at="95.00")
    floor.restart()
    answer = ends(floor, 7, 3)
    assert answer.told() == [waits.order_id, rests.order_id, bobs.order_id]
    answer.and_ends(rests, Finish.DISCONNECTED, left="2").and_ends(waits, Finish.DISCONNECTED, left="1")
    assert alice.open_orders() == [other.order_id, before.order_id]
    alice.has("100", "BTC")


def test_it_is_off_then(floor: Floor, alice: Trader) -> None:
    turns(floor, 7, True)
    ends(floor, 7, 0)
    alice.through(7).buys(1, at="100.00")
    ends(floor, 7, 0)
    assert len(alice.open_orders()) == 1


def test_turned_off_its_end_does_nothing(floor: Floor, alice: Trader) -> None:
    turns(floor, 7, True)
    alice.through(7).buys(1, at="100.00")
    turns(floor, 7, False)
    ends(floor, 7, 0)
    assert len(alice.open_orders()) == 1


def test_turned_on_again_only_what_it_puts_from_then_on_counts(floor: Floor, alice: Trader, bob: Trader) -> None:
    turns(floor, 7, True)
    alice.through(7).buys(1, at="100.00")
    bob.through(7).buys(1, at="100.00")
    turns(floor, 7, False)
    alice.through(7).buys(1, at="99.00")
    turns(floor, 7, True)
    last = alice.through(7).buys(1, at="98.00")
    floor.restart()
    assert ends(floor, 7, 1).told() == [last.order_id]


def test_turned_on_twice_is_on(floor: Floor, alice: Trader) -> None:
    turns(floor, 7, True)
    order = alice.through(7).buys(1, at="100.00")
    turns(floor, 7, True)
    assert ends(floor, 7, 1).told() == [order.order_id]


def test_what_has_ended_is_not_ended_again(floor: Floor, alice: Trader, bob: Trader) -> None:
    turns(floor, 7, True)
    alice.cancels(alice.through(7).buys(1, at="100.00"))
    alice.through(7).buys(1, at="100.00", tif=IOC)
    alice.through(7).buys(1, at="100.00")
    bob.sells(1, at="100.00").fills("1 @ 100.00 from alice")
    ends(floor, 7, 0)


def test_an_order_that_moved_is_still_the_sessions(floor: Floor, alice: Trader) -> None:
    floor.prints("100.00")
    turns(floor, 7, True)
    amended = alice.through(7).buys(1, at="90.00")
    alice.amends(amended, at="91.00")
    fired = alice.through(7).sells(1, at="96.00", stop="95.00")
    floor.prints("95.00").and_rests(fired, "1")
    assert ends(floor, 7, 2).told() == [fired.order_id, amended.order_id]


def test_the_house_is_started_anew(floor: Floor, alice: Trader, bob: Trader) -> None:
    for session_id in (9, 7, 2**32 - 1):
        turns(floor, session_id, True)
    orders = [
        alice.through(9).buys(1, at="100.00"),
        alice.through(7).buys(1, at="100.00"),
        bob.through(7).buys(1, at="100.00"),
        alice.through(2**32 - 1).buys(1, at="100.00"),
        alice.through(7).buys(1, at="100.00"),
        alice.through(1).buys(1, at="100.00"),
    ]
    floor.restart()
    answer = floor.send(0, c.HouseOpen())
    assert answer.is_fact() == e.SessionEnded(0, 5)
    assert answer.told() == [orders[number].order_id for number in (4, 1, 2, 0, 3)]
    for session_id in (7, 9):
        ends(floor, session_id, 0)
    assert floor.send(0, c.HouseOpen()).is_fact() == e.SessionEnded(0, 0)


@pytest.mark.parametrize(("session_id", "shown"), [(0, 0), (-1, -1), (2**32, 2**32), (2**63, 0)])
def test_a_session_that_cannot_be(floor: Floor, session_id: int, shown: int) -> None:
    for command in (c.CancelOnDisconnect(session_id, is_on=True), c.SessionEnd(session_id)):
        floor.send(0, command).is_refused(Reject.INVALID_ARGUMENT, bound=2**32 - 1, value=shown)
