"""A user's own fees: those of the market before those for all, before the market's; frozen as an order is put."""

from __future__ import annotations

import pytest

from fondaco.core import commands as c
from fondaco.core import events as e
from fondaco.core.events import maker_fee_ppm_of, taker_fee_ppm_of
from fondaco.core.instruments import FEE_RATE_PPM_MAX, UserFees
from fondaco.core.rejects import Reject
from tests.core.table import BOTH, Floor, Trader
from tests.core.table_answer import Answer

pytestmark = BOTH


def sets_fees(floor: Floor, trader: Trader, market: str, maker: int | None, taker: int | None) -> Answer:
    return floor.send(0, c.FeesSet(trader.user_id, market, maker, taker))


def rates(answer: Answer) -> tuple[int, int]:
    """(maker's, taker's)"""
    return maker_fee_ppm_of(answer.row), taker_fee_ppm_of(answer.row)


def test_the_nearest_entry_counts(floor: Floor, alice: Trader, bob: Trader) -> None:
    floor.market("OTHER", "BTC", "USDT", 2, 4, maker_fee="0.005", taker_fee="0.006")
    floor.fees("BTCUSDT", maker="0.001", taker="0.002")
    assert rates(alice.buys(1, at="1.00")) == (1_000, 2_000)
    fact = sets_fees(floor, alice, "", 11, 12).is_fact()
    assert fact == e.UserFeesSet(UserFees(alice.user_id, 0, 11, 12))
    assert rates(alice.buys(1, at="1.00")) == (11, 12)
    assert rates(alice.at("OTHER").buys(1, at="1.00")) == (11, 12)
    fact = sets_fees(floor, alice, "BTCUSDT", 21, 22).is_fact()
    assert fact == e.UserFeesSet(UserFees(alice.user_id, 1, 21, 22))
    floor.restart()
    assert rates(alice.buys(1, at="1.00")) == (21, 22)
    assert rates(alice.at("OTHER").buys(1, at="1.00")) == (11, 12)
    assert rates(bob.buys(1, at="1.00")) == (1_000, 2_000)
    fact = sets_fees(floor, alice, "", None, None).is_fact()
    assert fact == e.UserFeesSet(UserFees(alice.user_id, 0, None, None))
    assert rates(alice.buys(1, at="1.00")) == (21, 22)
    assert rates(alice.at("OTHER").buys(1, at="1.00")) == (5_000, 6_000)
    sets_fees(floor, alice, "BTCUSDT", None, None).is_fact()
    floor.restart()
    assert rates(alice.buys(1, at="1.00")) == (1_000, 2_000)


def test_they_are_paid(floor: Floor, alice: Trader, bob: Trader) -> None:
    floor.fees("BTCUSDT", maker="0.001", taker="0.002")
    sets_fees(floor, alice, "BTCUSDT", 0, 10_000)
    bob.sells(1, at="100.00")
    alice.buys(1, at="100.00").fills("1 @ 100.00 from bob")
    alice.has("100.99", "BTC")
    bob.has("100099.9", "USDT")


def test_open_orders_keep_theirs(floor: Floor, alice: Trader, bob: Trader) -> None:
    sets_fees(floor, bob, "", 10_000, 10_000)
    bob.sells(1, at="100.00")
    sets_fees(floor, bob, "", 0, 0)
    alice.buys(1, at="100.00")
    bob.has("100099", "USDT")


def test_zero_is_a_rate(floor: Floor, alice: Trader) -> None:
    floor.fees("BTCUSDT", maker="0.001", taker="0.002")
    sets_fees(floor, alice, "", 0, 0).is_fact()
    assert rates(alice.buys(1, at="1.00")) == (0, 0)


def test_the_widest_rates(floor: Floor, alice: Trader) -> None:
    for maker, taker in ((500_000, 500_000), (-500_000, 0), (-1, 500_000)):
        sets_fees(floor, alice, "BTCUSDT", maker, taker).is_fact()
        order = alice.buys(1, at="1.00", name=f"n{maker}")
        assert rates(order) == (maker, taker)
        floor.restart()
        assert rates(alice.cancels(order)) == (maker, taker)


def test_refused(floor: Floor, alice: Trader) -> None:
    floor.send(0, c.FeesSet(99, "NONE", None, 0)).is_refused(Reject.UNKNOWN_USER)
    sets_fees(floor, alice, "NONE", None, 0).is_refused(Reject.UNKNOWN_MARKET)
    for maker, taker in ((None, 0), (0, None)):
        sets_fees(floor, alice, "", maker, taker).is_refused(Reject.INVALID_ARGUMENT)


@pytest.mark.parametrize(
    ("maker", "taker", "shown"),
    [
        (FEE_RATE_PPM_MAX + 1, 0, FEE_RATE_PPM_MAX + 1),
        (-FEE_RATE_PPM_MAX - 1, 0, -FEE_RATE_PPM_MAX - 1),
        (0, -1, -1),
        (0, FEE_RATE_PPM_MAX + 1, FEE_RATE_PPM_MAX + 1),
        (2**63, 0, 0),
    ],
)
def test_rates_out_of_bounds(floor: Floor, alice: Trader, maker: int, taker: int, shown: int) -> None:
    answer = sets_fees(floor, alice, "", maker, taker)
    answer.is_refused(Reject.INVALID_ARGUMENT, bound=FEE_RATE_PPM_MAX, value=shown)
