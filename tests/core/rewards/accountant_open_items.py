"""What a receivable owes, in the naive accountant's hand: payments, refunds, write-offs and what they are for."""

from __future__ import annotations

from msgspec.structs import replace

from fondaco.core.purposes import BAD_DEBT, MERCHANT_RECEIVABLE, PROGRAMME_CASH
from fondaco.core.rejects import Reject
from fondaco.core.rewards import actions as a
from fondaco.core.rewards.entities import (
    CreditNote,
    Currency,
    DocumentState,
    EntityKind,
    Invoice,
    OwnerKind,
    Payment,
    Receivable,
    ReceivableState,
    WriteOff,
)
from tests.core.rewards.accountant_sheet import Named, Refused, Sheet

HOUSE = 0


def name_of(credit: CreditNote | Payment) -> Named:
    return EntityKind.CREDIT_NOTE if isinstance(credit, CreditNote) else EntityKind.PAYMENT, credit.number


def check_amount(units: int, currency: Currency) -> None:
    if units <= 0 or units % currency.step_units:
        raise Refused(Reject.VALUE_OUT_OF_BOUNDS)


def must_not_be_terminated(receivable: Receivable) -> None:
    if receivable.state == ReceivableState.TERMINATED:
        raise Refused(Reject.RECEIVABLE_TERMINATED, 0, receivable.number)


def allocate(sheet: Sheet, credit: Named, invoice_number: int) -> None:
    """Let an invoice take as much of a payment or credit note as there is and as it needs."""
    posted = sheet.entities[credit[0]][credit[1]]
    invoice = sheet.get(Invoice, invoice_number)
    assert isinstance(posted, CreditNote | Payment)
    part = min(posted.unallocated_units, invoice.unsettled_units)
    if part == 0:
        return
    sheet.allocations[credit, invoice_number] = sheet.allocations.get((credit, invoice_number), 0) + part
    sheet.put(replace(posted, unallocated_units=posted.unallocated_units - part))
    sheet.put(replace(invoice, unsettled_units=invoice.unsettled_units - part))


def pay(sheet: Sheet, action: a.PaymentCreate) -> None:
    receivable = sheet.get(Receivable, action.receivable)
    check_amount(action.amount_units, sheet.currency(receivable.currency))
    if receivable.owner_kind != OwnerKind.MERCHANT:
        raise Refused(Reject.NOT_A_MERCHANTS, receivable.owner_kind, receivable.number)
    must_not_be_terminated(receivable)
    if action.invoice and sheet.get(Invoice, action.invoice).receivable != receivable.number:
        raise Refused(Reject.ENTITY_NOT_FOUND, EntityKind.INVOICE, action.invoice)
    payment = Payment(
        number=sheet.next_number(EntityKind.PAYMENT),
        reference=action.reference,
        receivable=receivable.number,
        currency=receivable.currency,
        received_us=sheet.time_us,
        amount_units=action.amount_units,
        unallocated_units=action.amount_units,
        invoice=action.invoice,
    )
    name = name_of(payment)
    owes = MERCHANT_RECEIVABLE, receivable.number
    sheet.post((PROGRAMME_CASH, HOUSE), owes, payment.currency, payment.amount_units, name)
    sheet.put(payment)
    sheet.credits.append(name)
    if action.invoice:
        allocate(sheet, name, action.invoice)
    for invoice in sheet.open_invoices(receivable.number):
        allocate(sheet, name, invoice.number)


def refund(sheet: Sheet, action: a.PaymentRefund) -> None:
    receivable = sheet.get(Receivable, action.receivable)
    check_amount(action.amount_units, sheet.currency(receivable.currency))
    unallocated = sheet.unallocated(receivable.number)
    there = sum(credit.unallocated_units for credit in unallocated)
    if action.amount_units > there:
        raise Refused(Reject.CREDIT_NOT_ENOUGH, there, action.amount_units)
    left = action.amount_units
    for credit in unallocated:
        part = min(left, credit.unallocated_units)
        if part:
            sheet.put(replace(credit, unallocated_units=credit.unallocated_units - part))
            sheet.refunded[name_of(credit)] = sheet.refunded.get(name_of(credit), 0) + part
            left -= part
    payment = Payment(
        number=sheet.next_number(EntityKind.PAYMENT),
        reference=action.reference,
        receivable=receivable.number,
        currency=receivable.currency,
        received_us=sheet.time_us,
        amount_units=action.amount_units,
        unallocated_units=0,
        is_refund=True,
    )
    owes = MERCHANT_RECEIVABLE, receivable.number
    sheet.post(owes, (PROGRAMME_CASH, HOUSE), payment.currency, payment.amount_units, name_of(payment))
    sheet.put(payment)


def cancel_payment(sheet: Sheet, action: a.PaymentCancel) -> None:
    payment = sheet.get(Payment, action.number)
    if payment.state != DocumentState.POSTED:
        raise Refused(Reject.NOT_POSTED, EntityKind.PAYMENT, action.number)
    name = name_of(payment)
    if payment.is_refund or sheet.refunded.get(name, 0):
        refunded = payment.amount_units if payment.is_refund else sheet.refunded[name]
        raise Refused(Reject.PAYMENT_REFUNDED, refunded, payment.amount_units)
    must_not_be_terminated(sheet.get(Receivable, payment.receivable))
    for credit, number in list(sheet.allocations):
        if credit == name:
            invoice = sheet.get(Invoice, number)
            back = sheet.allocations.pop((credit, number))
            sheet.put(replace(invoice, unsettled_units=invoice.unsettled_units + back))
            for note in sheet.unallocated(payment.receivable):
                if isinstance(note, CreditNote) and note.invoice == number:
                    allocate(sheet, name_of(note), number)
    owes = MERCHANT_RECEIVABLE, payment.receivable
    sheet.post(owes, (PROGRAMME_CASH, HOUSE), payment.currency, payment.amount_units, name)
    sheet.put(replace(payment, unallocated_units=0, state=DocumentState.CANCELLED))


def write_off(sheet: Sheet, action: a.WriteOffCreate) -> None:
    receivable = sheet.get(Receivable, action.receivable)
    owed = -sheet.balance(MERCHANT_RECEIVABLE, receivable.number, receivable.currency)
    if owed <= 0:
        raise Refused(Reject.NOTHING_OWED, 0, receivable.number)
    for credit in sheet.unallocated(receivable.number):
        for invoice in sheet.open_invoices(receivable.number):
            allocate(sheet, name_of(credit), invoice.number)
    for invoice in sheet.open_invoices(receivable.number):
        given_up = invoice.written_off_units + invoice.unsettled_units
        sheet.put(replace(invoice, unsettled_units=0, written_off_units=given_up))
    number = sheet.next_number(EntityKind.WRITE_OFF)
    owes = MERCHANT_RECEIVABLE, receivable.number
    sheet.post((BAD_DEBT, HOUSE), owes, receivable.currency, owed, (EntityKind.WRITE_OFF, number))
    sheet.put(WriteOff(number, receivable.number, receivable.currency, sheet.time_us, owed, action.reason))
