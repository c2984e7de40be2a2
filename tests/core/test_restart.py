"""A house given back by its snapshot goes on exactly as the one it was taken from."""

from __future__ import annotations

from tests.core.table import BOTH, Floor, Trader

pytestmark = BOTH


def test_makers_with_empty_accounts_are_paid(floor: Floor, alice: Trader) -> None:
    """A seller who had no money yet has no balance in the snapshot, but gets one when the order trades."""
    seller, buyer = floor.user("seller"), floor.user("buyer")
    seller.receives("2", "BTC")
    buyer.receives("200", "USDT")
    seller.sells(2, at="110.00")
    buyer.buys(2, at="100.00")
    floor.restart()
    alice.buys(2, at="110.00").fills("2 @ 110.00 from seller")
    alice.sells(2, at="100.00").fills("2 @ 100.00 from buyer")
    seller.has("220", "USDT")
    seller.has("0", "BTC")
    buyer.has("2", "BTC")
    buyer.has("0", "USDT")


def test_a_whole_balance_on_hold_comes_back(floor: Floor) -> None:
    seller = floor.user("seller")
    seller.receives("2", "BTC")
    order = seller.sells(2, at="110.00")
    floor.restart()
    seller.has("0", "BTC", hold="2")
    seller.cancels(order)
    seller.has("2", "BTC")
