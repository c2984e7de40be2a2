"""How the naive accountant computes: exact fractions of whole units, rounded once, at the end.

Independent of ``core/rewards``: it shares the entities alone. Nothing here is clever, and nothing is fast.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from fractions import Fraction

from fondaco.core.rewards.entities import Currency, CurrencyRate, Rounding

DAY_US = 86_400_000_000
ONE = Fraction(1)


def share(ppm: int) -> Fraction:
    return Fraction(ppm, 1_000_000)


def whole(units: int | Fraction, currency: Currency) -> Fraction:
    """Units as an amount of the currency: 1125 of two digits are 11.25."""
    return Fraction(units) / int(10**currency.asset_digits)


def rounded(amount: Fraction, currency: Currency) -> int:
    """The units of an amount that is not negative, rounded to what the currency holds by its rule."""
    steps = amount * int(10**currency.digits)
    if currency.rounding == Rounding.UP:
        count = math.ceil(steps)
    elif currency.rounding == Rounding.DOWN:
        count = math.floor(steps)
    else:
        count = math.floor(steps + Fraction(1, 2))
    return count * int(10 ** (currency.asset_digits - currency.digits))


def is_in_force(from_us: int, to_us: int, time_us: int) -> bool:
    """Half-open: from the first moment on, and no longer at the last; 0 has no end."""
    return from_us <= time_us and (to_us == 0 or time_us < to_us)


def overlaps(one: CurrencyRate, other: CurrencyRate) -> bool:
    begins = max(one.from_us, other.from_us)
    return is_in_force(one.from_us, one.to_us, begins) and is_in_force(other.from_us, other.to_us, begins)


def rate_between(
    rates: Iterable[CurrencyRate], currency: int, to_currency: int, time_us: int
) -> tuple[int, Fraction] | None:
    """The number of the period and its rate; (0, 1) within one currency; ``None`` in a gap."""
    if currency == to_currency:
        return 0, ONE
    for rate in rates:
        is_pair = (rate.currency, rate.to_currency) == (currency, to_currency)
        if is_pair and is_in_force(rate.from_us, rate.to_us, time_us):
            return rate.number, Fraction(rate.rate_e9, 10**9)
    return None
