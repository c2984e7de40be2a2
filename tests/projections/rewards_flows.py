"""Random but repeatable flows in which rewards programmes live beside the exchange.

One programme has merchants, participants, two currencies and everything that can be done with purchases, invoices and
payments; another gives fees back to two of the traders. Webhooks come and go. What is asked for at random is often
refused; that is part of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import blake2b

from fondaco.core import command_records
from fondaco.core import commands as c
from fondaco.core.events import EventKind
from fondaco.core.rewards import actions as a
from fondaco.core.rewards.books import Books
from fondaco.core.rewards.entities import (
    Clawback,
    ContributionRule,
    CurrencyRate,
    EntityKind,
    Line,
    Offer,
    Role,
    Rounding,
    Scheme,
    Unit,
)
from fondaco.core.rewards.facts import RewardsApplied
from tests.projections.flows import START_US, Flow

SHOP: int = 1
FEES: int = 2
DAY_US = 86_400_000_000
EVENTS = ("invoice.posted", "award.posted", "award.cancelled", "settlement.applied", "credit_note.posted")


def record(programme: int, action: a.Action, key: str = "") -> bytes:
    """A command of a programme, as the journal has it."""
    idempotency = None
    if key:
        idempotency = a.Idempotency(blake2b(key.encode(), digest_size=16).digest(), bytes(16))
    return command_records.encode(c.HOUSE, c.Rewards(programme, 0, action, idempotency))


def opening() -> list[bytes]:
    """Two programmes: a shop's, and one that gives fees back."""
    shop: list[a.Action] = [
        a.CurrencyPut(0, "EUR", 2, Rounding.HALF_UP),
        a.CurrencyPut(0, "PTS", 0, Rounding.DOWN),
        a.CurrencyRatePut(CurrencyRate(0, 1, 2, 100 * 10**9, 0)),
        a.CurrencyRatePut(CurrencyRate(0, 2, 1, 10**7, 0)),
        *(
            a.MerchantPut(0, f"m{n}", b"sealed", 1, 4 * n, contribution_ppm=750_000, tax_ppm=n * 100_000)
            for n in (1, 2)
        ),
        *(a.UnitPut(Unit(0, f"u{n}", f"Unit {n}", merchant)) for n, merchant in ((1, 1), (2, 1), (3, 2), (4, 0))),
        *(a.ParticipantPut(0, f"p{n}", b"sealed", 1 + n % 2, 2 - n % 2) for n in range(1, 5)),
        a.SchemePut(Scheme(0, "always", reward_days=5)),
        a.OfferPut(Offer(0, 1, "five", award_ppm=50_000)),
        a.OfferPut(Offer(0, 1, "of one unit", award_ppm=10_000, unit=1)),
        a.ContributionRulePut(ContributionRule(0, 500_000, offer=2)),
        a.OperatorPut(0, "clerk", Role.OPERATE),
    ]
    fees: list[a.Action] = [
        a.CurrencyPut(0, "USDT", 8, Rounding.HALF_UP, asset="USDT"),
        a.CurrencyPut(0, "BTC", 8, Rounding.DOWN, asset="BTC"),
        a.MerchantPut(0, "partner", b"sealed", 1, 10, contribution_ppm=200_000),
        a.UnitPut(Unit(0, "desk", "Desk", 1)),
        *(a.ParticipantPut(0, f"user{n}", b"sealed", 1, user_id=n) for n in (1, 2)),
        a.SchemePut(Scheme(0, "fees")),
        a.OfferPut(Offer(0, 1, "a tenth", award_ppm=100_000)),
        a.OfferPut(Offer(0, 1, "and a twentieth", award_ppm=50_000)),
    ]
    return [
        record(0, a.ProgrammeCreate("Rialto Rewards", Clawback.ALLOW_DEBT)),
        *(record(SHOP, action) for action in shop),
        record(0, a.ProgrammeCreate("Fees", is_fee_rebate=True)),
        *(record(FEES, action) for action in fees),
    ]


@dataclass
class RewardsFlow(Flow):
    """Half of its commands are the exchange's, half the rewards desk's."""

    facts: list[tuple[int, RewardsApplied]] = field(default_factory=list)
    """(seq, what was done) of the rewards desk, repeats left out."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.references = 0
        self.take(opening())
        assert len(self.books(FEES).offers) == 2

    def books(self, programme: int) -> Books:
        return self.house.rewards.programmes[programme]

    def take(self, records: list[bytes]) -> None:
        super().take(records)
        applied = self.applied[-1]
        for row in applied:
            if row[0] & 0xFF == EventKind.FACT:
                fact = applied.facts[row[2]]
                if isinstance(fact, RewardsApplied) and not fact.repeated:
                    self.facts.append((row[1], fact))

    def _command(self) -> bytes:
        if self.random.random() < 0.5:
            return super()._command()
        return self._of_partner() if self.random.random() < 0.1 else self._of_shop()

    def _of_partner(self) -> bytes:
        """Money in advance, so that the invoices of a day's fees take credit from several payments."""
        receivable = self.books(FEES).merchants[1].receivable
        return record(FEES, a.PaymentCreate(receivable, self.random.randint(1, 20) * 10**6))

    def _of_shop(self) -> bytes:
        books, random = self.books(SHOP), self.random
        purchases, invoices = books.count(EntityKind.PURCHASE), books.count(EntityKind.INVOICE)
        payments, spends = books.count(EntityKind.PAYMENT), books.count(EntityKind.SPEND)
        runs, webhooks = len(books.runs), len(books.webhooks)
        merchant = random.randint(1, 2)
        receivable = books.merchants[merchant].receivable
        choices: list[tuple[int, a.Action]] = [
            (30, self._purchase()),
            (12, a.SettlementApply(random.randint(1, purchases + 1))),
            (4, a.PurchaseCancel(random.randint(1, purchases + 1), random.choice(((), ("1",), ("2",))))),
            (2, a.SettlementRunStart(random.choice((0, 0, merchant)))),
            (8, a.SettlementRunStep(max(1, runs), random.randint(1, 8))),
            (2, a.InvoiceCancel(random.randint(1, invoices + 1))),
            (5, a.PaymentCreate(receivable, random.randint(1, 3_000), random.choice((0, max(1, invoices))))),
            (1, a.PaymentCancel(random.randint(1, payments + 1))),
            (1, a.PaymentRefund(receivable, random.randint(1, 500))),
            (1, a.WriteOffCreate(receivable, "gone")),
            (4, a.SpendCreate(random.randint(1, 4), random.randint(1, 300))),
            (1, a.SpendCancel(random.randint(1, spends + 1))),
            (1, a.WebhookPut(0, "https://example.test/", EVENTS)),
            (1, a.WebhookPut(max(1, webhooks), "https://example.test/", EVENTS, active=random.random() < 0.6)),
            (1, a.WebhookDelete(random.randint(1, webhooks + 2))),
        ]
        (action,) = random.choices([action for _, action in choices], [weight for weight, _ in choices])
        return record(SHOP, action, key=random.choice(("", "", f"{random.randint(1, 10**6)}", "again")))

    def _purchase(self) -> a.PurchaseCreate:
        self.references += 1
        random = self.random
        lines = tuple(Line(str(n), "1", "", random.randint(1, 20_000)) for n in range(1, random.randint(2, 4)))
        performed_us = max(START_US, self.time_us - random.randint(0, 3) * DAY_US)
        return a.PurchaseCreate(
            random.randint(1, 4), random.randint(1, 4), performed_us, 1, lines, f"order {self.references}"
        )
