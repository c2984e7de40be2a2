"""One deal is taken back: fees first, then stock and money, from what is available; once."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from fondaco.core import commands as c
from fondaco.core import events as e
from fondaco.core.commands import Side
from fondaco.core.events import EventKind, Row, kind_of
from fondaco.core.rejects import Reject
from fondaco.core.units import UNITS_MAX
from tests.core.table import BOTH, Floor, Trader
from tests.core.table_answer import Answer

pytestmark = BOTH


def bust_of(answer: Answer, number: int = 0, **changed: Any) -> c.TradeBust:
    """The command that takes back a deal of an answer, as its FILL row tells it."""
    row = [row for row in answer.rows if kind_of(row) == EventKind.FILL][number]
    return msgspec.structs.replace(of_row(row), **changed)


def of_row(row: Row) -> c.TradeBust:
    taker, maker = row[8] & 0xFFFF_FFFF, row[8] >> 32
    side = Side(e.side_of(row))
    return c.TradeBust(e.market_id_of(row), row[2], taker, maker, side, row[4], row[5], row[9], row[10], "fat finger")


def test_everybody_has_what_they_had(floor: Floor, alice: Trader, bob: Trader) -> None:
    floor.fees("BTCUSDT", maker="0.001", taker="0.002")
    bob.sells(2, at="50.00")
    deal = alice.buys(2, at="50.00")
    fact = floor.send(0, bust_of(deal)).is_fact()
    assert isinstance(fact, e.TradeBusted)
    stock, money = 100 * 10**8, 100_000 * 10**6
    assert fact == e.TradeBusted(
        1, 1, alice.user_id, bob.user_id, Side.BID, 2_0000, 100_000_000, 400_000, 100_000, "fat finger",
        stock, money, stock, money, floor.time_us,
    )  # fmt: skip
    for trader in (alice, bob):
        trader.has("100", "BTC")
        trader.has("100000", "USDT")
    assert (floor.fee_income("BTC"), floor.fee_income("USDT")) == ("0", "0")


def test_of_a_taker_who_sold(floor: Floor, alice: Trader, bob: Trader) -> None:
    floor.fees("BTCUSDT", maker="0.001", taker="0.002")
    bob.buys(2, at="50.00")
    floor.send(0, bust_of(alice.sells(2))).is_fact()
    for trader in (alice, bob):
        trader.has("100", "BTC")
        trader.has("100000", "USDT")


def test_a_rebate_goes_back(floor: Floor, alice: Trader, bob: Trader) -> None:
    floor.fees("BTCUSDT", maker="-0.001", taker="0.002")
    floor.send(0, c.RebateFund("USDT", 1, 1_000_000))
    bob.sells(2, at="50.00")
    deal = alice.buys(2, at="50.00")
    assert floor.rebates("USDT") == "0.9"
    floor.send(0, bust_of(deal)).is_fact()
    assert floor.rebates("USDT") == "1"
    bob.has("100", "BTC")
    bob.has("100000", "USDT")


def test_one_fill_of_several(floor: Floor, alice: Trader, bob: Trader, carol: Trader) -> None:
    bob.sells(1, at="50.00")
    carol.sells(1, at="60.00")
    deal = alice.buys(2, at="60.00")
    fact = floor.send(0, bust_of(deal, 1)).is_fact()
    assert isinstance(fact, e.TradeBusted)
    assert (fact.deal_id, fact.maker_user_id) == (2, carol.user_id)
    alice.has("101", "BTC")
    alice.has("99950", "USDT")
    carol.has("100", "BTC")


def test_orders_and_the_last_price_stay(floor: Floor, alice: Trader, bob: Trader) -> None:
    rests = bob.sells(3, at="50.00")
    deal = alice.buys(1, at="50.00")
    answer = floor.send(0, bust_of(deal))
    assert len(answer.rows) == 1
    assert (floor.house.last_price_ticks(1), floor.house.last_deal_id(1)) == (50_00, 1)
    alice.buys(2, at="50.00").fills("2 @ 50.00 from bob")
    assert rests.order_id not in bob.open_orders()


def test_once(floor: Floor, alice: Trader, bob: Trader) -> None:
    bob.sells(2, at="50.00")
    deal = alice.buys(2, at="50.00")
    first = floor.send(0, bust_of(deal)).is_fact()
    alice.receives("5", "BTC")
    floor.later(hours=1)
    floor.restart()
    again = floor.send(0, bust_of(deal, reason="again")).is_fact()
    assert again == msgspec.structs.replace(first, repeated=True)
    alice.has("105", "BTC")


def test_a_deal_with_oneself(floor: Floor, alice: Trader) -> None:
    floor.fees("BTCUSDT", maker="0.001", taker="0.002")
    alice.sells(2, at="50.00")
    floor.send(0, bust_of(alice.buys(2, at="50.00"))).is_fact()
    alice.has("100", "BTC")
    alice.has("100000", "USDT")


def test_what_the_buyer_no_longer_has(floor: Floor, alice: Trader, bob: Trader) -> None:
    floor.fees("BTCUSDT", maker="0", taker="0.01")
    bob.sells(2, at="50.00")
    deal = alice.buys(2, at="50.00")
    alice.receives("-100", "BTC")
    alice.sells("1", at="500.00")
    answer = floor.send(0, bust_of(deal))  # 0.98 and the fee of 0.02 are 1
    answer.is_refused(Reject.BALANCE_NOT_ENOUGH, bound=100_000_000, value=200_000_000)
    alice.receives("1", "BTC")
    floor.send(0, bust_of(deal)).is_fact()
    alice.has("0", "BTC", hold="1")


def test_what_the_seller_no_longer_has(floor: Floor, alice: Trader, bob: Trader) -> None:
    bob.sells(2, at="50.00")
    deal = alice.buys(2, at="50.00")
    bob.receives("-100000.000001", "USDT")
    answer = floor.send(0, bust_of(deal))
    answer.is_refused(Reject.BALANCE_NOT_ENOUGH, bound=99_999_999, value=100_000_000)


def test_more_fees_than_the_house_has(floor: Floor, alice: Trader, bob: Trader) -> None:
    floor.fees("BTCUSDT", maker="0", taker="0.01")
    bob.sells(1, at="50.00")
    deal = alice.buys(1, at="50.00")
    answer = floor.send(0, bust_of(deal, taker_fee_units=1_000_001))
    answer.is_refused(Reject.BALANCE_NOT_ENOUGH, bound=1_000_000, value=1_000_001)
    answer = floor.send(0, bust_of(deal, maker_fee_units=1))
    answer.is_refused(Reject.BALANCE_NOT_ENOUGH, bound=0, value=1)
    floor.send(0, bust_of(deal)).is_fact()


def test_a_deal_of_an_auction(floor: Floor, alice: Trader, bob: Trader) -> None:
    """Both sides of it may have been paid a rebate."""
    floor.fees("BTCUSDT", maker="-0.01", taker="0.01")
    floor.send(0, c.RebateFund("USDT", 1, 5_000_000))
    floor.send(0, c.RebateFund("BTC", 1, 5_000_000))
    floor.phase(c.Phase.AUCTION)
    alice.buys(1, at="100.00")
    bob.sells(1, at="100.00")
    deal = floor.phase(c.Phase.CONTINUOUS)
    assert (floor.rebates("USDT"), floor.rebates("BTC")) == ("4", "0.04")
    floor.send(0, bust_of(deal)).is_fact()
    assert (floor.rebates("USDT"), floor.rebates("BTC")) == ("5", "0.05")
    for trader in (alice, bob):
        trader.has("100", "BTC")
        trader.has("100000", "USDT")


def test_refused(floor: Floor, alice: Trader, bob: Trader) -> None:
    bob.sells(1, at="50.00")
    deal = alice.buys(1, at="50.00")
    floor.send(0, bust_of(deal, market_id=9)).is_refused(Reject.UNKNOWN_MARKET, value=9)
    floor.send(0, bust_of(deal, taker_user_id=98, maker_user_id=99)).is_refused(Reject.UNKNOWN_USER, value=98)
    floor.send(0, bust_of(deal, maker_user_id=99)).is_refused(Reject.UNKNOWN_USER, value=99)
    for deal_id in (0, -1, 2):
        answer = floor.send(0, bust_of(deal, deal_id=deal_id))
        answer.is_refused(Reject.INVALID_ARGUMENT, bound=1, value=deal_id)
    floor.send(0, bust_of(deal, reason="x" * 201)).is_refused(Reject.INVALID_ARGUMENT)
    floor.send(0, bust_of(deal, reason="x" * 200)).is_fact()


@pytest.mark.parametrize("name", ["size_lots", "money_units", "taker_fee_units", "maker_fee_units"])
def test_numbers_out_of_bounds(floor: Floor, alice: Trader, bob: Trader, name: str) -> None:
    bob.sells(1, at="50.00")
    deal = alice.buys(1, at="50.00")
    beyond = -UNITS_MAX - 1 if name.endswith("fee_units") else -1
    for value in (beyond, UNITS_MAX + 1, 2**63):
        floor.send(0, bust_of(deal, **{name: value})).is_refused(Reject.INVALID_ARGUMENT)
