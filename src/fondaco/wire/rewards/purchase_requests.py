"""Bodies and answers of the methods about purchases: create, cancel, show, list, bulk, and their settlement.

Source: rewards.md, Parameters; rewards.notes.md, Shapes and Life of a purchase.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from fondaco.wire.rewards.base import (
    Amount,
    Body,
    Code,
    CodeIdentifier,
    DateText,
    EventIdentifier,
    ListBody,
    Reference,
)
from fondaco.wire.rewards.documents import CreditNote, Purchase
from fondaco.wire.rewards.documents import Reference as DocumentReference
from fondaco.wire.rewards.objects import AwardTransaction

LINES_MAX: Final = 200
ROWS_MAX: Final = 1_000

LineId = Annotated[str, Meta(min_length=1, max_length=32)]
State = Literal["POSTED", "CANCELLED"]


class PurchaseLineGiven(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """``total_amount`` counts; without it quantity × unit_price does. A line without an id gets its place, from 1."""

    line_id: LineId | UnsetType = UNSET
    quantity: Amount | UnsetType = UNSET
    unit_price: Amount | UnsetType = UNSET
    total_amount: Amount | UnsetType = UNSET


Lines = Annotated[list[PurchaseLineGiven], Meta(min_length=1, max_length=LINES_MAX)]


class PurchaseGiven(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A purchase as it was performed. ``currency`` is a code; ``reference_number`` is unique in the programme."""

    performed_by_unit_identifier: CodeIdentifier
    participant_identifier: CodeIdentifier
    performed_on: DateText
    currency: Code
    lines: Lines
    reference_number: Reference | UnsetType = UNSET


class PurchaseCreate(Body, kw_only=True, forbid_unknown_fields=True):
    """As ``PurchaseGiven``."""

    performed_by_unit_identifier: CodeIdentifier
    participant_identifier: CodeIdentifier
    performed_on: DateText
    currency: Code
    lines: Lines
    reference_number: Reference | UnsetType = UNSET


class BulkRow(PurchaseGiven, kw_only=True, forbid_unknown_fields=True):
    """``request_id`` is unique to the row: the same one again gets the first answer."""

    request_id: Annotated[str, Meta(min_length=1, max_length=255)]


class BulkPurchasesCreate(Body, kw_only=True, forbid_unknown_fields=True):
    """Each row stands for itself: those refused do not keep the others back."""

    purchases: Annotated[list[BulkRow], Meta(min_length=1, max_length=ROWS_MAX)]


class Processed(msgspec.Struct, frozen=True, kw_only=True):
    request_id: str
    purchase: DocumentReference
    award_transactions_set: list[DocumentReference]


class Unprocessed(msgspec.Struct, frozen=True, kw_only=True):
    """Why a row was refused: as a status."""

    request_id: str
    code: str
    message: str
    description: str


class BulkAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Both in the order of the rows."""

    processed: list[Processed]
    unprocessed: list[Unprocessed]


class PurchaseRequest(Body, kw_only=True, forbid_unknown_fields=True):
    customer_event_identifier: EventIdentifier


class LineNamed(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    line_id: LineId


class PurchaseCancel(PurchaseRequest, kw_only=True, forbid_unknown_fields=True):
    """``lines`` are those that are returned; without them all that is left."""

    lines: Annotated[list[LineNamed], Meta(min_length=1, max_length=LINES_MAX)] | UnsetType = UNSET


class PurchaseCancelled(msgspec.Struct, frozen=True, kw_only=True):
    """``credit_note`` is what an invoice was credited by, null where nothing was."""

    purchase: Purchase
    award_transactions_set: list[AwardTransaction]
    credit_note: CreditNote | None


class PurchaseList(ListBody, kw_only=True, forbid_unknown_fields=True):
    """``performed_from`` and ``performed_to`` are a half-open period."""

    merchant_identifier: CodeIdentifier | UnsetType = UNSET
    participant_identifier: CodeIdentifier | UnsetType = UNSET
    performed_by_unit_identifier: CodeIdentifier | UnsetType = UNSET
    life_cycle_state: State | UnsetType = UNSET
    is_settled: bool | UnsetType = UNSET
    performed_from: DateText | UnsetType = UNSET
    performed_to: DateText | UnsetType = UNSET


class Purchases(msgspec.Struct, frozen=True, kw_only=True):
    purchases: list[Purchase]
    offset: int
    number_of_results: int
