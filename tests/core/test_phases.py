"""What a market takes in each phase, and its end."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from fondaco.core import commands as c
from fondaco.core import events as e
from fondaco.core.commands import Phase
from fondaco.core.events import Finish
from fondaco.core.rejects import Reject
from tests.core.table import BOTH, FOK, IOC, Floor, Trader
from tests.core.table_answer import Book

pytestmark = BOTH
Books = Callable[[str], Book]


def test_a_phase_is_told(floor: Floor) -> None:
    market = floor.house.markets[1]
    for phase in (Phase.HALT, Phase.CLOSE_ONLY, Phase.AUCTION, Phase.CONTINUOUS, Phase.CONTINUOUS, Phase.DELISTED):
        changed = msgspec.structs.replace(market, phase=phase)
        assert floor.phase(phase).is_fact() == e.MarketPhaseSet(changed)
        assert floor.house.markets[1] == changed
        floor.restart()
        assert floor.house.markets[1] == changed


def test_a_market_may_begin_in_any(floor: Floor, alice: Trader) -> None:
    for number, phase in enumerate(Phase):
        market = floor.market(f"M{number}", "BTC", "USDT", 2, 4, phase=phase)
        assert market.phase == phase
    alice.at("M1").buys(1, at="1.00").is_refused(Reject.MARKET_HALTED, value=3)


def test_it_outlives_an_update_of_the_market(floor: Floor, alice: Trader) -> None:
    floor.phase(Phase.HALT)
    floor.fees("BTCUSDT", maker="0.001")
    alice.buys(1, at="100.00").is_refused(Reject.MARKET_HALTED, value=1)


def test_halt_takes_cancels_alone(floor: Floor, alice: Trader, book: Books) -> None:
    order, waits = alice.buys(1, at="100.00"), alice.sells(1, stop="90.00")
    floor.phase(Phase.HALT)
    alice.buys(1, at="100.00").is_refused(Reject.MARKET_HALTED, value=1)
    alice.sells(1, stop="80.00").is_refused(Reject.MARKET_HALTED, value=1)
    book("BTCUSDT").shows("""
        bid | price  | ask
          1 | 100.00 |
    """)
    alice.cancels(order).ends(Finish.CANCELLED, left="1")
    alice.cancels(waits).ends(Finish.CANCELLED, left="1")


def test_close_only_takes_no_bids(floor: Floor, alice: Trader, bob: Trader) -> None:
    alice.buys(3, at="100.00")
    floor.phase(Phase.CLOSE_ONLY)
    alice.buys(1, at="100.00").is_refused(Reject.CLOSE_ONLY, value=1)
    alice.spends("1").is_refused(Reject.CLOSE_ONLY, value=1)
    alice.buys(1, at="100.00", stop="200.00").is_refused(Reject.CLOSE_ONLY, value=1)
    bob.sells(1).fills("1 @ 100.00 from alice")
    bob.sells(1, at="100.00").fills("1 @ 100.00 from alice")
    bob.sells(1, at="101.00").rests("1")
    bob.sells(1, stop="90.00").waits("1")


def test_an_auction_takes_what_can_rest_or_wait(floor: Floor, alice: Trader, bob: Trader, book: Books) -> None:
    bob.sells(1, at="100.00")
    floor.phase(Phase.AUCTION)
    for answer in (
        alice.spends("10"),
        alice.buys(1),
        alice.buys(1, at="100.00", tif=IOC),
        alice.buys(1, at="100.00", tif=FOK),
        alice.buys(1, at="1.00", post_only=True),
    ):
        answer.is_refused(Reject.NOT_IN_THIS_PHASE, value=1)
    alice.buys(2, at="101.00", shows="1").fills().rests("2")
    alice.buys(1, at="90.00", until_us=floor.time_us + 1).rests("1")
    alice.spends("10", stop="105.00").waits("10")
    alice.buys(1, at="100.00", stop="105.00", post_only=True).waits("1")
    alice.buys(1, at="100.00", stop="105.00", tif=FOK).waits("1")
    book("BTCUSDT").shows("""
        bid | price  | ask
            | 100.00 | 1
          1 | 101.00 |
          1 | 90.00  |
    """)
    assert floor.house.last_deal_id(1) == 0


class TestDelisted:
    def test_everything_ends(self, floor: Floor, alice: Trader, bob: Trader, book: Books) -> None:
        floor.market("OTHER", "BTC", "USDT", 2, 4)
        waits = bob.sells(1, stop="80.00")
        bids = [alice.buys(1, at="98.00"), alice.buys(1, at="99.00"), alice.buys(1, at="99.00")]
        asks = [alice.sells(1, at="101.00", name="mine"), bob.sells(1, at="100.00")]
        also_waits = alice.buys(1, at="100.00", stop="120.00")
        stays = alice.at("OTHER").buys(1, at="100.00")
        answer = floor.phase(Phase.DELISTED)
        expected = [asks[1], asks[0], bids[1], bids[2], bids[0], waits, also_waits]
        assert answer.told() == [order.order_id for order in expected]
        for order in expected:
            answer.and_ends(order, Finish.DELISTED, left="1")
        fact = answer.is_fact()
        assert fact == e.MarketPhaseSet(floor.house.markets[1], cancelled=7)
        assert answer.rows[-1] == answer.row
        book("BTCUSDT").is_empty()
        bob.has("100", "BTC")
        alice.has("100", "BTC")
        assert alice.open_orders() == [stays.order_id]

    def test_for_ever(self, floor: Floor, alice: Trader) -> None:
        order = alice.buys(1, at="100.00", name="mine")
        floor.phase(Phase.DELISTED)
        floor.restart()
        for phase in Phase:
            floor.phase(phase).is_refused(Reject.MARKET_DELISTED, value=1)
        alice.buys(1, at="100.00").is_refused(Reject.MARKET_DELISTED, value=1)
        alice.cancels(order).is_refused(Reject.ORDER_NOT_FOUND, value=order.order_id)
        alice.buys(1, at="100.00", name="mine").repeats(order)

    def test_a_crossed_book_does_not_trade(self, floor: Floor, alice: Trader, bob: Trader) -> None:
        floor.phase(Phase.AUCTION)
        alice.buys(1, at="100.00")
        bob.sells(1, at="100.00")
        floor.phase(Phase.DELISTED).trades()


def test_an_unknown_market(floor: Floor) -> None:
    floor.phase(Phase.HALT, "NONE").is_refused(Reject.UNKNOWN_MARKET)


@pytest.mark.parametrize(
    ("band", "reference", "bound", "value"),
    [
        (1_000_001, 0, 1_000_000, 1_000_001),
        (-1, 0, 1_000_000, -1),
        (0, -1, 2**62, -1),
        (0, 2**62 + 1, 2**62, 0),
        (2**63, 0, 1_000_000, 0),
    ],
)
def test_bands_out_of_bounds(floor: Floor, band: int, reference: int, bound: int, value: int) -> None:
    create = c.MarketCreate("NEW", "BTC", "USDT", 2, 4, 0, 0, 0, 0, band, reference)
    floor.send(0, create).is_refused(Reject.INVALID_ARGUMENT, bound=bound, value=value)
    update = c.MarketUpdate("BTCUSDT", price_band_ppm=band, reference_price_ticks=reference)
    floor.send(0, update).is_refused(Reject.INVALID_ARGUMENT, bound=bound, value=value)
