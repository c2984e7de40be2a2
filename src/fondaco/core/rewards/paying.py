"""Payments of merchants, refunds to them, and debts that are given up.

Source: rewards.notes.md, Entries and Reversals.
"""

from __future__ import annotations

from msgspec.structs import replace

from fondaco.core.purposes import BAD_DEBT, MERCHANT_RECEIVABLE, PROGRAMME_CASH
from fondaco.core.refusal import Refusal
from fondaco.core.rejects import Reject
from fondaco.core.rewards import actions as a
from fondaco.core.rewards import checks
from fondaco.core.rewards.allocating import (
    ALLOCATIONS_MAX,
    TOO_MANY,
    allocate_first_due,
    allocate_to,
    take_credits,
    take_own_credit,
)
from fondaco.core.rewards.checks import missing, out_of_bounds, text, within
from fondaco.core.rewards.draft import Draft
from fondaco.core.rewards.entities import (
    DocumentState,
    EntityKind,
    OwnerKind,
    Payment,
    Receivable,
    ReceivableState,
    WriteOff,
)
from fondaco.core.rewards.money import AMOUNT_UNITS_MAX


def create_payment(draft: Draft, action: a.PaymentCreate) -> Refusal | None:
    receivable = _receivable(draft, action.receivable, action.amount_units, action.reference)
    if isinstance(receivable, tuple):
        return receivable
    if receivable.owner_kind is not OwnerKind.MERCHANT:
        return Reject.NOT_A_MERCHANTS, receivable.owner_kind, receivable.number
    if receivable.state is ReceivableState.TERMINATED:
        return Reject.RECEIVABLE_TERMINATED, 0, receivable.number
    number, left = draft.next_number(EntityKind.PAYMENT), action.amount_units
    if action.invoice:
        invoice = draft.invoice(action.invoice)
        if invoice is None or invoice.receivable != receivable.number:
            return missing(EntityKind.INVOICE, action.invoice)
        left -= allocate_to(draft, EntityKind.PAYMENT, number, invoice, left)
    rest = allocate_first_due(draft, receivable.number, EntityKind.PAYMENT, number, left)
    if isinstance(rest, tuple):
        return rest
    _post(draft, receivable, number, action.amount_units, is_refund=False)
    draft.put(
        Payment(
            number=number,
            reference=action.reference,
            receivable=receivable.number,
            currency=receivable.currency,
            received_us=draft.time_us,
            amount_units=action.amount_units,
            unallocated_units=rest,
            invoice=action.invoice,
        )
    )
    return None


def refund_payment(draft: Draft, action: a.PaymentRefund) -> Refusal | None:
    """Pay unallocated credit back, the eldest first; on a terminated receivable too, where a late one may lie."""
    receivable = _receivable(draft, action.receivable, action.amount_units, action.reference)
    if isinstance(receivable, tuple):
        return receivable
    items, left = draft.books.open_items(receivable.number), action.amount_units
    if left > items.unallocated_units:
        return Reject.CREDIT_NOT_ENOUGH, items.unallocated_units, left
    for kind, credit_number in items.credits():
        credit = draft.credit(EntityKind(kind), credit_number)
        units = min(left, credit.unallocated_units)
        draft.put(replace(credit, unallocated_units=credit.unallocated_units - units))
        left -= units
        if not left:
            break
    number = draft.next_number(EntityKind.PAYMENT)
    _post(draft, receivable, number, action.amount_units, is_refund=True)
    draft.put(
        Payment(
            number=number,
            reference=action.reference,
            receivable=receivable.number,
            currency=receivable.currency,
            received_us=draft.time_us,
            amount_units=action.amount_units,
            unallocated_units=0,
            is_refund=True,
        )
    )
    return None


def cancel_payment(draft: Draft, action: a.PaymentCancel) -> Refusal | None:
    """Reopen exactly what the payment was allocated to; a credit note that lay idle for its invoice then settles it.

    A refund, and what was refunded, cannot be cancelled.
    """
    books = draft.books
    payment = books.payment(action.number)
    if payment is None:
        return missing(EntityKind.PAYMENT, action.number)
    if payment.state is not DocumentState.POSTED:
        return Reject.NOT_POSTED, EntityKind.PAYMENT, action.number
    allocations = books.allocations(EntityKind.PAYMENT, action.number)
    refunded = payment.amount_units - payment.unallocated_units - sum(units for _, units in allocations)
    if payment.is_refund or refunded:
        return Reject.PAYMENT_REFUNDED, refunded, payment.amount_units
    if len(allocations) > ALLOCATIONS_MAX:
        return TOO_MANY
    receivable = books.receivables[payment.receivable]
    if receivable.state is ReceivableState.TERMINATED:
        return Reject.RECEIVABLE_TERMINATED, 0, receivable.number
    for invoice_number, units in allocations:
        invoice = draft.invoice(invoice_number)
        assert invoice is not None
        reopened = replace(invoice, unsettled_units=invoice.unsettled_units + units)
        draft.put(take_own_credit(draft, reopened))
    draft.undo_allocations(EntityKind.PAYMENT, payment.number)
    _post(draft, receivable, payment.number, payment.amount_units, is_refund=True)
    draft.put(replace(payment, unallocated_units=0, state=DocumentState.CANCELLED))
    return None


def write_off(draft: Draft, action: a.WriteOffCreate) -> Refusal | None:
    """Give up what a receivable owes, after its credit is used up; at most ``ALLOCATIONS_MAX`` invoices at a time."""
    books = draft.books
    receivable = books.receivables.get(action.receivable)
    if receivable is None:
        return missing(EntityKind.RECEIVABLE, action.receivable)
    refusal = text(action.reason, checks.REASON_LENGTH_MAX)
    if refusal is not None:
        return refusal
    account = (MERCHANT_RECEIVABLE, receivable.number)
    if draft.balance(account, receivable.currency) >= 0:
        return Reject.NOTHING_OWED, 0, receivable.number
    number, total = draft.next_number(EntityKind.WRITE_OFF), 0
    for count, open_number in enumerate(books.open_items(receivable.number).invoices()):
        if count == ALLOCATIONS_MAX:
            break
        invoice = draft.invoice(open_number)
        assert invoice is not None
        invoice = take_credits(draft, invoice)
        draft.allocate(EntityKind.WRITE_OFF, number, invoice.number, invoice.unsettled_units)
        total += invoice.unsettled_units
        written_off = invoice.written_off_units + invoice.unsettled_units
        draft.put(replace(invoice, unsettled_units=0, written_off_units=written_off))
    draft.post(total, receivable.currency, (BAD_DEBT, 0), account, EntityKind.WRITE_OFF, number)
    draft.put(WriteOff(number, receivable.number, receivable.currency, draft.time_us, total, action.reason))
    return None


def _receivable(draft: Draft, number: int, amount_units: int, reference: str) -> Receivable | Refusal:
    """The receivable of a payment whose amount and reference hold."""
    receivable = draft.books.receivables.get(number)
    if receivable is None:
        return missing(EntityKind.RECEIVABLE, number)
    refusal = within(amount_units, 1, AMOUNT_UNITS_MAX) or text(reference, checks.REFERENCE_LENGTH_MAX)
    if refusal is not None:
        return refusal
    step_units = draft.books.currencies[receivable.currency].step_units
    if amount_units % step_units:
        return out_of_bounds(step_units, amount_units)
    return receivable


def _post(draft: Draft, receivable: Receivable, number: int, units: int, *, is_refund: bool) -> None:
    account = (MERCHANT_RECEIVABLE, receivable.number)
    debit, credit = (account, (PROGRAMME_CASH, 0)) if is_refund else ((PROGRAMME_CASH, 0), account)
    draft.post(units, receivable.currency, debit, credit, EntityKind.PAYMENT, number)
