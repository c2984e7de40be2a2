"""Fees: from what is received, to the house, at the rates of the time the order was put, rounded up once an order."""

from __future__ import annotations

import random

import pytest

from fondaco.core.events import EventKind, Finish, kind_of, maker_fee_ppm_of, taker_fee_ppm_of
from tests.core.table import BOTH, Floor, Trader
from tests.core.table_answer import Answer

pytestmark = BOTH


def fees(answer: Answer) -> list[tuple[int, int]]:
    """(taker's, maker's) of each fill, in units."""
    return [(row[9], row[10]) for row in answer.rows if kind_of(row) == EventKind.FILL]


def test_each_side_pays_from_what_it_receives(floor: Floor, alice: Trader, bob: Trader) -> None:
    floor.fees("BTCUSDT", maker="0.001", taker="0.002")
    bob.sells(2, at="50.00")
    alice.buys(2, at="50.00").fills("2 @ 50.00 from bob")
    alice.has("101.996", "BTC")  # 2 less 0.2 %
    bob.has("100099.9", "USDT")  # 100 less 0.1 %
    assert (floor.fee_income("BTC"), floor.fee_income("USDT")) == ("0.004", "0.1")


def test_the_seller_as_taker(floor: Floor, alice: Trader, bob: Trader) -> None:
    floor.fees("BTCUSDT", maker="0.001", taker="0.002")
    bob.buys(2, at="50.00")
    alice.sells(2, at="50.00").fills("2 @ 50.00 from bob")
    alice.has("100099.8", "USDT")
    bob.has("101.998", "BTC")
    assert (floor.fee_income("BTC"), floor.fee_income("USDT")) == ("0.002", "0.2")


def test_taker_first_then_maker(floor: Floor, alice: Trader, bob: Trader) -> None:
    """An order that trades at once pays as taker, and for what it then fills at rest as maker."""
    floor.fees("BTCUSDT", maker="0.001", taker="0.01")
    bob.sells(1, at="100.00")
    alice.buys(3, at="100.00").rests("2")
    bob.sells(2, at="100.00").fills("2 @ 100.00 from alice")
    alice.has("102.988", "BTC")  # 3 less 0.01 less 0.002


def test_rates_are_those_of_the_time_of_the_order(floor: Floor, alice: Trader, bob: Trader) -> None:
    floor.fees("BTCUSDT", maker="0.001", taker="0.002")
    maker = bob.sells(1, at="100.00")
    floor.fees("BTCUSDT", maker="0.5", taker="0.004")
    answer = alice.buys(1, at="100.00")
    assert fees(answer) == [(400_000, 100_000)]  # 0.4 % of 1 BTC; 0.1 % of 100 USDT
    rows = (answer.rows[1], answer.row, maker.row)
    rates = [(taker_fee_ppm_of(row), maker_fee_ppm_of(row)) for row in rows]
    assert rates == [(2_000, 1_000), (4_000, 500_000), (2_000, 1_000)]


def test_rounded_up_once_an_order_not_once_a_fill(floor: Floor) -> None:
    """Ten fills of 1 unit each at 10 % owe 1 unit together: the first pays it, the others nothing."""
    floor.asset("DOT", 0)
    floor.asset("USD", 0)
    floor.market("DOTUSD", "DOT", "USD", 0, 0, maker_fee="0.1", taker_fee="0.1")
    buyer, seller = floor.user("buyer").at("DOTUSD"), floor.user("seller").at("DOTUSD")
    buyer.receives("1000", "USD")
    seller.receives("100", "DOT")
    order = buyer.buys(11, at="7")
    charged = [fees(seller.sells(1, at="7"))[0] for _ in range(11)]
    assert [maker for _, maker in charged] == [1] + [0] * 9 + [1]
    assert [taker for taker, _ in charged] == [1] * 11  # each sale is an order of its own: 0.7 is 1
    buyer.has("9", "DOT")
    seller.has("66", "USD")
    assert floor.house.order(order.order_id) is None
    assert (floor.fee_income("DOT"), floor.fee_income("USD")) == ("2", "11")


@pytest.mark.parametrize("rate", ["0", "0.000001", "0.001", "0.0033", "0.333333", "0.5"])
def test_however_an_order_fills_it_pays_the_same(floor: Floor, alice: Trader, bob: Trader, rate: str) -> None:
    """The whole fee is the ceiling of the exact one, however many fills there were."""
    floor.fees("BTCUSDT", maker=rate, taker=rate)
    ppm = int(float(rate) * 1_000_000 + 0.5)
    rng = random.Random(ppm)
    lots, left = 3_3333, 3_3333
    order = alice.buys("3.3333", at="100.01")
    answer = order
    while left:
        part = min(left, rng.randint(1, 700))
        answer = bob.sells(f"0.{part:04}", at="100.01")
        left -= part
    maker = answer.rows[1]
    assert (maker[2], maker[14]) == (order.order_id, Finish.FILLED)
    assert maker[9] == -(-lots * 10_000 * ppm // 1_000_000)


def test_a_fee_never_takes_more_than_was_received(floor: Floor) -> None:
    """Half of one unit, rounded up, is that unit: the receiver gets nothing, and owes nothing."""
    floor.asset("DOT", 0)
    floor.asset("USD", 0)
    floor.market("DOTUSD", "DOT", "USD", 0, 0, maker_fee="0.5", taker_fee="0.5")
    buyer, seller = floor.user("buyer").at("DOTUSD"), floor.user("seller").at("DOTUSD")
    buyer.receives("1", "USD")
    seller.receives("1", "DOT")
    buyer.buys(1, at="1")
    assert fees(seller.sells(1)) == [(1, 1)]
    buyer.has("0", "DOT")
    seller.has("0", "USD")
