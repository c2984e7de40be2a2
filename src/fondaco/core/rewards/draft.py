"""One command's changes, gathered first and done together: entities, postings, allocations, lots.

A command reads through its draft (what it has changed already is seen), so that it can be written step by step, and is
carried out by ``commit`` after everything has been checked; until then nothing has changed. So every refusal changes
nothing, and a preview is a draft that is never committed.

An account is a purpose and whose it is: PARTICIPANT_REWARD and PARTICIPANT_DEBT a participant's, MERCHANT_RECEIVABLE a
receivable's, CASH a user of the exchange; all others are the programme's own (0).
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final, TypeVar

from fondaco.core.purposes import CASH, MERCHANT_RECEIVABLE, PARTICIPANT_DEBT, PARTICIPANT_REWARD
from fondaco.core.refusal import Refusal
from fondaco.core.rejects import Reject
from fondaco.core.rewards.books import KINDS, Books
from fondaco.core.rewards.entities import (
    CreditNote,
    Entity,
    EntityKind,
    Invoice,
    Payment,
    Purchase,
)
from fondaco.core.rewards.facts import Entry, RebatePaid, RowRefused
from fondaco.core.rewards.money import AMOUNT_UNITS_MAX
from fondaco.core.units import UNITS_MAX

if TYPE_CHECKING:
    from fondaco.core.ledger import Ledger

Account = tuple[int, int]
"""(purpose, whose)."""

_E = TypeVar("_E", bound=Entity)
_Posting = tuple[int, int, Account, Account, EntityKind, int]

_OF_PARTICIPANTS: Final = (PARTICIPANT_REWARD, PARTICIPANT_DEBT)


class Draft:
    """Of one programme, at the time of its command."""

    def __init__(self, books: Books, ledger: Ledger, time_us: int) -> None:
        self.books = books
        self.time_us = time_us
        self.refused: list[RowRefused] = []
        self.rebates: list[RebatePaid] = []
        self.new_owners: list[array[int]] = []
        self._ledger = ledger
        self._changed: dict[tuple[EntityKind, int], Entity] = {}
        self._added: dict[EntityKind, int] = {}
        self._postings: list[_Posting] = []
        self._moved: dict[tuple[int, int, int], int] = {}
        self._allocations: list[tuple[EntityKind, int, int, int]] = []
        self._undone: list[tuple[EntityKind, int]] = []
        self._lots: dict[tuple[int, int], int] = {}

    def another(self) -> Draft:
        """A draft of the same programme and time, to be committed by itself."""
        return Draft(self.books, self._ledger, self.time_us)

    # ── reading ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def next_number(self, kind: EntityKind) -> int:
        """A new number of a kind; it is given to nobody else."""
        added = self._added[kind] = self._added.get(kind, 0) + 1
        return self.books.count(kind) + added

    def purchase(self, number: int) -> Purchase | None:
        found = self._changed.get((EntityKind.PURCHASE, number))
        return found if isinstance(found, Purchase) else self.books.purchase(number)

    def invoice(self, number: int) -> Invoice | None:
        found = self._changed.get((EntityKind.INVOICE, number))
        return found if isinstance(found, Invoice) else self.books.invoice(number)

    def credit(self, kind: EntityKind, number: int) -> Payment | CreditNote:
        """A payment or credit note that exists."""
        found = self._changed.get((kind, number))
        if found is None:
            found = self.books.payment(number) if kind is EntityKind.PAYMENT else self.books.credit_note(number)
        assert isinstance(found, (Payment, CreditNote))
        return found

    def balance(self, account: Account, currency: int) -> int:
        """Credit positive, with what this draft posts."""
        owner, asset_id = self._owner(account), self.books.currencies[currency].asset_id
        moved = self._moved.get((owner, asset_id, account[0]), 0)
        return self._ledger.balance(owner, asset_id, account[0]) + moved

    def lots(self, participant: int) -> list[tuple[int, int]]:
        """(expires_us, units left), the earliest first."""
        merged = dict(self.books.lots.of(participant))
        merged |= {when: units for (who, when), units in self._lots.items() if who == participant}
        return sorted((when, units) for when, units in merged.items() if units)

    # ── changing ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def put(self, entity: _E) -> _E:
        self._changed[KINDS[type(entity)], entity.number] = entity
        return entity

    def post(self, units: int, currency: int, debit: Account, credit: Account, kind: EntityKind, document: int) -> None:
        """Take from ``debit`` and give to ``credit``; nothing for 0 units."""
        if not units:
            return
        self._postings.append((currency, units, debit, credit, kind, document))
        asset_id, moved = self.books.currencies[currency].asset_id, self._moved
        for account, change in ((debit, -units), (credit, units)):
            key = (self._owner(account), asset_id, account[0])
            moved[key] = moved.get(key, 0) + change

    def allocate(self, kind: EntityKind, number: int, invoice: int, units: int) -> None:
        self._allocations.append((kind, number, invoice, units))

    def undo_allocations(self, kind: EntityKind, number: int) -> None:
        self._undone.append((kind, number))

    def add_to_lot(self, participant: int, expires_us: int, units: int) -> None:
        left = self._lots.get((participant, expires_us))
        if left is None:
            left = self.books.lots.left(participant, expires_us)
        self._lots[participant, expires_us] = left + units

    def set_lot(self, participant: int, expires_us: int, units: int) -> None:
        self._lots[participant, expires_us] = units

    # ── the end ───────────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def changed(self) -> Iterable[Entity]:
        return self._changed.values()

    def check(self) -> Refusal | None:
        """The ledger's own bounds: no posting and no balance is larger than it can hold."""
        for _, units, *_ in self._postings:
            if units > AMOUNT_UNITS_MAX:
                return Reject.AMOUNT_OVER_LEDGER, AMOUNT_UNITS_MAX, min(units, UNITS_MAX)
        for (owner, asset_id, purpose), change in self._moved.items():
            balance = self._ledger.balance(owner, asset_id, purpose) + change
            if abs(balance) > UNITS_MAX:
                return Reject.AMOUNT_OVER_LEDGER, UNITS_MAX, 0
        return None

    def commit(self) -> list[Entry] | Refusal:
        """Do it all, or answer why not."""
        refusal = self.check()
        if refusal is not None:
            return refusal
        books = self.books
        for kind, number in self._undone:
            books.undo_allocations(kind, number)
        for entity in self._changed.values():
            books.put(entity)
        for allocation in self._allocations:
            books.allocate(*allocation)
        for (participant, expires_us), units in self._lots.items():
            books.lots.set(participant, expires_us, units)
        return [self._move(posting) for posting in self._postings]

    def _move(self, posting: _Posting) -> Entry:
        currency, units, debit, credit, kind, document = posting
        ledger, asset_id = self._ledger, self.books.currencies[currency].asset_id
        from_ = ledger.open(self._owner(debit), asset_id, debit[0])
        to = ledger.open(self._owner(credit), asset_id, credit[0])
        ledger.move(from_, to, units)
        self.books.totals.post(units, currency, debit[0], credit[0])
        return Entry(currency, units, *debit, ledger.units(from_), *credit, ledger.units(to), kind, document)

    def _owner(self, account: Account) -> int:
        purpose, whose = account
        if purpose == MERCHANT_RECEIVABLE:
            return self.books.receivable_owners[whose - 1]
        if purpose in _OF_PARTICIPANTS:
            return self.books.participant_owners[whose - 1]
        return whose if purpose == CASH else self.books.owner
