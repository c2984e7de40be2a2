"""Accounts receivable by themselves: what is owed, the statement line by line, and how old the debt is."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from fondaco.wire.rewards.documents import Reference
from fondaco.wire.rewards.objects import AccountsReceivable, Currency


class _Answer(msgspec.Struct, frozen=True, kw_only=True):
    pass


class ReceivableDetails(AccountsReceivable, frozen=True, kw_only=True):
    """``balance_amount`` is what is owed by the ledger: negative where the owner has credit."""

    owner_type: str
    owner: Reference
    currency: Currency
    credit_days: int
    balance_amount: Decimal


class StatementLine(_Answer, frozen=True, kw_only=True):
    """One posting of the ledger on the receivable. ``balance_amount`` is what is owed after it."""

    posted_on: str
    type: str
    document: Reference
    debit_amount: Decimal
    credit_amount: Decimal
    balance_amount: Decimal


class Ageing(_Answer, frozen=True, kw_only=True):
    """What is unsettled, by days overdue. ``total_amount`` = the buckets − ``unallocated_credit`` = the balance."""

    not_due: Decimal
    days_1_30: Decimal
    days_31_60: Decimal
    days_61_90: Decimal
    days_over_90: Decimal
    unallocated_credit: Decimal
    total_amount: Decimal


class ReceivableAgeing(_Answer, frozen=True, kw_only=True):
    accounts_receivable: Reference
    currency: Currency
    ageing: Ageing


class CurrencyAgeing(_Answer, frozen=True, kw_only=True):
    """The whole programme's receivables in one currency. ``ledger_balance`` is read from the ledger, to compare."""

    currency: Currency
    ageing: Ageing
    ledger_balance: Decimal
