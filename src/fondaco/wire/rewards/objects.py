"""The objects of the document, each with all its fields: null where unknown, never absent.

Source: rewards.md, Response Data and Referred Objects Response Data; rewards.notes.md, Referred objects and Shapes. What
the desk adds beyond the document stands at the end of an object.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from fondaco.wire.rewards.contact import ContactInformation


class Currency(msgspec.Struct, kw_only=True):
    id: str
    code: str
    prefix_symbol: str | None
    suffix_symbol: str | None
    life_cycle_state: str
    integer_part_name: str | None
    decimal_part_name: str | None


class CurrencyRatePeriod(msgspec.Struct, kw_only=True):
    """One unit of ``currency`` is ``rate`` of ``to_currency``; ``inverse_rate`` is for display."""

    id: str
    rate: Decimal
    inverse_rate: Decimal
    from_date: str | None
    to_date: str | None
    currency: Currency
    to_currency: Currency


class AccountsReceivable(msgspec.Struct, kw_only=True):
    id: str
    number: str
    name: str
    life_cycle_state: str
    account_owner: ContactInformation


class RewardsParticipant(msgspec.Struct, kw_only=True):
    id: str
    number: str
    accounts_receivable: AccountsReceivable


class AwardTransaction(msgspec.Struct, kw_only=True):
    """``rewards_participant`` is deprecated in the document and still answered. Amounts are those of the posting."""

    id: str
    number: str
    amount: Decimal
    alternative_amount: Decimal | None
    life_cycle_state: str
    contribution_percentage: Decimal
    initiated_currency: Currency
    currency_rate_period: CurrencyRatePeriod | None
    accounts_receivable: AccountsReceivable
    rewards_participant: RewardsParticipant
    currency: Currency
    reversed_amount: Decimal
    contribution_amount: Decimal | None
    expires_on: str | None
    offer_id: str
    customer_event_id: str
    customer_event_number: str


class Invoice(msgspec.Struct, kw_only=True):
    id: str
    number: str
    reference_number: str
    life_cycle_state: str
    issued_on: str
    posted_on: str
    due_on: str
    total_amount: Decimal
    outstanding_amount: Decimal
    unsettled_amount: Decimal
    currency_rate_period: CurrencyRatePeriod | None
    net_amount: Decimal
    tax_amount: Decimal
    tax_percentage: Decimal
    credited_amount: Decimal
    currency: Currency
    accounts_receivable_id: str
    customer_event_id: str
    customer_event_number: str


class Settlement(msgspec.Struct, kw_only=True):
    """``data`` of apply_settlement. The receivable is the merchant's; null, as the invoice, where nothing is owed."""

    total_awarded_amount: Decimal
    total_contribution_amount: Decimal
    invoice: Invoice | None
    accounts_receivable: AccountsReceivable | None
    award_transactions_set: list[AwardTransaction]


class Line(msgspec.Struct, kw_only=True):
    line_id: str
    quantity: Decimal | None
    unit_price: Decimal | None
    total_amount: Decimal
    is_reversed: bool


class Purchase(msgspec.Struct, kw_only=True):
    """A customer event of type purchase. The totals of its settlement are null until it is settled."""

    id: str
    number: str
    reference_number: str | None
    life_cycle_state: str
    settlement_state: str
    performed_on: str
    posted_on: str
    settled_on: str | None
    total_amount: Decimal
    reversed_amount: Decimal
    total_awarded_amount: Decimal | None
    total_contribution_amount: Decimal | None
    currency: Currency
    performed_by_unit_id: str
    participant_id: str
    merchant_id: str | None
    invoice_id: str | None
    invoice_number: str | None
    lines: list[Line]
    award_transactions_set: list[AwardTransaction]


class Allocation(msgspec.Struct, kw_only=True):
    invoice_id: str
    invoice_number: str
    amount: Decimal


class CreditNote(msgspec.Struct, kw_only=True):
    id: str
    number: str
    life_cycle_state: str
    issued_on: str
    total_amount: Decimal
    net_amount: Decimal
    tax_amount: Decimal
    unallocated_amount: Decimal
    currency: Currency
    invoice_id: str
    invoice_number: str
    customer_event_id: str
    accounts_receivable_id: str


class Payment(msgspec.Struct, kw_only=True):
    """``allocations`` are told by ``show`` alone; null elsewhere."""

    id: str
    number: str
    reference_number: str | None
    life_cycle_state: str
    type: str
    received_on: str
    amount: Decimal
    unallocated_amount: Decimal
    currency: Currency
    accounts_receivable_id: str
    allocations: list[Allocation] | None


class Spend(msgspec.Struct, kw_only=True):
    id: str
    number: str
    reference_number: str | None
    life_cycle_state: str
    spent_on: str
    amount: Decimal
    currency: Currency
    participant_id: str


class WriteOff(msgspec.Struct, kw_only=True):
    id: str
    number: str
    written_on: str
    amount: Decimal
    currency: Currency
    reason: str
    accounts_receivable_id: str


class SettlementRun(msgspec.Struct, kw_only=True):
    """``purchases`` is how many it goes over, ``progress`` the part of them that it has looked at, 0 to 1."""

    id: str
    number: str
    life_cycle_state: str
    started_on: str
    ended_on: str | None
    purchases: int
    progress: Decimal
    settled: int
    passed_over: int
    refused: int


class RunRow(msgspec.Struct, kw_only=True):
    """What became of one purchase in a run; ``status`` is OK or the code of its refusal."""

    customer_event_id: str
    customer_event_number: str
    status: str
    message: str
    invoice_number: str | None


class StatementLine(msgspec.Struct, kw_only=True):
    """``amount`` is what it adds to what is owed, ``balance`` what is owed after it; a credit is below zero."""

    posted_on: str
    sequence: int
    type: str
    number: str
    amount: Decimal
    balance: Decimal


class Ageing(msgspec.Struct, kw_only=True):
    """What is open by days overdue; ``balance`` is its sum less the unallocated credit, and the ledger's."""

    currency: Currency
    not_due: Decimal
    days_1_30: Decimal
    days_31_60: Decimal
    days_61_90: Decimal
    days_over_90: Decimal
    unallocated: Decimal
    balance: Decimal
