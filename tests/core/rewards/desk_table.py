"""A rewards programme at a table: tests that read as what happens to it and what is posted then.

Amounts are decimal texts of the currency concerned, accounts are words. House and accountant are both asked
(``comparison.py``), and the house goes on from its own snapshot after every command, so a test only says what is
particular about it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from msgspec.structs import replace

from fondaco.core import purposes
from fondaco.core.rejects import Reject
from fondaco.core.rewards import actions as a
from fondaco.core.rewards.entities import (
    Clawback,
    ContributionRule,
    Currency,
    CurrencyRate,
    Entity,
    EntityKind,
    Line,
    Offer,
    Purchase,
    Rounding,
    Scheme,
    Unit,
)
from fondaco.core.rewards.facts import RewardsApplied
from fondaco.core.units import parse_units
from tests.core.rewards.accountant_money import DAY_US
from tests.core.rewards.comparison import Comparison
from tests.core.table_answer import plain

ACCOUNTS = {
    "cost": purposes.REWARD_COST,
    "reward": purposes.PARTICIPANT_REWARD,
    "receivable": purposes.MERCHANT_RECEIVABLE,
    "income": purposes.CONTRIBUTION_INCOME,
    "cash": purposes.PROGRAMME_CASH,
    "debt": purposes.PARTICIPANT_DEBT,
    "loss": purposes.CLAWBACK_LOSS,
    "payable": purposes.SPEND_PAYABLE,
    "breakage": purposes.BREAKAGE,
    "bad debt": purposes.BAD_DEBT,
    "tax": purposes.TAX_PAYABLE,
}
WORDS = {purpose: word for word, purpose in ACCOUNTS.items()}
OWNED = ("reward", "receivable", "debt")

EUR = 1
MERCHANT = UNIT = PARTICIPANT = 1
RECEIVABLE = 1

One = TypeVar("One", bound=Entity)


@dataclass
class Answer:
    desk: Desk
    said: RewardsApplied | tuple[Reject, int, int]

    def is_refused(self, reject: Reject, *, bound: int = 0, value: int = 0) -> None:
        assert self.said == (reject, bound, value)

    def is_fact(self) -> RewardsApplied:
        assert isinstance(self.said, RewardsApplied), self.said
        return self.said

    def posts(self, table: str) -> Answer:
        """``debit | credit | amount`` a line, in any order: ``receivable 1 | income | 11.25``."""
        found = [
            f"{account(entry.debit_purpose, entry.debit_owner)} | {account(entry.credit_purpose, entry.credit_owner)}"
            f" | {self.desk.text(entry.units, entry.currency)}"
            for entry in self.is_fact().entries
        ]
        lines = [" | ".join(cell.strip() for cell in line.split("|")) for line in table.strip().splitlines() if line]
        assert sorted(found) == sorted(line.strip() for line in lines)
        return self

    def one(self, type_: type[One]) -> One:
        """The only entity of a kind that was changed."""
        (found,) = [entity for entity in self.is_fact().changed if isinstance(entity, type_)]
        return found


def account(purpose: int, owner: int) -> str:
    word = WORDS[purpose]
    return f"{word} {owner}" if word in OWNED else word


class Desk:
    """EUR of two digits; a merchant who bears three quarters at four days' credit; a tenth back, for ever."""

    def __init__(
        self,
        *,
        clawback: Clawback = Clawback.REFUSE,
        digits: int = 2,
        rounding: Rounding = Rounding.HALF_UP,
        award: str = "0.1",
        contribution: str = "0.75",
        tax: str = "0",
        reward_days: int = 0,
    ) -> None:
        self.comparison = Comparison()
        self.do(a.ProgrammeCreate("Rialto Rewards", clawback), programme_id=0)
        self.do(a.CurrencyPut(0, "EUR", digits, rounding))
        self.do(
            a.MerchantPut(
                0,
                "mill",
                b"",
                EUR,
                credit_days=4,
                group="mills",
                contribution_ppm=parse_units(contribution, 6),
                tax_ppm=parse_units(tax, 6),
            )
        )
        self.do(a.UnitPut(Unit(0, "shop", "Shop", MERCHANT)))
        self.do(a.ParticipantPut(0, "georgia", b"", EUR))
        self.do(a.SchemePut(Scheme(0, "Scheme", reward_days=reward_days)))
        if award != "0":
            self.do(a.OfferPut(Offer(0, 1, "Back", award_ppm=parse_units(award, 6))))

    def do(
        self, action: a.Action, *, programme_id: int = 1, operator: int = 0, key: a.Idempotency | None = None
    ) -> Answer:
        said = self.comparison.do(action, programme_id, operator, key)
        self.comparison.restart()
        self.comparison.audit()
        return Answer(self, said)

    # what there is

    @property
    def now_us(self) -> int:
        return self.comparison.time_us

    def later(self, *, days: int = 0, us: int = 0) -> None:
        self.comparison.time_us += days * DAY_US + us

    def currency(self, number: int) -> Currency:
        return self.comparison.house.rewards.programmes[1].currencies[number]

    def text(self, units: int, currency: int = EUR) -> str:
        return plain(units, self.currency(currency).asset_digits)

    def units(self, amount: str, currency: int = EUR) -> int:
        return parse_units(amount, self.currency(currency).asset_digits)

    def has(self, **balances: str) -> None:
        """Balances as the programme sees them, credit positive: ``reward="15", receivable="-11.25"``, of number 1."""
        for word, amount in balances.items():
            word = word.replace("_", " ")
            owner = 1 if word in OWNED else 0
            units = self.comparison.house.rewards.balance(1, ACCOUNTS[word], owner, EUR)
            assert (word, self.text(units)) == (word, amount)

    def invoices(self, picture: str) -> None:
        """``number | total | unsettled | state`` of each invoice."""
        books = self.comparison.house.rewards.programmes[1]
        lines = []
        for number in range(1, books.count(EntityKind.INVOICE) + 1):
            invoice = books.invoice(number)
            assert invoice is not None
            total = self.text(invoice.net_units + invoice.tax_units, invoice.currency)
            lines.append(f"{number} | {total} | {self.text(invoice.unsettled_units)} | {invoice.state.name}")
        drawn = [" | ".join(cell.strip() for cell in line.split("|")) for line in picture.strip().splitlines()]
        assert lines == drawn

    # what happens

    def buys(
        self, *amounts: str, currency: int = EUR, unit: int = UNIT, participant: int = PARTICIPANT, at_us: int = 0
    ) -> Answer:
        """A purchase with a line for each amount, named a, b, c …"""
        lines = tuple(
            Line(chr(ord("a") + place), "1", amount, self.units(amount, currency))
            for place, amount in enumerate(amounts)
        )
        return self.do(a.PurchaseCreate(unit, participant, at_us or self.now_us, currency, lines))

    def settles(self, number: int = 1) -> Answer:
        return self.do(a.SettlementApply(number))

    def cancels(self, number: int = 1, *line_ids: str) -> Answer:
        return self.do(a.PurchaseCancel(number, line_ids))

    def pays(self, amount: str, *, invoice: int = 0, receivable: int = RECEIVABLE) -> Answer:
        return self.do(a.PaymentCreate(receivable, self.units(amount), invoice))

    def refunds(self, amount: str) -> Answer:
        return self.do(a.PaymentRefund(RECEIVABLE, self.units(amount)))

    def spends(self, amount: str) -> Answer:
        return self.do(a.SpendCreate(PARTICIPANT, self.units(amount)))

    def rate(self, currency: int, to_currency: int, rate: str, from_us: int = 0, to_us: int = 0) -> Answer:
        period = CurrencyRate(0, currency, to_currency, parse_units(rate, 9), from_us, to_us)
        return self.do(a.CurrencyRatePut(period))

    def rule(self, contribution: str, **names: int | str) -> Answer:
        rule = ContributionRule(0, parse_units(contribution, 6))
        return self.do(a.ContributionRulePut(replace(rule, **names)))

    def awards(self, answer: Answer) -> list[str]:
        return [self.text(award.amount_units, award.currency) for award in answer.one(Purchase).awards]
