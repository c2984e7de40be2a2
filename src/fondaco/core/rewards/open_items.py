"""What a receivable has open: invoices that are not settled, by due time and number, and credit not yet allocated.

Both are derived from the documents, so a state is restored by entering them again. An invoice enters at the end in the
usual case, since terms of credit seldom change, and leaves at the beginning, since payments take the eldest first: both
are O(1); anywhere else is a move of 8 bytes for each one behind it. What is due on a day is summed up, so ageing costs
a few steps for each day on which something is due, however many invoices there are.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from typing import Final, NamedTuple

from fondaco.core.rewards.entities import CreditNote, EntityKind, Invoice, Payment

DAY_US: Final = 86_400_000_000
_NUMBER_BITS: Final = 40
_NUMBER_MASK: Final = (1 << _NUMBER_BITS) - 1
_SPENT_MAX: Final = 1_024


class Ageing(NamedTuple):
    """What is open by how many days it is overdue, and the credit that is not allocated. Units of the currency."""

    not_due_units: int
    days_1_30_units: int
    days_31_60_units: int
    days_61_90_units: int
    days_over_90_units: int
    unallocated_units: int


class OpenItems:
    """Of one receivable."""

    def __init__(self) -> None:
        self._invoices: list[int] = []  # due_us << 40 | number, ascending from _first on
        self._first = 0
        self._due_units: dict[int, int] = {}  # by day
        self._credits: dict[tuple[int, int], int] = {}  # (kind, number) → unallocated, in the order of posting
        self.unallocated_units = 0

    def invoice_changed(self, old: Invoice | None, new: Invoice) -> None:
        before, after = 0 if old is None else old.unsettled_units, new.unsettled_units
        if before == after:
            return
        day = new.due_us // DAY_US
        left = self._due_units.get(day, 0) + after - before
        if left:
            self._due_units[day] = left
        else:
            del self._due_units[day]
        key = new.due_us << _NUMBER_BITS | new.number
        if not before:
            self._enter(key)
        elif not after:
            self._leave(key)

    def credit_changed(self, kind: EntityKind, credit: Payment | CreditNote) -> None:
        name = (int(kind), credit.number)
        before = self._credits.get(name, 0)
        self.unallocated_units += credit.unallocated_units - before
        if credit.unallocated_units:
            self._credits[name] = credit.unallocated_units
        elif before:
            del self._credits[name]

    def invoices(self) -> Iterator[int]:
        """Numbers of open invoices, first due first. What is read may be changed only after the reading."""
        for place in range(self._first, len(self._invoices)):
            yield self._invoices[place] & _NUMBER_MASK

    def credits(self) -> Iterator[tuple[int, int]]:
        """(kind, number) of payments and credit notes with something left, the eldest first."""
        return iter(self._credits)

    def ageing(self, now_us: int) -> Ageing:
        """By whole days since the day (UTC) on which it was due; due today or later is not due."""
        today = now_us // DAY_US
        buckets = [0, 0, 0, 0, 0]
        for day, units in self._due_units.items():
            overdue_days = today - day
            buckets[0 if overdue_days <= 0 else min((overdue_days - 1) // 30 + 1, 4)] += units
        not_due, to_30, to_60, to_90, beyond = buckets
        return Ageing(not_due, to_30, to_60, to_90, beyond, self.unallocated_units)

    def credit_order(self) -> list[tuple[int, int]]:
        """The credits as a value of the state: their order is not that of their numbers where one was given back."""
        return list(self._credits)

    def set_credit_order(self, order: list[tuple[int, int]]) -> None:
        self._credits = {name: self._credits[name] for name in order}

    def _enter(self, key: int) -> None:
        invoices = self._invoices
        if not invoices or key > invoices[-1]:
            invoices.append(key)
        else:
            invoices.insert(bisect_left(invoices, key, self._first), key)

    def _leave(self, key: int) -> None:
        place = bisect_left(self._invoices, key, self._first)
        if place == self._first:
            self._first += 1
            if self._first > _SPENT_MAX and 2 * self._first > len(self._invoices):
                del self._invoices[: self._first]
                self._first = 0
        else:
            del self._invoices[place]
