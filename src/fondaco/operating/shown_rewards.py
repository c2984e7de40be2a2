"""Commands and facts of the rewards desk as people read them, by the rules of ``shown_fields``.

An entity is shown under its kind, with amounts in its own currency, times and percentages. People's data is sealed in
the journal: only its length is told.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any, Final

import msgspec

from fondaco.core import purposes
from fondaco.core.commands import Rewards
from fondaco.core.house import House
from fondaco.core.rejects import Reject
from fondaco.core.rewards.books import Books
from fondaco.core.rewards.entities import EntityKind
from fondaco.core.rewards.facts import Entry, RewardsApplied
from fondaco.core.units import format_rate_ppm, format_units
from fondaco.operating import shown_fields
from fondaco.operating.shown_fields import Line

_PURPOSES: Final = {number: name for name, number in vars(purposes).items() if isinstance(number, int)}
_RATE_DIGITS: Final = 9


def command(house: House, given: Rewards) -> Line:
    """A command: its action by name, and what it asks for."""
    books = house.rewards.programmes.get(given.programme_id)
    line: Line = {"programme": books.programme.name if books else given.programme_id}
    if given.operator:
        line["operator"] = given.operator
    line["action"] = str(type(given.action).__struct_config__.tag)
    if given.idempotency is not None:
        line["idempotency"] = given.idempotency.name.hex()
    return line | _fields(books, given.action)


def fact(house: House, stated: RewardsApplied) -> Line:
    """A fact: what changed, and the ledger's entries."""
    books = house.rewards.programmes[stated.programme_id]
    line: Line = {"programme": books.programme.name, "action": stated.action, "repeated": stated.repeated}
    if stated.operator:
        line["operator"] = stated.operator
    line["changed"] = [{type(entity).__name__: _fields(books, entity)} for entity in stated.changed]
    if stated.entries:
        line["entries"] = [_entry(books, entry) for entry in stated.entries]
    if stated.refused:
        line["refused"] = [{"purchase": row.purchase, "reject": Reject(row.reject).name} for row in stated.refused]
    if stated.rebates:
        line["rebates"] = [
            {
                "award": paid.award,
                **shown_fields.fields(house, {"user_id": paid.user_id, "asset_id": paid.asset_id, "units": paid.units}),
            }
            for paid in stated.rebates
        ]
    return line


def _entry(books: Books, entry: Entry) -> Line:
    return {
        "amount": _units(books, entry.currency, entry.units),
        "currency": books.currencies[entry.currency].code,
        "debit": _account(entry.debit_purpose, entry.debit_owner),
        "credit": _account(entry.credit_purpose, entry.credit_owner),
        "for": f"{EntityKind(entry.kind).name} {entry.document}",
    }


def _account(purpose: int, owner: int) -> str:
    return f"{_PURPOSES[purpose]} {owner}" if owner else _PURPOSES[purpose]


def _fields(books: Books | None, struct: msgspec.Struct, currency: int = 0) -> Line:
    currency = getattr(struct, "currency", 0) or currency
    line: Line = {}
    for name, value in msgspec.structs.asdict(struct).items():
        key, shown = _field(books, currency, name, value)
        line[key] = shown
    return line


def _field(books: Books | None, currency: int, name: str, value: Any) -> tuple[str, Any]:
    if isinstance(value, msgspec.Struct):
        return name, _fields(books, value, currency)
    if isinstance(value, tuple):
        return name, [_fields(books, each, currency) if isinstance(each, msgspec.Struct) else each for each in value]
    if isinstance(value, bytes):
        return name, f"{len(value)} bytes, sealed"
    if isinstance(value, IntEnum):
        return name, value.name
    match name.rsplit("_", 1):
        case ["currency"] if books and value in books.currencies:
            return name, books.currencies[value].code
        case [kept, "us"]:
            return kept, shown_fields.time(value) if value else value
        case [kept, "ppm"]:
            return kept, format_rate_ppm(value)
        case [kept, "e9"]:
            return kept, format_units(value, _RATE_DIGITS)
        case [kept, "units"] if books and currency in books.currencies:
            return kept, _units(books, currency, value)
    return name, value


def _units(books: Books, currency: int, count: int) -> str:
    return format_units(count, books.currencies[currency].asset_digits)
