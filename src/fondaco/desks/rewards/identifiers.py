"""The ids of the wire: 32 hexadecimal digits that say which programme, kind and number they stand for.

    16 bytes = 8 bytes of place ⊕ check, 8 bytes of check
    place    = programme (16 bits) | kind (8 bits) | number (40 bits)
    check    = blake2b-64 of the place

So an id needs no index, one that was made up does not check, and equal things have equal ids in every house. It is no
secret: who may see what is decided by the programme. Source: rewards.notes.md, Shape (``id``, ``number``,
``reference_number``).
"""

from __future__ import annotations

import hashlib
import re
from typing import Final

from fondaco.core.rewards.entities import EntityKind

_ID: Final = re.compile(r"[0-9A-F]{32}", re.ASCII)
_NUMBER_BITS: Final = 40
_KIND_BITS: Final = 8
NUMBER_MAX: Final = (1 << _NUMBER_BITS) - 1

#: How numbers are printed: a prefix, and the digits they are filled up to.
FORMS: Final = {
    EntityKind.MERCHANT: ("M", 10),
    EntityKind.UNIT: ("U", 10),
    EntityKind.PARTICIPANT: ("RP", 10),
    EntityKind.RECEIVABLE: ("ACR", 10),
    EntityKind.INVOICE: ("I", 8),
    EntityKind.CREDIT_NOTE: ("CN", 8),
    EntityKind.PAYMENT: ("P", 8),
}
_PLAIN: Final = ("", 1)


def id_of(programme: int, kind: EntityKind, number: int) -> str:
    """The id of a thing."""
    place = programme << (_NUMBER_BITS + _KIND_BITS) | kind << _NUMBER_BITS | number
    check = _check(place)
    return f"{place ^ check:016X}{check:016X}"


def place_of(id_: str) -> tuple[int, EntityKind, int] | None:
    """(programme, kind, number) of an id, ``None`` for one that was never given."""
    if _ID.fullmatch(id_) is None:
        return None
    check = int(id_[16:], 16)
    place = int(id_[:16], 16) ^ check
    if _check(place) != check:
        return None
    try:
        kind = EntityKind(place >> _NUMBER_BITS & (1 << _KIND_BITS) - 1)
    except ValueError:
        return None
    return place >> (_NUMBER_BITS + _KIND_BITS), kind, place & NUMBER_MAX


def printed(kind: EntityKind, number: int) -> str:
    """A number as people see it, such as I00002304."""
    prefix, digits = FORMS.get(kind, _PLAIN)
    return f"{prefix}{number:0{digits}d}"


def parsed(kind: EntityKind, text: str) -> int:
    """The number that is printed so, 0 if none is."""
    prefix, _ = FORMS.get(kind, _PLAIN)
    digits = text.removeprefix(prefix)
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 12):
        return 0
    number = int(digits)
    return number if printed(kind, number) == text and number <= NUMBER_MAX else 0


def _check(place: int) -> int:
    return int.from_bytes(hashlib.blake2b(place.to_bytes(8, "big"), digest_size=8).digest(), "big")
