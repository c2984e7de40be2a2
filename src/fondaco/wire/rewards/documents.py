"""The documents of a programme as ``show`` and ``list`` answer them: this desk's own, in the document's manner.

A document refers to another by ``Reference``: its id and its number.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from fondaco.wire.rewards.objects import AwardTransaction, Currency, Invoice


class _Document(msgspec.Struct, frozen=True, kw_only=True):
    pass


class Reference(_Document, frozen=True, kw_only=True):
    id: str
    number: str


class PurchaseLine(_Document, frozen=True, kw_only=True):
    """``quantity`` and ``unit_price`` as they were given, null if they were not."""

    line_id: str
    quantity: Decimal | None
    unit_price: Decimal | None
    total_amount: Decimal
    is_reversed: bool


class PurchaseSettlement(_Document, frozen=True, kw_only=True):
    """How a purchase was settled: the totals as they were then."""

    applied_on: str
    total_awarded_amount: Decimal
    total_contribution_amount: Decimal
    invoice: Reference | None


class Purchase(_Document, frozen=True, kw_only=True):
    """A customer event of type purchase. ``settlement`` is null until it is settled."""

    id: str
    number: str
    reference_number: str | None
    type: str
    life_cycle_state: str
    performed_on: str
    posted_on: str
    currency: Currency
    total_amount: Decimal
    reversed_amount: Decimal
    performed_by_unit: Reference
    rewards_participant: Reference
    merchant: Reference | None
    lines: list[PurchaseLine]
    award_transactions_set: list[Reference]
    settlement: PurchaseSettlement | None


class AwardDetails(AwardTransaction, frozen=True, kw_only=True):
    """An award by itself: what is left of it, and where it comes from.

    ``contribution_amount`` is the merchant's share in its receivable's currency, null until the purchase is settled;
    ``expired_on`` is null until its time was up.
    """

    currency: Currency
    purchase: Reference
    offer: Reference
    reversed_amount: Decimal
    contribution_amount: Decimal | None
    expires_on: str | None
    expired_on: str | None


class InvoiceDetails(Invoice, frozen=True, kw_only=True):
    """An invoice by itself: whose it is, what credit notes have taken back, and what was given up."""

    currency: Currency
    credited_amount: Decimal
    written_off_amount: Decimal
    accounts_receivable: Reference
    purchase: Reference


class Allocation(_Document, frozen=True, kw_only=True):
    invoice: Reference
    amount: Decimal


class CreditNote(_Document, frozen=True, kw_only=True):
    """``unallocated_amount`` lies on the receivable, to be taken by the next invoice or refunded."""

    id: str
    number: str
    life_cycle_state: str
    issued_on: str
    currency: Currency
    total_amount: Decimal
    net_amount: Decimal
    tax_amount: Decimal
    unallocated_amount: Decimal
    invoice: Reference
    purchase: Reference
    accounts_receivable: Reference


class CreditNoteDetails(CreditNote, frozen=True, kw_only=True):
    """``allocations`` are the latest of ``number_of_allocations``, in their order."""

    number_of_allocations: int
    allocations: list[Allocation]


class Payment(_Document, frozen=True, kw_only=True):
    """``type`` is PAYMENT or REFUND; ``invoice`` the one it was meant for first."""

    id: str
    number: str
    reference_number: str | None
    type: str
    life_cycle_state: str
    received_on: str
    currency: Currency
    amount: Decimal
    unallocated_amount: Decimal
    accounts_receivable: Reference
    invoice: Reference | None


class PaymentDetails(Payment, frozen=True, kw_only=True):
    """``allocations`` are the latest of ``number_of_allocations``, in their order."""

    number_of_allocations: int
    allocations: list[Allocation]


class WriteOff(_Document, frozen=True, kw_only=True):
    """What a receivable still owed when it was given up."""

    id: str
    number: str
    written_off_on: str
    currency: Currency
    amount: Decimal
    reason: str | None
    accounts_receivable: Reference


class WriteOffDetails(WriteOff, frozen=True, kw_only=True):
    """``allocations``: the latest of ``number_of_allocations``, what was given up of which invoice."""

    number_of_allocations: int
    allocations: list[Allocation]


class Expiry(_Document, frozen=True, kw_only=True):
    """Rewards of a participant that were not spent in time."""

    id: str
    number: str
    expired_on: str
    currency: Currency
    amount: Decimal
    rewards_participant: Reference


class Spend(_Document, frozen=True, kw_only=True):
    id: str
    number: str
    reference_number: str | None
    life_cycle_state: str
    spent_on: str
    currency: Currency
    amount: Decimal
    rewards_participant: Reference


class SettlementRun(_Document, frozen=True, kw_only=True):
    """A batch run. ``progress_percentage`` is how far it has come through the purchases there were at its start."""

    id: str
    number: str
    life_cycle_state: str
    started_on: str
    ended_on: str | None
    merchant: Reference | None
    performed_until: str | None
    progress_percentage: Decimal
    settled: int
    passed_over: int
    refused: int


class RunRow(_Document, frozen=True, kw_only=True):
    """What a run did with one purchase: SETTLED, with its invoice if there is one, or REFUSED, with why."""

    purchase: Reference
    outcome: str
    invoice: Reference | None
    code: str | None
    message: str | None
