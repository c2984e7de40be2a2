"""Ids of everything: 32 upper-case hex digits made of programme, kind and number, and read back without any index.

The three and a constant are one 128-bit integer, which is stirred by a bijection (odd multiplications modulo 2**128
and folds of the upper half into the lower). Read backwards, only an id that was made here has the constant: one that
is guessed or mistyped passes with a chance of 2**-48, and then speaks of some thing of some programme, which the
reader compares with the caller's own. Ids hide nothing and protect nothing; they are only hard to mistype.

Numbers are printed as the document does: a prefix and a fixed width by kind, and read exactly so.

Invariant: ``parse(identifier(p, k, n)) == (p, k, n)`` for ever, as ids are kept by clients. Cost: 1 µs each way.
"""

from __future__ import annotations

import re
from typing import Final

from fondaco.core.rewards.entities import EntityKind

_BITS: Final = 128
_MASK: Final = (1 << _BITS) - 1
_HALF: Final = _BITS // 2
_FIRST: Final = 0x9E3779B97F4A7C15F39CC0605CEDC835
_SECOND: Final = 0xD1B54A32D192ED03A0761D6478BD642F
_FIRST_BACK: Final = pow(_FIRST, -1, 1 << _BITS)
_SECOND_BACK: Final = pow(_SECOND, -1, 1 << _BITS)
_CHECK_BITS: Final = 48
_CHECK: Final = 0x72657761726E  # any constant: what is not ours does not have it
_CHECK_MASK: Final = (1 << _CHECK_BITS) - 1
_NUMBER_BITS: Final = 48
_KIND_BITS: Final = 8
_FORM: Final = re.compile(r"[0-9A-F]{32}", re.ASCII)

NUMBER_MAX: Final = (1 << _NUMBER_BITS) - 1
KIND_MAX: Final = (1 << _KIND_BITS) - 1
PROGRAMME_MAX: Final = (1 << (_BITS - _NUMBER_BITS - _KIND_BITS - _CHECK_BITS)) - 1

#: How numbers are printed: prefix and least width. Other kinds are plain.
FORMS: Final[dict[EntityKind, tuple[str, int]]] = {
    EntityKind.MERCHANT: ("M", 10),
    EntityKind.UNIT: ("U", 10),
    EntityKind.PARTICIPANT: ("RP", 10),
    EntityKind.RECEIVABLE: ("ACR", 10),
    EntityKind.INVOICE: ("I", 8),
    EntityKind.CREDIT_NOTE: ("CN", 8),
    EntityKind.PAYMENT: ("P", 8),
}
_PLAIN: Final = ("", 1)


def identifier(programme_id: int, kind: int, number: int) -> str:
    """The id of a thing. ``kind`` is an ``EntityKind``, or another number up to ``KIND_MAX``."""
    value = (((programme_id << _KIND_BITS | kind) << _NUMBER_BITS | number) << _CHECK_BITS) | _CHECK
    value = (value * _FIRST) & _MASK
    value ^= value >> _HALF
    value = (value * _SECOND) & _MASK
    value ^= value >> _HALF
    return f"{value:032X}"


def parse(text: str) -> tuple[int, int, int] | None:
    """(programme, kind, number) of an id, or ``None`` if it was never made here."""
    if _FORM.fullmatch(text) is None:
        return None
    value = int(text, 16)
    value ^= value >> _HALF
    value = (value * _SECOND_BACK) & _MASK
    value ^= value >> _HALF
    value = (value * _FIRST_BACK) & _MASK
    if value & _CHECK_MASK != _CHECK:
        return None
    value >>= _CHECK_BITS
    number, value = value & NUMBER_MAX, value >> _NUMBER_BITS
    return value >> _KIND_BITS, value & KIND_MAX, number


def number_text(kind: EntityKind, number: int) -> str:
    """A number as it is printed, such as ``I00002304``."""
    prefix, width = FORMS.get(kind, _PLAIN)
    return f"{prefix}{number:0{width}}"


def parse_number(kind: EntityKind, text: str) -> int | None:
    """The number that is printed exactly so, or ``None``."""
    digits = text.removeprefix(FORMS.get(kind, _PLAIN)[0])
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 15):
        return None
    number = int(digits)
    return number if number and number_text(kind, number) == text else None
