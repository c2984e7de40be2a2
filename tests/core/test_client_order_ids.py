"""Client order ids: a repeat gets the first answer, another request is refused, a day after the end the id is free."""

from __future__ import annotations

from fondaco.core.client_orders import ENDED_PER_USER_MAX
from fondaco.core.command_records import encode_place
from fondaco.core.commands import OrderType, Sender, Side
from fondaco.core.events import Finish
from fondaco.core.rejects import Reject
from tests.core.table import IOC, Floor, Trader


def test_a_repeat_gets_the_first_answer(floor: Floor, alice: Trader, bob: Trader) -> None:
    first = alice.buys(2, at="100.00", name="n1").rests("2")
    alice.buys(2, at="100.00", name="n1").repeats(first)
    bob.sells(2, at="100.00")
    floor.later(hours=23)
    alice.buys(2, at="100.00", name="n1").repeats(first)  # though it has been filled since
    assert floor.house.client_order(alice.user_id, "n1") == first.order_id
    alice.has("102", "BTC")


def test_a_repeat_of_what_ended_at_once(alice: Trader, bob: Trader) -> None:
    bob.sells(1, at="100.00")
    first = alice.spends("100", name="n1").fills("1 @ 100.00 from bob").ends(Finish.FILLED)
    bob.sells(1, at="100.00")
    alice.spends("100", name="n1").repeats(first)
    alice.has("101", "BTC")


def test_another_request_is_refused(floor: Floor, alice: Trader) -> None:
    first = alice.buys(2, at="100.00", name="n1")
    for answer in (
        alice.buys(3, at="100.00", name="n1"),
        alice.buys(2, at="100.01", name="n1"),
        alice.buys(2, at="100.00", name="n1", tif=IOC),
        alice.sells(2, at="100.00", name="n1"),
        alice.spends("200", name="n1"),
    ):
        answer.is_refused(Reject.CLIENT_ORDER_ID_REUSED, value=first.order_id)
    floor.market("OTHER", "BTC", "USDT", 2, 4)
    other = alice.at("OTHER").buys(2, at="100.00", name="n1")
    other.is_refused(Reject.CLIENT_ORDER_ID_REUSED, value=first.order_id)


def test_names_are_each_users_own(alice: Trader, bob: Trader) -> None:
    alice.buys(2, at="100.00", name="n1").rests("2")
    bob.buys(2, at="100.00", name="n1").rests("2")
    bob.cancels("n1").ends(Finish.CANCELLED, left="2")
    assert len(alice.open_orders()) == 1


def test_only_accepted_orders_take_a_name(floor: Floor, alice: Trader) -> None:
    alice.buys(9_999, at="100.00", name="n1").is_refused(
        Reject.BALANCE_NOT_ENOUGH, bound=100_000_000_000, value=999_900_000_000
    )
    assert floor.house.client_order(alice.user_id, "n1") is None
    alice.buys(1, at="100.00", name="n1").rests("1")


def test_forgotten_a_day_after_the_order_ended(floor: Floor, alice: Trader) -> None:
    alice.buys(1, at="100.00", name="n1")
    floor.later(hours=100)  # open orders keep their names
    alice.buys(2, at="100.00", name="n1").is_refused(Reject.CLIENT_ORDER_ID_REUSED, value=1)
    alice.cancels("n1")
    floor.later(hours=24, us=-1)
    alice.buys(2, at="100.00", name="n1").is_refused(Reject.CLIENT_ORDER_ID_REUSED, value=1)
    floor.later(us=1)
    second = alice.buys(2, at="100.00", name="n1").rests("2")
    assert floor.house.client_order(alice.user_id, "n1") == second.order_id


def test_cancelled_by_name(floor: Floor, alice: Trader) -> None:
    order = alice.buys(1, at="100.00", name="n1")
    assert alice.cancels("n1").ends(Finish.CANCELLED, left="1").order_id == order.order_id
    alice.cancels("n1").is_refused(Reject.ORDER_NOT_FOUND, value=order.order_id)
    floor.later(hours=25)
    alice.cancels("n1").is_refused(Reject.ORDER_NOT_FOUND)


def test_of_one_and_of_32_characters(floor: Floor, alice: Trader) -> None:
    names = ["a", "b", "x" * 31, "x" * 32, "~ !\"#$%&'()*+,-./0123456789:;<=>"]
    ids = [alice.buys(1, at="100.00", name=name).order_id for name in names]
    floor.restart()
    assert [floor.house.client_order(alice.user_id, name) for name in names] == ids
    assert [floor.house.client_order_id(order_id) for order_id in ids] == names
    for name in names:
        alice.cancels(name).ends(Finish.CANCELLED, left="1")


def test_remembered_after_a_restart(floor: Floor, alice: Trader, bob: Trader) -> None:
    first = alice.buys(2, at="100.00", name="open")
    second = alice.buys(1, at="90.00", name="ended")
    alice.cancels("ended")
    floor.restart()
    alice.buys(2, at="100.00", name="open").repeats(first)
    alice.buys(1, at="90.00", name="ended").repeats(second)
    bob.sells(2, at="100.00").fills("2 @ 100.00 from alice")
    floor.later(hours=24)
    floor.restart()
    alice.buys(3, at="100.00", name="open").rests("3")
    alice.buys(3, at="100.00", name="ended").rests("3")


def test_of_one_user_only_the_latest_ended_names_are_remembered(floor: Floor, alice: Trader, bob: Trader) -> None:
    alice.buys(1, at="90.00", name="open")
    bob.buys(1, at="90.00", tif=IOC, name="n0")
    sender, latest = Sender(user_id=alice.user_id), ENDED_PER_USER_MAX + 1
    ended = (
        encode_place(sender, 1, Side.BID, OrderType.LIMIT, IOC, 9_000, 10_000, b"n%d" % n) for n in range(latest + 1)
    )
    floor.house.apply(b"".join(ended), floor.time_us)

    def remembered() -> list[str]:
        names = ("open", "n0", "n1", "n2", "n3", f"n{latest}")
        return [name for name in names if floor.house.client_order(alice.user_id, name)]

    assert remembered() == ["open", "n2", "n3", f"n{latest}"]
    assert floor.house.client_order(bob.user_id, "n0") is not None
    floor.restart()
    assert remembered() == ["open", "n2", "n3", f"n{latest}"]
    floor.later(hours=25)
    alice.buys(1, at="90.00", name="n3").rests("1")
    assert remembered() == ["open", "n3"]
