"""Bodies and answers of the methods about invoices and credit notes."""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from fondaco.wire.rewards.base import Body, DateText, DocumentIdentifier, TableBody
from fondaco.wire.rewards.documents import CreditNote, InvoiceDetails

State = Literal["POSTED", "CANCELLED"]


class InvoiceRequest(Body, kw_only=True, forbid_unknown_fields=True):
    invoice_identifier: DocumentIdentifier


class InvoiceCancelled(msgspec.Struct, frozen=True, kw_only=True):
    invoice: InvoiceDetails
    credit_note: CreditNote


class InvoiceList(TableBody, kw_only=True, forbid_unknown_fields=True):
    """``issued_from`` and ``issued_to`` are a half-open period, and so are those of the due date; by due date, the
    list is in its order. ``is_open``: something of the invoice is unsettled."""

    accounts_receivable_identifier: DocumentIdentifier | UnsetType = UNSET
    life_cycle_state: State | UnsetType = UNSET
    is_open: bool | UnsetType = UNSET
    issued_from: DateText | UnsetType = UNSET
    issued_to: DateText | UnsetType = UNSET
    due_from: DateText | UnsetType = UNSET
    due_to: DateText | UnsetType = UNSET


class Invoices(msgspec.Struct, frozen=True, kw_only=True):
    invoices: list[InvoiceDetails]
    offset: int
    number_of_results: int


class CreditNoteRequest(Body, kw_only=True, forbid_unknown_fields=True):
    credit_note_identifier: DocumentIdentifier


class CreditNoteList(TableBody, kw_only=True, forbid_unknown_fields=True):
    """``issued_from`` and ``issued_to`` are a half-open period."""

    accounts_receivable_identifier: DocumentIdentifier | UnsetType = UNSET
    invoice_identifier: DocumentIdentifier | UnsetType = UNSET
    issued_from: DateText | UnsetType = UNSET
    issued_to: DateText | UnsetType = UNSET


class CreditNotes(msgspec.Struct, frozen=True, kw_only=True):
    credit_notes: list[CreditNote]
    offset: int
    number_of_results: int
