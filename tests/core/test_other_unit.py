"""Market orders whose amount is in the other unit: a bid's is stock, an ask's is money; they go as far as funds do."""

from __future__ import annotations

import pytest

from fondaco.core import commands as c
from fondaco.core.commands import OrderType, SelfTrade, Side, TimeInForce, Trigger
from fondaco.core.events import OTHER_UNIT, Finish, is_by_money
from fondaco.core.rejects import Reject
from fondaco.core.units import UNITS_MAX
from tests.core.table import BOTH, FOK, Floor, Trader

pytestmark = BOTH


class TestStockToBuy:
    def test_at_any_price(self, alice: Trader, bob: Trader) -> None:
        bob.sells(1, at="100.00")
        bob.sells(2, at="300.00")
        answer = alice.buys(2).fills("1 @ 100.00 from bob", "1 @ 300.00 from bob").ends(Finish.FILLED)
        assert answer.row[5:9] == (2_0000, 0, 2_0000, 400_000_000)
        assert answer.row[0] >> 56 & OTHER_UNIT
        assert not is_by_money(answer.row)
        alice.has("99600", "USDT")

    def test_what_is_not_there_is_not_bought(self, alice: Trader, bob: Trader) -> None:
        bob.sells(1, at="100.00")
        alice.buys(2).fills("1 @ 100.00 from bob").ends(Finish.REMAINDER_CANCELLED, left="1")
        alice.buys(1).is_refused(Reject.NO_COUNTERPARTY)

    def test_as_far_as_the_money_reaches(self, floor: Floor, bob: Trader) -> None:
        bob.sells(1, at="100.00")
        bob.sells(1, at="200.00")
        poor = floor.user("poor")
        poor.receives("150.019999", "USDT")
        poor.buys(2).fills("1 @ 100.00 from bob", "0.25 @ 200.00 from bob").ends(
            Finish.REMAINDER_CANCELLED, left="0.75"
        )
        poor.has("0.019999", "USDT")
        poor.buys(1).is_refused(Reject.BALANCE_NOT_ENOUGH, bound=19_999, value=20_000)

    def test_money_got_back_from_oneself_buys_more(self, floor: Floor, bob: Trader) -> None:
        poor = floor.user("poor")
        poor.receives("100", "USDT")
        poor.receives("1", "BTC")
        poor.sells(1, at="100.00")
        bob.sells(1, at="100.00")
        poor.buys(2).fills("1 @ 100.00 from poor", "1 @ 100.00 from bob").ends(Finish.FILLED)

    def test_fill_or_kill_needs_the_money_too(self, floor: Floor, bob: Trader) -> None:
        bob.sells(1, at="100.00")
        bob.sells(1, at="200.00")
        poor = floor.user("poor")
        poor.receives("200", "USDT")
        poor.buys("1.5001", tif=FOK).is_refused(Reject.FILL_OR_KILL_UNFILLABLE, value=15_001)
        poor.buys("1.5", tif=FOK).fills("1 @ 100.00 from bob", "0.5 @ 200.00 from bob").ends(Finish.FILLED)

    def test_bounds(self, floor: Floor, alice: Trader, bob: Trader) -> None:
        floor.market("MINI", "BTC", "USDT", 2, 4, amount_min="0.01")
        alice.at("MINI").buys("0.0099").is_refused(Reject.AMOUNT_TOO_SMALL, bound=100, value=99)
        lots_max = UNITS_MAX // 10_000
        place = c.Place(1, Side.BID, OrderType.MARKET, TimeInForce.IOC, 0, lots_max + 1, in_other_unit=True)
        floor.send(alice.user_id, place).is_refused(Reject.AMOUNT_TOO_LARGE, bound=lots_max, value=lots_max + 1)
        bob.sells(1, at="100.00")
        place = c.Place(1, Side.BID, OrderType.MARKET, TimeInForce.IOC, 0, lots_max, in_other_unit=True)
        floor.send(alice.user_id, place).fills("1 @ 100.00 from bob")


class TestMoneyToRaise:
    def test_at_any_price(self, alice: Trader, bob: Trader) -> None:
        bob.buys(1, at="100.00")
        bob.buys(2, at="50.00")
        answer = alice.raises(125).fills("1 @ 100.00 from bob", "0.5 @ 50.00 from bob").ends(Finish.FILLED)
        assert answer.row[5:9] == (125_000_000, 0, 1_5000, 125_000_000)
        assert is_by_money(answer.row)
        alice.has("100125", "USDT")
        alice.has("98.5", "BTC")

    def test_no_more_than_whole_lots(self, alice: Trader, bob: Trader) -> None:
        bob.buys(1, at="100.00")
        alice.raises("50.019999").fills("0.5001 @ 100.00 from bob").ends(Finish.REMAINDER_CANCELLED, left="0.009999")

    def test_as_far_as_the_stock_reaches(self, floor: Floor, bob: Trader) -> None:
        bob.buys(1, at="100.00")
        poor = floor.user("poor")
        poor.raises(10).is_refused(Reject.BALANCE_NOT_ENOUGH, bound=0, value=10_000)
        poor.receives("0.25009999", "BTC")
        poor.raises(60, tif=FOK).is_refused(Reject.FILL_OR_KILL_UNFILLABLE, value=60_000_000)
        poor.raises(60).fills("0.25 @ 100.00 from bob").ends(Finish.REMAINDER_CANCELLED, left="35")

    def test_less_than_one_lot_costs(self, floor: Floor, alice: Trader, bob: Trader) -> None:
        bob.buys(1, at="30000.00")
        alice.raises("2.999999").is_refused(Reject.ORDER_TOO_SMALL_IN_MONEY, bound=3_000_000, value=2_999_999)
        alice.raises("0").is_refused(Reject.ORDER_TOO_SMALL_IN_MONEY, bound=1)
        alice.raises("3").fills("0.0001 @ 30000.00 from bob")
        place = c.Place(1, Side.ASK, OrderType.MARKET, TimeInForce.IOC, 0, UNITS_MAX + 1, in_other_unit=True)
        floor.send(alice.user_id, place).is_refused(Reject.AMOUNT_TOO_LARGE, bound=UNITS_MAX, value=UNITS_MAX + 1)

    def test_nobody_to_trade_with(self, alice: Trader) -> None:
        alice.raises(1).is_refused(Reject.NO_COUNTERPARTY)

    def test_fill_or_kill(self, alice: Trader, bob: Trader) -> None:
        bob.buys(1, at="100.00")
        bob.buys(1, at="50.00")
        alice.raises("150.01", tif=FOK).is_refused(Reject.FILL_OR_KILL_UNFILLABLE, value=150_010_000)
        alice.raises("149.999", tif=FOK).fills("1 @ 100.00 from bob", "0.9999 @ 50.00 from bob").ends(
            Finish.REMAINDER_CANCELLED, left="0.004"
        )

    def test_own_orders_shrink_the_money(self, alice: Trader, bob: Trader) -> None:
        own = alice.buys(1, at="100.00")
        bob.buys(1, at="50.00")
        answer = alice.raises(125, self_trade=SelfTrade.DECREMENT).fills("0.5 @ 50.00 from bob").ends(Finish.FILLED)
        answer.and_ends(own, Finish.SELF_TRADE)
        assert answer.row[5] == 25_000_000


@pytest.mark.parametrize(
    ("order_type", "trigger", "stop"),
    [(OrderType.LIMIT, Trigger.NONE, 0), (OrderType.MARKET, Trigger.STOP, 1), (OrderType.LIMIT, Trigger.STOP, 1)],
)
def test_only_market_orders_that_act_at_once(
    floor: Floor, alice: Trader, order_type: OrderType, trigger: Trigger, stop: int
) -> None:
    price = 1 if order_type == OrderType.LIMIT else 0
    place = c.Place(
        1,
        Side.ASK,
        order_type,
        TimeInForce.IOC,
        price,
        1,
        in_other_unit=True,
        trigger=trigger,
        trigger_price_ticks=stop,
    )
    terms = 1 << 16 | order_type << 24 | 1 << 32 | TimeInForce.IOC << 48
    floor.send(alice.user_id, place).is_refused(Reject.INVALID_ARGUMENT, value=terms)
