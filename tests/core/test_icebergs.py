"""Icebergs show a part, and show the next from the back of the queue; as takers and to fill-or-kill they are whole."""

from __future__ import annotations

from collections.abc import Callable

from fondaco.core.events import HAS_MOVED, Cause, EventKind, Finish, cause_of, has_options, kind_of
from fondaco.core.rejects import Reject
from tests.core.table import BOTH, FOK, IOC, Floor, Trader
from tests.core.table_answer import Book

pytestmark = BOTH
Books = Callable[[str], Book]


def test_it_shows_a_part_and_the_next_from_the_back(alice: Trader, bob: Trader, carol: Trader, book: Books) -> None:
    iceberg = bob.sells(5, at="100.00", shows="2").rests("5")
    carol.sells(1, at="100.00")
    book("BTCUSDT").shows("""
        bid | price  | ask
            | 100.00 | 3
    """)
    bob.has("95", "BTC", hold="5")
    alice.buys(1, at="100.00").fills("1 @ 100.00 from bob").and_rests(iceberg, "4")
    book("BTCUSDT").shows("""
        bid | price  | ask
            | 100.00 | 2
    """)
    alice.buys("1.5", at="100.00").fills("1 @ 100.00 from bob", "0.5 @ 100.00 from carol")
    book("BTCUSDT").shows("""
        bid | price  | ask
            | 100.00 | 2.5
    """)
    alice.buys(2, at="100.00").fills("0.5 @ 100.00 from carol", "1.5 @ 100.00 from bob")
    book("BTCUSDT").shows("""
        bid | price  | ask
            | 100.00 | 0.5
    """)
    alice.buys("1.5", at="100.00").fills("0.5 @ 100.00 from bob", "1 @ 100.00 from bob").and_ends(
        iceberg, Finish.FILLED
    )
    book("BTCUSDT").is_empty()


def test_the_last_part_is_what_is_left(alice: Trader, bob: Trader, book: Books) -> None:
    bob.sells(5, at="100.00", shows="3")
    alice.buys(3, at="100.00")
    book("BTCUSDT").shows("""
        bid | price  | ask
            | 100.00 | 2
    """)


def test_one_order_takes_part_after_part(alice: Trader, bob: Trader, carol: Trader) -> None:
    bob.sells(3, at="100.00", shows="1")
    carol.sells(1, at="100.00")
    alice.buys(4, at="100.00").fills(
        "1 @ 100.00 from bob", "1 @ 100.00 from carol", "1 @ 100.00 from bob", "1 @ 100.00 from bob"
    )


def test_as_a_taker_all_of_it_trades_and_the_rest_shows_a_part(alice: Trader, bob: Trader, book: Books) -> None:
    bob.sells(4, at="100.00")
    iceberg = alice.buys(7, at="100.00", shows="2").fills("4 @ 100.00 from bob").rests("3")
    assert iceberg.row[13] == 2_0000
    book("BTCUSDT").shows("""
        bid | price  | ask
          2 | 100.00 |
    """)
    alice.has("99300", "USDT", hold="300")


def test_fill_or_kill_counts_what_is_hidden(alice: Trader, bob: Trader) -> None:
    bob.sells(5, at="100.00", shows="1")
    alice.buys("5.0001", at="100.00", tif=FOK).is_refused(Reject.FILL_OR_KILL_UNFILLABLE, value=50_001)
    alice.buys(5, at="100.00", tif=FOK).fills(*["1 @ 100.00 from bob"] * 5)


def test_its_rows(floor: Floor, alice: Trader, bob: Trader) -> None:
    iceberg = bob.sells(5, at="100.00", shows="2")
    options, row = iceberg.rows
    assert options[2:9] == (iceberg.order_id, bob.user_id, 0, 0, 0, 2_0000, 0)
    assert (has_options(row), row[6], row[13]) == (True, 5_0000, 2_0000)
    rows = alice.buys(1, at="100.00").rows
    assert [kind_of(row) for row in rows] == [EventKind.FILL, EventKind.OPTIONS, EventKind.ORDER, EventKind.ORDER]
    assert (cause_of(rows[2]), rows[2][6], rows[2][13]) == (Cause.UPDATE, 4_0000, 1_0000)
    assert not rows[2][0] >> 56 & HAS_MOVED
    row = alice.buys(1, at="100.00").last_row_of(iceberg)
    assert (cause_of(row), row[6], row[13]) == (Cause.UPDATE, 3_0000, 2_0000)
    assert row[0] >> 56 & HAS_MOVED
    row = alice.buys(3, at="100.00").last_row_of(iceberg)
    assert (cause_of(row), row[6], row[13], row[14]) == (Cause.FINISH, 0, 0, Finish.FILLED)


def test_how_little_it_may_show(floor: Floor, alice: Trader) -> None:
    floor.market("MINI", "BTC", "USDT", 2, 4, amount_min="0.01")
    mini = alice.at("MINI")
    mini.buys(1, at="100.00", shows="0.0099").is_refused(Reject.DISPLAY_OUT_OF_BOUNDS, bound=100, value=99)
    mini.buys(1, at="100.00", shows="1.0001").is_refused(Reject.DISPLAY_OUT_OF_BOUNDS, bound=10_000, value=10_001)
    mini.buys(1, at="100.00", shows="0.01").rests("1")
    mini.buys(1, at="100.00", shows="1").rests("1")


def test_only_orders_that_rest_can_show_a_part(alice: Trader, bob: Trader) -> None:
    bob.sells(1, at="100.00")
    for answer in (
        alice.buys(1, at="100.00", shows="0.5", tif=IOC),
        alice.buys(1, at="100.00", shows="0.5", tif=FOK),
        alice.buys(1, shows="0.5"),
    ):
        assert answer.row[2] == Reject.INVALID_ARGUMENT


def test_it_survives_a_restart_in_its_place(floor: Floor, alice: Trader, bob: Trader, carol: Trader) -> None:
    bob.sells(5, at="100.00", shows="2")
    carol.sells(1, at="100.00")
    alice.buys(2, at="100.00")  # bob's next part stands behind carol
    alice.buys("0.5", at="100.00").fills("0.5 @ 100.00 from carol")
    floor.restart()
    alice.buys(1, at="100.00").fills("0.5 @ 100.00 from carol", "0.5 @ 100.00 from bob")
    floor.restart()
    alice.buys(2, at="100.00").fills("1.5 @ 100.00 from bob", "0.5 @ 100.00 from bob")


def test_a_cancel_gives_back_what_was_hidden_too(alice: Trader, bob: Trader) -> None:
    iceberg = bob.sells(5, at="100.00", shows="2")
    alice.buys(1, at="100.00")
    bob.cancels(iceberg).ends(Finish.CANCELLED, left="4")
    bob.has("99", "BTC")
