"""Bounds of what may be asked of the rewards desk, and the refusals that name what is not there."""

from __future__ import annotations

import re
from typing import Final

from fondaco.core.refusal import Refusal, shown
from fondaco.core.rejects import Reject
from fondaco.core.rewards.entities import EntityKind

PROGRAMMES_MAX: Final = 10_000
NAME_LENGTH_MAX: Final = 100
CODE_LENGTH_MAX: Final = 64
REFERENCE_LENGTH_MAX: Final = 64
SYMBOL_LENGTH_MAX: Final = 16
CONTACT_BYTES_MAX: Final = 16_384
REASON_LENGTH_MAX: Final = 200
URL_LENGTH_MAX: Final = 1_024
LINES_MAX: Final = 200
LINE_ID_LENGTH_MAX: Final = 32
NUMBER_TEXT_LENGTH_MAX: Final = 40
CREDIT_DAYS_MAX: Final = 3_650
REWARD_DAYS_MAX: Final = 36_500
OPERATORS_MAX: Final = 1_000
WEBHOOKS_MAX: Final = 20
CURRENCIES_MAX: Final = 200
RATES_MAX: Final = 100_000
GROUP_LENGTH_MAX: Final = 64
#: How far a till's clock may be ahead of the house's.
AHEAD_US_MAX: Final = 86_400_000_000
PPM_MAX: Final = 1_000_000
RATE_E9_MAX: Final = 10**15
#: The end of the year 9800: all that follows from a time (due, expiry) can still be written as a date.
TIME_US_MAX: Final = 247_109_961_600_000_000

PROGRAMME_NAME: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9 ._&-]{0,98}[A-Za-z0-9.])?", re.ASCII)
USERNAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}", re.ASCII)
CURRENCY_CODE: Final = re.compile(r"[A-Z0-9][A-Z0-9._-]{0,15}", re.ASCII)

EVENTS: Final = (
    "invoice.posted",
    "award.posted",
    "award.cancelled",
    "settlement.applied",
    "credit_note.posted",
)


def out_of_bounds(bound: int, value: int) -> Refusal:
    return Reject.VALUE_OUT_OF_BOUNDS, bound, shown(value)


def missing(kind: EntityKind, number: int) -> Refusal:
    return Reject.ENTITY_NOT_FOUND, kind, shown(number)


def not_effective(kind: EntityKind, number: int) -> Refusal:
    return Reject.ENTITY_NOT_EFFECTIVE, kind, number


def text(value: str, length_max: int, length_min: int = 0) -> Refusal | None:
    """A text of so many characters, none of which steers a terminal."""
    if not length_min <= len(value) <= length_max:
        return out_of_bounds(length_max, len(value))
    return None if value.isprintable() else (Reject.TEXT_NOT_PRINTABLE, length_max, len(value))


def within(value: int, least: int, most: int) -> Refusal | None:
    return None if least <= value <= most else out_of_bounds(most if value > most else least, value)


def period(from_us: int, to_us: int) -> Refusal | None:
    """A half-open period; 0 is an open end."""
    refusal = within(from_us, 0, TIME_US_MAX) or within(to_us, 0, TIME_US_MAX)
    if refusal is None and to_us and to_us <= from_us:
        return Reject.PERIOD_EMPTY, from_us, to_us
    return refusal
