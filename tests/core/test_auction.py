"""The end of an auction: one price at which most is traded, and who trades at it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fondaco.core import events as e
from fondaco.core.commands import Phase, SelfTrade, Side
from fondaco.core.events import Cause, EventKind, Finish, cause_of, is_answer, kind_of, side_of
from tests.core.table import BOTH, Floor, Trader
from tests.core.table_answer import Answer, Book

pytestmark = BOTH
Books = Callable[[str], Book]


@pytest.fixture
def opens(floor: Floor, alice: Trader, bob: Trader) -> Callable[..., Answer]:
    """Lay out an auction, ``2 @ 100.00`` each, and end it. Who bids is alice, who asks is bob."""

    def opened(bids: str, asks: str, phase: Phase = Phase.CONTINUOUS) -> Answer:
        floor.phase(Phase.AUCTION)
        for side, trader in ((bids, alice), (asks, bob)):
            for order in filter(None, side.split(", ")):
                amount, price = order.split(" @ ")
                (trader.buys if trader is alice else trader.sells)(amount, at=price).fills().rests(amount)
        return floor.phase(phase)

    return opened


def opening(answer: Answer) -> tuple[int, int]:
    """(price in ticks, lots)"""
    fact = answer.is_fact()
    assert isinstance(fact, e.MarketPhaseSet)
    return fact.uncross_price_ticks, fact.uncross_lots


Opens = Callable[..., Answer]


class TestPrice:
    def test_the_most_volume(self, opens: Opens) -> None:
        """3 at 101 and 4 at 100 are wanted; 2 at 99, 5 at 100 are offered: at 100, 4 trade."""
        answer = opens("3 @ 101.00, 1 @ 100.00, 9 @ 98.00", "2 @ 99.00, 3 @ 100.00, 9 @ 102.00")
        assert opening(answer) == (100_00, 4_0000)

    def test_then_the_least_left_over(self, opens: Opens) -> None:
        """2 trade at any price from 99 to 101; above 100.00 one ask more is left over."""
        answer = opens("2 @ 101.00, 1 @ 99.50", "2 @ 99.00, 5 @ 100.50")
        # up to 99.50 one bid too many; 99.51 … 100.49 none; from 100.50 five asks too many
        assert opening(answer) == (99_51, 2_0000)

    def test_then_the_nearest_to_the_last_price(self, floor: Floor, opens: Opens) -> None:
        floor.prints("100.20")
        assert opening(opens("2 @ 101.00, 1 @ 99.50", "2 @ 99.00, 5 @ 100.50")) == (100_20, 2_0000)

    def test_or_to_the_reference(self, floor: Floor, opens: Opens) -> None:
        floor.prints("100.20")
        floor.band("0", around="100.40")
        assert opening(opens("2 @ 101.00, 1 @ 99.50", "2 @ 99.00, 5 @ 100.50")) == (100_40, 2_0000)

    @pytest.mark.parametrize(("last", "price"), [("200.00", 100_49), ("1.00", 99_51)])
    def test_a_last_price_that_is_far(self, floor: Floor, opens: Opens, last: str, price: int) -> None:
        floor.prints(last)
        assert opening(opens("2 @ 101.00, 1 @ 99.50", "2 @ 99.00, 5 @ 100.50")) == (price, 2_0000)

    @pytest.mark.parametrize(("last", "price"), [("100.50", 100_50), ("99.50", 99_50)])
    def test_one_too_many_of_either_side_is_as_good(self, floor: Floor, opens: Opens, last: str, price: int) -> None:
        """Up to 100.00 a bid is left over, from 100.01 on an ask."""
        floor.prints(last)
        assert opening(opens("2 @ 101.00, 1 @ 100.00", "2 @ 99.00, 1 @ 100.01")) == (price, 2_0000)

    def test_without_any_price_the_lowest(self, opens: Opens) -> None:
        assert opening(opens("1 @ 101.00", "1 @ 99.00")) == (99_00, 1_0000)

    def test_what_is_hidden_counts(self, floor: Floor, alice: Trader, bob: Trader) -> None:
        floor.phase(Phase.AUCTION)
        alice.buys(5, at="100.00", shows="1")
        bob.sells(3, at="99.00")
        bob.sells(2, at="100.00")
        assert opening(floor.phase(Phase.CONTINUOUS)) == (100_00, 5_0000)

    def test_a_book_that_is_not_crossed(self, opens: Opens, book: Books) -> None:
        answer = opens("1 @ 99.00", "1 @ 99.01")
        assert opening(answer) == (0, 0)
        assert len(answer.rows) == 1
        book("BTCUSDT").shows("""
            bid | price | ask
                | 99.01 | 1
              1 | 99.00 |
        """)

    def test_one_side_alone(self, opens: Opens) -> None:
        assert opening(opens("1 @ 99.00", "")) == (0, 0)

    def test_one_price(self, opens: Opens, floor: Floor) -> None:
        assert opening(opens("1 @ 100.00", "3 @ 100.00")) == (100_00, 1_0000)
        assert floor.house.last_price_ticks(1) == 100_00


class TestDeals:
    def test_by_price_then_by_time(self, floor: Floor, alice: Trader, bob: Trader, carol: Trader, book: Books) -> None:
        floor.phase(Phase.AUCTION)
        carol.buys(1, at="100.00")
        alice.buys(2, at="101.00")
        bob.buys(2, at="100.00")
        carol.sells(3, at="99.00")
        alice.sells(1, at="98.00")
        answer = floor.phase(Phase.CONTINUOUS)
        # 4 at 99 or 100: one bid is left over either way, and the lower is taken
        assert opening(answer) == (99_00, 4_0000)
        answer.trades("alice 1 @ 99.00 alice", "carol 1 @ 99.00 alice", "carol 1 @ 99.00 carol", "carol 1 @ 99.00 bob")
        book("BTCUSDT").shows("""
            bid | price  | ask
              1 | 100.00 |
        """)

    def test_bidders_get_back_what_they_would_have_paid_more(self, opens: Opens, alice: Trader, bob: Trader) -> None:
        opens("2 @ 105.00, 1 @ 99.00", "3 @ 95.00")
        # at 95.00 to 99.00 all three trade
        alice.has("99715", "USDT")
        bob.has("100285", "USDT")
        alice.has("103", "BTC")

    def test_a_part_that_stays_holds_what_it_did(self, opens: Opens, alice: Trader, book: Books) -> None:
        opens("5 @ 105.00", "2 @ 95.00")
        alice.has("99495", "USDT", hold="315")  # 190 paid
        book("BTCUSDT").shows("""
            bid | price  | ask
              3 | 105.00 |
        """)

    def test_the_later_order_is_the_taker_and_both_pay_as_makers(
        self, floor: Floor, opens: Opens, alice: Trader, bob: Trader
    ) -> None:
        floor.fees("BTCUSDT", maker="0.01", taker="0.5")
        answer = opens("1 @ 100.00", "1 @ 100.00")
        fill = answer.rows[0]
        assert side_of(fill) == Side.ASK
        assert fill[8] == bob.user_id | alice.user_id << 32
        assert fill[9:11] == (1_000_000, 1_000_000)  # 1 % of 100 USDT, and of 1 BTC
        alice.has("100.99", "BTC")
        bob.has("100099", "USDT")

    def test_its_rows(self, floor: Floor, opens: Opens, alice: Trader) -> None:
        floor.later(us=3)
        answer = opens("3 @ 100.00", "1 @ 99.00, 1 @ 100.00")
        bid = alice.open_orders()[0]
        ask = bid + 1
        rows = answer.rows
        kinds = [kind_of(row) for row in rows]
        assert kinds == [EventKind.FILL, EventKind.ORDER, EventKind.ORDER] * 2 + [EventKind.FACT]
        assert [row[2] for row in rows if kind_of(row) == EventKind.ORDER] == [bid, ask, bid, ask + 1]
        causes = [cause_of(row) for row in rows if kind_of(row) == EventKind.ORDER]
        assert causes == [Cause.UPDATE, Cause.FINISH, Cause.UPDATE, Cause.FINISH]
        assert [is_answer(row) for row in rows] == [False] * 6 + [True]

    def test_an_iceberg_shows_its_part_again_in_its_place(
        self, floor: Floor, alice: Trader, bob: Trader, carol: Trader, book: Books
    ) -> None:
        floor.phase(Phase.AUCTION)
        bob.sells(5, at="100.00", shows="2")
        carol.sells(2, at="100.00")
        alice.buys(3, at="100.00")
        answer = floor.phase(Phase.CONTINUOUS).trades("alice 3 @ 100.00 bob")
        assert opening(answer) == (100_00, 3_0000)
        book("BTCUSDT").shows("""
            bid | price  | ask
                | 100.00 | 4
        """)
        alice.buys(3, at="100.00").fills("2 @ 100.00 from bob", "1 @ 100.00 from carol")

    def test_self_trade_modes_are_off(self, floor: Floor, alice: Trader) -> None:
        floor.phase(Phase.AUCTION)
        alice.buys(1, at="100.00", self_trade=SelfTrade.CANCEL_BOTH)
        alice.sells(1, at="100.00", self_trade=SelfTrade.CANCEL_BOTH)
        floor.phase(Phase.CONTINUOUS).trades("alice 1 @ 100.00 alice")

    def test_it_survives_a_restart(self, floor: Floor, alice: Trader, bob: Trader) -> None:
        floor.phase(Phase.AUCTION)
        alice.buys(1, at="100.00")
        bob.sells(1, at="90.00")
        floor.restart()
        assert opening(floor.phase(Phase.CONTINUOUS)) == (90_00, 1_0000)


class TestAround:
    def test_what_waits_is_held_to_its_price(self, floor: Floor, alice: Trader, bob: Trader, carol: Trader) -> None:
        floor.prints("90.00")
        floor.phase(Phase.AUCTION)
        stop = carol.buys(1, at="106.00", stop="100.00")
        alice.buys(1, at="100.00")
        bob.sells(1, at="100.00")
        bob.sells(1, at="105.00")
        answer = floor.phase(Phase.CONTINUOUS)
        answer.trades("bob 1 @ 100.00 alice", "carol 1 @ 105.00 bob").and_ends(stop, Finish.FILLED)
        assert [is_answer(row) for row in answer.rows].index(True) == 3  # before what it sets off

    def test_into_close_only(self, floor: Floor, opens: Opens, carol: Trader) -> None:
        floor.prints("90.00")
        stop = carol.buys(1, at="106.00", stop="100.00")
        answer = opens("1 @ 100.00", "1 @ 100.00", Phase.CLOSE_ONLY)
        assert opening(answer) == (100_00, 1_0000)
        answer.and_ends(stop, Finish.TRIGGER_REFUSED, left="1")

    def test_a_halt_between_changes_nothing(self, floor: Floor, opens: Opens, book: Books) -> None:
        answer = opens("1 @ 100.00", "1 @ 100.00", Phase.HALT)
        assert opening(answer) == (0, 0)
        assert floor.house.last_deal_id(1) == 0
        floor.restart()
        assert opening(floor.phase(Phase.CONTINUOUS)) == (100_00, 1_0000)
        book("BTCUSDT").is_empty()

    def test_good_till_ends_before(self, floor: Floor, alice: Trader, bob: Trader) -> None:
        floor.phase(Phase.AUCTION)
        order = alice.buys(1, at="100.00", until_us=floor.time_us + 5)
        bob.sells(1, at="100.00")
        floor.later(us=5)
        answer = floor.phase(Phase.CONTINUOUS).and_ends(order, Finish.EXPIRED, left="1")
        assert opening(answer) == (0, 0)
