"""A trading fee is a purchase: commissions are awarded into the cash of referred users, settled with the partner."""

from __future__ import annotations

import pytest

from fondaco.core import command_records
from fondaco.core import commands as c
from fondaco.core.applied import Applied
from fondaco.core.commands import HOUSE, OrderType, Sender, Side, TimeInForce
from fondaco.core.events import EventKind, is_answer, kind_of
from fondaco.core.house import House
from fondaco.core.purposes import CONTRIBUTION_INCOME, MERCHANT_RECEIVABLE, REWARD_COST
from fondaco.core.rejects import Reject
from fondaco.core.rewards import actions as a
from fondaco.core.rewards.entities import (
    DocumentState,
    Invoice,
    Offer,
    Purchase,
    Rounding,
    Scheme,
    Unit,
)
from fondaco.core.rewards.facts import RewardsApplied

DAY_US = 86_400_000_000
NOON_US = 19_676 * DAY_US + DAY_US // 2
PROGRAMME = 1
ANN, BOB = 1, 2
USDT, BTC = 1, 2


class Venue:
    """A house with one market that takes 0.2 % of the taker and 0.1 % of the maker, and a partner who refers ann."""

    def __init__(self) -> None:
        self.house = House()
        self.time_us = NOON_US
        self.send(c.AssetCreate("USDT", 6), c.AssetCreate("BTC", 8), c.UserCreate("ann"), c.UserCreate("bob"))
        self.send(c.MarketCreate("BTCUSDT", "BTC", "USDT", 2, 4, 1, 0, 1_000, 2_000))
        for user_id in (ANN, BOB):
            self.send(
                c.BalanceUpdate(user_id, "USDT", "deposit", 1, 10**12),
                c.BalanceUpdate(user_id, "BTC", "deposit", 1, 10**12),
            )
        self.manage(a.ProgrammeCreate("Partner", is_fee_rebate=True), programme_id=0)
        self.manage(a.CurrencyPut(0, "USDT", 6, Rounding.DOWN, asset="USDT"))
        self.manage(a.MerchantPut(0, "partner", b"", 1, contribution_ppm=400_000))
        self.manage(a.UnitPut(Unit(0, "exchange", "Exchange", 1)))
        self.manage(a.SchemePut(Scheme(0, "Rebates")))
        self.manage(a.OfferPut(Offer(0, 1, "A quarter back", award_ppm=250_000)))
        self.manage(a.ParticipantPut(0, "ann", b"", 1, user_id=ANN))

    def send(self, *commands: c.Command, user_id: int = 0) -> Applied:
        sender = Sender(user_id=user_id) if user_id else HOUSE
        records = b"".join(command_records.encode(sender, command) for command in commands)
        applied = self.house.apply(records, self.time_us)
        copy = House.load(self.house.dump())
        assert copy.dump() == self.house.dump()
        self.house = copy  # every batch is followed by a restart
        assert not any(self.house.imbalances().values())
        return applied

    def manage(self, action: a.Action, programme_id: int = PROGRAMME) -> RewardsApplied | Reject:
        applied = self.send(c.Rewards(programme_id, 0, action))
        (row,) = [row for row in applied if is_answer(row)]
        if kind_of(row) == EventKind.REJECT:
            return Reject(row[2])
        fact = applied.facts[row[2]]
        assert isinstance(fact, RewardsApplied)
        return fact

    def trade(self, seller: int, buyer: int, lots: int, price_ticks: int = 10_000_00) -> Applied:
        """The seller rests, the buyer takes."""
        order = OrderType.LIMIT
        self.send(c.Place(1, Side.ASK, order, TimeInForce.GTC, price_ticks, lots), user_id=seller)
        return self.send(c.Place(1, Side.BID, order, TimeInForce.GTC, price_ticks, lots), user_id=buyer)

    def midnight(self) -> list[RewardsApplied]:
        """The day ends: what the house does by itself."""
        self.time_us = self.house.next_deadline_us
        applied = self.send(c.Tick())
        for row in applied:
            assert is_answer(row) == (not isinstance(applied.facts[row[2]], RewardsApplied))
        return [fact for fact in applied.facts if isinstance(fact, RewardsApplied)]

    def cash(self, user_id: int) -> int:
        return self.house.balance(user_id, USDT)[0]

    def balance(self, purpose: int, whose: int = 0) -> int:
        return self.house.rewards.balance(PROGRAMME, purpose, whose, 1)


@pytest.fixture
def venue() -> Venue:
    return Venue()


def test_a_day_of_fees_is_one_purchase(venue: Venue) -> None:
    venue.trade(ANN, BOB, 10_000)  # ann makes for 10,000 USDT: 0.1 % of it, 10 USDT
    venue.trade(ANN, BOB, 1)  # and 1 USDT: 0.001
    before = venue.cash(ANN)
    assert venue.house.next_deadline_us == 19_677 * DAY_US
    (fact,) = venue.midnight()
    purchase, invoice = fact.changed
    assert isinstance(purchase, Purchase)
    assert isinstance(invoice, Invoice)
    assert (purchase.total_units, purchase.performed_us) == (10_001_000, 19_677 * DAY_US - 1)
    assert purchase.reference == f"fees-{ANN}-{USDT}-19676"
    assert [award.amount_units for award in purchase.awards] == [2_500_250]
    assert (purchase.is_settled, purchase.invoice) == (True, 1)
    assert invoice.net_units == 1_000_100  # 40 % of the award
    (paid,) = fact.rebates
    assert (paid.user_id, paid.asset_id, paid.units) == (ANN, USDT, 2_500_250)
    assert venue.cash(ANN) == before + 2_500_250 == paid.balance_units
    assert venue.balance(REWARD_COST) == -2_500_250
    assert venue.balance(MERCHANT_RECEIVABLE, 1) == -1_000_100 == -venue.balance(CONTRIBUTION_INCOME)
    assert venue.house.next_deadline_us == 0


def test_fees_of_others_are_nobodys_purchase(venue: Venue) -> None:
    venue.trade(BOB, BOB, 10)
    assert venue.house.next_deadline_us == 0


def test_fees_of_the_next_day_are_another_purchase(venue: Venue) -> None:
    venue.trade(ANN, BOB, 10)
    venue.midnight()
    venue.trade(ANN, BOB, 20)
    (fact,) = venue.midnight()
    assert isinstance(fact.changed[0], Purchase)
    assert (fact.changed[0].number, fact.changed[0].total_units) == (2, 20_000)


def test_a_busted_trade_paid_no_fee(venue: Venue) -> None:
    venue.trade(ANN, BOB, 10)
    venue.trade(ANN, BOB, 30)
    bust = c.TradeBust(1, 2, BOB, ANN, Side.BID, 30, 30_000_000, 600, 30_000, "wrong")
    venue.send(bust)
    (fact,) = venue.midnight()
    assert isinstance(fact.changed[0], Purchase)
    assert fact.changed[0].total_units == 10_000


def test_more_busted_than_paid_is_carried_on(venue: Venue) -> None:
    venue.trade(ANN, BOB, 30)
    venue.midnight()
    venue.send(c.TradeBust(1, 1, BOB, ANN, Side.BID, 30, 30_000_000, 600, 30_000, "wrong"))
    assert venue.midnight() == []
    venue.trade(ANN, BOB, 40)
    (fact,) = venue.midnight()
    assert isinstance(fact.changed[0], Purchase)
    assert fact.changed[0].total_units == 10_000


def test_fees_wait_for_a_currency(venue: Venue) -> None:
    venue.trade(BOB, ANN, 10_000)  # ann takes stock: her fee is in BTC
    assert venue.midnight() == []
    assert venue.manage(a.CurrencyPut(0, "BTC", 6, Rounding.DOWN, asset="BTC"))
    (fact,) = venue.midnight()
    (purchase,) = fact.changed  # there is no rate from BTC to the partner's currency: not settled yet
    assert isinstance(purchase, Purchase)
    assert (purchase.total_units, purchase.is_settled, purchase.awards[0].amount_units) == (200_000, False, 50_000)


def test_awards_never_pass_the_fee(venue: Venue) -> None:
    venue.manage(a.OfferPut(Offer(0, 1, "All back", award_ppm=1_000_000)))
    venue.trade(ANN, BOB, 10)
    (fact,) = venue.midnight()
    assert isinstance(fact.changed[0], Purchase)
    assert [award.amount_units for award in fact.changed[0].awards] == [2_500, 7_500]
    assert sum(paid.units for paid in fact.rebates) == fact.changed[0].total_units == 10_000


def test_a_rebate_is_not_taken_back(venue: Venue) -> None:
    venue.trade(ANN, BOB, 10)
    venue.midnight()
    assert venue.manage(a.PurchaseCancel(1)) == Reject.CLAWBACK_REFUSED
    found = venue.house.rewards.programmes[PROGRAMME].purchase(1)
    assert found is not None
    assert found.state is DocumentState.POSTED


def test_a_user_is_referred_by_one_alone(venue: Venue) -> None:
    assert venue.manage(a.ParticipantPut(0, "again", b"", 1, user_id=ANN)) == Reject.USER_REFERRED
    assert venue.manage(a.ParticipantPut(0, "nobody", b"", 1, user_id=99)) == Reject.UNKNOWN_USER


def test_many_are_posted_in_parts(venue: Venue) -> None:
    for number in range(3, 70):
        venue.send(c.UserCreate(f"user{number}"), c.BalanceUpdate(number, "BTC", "deposit", 1, 10**10))
        assert isinstance(venue.manage(a.ParticipantPut(0, f"user{number}", b"", 1, user_id=number)), RewardsApplied)
        venue.trade(number, BOB, 10)
    first, second = venue.midnight(), venue.midnight()
    assert (len(first), len(second)) == (50, 17)
    assert {fact.rebates[0].user_id for fact in first + second} == set(range(3, 70))
