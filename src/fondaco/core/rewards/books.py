"""The books of one programme: what it is made of, its documents, and what is derived from them.

Set-up entities are kept as they are, by number. Documents, of which there may be millions, are kept packed (some 60 to
200 bytes each) in the order of their numbers and unpacked when they are asked for, about 0.5 µs each. What is derived
(open items, references, which purchases are settled) follows from the documents; lots and the order of credits do not,
and are part of the state.

Only ``Draft.commit`` writes here.
"""

from __future__ import annotations

from array import array
from typing import Final, TypeVar, cast

import msgspec

from fondaco.core.rewards.account_totals import AccountTotals
from fondaco.core.rewards.books_state import NAMED, PACKED, BooksState
from fondaco.core.rewards.entities import (
    Award,
    ContributionRule,
    CreditNote,
    Currency,
    CurrencyRate,
    DocumentState,
    Entity,
    EntityKind,
    Expiry,
    Invoice,
    Merchant,
    Offer,
    Operator,
    Participant,
    Payment,
    Programme,
    Purchase,
    Receivable,
    Scheme,
    SettlementRun,
    Spend,
    Unit,
    Webhook,
    WriteOff,
)
from fondaco.core.rewards.keys import Keys
from fondaco.core.rewards.lots import Lots
from fondaco.core.rewards.open_items import OpenItems
from fondaco.core.rewards.rates import Rates
from fondaco.core.rewards.terms import Terms

KINDS: Final[dict[type, EntityKind]] = {
    Programme: EntityKind.PROGRAMME,
    Currency: EntityKind.CURRENCY,
    CurrencyRate: EntityKind.CURRENCY_RATE,
    Merchant: EntityKind.MERCHANT,
    Unit: EntityKind.UNIT,
    Participant: EntityKind.PARTICIPANT,
    Receivable: EntityKind.RECEIVABLE,
    Scheme: EntityKind.SCHEME,
    Offer: EntityKind.OFFER,
    ContributionRule: EntityKind.CONTRIBUTION_RULE,
    Operator: EntityKind.OPERATOR,
    Webhook: EntityKind.WEBHOOK,
    Purchase: EntityKind.PURCHASE,
    Award: EntityKind.AWARD,
    Invoice: EntityKind.INVOICE,
    CreditNote: EntityKind.CREDIT_NOTE,
    Payment: EntityKind.PAYMENT,
    Spend: EntityKind.SPEND,
    Expiry: EntityKind.EXPIRY,
    WriteOff: EntityKind.WRITE_OFF,
    SettlementRun: EntityKind.SETTLEMENT_RUN,
}

_ENCODE: Final = msgspec.msgpack.Encoder().encode
_E = TypeVar("_E", bound=Entity)


def _decoder(type_: type[_E]) -> msgspec.msgpack.Decoder[_E]:
    return msgspec.msgpack.Decoder(type_)


_PURCHASE: Final = _decoder(Purchase)
_INVOICE: Final = _decoder(Invoice)
_CREDIT_NOTE: Final = _decoder(CreditNote)
_PAYMENT: Final = _decoder(Payment)
_SPEND: Final = _decoder(Spend)
_EXPIRY: Final = _decoder(Expiry)
_WRITE_OFF: Final = _decoder(WriteOff)
_PACKED_DECODERS: Final[dict[EntityKind, msgspec.msgpack.Decoder[Entity]]] = cast(
    "dict[EntityKind, msgspec.msgpack.Decoder[Entity]]",
    dict(zip(PACKED, (_PURCHASE, _INVOICE, _CREDIT_NOTE, _PAYMENT, _SPEND, _EXPIRY, _WRITE_OFF), strict=True)),
)

_OPEN: Final = 0
_DONE: Final = 1


class Books:
    """Everything of one programme. ``owner`` is the ledger's owner of the programme's own accounts."""

    def __init__(self, programme: Programme, owner: int) -> None:
        self.programme = programme
        self.owner = owner
        self.currencies: dict[int, Currency] = {}
        self.merchants: dict[int, Merchant] = {}
        self.units: dict[int, Unit] = {}
        self.participants: dict[int, Participant] = {}
        self.receivables: dict[int, Receivable] = {}
        self.operators: dict[int, Operator] = {}
        self.webhooks: dict[int, Webhook] = {}
        self.runs: dict[int, SettlementRun] = {}
        self.currency_codes: dict[str, int] = {}
        self.merchant_codes: dict[str, int] = {}
        self.unit_codes: dict[str, int] = {}
        self.participant_codes: dict[str, int] = {}
        self.usernames: dict[str, int] = {}
        self.rate_table = Rates()
        self.terms = Terms()
        self.keys = Keys()
        self.lots = Lots()
        self.totals = AccountTotals()
        self.receivable_owners = array("q")
        self.participant_owners = array("q")
        self._packed: dict[EntityKind, list[bytes]] = {kind: [] for kind in PACKED}
        self._references: dict[str, int] = {}
        self._award_purchases = array("q")
        self._settled = bytearray()
        self._open_items: dict[int, OpenItems] = {}
        self._allocations: dict[tuple[int, int], array[int]] = {}

    # ── what there is ─────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def rates(self) -> dict[int, CurrencyRate]:
        return self.rate_table.rates

    @property
    def schemes(self) -> dict[int, Scheme]:
        return self.terms.schemes

    @property
    def offers(self) -> dict[int, Offer]:
        return self.terms.offers

    @property
    def rules(self) -> dict[int, ContributionRule]:
        return self.terms.rules

    def purchase(self, number: int) -> Purchase | None:
        packed = self._packed[EntityKind.PURCHASE]
        return _PURCHASE.decode(packed[number - 1]) if 0 < number <= len(packed) else None

    def award(self, number: int) -> Award | None:
        if not 0 < number <= len(self._award_purchases):
            return None
        purchase = self.purchase(self._award_purchases[number - 1])
        assert purchase is not None
        return next(award for award in purchase.awards if award.number == number)

    def invoice(self, number: int) -> Invoice | None:
        packed = self._packed[EntityKind.INVOICE]
        return _INVOICE.decode(packed[number - 1]) if 0 < number <= len(packed) else None

    def credit_note(self, number: int) -> CreditNote | None:
        packed = self._packed[EntityKind.CREDIT_NOTE]
        return _CREDIT_NOTE.decode(packed[number - 1]) if 0 < number <= len(packed) else None

    def payment(self, number: int) -> Payment | None:
        packed = self._packed[EntityKind.PAYMENT]
        return _PAYMENT.decode(packed[number - 1]) if 0 < number <= len(packed) else None

    def spend(self, number: int) -> Spend | None:
        packed = self._packed[EntityKind.SPEND]
        return _SPEND.decode(packed[number - 1]) if 0 < number <= len(packed) else None

    def expiry(self, number: int) -> Expiry | None:
        packed = self._packed[EntityKind.EXPIRY]
        return _EXPIRY.decode(packed[number - 1]) if 0 < number <= len(packed) else None

    def write_off(self, number: int) -> WriteOff | None:
        packed = self._packed[EntityKind.WRITE_OFF]
        return _WRITE_OFF.decode(packed[number - 1]) if 0 < number <= len(packed) else None

    def purchase_by_reference(self, reference: str) -> int | None:
        """The number of the purchase that has a reference."""
        return self._references.get(reference)

    def count(self, kind: EntityKind) -> int:
        """How many of a kind there are: the last number that was given."""
        if kind in self._packed:
            return len(self._packed[kind])
        if kind is EntityKind.AWARD:
            return len(self._award_purchases)
        return len(self._named(kind))

    def open_items(self, receivable: int) -> OpenItems:
        """What a receivable has open; an empty one is not kept."""
        return self._open_items.get(receivable) or OpenItems()

    def allocations(self, kind: EntityKind, number: int) -> list[tuple[int, int]]:
        """What a payment or a credit note was allocated to: (invoice, units) in order, undone ones left out."""
        pairs = self._allocations.get((kind, number))
        return [] if pairs is None else list(zip(pairs[0::2], pairs[1::2], strict=True))

    def latest_allocations(self, kind: EntityKind, number: int, count: int) -> tuple[int, list[tuple[int, int]]]:
        """How many there are, and the last ``count`` of them; the cost does not grow with the number there is."""
        pairs = self._allocations.get((kind, number), array("q"))
        latest = pairs[max(len(pairs) - 2 * count, 0) :]
        return len(pairs) // 2, list(zip(latest[0::2], latest[1::2], strict=True))

    def next_unsettled(self, number: int, last: int) -> int:
        """The first purchase from ``number`` to ``last`` that is neither settled nor cancelled, 0 if there is none."""
        return self._settled.find(_OPEN, number - 1, last) + 1

    # ── the one who writes: Draft ─────────────────────────────────────────────────────────────────────────────────────

    def put(self, entity: Entity) -> None:
        """A new entity, or another state of one."""
        kind = KINDS[type(entity)]
        packed = self._packed.get(kind)
        if packed is not None:
            self._derive(kind, entity)
            body = _ENCODE(entity)
            if entity.number > len(packed):
                packed.append(body)
            else:
                packed[entity.number - 1] = body
            return
        match entity:
            case Programme():
                self.programme = entity
            case Currency():
                self.currency_codes[entity.code] = entity.number
            case CurrencyRate():
                self.rate_table.put(entity)
            case Merchant():
                self._rename(self.merchant_codes, self.merchants.get(entity.number), entity)
            case Unit():
                self._rename(self.unit_codes, self.units.get(entity.number), entity)
            case Participant():
                self._rename(self.participant_codes, self.participants.get(entity.number), entity)
            case Scheme() | Offer() | ContributionRule():
                self.terms.put(entity)
            case Operator():
                self.usernames[entity.username] = entity.number
            case _:
                pass
        if not isinstance(entity, Programme):
            self._named(kind)[entity.number] = entity

    @staticmethod
    def _rename(
        codes: dict[str, int], old: Merchant | Unit | Participant | None, new: Merchant | Unit | Participant
    ) -> None:
        if old is not None:
            codes.pop(old.code, None)
        if new.code:
            codes[new.code] = new.number

    def _derive(self, kind: EntityKind, entity: Entity) -> None:
        if isinstance(entity, Purchase):
            if entity.number > len(self._packed[kind]):
                self._settled.append(_OPEN)
                self._award_purchases.extend(entity.number for _ in entity.awards)
                if entity.reference:
                    self._references[entity.reference] = entity.number
            if entity.is_settled or entity.state is DocumentState.CANCELLED:
                self._settled[entity.number - 1] = _DONE
        elif isinstance(entity, Invoice):
            self._items(entity.receivable).invoice_changed(self.invoice(entity.number), entity)
        elif isinstance(entity, (CreditNote, Payment)):
            self._items(entity.receivable).credit_changed(kind, entity)

    def allocate(self, kind: EntityKind, number: int, invoice: int, units: int) -> None:
        self._allocations.setdefault((int(kind), number), array("q")).extend((invoice, units))

    def undo_allocations(self, kind: EntityKind, number: int) -> None:
        self._allocations.pop((int(kind), number), None)

    def _items(self, receivable: int) -> OpenItems:
        items = self._open_items.get(receivable)
        if items is None:
            items = self._open_items[receivable] = OpenItems()
        return items

    def _named(self, kind: EntityKind) -> dict[int, Entity]:
        named: dict[EntityKind, object] = {
            EntityKind.CURRENCY: self.currencies,
            EntityKind.CURRENCY_RATE: self.rates,
            EntityKind.MERCHANT: self.merchants,
            EntityKind.UNIT: self.units,
            EntityKind.PARTICIPANT: self.participants,
            EntityKind.RECEIVABLE: self.receivables,
            EntityKind.SCHEME: self.schemes,
            EntityKind.OFFER: self.offers,
            EntityKind.CONTRIBUTION_RULE: self.rules,
            EntityKind.OPERATOR: self.operators,
            EntityKind.WEBHOOK: self.webhooks,
            EntityKind.SETTLEMENT_RUN: self.runs,
        }
        return cast("dict[int, Entity]", named[kind])

    # ── as a value ────────────────────────────────────────────────────────────────────────────────────────────────────

    def dump(self) -> BooksState:
        named = [entity for kind in NAMED for entity in self._named(kind).values()]
        return BooksState(
            programme=self.programme,
            owner=self.owner,
            named=named,
            receivable_owners=self.receivable_owners.tolist(),
            participant_owners=self.participant_owners.tolist(),
            packed=[[msgspec.Raw(body) for body in self._packed[kind]] for kind in PACKED],
            allocations=[(*name, pairs.tolist()) for name, pairs in sorted(self._allocations.items())],
            lots=self.lots.dump(),
            credits=[(number, order) for number in sorted(self._open_items) if (order := self._credit_order(number))],
            keys=self.keys.dump(),
        )

    def _credit_order(self, receivable: int) -> list[tuple[int, int]]:
        return self._open_items[receivable].credit_order()

    @staticmethod
    def load(state: BooksState) -> Books:
        books = Books(state.programme, state.owner)
        books.receivable_owners.extend(state.receivable_owners)
        books.participant_owners.extend(state.participant_owners)
        for entity in state.named:
            books.put(entity)
        for kind, bodies in zip(PACKED, state.packed, strict=True):
            decode = _PACKED_DECODERS[kind].decode
            for body in bodies:
                books.put(decode(body))
        for kind_number, number, pairs in state.allocations:
            books._allocations[kind_number, number] = array("q", pairs)
        books.lots.restore(state.lots)
        for receivable, order in state.credits:
            books._open_items[receivable].set_credit_order(order)
        books.keys.restore(state.keys)
        return books
