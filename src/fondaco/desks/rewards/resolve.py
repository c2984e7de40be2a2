"""What an identifier of a request names: the number of a thing of the caller's programme.

An id that is mistyped, guessed or another programme's, and a number that is printed otherwise, are all NOT_FOUND. An id
of this programme that names a thing of another kind is too, unless a customer event was asked for: WRONG_EVENT_TYPE.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from msgspec import UNSET, UnsetType

from fondaco.core.rewards.books import Books
from fondaco.core.rewards.entities import Entity, EntityKind
from fondaco.desks.rewards.call import Call
from fondaco.desks.rewards.failure import Code, Failure, not_found
from fondaco.desks.rewards.identifiers import parse, parse_number
from fondaco.wire.rewards.base import Identifier

_FINDERS: Final[dict[EntityKind, Callable[[Books, int], Entity | None]]] = {
    EntityKind.CURRENCY: lambda books, number: books.currencies.get(number),
    EntityKind.CURRENCY_RATE: lambda books, number: books.rates.get(number),
    EntityKind.MERCHANT: lambda books, number: books.merchants.get(number),
    EntityKind.UNIT: lambda books, number: books.units.get(number),
    EntityKind.PARTICIPANT: lambda books, number: books.participants.get(number),
    EntityKind.RECEIVABLE: lambda books, number: books.receivables.get(number),
    EntityKind.SCHEME: lambda books, number: books.schemes.get(number),
    EntityKind.OFFER: lambda books, number: books.offers.get(number),
    EntityKind.CONTRIBUTION_RULE: lambda books, number: books.rules.get(number),
    EntityKind.OPERATOR: lambda books, number: books.operators.get(number),
    EntityKind.WEBHOOK: lambda books, number: books.webhooks.get(number),
    EntityKind.SETTLEMENT_RUN: lambda books, number: books.runs.get(number),
    EntityKind.PURCHASE: lambda books, number: books.purchase(number),
    EntityKind.AWARD: lambda books, number: books.award(number),
    EntityKind.INVOICE: lambda books, number: books.invoice(number),
    EntityKind.CREDIT_NOTE: lambda books, number: books.credit_note(number),
    EntityKind.PAYMENT: lambda books, number: books.payment(number),
    EntityKind.SPEND: lambda books, number: books.spend(number),
    EntityKind.EXPIRY: lambda books, number: books.expiry(number),
    EntityKind.WRITE_OFF: lambda books, number: books.write_off(number),
}
_CODES: Final[dict[EntityKind, Callable[[Books], Mapping[str, int]]]] = {
    EntityKind.CURRENCY: lambda books: books.currency_codes,
    EntityKind.MERCHANT: lambda books: books.merchant_codes,
    EntityKind.UNIT: lambda books: books.unit_codes,
    EntityKind.PARTICIPANT: lambda books: books.participant_codes,
}
#: Customer events: what happens to a participant.
EVENTS: Final = frozenset((EntityKind.PURCHASE, EntityKind.AWARD, EntityKind.SPEND, EntityKind.EXPIRY))


def entity_of(call: Call, kind: EntityKind, identifier: Identifier, field: str) -> Any:
    """The thing itself, an entity of the kind. Raises ``Failure``."""
    number = number_of(call, kind, identifier, field)
    return _FINDERS[kind](call.books, number)


def entity_numbered(books: Books, kind: EntityKind, number: int) -> Any:
    """The entity of a kind that has the number, or ``None``."""
    return _FINDERS[kind](books, number)


def number_of(call: Call, kind: EntityKind, identifier: Identifier, field: str) -> int:
    """The number of the thing, which exists. Raises ``Failure``."""
    books, what = call.books, kind.name.lower().replace("_", " ")
    for way in identifier.ways:
        text = getattr(identifier, way)
        if text is UNSET:
            continue
        if way == "id":
            number = _by_id(call, kind, text, f"{field}.id")
        elif way == "number":
            number = parse_number(kind, text)
        elif way == "code":
            number = _CODES[kind](books).get(text)
        else:
            number = books.purchase_by_reference(text) if kind is EntityKind.PURCHASE else None
        if number is None or _FINDERS[kind](books, number) is None:
            raise not_found(f"{what} with the {way} {text}", f"{field}.{way}")
        return number
    raise AssertionError("an identifier without a way is refused when it is decoded")


def optional_number(call: Call, kind: EntityKind, identifier: Identifier | UnsetType | None, field: str) -> int:
    """0 where nothing is named. Raises ``Failure``."""
    if identifier is UNSET or identifier is None:
        return 0
    assert not isinstance(identifier, UnsetType)
    return number_of(call, kind, identifier, field)


def _by_id(call: Call, kind: EntityKind, text: str, field: str) -> int | None:
    found = parse(text)
    if found is None or found[0] != call.programme_id:
        return None
    if found[1] == kind:
        return found[2]
    if kind is EntityKind.PURCHASE and found[1] in EVENTS:
        other = EntityKind(found[1])
        if _FINDERS[other](call.books, found[2]) is not None:
            name = other.name.lower()
            raise Failure(Code.WRONG_EVENT_TYPE, f"this is the id of a customer event of type {name}", field)
    return None
