"""Body and answer of the method about a programme's own ledger accounts."""

from __future__ import annotations

from decimal import Decimal

import msgspec
from msgspec import UNSET, UnsetType

from fondaco.wire.rewards.base import CurrencyIdentifier, TableBody
from fondaco.wire.rewards.objects import Currency


class TrialBalanceRequest(TableBody, kw_only=True, forbid_unknown_fields=True):
    """Of one currency, or of all: then a page of them."""

    currency_identifier: CurrencyIdentifier | UnsetType = UNSET


class AccountsOfType(msgspec.Struct, frozen=True, kw_only=True):
    """What all accounts of a type come to, on the side that it is on; the other side is 0.

    ``owner_type`` says whose they are: PROGRAMME (one account), MERCHANT, PARTICIPANT or USER.
    """

    type: str
    owner_type: str
    debit_amount: Decimal
    credit_amount: Decimal


class TrialBalance(msgspec.Struct, frozen=True, kw_only=True):
    """All accounts of a currency. The two totals are the same, always."""

    currency: Currency
    accounts: list[AccountsOfType]
    total_debit_amount: Decimal
    total_credit_amount: Decimal


class TrialBalances(msgspec.Struct, frozen=True, kw_only=True):
    as_of: str
    trial_balances: list[TrialBalance]
    offset: int
    number_of_results: int
