"""Every refusal of an order, with the bound and the value it names, and which comes first where several apply.

That a refused command changes nothing is checked by the table itself, after every one.
"""

from __future__ import annotations

import msgspec
import pytest

from fondaco.core import command_records
from fondaco.core import commands as c
from fondaco.core.checks import OPEN_ORDERS_PER_USER_MAX
from fondaco.core.commands import OrderType, Sender, Side, TimeInForce, Trigger
from fondaco.core.rejects import Reject
from fondaco.core.units import UNITS_MAX
from tests.core.table import FOK, GTC, IOC, Floor, Trader

LOT_MAX = UNITS_MAX // 10**4  # of BTCUSDT, whose lot is 10,000 units of BTC
A_PLACE = c.Place(1, Side.BID, OrderType.LIMIT, TimeInForce.GTC, 100_00, 1_0000)


def raw(user: Trader, market_id: int, side: int, order_type: int, tif: int, price: int, amount: int) -> bytes:
    return command_records.encode_place(Sender(user_id=user.user_id), market_id, side, order_type, tif, price, amount)


class TestShape:
    @pytest.mark.parametrize(("side", "order_type", "tif"), [(0, 1, 0), (3, 1, 0), (1, 0, 0), (2, 3, 0), (2, 1, 4)])
    def test_a_code_that_is_none(self, floor: Floor, alice: Trader, side: int, order_type: int, tif: int) -> None:
        terms = side << 16 | order_type << 24 | 1 << 32 | tif << 48
        record = raw(alice, 1, side, order_type, tif, 100_00, 1)
        floor.send_record(record).is_refused(Reject.INVALID_ARGUMENT, value=terms)

    @pytest.mark.parametrize("market_id", [0, 2, 65_535])
    def test_a_market_that_is_none(self, floor: Floor, alice: Trader, market_id: int) -> None:
        record = raw(alice, market_id, 1, 1, 0, 100_00, 1)
        floor.send_record(record).is_refused(Reject.UNKNOWN_MARKET, value=market_id)
        cancel = c.Cancel(market_id, 1)
        floor.send(alice.user_id, cancel).is_refused(Reject.UNKNOWN_MARKET, value=market_id)

    @pytest.mark.parametrize("name", [b"", b"caf\xc3\xa9", b"\xff" * 32])
    def test_a_client_order_id_that_is_no_ascii(self, floor: Floor, alice: Trader, name: bytes) -> None:
        named = c.Place(1, Side.BID, OrderType.LIMIT, TimeInForce.GTC, 100_00, 1, "x")
        record = bytearray(command_records.encode(Sender(user_id=alice.user_id), named))
        record[40:72] = name.ljust(32, b"\0")
        terms = 2 << 16 | 1 << 24 | 1 << 32
        floor.send_record(bytes(record)).is_refused(Reject.INVALID_ARGUMENT, value=terms)

    @pytest.mark.parametrize("name", [b"", b"caf\xc3\xa9", b"\xff" * 32])
    def test_an_amend_by_a_name_that_is_none(self, floor: Floor, alice: Trader, name: bytes) -> None:
        record = bytearray(command_records.encode(Sender(user_id=alice.user_id), c.Amend(1, 0, 1, client_order_id="x")))
        record[56:88] = name.ljust(32, b"\0")
        floor.send_record(bytes(record)).is_refused(Reject.INVALID_ARGUMENT)

    @pytest.mark.parametrize(
        ("place_byte", "value", "execution"),
        [
            (20, 1 << 7, 1 << 7),
            (20, 4, 4),
            (20, 7, 7),
            (20, 5 << 3, 5 << 3),
            (20, 7 << 3, 7 << 3),
            (21, 1 << 3, 0),
            (21, 255, 0),
        ],
    )
    def test_a_bit_that_means_nothing(
        self, floor: Floor, alice: Trader, place_byte: int, value: int, execution: int
    ) -> None:
        record = bytearray(command_records.encode(Sender(user_id=alice.user_id), A_PLACE))
        record[place_byte] |= value
        terms = 2 << 16 | 1 << 24 | 1 << 32 | execution << 48
        floor.send_record(bytes(record)).is_refused(Reject.INVALID_ARGUMENT, value=terms)

    def test_options_that_say_nothing(self, floor: Floor, alice: Trader) -> None:
        """There is one way to say each thing."""
        record = bytearray(command_records.encode(Sender(user_id=alice.user_id), A_PLACE) + b"\0" * 32)
        record[0] += 4
        record[22] |= c.HAS_OPTIONS
        terms = 2 << 16 | 1 << 24 | 1 << 32
        floor.send_record(bytes(record)).is_refused(Reject.INVALID_ARGUMENT, value=terms)

    @pytest.mark.parametrize("name", ["display_lots", "trigger_price_ticks", "trail_ticks", "expire_us"])
    def test_a_negative_option(self, floor: Floor, alice: Trader, name: str) -> None:
        place = msgspec.structs.replace(A_PLACE, trigger=Trigger.TRAILING, **{"trail_ticks": 1, name: -1})
        answer = floor.send(alice.user_id, place)
        answer.is_refused(Reject.INVALID_ARGUMENT, value=2 << 16 | 1 << 24 | 1 << 32)

    @pytest.mark.parametrize(
        ("trigger", "trigger_price", "trail"),
        [
            (Trigger.NONE, 1, 0),
            (Trigger.NONE, 0, 1),
            (Trigger.STOP, 0, 0),
            (Trigger.STOP, 1, 1),
            (Trigger.TAKE_PROFIT, 0, 0),
            (Trigger.TAKE_PROFIT, 1, 1),
            (Trigger.TRAILING, 0, 0),
            (Trigger.TRAILING, 1, 0),
        ],
    )
    def test_prices_that_do_not_go_with_the_trigger(
        self, floor: Floor, alice: Trader, trigger: Trigger, trigger_price: int, trail: int
    ) -> None:
        options = {"trigger_price_ticks": trigger_price, "trail_ticks": trail}
        place = msgspec.structs.replace(A_PLACE, trigger=trigger, **options)
        answer = floor.send(alice.user_id, place)
        answer.is_refused(Reject.INVALID_ARGUMENT, value=2 << 16 | 1 << 24 | 1 << 32)


class TestAccount:
    @pytest.mark.parametrize("user_id", [0, 3, 1_024, 2**31 - 1])
    def test_a_user_that_is_none(self, floor: Floor, alice: Trader, bob: Trader, user_id: int) -> None:
        floor.send(user_id, A_PLACE).is_refused(Reject.UNKNOWN_USER, value=user_id)

    def test_disabled(self, alice: Trader) -> None:
        rests = alice.buys(1, at="100.00")
        alice.is_disabled()
        alice.buys(1, at="100.00").is_refused(Reject.ACCOUNT_DISABLED, value=alice.user_id)
        alice.cancels(rests)  # what is open may still be taken back

    def test_too_many_open_orders(self, floor: Floor, alice: Trader, bob: Trader) -> None:
        record = raw(alice, 1, 2, 1, 0, 1, 1)
        for _ in range(OPEN_ORDERS_PER_USER_MAX // 4_000):
            floor.house.apply(record * 4_000, floor.time_us)
        assert len(alice.open_orders()) == OPEN_ORDERS_PER_USER_MAX
        answer = floor.house.apply(record, floor.time_us)
        row = list(answer)[-1]
        assert row[2:6] == (Reject.TOO_MANY_OPEN_ORDERS, alice.user_id, OPEN_ORDERS_PER_USER_MAX, 100_000)
        sold = command_records.encode(Sender(user_id=bob.user_id), c.Place(1, Side.ASK, OrderType.MARKET, IOC, 0, 1))
        assert len(list(floor.house.apply(sold, floor.time_us))) == 3
        assert list(floor.house.apply(record, floor.time_us))[-1][14] == 0


class TestOrder:
    @pytest.mark.parametrize("ticks", [0, -1, UNITS_MAX + 1, 2**63 - 1, -(2**63)])
    @pytest.mark.parametrize("side", Side)
    def test_a_price_out_of_bounds(self, floor: Floor, alice: Trader, side: Side, ticks: int) -> None:
        record = raw(alice, 1, side, OrderType.LIMIT, GTC, ticks, 1)
        floor.send_record(record).is_refused(Reject.PRICE_OUT_OF_BOUNDS, bound=UNITS_MAX, value=ticks)

    def test_a_price_on_a_market_order(self, floor: Floor, alice: Trader) -> None:
        record = raw(alice, 1, Side.ASK, OrderType.MARKET, IOC, 100_00, 1)
        floor.send_record(record).is_refused(Reject.PRICE_OUT_OF_BOUNDS, bound=0, value=100_00)

    @pytest.mark.parametrize("lots", [0, -1, -(2**63)])
    @pytest.mark.parametrize(("side", "order_type"), [(1, 1), (2, 1), (1, 2)])
    def test_no_amount(self, floor: Floor, alice: Trader, side: int, order_type: int, lots: int) -> None:
        record = raw(alice, 1, side, order_type, GTC, 100_00 if order_type == 1 else 0, lots)
        floor.send_record(record).is_refused(Reject.AMOUNT_TOO_SMALL, bound=1, value=lots)

    @pytest.mark.parametrize("units", [0, -1, -(2**63)])
    def test_no_money(self, floor: Floor, alice: Trader, units: int) -> None:
        record = raw(alice, 1, Side.BID, OrderType.MARKET, IOC, 0, units)
        floor.send_record(record).is_refused(Reject.ORDER_TOO_SMALL_IN_MONEY, bound=1, value=units)

    def test_below_the_markets_minimum(self, floor: Floor, alice: Trader, bob: Trader) -> None:
        floor.market("MINI", "BTC", "USDT", 2, 4, amount_min="0.01", money_min="5")
        mini = alice.at("MINI")
        mini.buys("0.0099", at="1000.00").is_refused(Reject.AMOUNT_TOO_SMALL, bound=100, value=99)
        mini.sells("0.0099").is_refused(Reject.AMOUNT_TOO_SMALL, bound=100, value=99)
        mini.buys("0.01", at="499.99").is_refused(Reject.ORDER_TOO_SMALL_IN_MONEY, bound=5_000_000, value=4_999_900)
        mini.sells("0.01", at="499.99").is_refused(Reject.ORDER_TOO_SMALL_IN_MONEY, bound=5_000_000, value=4_999_900)
        mini.spends("4.999999").is_refused(Reject.ORDER_TOO_SMALL_IN_MONEY, bound=5_000_000, value=4_999_999)
        mini.buys("0.01", at="500.00").rests("0.01")
        bob.at("MINI").sells("0.01").fills("0.01 @ 500.00 from alice")

    def test_money_for_less_than_one_lot(self, alice: Trader, bob: Trader) -> None:
        bob.sells(1, at="30000.00")
        alice.spends("2.999999").is_refused(Reject.ORDER_TOO_SMALL_IN_MONEY, bound=3_000_000, value=2_999_999)
        alice.spends("3").fills("0.0001 @ 30000.00 from bob")

    def test_more_than_the_house_can_hold(self, floor: Floor, alice: Trader) -> None:
        for order_type, price in ((OrderType.LIMIT, 1), (OrderType.MARKET, 0)):
            record = raw(alice, 1, Side.ASK, order_type, GTC, price, LOT_MAX + 1)
            floor.send_record(record).is_refused(Reject.AMOUNT_TOO_LARGE, bound=LOT_MAX, value=LOT_MAX + 1)
        record = raw(alice, 1, Side.BID, OrderType.MARKET, IOC, 0, UNITS_MAX + 1)
        floor.send_record(record).is_refused(Reject.AMOUNT_TOO_LARGE, bound=UNITS_MAX, value=UNITS_MAX + 1)
        for side in Side:
            record = raw(alice, 1, side, OrderType.LIMIT, GTC, 2**40, 2**22 + 1)
            floor.send_record(record).is_refused(Reject.AMOUNT_TOO_LARGE, bound=2**22, value=2**22 + 1)

    def test_orders_that_are_not_there(self, floor: Floor, alice: Trader, bob: Trader) -> None:
        order = alice.buys(1, at="100.00")
        bob.cancels(order).is_refused(Reject.NOT_YOUR_ORDER, value=order.order_id)
        floor.market("OTHER", "BTC", "USDT", 2, 4)
        alice.at("OTHER").cancels(order).is_refused(Reject.ORDER_NOT_FOUND, value=order.order_id)
        for order_id in (0, -1, order.order_id + 4_096, 2**62, -(2**63), 2**63 - 1):
            alice.cancels(order_id).is_refused(Reject.ORDER_NOT_FOUND, value=order_id)
            alice.amends(order_id, amount=2).is_refused(Reject.ORDER_NOT_FOUND, value=order_id)
        alice.cancels("no such name").is_refused(Reject.ORDER_NOT_FOUND)
        alice.cancels(order)
        alice.cancels(order).is_refused(Reject.ORDER_NOT_FOUND, value=order.order_id)


class TestFundsAndBook:
    def test_balance_not_enough(self, floor: Floor) -> None:
        poor = floor.user("poor")
        poor.buys(1, at="0.01").is_refused(Reject.BALANCE_NOT_ENOUGH, bound=0, value=10_000)
        poor.receives("10", "USDT")
        poor.buys("0.1", at="100.00").rests("0.1")
        poor.buys("0.0001", at="0.01").is_refused(Reject.BALANCE_NOT_ENOUGH, bound=0, value=1)
        poor.receives("0.00019999", "BTC")
        poor.sells("0.0002", at="100.01").is_refused(Reject.BALANCE_NOT_ENOUGH, bound=19_999, value=20_000)
        poor.sells("0.0002").is_refused(Reject.BALANCE_NOT_ENOUGH, bound=19_999, value=20_000)

    def test_nobody_to_trade_with(self, alice: Trader) -> None:
        alice.spends("10").is_refused(Reject.NO_COUNTERPARTY)
        alice.sells(1).is_refused(Reject.NO_COUNTERPARTY)
        alice.buys(1, at="100.00")
        alice.spends("10").is_refused(Reject.NO_COUNTERPARTY)

    def test_fill_or_kill_that_cannot_fill(self, alice: Trader, bob: Trader) -> None:
        alice.buys(1, at="100.00", tif=FOK).is_refused(Reject.FILL_OR_KILL_UNFILLABLE, value=10_000)
        bob.sells(1, at="100.00")
        bob.sells(1, at="100.02")
        alice.buys("1.0001", at="100.01", tif=FOK).is_refused(Reject.FILL_OR_KILL_UNFILLABLE, value=10_001)
        alice.buys("2.0001", at="100.02", tif=FOK).is_refused(Reject.FILL_OR_KILL_UNFILLABLE, value=20_001)
        alice.spends("200.030003", tif=FOK).is_refused(Reject.FILL_OR_KILL_UNFILLABLE, value=200_030_003)


class TestPrecedence:
    """Each order is wrong in two ways at least; the refusal that ``rejects.py`` lists first is the one given."""

    def test_of_orders(self, floor: Floor, alice: Trader, bob: Trader) -> None:
        named = alice.buys(1, at="100.00", name="mine")
        bob.sells(1, at="200.00")
        poor, gone = floor.user("poor"), floor.user("gone")
        gone.is_disabled()

        def given(user_id: int, place: c.Place) -> Reject:
            return Reject(floor.send(user_id, place).row[2])

        # a shape that is none, before an unknown market, before a name that is taken, before anything else
        bad_side = c.Place(9, 7, 1, 0, 0, 0, "mine")  # type: ignore[arg-type]
        assert given(alice.user_id, bad_side) == Reject.INVALID_ARGUMENT
        assert given(alice.user_id, c.Place(9, Side.BID, OrderType.LIMIT, GTC, 0, 0, "mine")) == Reject.UNKNOWN_MARKET
        reused = c.Place(1, Side.BID, OrderType.LIMIT, GTC, 0, 0, "mine")
        floor.send(alice.user_id, reused).is_refused(Reject.CLIENT_ORDER_ID_REUSED, value=named.order_id)
        # who asks, before what is asked
        assert given(77, c.Place(9, Side.BID, OrderType.LIMIT, GTC, 0, 0)) == Reject.UNKNOWN_MARKET
        assert given(77, c.Place(1, Side.BID, OrderType.LIMIT, GTC, 0, 0)) == Reject.UNKNOWN_USER
        assert given(gone.user_id, c.Place(1, Side.BID, OrderType.LIMIT, GTC, 0, 0)) == Reject.ACCOUNT_DISABLED
        # the order by itself: price, then amount, then money
        limit = (1, Side.BID, OrderType.LIMIT)
        assert given(poor.user_id, c.Place(*limit, FOK, 0, 0)) == Reject.PRICE_OUT_OF_BOUNDS
        assert given(poor.user_id, c.Place(*limit, FOK, 1, 0)) == Reject.AMOUNT_TOO_SMALL
        assert given(poor.user_id, c.Place(*limit, FOK, 1, UNITS_MAX)) == Reject.AMOUNT_TOO_LARGE
        market_bid = (1, Side.BID, OrderType.MARKET, FOK, 0)
        assert given(poor.user_id, c.Place(*market_bid, 1)) == Reject.ORDER_TOO_SMALL_IN_MONEY
        # its funds, before the book
        assert given(poor.user_id, c.Place(*limit, FOK, 1, 1)) == Reject.BALANCE_NOT_ENOUGH
        assert given(poor.user_id, c.Place(*market_bid, 3_000_000)) == Reject.BALANCE_NOT_ENOUGH
        alice.cancels("mine")
        assert given(poor.user_id, c.Place(1, Side.ASK, OrderType.MARKET, FOK, 0, 1)) == Reject.BALANCE_NOT_ENOUGH
        assert given(alice.user_id, c.Place(1, Side.ASK, OrderType.MARKET, FOK, 0, 1)) == Reject.NO_COUNTERPARTY

    def test_of_cancels(self, floor: Floor, alice: Trader, bob: Trader) -> None:
        order = alice.buys(1, at="100.00")
        floor.send(bob.user_id, c.Cancel(9, order.order_id)).is_refused(Reject.UNKNOWN_MARKET, value=9)
        floor.market("OTHER", "BTC", "USDT", 2, 4)
        bob.at("OTHER").cancels(order).is_refused(Reject.ORDER_NOT_FOUND, value=order.order_id)
