"""What the methods about documents share: what was asked for, what a command changed, and pages of lists."""

from __future__ import annotations

from typing import Final, TypeVar

from msgspec import UNSET, UnsetType

from fondaco.core.rewards.entities import Currency, DocumentState, Entity, EntityKind
from fondaco.core.rewards.facts import RewardsApplied
from fondaco.desks.rewards.call import Call
from fondaco.desks.rewards.failure import invalid, not_found
from fondaco.desks.rewards.identifiers import parse_number
from fondaco.desks.rewards.resolve import number_of
from fondaco.desks.rewards.view import View
from fondaco.projections.rewards_reads import DocumentFilter, documents_of
from fondaco.wire.rewards.base import ListBody
from fondaco.wire.rewards.purchase_requests import PurchaseRequest

#: ``show`` tells the latest allocations; a payment in advance may have any number.
ALLOCATIONS_SHOWN: Final = 100

_E = TypeVar("_E", bound=Entity)


def view_of(call: Call) -> View:
    return View(call.books, call.floor.dates, call.floor.people.open, call.floor.shown)


def event(call: Call, body: PurchaseRequest) -> int:
    """The number of the purchase that was asked for. Raises ``Failure``."""
    return number_of(call, EntityKind.PURCHASE, body.customer_event_identifier, "customer_event_identifier")


def event_number(text: str, field: str) -> int:
    """The number of a purchase, there or not, as a place to go on from. Raises ``Failure``."""
    number = parse_number(EntityKind.PURCHASE, text)
    if number is None:
        raise invalid(f"{text} is no number of a purchase; take next_after of the answer before", field)
    return number


def currency_of(call: Call, code: str, field: str = "currency") -> Currency:
    """A currency of the programme by its code. Raises ``Failure``."""
    number = call.books.currency_codes.get(code)
    if number is None:
        raise not_found(f"currency {code}", field)
    return call.books.currencies[number]


def time_or_none(call: Call, text: str | UnsetType, field: str) -> int:
    """0 where no date was given. Raises ``Failure``."""
    return 0 if text is UNSET else call.floor.dates.time_us(text, field)


def changed(fact: RewardsApplied, type_: type[_E]) -> _E:
    """The last entity of a type that a command changed, which it did."""
    found = changed_or_none(fact, type_)
    assert found is not None, f"{fact.action} changed no {type_.__name__}"
    return found


def changed_or_none(fact: RewardsApplied, type_: type[_E]) -> _E | None:
    found = [entity for entity in fact.changed if isinstance(entity, type_)]
    return found[-1] if found else None


async def page(call: Call, body: ListBody, type_: type[_E], kind: EntityKind, wanted: DocumentFilter) -> list[_E]:
    """A page of a list, newest first, with all that the caller wrote."""
    entities = await call.read(documents_of, call.programme_id, kind, wanted, body.offset, body.number_of_results)
    return [entity for entity in entities if isinstance(entity, type_)]


def newest(count: int, body: ListBody) -> range:
    """The numbers of a page, of what is numbered from 1 to ``count``, from the newest on."""
    first = count - body.offset
    return range(first, max(first - body.number_of_results, 0), -1)


def state_of(text: str | UnsetType) -> DocumentState | None:
    return None if text is UNSET else DocumentState[text]


def flag_of(flag: bool | UnsetType) -> bool | None:
    return None if flag is UNSET else flag
