"""Who pays for which invoice: credit is allocated first in first out, by due time and number.

``unsettled_units`` of an invoice is its total less all allocations to it; ``unallocated_units`` of a payment or credit
note is what of it lies on the receivable. Always: Σ unsettled − Σ unallocated = what the receivable owes.
"""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from fondaco.core.refusal import Refusal
from fondaco.core.rejects import Reject
from fondaco.core.rewards.draft import Draft
from fondaco.core.rewards.entities import CreditNote, EntityKind, Invoice, Payment

#: Invoices that one command settles or reopens at most, so that no command takes longer than some 50 ms.
ALLOCATIONS_MAX: Final = 10_000

TOO_MANY: Final[Refusal] = (Reject.TOO_MANY_ALLOCATIONS, ALLOCATIONS_MAX, ALLOCATIONS_MAX + 1)


def take_credits(draft: Draft, invoice: Invoice) -> Invoice:
    """A new invoice takes what lies unallocated on its receivable, the eldest first."""
    return _take(draft, invoice, own_alone=False)


def take_own_credit(draft: Draft, invoice: Invoice) -> Invoice:
    """An invoice that is open again takes what lies unallocated of its own credit notes."""
    return _take(draft, invoice, own_alone=True) if invoice.credited_net_units else invoice


def _take(draft: Draft, invoice: Invoice, *, own_alone: bool) -> Invoice:
    for kind_number, number in list(draft.books.open_items(invoice.receivable).credits()):
        if not invoice.unsettled_units:
            break
        kind = EntityKind(kind_number)
        credit = draft.credit(kind, number)
        if own_alone and (isinstance(credit, Payment) or credit.invoice != invoice.number):
            continue
        units = min(credit.unallocated_units, invoice.unsettled_units)
        if not units:
            continue  # used up by this very command
        draft.put(_less(credit, units))
        draft.allocate(kind, number, invoice.number, units)
        invoice = replace(invoice, unsettled_units=invoice.unsettled_units - units)
    return invoice


def allocate_to(draft: Draft, kind: EntityKind, number: int, invoice: Invoice, units: int) -> int:
    """Allocate up to ``units`` to one invoice; answers how much it took."""
    taken = min(units, invoice.unsettled_units)
    if taken:
        draft.allocate(kind, number, invoice.number, taken)
        draft.put(replace(invoice, unsettled_units=invoice.unsettled_units - taken))
    return taken


def allocate_first_due(draft: Draft, receivable: int, kind: EntityKind, number: int, units: int) -> int | Refusal:
    """Allocate ``units`` to the open invoices of a receivable, first due first; answers what is left."""
    for count, open_number in enumerate(draft.books.open_items(receivable).invoices()):
        if not units:
            break
        if count == ALLOCATIONS_MAX:
            return TOO_MANY
        invoice = draft.invoice(open_number)
        assert invoice is not None
        units -= allocate_to(draft, kind, number, invoice, units)
    return units


def _less(credit: Payment | CreditNote, units: int) -> Payment | CreditNote:
    return replace(credit, unallocated_units=credit.unallocated_units - units)
