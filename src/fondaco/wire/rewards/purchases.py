"""Purchases and their settlement: requests. Source: rewards.md, Parameters; rewards.notes.md, Shapes."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from fondaco.wire.rewards.base import Amount, Body, Coded, Date, Page, Reference
from fondaco.wire.rewards.objects import AwardTransaction, Purchase, RunRow, SettlementRun, Spend

Quantity = Amount
LineId = Annotated[str, Meta(min_length=1, max_length=32)]


class LineGiven(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """``total_amount`` may be left out where quantity and unit price say it."""

    line_id: LineId
    quantity: Quantity | None = None
    unit_price: Amount | None = None
    total_amount: Amount | None = None


class PurchaseGiven(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    performed_by_unit_identifier: Coded
    participant_identifier: Coded
    performed_on: Date
    currency: Annotated[str, Meta(max_length=16)]
    lines: Annotated[list[LineGiven], Meta(min_length=1, max_length=200)]
    reference_number: Annotated[str, Meta(min_length=1, max_length=64)] | None = None


class PurchaseCreate(Body, kw_only=True):
    performed_by_unit_identifier: Coded
    participant_identifier: Coded
    performed_on: Date
    currency: Annotated[str, Meta(max_length=16)]
    lines: Annotated[list[LineGiven], Meta(min_length=1, max_length=200)]
    reference_number: Annotated[str, Meta(min_length=1, max_length=64)] | None = None


class BulkRow(PurchaseGiven, kw_only=True):
    """``request_id`` is the row's idempotency key, and names it in the answer."""

    request_id: Annotated[str, Meta(min_length=1, max_length=200)]


class BulkCreate(Body, kw_only=True):
    purchases: Annotated[list[BulkRow], Meta(min_length=1, max_length=1_000)]


class Processed(msgspec.Struct, kw_only=True):
    request_id: str
    id: str
    number: str


class Unprocessed(msgspec.Struct, kw_only=True):
    request_id: str
    code: str
    message: str
    description: str


class BulkAnswer(msgspec.Struct, kw_only=True):
    processed: list[Processed]
    unprocessed: list[Unprocessed]


class EventRequest(Body, kw_only=True):
    customer_event_identifier: Reference


class ReversedLine(msgspec.Struct, forbid_unknown_fields=True):
    line_id: LineId


class PurchaseCancel(EventRequest, kw_only=True):
    """Without ``lines`` all that is left is cancelled."""

    lines: Annotated[list[ReversedLine], Meta(min_length=1, max_length=200)] | None = None


class PurchasePage(Page, kw_only=True):
    merchant_identifier: Coded | None = None
    participant_identifier: Coded | None = None
    unit_identifier: Coded | None = None
    life_cycle_state: Literal["POSTED", "CANCELLED"] | None = None
    settlement_state: Literal["SETTLED", "NOT SETTLED"] | None = None
    performed_from: Date | None = None
    performed_to: Date | None = None


class PurchaseList(msgspec.Struct, kw_only=True):
    purchases: list[Purchase]
    offset: int
    number_of_results: int


class AwardRequest(Body, kw_only=True):
    award_identifier: Coded


class AwardPage(Page, kw_only=True):
    participant_identifier: Coded | None = None
    customer_event_identifier: Reference | None = None
    life_cycle_state: Literal["POSTED", "CANCELLED"] | None = None


class AwardList(msgspec.Struct, kw_only=True):
    awards: list[AwardTransaction]
    offset: int
    number_of_results: int


class RunStart(Body, kw_only=True):
    """Without a merchant of all, without ``performed_before`` up to now."""

    merchant_identifier: Coded | None = None
    performed_before: Date | None = None


class RunRequest(Body, kw_only=True):
    settlement_run_identifier: Coded


class RunPage(Page, kw_only=True):
    pass


class RunRowsPage(RunRequest, kw_only=True):
    """Rows after a purchase's number, in the order of their purchases; only those refused, if asked so."""

    after_number: Annotated[str, Meta(max_length=20)] | None = None
    number_of_results: Annotated[int, Meta(ge=1, le=1_000)] = 100
    only_refused: bool = False


class RunList(msgspec.Struct, kw_only=True):
    settlement_runs: list[SettlementRun]
    offset: int
    number_of_results: int


class RunRows(msgspec.Struct, kw_only=True):
    rows: list[RunRow]
    number_of_results: int


class SpendCreate(Body, kw_only=True):
    participant_identifier: Coded
    amount: Amount
    reference_number: Annotated[str, Meta(min_length=1, max_length=64)] | None = None


class SpendRequest(Body, kw_only=True):
    spend_identifier: Coded


class SpendPage(Page, kw_only=True):
    participant_identifier: Coded | None = None


class SpendList(msgspec.Struct, kw_only=True):
    spends: list[Spend]
    offset: int
    number_of_results: int
