"""Payments of merchants, and refunds to them.

Source: rewards.notes.md, Reversals and Entries.
"""

from __future__ import annotations

from typing import Final

from msgspec import UNSET

from fondaco.core.rewards import actions as a
from fondaco.core.rewards import entities as e
from fondaco.core.rewards.entities import EntityKind
from fondaco.desks.rewards import translate_documents
from fondaco.desks.rewards.amounts import units_of
from fondaco.desks.rewards.answering import ALLOCATIONS_SHOWN, changed, page, state_of, time_or_none, view_of
from fondaco.desks.rewards.call import Call
from fondaco.desks.rewards.exporting import exported
from fondaco.desks.rewards.failure import Code
from fondaco.desks.rewards.method import OPERATE, READ, Stream, method
from fondaco.desks.rewards.resolve import entity_of, number_of, optional_number
from fondaco.projections.rewards_reads import DocumentFilter
from fondaco.wire.rewards import payment_requests as wire
from fondaco.wire.rewards.documents import Payment, PaymentDetails

COLUMNS: Final = (
    *("number", "type", "life_cycle_state", "accounts_receivable", "received_on", "currency", "amount"),
    *("unallocated_amount", "invoice", "reference_number", "id"),
)


def _terms(call: Call, body: wire.PaymentRefund) -> tuple[int, int, str]:
    """(receivable, units, reference). Raises ``Failure``."""
    receivable: e.Receivable = entity_of(
        call, EntityKind.RECEIVABLE, body.accounts_receivable_identifier, "accounts_receivable_identifier"
    )
    amount_units = units_of(body.amount, call.books.currencies[receivable.currency], "amount")
    return receivable.number, amount_units, "" if body.reference_number is UNSET else body.reference_number


async def create(call: Call, body: wire.PaymentCreate) -> Payment:
    receivable, amount_units, reference = _terms(call, body)
    invoice = optional_number(call, EntityKind.INVOICE, body.invoice_identifier, "invoice_identifier")
    fact = await call.send(a.PaymentCreate(receivable, amount_units, invoice, reference))
    return translate_documents.payment(view_of(call), changed(fact, e.Payment))


async def refund(call: Call, body: wire.PaymentRefund) -> Payment:
    fact = await call.send(a.PaymentRefund(*_terms(call, body)))
    return translate_documents.payment(view_of(call), changed(fact, e.Payment))


async def cancel(call: Call, body: wire.PaymentRequest) -> Payment:
    number = number_of(call, EntityKind.PAYMENT, body.payment_identifier, "payment_identifier")
    fact = await call.send(a.PaymentCancel(number))
    return translate_documents.payment(view_of(call), changed(fact, e.Payment))


async def show(call: Call, body: wire.PaymentRequest) -> PaymentDetails:
    payment: e.Payment = entity_of(call, EntityKind.PAYMENT, body.payment_identifier, "payment_identifier")
    count, latest = call.books.latest_allocations(EntityKind.PAYMENT, payment.number, ALLOCATIONS_SHOWN)
    return translate_documents.payment_details(view_of(call), payment, count, latest)


async def list_(call: Call, body: wire.PaymentList) -> wire.Payments | Stream:
    receivable = body.accounts_receivable_identifier
    wanted = DocumentFilter(
        receivable=optional_number(call, EntityKind.RECEIVABLE, receivable, "accounts_receivable_identifier"),
        state=state_of(body.life_cycle_state),
        start_us=time_or_none(call, body.received_from, "received_from"),
        end_us=time_or_none(call, body.received_to, "received_to"),
    )
    view = view_of(call)

    def shown(found: list[e.Payment]) -> list[Payment]:
        return [translate_documents.payment(view, each) for each in found]

    if body.format == "csv":
        return await exported(call, body, "payments", EntityKind.PAYMENT, wanted, COLUMNS, shown)
    found = await page(call, body, e.Payment, EntityKind.PAYMENT, wanted)
    return wire.Payments(
        payments=shown(found),
        offset=body.offset,
        number_of_results=len(found),
    )


METHODS: Final = (
    method(
        "payments/create",
        OPERATE,
        wire.PaymentCreate,
        create,
        "Take in a merchant's money and settle invoices with it.",
        writes=True,
        refuses=(Code.NOT_FOUND, Code.INVALID_STATE),
        answer=Payment,
    ),
    method(
        "payments/refund",
        OPERATE,
        wire.PaymentRefund,
        refund,
        "Pay unallocated credit back.",
        writes=True,
        refuses=(Code.NOT_FOUND, Code.INVALID_STATE),
        answer=Payment,
    ),
    method(
        "payments/cancel",
        OPERATE,
        wire.PaymentRequest,
        cancel,
        "Undo a payment: the invoices it settled are open again.",
        writes=True,
        refuses=(Code.NOT_FOUND, Code.INVALID_STATE),
        answer=Payment,
    ),
    method(
        "payments/show",
        READ,
        wire.PaymentRequest,
        show,
        "One payment as it is now, with what it was allocated to.",
        writes=False,
        refuses=(Code.NOT_FOUND,),
        answer=PaymentDetails,
    ),
    method(
        "payments/list",
        READ,
        wire.PaymentList,
        list_,
        "Payments and refunds, newest first, as JSON by pages or as CSV, streamed.",
        writes=False,
        refuses=(Code.NOT_FOUND, Code.UNAVAILABLE),
        streams=True,
        answer=wire.Payments,
    ),
)
