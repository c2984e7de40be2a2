"""Negative maker fees: paid from an account that was funded, down to its floor; rounded down once an order."""

from __future__ import annotations

import pytest

from fondaco.core import commands as c
from fondaco.core import events as e
from fondaco.core.events import EventKind, kind_of
from fondaco.core.rejects import Reject
from fondaco.core.units import UNITS_MAX, parse_units
from tests.core.table import BOTH, Floor, Trader
from tests.core.table_answer import Answer

pytestmark = BOTH
USDT_ID = 2


def funds(
    floor: Floor, change: str, *, floor_units: int | None = None, business_id: int = 0, asset: str = "USDT"
) -> Answer:
    units = parse_units(change, floor.digits(asset)[1])
    return floor.send(0, c.RebateFund(asset, business_id or floor.house.next_seq, units, floor_units))


def maker_fees(answer: Answer) -> list[int]:
    return [row[10] for row in answer.rows if kind_of(row) == EventKind.FILL]


def test_the_maker_is_paid_from_the_fund(floor: Floor, alice: Trader, bob: Trader) -> None:
    floor.fees("BTCUSDT", maker="-0.001", taker="0.002")
    funds(floor, "10")
    bob.sells(2, at="50.00")
    answer = alice.buys(2, at="50.00").fills("2 @ 50.00 from bob")
    assert maker_fees(answer) == [-100_000]
    assert answer.rows[1][9] == -100_000
    bob.has("100100.1", "USDT")
    alice.has("101.996", "BTC")
    assert (floor.rebates("USDT"), floor.fee_income("BTC"), floor.fee_income("USDT")) == ("9.9", "0.004", "0")


def test_a_maker_who_buys_is_paid_in_stock(floor: Floor, alice: Trader, bob: Trader) -> None:
    floor.fees("BTCUSDT", maker="-0.01", taker="0")
    funds(floor, "0.5", asset="BTC")
    bob.buys(1, at="50.00")
    assert maker_fees(alice.sells(1)) == [-1_000_000]
    bob.has("101.01", "BTC")
    assert floor.rebates("BTC") == "0.49"


def test_what_the_fund_cannot_pay_is_lost(floor: Floor, alice: Trader, bob: Trader) -> None:
    floor.fees("BTCUSDT", maker="-0.01", taker="0")
    funds(floor, "1.5", floor_units=250_000)
    bob.sells(4, at="100.00")
    paid = [maker_fees(alice.buys(1, at="100.00")) for _ in range(3)]
    assert paid == [[-1_000_000], [-250_000], [0]]
    assert floor.rebates("USDT") == "0.25"
    funds(floor, "100")
    answer = alice.buys(1, at="100.00")
    assert maker_fees(answer) == [-1_000_000]
    assert answer.rows[1][9] == -2_250_000  # what was paid, not what would have been
    bob.has("100402.25", "USDT")


def test_without_a_fund_there_is_none(floor: Floor, alice: Trader, bob: Trader) -> None:
    floor.fees("BTCUSDT", maker="-0.5", taker="0")
    bob.sells(1, at="100.00")
    assert maker_fees(alice.buys(1, at="100.00")) == [0]
    bob.has("100100", "USDT")


def test_a_floor_above_the_balance_pays_nothing(floor: Floor, alice: Trader, bob: Trader) -> None:
    floor.fees("BTCUSDT", maker="-0.01", taker="0")
    fact = funds(floor, "1", floor_units=5_000_000, business_id=1).is_fact()
    assert fact == e.RebateFunded(USDT_ID, 1, 1_000_000, 1_000_000, 5_000_000)
    bob.sells(1, at="100.00")
    assert maker_fees(alice.buys(1, at="100.00")) == [0]
    assert floor.rebates("USDT") == "1"


def test_rounded_down_once_an_order_not_once_a_fill(floor: Floor) -> None:
    """Ten fills of 7 units at 1 % are 0.7 of a unit together, and nothing; the fifteenth makes it one."""
    floor.asset("DOT", 0)
    floor.asset("USD", 0)
    floor.market("DOTUSD", "DOT", "USD", 0, 0, maker_fee="-0.01", taker_fee="0")
    seller, buyer = floor.user("seller").at("DOTUSD"), floor.user("buyer").at("DOTUSD")
    seller.receives("100", "DOT")
    buyer.receives("1000", "USD")
    funds(floor, "5", asset="USD")
    seller.sells(30, at="7")
    paid = [maker_fees(buyer.buys(1, at="7"))[0] for _ in range(15)]
    assert paid == [0] * 14 + [-1]
    floor.restart()
    paid = [maker_fees(buyer.buys(1, at="7"))[0] for _ in range(15)]
    assert paid == [0] * 13 + [-1, 0]
    assert floor.rebates("USD") == "3"


def test_taker_first_then_maker(floor: Floor, alice: Trader, bob: Trader) -> None:
    """One order pays as a taker and is paid as a maker; both are rounded together."""
    floor.asset("DOT", 0)
    floor.asset("USD", 0)
    floor.market("DOTUSD", "DOT", "USD", 0, 0, maker_fee="-0.25", taker_fee="0.25")
    for trader in (alice, bob):
        trader.receives("100", "DOT")
        trader.receives("100", "USD")
    funds(floor, "50", asset="DOT")
    bob.at("DOTUSD").sells(1, at="1")
    answer = alice.at("DOTUSD").buys(4, at="1").rests("3")
    assert answer.row[9] == 1  # 0.25, rounded up
    first = bob.at("DOTUSD").sells(2, at="1")
    assert maker_fees(first) == [-1]  # 0.25 − 0.5 is −0.25, which is 0 rounded up
    second = bob.at("DOTUSD").sells(1, at="1")
    assert maker_fees(second) == [0]  # −0.5
    alice.has("104", "DOT")


class TestFunding:
    def test_in_and_out(self, floor: Floor) -> None:
        fact = funds(floor, "10", business_id=1).is_fact()
        assert fact == e.RebateFunded(USDT_ID, 1, 10_000_000, 10_000_000, 0)
        fact = funds(floor, "-4", floor_units=6_000_000, business_id=2).is_fact()
        assert fact == e.RebateFunded(USDT_ID, 2, -4_000_000, 6_000_000, 6_000_000)
        floor.restart()
        fact = funds(floor, "0", business_id=3).is_fact()
        assert fact == e.RebateFunded(USDT_ID, 3, 0, 6_000_000, 6_000_000)
        assert floor.rebates("USDT") == "6"

    def test_once(self, floor: Floor) -> None:
        first = funds(floor, "10", business_id=1).is_fact()
        funds(floor, "5", business_id=2)
        floor.restart()
        again = funds(floor, "10", business_id=1).is_fact()
        assert isinstance(first, e.RebateFunded)
        assert isinstance(again, e.RebateFunded)
        assert (again.repeated, again.change_units, again.balance_units) == (True, 10_000_000, 10_000_000)
        funds(floor, "9", business_id=1).is_refused(Reject.BUSINESS_ID_REUSED)
        funds(floor, "10", business_id=1, floor_units=0).is_refused(Reject.BUSINESS_ID_REUSED)
        funds(floor, "1", business_id=1, asset="BTC").is_fact()
        assert floor.rebates("USDT") == "15"

    def test_not_below_the_floor(self, floor: Floor) -> None:
        funds(floor, "10", floor_units=4_000_000)
        funds(floor, "-6.000001").is_refused(Reject.BELOW_FLOOR, bound=4_000_000, value=3_999_999)
        funds(floor, "-7", floor_units=3_000_001).is_refused(Reject.BELOW_FLOOR, bound=3_000_001, value=3_000_000)
        funds(floor, "-7", floor_units=3_000_000).is_fact()
        funds(floor, "-3.000001", floor_units=0).is_refused(Reject.BELOW_FLOOR, value=-1)

    def test_no_more_than_the_house_can_hold(self, floor: Floor, alice: Trader) -> None:
        room = UNITS_MAX - 100_000_000_000
        answer = floor.send(0, c.RebateFund("USDT", 1, room + 1))
        answer.is_refused(Reject.BALANCE_TOO_LARGE, bound=room, value=room + 1)
        floor.send(0, c.RebateFund("USDT", 1, room)).is_fact()
        alice.receives("0.000001", "USDT").is_refused(Reject.BALANCE_TOO_LARGE, bound=0, value=1)

    def test_refused(self, floor: Floor) -> None:
        funds(floor, "0").is_fact()
        floor.send(0, c.RebateFund("XXX", 1, 1)).is_refused(Reject.UNKNOWN_ASSET)
        answer = floor.send(0, c.RebateFund("USDT", 1, 1, -1))
        answer.is_refused(Reject.INVALID_ARGUMENT, bound=UNITS_MAX, value=-1)

    @pytest.mark.parametrize(("business_id", "shown"), [(-1, -1), (2**63, 0)])
    def test_business_ids(self, floor: Floor, business_id: int, shown: int) -> None:
        answer = floor.send(0, c.RebateFund("USDT", business_id, 1))
        answer.is_refused(Reject.INVALID_ARGUMENT, bound=2**63 - 1, value=shown)
