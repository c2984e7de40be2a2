"""Post-only orders make a price or are refused; they never take one."""

from __future__ import annotations

from fondaco.core import commands as c
from fondaco.core.commands import OrderType, Side, TimeInForce
from fondaco.core.events import is_post_only
from fondaco.core.rejects import Reject
from tests.core.table import BOTH, GTC, Floor, Trader

pytestmark = BOTH


def test_one_that_crosses_is_refused(alice: Trader, bob: Trader) -> None:
    bob.sells(1, at="100.00")
    alice.buys(1, at="100.00", post_only=True).is_refused(Reject.POST_ONLY_WOULD_TAKE, bound=100_00, value=100_00)
    alice.buys(1, at="120.00", post_only=True).is_refused(Reject.POST_ONLY_WOULD_TAKE, bound=100_00, value=120_00)
    answer = alice.buys(1, at="99.99", post_only=True).rests("1")
    assert is_post_only(answer.row)
    bob.sells(1, at="99.99", post_only=True).is_refused(Reject.POST_ONLY_WOULD_TAKE, bound=99_99, value=99_99)
    bob.sells(1, at="100.00", post_only=True).rests("1")


def test_ones_own_order_is_no_exception(alice: Trader) -> None:
    alice.sells(1, at="100.00")
    alice.buys(1, at="100.00", post_only=True).is_refused(Reject.POST_ONLY_WOULD_TAKE, bound=100_00, value=100_00)


def test_it_is_traded_with_as_any_other(alice: Trader, bob: Trader) -> None:
    alice.buys(2, at="100.00", post_only=True)
    bob.sells(3, at="100.00").fills("2 @ 100.00 from alice").rests("1")


def test_only_a_limit_order_that_may_rest(floor: Floor, alice: Trader, bob: Trader) -> None:
    bob.sells(1, at="100.00")
    for order_type, tif, price in (
        (OrderType.MARKET, GTC, 0),
        (OrderType.LIMIT, TimeInForce.IOC, 1),
        (OrderType.LIMIT, TimeInForce.FOK, 1),
    ):
        place = c.Place(1, Side.BID, order_type, tif, price, 10, post_only=True)
        terms = 2 << 16 | order_type << 24 | 1 << 32 | (tif | 1 << 6) << 48
        floor.send(alice.user_id, place).is_refused(Reject.INVALID_ARGUMENT, value=terms)
    alice.buys(1, at="1.00", post_only=True, until_us=floor.time_us + 1).rests("1")
