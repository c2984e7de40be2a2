"""Invoices, and the credit notes that take them back.

Source: rewards.notes.md, Reversals; rewards.md, Referred Objects (invoice).
"""

from __future__ import annotations

from typing import Final

from fondaco.core.rewards import actions as a
from fondaco.core.rewards import entities as e
from fondaco.core.rewards.entities import EntityKind
from fondaco.desks.rewards import translate_documents
from fondaco.desks.rewards.answering import ALLOCATIONS_SHOWN, changed, flag_of, page, state_of, time_or_none, view_of
from fondaco.desks.rewards.call import Call
from fondaco.desks.rewards.exporting import exported
from fondaco.desks.rewards.failure import Code
from fondaco.desks.rewards.method import OPERATE, READ, Stream, method
from fondaco.desks.rewards.resolve import entity_of, number_of, optional_number
from fondaco.projections.rewards_reads import DocumentFilter
from fondaco.wire.rewards import invoice_requests as wire
from fondaco.wire.rewards.documents import CreditNote, CreditNoteDetails, InvoiceDetails

INVOICE_COLUMNS: Final = (
    *("number", "life_cycle_state", "accounts_receivable", "purchase", "issued_on", "due_on", "currency", "net_amount"),
    *("tax_percentage", "tax_amount", "total_amount", "credited_amount", "written_off_amount", "unsettled_amount"),
    *("outstanding_amount", "reference_number", "id"),
)
CREDIT_NOTE_COLUMNS: Final = (
    *("number", "life_cycle_state", "accounts_receivable", "invoice", "purchase", "issued_on", "currency"),
    *("net_amount", "tax_amount", "total_amount", "unallocated_amount", "id"),
)


async def show(call: Call, body: wire.InvoiceRequest) -> InvoiceDetails:
    invoice: e.Invoice = entity_of(call, EntityKind.INVOICE, body.invoice_identifier, "invoice_identifier")
    return translate_documents.invoice(view_of(call), invoice, call.now_us)


async def list_(call: Call, body: wire.InvoiceList) -> wire.Invoices | Stream:
    receivable = body.accounts_receivable_identifier
    wanted = DocumentFilter(
        receivable=optional_number(call, EntityKind.RECEIVABLE, receivable, "accounts_receivable_identifier"),
        state=state_of(body.life_cycle_state),
        is_open=flag_of(body.is_open),
        start_us=time_or_none(call, body.issued_from, "issued_from"),
        end_us=time_or_none(call, body.issued_to, "issued_to"),
        due_start_us=time_or_none(call, body.due_from, "due_from"),
        due_end_us=time_or_none(call, body.due_to, "due_to"),
    )
    view, now_us = view_of(call), call.now_us

    def shown(found: list[e.Invoice]) -> list[InvoiceDetails]:
        return [translate_documents.invoice(view, each, now_us) for each in found]

    if body.format == "csv":
        return await exported(call, body, "invoices", EntityKind.INVOICE, wanted, INVOICE_COLUMNS, shown)
    found = await page(call, body, e.Invoice, EntityKind.INVOICE, wanted)
    return wire.Invoices(
        invoices=shown(found),
        offset=body.offset,
        number_of_results=len(found),
    )


async def cancel(call: Call, body: wire.InvoiceRequest) -> wire.InvoiceCancelled:
    number = number_of(call, EntityKind.INVOICE, body.invoice_identifier, "invoice_identifier")
    fact = await call.send(a.InvoiceCancel(number))
    view = view_of(call)
    return wire.InvoiceCancelled(
        invoice=translate_documents.invoice(view, changed(fact, e.Invoice), fact.time_us),
        credit_note=translate_documents.credit_note(view, changed(fact, e.CreditNote)),
    )


async def show_credit_note(call: Call, body: wire.CreditNoteRequest) -> CreditNoteDetails:
    kind = EntityKind.CREDIT_NOTE
    note: e.CreditNote = entity_of(call, kind, body.credit_note_identifier, "credit_note_identifier")
    count, latest = call.books.latest_allocations(kind, note.number, ALLOCATIONS_SHOWN)
    return translate_documents.credit_note_details(view_of(call), note, count, latest)


async def list_credit_notes(call: Call, body: wire.CreditNoteList) -> wire.CreditNotes | Stream:
    receivable = body.accounts_receivable_identifier
    wanted = DocumentFilter(
        receivable=optional_number(call, EntityKind.RECEIVABLE, receivable, "accounts_receivable_identifier"),
        invoice=optional_number(call, EntityKind.INVOICE, body.invoice_identifier, "invoice_identifier"),
        start_us=time_or_none(call, body.issued_from, "issued_from"),
        end_us=time_or_none(call, body.issued_to, "issued_to"),
    )
    view = view_of(call)

    def shown(found: list[e.CreditNote]) -> list[CreditNote]:
        return [translate_documents.credit_note(view, each) for each in found]

    if body.format == "csv":
        return await exported(call, body, "credit_notes", EntityKind.CREDIT_NOTE, wanted, CREDIT_NOTE_COLUMNS, shown)
    found = await page(call, body, e.CreditNote, EntityKind.CREDIT_NOTE, wanted)
    return wire.CreditNotes(
        credit_notes=shown(found),
        offset=body.offset,
        number_of_results=len(found),
    )


METHODS: Final = (
    method(
        "invoices/show",
        READ,
        wire.InvoiceRequest,
        show,
        "One invoice as it is now.",
        writes=False,
        refuses=(Code.NOT_FOUND,),
        answer=InvoiceDetails,
    ),
    method(
        "invoices/list",
        READ,
        wire.InvoiceList,
        list_,
        "Invoices, newest first, as JSON by pages or as CSV, streamed.",
        writes=False,
        refuses=(Code.NOT_FOUND, Code.UNAVAILABLE),
        streams=True,
        answer=wire.Invoices,
    ),
    method(
        "invoices/cancel",
        OPERATE,
        wire.InvoiceRequest,
        cancel,
        "Credit what of an invoice was not credited yet; its awards stay.",
        writes=True,
        refuses=(Code.NOT_FOUND, Code.INVALID_STATE),
        answer=wire.InvoiceCancelled,
    ),
    method(
        "credit_notes/show",
        READ,
        wire.CreditNoteRequest,
        show_credit_note,
        "One credit note as it is now, with what it was allocated to.",
        writes=False,
        refuses=(Code.NOT_FOUND,),
        answer=CreditNoteDetails,
    ),
    method(
        "credit_notes/list",
        READ,
        wire.CreditNoteList,
        list_credit_notes,
        "Credit notes, newest first, as JSON by pages or as CSV, streamed.",
        writes=False,
        refuses=(Code.NOT_FOUND, Code.UNAVAILABLE),
        streams=True,
        answer=wire.CreditNotes,
    ),
)
