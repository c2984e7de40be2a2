"""What a rewards command did: the entities as they are after it, and the ledger's entries.

One shape for every command, so that a reader (a desk, a projection, a webhook) needs no table of commands: what was
created or changed stands in ``changed``, in order, and what moved in ``entries``.
"""

from __future__ import annotations

import msgspec

from fondaco.core.rewards.entities import Entity


class Entry(msgspec.Struct, frozen=True, array_like=True):
    """One posting: ``units`` from the debit account to the credit account, both of one currency.

    An account is a purpose (``core/purposes.py``) and whose it is: a receivable's number, a participant's, or 0 for the
    programme's own. The balances are those after it, credit positive: a receivable that owes is negative. ``kind`` and
    ``document`` name what it was posted for.
    """

    currency: int
    units: int
    debit_purpose: int
    debit_owner: int
    debit_balance_units: int
    credit_purpose: int
    credit_owner: int
    credit_balance_units: int
    kind: int
    document: int


class RowRefused(msgspec.Struct, frozen=True, array_like=True):
    """A purchase of a batch run that could not be settled, with the reject's number."""

    purchase: int
    reject: int
    bound: int
    value: int


class RebatePaid(msgspec.Struct, frozen=True, array_like=True):
    """A fee rebate that arrived in a user's cash. ``balance_units`` is what the user has after it (with holds)."""

    user_id: int
    asset_id: int
    award: int
    units: int
    balance_units: int


class RewardsApplied(msgspec.Struct, frozen=True):
    """``repeated``: the same idempotency key came again; nothing was done, and this is what was done then, without the
    entries, which must not be counted twice.

    ``action`` is the tag of the command, or what fell due: ``reward_expiry``, ``fee_day``.
    """

    programme_id: int
    action: str
    operator: int
    time_us: int
    changed: tuple[Entity, ...]
    entries: tuple[Entry, ...] = ()
    refused: tuple[RowRefused, ...] = ()
    rebates: tuple[RebatePaid, ...] = ()
    repeated: bool = False
