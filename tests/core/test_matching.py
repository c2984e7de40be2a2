"""How orders meet: best price first, first come first within a price, always at the price of the order that rests."""

from __future__ import annotations

from collections.abc import Callable

from fondaco.core.commands import Side
from fondaco.core.events import Cause, EventKind, Finish, cause_of, has_client_order_id, kind_of, side_of
from tests.core.table import BOTH, FOK, IOC, Floor, Trader
from tests.core.table_answer import Book

pytestmark = BOTH

Books = Callable[[str], Book]


class TestPriority:
    def test_best_price_first(self, alice: Trader, bob: Trader, carol: Trader, book: Books) -> None:
        bob.sells(1, at="100.04")
        carol.sells(2, at="100.02")
        bob.sells(3, at="100.03")
        book("BTCUSDT").shows("""
            bid | price  | ask
                | 100.04 | 1
                | 100.03 | 3
                | 100.02 | 2
        """)
        alice.buys(4, at="100.03").fills("2 @ 100.02 from carol", "2 @ 100.03 from bob").ends(Finish.FILLED)
        book("BTCUSDT").shows("""
            bid | price  | ask
                | 100.04 | 1
                | 100.03 | 1
        """)

    def test_first_come_first_within_a_price(self, alice: Trader, bob: Trader, carol: Trader) -> None:
        alice.buys(1, at="100.00")
        bob.buys(2, at="100.00")
        alice.buys(3, at="100.00")
        carol.sells(2, at="99.00").fills("1 @ 100.00 from alice", "1 @ 100.00 from bob")
        carol.sells("1.5", at="99.00").fills("1 @ 100.00 from bob", "0.5 @ 100.00 from alice")

    def test_a_partial_fill_keeps_its_place(self, alice: Trader, bob: Trader, carol: Trader) -> None:
        bob.sells(2, at="100.00")
        carol.sells(2, at="100.00")
        alice.buys(1, at="100.00").fills("1 @ 100.00 from bob")
        alice.buys(2, at="100.00").fills("1 @ 100.00 from bob", "1 @ 100.00 from carol")

    def test_a_cancel_gives_up_its_place(self, alice: Trader, bob: Trader, carol: Trader) -> None:
        first = bob.sells(1, at="100.00")
        carol.sells(1, at="100.00")
        bob.cancels(first)
        bob.sells(1, at="100.00")
        alice.buys(2, at="100.00").fills("1 @ 100.00 from carol", "1 @ 100.00 from bob")

    def test_the_middle_of_a_queue_can_leave(self, alice: Trader, bob: Trader, carol: Trader, book: Books) -> None:
        alice.buys(1, at="100.00")
        middle = bob.buys(2, at="100.00")
        carol.buys(4, at="100.00")
        bob.cancels(middle).ends(Finish.CANCELLED, left="2")
        book("BTCUSDT").shows("""
            bid | price  | ask
              5 | 100.00 |
        """)
        bob.sells(5, at="100.00").fills("1 @ 100.00 from alice", "4 @ 100.00 from carol")
        book("BTCUSDT").is_empty()


class TestLimit:
    def test_crosses_and_rests(self, alice: Trader, bob: Trader, book: Books) -> None:
        bob.sells(3, at="100.02")
        alice.buys(2, at="100.00")
        book("BTCUSDT").shows("""
            bid | price  | ask
                | 100.02 | 3
              2 | 100.00 |
        """)
        alice.buys(5, at="100.02").fills("3 @ 100.02 from bob").rests("2")
        book("BTCUSDT").shows("""
            bid | price  | ask
              2 | 100.02 |
              2 | 100.00 |
        """)
        alice.has("99299.9", "USDT", hold="400.04")  # 300.06 paid; held: 2 × 100.02 + 2 × 100.00
        alice.has("103", "BTC")
        bob.has("97", "BTC")
        bob.has("100300.06", "USDT")

    def test_a_better_price_is_the_takers_gain(self, alice: Trader, bob: Trader) -> None:
        bob.sells(1, at="90.00")
        alice.buys(1, at="100.00").fills("1 @ 90.00 from bob").ends(Finish.FILLED)
        alice.has("99910", "USDT")
        alice.buys(1, at="120.00")
        bob.sells(1, at="110.00").fills("1 @ 120.00 from alice")
        bob.has("100210", "USDT")

    def test_prices_that_do_not_cross_rest(self, alice: Trader, bob: Trader, book: Books) -> None:
        alice.buys(1, at="99.99").fills().rests("1")
        bob.sells(1, at="100.00").fills().rests("1")
        book("BTCUSDT").shows("""
            bid | price  | ask
                | 100.00 | 1
              1 | 99.99  |
        """)

    def test_one_trades_with_oneself(self, alice: Trader) -> None:
        """Without a mode it is a trade like any other."""
        alice.sells(1, at="100.00")
        alice.buys(1, at="100.00").fills("1 @ 100.00 from alice").ends(Finish.FILLED)
        alice.has("100", "BTC")
        alice.has("100000", "USDT")


class TestImmediateOrCancel:
    def test_the_rest_is_cancelled_and_released(self, alice: Trader, bob: Trader, book: Books) -> None:
        bob.sells(1, at="100.00")
        bob.sells(1, at="100.02")
        answer = alice.buys(5, at="100.01", tif=IOC).fills("1 @ 100.00 from bob")
        answer.ends(Finish.REMAINDER_CANCELLED, left="4")
        alice.has("99900", "USDT")
        book("BTCUSDT").shows("""
            bid | price  | ask
                | 100.02 | 1
        """)

    def test_with_nothing_to_trade(self, alice: Trader, book: Books) -> None:
        alice.buys(1, at="100.00", tif=IOC).fills().ends(Finish.REMAINDER_CANCELLED, left="1")
        book("BTCUSDT").is_empty()
        alice.has("100000", "USDT")


class TestFillOrKill:
    def test_all_of_it_over_several_prices(self, alice: Trader, bob: Trader) -> None:
        bob.sells(1, at="100.00")
        bob.sells(2, at="100.02")
        alice.buys(3, at="100.02", tif=FOK).fills("1 @ 100.00 from bob", "2 @ 100.02 from bob").ends(Finish.FILLED)

    def test_a_market_order_to_sell(self, alice: Trader, bob: Trader) -> None:
        alice.buys(2, at="50.00")
        bob.sells(2, tif=FOK).fills("2 @ 50.00 from alice").ends(Finish.FILLED)

    def test_money_of_which_less_than_a_lot_is_left(self, alice: Trader, bob: Trader) -> None:
        bob.sells(1, at="100.00")
        bob.sells(1, at="100.02")
        # both orders cost 200.02; one lot more at the last price would cost 0.010002
        answer = alice.spends("200.030001", tif=FOK).fills("1 @ 100.00 from bob", "1 @ 100.02 from bob")
        answer.ends(Finish.REMAINDER_CANCELLED, left="0.010001")
        alice.has("99799.98", "USDT")


class TestMarket:
    def test_money_buys_whole_lots_and_the_rest_is_released(self, alice: Trader, bob: Trader) -> None:
        bob.sells(1, at="100.00")
        bob.sells(1, at="333.33")
        answer = alice.spends("200").fills("1 @ 100.00 from bob", "0.3 @ 333.33 from bob")
        answer.ends(Finish.REMAINDER_CANCELLED, left="0.001")
        alice.has("99800.001", "USDT")
        alice.has("101.3", "BTC")

    def test_money_to_the_last_unit(self, alice: Trader, bob: Trader) -> None:
        bob.sells(1, at="100.00")
        alice.spends("50").fills("0.5 @ 100.00 from bob").ends(Finish.FILLED)

    def test_money_stops_at_a_price_it_cannot_pay(self, alice: Trader, bob: Trader) -> None:
        bob.sells("0.0001", at="100.00")
        bob.sells(1, at="90000.00")
        alice.spends("5").fills("0.0001 @ 100.00 from bob").ends(Finish.REMAINDER_CANCELLED, left="4.99")

    def test_sells_at_any_price(self, alice: Trader, bob: Trader, book: Books) -> None:
        alice.buys(1, at="100.00")
        alice.buys(1, at="0.01")
        answer = bob.sells(3).fills("1 @ 100.00 from alice", "1 @ 0.01 from alice")
        answer.ends(Finish.REMAINDER_CANCELLED, left="1")
        book("BTCUSDT").is_empty()
        bob.has("98", "BTC")


class TestCancel:
    def test_releases_exactly_what_is_left(self, alice: Trader, bob: Trader) -> None:
        order = alice.buys(5, at="100.02")
        alice.has("99499.9", "USDT", hold="500.1")
        bob.sells(2, at="100.00")
        alice.has("99499.9", "USDT", hold="300.06")
        alice.cancels(order).ends(Finish.CANCELLED, left="3")
        alice.has("99799.96", "USDT")

    def test_of_an_ask(self, alice: Trader, book: Books) -> None:
        order = alice.sells("0.5", at="100.02")
        alice.has("99.5", "BTC", hold="0.5")
        alice.cancels(order).ends(Finish.CANCELLED, left="0.5")
        alice.has("100", "BTC")
        book("BTCUSDT").is_empty()

    def test_of_somebody_disabled(self, alice: Trader) -> None:
        order = alice.buys(1, at="100.00")
        alice.is_disabled()
        alice.cancels(order).ends(Finish.CANCELLED, left="1")


class TestRows:
    """What is told, and in which order: each fill, its maker, then the taker as the answer."""

    def test_of_an_order_that_fills_two_and_rests(
        self, floor: Floor, alice: Trader, bob: Trader, carol: Trader
    ) -> None:
        first = bob.sells(1, at="100.00", name="first")
        second = carol.sells(1, at="100.00")
        floor.later(us=5)
        answer = alice.buys(3, at="100.00")
        assert [(kind_of(row), cause_of(row), row[2]) for row in answer.rows] == [
            (EventKind.FILL, 0, 1),
            (EventKind.ORDER, Cause.FINISH, first.order_id),
            (EventKind.FILL, 0, 2),
            (EventKind.ORDER, Cause.FINISH, second.order_id),
            (EventKind.ORDER, Cause.PUT, answer.order_id),
        ]
        assert [has_client_order_id(row) for row in answer.rows] == [False, True, False, False, False]
        assert [side_of(row) for row in answer.rows] == [2, 1, 2, 1, 2]
        fill, maker, *_, taker = answer.rows
        money, stock = 100_000_000, 100_000_000
        assert fill[3:9] == (100_00, 1_0000, money, answer.order_id, first.order_id, alice.user_id | bob.user_id << 32)
        assert fill[9:11] == (0, 0)
        assert fill[11:15] == (101 * stock, 99_900 * money // 100, 99 * stock, 100_100 * money // 100)
        assert fill[15] == floor.time_us
        assert maker[9:12] == (0, floor.time_us - 5, floor.time_us)
        assert (maker[14], maker[15]) == (Finish.FILLED, alice.user_id)
        assert taker[3:9] == (alice.user_id, 100_00, 3_0000, 1_0000, 2_0000, 2 * money)
        assert (taker[14], taker[15]) == (Finish.OPEN, alice.user_id)

    def test_of_a_maker_that_stays(self, alice: Trader, bob: Trader) -> None:
        maker = bob.sells(2, at="100.00")
        answer = alice.buys(1, at="100.00")
        assert [(kind_of(row), cause_of(row)) for row in answer.rows] == [
            (EventKind.FILL, 0),
            (EventKind.ORDER, Cause.UPDATE),
            (EventKind.ORDER, Cause.FINISH),
        ]
        assert answer.rows[1][2:7] == (maker.order_id, bob.user_id, 100_00, 2_0000, 1_0000)

    def test_ids_ascend(self, floor: Floor, alice: Trader, bob: Trader) -> None:
        """Orders over all markets, deals within each; an order that is refused takes no id."""
        floor.market("OTHER", "BTC", "USDT", 2, 4)
        orders = [alice.buys(1, at="100.00"), bob.sells(1, at="100.00"), alice.at("OTHER").buys(1, at="100.00")]
        alice.spends("0.01")
        orders += [bob.at("OTHER").sells(1), alice.sells(1, at="100.00")]
        assert [order.order_id for order in orders] == [1, 2, 3, 4, 5]
        assert [floor.house.last_deal_id(market_id) for market_id in (1, 2)] == [1, 1]
        assert floor.house.last_price_ticks(2) == 100_00

    def test_open_orders_newest_first(self, floor: Floor, alice: Trader, bob: Trader) -> None:
        floor.market("OTHER", "BTC", "USDT", 2, 4)
        ids = [alice.at(market).buys(1, at=price).order_id for market, price in (("BTCUSDT", "1"), ("OTHER", "9"))]
        bob.buys(1, at="2")
        ids.append(alice.buys(1, at="0.5").order_id)
        assert alice.open_orders() == ids[::-1]
        assert alice.open_orders("BTCUSDT") == [ids[2], ids[0]]
        assert floor.house.open_orders(99) == floor.house.open_orders(0) == []


class TestDepth:
    """Asks are merged up and bids down to the interval; a limit counts merged rows."""

    def test_merged(self, floor: Floor, alice: Trader, bob: Trader) -> None:
        for price in ("100.01", "100.10", "100.11", "100.20", "100.21"):
            bob.sells(1, at=price)
        for price in ("99.99", "99.90", "99.89", "0.05"):
            alice.buys(2, at=price)
        house = floor.house
        lots = 10_000
        assert house.depth(1, 1, 2, 0) == [(100_01, lots), (100_10, lots)]
        assert house.depth(1, 1, 10, 10) == [(100_10, 2 * lots), (100_20, 2 * lots), (100_30, lots)]
        assert house.depth(1, 1, 2, 10) == [(100_10, 2 * lots), (100_20, 2 * lots)]
        assert house.depth(1, 2, 10, 10) == [(99_90, 4 * lots), (99_80, 2 * lots), (0, 2 * lots)]
        assert house.depth(1, 2, 1, 10) == [(99_90, 4 * lots)]
        assert house.depth(1, 2, 3, 100_00) == [(0, 8 * lots)]
        assert house.depth(1, 1, 1, 1) == [(100_01, lots)]


def test_a_depth_merged_over_any_width(floor: Floor, alice: Trader, bob: Trader) -> None:
    alice.buys(1, at="99.00")
    bob.sells(2, at="101.00")
    depth = floor.house.depth
    market_id = floor.house.market_ids["BTCUSDT"]
    for width in (2**40, 2**62, 2**63 - 1, 2**70):
        (ask,) = depth(market_id, Side.ASK, 5, width)
        (bid,) = depth(market_id, Side.BID, 5, width)
        assert ask[0] == min(width, 2**62), "asks round up to the width"
        assert bid[0] == 0, "bids round down to zero"


def test_pages_of_open_orders(floor: Floor, alice: Trader, bob: Trader) -> None:
    floor.market("OTHER", "BTC", "USDT", 2, 4)
    ids = [(alice.at("OTHER") if n % 3 else alice).buys(1, at="90.00").order_id for n in range(10)]
    bob.buys(1, at="90.00")
    main, other = [ids[n] for n in (9, 6, 3, 0)], [ids[n] for n in (8, 7, 5, 4, 2, 1)]
    pages = floor.house.open_pages
    assert pages(alice.user_id, 0, 100) == {1: (4, main), 2: (6, other)}
    assert pages(alice.user_id, 2, 3) == {1: (4, main[2:5]), 2: (6, other[2:5])}
    assert pages(alice.user_id, 100, 5) == {1: (4, []), 2: (6, [])}
    assert pages(alice.user_id + 7, 0, 5) == {}
    page = floor.house.open_page
    assert page(alice.user_id, 0, 2, 5) == (10, ids[::-1][2:7])
    assert page(alice.user_id, 2, 2, 3) == (6, other[2:5])
    assert page(alice.user_id, 1, 100, 5) == (4, [])
    assert page(alice.user_id + 7, 0, 0, 5) == (0, [])
