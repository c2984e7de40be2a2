"""Numbers of requests as exact integers, and back.

    amount      units of its currency: 10**-digits, times the step where the currency stands on a finer asset
    percentage  parts per million, at most 4 decimals
    rate        parts per 10**9

A number comes as JSON number or as text and is read as that text: more digits than its currency holds are refused,
never rounded. Out, it is a ``Decimal`` without trailing zeros, which the encoder writes as a number.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

import msgspec

from fondaco.core.rewards.checks import PPM_MAX, RATE_E9_MAX
from fondaco.core.rewards.entities import Currency
from fondaco.core.rewards.money import AMOUNT_UNITS_MAX
from fondaco.core.units import TEXT_LENGTH_MAX, MalformedNumber, TooManyDigits, format_units, parse_units
from fondaco.desks.rewards.failure import invalid

_PERCENT_DIGITS: Final = 4
_RATE_DIGITS: Final = 9
_STARTS: Final = frozenset("-0123456789")
_RAW_LENGTH_MAX: Final = 6 * TEXT_LENGTH_MAX + 2  # each character of a text may be escaped
_ZERO: Final = Decimal(0)


def units_of(raw: msgspec.Raw, currency: Currency, field: str, *, least: int = 1) -> int:
    """An amount in the asset's units, from ``least`` (also in units; 0 lets zero in). Raises ``Failure``."""
    text = text_of(raw, field)
    try:
        units = parse_units(text, currency.digits) * currency.step_units
    except TooManyDigits as error:
        raise invalid(f"{text} has {error.digits} decimals; {currency.code} takes {currency.digits}", field) from None
    except MalformedNumber as error:
        raise invalid(f"{error}", field) from None
    if units < least:
        raise invalid(
            f"{text} {currency.code} is too little; it takes {'more than 0' if least else '0 or more'}", field
        )
    return not_too_much(units, currency, field)


def not_too_much(units: int, currency: Currency, field: str) -> int:
    """The amount itself. Raises ``Failure`` if it is more than the ledger takes at a time."""
    if units > AMOUNT_UNITS_MAX:
        asked, most = decimal_text(units, currency), decimal_text(AMOUNT_UNITS_MAX, currency)
        raise invalid(f"{asked} {currency.code} is too much; at most {most} is taken", field)
    return units


def ppm_of(raw: msgspec.Raw, field: str) -> int:
    """A percentage from 0 to 100 as parts per million. Raises ``Failure``."""
    ppm = _scaled(raw, _PERCENT_DIGITS, "a percentage", field)
    if not 0 <= ppm <= PPM_MAX:
        raise invalid(f"{text_of(raw, field)} is no percentage; it takes 0 to 100", field)
    return ppm


def rate_e9_of(raw: msgspec.Raw, field: str) -> int:
    """An exchange rate above 0 as parts per 10**9. Raises ``Failure``."""
    rate_e9 = _scaled(raw, _RATE_DIGITS, "a rate", field)
    if not 0 < rate_e9 <= RATE_E9_MAX:
        most = format_units(RATE_E9_MAX, _RATE_DIGITS)
        raise invalid(f"{text_of(raw, field)} is no rate; it takes more than 0 and at most {most}", field)
    return rate_e9


def text_of(raw: msgspec.Raw, field: str) -> str:
    """The text of a number, which came bare or in quotes. Raises ``Failure`` for anything else."""
    content = bytes(raw).strip()
    if len(content) > _RAW_LENGTH_MAX:
        raise invalid(f"a number of {len(content)} bytes; at most {TEXT_LENGTH_MAX} characters are read", field)
    try:
        text: str = msgspec.json.decode(content) if content[:1] == b'"' else content.decode()
    except (msgspec.DecodeError, UnicodeDecodeError):  # what is kept raw was not looked into before
        text = ascii(content)
    if text[:1] not in _STARTS:
        raise invalid(f"{text[:TEXT_LENGTH_MAX]!r} is no number", field)
    if len(text) > TEXT_LENGTH_MAX:
        raise invalid(f"a number of {len(text)} characters; at most {TEXT_LENGTH_MAX} are read", field)
    return text


def amount(units: int, currency: Currency) -> Decimal:
    """An amount as it is answered, without trailing zeros."""
    return shortened(units, currency.asset_digits)


def percentage(ppm: int) -> Decimal:
    return shortened(ppm, _PERCENT_DIGITS)


def rate(rate_e9: int) -> Decimal:
    return shortened(rate_e9, _RATE_DIGITS)


def inverse_rate(rate_e9: int) -> Decimal:
    """For display: 9 decimals, rounded half-up."""
    return shortened((2 * 10 ** (2 * _RATE_DIGITS) + rate_e9) // (2 * rate_e9), _RATE_DIGITS)


def shortened(count: int, digits: int) -> Decimal:
    """``count × 10**-digits`` as the shortest plain decimal: 15, 11.25, 0."""
    if not count:
        return _ZERO
    while digits and not count % 10:
        count //= 10
        digits -= 1
    return Decimal(count).scaleb(-digits) if digits else Decimal(count)


def decimal_text(units: int, currency: Currency) -> str:
    return f"{amount(units, currency):f}"


def _scaled(raw: msgspec.Raw, digits: int, what: str, field: str) -> int:
    text = text_of(raw, field)
    try:
        return parse_units(text, digits)
    except TooManyDigits as error:
        raise invalid(f"{text} has {error.digits} decimals; {what} takes {digits}", field) from None
    except MalformedNumber as error:
        raise invalid(f"{error}", field) from None
