"""Bodies and answers of the methods about reward transactions: awards, and rewards that expire or are spent."""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from fondaco.wire.rewards.base import (
    Amount,
    Body,
    CodeIdentifier,
    DateText,
    DocumentIdentifier,
    EventIdentifier,
    ListBody,
    Reference,
    TableBody,
)
from fondaco.wire.rewards.documents import AwardDetails, Expiry, Spend

State = Literal["POSTED", "CANCELLED"]


class AwardRequest(Body, kw_only=True, forbid_unknown_fields=True):
    award_identifier: DocumentIdentifier


class AwardList(TableBody, kw_only=True, forbid_unknown_fields=True):
    """``posted_from`` and ``posted_to`` are a half-open period."""

    customer_event_identifier: EventIdentifier | UnsetType = UNSET
    participant_identifier: CodeIdentifier | UnsetType = UNSET
    life_cycle_state: State | UnsetType = UNSET
    posted_from: DateText | UnsetType = UNSET
    posted_to: DateText | UnsetType = UNSET


class Awards(msgspec.Struct, frozen=True, kw_only=True):
    awards: list[AwardDetails]
    offset: int
    number_of_results: int


class ExpiryRequest(Body, kw_only=True, forbid_unknown_fields=True):
    expiry_identifier: DocumentIdentifier


class ExpiryList(ListBody, kw_only=True, forbid_unknown_fields=True):
    """``expired_from`` and ``expired_to`` are a half-open period."""

    participant_identifier: CodeIdentifier | UnsetType = UNSET
    expired_from: DateText | UnsetType = UNSET
    expired_to: DateText | UnsetType = UNSET


class Expiries(msgspec.Struct, frozen=True, kw_only=True):
    expiries: list[Expiry]
    offset: int
    number_of_results: int


class SpendCreate(Body, kw_only=True, forbid_unknown_fields=True):
    """``amount`` is in the participant's currency."""

    participant_identifier: CodeIdentifier
    amount: Amount
    reference_number: Reference | UnsetType = UNSET


class SpendRequest(Body, kw_only=True, forbid_unknown_fields=True):
    spend_identifier: DocumentIdentifier


class SpendList(ListBody, kw_only=True, forbid_unknown_fields=True):
    """``spent_from`` and ``spent_to`` are a half-open period."""

    participant_identifier: CodeIdentifier | UnsetType = UNSET
    life_cycle_state: State | UnsetType = UNSET
    spent_from: DateText | UnsetType = UNSET
    spent_to: DateText | UnsetType = UNSET


class Spends(msgspec.Struct, frozen=True, kw_only=True):
    spends: list[Spend]
    offset: int
    number_of_results: int
