"""Shares and conversions of amounts: exact until one rounding, by the rule of the currency that results.

Every amount is a count of asset units and a multiple of its currency's step. Nothing here is ever negative.
Source: rewards.notes.md, Currencies and rates.
"""

from __future__ import annotations

from typing import Final

from fondaco.core.rewards.entities import Currency, Rounding

PPM: Final = 1_000_000
RATE_E9: Final = 1_000_000_000
#: The largest amount of one document. Far below a ledger's 2**62, so that sums of many stay within it.
AMOUNT_UNITS_MAX: Final = 10**17


def rounded(numerator: int, denominator: int, currency: Currency) -> int:
    """``numerator / denominator`` asset units as a multiple of the currency's step, rounded once."""
    step = currency.step_units
    steps, rest = divmod(numerator, denominator * step)
    if rest:
        rule = currency.rounding
        if rule is Rounding.UP or (rule is Rounding.HALF_UP and 2 * rest >= denominator * step):
            steps += 1
    return steps * step


def share(units: int, ppm: int, currency: Currency) -> int:
    """So many parts per million of an amount, in its own currency."""
    return rounded(units * ppm, PPM, currency)


def part(units: int, numerator: int, denominator: int, currency: Currency) -> int:
    """The part ``numerator / denominator`` of an amount, in its own currency."""
    return rounded(units * numerator, denominator, currency)


def converted(units: int, ppm: int, source: Currency, rate_e9: int, target: Currency) -> int:
    """So many parts per million of an amount, in another currency."""
    return rounded(units * ppm * rate_e9 * 10**target.asset_digits, PPM * RATE_E9 * 10**source.asset_digits, target)
