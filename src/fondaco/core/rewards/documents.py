"""The documents that a programme posts: purchases with their awards, invoices and what settles them, spends, runs.

What was posted never changes but in its state and in what is left of it (unsettled, unallocated, reversed). Numbers,
amounts and times are as in ``entities.py``.

Source: rewards.md (referred objects) and its notes (Settlement, Reversals).
"""

from __future__ import annotations

import msgspec

from fondaco.core.rewards.kinds import DocumentState, EntityBase


class Line(msgspec.Struct, frozen=True, array_like=True):
    """One line of a purchase. ``quantity`` and ``unit_price`` are texts as they came, for people."""

    line_id: str
    quantity: str
    unit_price: str
    total_units: int
    is_reversed: bool = False


class Award(EntityBase, frozen=True, tag=21):
    """One award of a purchase, in the participant's currency, with all that was frozen at posting.

    ``contribution_units`` is the merchant's share in the receivable's currency, known once the purchase is settled.
    """

    number: int
    purchase: int
    participant: int
    offer: int
    currency: int
    amount_units: int
    alternative_units: int
    contribution_ppm: int
    rate: int
    expires_us: int = 0
    reversed_units: int = 0
    contribution_units: int = 0
    state: DocumentState = DocumentState.POSTED


class Purchase(EntityBase, frozen=True, tag=20):
    """A customer event of type purchase. ``invoice`` is 0 until it is settled, and where nothing was invoiced.

    ``awarded_units`` and ``contribution_units`` are its settlement's totals, in the receivable's currency (without a
    merchant: the participant's); ``settled_reversed_units`` is what of the total had been reversed by then.
    """

    number: int
    reference: str
    unit: int
    participant: int
    merchant: int
    performed_us: int
    posted_us: int
    currency: int
    total_units: int
    lines: tuple[Line, ...]
    awards: tuple[Award, ...]
    is_settled: bool = False
    settled_us: int = 0
    invoice: int = 0
    awarded_units: int = 0
    contribution_units: int = 0
    reversed_units: int = 0
    settled_reversed_units: int = 0
    state: DocumentState = DocumentState.POSTED


class Invoice(EntityBase, frozen=True, tag=22):
    """A merchant's debt for one settlement. Its total is ``net_units + tax_units``.

    ``unsettled_units`` is what no payment or credit was allocated to; ``credited_*`` what credit notes took back;
    ``written_off_units`` what was given up and has not come back by a credit note.
    """

    number: int
    reference: int
    purchase: int
    receivable: int
    currency: int
    issued_us: int
    due_us: int
    net_units: int
    tax_units: int
    tax_ppm: int
    rate: int
    unsettled_units: int
    credited_net_units: int = 0
    credited_tax_units: int = 0
    written_off_units: int = 0
    state: DocumentState = DocumentState.POSTED


class CreditNote(EntityBase, frozen=True, tag=23):
    """Takes back part or all of an invoice. What it could not be allocated to stays ``unallocated_units``."""

    number: int
    invoice: int
    purchase: int
    receivable: int
    currency: int
    issued_us: int
    net_units: int
    tax_units: int
    unallocated_units: int
    state: DocumentState = DocumentState.POSTED


class Payment(EntityBase, frozen=True, tag=24):
    """Money of a merchant (or, ``is_refund``, back to it). ``invoice`` is the one it was meant for, 0 for none."""

    number: int
    reference: str
    receivable: int
    currency: int
    received_us: int
    amount_units: int
    unallocated_units: int
    invoice: int = 0
    is_refund: bool = False
    state: DocumentState = DocumentState.POSTED


class Spend(EntityBase, frozen=True, tag=25):
    """A reward that was redeemed. ``lots``: of which expiry (0: none) how much was taken, to be given back."""

    number: int
    reference: str
    participant: int
    currency: int
    spent_us: int
    amount_units: int
    lots: tuple[tuple[int, int], ...] = ()
    state: DocumentState = DocumentState.POSTED


class Expiry(EntityBase, frozen=True, tag=26):
    """Rewards of a participant that were not spent in time."""

    number: int
    participant: int
    currency: int
    expired_us: int
    amount_units: int


class WriteOff(EntityBase, frozen=True, tag=27):
    """What a receivable still owed when it was given up."""

    number: int
    receivable: int
    currency: int
    written_us: int
    amount_units: int
    reason: str = ""


class SettlementRun(EntityBase, frozen=True, tag=28):
    """A batch run over purchases ``next_purchase`` … ``last_purchase``; ended when next lies behind last.

    ``merchant`` 0: of all. What was refused is listed with its reason by the settlement's rows.
    """

    number: int
    first_purchase: int
    last_purchase: int
    next_purchase: int
    merchant: int = 0
    performed_until_us: int = 0
    settled: int = 0
    passed_over: int = 0
    refused: int = 0
    started_us: int = 0
    ended_us: int = 0
