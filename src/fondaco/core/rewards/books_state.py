"""The books of a programme as one value: a part of the house's state (``core/state.py``)."""

from __future__ import annotations

from typing import Final

import msgspec

from fondaco.core.rewards.entities import Entity, EntityKind, Programme
from fondaco.core.rewards.keys import Remembered

#: Kinds that are kept as they are, in the order in which they refer to each other.
NAMED: Final = (
    EntityKind.CURRENCY,
    EntityKind.CURRENCY_RATE,
    EntityKind.RECEIVABLE,
    EntityKind.MERCHANT,
    EntityKind.UNIT,
    EntityKind.PARTICIPANT,
    EntityKind.SCHEME,
    EntityKind.OFFER,
    EntityKind.CONTRIBUTION_RULE,
    EntityKind.OPERATOR,
    EntityKind.WEBHOOK,
    EntityKind.SETTLEMENT_RUN,
)
#: Kinds that are kept packed, each numbered from 1 without a gap.
PACKED: Final = (
    EntityKind.PURCHASE,
    EntityKind.INVOICE,
    EntityKind.CREDIT_NOTE,
    EntityKind.PAYMENT,
    EntityKind.SPEND,
    EntityKind.EXPIRY,
    EntityKind.WRITE_OFF,
)


class BooksState(msgspec.Struct, frozen=True, array_like=True):
    """``allocations`` are (kind, number, [invoice, units, …]), ``credits`` the order of each receivable's."""

    programme: Programme
    owner: int
    named: list[Entity]
    receivable_owners: list[int]
    participant_owners: list[int]
    packed: list[list[msgspec.Raw]]
    allocations: list[tuple[int, int, list[int]]]
    lots: list[tuple[int, int, int]]
    credits: list[tuple[int, list[tuple[int, int]]]]
    keys: list[Remembered]


class RewardsState(msgspec.Struct, frozen=True, array_like=True):
    """All programmes. ``fees`` are (user, asset, units) of referred users since the last day ended, ``ended_fees`` of
    the days before that are not purchases yet."""

    next_owner: int
    programmes: list[BooksState]
    fees: list[tuple[int, int, int]]
    ended_fees: list[tuple[int, int, int, int]]
    fee_day_us: int
