"""Bodies and answers of the methods about write-offs."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from fondaco.wire.rewards.base import Body, DateText, DocumentIdentifier, ListBody
from fondaco.wire.rewards.documents import WriteOff, WriteOffDetails
from fondaco.wire.rewards.objects import AccountsReceivable
from fondaco.wire.rewards.receivable_requests import ReceivableRequest


class WriteOffCreate(ReceivableRequest, kw_only=True, forbid_unknown_fields=True):
    reason: Annotated[str, Meta(max_length=200)] = ""


class WrittenOff(AccountsReceivable, frozen=True, kw_only=True):
    """The receivable, and what of it was given up."""

    write_off: WriteOffDetails


class WriteOffRequest(Body, kw_only=True, forbid_unknown_fields=True):
    write_off_identifier: DocumentIdentifier


class WriteOffList(ListBody, kw_only=True, forbid_unknown_fields=True):
    """``written_off_from`` and ``written_off_to`` are a half-open period."""

    accounts_receivable_identifier: DocumentIdentifier | UnsetType = UNSET
    written_off_from: DateText | UnsetType = UNSET
    written_off_to: DateText | UnsetType = UNSET


class WriteOffs(msgspec.Struct, frozen=True, kw_only=True):
    write_offs: list[WriteOff]
    offset: int
    number_of_results: int
