"""The words that entities are described with: of which kind, in which state, by which rule. Numbers never change."""

from __future__ import annotations

from enum import IntEnum

import msgspec


class EntityKind(IntEnum):
    """Stands in identifiers and in every reference from one document to another, so the numbers never change."""

    PROGRAMME = 1
    CURRENCY = 2
    CURRENCY_RATE = 3
    MERCHANT = 4
    UNIT = 5
    PARTICIPANT = 6
    RECEIVABLE = 7
    SCHEME = 8
    OFFER = 9
    CONTRIBUTION_RULE = 10
    OPERATOR = 11
    WEBHOOK = 12
    PURCHASE = 20
    AWARD = 21
    INVOICE = 22
    CREDIT_NOTE = 23
    PAYMENT = 24
    SPEND = 25
    EXPIRY = 26
    WRITE_OFF = 27
    SETTLEMENT_RUN = 28


class Rounding(IntEnum):
    """How an amount that a currency cannot hold is rounded, by its size: half-up is away from zero at the half."""

    HALF_UP = 0
    UP = 1
    DOWN = 2


class Clawback(IntEnum):
    """What happens to a reward whose purchase is cancelled after it was spent."""

    REFUSE = 0
    ALLOW_DEBT = 1
    FORGIVE = 2


class Role(IntEnum):
    """What an operator may: each includes those before it."""

    READ = 1
    OPERATE = 2
    ADMIN = 3


class ReceivableState(IntEnum):
    ACTIVE = 1
    SUSPENDED = 2
    TERMINATED = 3


class DocumentState(IntEnum):
    POSTED = 1
    CANCELLED = 2


class OwnerKind(IntEnum):
    """Whose accounts receivable it is."""

    MERCHANT = 4
    PARTICIPANT = 6


class EntityBase(msgspec.Struct, frozen=True, array_like=True):
    """Entities are told apart by their tag, the first element of the array they are encoded as."""
