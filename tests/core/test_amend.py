"""Changing an open order: less of it keeps its place; anything else goes to the back, and trades if it crosses."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fondaco.core import commands as c
from fondaco.core.commands import Phase, SelfTrade
from fondaco.core.events import HAS_MOVED, Cause, Finish, cause_of, is_answer
from fondaco.core.rejects import Reject
from fondaco.core.units import UNITS_MAX
from tests.core.table import BOTH, Floor, Trader
from tests.core.table_answer import Answer, Book

pytestmark = BOTH
Books = Callable[[str], Book]


def has_moved(answer: Answer) -> bool:
    assert cause_of(answer.row) == Cause.UPDATE
    return bool(answer.row[0] >> 56 & HAS_MOVED)


class TestPlace:
    def test_less_keeps_its_place(self, alice: Trader, bob: Trader, carol: Trader) -> None:
        order = bob.sells(3, at="100.00")
        carol.sells(1, at="100.00")
        answer = bob.amends(order, amount=2).rests("2")
        assert not has_moved(answer)
        bob.has("98", "BTC", hold="2")
        alice.buys(3, at="100.00").fills("2 @ 100.00 from bob", "1 @ 100.00 from carol")

    def test_the_same_keeps_its_place(self, alice: Trader, bob: Trader, carol: Trader) -> None:
        order = bob.sells(2, at="100.00")
        carol.sells(1, at="100.00")
        assert not has_moved(bob.amends(order, amount=2, at="100.00"))
        alice.buys(1, at="100.00").fills("1 @ 100.00 from bob")

    def test_more_goes_to_the_back(self, alice: Trader, bob: Trader, carol: Trader) -> None:
        order = bob.sells(1, at="100.00")
        carol.sells(1, at="100.00")
        assert has_moved(bob.amends(order, amount=2).rests("2"))
        bob.has("98", "BTC", hold="2")
        alice.buys(3, at="100.00").fills("1 @ 100.00 from carol", "2 @ 100.00 from bob")

    def test_another_price_goes_to_its_back(self, alice: Trader, bob: Trader, carol: Trader, book: Books) -> None:
        order = bob.sells(1, at="101.00")
        carol.sells(1, at="100.00")
        assert has_moved(bob.amends(order, at="100.00").rests("1"))
        book("BTCUSDT").shows("""
            bid | price  | ask
                | 100.00 | 2
        """)
        alice.buys(2, at="100.00").fills("1 @ 100.00 from carol", "1 @ 100.00 from bob")

    def test_there_and_back_loses_its_place(self, alice: Trader, bob: Trader, carol: Trader) -> None:
        order = bob.sells(1, at="100.00")
        carol.sells(1, at="100.00")
        bob.amends(order, at="101.00")
        bob.amends(order, at="100.00")
        alice.buys(1, at="100.00").fills("1 @ 100.00 from carol")

    def test_its_id_and_its_time_stay(self, floor: Floor, alice: Trader) -> None:
        order = alice.buys(1, at="100.00", name="mine")
        newer = alice.buys(1, at="99.00")
        floor.later(us=5)
        row = alice.amends("mine", at="98.00").row
        assert (row[2], row[4], row[10], row[11]) == (order.order_id, 98_00, floor.time_us - 5, floor.time_us)
        assert alice.open_orders() == [newer.order_id, order.order_id]
        alice.cancels("mine").ends(Finish.CANCELLED, left="1")

    def test_it_survives_a_restart_in_its_place(self, floor: Floor, alice: Trader, bob: Trader, carol: Trader) -> None:
        first = bob.sells(1, at="100.00")
        carol.sells(1, at="100.00")
        bob.amends(first, amount=2)
        floor.restart()
        alice.buys(2, at="100.00").fills("1 @ 100.00 from carol", "1 @ 100.00 from bob")


class TestAmount:
    def test_it_is_the_whole_with_what_was_traded(self, alice: Trader, bob: Trader) -> None:
        order = alice.buys(5, at="100.00")
        bob.sells(2, at="100.00")
        alice.amends(order, amount=3).rests("1")
        alice.has("99700", "USDT", hold="100")
        alice.amends(order, amount=7).rests("5")
        alice.has("99300", "USDT", hold="500")

    def test_no_less_than_was_traded(self, alice: Trader, bob: Trader) -> None:
        order = alice.buys(5, at="100.00")
        bob.sells(2, at="100.00")
        for amount in ("2", "0.0001"):
            alice.amends(order, amount=amount).is_refused(
                Reject.AMOUNT_TOO_SMALL, bound=20_001, value=int(float(amount) * 10_000)
            )
        alice.amends(order, amount="2.0001").rests("0.0001")

    def test_bounds_are_those_of_a_new_order(self, floor: Floor, alice: Trader) -> None:
        floor.market("MINI", "BTC", "USDT", 2, 4, amount_min="0.01", money_min="5")
        mini = alice.at("MINI")
        order = mini.buys(1, at="500.00")
        mini.amends(order, amount="0.0099").is_refused(Reject.AMOUNT_TOO_SMALL, bound=100, value=99)
        mini.amends(order, at="4.99").is_refused(Reject.ORDER_TOO_SMALL_IN_MONEY, bound=5_000_000, value=4_990_000)
        mini.amends(order, at="499.99", amount="0.01").is_refused(
            Reject.ORDER_TOO_SMALL_IN_MONEY, bound=5_000_000, value=4_999_900
        )
        floor.send(alice.user_id, c.Amend(2, order.order_id, 0, UNITS_MAX)).is_refused(
            Reject.AMOUNT_TOO_LARGE, bound=UNITS_MAX // 10_000, value=UNITS_MAX
        )
        floor.send(alice.user_id, c.Amend(2, order.order_id, UNITS_MAX, 0)).is_refused(
            Reject.AMOUNT_TOO_LARGE, bound=1, value=10_000
        )
        mini.amends(order, at="500.00", amount="0.01").rests("0.01")

    def test_funds(self, floor: Floor) -> None:
        poor = floor.user("poor")
        poor.receives("100", "USDT")
        order = poor.buys("0.6", at="100.00")
        poor.amends(order, amount="1.0001").is_refused(Reject.BALANCE_NOT_ENOUGH, bound=100_000_000, value=100_010_000)
        poor.amends(order, at="170.00").is_refused(Reject.BALANCE_NOT_ENOUGH, bound=100_000_000, value=102_000_000)
        poor.amends(order, amount=1).rests("1")
        poor.has("0", "USDT", hold="100")
        poor.amends(order, at="50.00").rests("1")
        poor.has("50", "USDT", hold="50")


class TestTaking:
    def test_it_trades_as_it_crosses(self, alice: Trader, bob: Trader) -> None:
        bob.sells(1, at="101.00")
        order = alice.buys(3, at="100.00")
        answer = alice.amends(order, at="102.00").fills("1 @ 101.00 from bob").rests("2")
        assert has_moved(answer)
        assert cause_of(answer.row) == Cause.UPDATE
        alice.has("99695", "USDT", hold="204")
        bob.sells(2, at="101.00").fills("2 @ 102.00 from alice").and_ends(order, Finish.FILLED)

    def test_it_may_end(self, alice: Trader, bob: Trader) -> None:
        bob.sells(3, at="101.00")
        order = alice.buys(3, at="100.00", name="mine")
        alice.amends(order, at="102.00").fills("3 @ 101.00 from bob").ends(Finish.FILLED)
        alice.has("99697", "USDT")
        alice.cancels("mine").is_refused(Reject.ORDER_NOT_FOUND, value=order.order_id)

    def test_it_pays_as_a_taker_then(self, floor: Floor, alice: Trader, bob: Trader) -> None:
        floor.fees("BTCUSDT", maker="0.001", taker="0.01")
        order = alice.buys(2, at="100.00")
        floor.fees("BTCUSDT", maker="0", taker="0")
        bob.sells(1, at="100.00")
        bob.sells(1, at="101.00")
        answer = alice.amends(order, at="101.00").ends(Finish.FILLED)
        assert answer.row[9] == 100_000 + 1_000_000

    def test_its_mode_with_its_own(self, alice: Trader, bob: Trader) -> None:
        own = alice.sells(1, at="101.00")
        order = alice.buys(3, at="100.00", self_trade=SelfTrade.CANCEL_NEWEST)
        alice.amends(order, at="101.00").ends(Finish.SELF_TRADE, left="3")
        order = alice.buys(3, at="100.00", self_trade=SelfTrade.CANCEL_OLDEST)
        alice.amends(order, at="101.00").rests("3").and_ends(own, Finish.SELF_TRADE, left="1")

    def test_it_sets_off_what_waits(self, floor: Floor, alice: Trader, bob: Trader, carol: Trader) -> None:
        floor.prints("100.00")
        bob.sells(1, at="105.00")
        bob.sells(1, at="106.00")
        stop = carol.buys(1, at="106.00", stop="105.00")
        order = alice.buys(1, at="100.00")
        answer = alice.amends(order, at="105.00")
        answer.trades("alice 1 @ 105.00 bob", "carol 1 @ 106.00 bob").and_ends(stop, Finish.FILLED)
        assert is_answer(answer.rows[2])

    def test_an_iceberg(self, alice: Trader, bob: Trader, book: Books) -> None:
        order = bob.sells(5, at="100.00", shows="2")
        alice.buys(1, at="100.00")
        bob.amends(order, amount=4).rests("3")
        book("BTCUSDT").shows("""
            bid | price  | ask
                | 100.00 | 1
        """)
        bob.amends(order, amount=6).rests("5")
        book("BTCUSDT").shows("""
            bid | price  | ask
                | 100.00 | 2
        """)
        bob.amends(order, amount="1.5").rests("0.5")
        book("BTCUSDT").shows("""
            bid | price  | ask
                | 100.00 | 0.5
        """)


class TestWaiting:
    def test_everything_can_be_changed(self, floor: Floor, alice: Trader, bob: Trader) -> None:
        floor.prints("100.00")
        bob.buys(3, at="80.00")
        order = alice.sells(1, at="90.00", stop="95.00")
        answer = alice.amends(order, at="80.00", amount=2, trigger="99.00").waits("2")
        assert answer.options()[0][5] == 99_00
        assert answer.row[4:6] == (80_00, 2_0000)
        assert not has_moved(answer)
        alice.has("98", "BTC", hold="2")
        floor.prints("99.00").trades("printer 0.0001 @ 99.00 printer", "alice 2 @ 80.00 bob").and_ends(
            order, Finish.FILLED
        )

    def test_the_money_of_a_market_bid(self, floor: Floor, alice: Trader, bob: Trader) -> None:
        order = alice.spends("50", stop="105.00")
        alice.amends(order, money="80.5").waits("80.5")
        alice.has("99919.5", "USDT", hold="80.5")
        alice.amends(order, money="100000.000001").is_refused(
            Reject.BALANCE_NOT_ENOUGH, bound=100_000_000_000, value=100_000_000_001
        )
        floor.send(alice.user_id, c.Amend(1, order.order_id, 0, UNITS_MAX + 1)).is_refused(
            Reject.AMOUNT_TOO_LARGE, bound=UNITS_MAX, value=UNITS_MAX + 1
        )
        alice.amends(order, money="20").waits("20")
        alice.has("99980", "USDT", hold="20")

    def test_a_price_that_would_trade_is_no_matter_yet(self, floor: Floor, alice: Trader, bob: Trader) -> None:
        floor.prints("100.00")
        bob.buys(1, at="99.00")
        order = alice.sells(1, at="100.00", stop="95.00", post_only=True)
        floor.band("0.001")
        alice.amends(order, at="50.00").waits("1")

    def test_a_trigger_that_would_fire(self, floor: Floor, alice: Trader) -> None:
        floor.prints("100.00")
        order = alice.sells(1, at="90.00", stop="95.00")
        alice.amends(order, trigger="100.00").is_refused(Reject.TRIGGER_WOULD_FIRE, bound=100_00, value=100_00)
        floor.send(alice.user_id, c.Amend(1, order.order_id, 0, 0, UNITS_MAX + 1)).is_refused(
            Reject.TRIGGER_OUT_OF_BOUNDS, bound=UNITS_MAX, value=UNITS_MAX + 1
        )
        alice.amends(order, trigger="99.99").waits("1")

    def test_the_trigger_price_it_has(self, floor: Floor, alice: Trader) -> None:
        """It is no change, even where it would fire: one that trails by more than the price is held at one tick."""
        floor.prints("0.01")
        order = alice.sells(1, trails="5.00").waits("1")
        alice.amends(order, trigger="0.01", amount=2).waits("2")
        alice.amends(order, trigger="0.02").is_refused(Reject.TRIGGER_WOULD_FIRE, bound=1, value=2)

    def test_a_trailing_one_goes_on_from_there(self, floor: Floor, alice: Trader, bob: Trader) -> None:
        floor.prints("100.00")
        bob.buys(1, at="50.00")
        order = alice.sells(1, trails="5.00")
        alice.amends(order, trigger="90.00").waits("1")
        floor.prints("94.00")
        floor.prints("97.00")  # 92.00
        floor.prints("92.00").and_ends(order, Finish.FILLED)

    def test_only_one_that_waits_has_a_trigger(self, floor: Floor, alice: Trader, bob: Trader) -> None:
        order = alice.sells(1, at="100.00")
        alice.amends(order, trigger="95.00").is_refused(Reject.INVALID_ARGUMENT, value=order.order_id)
        fired = alice.sells(1, at="99.00", stop="95.00")
        floor.prints("95.00").and_rests(fired, "1")
        alice.amends(fired, trigger="94.00").is_refused(Reject.INVALID_ARGUMENT, value=fired.order_id)
        market = alice.sells(1, stop="90.00")
        alice.amends(market, at="80.00").is_refused(Reject.INVALID_ARGUMENT, value=market.order_id)


class TestRefused:
    @pytest.mark.parametrize("values", [(0, 0, 0), (-1, 0, 0), (0, -1, 0), (0, 0, -1), (1, 1, -(2**63))])
    def test_no_change_or_a_negative_one(self, floor: Floor, alice: Trader, values: tuple[int, int, int]) -> None:
        order = alice.buys(1, at="100.00")
        floor.send(alice.user_id, c.Amend(9, order.order_id, *values)).is_refused(Reject.INVALID_ARGUMENT)

    def test_what_is_not_there(self, floor: Floor, alice: Trader, bob: Trader) -> None:
        order = alice.buys(1, at="100.00")
        floor.send(alice.user_id, c.Amend(9, order.order_id, 1)).is_refused(Reject.UNKNOWN_MARKET, value=9)
        floor.send(77, c.Amend(1, order.order_id, 1)).is_refused(Reject.UNKNOWN_USER, value=77)
        bob.amends(order, at="1.00").is_refused(Reject.NOT_YOUR_ORDER, value=order.order_id)
        bob.amends("no such name", at="1.00").is_refused(Reject.ORDER_NOT_FOUND)
        floor.market("OTHER", "BTC", "USDT", 2, 4)
        alice.at("OTHER").amends(order, at="1.00").is_refused(Reject.ORDER_NOT_FOUND, value=order.order_id)
        alice.cancels(order)
        alice.amends(order, at="1.00").is_refused(Reject.ORDER_NOT_FOUND, value=order.order_id)
        alice.is_disabled()
        alice.amends(order, at="1.00").is_refused(Reject.ACCOUNT_DISABLED, value=alice.user_id)

    def test_a_price_out_of_bounds(self, floor: Floor, alice: Trader) -> None:
        order = alice.buys(1, at="100.00")
        floor.send(alice.user_id, c.Amend(1, order.order_id, UNITS_MAX + 1)).is_refused(
            Reject.PRICE_OUT_OF_BOUNDS, bound=UNITS_MAX, value=UNITS_MAX + 1
        )

    def test_post_only(self, alice: Trader, bob: Trader) -> None:
        bob.sells(1, at="101.00")
        order = alice.buys(1, at="100.00", post_only=True)
        alice.amends(order, at="101.00").is_refused(Reject.POST_ONLY_WOULD_TAKE, bound=101_00, value=101_00)
        alice.amends(order, at="100.99").rests("1")

    def test_the_band(self, floor: Floor, alice: Trader) -> None:
        order = alice.buys(1, at="100.00")
        floor.band("0.1", around="50.00")
        alice.amends(order, at="55.01").is_refused(Reject.PRICE_BAND, bound=55_00, value=55_01)
        alice.amends(order, amount=2).rests("2")  # its price is as it was
        alice.amends(order, at="55.00").rests("2")

    def test_phases(self, floor: Floor, alice: Trader) -> None:
        bid, ask = alice.buys(1, at="90.00"), alice.sells(1, at="100.00")
        floor.phase(Phase.HALT)
        alice.amends(bid, at="91.00").is_refused(Reject.MARKET_HALTED, value=1)
        floor.phase(Phase.CLOSE_ONLY)
        alice.amends(bid, at="91.00").is_refused(Reject.CLOSE_ONLY, value=1)
        alice.amends(ask, at="99.00").rests("1")
        floor.phase(Phase.DELISTED)
        alice.amends(ask, at="98.00").is_refused(Reject.MARKET_DELISTED, value=1)

    def test_in_an_auction_it_does_not_trade(self, floor: Floor, alice: Trader, bob: Trader, book: Books) -> None:
        bid = alice.buys(1, at="90.00", post_only=True)
        bob.sells(1, at="100.00")
        floor.phase(Phase.AUCTION)
        alice.amends(bid, at="101.00").fills().rests("1")
        book("BTCUSDT").shows("""
            bid | price  | ask
                | 100.00 | 1
              1 | 101.00 |
        """)
