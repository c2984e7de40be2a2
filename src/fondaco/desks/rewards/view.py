"""What an answer is made from besides the entity it shows: the books it refers to, the desk's dates, people's data.

Everything here is read as it is now, but what a document froze (amounts, states, times) comes from the entity itself;
so an idempotent repeat, which is rendered from the first answer's entities, shows the first answer.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Final, TypeVar

import msgspec

from fondaco.core.rewards.books import Books
from fondaco.core.rewards.entities import Currency, EntityKind
from fondaco.desks.rewards.amounts import amount
from fondaco.desks.rewards.dates import Dates
from fondaco.desks.rewards.identifiers import identifier, number_text
from fondaco.desks.rewards.shown import Shown
from fondaco.wire.rewards.documents import Reference

_T = TypeVar("_T")

#: Contact information has no number of its own: its ids are made from its owner's, apart from all entity kinds.
CONTACT_KIND: Final = 64


class View(msgspec.Struct, frozen=True):
    """``open_contact`` gives the sealed contact as JSON, or ``None`` where the person was erased."""

    books: Books
    dates: Dates
    open_contact: Callable[[bytes], bytes | None]
    shown: Shown

    def id(self, kind: int, number: int) -> str:
        return identifier(self.books.programme.number, kind, number)

    def contact_id(self, owner_kind: int, owner_number: int) -> str:
        """Contact information belongs to a merchant or a participant, and is found nowhere else."""
        return identifier(self.books.programme.number, CONTACT_KIND + owner_kind, owner_number)

    def reference(self, kind: EntityKind, number: int) -> Reference:
        return Reference(id=self.id(kind, number), number=number_text(kind, number))

    def reference_or_none(self, kind: EntityKind, number: int) -> Reference | None:
        """0 stands for none."""
        return self.reference(kind, number) if number else None

    def kept(self, kind: EntityKind, number: int, made_of: tuple[object, ...], make: Callable[[], _T]) -> _T:
        """An object that many answers hold, made anew only if something it is made of has changed."""
        return self.shown.kept((self.books.programme.number, kind, number), made_of, make)

    def date(self, time_us: int) -> str:
        return self.dates.text(time_us)

    def date_or_none(self, time_us: int) -> str | None:
        """0 stands for none."""
        return self.dates.text_or_none(time_us)

    def currency(self, number: int) -> Currency:
        return self.books.currencies[number]

    def amount(self, units: int, currency: int) -> Decimal:
        return amount(units, self.books.currencies[currency])
