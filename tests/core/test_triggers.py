"""Orders that wait for the last price: stops against their side, take-profits in its favour, trailing ones follow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fondaco.core import command_records
from fondaco.core import commands as c
from fondaco.core.commands import OrderType, Phase, SelfTrade, Sender, Side, TimeInForce, Trigger
from fondaco.core.events import Cause, EventKind, Finish, cause_of, has_options, is_answer, is_waiting, kind_of
from fondaco.core.rejects import Reject
from fondaco.core.units import UNITS_MAX
from tests.core.table import BOTH, FOK, IOC, Floor, Trader
from tests.core.table_answer import Book

pytestmark = BOTH
Books = Callable[[str], Book]


class TestStop:
    def test_a_bid_fires_as_the_price_rises_to_it(self, floor: Floor, alice: Trader, bob: Trader) -> None:
        floor.prints("100.00")
        bob.sells(5, at="103.00")
        stop = alice.buys(2, at="104.00", stop="102.00").waits("2")
        floor.prints("101.99").trades("printer 0.0001 @ 101.99 printer")
        answer = floor.prints("102.00")
        answer.trades("printer 0.0001 @ 102.00 printer", "alice 2 @ 103.00 bob").and_ends(stop, Finish.FILLED)

    def test_an_ask_fires_as_the_price_falls_to_it(self, floor: Floor, alice: Trader, bob: Trader) -> None:
        floor.prints("100.00")
        bob.buys(5, at="97.00")
        stop = alice.sells(2, at="96.00", stop="98.00").waits("2")
        floor.prints("98.01").trades("printer 0.0001 @ 98.01 printer")
        answer = floor.prints("98.00")
        answer.trades("printer 0.0001 @ 98.00 printer", "alice 2 @ 97.00 bob").and_ends(stop, Finish.FILLED)

    def test_beyond_its_price_it_fires_too(self, floor: Floor, alice: Trader, bob: Trader) -> None:
        floor.prints("100.00")
        stop = alice.sells(2, at="80.00", stop="98.00")
        bob.buys(5, at="90.00")
        floor.prints("95.00").trades("printer 0.0001 @ 95.00 printer", "alice 2 @ 90.00 bob").and_ends(
            stop, Finish.FILLED
        )

    def test_one_that_cannot_trade_rests(self, floor: Floor, alice: Trader, bob: Trader, book: Books) -> None:
        floor.prints("100.00")
        stop = alice.sells(2, at="98.50", stop="98.00")
        book("BTCUSDT").is_empty()
        floor.prints("98.00").and_rests(stop, "2")
        book("BTCUSDT").shows("""
            bid | price | ask
                | 98.50 | 2
        """)
        bob.buys(2, at="98.50").fills("2 @ 98.50 from alice")

    def test_to_sell_at_the_market(self, floor: Floor, alice: Trader, bob: Trader) -> None:
        floor.prints("100.00")
        bob.buys(1, at="90.00")
        stop = alice.sells(2, stop="95.00").waits("2")
        alice.has("98", "BTC", hold="2")
        floor.prints("95.00").trades("printer 0.0001 @ 95.00 printer", "alice 1 @ 90.00 bob").and_ends(
            stop, Finish.REMAINDER_CANCELLED, left="1"
        )
        alice.has("99", "BTC")

    def test_to_buy_for_money(self, floor: Floor, alice: Trader, bob: Trader) -> None:
        floor.prints("100.00")
        bob.sells(1, at="110.00")
        stop = alice.spends("55", stop="105.00").waits("55")
        alice.has("99945", "USDT", hold="55")
        floor.prints("105.00").trades("printer 0.0001 @ 105.00 printer", "alice 0.5 @ 110.00 bob").and_ends(
            stop, Finish.FILLED
        )
        alice.has("99945", "USDT")

    def test_before_the_first_deal_it_waits(self, floor: Floor, alice: Trader, bob: Trader) -> None:
        stop = alice.sells(1, at="50.00", stop="98.00").waits("1")
        bob.buys(1, at="60.00")
        floor.prints("98.00").trades("printer 0.0001 @ 98.00 printer", "alice 1 @ 60.00 bob").and_ends(
            stop, Finish.FILLED
        )

    @pytest.mark.parametrize(("last", "stop"), [("100.00", "100.00"), ("100.00", "99.99")])
    def test_a_bid_that_would_fire_at_once(self, floor: Floor, alice: Trader, last: str, stop: str) -> None:
        floor.prints(last)
        answer = alice.buys(1, at="100.00", stop=stop)
        answer.is_refused(Reject.TRIGGER_WOULD_FIRE, bound=100_00, value=round(float(stop) * 100))

    @pytest.mark.parametrize("stop", ["100.00", "100.01"])
    def test_an_ask_that_would_fire_at_once(self, floor: Floor, alice: Trader, stop: str) -> None:
        floor.prints("100.00")
        answer = alice.sells(1, stop=stop)
        answer.is_refused(Reject.TRIGGER_WOULD_FIRE, bound=100_00, value=round(float(stop) * 100))


class TestTakeProfit:
    def test_an_ask_fires_as_the_price_rises_to_it(self, floor: Floor, alice: Trader, bob: Trader) -> None:
        floor.prints("100.00")
        bob.buys(2, at="99.00")
        order = alice.sells(2, takes="102.00").waits("2")
        floor.prints("101.99").trades("printer 0.0001 @ 101.99 printer")
        floor.prints("102.00").trades("printer 0.0001 @ 102.00 printer", "alice 2 @ 99.00 bob").and_ends(
            order, Finish.FILLED
        )

    def test_a_bid_fires_as_the_price_falls_to_it(self, floor: Floor, alice: Trader, bob: Trader) -> None:
        floor.prints("100.00")
        bob.sells(2, at="101.00")
        order = alice.buys(2, at="101.00", takes="98.00").waits("2")
        floor.prints("98.01").trades("printer 0.0001 @ 98.01 printer")
        floor.prints("98.00").trades("printer 0.0001 @ 98.00 printer", "alice 2 @ 101.00 bob").and_ends(
            order, Finish.FILLED
        )

    def test_one_that_would_fire_at_once(self, floor: Floor, alice: Trader) -> None:
        floor.prints("100.00")
        alice.sells(1, takes="100.00").is_refused(Reject.TRIGGER_WOULD_FIRE, bound=100_00, value=100_00)
        alice.buys(1, at="1.00", takes="100.00").is_refused(Reject.TRIGGER_WOULD_FIRE, bound=100_00, value=100_00)
        alice.sells(1, takes="100.01").waits("1")
        alice.buys(1, at="1.00", takes="99.99").waits("1")


class TestTrailing:
    def test_an_ask_follows_the_price_up_and_not_down(self, floor: Floor, alice: Trader, bob: Trader) -> None:
        floor.prints("100.00")
        bob.buys(1, at="50.00")
        order = alice.sells(1, trails="5.00").waits("1")  # at 95.00
        for price in ("104.00", "110.00", "105.01"):  # it is at 105.00 after the second
            floor.prints(price).trades(f"printer 0.0001 @ {price} printer")
        floor.prints("105.00").trades("printer 0.0001 @ 105.00 printer", "alice 1 @ 50.00 bob").and_ends(
            order, Finish.FILLED
        )

    def test_a_bid_follows_the_price_down_and_not_up(self, floor: Floor, alice: Trader, bob: Trader) -> None:
        floor.prints("100.00")
        bob.sells(1, at="150.00")
        order = alice.spends("300", trails="5.00").waits("300")
        for price in ("96.00", "90.00", "94.99"):
            floor.prints(price).trades(f"printer 0.0001 @ {price} printer")
        floor.prints("95.00").trades("printer 0.0001 @ 95.00 printer", "alice 1 @ 150.00 bob").and_ends(
            order, Finish.REMAINDER_CANCELLED, left="150"
        )

    def test_with_a_price_to_begin_at(self, floor: Floor, alice: Trader, bob: Trader) -> None:
        """It may be farther from the last price than its trail, and follows only once the price has come that far."""
        bob.buys(1, at="50.00")
        order = alice.sells(1, at="40.00", trails="5.00", stop="90.00").waits("1")
        floor.prints("94.00").trades("printer 0.0001 @ 94.00 printer")  # still at 90.00
        floor.prints("96.00").trades("printer 0.0001 @ 96.00 printer")  # 91.00
        floor.prints("91.00").trades("printer 0.0001 @ 91.00 printer", "alice 1 @ 50.00 bob").and_ends(
            order, Finish.FILLED
        )

    def test_without_a_last_price(self, floor: Floor, alice: Trader) -> None:
        alice.sells(1, trails="5.00").is_refused(Reject.NO_LAST_PRICE)
        floor.prints("100.00")
        alice.sells(1, trails="5.00", stop="100.00").is_refused(Reject.TRIGGER_WOULD_FIRE, bound=100_00, value=100_00)

    def test_its_trigger_price_is_told(self, floor: Floor, alice: Trader) -> None:
        floor.prints("100.00")
        order = alice.sells(1, trails="5.00", name="mine")
        assert [row[4:9] for row in order.options()] == [(Trigger.TRAILING, 95_00, 5_00, 0, 0)]
        floor.prints("103.00")
        assert [row[4:9] for row in alice.cancels(order).options()] == [(Trigger.TRAILING, 98_00, 5_00, 0, 0)]

    def test_never_below_one_tick(self, floor: Floor, alice: Trader) -> None:
        floor.prints("1.00")
        (options,) = alice.sells(1, trails="5.00").options()
        assert options[5] == 1

    def test_never_above_the_largest_price(self, floor: Floor, alice: Trader) -> None:
        floor.prints("1.00")
        place = c.Place(
            1, Side.BID, OrderType.LIMIT, TimeInForce.GTC, 1, 1, trigger=Trigger.TRAILING, trail_ticks=UNITS_MAX
        )
        (options,) = floor.send(alice.user_id, place).options()
        assert options[5] == UNITS_MAX

    def test_no_more_than_a_thousand_a_market(self, floor: Floor, alice: Trader, bob: Trader) -> None:
        floor.prints("100.00")
        floor.market("OTHER", "BTC", "USDT", 2, 4)
        place = c.Place(1, Side.ASK, OrderType.MARKET, TimeInForce.IOC, 0, 1, trigger=Trigger.TRAILING, trail_ticks=1)
        floor.house.apply(command_records.encode(Sender(user_id=alice.user_id), place) * 1_000, floor.time_us)
        bob.sells(1, trails="1.00").is_refused(Reject.TOO_MANY_TRAILING, bound=1_000, value=1_000)
        bob.sells(1, stop="99.00").waits("1")
        bob.at("OTHER").sells(1, trails="1.00", stop="1.00").waits("1")
        alice.cancels(alice.open_orders()[500])
        bob.sells(1, trails="1.00").waits("1")


class TestWhileItWaits:
    def test_what_it_may_cost_is_on_hold(self, floor: Floor, alice: Trader) -> None:
        alice.buys(2, at="104.00", stop="102.00")
        alice.has("99792", "USDT", hold="208")
        alice.sells(3, stop="90.00")
        alice.has("97", "BTC", hold="3")
        alice.buys(1000, at="100.00", stop="100.00").is_refused(
            Reject.BALANCE_NOT_ENOUGH, bound=99_792_000_000, value=100_000_000_000
        )

    def test_it_can_be_cancelled(self, floor: Floor, alice: Trader) -> None:
        order = alice.buys(2, at="104.00", stop="102.00", name="mine")
        assert alice.open_orders() == [order.order_id]
        alice.cancels("mine").ends(Finish.CANCELLED, left="2")
        alice.has("100000", "USDT")
        floor.prints("110.00").trades("printer 0.0001 @ 110.00 printer")

    def test_it_survives_a_restart(self, floor: Floor, alice: Trader, bob: Trader) -> None:
        floor.prints("100.00")
        bob.buys(2, at="50.00")
        first = alice.sells(1, stop="95.00")
        second = alice.sells(1, at="40.00", trails="2.00")
        floor.restart()
        answer = floor.prints("95.00")
        answer.trades("printer 0.0001 @ 95.00 printer", "alice 1 @ 50.00 bob", "alice 1 @ 50.00 bob").and_ends(
            first, Finish.FILLED
        ).and_ends(second, Finish.FILLED)

    def test_it_repeats_with_its_options(self, floor: Floor, alice: Trader) -> None:
        first = alice.buys(2, at="104.00", stop="102.00", name="mine")
        floor.prints("103.00")
        again = alice.buys(2, at="104.00", stop="102.00", name="mine")
        again.repeats(first)
        assert [row[2:] for row in again.options()] == [row[2:] for row in first.options()]
        alice.buys(2, at="104.00", stop="102.01", name="mine").is_refused(
            Reject.CLIENT_ORDER_ID_REUSED, value=first.order_id
        )
        alice.buys(2, at="104.00", takes="102.00", name="mine").is_refused(
            Reject.CLIENT_ORDER_ID_REUSED, value=first.order_id
        )

    def test_its_rows(self, floor: Floor, alice: Trader, bob: Trader) -> None:
        floor.prints("100.00")
        order = alice.sells(2, at="50.00", stop="95.00")
        options, row = order.rows
        assert (kind_of(options), kind_of(row), cause_of(row)) == (EventKind.OPTIONS, EventKind.ORDER, Cause.PUT)
        assert options[2:9] == (order.order_id, alice.user_id, Trigger.STOP, 95_00, 0, 0, 0)
        assert (has_options(row), is_waiting(row), is_answer(row), row[13]) == (True, True, True, 0)
        bob.buys(1, at="60.00")
        floor.later(us=7)
        rows = floor.prints("95.00").rows[-4:]
        assert [kind_of(row) for row in rows] == [EventKind.FILL, EventKind.ORDER, EventKind.OPTIONS, EventKind.ORDER]
        *_, row = rows
        assert (cause_of(row), is_waiting(row), is_answer(row), has_options(row)) == (Cause.UPDATE, False, False, True)
        assert row[4:7] == (50_00, 2_0000, 1_0000)
        assert (row[10], row[11], row[13]) == (floor.time_us - 7, floor.time_us, 1_0000)


class TestRefusedAsItFires:
    """Its sender got an answer long ago: what cannot be carried out ends, and nothing is traded."""

    def test_nobody_to_trade_with(self, floor: Floor, alice: Trader) -> None:
        order = alice.sells(1, stop="95.00")
        floor.prints("95.00").and_ends(order, Finish.TRIGGER_REFUSED, left="1")
        alice.has("100", "BTC")

    def test_fill_or_kill(self, floor: Floor, alice: Trader, bob: Trader) -> None:
        bob.buys(1, at="90.00")
        order = alice.sells(2, stop="95.00", tif=FOK)
        limit = alice.sells(1, at="90.01", stop="95.00", tif=FOK)
        answer = floor.prints("95.00").trades("printer 0.0001 @ 95.00 printer")
        answer.and_ends(order, Finish.TRIGGER_REFUSED, left="2").and_ends(limit, Finish.TRIGGER_REFUSED, left="1")

    def test_post_only(self, floor: Floor, alice: Trader, bob: Trader, book: Books) -> None:
        bob.buys(1, at="90.00")
        order = alice.sells(2, at="90.00", stop="95.00", post_only=True)
        other = alice.sells(2, at="90.01", stop="95.00", post_only=True)
        answer = floor.prints("95.00").trades("printer 0.0001 @ 95.00 printer")
        answer.and_ends(order, Finish.TRIGGER_REFUSED, left="2").and_rests(other, "2")

    def test_the_band(self, floor: Floor, alice: Trader, bob: Trader) -> None:
        floor.band("0.1", around="100.00")
        bob.buys(1, at="90.00")
        low = alice.sells(1, at="89.99", stop="95.00")
        order = alice.sells(1, at="90.00", stop="95.00")
        answer = floor.prints("95.00").trades("printer 0.0001 @ 95.00 printer", "alice 1 @ 90.00 bob")
        answer.and_ends(low, Finish.TRIGGER_REFUSED, left="1").and_ends(order, Finish.FILLED)

    def test_the_band_at_the_market(self, floor: Floor, alice: Trader, bob: Trader) -> None:
        bob.buys(1, at="80.00")
        order = alice.sells(1, stop="94.00")
        floor.band("0.1", around="100.00")
        answer = floor.prints("94.00").trades("printer 0.0001 @ 94.00 printer")
        answer.and_ends(order, Finish.TRIGGER_REFUSED, left="1")

    def test_close_only(self, floor: Floor, alice: Trader, bob: Trader, carol: Trader) -> None:
        bob.buys(1, at="105.00")
        order = alice.buys(1, at="110.00", stop="105.00")
        sale = alice.sells(1, at="120.00", takes="105.00")
        floor.phase(Phase.CLOSE_ONLY)
        answer = carol.sells("0.1", at="105.00").trades("carol 0.1 @ 105.00 bob")
        answer.and_ends(order, Finish.TRIGGER_REFUSED, left="1").and_rests(sale, "1")
        alice.has("100000", "USDT")


class TestAsATaker:
    def test_its_own_orders_by_its_own_rule(self, floor: Floor, alice: Trader, bob: Trader) -> None:
        alice.buys(1, at="91.00")
        bob.buys(1, at="90.00")
        newest = alice.sells(1, at="90.00", stop="95.00", self_trade=SelfTrade.CANCEL_NEWEST)
        oldest = alice.sells(1, at="90.00", stop="95.00", self_trade=SelfTrade.CANCEL_OLDEST)
        answer = floor.prints("95.00").trades("printer 0.0001 @ 95.00 printer", "alice 1 @ 90.00 bob")
        answer.and_ends(newest, Finish.SELF_TRADE, left="1").and_ends(oldest, Finish.FILLED)

    def test_its_fee_is_the_takers_of_the_time_it_was_put(self, floor: Floor, alice: Trader, bob: Trader) -> None:
        floor.fees("BTCUSDT", maker="0.001", taker="0.01")
        stop = alice.sells(1, stop="95.00")
        floor.fees("BTCUSDT", maker="0.5", taker="0.5")
        bob.buys(1, at="90.00")
        answer = floor.prints("95.00")
        assert answer.last_row_of(stop)[9] == 900_000

    def test_good_till_or_now(self, floor: Floor, alice: Trader, bob: Trader) -> None:
        bob.buys(1, at="90.00")
        order = alice.sells(2, at="90.00", stop="95.00", tif=IOC)
        floor.prints("95.00").and_ends(order, Finish.REMAINDER_CANCELLED, left="1")

    def test_it_has_the_sender_and_the_sequence_of_what_set_it_off(
        self, floor: Floor, alice: Trader, bob: Trader
    ) -> None:
        order = alice.sells(2, at="96.00", stop="95.00")
        row = floor.prints("95.00").last_row_of(order)
        assert row[15] == floor.user("printer").user_id
        assert row[1] == floor.house.next_seq - 1


class TestBounds:
    @pytest.mark.parametrize("ticks", [UNITS_MAX + 1, 2**63 - 1])
    def test_a_trigger_out_of_bounds(self, floor: Floor, alice: Trader, ticks: int) -> None:
        wrong: list[tuple[Trigger, dict[str, Any]]] = [
            (Trigger.STOP, {"trigger_price_ticks": ticks}),
            (Trigger.TRAILING, {"trail_ticks": ticks}),
            (Trigger.TRAILING, {"trigger_price_ticks": 1, "trail_ticks": ticks}),
            (Trigger.TRAILING, {"trigger_price_ticks": ticks, "trail_ticks": 2**63 - 2}),
        ]
        for trigger, options in wrong:
            place = c.Place(1, Side.ASK, OrderType.LIMIT, TimeInForce.GTC, 1, 1, trigger=trigger, **options)
            answer = floor.send(alice.user_id, place)
            answer.is_refused(Reject.TRIGGER_OUT_OF_BOUNDS, bound=UNITS_MAX, value=ticks)

    def test_in_money_the_book_does_not_matter_yet(self, floor: Floor, alice: Trader, bob: Trader) -> None:
        """Less than a lot costs now: it may be enough when it fires, and buys nothing if not."""
        bob.sells(1, at="30000.00")
        order = alice.spends("2.999999", stop="20000.00").waits("2.999999")
        alice.spends("0", stop="20000.00").is_refused(Reject.ORDER_TOO_SMALL_IN_MONEY, bound=1)
        answer = floor.prints("20000.00").trades("printer 0.0001 @ 20000.00 printer")
        answer.and_ends(order, Finish.REMAINDER_CANCELLED, left="2.999999")
