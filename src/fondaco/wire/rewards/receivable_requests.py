"""Bodies and answers of the methods that read accounts receivable."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from fondaco.wire.rewards.base import Body, DateText, DocumentIdentifier, ListBody, TableBody
from fondaco.wire.rewards.objects import AccountsReceivable, Currency
from fondaco.wire.rewards.receivables import CurrencyAgeing, ReceivableAgeing, ReceivableDetails, StatementLine


class ReceivableRequest(Body, kw_only=True, forbid_unknown_fields=True):
    accounts_receivable_identifier: DocumentIdentifier


class ReceivableList(ListBody, kw_only=True, forbid_unknown_fields=True):
    owner_type: Literal["MERCHANT", "PARTICIPANT"] | UnsetType = UNSET


class Receivables(msgspec.Struct, frozen=True, kw_only=True):
    accounts_receivable: list[ReceivableDetails]
    offset: int
    number_of_results: int


class StatementRequest(ReceivableRequest, kw_only=True, forbid_unknown_fields=True):
    """``from_date`` and ``to_date`` are a half-open period: from the beginning, to this moment, if not given."""

    from_date: DateText | UnsetType = UNSET
    to_date: DateText | UnsetType = UNSET
    format: Literal["json", "csv"] = "json"


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """Opening balance + debits − credits = closing balance, which without a ``to_date`` is the ledger's."""

    accounts_receivable: AccountsReceivable
    currency: Currency
    from_date: str | None
    to_date: str | None
    opening_balance: Decimal
    lines: list[StatementLine]
    closing_balance: Decimal


class AgeingRequest(TableBody, kw_only=True, forbid_unknown_fields=True):
    """Of one receivable, or of the whole programme: then by currency, and a page of the merchants' receivables."""

    accounts_receivable_identifier: DocumentIdentifier | UnsetType = UNSET


class AgeingAnswer(msgspec.Struct, frozen=True, kw_only=True):
    as_of: str
    totals: list[CurrencyAgeing]
    accounts_receivable: list[ReceivableAgeing]
    offset: int
    number_of_results: int
