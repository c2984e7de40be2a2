"""Assets, markets, users, keys, and money in and out: what each makes, and what it refuses with bound and value."""

from __future__ import annotations

import pytest

from fondaco.core import command_records, naming_commands
from fondaco.core import commands as c
from fondaco.core import events as e
from fondaco.core.instruments import FEE_RATE_PPM_MAX, SCALE_DIGITS_MAX, Asset, Key, Market, User
from fondaco.core.rejects import Reject
from fondaco.core.units import UNITS_MAX
from tests.core.table import Floor, Trader

BEYOND = (2**62 + 1, 2**63, 2**64 - 1, -(2**62) - 1, -(2**63))
MARKET = c.MarketCreate("NEW", "BTC", "USDT", 2, 4, 1, 0, 1_000, 2_000)


def changed(**values: object) -> c.MarketCreate:
    return c.MarketCreate(**{name: getattr(MARKET, name) for name in MARKET.__struct_fields__} | values)


class TestAssets:
    def test_created(self, floor: Floor) -> None:
        for asset_id, digits in ((3, 0), (4, SCALE_DIGITS_MAX)):
            fact = floor.send(0, c.AssetCreate(f"A{digits}", digits)).is_fact()
            assert fact == e.AssetCreated(Asset(asset_id, f"A{digits}", digits))
        assert floor.house.assets[4] == Asset(4, "A18", 18)
        assert floor.house.asset_ids["A18"] == 4

    def test_refused(self, floor: Floor) -> None:
        floor.send(0, c.AssetCreate("BTC", 8)).is_refused(Reject.NAME_TAKEN, value=1)
        for digits in (-1, 19, 2**40):
            answer = floor.send(0, c.AssetCreate("NEW", digits))
            answer.is_refused(Reject.INVALID_ARGUMENT, bound=SCALE_DIGITS_MAX, value=digits)
        for digits in BEYOND:
            floor.send(0, c.AssetCreate("NEW", digits)).is_refused(Reject.INVALID_ARGUMENT, bound=SCALE_DIGITS_MAX)

    @pytest.mark.parametrize("name", ["", "btc", "-A", "A" * 17, "A B", "Ä", "A\n"])
    def test_names_refused(self, floor: Floor, name: str) -> None:
        floor.send(0, c.AssetCreate(name, 8)).is_refused(Reject.INVALID_ARGUMENT, bound=SCALE_DIGITS_MAX, value=8)

    def test_no_more_than_there_are_ids(self, floor: Floor, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(naming_commands, "ASSET_ID_MAX", 3)
        floor.asset("THIRD", 8)
        floor.send(0, c.AssetCreate("FOURTH", 8)).is_refused(Reject.INVALID_ARGUMENT, bound=3, value=4)


class TestMarkets:
    def test_created(self, floor: Floor) -> None:
        market = Market(2, "NEW", 1, 2, 2, 4, 1, 10_000, 1, 0, 1_000, 2_000)
        assert floor.send(0, MARKET).is_fact() == e.MarketCreated(market)
        assert floor.house.markets[2] == market
        assert floor.house.market_ids["NEW"] == 2

    @pytest.mark.parametrize(
        ("price_digits", "amount_digits", "money_units", "stock_units"),
        [(0, 0, 10**6, 10**8), (6, 0, 1, 10**8), (0, 6, 1, 10**2), (2, 4, 1, 10**4), (1, 2, 10**3, 10**6)],
    )
    def test_scales(
        self, floor: Floor, price_digits: int, amount_digits: int, money_units: int, stock_units: int
    ) -> None:
        market = floor.market("NEW", "BTC", "USDT", price_digits, amount_digits)
        assert (market.money_units_per_tick_lot, market.stock_units_per_lot) == (money_units, stock_units)

    def test_scales_refused(self, floor: Floor) -> None:
        answer = floor.send(0, changed(price_digits=3, amount_digits=4))
        answer.is_refused(Reject.SCALE_TOO_COARSE, bound=6, value=7)
        answer = floor.send(0, changed(price_digits=0, amount_digits=9))
        answer.is_refused(Reject.SCALE_TOO_COARSE, bound=8, value=9)
        for digits in (-1, 19, 2**40):
            answer = floor.send(0, changed(price_digits=digits))
            answer.is_refused(Reject.INVALID_ARGUMENT, bound=SCALE_DIGITS_MAX, value=max(digits, 4))
            answer = floor.send(0, changed(amount_digits=digits))
            answer.is_refused(Reject.INVALID_ARGUMENT, bound=SCALE_DIGITS_MAX, value=max(digits, 2))
        floor.send(0, changed(price_digits=2**64 - 1)).is_refused(Reject.INVALID_ARGUMENT, bound=SCALE_DIGITS_MAX)

    def test_terms_refused(self, floor: Floor) -> None:
        for name in ("amount_lots_min", "money_units_min"):
            answer = floor.send(0, changed(**{name: -1}))
            answer.is_refused(Reject.INVALID_ARGUMENT, bound=UNITS_MAX, value=-1)
            for value in BEYOND:
                floor.send(0, changed(**{name: value})).is_refused(Reject.INVALID_ARGUMENT, bound=UNITS_MAX)
        for name, least in (("maker_fee_ppm", -FEE_RATE_PPM_MAX), ("taker_fee_ppm", 0)):
            for value in (least - 1, FEE_RATE_PPM_MAX + 1):
                answer = floor.send(0, changed(**{name: value}))
                answer.is_refused(Reject.INVALID_ARGUMENT, bound=FEE_RATE_PPM_MAX, value=value)
            for value in BEYOND:
                floor.send(0, changed(**{name: value})).is_refused(Reject.INVALID_ARGUMENT, bound=FEE_RATE_PPM_MAX)

    def test_names_refused(self, floor: Floor, monkeypatch: pytest.MonkeyPatch) -> None:
        floor.send(0, changed(name="BTCUSDT")).is_refused(Reject.NAME_TAKEN, value=1)
        floor.send(0, changed(stock="USDT")).is_refused(Reject.INVALID_ARGUMENT)
        floor.send(0, changed(stock="XXX")).is_refused(Reject.UNKNOWN_ASSET)
        floor.send(0, changed(money="XXX")).is_refused(Reject.UNKNOWN_ASSET)
        for name in ("", "new", "A" * 33, "NEW\n"):
            floor.send(0, changed(name=name)).is_refused(Reject.INVALID_ARGUMENT)
        monkeypatch.setattr(naming_commands, "MARKET_ID_MAX", 1)
        floor.send(0, MARKET).is_refused(Reject.INVALID_ARGUMENT, bound=1, value=2)

    def test_updated(self, floor: Floor, alice: Trader, bob: Trader) -> None:
        """What is not named stays; the last price and deal stay; open orders are as they were."""
        bob.sells(2, at="100.00")
        alice.buys(1, at="100.00")
        fact = floor.send(0, c.MarketUpdate("BTCUSDT", money_units_min=200_000_000)).is_fact()
        market = Market(1, "BTCUSDT", 1, 2, 2, 4, 1, 10_000, 1, 200_000_000, 0, 0)
        assert fact == e.MarketUpdated(market)
        assert floor.house.markets[1] == market
        assert (floor.house.last_price_ticks(1), floor.house.last_deal_id(1)) == (100_00, 1)
        floor.send(0, c.MarketUpdate("BTCUSDT", amount_lots_min=0, maker_fee_ppm=5, taker_fee_ppm=6)).is_fact()
        assert floor.house.markets[1] == Market(1, "BTCUSDT", 1, 2, 2, 4, 1, 10_000, 1, 200_000_000, 5, 6)
        alice.buys(2, at="100.00").fills("1 @ 100.00 from bob").rests("1")

    def test_updates_refused(self, floor: Floor) -> None:
        floor.send(0, c.MarketUpdate("NONE")).is_refused(Reject.UNKNOWN_MARKET)
        answer = floor.send(0, c.MarketUpdate("BTCUSDT", taker_fee_ppm=500_001))
        answer.is_refused(Reject.INVALID_ARGUMENT, bound=FEE_RATE_PPM_MAX, value=500_001)
        for value in BEYOND:
            answer = floor.send(0, c.MarketUpdate("BTCUSDT", amount_lots_min=value))
            answer.is_refused(Reject.INVALID_ARGUMENT, bound=UNITS_MAX)


class TestUsersAndKeys:
    def test_users(self, floor: Floor) -> None:
        assert floor.send(0, c.UserCreate("alice")).is_fact() == e.UserCreated(User(1, "alice"))
        floor.send(0, c.UserCreate("alice")).is_refused(Reject.NAME_TAKEN, value=1)
        for name in ("", "-a", "a b", "a" * 65, "é", "a\n"):
            floor.send(0, c.UserCreate(name)).is_refused(Reject.INVALID_ARGUMENT)
        gone = User(1, "alice", disabled=True)
        for _ in range(2):
            assert floor.send(0, c.UserDisable(1)).is_fact() == e.UserDisabled(gone)
        assert floor.house.users == {1: gone}
        back = User(1, "alice")
        for _ in range(2):
            assert floor.send(0, c.UserEnable(1)).is_fact() == e.UserEnabled(back)
        assert floor.house.users == {1: back}
        for user_id in (0, 2, -1, 2**63):
            floor.send(0, c.UserDisable(user_id)).is_refused(Reject.UNKNOWN_USER)
            floor.send(0, c.UserEnable(user_id)).is_refused(Reject.UNKNOWN_USER)

    def test_keys(self, floor: Floor, alice: Trader) -> None:
        fact = floor.send(0, c.KeyCreate("key-1", 1, ("read", "trade"), ("127.0.0.1",), "first")).is_fact()
        key = Key(1, "key-1", 1, ("read", "trade"), ("127.0.0.1",), "first")
        assert fact == e.KeyCreated(key)
        floor.send(0, c.KeyCreate("key-1", 1, ("read",))).is_refused(Reject.NAME_TAKEN, value=1)
        gone = Key(1, "key-1", 1, ("read", "trade"), ("127.0.0.1",), "first", revoked=True)
        assert floor.send(0, c.KeyRevoke("key-1")).is_fact() == e.KeyRevoked(gone)
        assert floor.house.keys == {"key-1": gone}
        floor.send(0, c.KeyRevoke("key-2")).is_refused(Reject.UNKNOWN_KEY)
        floor.send(0, c.KeyCreate("key-2", 9, ("read",))).is_refused(Reject.UNKNOWN_USER)

    @pytest.mark.parametrize(
        "command",
        [
            c.KeyCreate("abc", 1, ("read",)),
            c.KeyCreate("a" * 65, 1, ("read",)),
            c.KeyCreate("key 1", 1, ("read",)),
            c.KeyCreate("key-1", 1, ()),
            c.KeyCreate("key-1", 1, ("read", "fly")),
            c.KeyCreate("key-1", 1, ("read",), ("127.0.0.1",) * 17),
            c.KeyCreate("key-1", 1, ("read",), (), "x" * 65),
        ],
    )
    def test_keys_refused(self, floor: Floor, alice: Trader, command: c.KeyCreate) -> None:
        floor.send(0, command).is_refused(Reject.INVALID_ARGUMENT)

    def test_a_tick_is_nothing_but_time(self, floor: Floor) -> None:
        floor.later(hours=1)
        assert floor.send(0, c.Tick()).is_fact() == e.Ticked()
        assert floor.house.time_us == floor.time_us


class TestBalanceUpdates:
    def test_in_and_out(self, floor: Floor) -> None:
        user = floor.user("user")
        fact = user.receives("1.5", "BTC", business_id=7, detail='{"from": "a"}').is_fact()
        assert fact == e.BalanceUpdated(1, 1, "deposit", 7, 150_000_000, 150_000_000, '{"from": "a"}')
        fact = user.receives("-0.5", "BTC", business_id=8).is_fact()
        assert fact == e.BalanceUpdated(1, 1, "deposit", 8, -50_000_000, 100_000_000, "{}")
        user.has("1", "BTC")

    def test_the_balance_told_includes_what_is_on_hold(self, alice: Trader) -> None:
        alice.buys(1, at="100.00")
        fact = alice.receives("1", "USDT").is_fact()
        assert isinstance(fact, e.BalanceUpdated)
        assert fact.balance_units == 100_001_000_000

    def test_a_repeat_gets_the_first_answer_for_ever(self, floor: Floor) -> None:
        user = floor.user("user")
        first = user.receives("1", "BTC", business_id=7).is_fact()
        user.receives("5", "BTC")
        floor.later(hours=24 * 365 * 100)
        floor.restart()
        again = user.receives("1", "BTC", business_id=7).is_fact()
        assert isinstance(first, e.BalanceUpdated)
        assert isinstance(again, e.BalanceUpdated)
        assert (first.repeated, again.repeated, again.balance_units) == (False, True, 100_000_000)
        user.has("6", "BTC")

    def test_another_body_is_refused(self, floor: Floor, alice: Trader, bob: Trader) -> None:
        alice.receives("1", "BTC", business_id=7)
        answer = alice.receives("2", "BTC", business_id=7)
        answer.is_refused(Reject.BUSINESS_ID_REUSED, bound=100_000_000, value=200_000_000)
        answer = alice.receives("1", "BTC", business_id=7, detail="[]")
        answer.is_refused(Reject.BUSINESS_ID_REUSED, bound=100_000_000, value=100_000_000)
        update = c.BalanceUpdate(alice.user_id, "BTC", "deposit", 7, 2**64 - 1)
        floor.send(0, update).is_refused(Reject.BUSINESS_ID_REUSED, bound=100_000_000)
        bob.receives("1", "BTC", business_id=7).is_fact()
        alice.receives("1", "USDT", business_id=7).is_fact()
        floor.send(0, c.BalanceUpdate(alice.user_id, "BTC", "bonus", 7, 5)).is_fact()

    def test_only_what_is_available_goes_out(self, alice: Trader) -> None:
        alice.sells(40, at="100.00")
        answer = alice.receives("-60.00000001", "BTC", business_id=1)
        answer.is_refused(Reject.BALANCE_NOT_ENOUGH, bound=6_000_000_000, value=6_000_000_001)
        alice.receives("-60", "BTC", business_id=1).is_fact()
        alice.has("0", "BTC", hold="40")

    def test_no_more_of_an_asset_than_the_house_can_hold(self, floor: Floor) -> None:
        user, other = floor.user("user"), floor.user("other")

        def given(user_id: int, change_units: int) -> c.BalanceUpdate:
            return c.BalanceUpdate(user_id, "BTC", "deposit", floor.house.next_seq, change_units)

        floor.send(0, given(1, UNITS_MAX + 1)).is_refused(Reject.BALANCE_TOO_LARGE, bound=UNITS_MAX)
        floor.send(0, given(1, UNITS_MAX - 5)).is_fact()
        floor.send(0, given(2, 6)).is_refused(Reject.BALANCE_TOO_LARGE, bound=5, value=6)
        floor.send(0, given(2, 5)).is_fact()
        floor.send(0, given(2, 1)).is_refused(Reject.BALANCE_TOO_LARGE, bound=0, value=1)
        floor.send(0, given(1, 5 - UNITS_MAX)).is_fact()
        floor.send(0, given(2, -(2**63))).is_refused(Reject.BALANCE_NOT_ENOUGH, bound=5)
        user.has("0", "BTC")
        other.has("0.00000005", "BTC")

    @pytest.mark.parametrize("value", [*BEYOND, 2**62])
    def test_changes_out_of_all_range(self, floor: Floor, alice: Trader, value: int) -> None:
        answer = floor.send(0, c.BalanceUpdate(alice.user_id, "BTC", "deposit", 1, value))
        assert Reject(answer.row[2]) in (Reject.BALANCE_TOO_LARGE, Reject.BALANCE_NOT_ENOUGH)

    def test_refused(self, floor: Floor, alice: Trader) -> None:
        for user_id in (0, 2, -1, 2**63):
            floor.send(0, c.BalanceUpdate(user_id, "BTC", "deposit", 1, 5)).is_refused(Reject.UNKNOWN_USER)
        # precedence: an asset that is none comes before a user that is none and an amount out of range
        floor.send(0, c.BalanceUpdate(9, "XXX", "deposit", 1, 2**63)).is_refused(Reject.UNKNOWN_ASSET)
        floor.send(0, c.BalanceUpdate(9, "BTC", "deposit", 1, 2**63)).is_refused(Reject.UNKNOWN_USER)
        for business in ("", "a b", "x" * 33):
            floor.send(0, c.BalanceUpdate(1, "BTC", business, 1, 5)).is_refused(Reject.INVALID_ARGUMENT)
        floor.send(0, c.BalanceUpdate(1, "BTC", "deposit", 1, 5, "x" * 1_025)).is_refused(Reject.INVALID_ARGUMENT)
        answer = floor.send(0, c.BalanceUpdate(1, "BTC", "deposit", -1, 5))
        answer.is_refused(Reject.INVALID_ARGUMENT, bound=2**63 - 1, value=-1)
        answer = floor.send(0, c.BalanceUpdate(1, "BTC", "deposit", 2**63, 5))
        answer.is_refused(Reject.INVALID_ARGUMENT, bound=2**63 - 1)


class TestWhoMay:
    """A command may have waited behind the one that took its sender's right away."""

    def test_a_disabled_sender_changes_nothing(self, floor: Floor, alice: Trader) -> None:
        house = floor.house
        by_alice = c.Sender(user_id=alice.user_id)
        batch = [command_records.encode(c.HOUSE, c.UserDisable(alice.user_id))]
        batch += [
            command_records.encode(by_alice, c.AssetCreate("NEW", 8)),
            command_records.encode(by_alice, c.UserDisable(alice.user_id)),
        ]
        rows = list(house.apply(b"".join(batch), house.time_us))
        assert [row[2] for row in rows[1:]] == [Reject.ACCOUNT_DISABLED] * 2
        assert "NEW" not in house.asset_ids

    def test_a_disabled_sender_takes_his_own_orders_out(self, floor: Floor, alice: Trader, bob: Trader) -> None:
        alice.buys(1, at="90.00")
        bob.buys(1, at="90.00")
        alice.is_disabled()
        floor.send(alice.user_id, c.OrdersCancel(bob.user_id)).is_refused(Reject.ACCOUNT_DISABLED, value=alice.user_id)
        floor.send(alice.user_id, c.OrdersCancel(alice.user_id)).is_fact()
        assert (alice.open_orders(), len(bob.open_orders())) == ([], 1)

    def test_an_enabled_user_is_as_before(self, floor: Floor, alice: Trader, bob: Trader) -> None:
        """His resting orders never left; his revoked keys stay revoked; and nobody enables himself."""
        floor.send(0, c.KeyCreate("old-key", alice.user_id, ("trade",))).is_fact()
        floor.send(0, c.KeyRevoke("old-key")).is_fact()
        alice.sells(1, at="100.00")
        alice.is_disabled()
        floor.restart()
        floor.send(alice.user_id, c.UserEnable(alice.user_id)).is_refused(Reject.ACCOUNT_DISABLED, value=alice.user_id)
        alice.buys(1, at="90.00").is_refused(Reject.ACCOUNT_DISABLED, value=alice.user_id)
        floor.send(0, c.UserEnable(alice.user_id)).is_fact()
        floor.restart()
        alice.buys(1, at="90.00").rests("1")
        bob.buys(1, at="100.00").fills("1 @ 100.00 from alice")
        assert floor.house.keys["old-key"].revoked

    def test_a_revoked_key_changes_nothing(self, floor: Floor, alice: Trader) -> None:
        house = floor.house
        floor.send(0, c.KeyCreate("some-key", alice.user_id, ("operate",))).is_fact()
        by_key = c.Sender(key_id=house.keys["some-key"].key_id, user_id=alice.user_id)
        batch = [
            command_records.encode(by_key, c.KeyRevoke("some-key")),
            command_records.encode(by_key, c.AssetCreate("NEW", 8)),
        ]
        rows = list(house.apply(b"".join(batch), house.time_us))
        assert rows[1][2] == Reject.ACCOUNT_DISABLED
        assert "NEW" not in house.asset_ids
