"""Bodies and answers of the methods about payments and refunds."""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from fondaco.wire.rewards.base import Amount, Body, DateText, DocumentIdentifier, Reference, TableBody
from fondaco.wire.rewards.documents import Payment


class PaymentRefund(Body, kw_only=True, forbid_unknown_fields=True):
    """``amount`` is in the receivable's currency, and is paid out of its unallocated credit."""

    accounts_receivable_identifier: DocumentIdentifier
    amount: Amount
    reference_number: Reference | UnsetType = UNSET


class PaymentCreate(PaymentRefund, kw_only=True, forbid_unknown_fields=True):
    """Settles the invoice named, then the others, first due first; the rest is unallocated credit."""

    invoice_identifier: DocumentIdentifier | UnsetType = UNSET


class PaymentRequest(Body, kw_only=True, forbid_unknown_fields=True):
    payment_identifier: DocumentIdentifier


class PaymentList(TableBody, kw_only=True, forbid_unknown_fields=True):
    """``received_from`` and ``received_to`` are a half-open period."""

    accounts_receivable_identifier: DocumentIdentifier | UnsetType = UNSET
    life_cycle_state: Literal["POSTED", "CANCELLED"] | UnsetType = UNSET
    received_from: DateText | UnsetType = UNSET
    received_to: DateText | UnsetType = UNSET


class Payments(msgspec.Struct, frozen=True, kw_only=True):
    payments: list[Payment]
    offset: int
    number_of_results: int
