"""Amounts, percentages and rates between the wire's decimals and the core's integers: exact both ways, or refused.

A number that is finer than its currency is refused with its digits, never rounded.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from fondaco.core.rewards.entities import Currency
from fondaco.core.rewards.money import AMOUNT_UNITS_MAX
from fondaco.core.units import MalformedNumber, TooManyDigits, format_units, parse_units
from fondaco.desks.rewards.failure import invalid

PERCENT_DIGITS: Final = 4
RATE_DIGITS: Final = 9


def units(value: Decimal, currency: Currency, field: str) -> int:
    """An amount of a currency as units of its asset. Raises ``Failure``."""
    found = _scaled(value, currency.digits, field, currency.code) * currency.step_units
    if found > AMOUNT_UNITS_MAX:
        most = format_units(AMOUNT_UNITS_MAX, currency.asset_digits)
        raise invalid(field, f"{value} {currency.code} is too much; at most {most} are taken")
    return found


def amount(units: int, currency: Currency) -> Decimal:
    """Units as a number without trailing zeros."""
    return plain(units, currency.asset_digits)


def ppm(value: Decimal, field: str) -> int:
    """A percentage as parts per million."""
    return _scaled(value, PERCENT_DIGITS, field, "percent")


def percentage(ppm: int) -> Decimal:
    return plain(ppm, PERCENT_DIGITS)


def rate_e9(value: Decimal, field: str) -> int:
    return _scaled(value, RATE_DIGITS, field, "a rate")


def rate(rate_e9: int) -> Decimal:
    return plain(rate_e9, RATE_DIGITS)


def inverse_rate(rate_e9: int) -> Decimal:
    """One over the rate, rounded half-up: for display, nothing is computed with it."""
    return plain((2 * 10**18 + rate_e9) // (2 * rate_e9), RATE_DIGITS)


def plain(count: int, digits: int) -> Decimal:
    """``count × 10**-digits`` with as few digits as say it."""
    while digits and not count % 10:
        count //= 10
        digits -= 1
    return Decimal(format_units(count, digits))


def _scaled(value: Decimal, digits: int, field: str, what: str) -> int:
    try:
        found = parse_units(str(value), digits)
    except TooManyDigits as error:
        raise invalid(field, f"{value} has {error.digits} decimals; {what} takes {digits}") from None
    except MalformedNumber as error:
        raise invalid(field, str(error)) from None
    if found < 0:
        raise invalid(field, f"{value} is below zero")
    return found
