"""All that the naive accountant has written down of one programme, and the answers he expects.

Entities are kept by kind and number, balances by (purpose, owner, asset). A refused command changed nothing: whoever
acts works on a copy and throws it away.
"""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar, cast

from msgspec import Struct

from fondaco.core.purposes import CASH
from fondaco.core.rejects import Reject
from fondaco.core.rewards.entities import (
    CreditNote,
    Currency,
    CurrencyRate,
    Entity,
    EntityKind,
    Invoice,
    Participant,
    Payment,
)

Named = tuple[EntityKind, int]
#: (debit purpose, debit owner, credit purpose, credit owner, currency, units, kind, document)
Posting = tuple[int, int, int, int, int, int, int, int]
Any = TypeVar("Any", bound=Entity)


class Refused(Exception):
    """What must be refused. ``None``: the specification does not say which bound or value is shown."""

    def __init__(self, reject: Reject, bound: int | None = None, value: int | None = None) -> None:
        super().__init__(reject.name, bound, value)
        self.reject = reject
        self.bound = bound
        self.value = value


def kind_of(type_: type[Struct]) -> EntityKind:
    tag = type_.__struct_config__.tag
    assert isinstance(tag, int)
    return EntityKind(tag)


@dataclass
class Expected:
    """What the house must answer to one command, or say of one thing that fell due."""

    programme_id: int
    action: str
    operator: int
    time_us: int
    changed: dict[Named, Entity] = field(default_factory=dict)
    postings: Counter[Posting] = field(default_factory=Counter)
    #: (purchase, reject) of a batch run
    rows_refused: list[tuple[int, Reject]] = field(default_factory=list)
    #: (user, asset, award, units)
    rebates: list[tuple[int, int, int, int]] = field(default_factory=list)
    repeated: bool = False


class Sheet:
    """One programme. ``expected`` is what the command at work must be answered."""

    def __init__(self, programme_id: int) -> None:
        self.programme_id = programme_id
        self.entities: dict[EntityKind, dict[int, Entity]] = {kind: {} for kind in EntityKind}
        self.balances: Counter[tuple[int, int, int]] = Counter()
        #: what a participant has left, by the time it expires at (0: never)
        self.lots: dict[tuple[int, int], int] = {}
        #: what of a payment or credit note went to which invoice
        self.allocations: dict[tuple[Named, int], int] = {}
        self.refunded: dict[Named, int] = {}
        #: payments and credit notes, as they were posted
        self.credits: list[Named] = []
        self.time_us = 0
        self.operator = 0
        self.expected = Expected(programme_id, "", 0, 0)

    def copy(self) -> Sheet:
        other = copy.copy(self)
        other.entities = {kind: dict(entities) for kind, entities in self.entities.items()}
        other.balances = self.balances.copy()
        other.lots = dict(self.lots)
        other.allocations = dict(self.allocations)
        other.refunded = dict(self.refunded)
        other.credits = list(self.credits)
        return other

    # entities

    def all(self, type_: type[Any]) -> Mapping[int, Any]:
        return cast("Mapping[int, Any]", self.entities[kind_of(type_)])

    def next_number(self, kind: EntityKind) -> int:
        return len(self.entities[kind]) + 1

    def get(self, type_: type[Any], number: int) -> Any:
        """An entity that must be there."""
        kind = kind_of(type_)
        found = self.entities[kind].get(number)
        if found is None:
            raise Refused(Reject.ENTITY_NOT_FOUND, kind, number)
        return cast("Any", found)

    def need(self, type_: type[Any], *numbers: int) -> None:
        """Each of the entities that are named must be there; 0 names none."""
        for number in numbers:
            if number:
                self.get(type_, number)

    def put(self, entity: Entity) -> None:
        kind, number = kind_of(type(entity)), entity.number
        self.entities[kind][number] = entity
        self.expected.changed[kind, number] = entity

    def currency(self, number: int) -> Currency:
        return self.get(Currency, number)

    def rates(self) -> Iterable[CurrencyRate]:
        return self.all(CurrencyRate).values()

    # money

    def balance(self, purpose: int, owner: int, currency: int) -> int:
        return self.balances[purpose, owner, self.currency(currency).asset_id]

    def post(self, debit: tuple[int, int], credit: tuple[int, int], currency: int, units: int, document: Named) -> None:
        """Move what is more than nothing from one account to another."""
        assert units >= 0, f"{units} units from {debit} to {credit} for {document}"
        if units == 0:
            return
        asset_id = self.currency(currency).asset_id
        self.balances[(*debit, asset_id)] -= units
        if credit[0] != CASH:  # a user's money is beyond a programme's books
            self.balances[(*credit, asset_id)] += units
        self.expected.postings[*debit, *credit, currency, units, *document] += 1

    # rewards by when they expire

    def add_to_lot(self, participant: int, expires_us: int, units: int) -> None:
        left = self.lots.get((participant, expires_us), 0) + units
        assert left >= 0
        self.lots[participant, expires_us] = left
        if left == 0:
            del self.lots[participant, expires_us]

    def take_from_lots(self, participant: int, units: int, first_us: int | None = None) -> list[tuple[int, int]]:
        """Take from the lot that expires at ``first_us``, then from what expires first; what never expires is last."""

        def turn(expires_us: int) -> tuple[bool, bool, int]:
            return expires_us != first_us, expires_us == 0, expires_us

        taken = []
        for expires_us in sorted((lot[1] for lot in self.lots if lot[0] == participant), key=turn):
            part = min(units, self.lots[participant, expires_us])
            if part:
                self.add_to_lot(participant, expires_us, -part)
                taken.append((expires_us, part))
                units -= part
        assert units == 0, f"{units} units are not in the lots of participant {participant}"
        return taken

    def reward(self, participant: Participant, purpose: int) -> int:
        return self.balance(purpose, participant.number, participant.currency)

    # what is open

    def open_invoices(self, receivable: int) -> list[Invoice]:
        """Invoices that wait for money, first in first out."""
        waiting = [
            invoice
            for invoice in self.all(Invoice).values()
            if invoice.receivable == receivable and invoice.unsettled_units
        ]
        return sorted(waiting, key=lambda invoice: (invoice.due_us, invoice.number))

    def unallocated(self, receivable: int) -> list[Payment | CreditNote]:
        """Credit that no invoice took yet, the eldest first."""
        posted = [cast("Payment | CreditNote", self.entities[kind][number]) for kind, number in self.credits]
        return [credit for credit in posted if credit.receivable == receivable and credit.unallocated_units]
