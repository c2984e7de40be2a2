"""Every number at its bound, and every structure past the size at which it grows.

The naive model has no bounds and no structures to grow, so whatever passes here is compared with it.
"""

from __future__ import annotations

import random

import pytest

from fondaco.core import command_records
from fondaco.core import commands as c
from fondaco.core.commands import OrderType, Sender, Side, TimeInForce
from fondaco.core.events import EventKind, Finish, kind_of
from fondaco.core.house import House
from fondaco.core.instruments import FEE_RATE_PPM_MAX, SCALE_DIGITS_MAX
from fondaco.core.rejects import Reject
from fondaco.core.units import UNITS_MAX
from tests.core.flows import START_US, Batch, Sent, by, crowd
from tests.core.table import GTC, IOC
from tests.core.twins import Twins

BID, ASK = Side.BID, Side.ASK
LIMIT, MARKET = OrderType.LIMIT, OrderType.MARKET


def opened(*sent: c.Command, users: int = 2) -> Twins:
    """Twins with some users and the given rare commands carried out."""
    twins = Twins()
    twins.apply(Batch(START_US, by(0, *(c.UserCreate(f"user-{number}") for number in range(1, users + 1)))))
    twins.apply(Batch(START_US, by(0, *sent)))
    return twins


def send(twins: Twins, user_id: int, *placed: c.Command) -> None:
    twins.apply(Batch(twins.house.time_us, by(user_id, *placed)))


def money(user_id: int, asset: str, units: int) -> c.BalanceUpdate:
    return c.BalanceUpdate(user_id, asset, "deposit", 1, units)


class TestNumbers:
    def test_a_trailing_stop_at_the_highest_price_there_is(self) -> None:
        """The last price and the distance are both the bound, and their sum would be beyond 63 bits."""
        twins = opened(
            c.AssetCreate("S", 0),
            c.AssetCreate("M", 0),
            c.MarketCreate("SM", "S", "M", 0, 0, 0, 0, 0, 0),
            money(1, "S", 3),
            money(2, "M", UNITS_MAX),
        )
        trailing = c.Place(1, BID, MARKET, IOC, 0, 1, trigger=c.Trigger.TRAILING, trail_ticks=UNITS_MAX)
        send(twins, 1, c.Place(1, ASK, LIMIT, GTC, UNITS_MAX, 1))
        send(twins, 2, c.Place(1, BID, LIMIT, IOC, UNITS_MAX, 1))
        send(twins, 1, trailing)
        (order_id,) = twins.house.open_orders(1)
        options = twins.house.order_options(order_id)
        assert options is not None
        assert options[5] == UNITS_MAX

    @pytest.mark.parametrize("fee_ppm", [0, 1, 1_000, FEE_RATE_PPM_MAX])
    @pytest.mark.parametrize(
        ("stock_scale", "money_scale", "price_digits", "amount_digits"),
        [(stock, money, price, amount) for stock in (0, 18) for money in (0, 9, 18) for price in (0, 9, 18)
         for amount in (0, 9, 18) if amount <= stock and price + amount <= money],
    )  # fmt: skip
    def test_all_there_is_changes_hands(
        self, stock_scale: int, money_scale: int, price_digits: int, amount_digits: int, fee_ppm: int
    ) -> None:
        """One owns all the stock there can be, one all the money; every order is as large as the bounds allow."""
        twins = opened(
            c.AssetCreate("S", stock_scale),
            c.AssetCreate("M", money_scale),
            c.MarketCreate("SM", "S", "M", price_digits, amount_digits, 0, 0, fee_ppm, fee_ppm),
            money(1, "S", UNITS_MAX),
            money(2, "M", UNITS_MAX),
        )
        market = twins.house.markets[1]
        tick_lot = market.money_units_per_tick_lot
        price_max = UNITS_MAX // tick_lot
        lots_max = UNITS_MAX // market.stock_units_per_lot
        for price in (price_max, price_max - 1, price_max // 3 or 1, 1):
            lots = min(lots_max, UNITS_MAX // (price * tick_lot))
            at = (price, lots)
            send(twins, 1, c.Place(1, ASK, LIMIT, GTC, *at), c.Place(1, ASK, LIMIT, GTC, price, lots + 1))
            send(twins, 2, c.Place(1, BID, LIMIT, GTC, price + 1, lots), c.Place(1, BID, LIMIT, TimeInForce.FOK, *at))
            send(twins, 2, c.Place(1, BID, MARKET, TimeInForce.FOK, 0, UNITS_MAX // 3))
            send(twins, 2, c.Place(1, BID, MARKET, IOC, 0, UNITS_MAX // 2), c.Place(1, BID, LIMIT, GTC, *at))
            send(twins, 1, c.Place(1, ASK, MARKET, IOC, 0, lots), c.Place(1, ASK, LIMIT, IOC, 1, lots))
            for user_id in (1, 2):
                send(twins, user_id, *(c.Cancel(1, order) for order in twins.house.open_orders(user_id)))
        twins.compare_state()
        held = [twins.house.balance(user_id, asset_id) for user_id in (1, 2) for asset_id in (1, 2)]
        assert all(hold == 0 for _, hold in held)

    def test_one_unit_at_the_highest_price(self) -> None:
        twins = opened(
            c.AssetCreate("S", 0),
            c.AssetCreate("M", 0),
            c.MarketCreate("SM", "S", "M", 0, 0, 0, 0, FEE_RATE_PPM_MAX, FEE_RATE_PPM_MAX),
            money(1, "S", 1),
            money(2, "M", UNITS_MAX),
        )
        send(twins, 1, c.Place(1, ASK, LIMIT, GTC, UNITS_MAX, 1))
        send(twins, 2, c.Place(1, BID, LIMIT, GTC, UNITS_MAX, 1))
        assert twins.house.last_price_ticks(1) == UNITS_MAX
        assert twins.house.balance(1, 2) == (UNITS_MAX // 2, 0)
        twins.compare_state()

    def test_all_the_money_round_and_round(self) -> None:
        """Trading with oneself moves all the money many times over; no total passes its bound."""
        twins = opened(
            c.AssetCreate("S", 0),
            c.AssetCreate("M", 0),
            c.MarketCreate("SM", "S", "M", 0, 0, 0, 0, 0, 0),
            money(1, "S", UNITS_MAX),
            money(1, "M", UNITS_MAX),
        )
        for _ in range(8):
            send(twins, 1, *(c.Place(1, BID, LIMIT, GTC, 1, UNITS_MAX // 4) for _ in range(4)))
            send(twins, 1, c.Place(1, ASK, MARKET, IOC, 0, UNITS_MAX))
            send(twins, 1, *(c.Place(1, ASK, LIMIT, GTC, 1, UNITS_MAX // 4) for _ in range(4)))
            send(twins, 1, c.Place(1, BID, LIMIT, GTC, 1, UNITS_MAX))
        twins.compare_state()
        assert twins.house.balance(1, 1) == twins.house.balance(1, 2) == (UNITS_MAX, 0)

    def test_scale_digits(self) -> None:
        """Every pair of scales makes a market or a refusal, as the naive model has it."""
        sent = [c.AssetCreate(f"A{digits}", digits) for digits in range(SCALE_DIGITS_MAX + 1)]
        twins = opened(*sent)
        rng = random.Random(1)
        for number in range(600):
            price, amount = rng.randint(0, 18), rng.randint(0, 18)
            stock, paid = rng.sample(sent, 2)
            send(twins, 0, c.MarketCreate(f"M{number}", stock.name, paid.name, price, amount, 0, 0, 0, 0))
        assert len(twins.house.markets) > 50
        twins.compare_state()

    def test_user_ids_beyond_31_bits(self) -> None:
        house = House()
        for user_id in (2**31, 2**32 - 1):
            record = command_records.encode_place(Sender(user_id=user_id), 1, 1, 1, 0, 1, 1)
            (row,) = house.apply(record, 1)
            assert row[2] == Reject.UNKNOWN_MARKET
        assert house.order(2**63) is None
        assert house.order(-1) is None


def small_market(users: int = 2) -> Twins:
    twins = opened(
        c.AssetCreate("S", 0),
        c.AssetCreate("M", 0),
        c.MarketCreate("SM", "S", "M", 0, 0, 0, 0, 1_000, 2_000),
        users=users,
    )
    for user_id in range(1, users + 1):
        send(twins, 0, money(user_id, "S", 10**9), money(user_id, "M", 10**12))
    return twins


class TestOrderIds:
    def test_an_old_order_stays_while_many_ids_pass(self) -> None:
        """An id whose place an old order still holds is skipped; every other is given, in order."""
        twins = small_market()
        house = twins.house
        send(twins, 1, c.Place(1, BID, LIMIT, GTC, 1, 1))
        expected = 1
        for _ in range(6):
            batch = by(2, c.Place(1, ASK, LIMIT, GTC, 9, 1), c.Place(1, BID, LIMIT, GTC, 9, 1)) * 1_000
            records = Batch(START_US, batch).records()
            applied = house.apply(records, START_US)
            answers = [row for row in applied if row[0] >> 56 & 1]
            for row in answers:
                expected += 2 if expected % 4_096 == 0 else 1
                assert row[2] == expected
        assert house.order(1) is not None
        assert house.order(4_097) is None
        assert house.order(8_193) is None
        restored = House.load(house.dump())
        for each in (house, restored):
            applied = each.apply(records, START_US)
            assert [row[14] for row in applied if kind_of(row) == EventKind.ORDER].count(Finish.FILLED) == 2_000
            cancel = Batch(START_US, by(1, c.Cancel(1, 1))).records()
            assert next(iter(each.apply(cancel, START_US)))[14] == Finish.CANCELLED
        assert house.state_hash() == restored.state_hash()

    def test_the_window_grows_with_the_open_orders(self) -> None:
        """Old and new orders side by side through several doublings, cancelled and placed at random."""
        twins = small_market()
        rng = random.Random(7)
        house = twins.house
        for _ in range(24):
            mine = house.open_orders(1)
            gone = by(1, *(c.Cancel(1, order) for order in rng.sample(mine, len(mine) // 8)))
            new = by(1, *(c.Place(1, BID, LIMIT, GTC, rng.randint(1, 60), 1) for _ in range(600)))
            house.apply(Batch(START_US, gone + new).records(), START_US)
            ids = house.open_orders(1)
            assert ids == sorted(ids, reverse=True)
            assert all(house.order(order_id) is not None for order_id in ids[::17])
        assert len(ids) > 4_096
        restored = House.load(house.dump())
        assert restored.dump() == house.dump()
        rng.shuffle(ids)
        everything = Batch(START_US, by(1, *(c.Cancel(1, order) for order in ids))).records()
        assert house.apply(everything, START_US) == restored.apply(everything, START_US)
        assert house.balance(1, 2) == (10**12, 0)
        assert house.depth(1, BID, 10) == []

    def test_skipping_is_as_the_naive_model_does_it(self) -> None:
        """A window of 4096 with orders in a third of its places, passed three times."""
        twins = small_market()
        held = [c.Place(1, BID, LIMIT, GTC, 1 + number % 5, 1) for number in range(40)]
        passing = [c.Place(1, ASK, LIMIT, IOC, 99, 1)] * 300
        for _ in range(6):
            send(twins, 1, *held)
            for _ in range(7):
                send(twins, 2, *passing)
        assert twins.reference.next_order_id > 6 * (40 + 2_100) + 80
        twins.compare_state()


class TestGrowth:
    def test_many_levels_in_any_order(self) -> None:
        """Levels inserted and emptied at random places, on both sides, far more than the first room for them."""
        twins = small_market()
        rng = random.Random(3)
        bids, asks = list(range(1, 700)), list(range(1_000, 1_700))
        rng.shuffle(bids)
        rng.shuffle(asks)
        for price in bids:
            send(twins, 1, c.Place(1, BID, LIMIT, GTC, price, 1 + price % 3))
        for price in asks:
            send(twins, 2, c.Place(1, ASK, LIMIT, GTC, price, 1 + price % 5))
        twins.compare_state()
        for user_id in (1, 2):
            mine = twins.house.open_orders(user_id)
            send(twins, user_id, *(c.Cancel(1, order) for order in rng.sample(mine, len(mine) // 2)))
        for price in rng.sample(bids, 100):
            send(twins, 1, c.Place(1, BID, LIMIT, GTC, price, 1))
        twins.compare_state()
        send(twins, 2, c.Place(1, ASK, LIMIT, GTC, 100, 400), c.Place(1, BID, LIMIT, TimeInForce.FOK, 1_650, 700))
        twins.compare_state()

    def test_a_price_that_walks_far(self) -> None:
        """The touch moves through thousands of prices, up and down, with stale orders left behind."""
        twins = small_market()
        rng = random.Random(5)
        price = 5_000
        for step in range(700):
            price += rng.randint(0, 40) if step % 350 < 175 else -rng.randint(0, 40)
            sent: list[Sent] = [
                *by(1, c.Place(1, BID, LIMIT, GTC, price - 1, 2)),
                *by(2, c.Place(1, ASK, LIMIT, GTC, price + 1, 2)),
                *by(1, c.Place(1, BID, MARKET, IOC, 0, 3 * price)),
                *by(2, c.Place(1, ASK, LIMIT, IOC, price - 2, 3)),
            ]
            for user_id in (1, 2):
                mine = twins.house.open_orders(user_id)
                sent += by(user_id, *(c.Cancel(1, order) for order in mine[30:]))
            twins.apply(Batch(START_US + step, sent))
        twins.compare_state()

    def test_many_accounts_and_users(self) -> None:
        """Ledger and users grow while orders rest; a taker's accounts may be new in the middle of it all."""
        twins = Twins()
        for batch in crowd(11, 1_500):
            twins.apply(batch)
        house = twins.house
        assert sum(len(house.open_orders(user_id)) for user_id in house.users) > 100
        assert house.dump() == House.load(house.dump()).dump()

    def test_many_markets(self) -> None:
        """Markets opened live beside trading ones keep what those have."""
        twins = small_market()
        send(twins, 1, c.Place(1, BID, LIMIT, GTC, 50, 1))
        for number in range(2, 70):
            send(twins, 0, c.MarketCreate(f"M{number}", "S", "M", 0, 0, 0, 0, number, number))
            send(twins, 1, c.Place(number, BID, LIMIT, GTC, number, 1), c.Place(number - 1, BID, LIMIT, GTC, 2, 1))
            send(twins, 2, c.Place(number, ASK, MARKET, IOC, 0, 1))
        twins.compare_state()

    def test_one_order_against_a_thousand(self) -> None:
        """More rows in a batch than there is room for at first; all of them are there."""
        twins = small_market()
        send(twins, 1, *(c.Place(1, ASK, LIMIT, GTC, 100 + number % 7, 1) for number in range(2_000)))
        send(twins, 2, c.Place(1, BID, LIMIT, GTC, 200, 2_001))
        twins.compare_state()


def test_a_hundred_thousand_orders_of_many_users() -> None:
    """All placed, half cancelled, the rest swept in one order: nothing is left over, nothing lost."""
    twins = small_market(users=4)
    house = twins.house
    rng = random.Random(13)
    for _ in range(25):
        placed: list[Sent] = []
        for user_id in (2, 3, 4):
            for _ in range(1_334):
                placed += by(user_id, c.Place(1, ASK, LIMIT, GTC, rng.randint(1_000, 9_000), rng.randint(1, 3)))
        house.apply(Batch(START_US, placed).records(), START_US)
    for user_id in (2, 3, 4):
        mine = house.open_orders(user_id)
        house.apply(Batch(START_US, by(user_id, *(c.Cancel(1, order) for order in mine[::2]))).records(), START_US)
    lots = sum(lots for _, lots in house.depth(1, ASK, 10_000))
    assert lots == sum(house.balance(user_id, 1)[1] for user_id in (2, 3, 4))
    house.apply(Batch(START_US, by(1, c.Place(1, BID, LIMIT, GTC, 9_000, lots))).records(), START_US)
    assert house.depth(1, ASK, 1) == house.depth(1, BID, 1) == []
    fees = 4 * 10**9 - sum(house.balance(user_id, 1)[0] for user_id in range(1, 5))
    assert fees == -(-lots * 2_000 // 1_000_000)
    assert not any(house.imbalances().values())
