"""An order that would trade with one of the same user: what the taker's mode says happens instead."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fondaco.core.commands import SelfTrade
from fondaco.core.events import Cause, EventKind, Finish, cause_of, kind_of, self_trade_of
from fondaco.core.rejects import Reject
from tests.core.table import BOTH, FOK, IOC, Trader
from tests.core.table_answer import Book

pytestmark = BOTH
Books = Callable[[str], Book]
NEWEST, OLDEST, EITHER = SelfTrade.CANCEL_NEWEST, SelfTrade.CANCEL_OLDEST, SelfTrade.CANCEL_BOTH
DECREMENT = SelfTrade.DECREMENT


class TestCancelNewest:
    def test_refused_where_it_would_be_the_first(self, alice: Trader, bob: Trader) -> None:
        own = alice.sells(1, at="100.00")
        bob.sells(1, at="100.00")
        alice.buys(1, at="100.00", self_trade=NEWEST).is_refused(Reject.SELF_TRADE, bound=own.order_id)
        alice.spends("1", self_trade=NEWEST).is_refused(Reject.SELF_TRADE, bound=own.order_id)
        alice.buys(1, at="99.99", self_trade=NEWEST).rests("1")

    def test_it_ends_where_it_meets_its_own(self, alice: Trader, bob: Trader, book: Books) -> None:
        bob.sells(1, at="100.00")
        alice.sells(1, at="100.01")
        bob.sells(1, at="100.02")
        answer = alice.buys(3, at="100.02", self_trade=NEWEST).fills("1 @ 100.00 from bob")
        answer.ends(Finish.SELF_TRADE, left="2")
        alice.has("99900", "USDT")
        book("BTCUSDT").shows("""
            bid | price  | ask
                | 100.02 | 1
                | 100.01 | 1
        """)

    def test_one_that_has_enough_before_does_not_meet_it(self, alice: Trader, bob: Trader) -> None:
        bob.sells(1, at="100.00")
        alice.sells(1, at="100.01")
        alice.buys(1, at="100.02", self_trade=NEWEST).ends(Finish.FILLED)


class TestCancelOldest:
    def test_what_is_met_ends_and_the_taker_goes_on(self, alice: Trader, bob: Trader, book: Books) -> None:
        own = alice.sells(1, at="100.00", name="own")
        bob.sells(1, at="100.00")
        answer = alice.buys(2, at="100.00", self_trade=OLDEST).fills("1 @ 100.00 from bob").rests("1")
        answer.and_ends(own, Finish.SELF_TRADE, left="1")
        alice.has("101", "BTC")
        book("BTCUSDT").shows("""
            bid | price  | ask
              1 | 100.00 |
        """)

    def test_an_order_that_only_meets_its_own(self, alice: Trader) -> None:
        own = [alice.buys(1, at="100.00"), alice.buys(1, at="99.00")]
        answer = alice.sells(3, at="99.00", tif=IOC, self_trade=OLDEST).ends(Finish.REMAINDER_CANCELLED, left="3")
        assert answer.told() == [order.order_id for order in own]
        alice.has("100000", "USDT")


class TestCancelBoth:
    def test_both_end(self, alice: Trader, bob: Trader, book: Books) -> None:
        bob.sells(1, at="100.00")
        own = alice.sells(2, at="100.01")
        answer = alice.buys(5, at="100.02", self_trade=EITHER).fills("1 @ 100.00 from bob")
        answer.and_ends(own, Finish.SELF_TRADE, left="2").ends(Finish.SELF_TRADE, left="4")
        book("BTCUSDT").is_empty()
        alice.has("101", "BTC")
        alice.has("99900", "USDT")

    def test_one_own_order_only(self, alice: Trader) -> None:
        first, second = alice.sells(1, at="100.00"), alice.sells(1, at="100.00")
        alice.spends("100", self_trade=EITHER).and_ends(first, Finish.SELF_TRADE, left="1").ends(
            Finish.SELF_TRADE, left="100"
        )
        assert alice.open_orders() == [second.order_id]


class TestDecrement:
    def test_the_smaller_taker_ends(self, alice: Trader, bob: Trader) -> None:
        own = alice.sells(3, at="100.00")
        answer = alice.buys(1, at="100.00", self_trade=DECREMENT).ends(Finish.SELF_TRADE)
        answer.and_rests(own, "2")
        alice.has("98", "BTC", hold="2")
        alice.has("100000", "USDT")
        assert answer.row[5:7] == (0, 0)
        row = answer.last_row_of(own)
        assert (cause_of(row), *row[5:8], row[13]) == (Cause.UPDATE, 2_0000, 2_0000, 0, 2_0000)
        bob.buys(2, at="100.00").fills("2 @ 100.00 from alice").and_ends(own, Finish.FILLED)

    def test_the_smaller_maker_ends_and_the_taker_goes_on(self, alice: Trader, bob: Trader) -> None:
        own = alice.sells(1, at="100.00")
        bob.sells(1, at="100.00")
        answer = alice.buys(3, at="100.00", self_trade=DECREMENT).fills("1 @ 100.00 from bob").rests("1")
        answer.and_ends(own, Finish.SELF_TRADE)
        assert answer.row[5:8] == (2_0000, 1_0000, 1_0000)
        alice.has("99800", "USDT", hold="100")

    def test_the_same_size_ends_both(self, alice: Trader) -> None:
        own = alice.buys(2, at="100.00")
        alice.sells(2, self_trade=DECREMENT).ends(Finish.SELF_TRADE).and_ends(own, Finish.SELF_TRADE)
        alice.has("100", "BTC")
        alice.has("100000", "USDT")

    def test_what_is_hidden_counts(self, alice: Trader, book: Books) -> None:
        own = alice.sells(5, at="100.00", shows="1")
        alice.buys(3, at="100.00", self_trade=DECREMENT).ends(Finish.SELF_TRADE).and_rests(own, "2")
        book("BTCUSDT").shows("""
            bid | price  | ask
                | 100.00 | 1
        """)
        alice.buys("1.5", at="100.00", self_trade=DECREMENT).and_rests(own, "0.5")
        book("BTCUSDT").shows("""
            bid | price  | ask
                | 100.00 | 0.5
        """)

    def test_it_keeps_its_place(self, alice: Trader, bob: Trader, carol: Trader) -> None:
        alice.sells(2, at="100.00")
        bob.sells(1, at="100.00")
        alice.buys(1, at="100.00", self_trade=DECREMENT)
        carol.buys(1, at="100.00").fills("1 @ 100.00 from alice")

    def test_money_shrinks_by_what_it_would_have_cost(self, alice: Trader, bob: Trader) -> None:
        own = alice.sells(1, at="100.00")
        bob.sells(1, at="200.00")
        answer = alice.spends("250.005", self_trade=DECREMENT).fills("0.75 @ 200.00 from bob")
        answer.and_ends(own, Finish.SELF_TRADE).ends(Finish.REMAINDER_CANCELLED, left="0.005")
        assert answer.row[5] == 150_005_000

    def test_a_part_that_was_traded_before_stays_in_the_amount(self, alice: Trader, bob: Trader) -> None:
        own = alice.sells(3, at="100.00")
        bob.buys(1, at="100.00")
        answer = alice.buys(1, at="100.00", self_trade=DECREMENT)
        assert answer.last_row_of(own)[5:8] == (2_0000, 1_0000, 1_0000)


class TestFillOrKill:
    """Ones own orders are none to fill it with."""

    @pytest.mark.parametrize("mode", [OLDEST, EITHER, DECREMENT])
    def test_own_orders_do_not_count(self, alice: Trader, bob: Trader, mode: SelfTrade) -> None:
        alice.sells(1, at="100.00")
        bob.sells(1, at="100.01")
        alice.buys(2, at="100.01", tif=FOK, self_trade=mode).is_refused(Reject.FILL_OR_KILL_UNFILLABLE, value=20_000)
        alice.buys(2, at="100.01", tif=FOK).fills("1 @ 100.00 from alice", "1 @ 100.01 from bob")

    def test_over_what_it_cancels(self, alice: Trader, bob: Trader) -> None:
        own = alice.sells(1, at="100.00")
        bob.sells(2, at="100.01")
        answer = alice.buys(2, at="100.01", tif=FOK, self_trade=OLDEST).fills("2 @ 100.01 from bob")
        answer.and_ends(own, Finish.SELF_TRADE, left="1").ends(Finish.FILLED)

    @pytest.mark.parametrize("mode", [NEWEST, EITHER])
    def test_never_in_part(self, alice: Trader, bob: Trader, mode: SelfTrade) -> None:
        """With enough behind an own order that would end it, it is refused and not filled in half."""
        bob.sells(1, at="100.00")
        alice.sells(1, at="100.01")
        bob.sells(1, at="100.01")
        alice.buys(2, at="100.01", tif=FOK, self_trade=mode).is_refused(Reject.FILL_OR_KILL_UNFILLABLE, value=20_000)
        alice.buys(1, at="100.01", tif=FOK, self_trade=mode).fills("1 @ 100.00 from bob")

    @pytest.mark.parametrize("mode", [NEWEST, EITHER])
    def test_what_an_iceberg_hides_stands_behind_the_own_order(
        self, alice: Trader, bob: Trader, mode: SelfTrade
    ) -> None:
        bob.sells(3, at="100.00", shows="1")
        alice.sells(1, at="100.00")
        alice.buys(2, at="100.00", tif=FOK, self_trade=mode).is_refused(Reject.FILL_OR_KILL_UNFILLABLE, value=20_000)
        alice.buys(1, at="100.00", tif=FOK, self_trade=mode).fills("1 @ 100.00 from bob")


def test_the_takers_mode_rules(alice: Trader) -> None:
    alice.sells(1, at="100.00", self_trade=NEWEST)
    answer = alice.buys(1, at="100.00").fills("1 @ 100.00 from alice").ends(Finish.FILLED)
    assert [self_trade_of(row) for row in answer.rows if kind_of(row) == EventKind.ORDER] == [NEWEST, 0]


def test_money_for_less_than_a_lot_meets_nobody(alice: Trader, bob: Trader) -> None:
    """What cannot buy a lot more would not trade: the own order it would have met stays."""
    bob.sells("0.0001", at="100.00")
    own = alice.sells(1, at="30000.00")
    alice.spends("1.5", self_trade=OLDEST).fills("0.0001 @ 100.00 from bob").ends(
        Finish.REMAINDER_CANCELLED, left="1.49"
    )
    assert alice.open_orders() == [own.order_id]


def test_another_users_orders_are_no_matter(alice: Trader, bob: Trader) -> None:
    for mode in SelfTrade:
        bob.sells(1, at="100.00", self_trade=mode)
        alice.buys(1, at="100.00", self_trade=mode).fills("1 @ 100.00 from bob").ends(Finish.FILLED)
