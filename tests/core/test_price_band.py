"""A market's band keeps prices near the last or a given one: orders beyond it are refused, market orders stop at it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fondaco.core.commands import Phase, SelfTrade
from fondaco.core.events import Finish
from fondaco.core.rejects import Reject
from tests.core.table import BOTH, FOK, IOC, Floor, Trader
from tests.core.table_answer import Book

pytestmark = BOTH
Books = Callable[[str], Book]


class TestTheFatFingerOf2017:
    """BTC-USD at Coinbase, 2017-04-15: open 1173.13, high 1190.99, low 0.06, close 1178.85, as its daily bars have it.

    Somebody sold at the market until only a bid of six cents was left, and got six cents.
    """

    def sale(self, floor: Floor, alice: Trader, bob: Trader, carol: Trader) -> Trader:
        floor.prints("1173.13")
        bob.buys("1.5", at="1173.13")
        bob.buys("2", at="1170.00")
        carol.buys(50, at="0.06")
        return alice

    def test_without_a_band_it_prints(self, floor: Floor, alice: Trader, bob: Trader, carol: Trader) -> None:
        seller = self.sale(floor, alice, bob, carol)
        seller.sells(10).fills("1.5 @ 1173.13 from bob", "2 @ 1170.00 from bob", "6.5 @ 0.06 from carol")
        assert floor.house.last_price_ticks(1) == 6

    def test_with_a_band_of_a_tenth_it_stops(
        self, floor: Floor, alice: Trader, bob: Trader, carol: Trader, book: Books
    ) -> None:
        floor.band("0.1")
        seller = self.sale(floor, alice, bob, carol)
        answer = seller.sells(10).fills("1.5 @ 1173.13 from bob", "2 @ 1170.00 from bob")
        answer.ends(Finish.REMAINDER_CANCELLED, left="6.5")
        assert floor.house.last_price_ticks(1) == 1170_00
        seller.has("96.5", "BTC")
        seller.sells("6.5").is_refused(Reject.PRICE_BAND, bound=1053_00, value=6)
        seller.sells("6.5", at="0.06", tif=IOC).is_refused(Reject.PRICE_BAND, bound=1053_00, value=6)
        seller.sells("6.5", tif=FOK).is_refused(Reject.FILL_OR_KILL_UNFILLABLE, value=65_000)
        bob.buys(10, at="1178.85").rests("10")
        seller.sells("6.5").fills("6.5 @ 1178.85 from bob")


class TestLimitOrders:
    def test_both_sides(self, floor: Floor, alice: Trader) -> None:
        floor.band("0.1", around="100.00")
        alice.buys(1, at="110.01").is_refused(Reject.PRICE_BAND, bound=110_00, value=110_01)
        alice.buys(1, at="110.00").rests("1")
        alice.buys(1, at="0.01").rests("1")  # far below trades with nobody
        alice.sells(1, at="89.99").is_refused(Reject.PRICE_BAND, bound=90_00, value=89_99)
        alice.sells(1, at="200.00").rests("1")
        alice.cancels(alice.open_orders()[-1])
        alice.sells(1, at="90.00").rests("1")

    def test_the_width_is_rounded_down(self, floor: Floor, alice: Trader) -> None:
        floor.band("0.015", around="1.99")  # 2.985 ticks
        alice.buys(1, at="2.02").is_refused(Reject.PRICE_BAND, bound=201, value=202)
        alice.sells(1, at="1.96").is_refused(Reject.PRICE_BAND, bound=197, value=196)
        alice.buys(1, at="2.01").rests("1")

    def test_around_the_last_price(self, floor: Floor, alice: Trader, bob: Trader) -> None:
        floor.band("0.1")
        alice.buys(1, at="500.00").rests("1")  # no price yet, no band
        bob.sells(1, at="500.00").fills("1 @ 500.00 from alice")
        alice.buys(1, at="550.01").is_refused(Reject.PRICE_BAND, bound=550_00, value=550_01)
        floor.restart()
        alice.buys(1, at="550.01").is_refused(Reject.PRICE_BAND, bound=550_00, value=550_01)

    def test_a_given_price_comes_before_the_last(self, floor: Floor, alice: Trader) -> None:
        floor.prints("100.00")
        floor.band("0.1", around="50.00")
        alice.buys(1, at="55.01").is_refused(Reject.PRICE_BAND, bound=55_00, value=55_01)
        floor.band("0.1")
        alice.buys(1, at="110.00").rests("1")

    def test_a_band_of_all(self, floor: Floor, alice: Trader) -> None:
        floor.band("1", around="100.00")
        alice.sells(1, at="0.01").rests("1")
        alice.buys(1, at="200.01").is_refused(Reject.PRICE_BAND, bound=200_00, value=200_01)

    def test_in_an_auction_too(self, floor: Floor, alice: Trader) -> None:
        floor.band("0.1", around="100.00")
        floor.phase(Phase.AUCTION)
        alice.buys(1, at="110.01").is_refused(Reject.PRICE_BAND, bound=110_00, value=110_01)
        alice.buys(1, at="110.00").rests("1")

    def test_what_rests_stays(self, floor: Floor, alice: Trader, bob: Trader) -> None:
        alice.buys(1, at="120.00")
        floor.band("0.1", around="100.00")
        bob.sells(1, at="100.00").fills("1 @ 120.00 from alice")

    @pytest.mark.parametrize("mode", [SelfTrade.NONE, SelfTrade.CANCEL_NEWEST])
    def test_after_the_other_looks_at_the_book(self, floor: Floor, alice: Trader, mode: SelfTrade) -> None:
        own = alice.sells(1, at="100.00")
        floor.band("0.1", around="100.00")
        answer = alice.buys(1, at="111.00", self_trade=mode)
        if mode:
            answer.is_refused(Reject.SELF_TRADE, bound=own.order_id)
        else:
            answer.is_refused(Reject.PRICE_BAND, bound=110_00, value=111_00)
        alice.buys(1, at="111.00", post_only=True).is_refused(Reject.POST_ONLY_WOULD_TAKE, bound=100_00, value=111_00)


class TestMarketOrders:
    def test_they_stop_at_the_edge(self, floor: Floor, alice: Trader, bob: Trader) -> None:
        for price in ("100.00", "110.00", "110.01"):
            bob.sells(1, at=price)
        floor.band("0.1", around="100.00")
        alice.spends("1000").fills("1 @ 100.00 from bob", "1 @ 110.00 from bob").ends(
            Finish.REMAINDER_CANCELLED, left="790"
        )
        alice.spends("1000").is_refused(Reject.PRICE_BAND, bound=110_00, value=110_01)
        alice.buys(1).is_refused(Reject.PRICE_BAND, bound=110_00, value=110_01)

    def test_the_edge_does_not_move_with_their_own_deals(self, floor: Floor, alice: Trader, bob: Trader) -> None:
        floor.prints("100.00")
        bob.sells(1, at="109.00")
        bob.sells(1, at="115.00")
        floor.band("0.1")
        alice.buys(2).fills("1 @ 109.00 from bob").ends(Finish.REMAINDER_CANCELLED, left="1")
        alice.buys(1).fills("1 @ 115.00 from bob")  # from 109 on the edge is 119.90

    def test_fill_or_kill_within_it(self, floor: Floor, alice: Trader, bob: Trader) -> None:
        bob.sells(1, at="100.00")
        bob.sells(1, at="110.01")
        floor.band("0.1", around="100.00")
        alice.buys(2, tif=FOK).is_refused(Reject.FILL_OR_KILL_UNFILLABLE, value=20_000)
        alice.buys(1, tif=FOK).fills("1 @ 100.00 from bob")

    def test_their_own_order_beyond_it(self, floor: Floor, alice: Trader, bob: Trader) -> None:
        alice.sells(1, at="120.00")
        floor.band("0.1", around="100.00")
        answer = alice.buys(1, self_trade=SelfTrade.CANCEL_NEWEST)
        answer.is_refused(Reject.PRICE_BAND, bound=110_00, value=120_00)
