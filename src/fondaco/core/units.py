"""Text to scaled integers and back: the only place where decimals meet the core.

Inside the house every amount is an integer count of the smallest unit. A text such as ``"8000.01"`` with two digits is
``800001``. Text is bounded *before* it is scaled (``int(Decimal("1e3000000"))`` takes minutes): at most
``TEXT_LENGTH_MAX`` characters and an exponent within ``EXPONENT_MAX``. Cost: linear in the text. Known limit: no signs
are refused here; the caller checks bounds.
"""

from __future__ import annotations

import re

TEXT_LENGTH_MAX = 40
EXPONENT_MAX = 30
#: The largest count of minor units an asset may have in the whole house, and so the largest balance (2**62).
UNITS_MAX = 1 << 62

_NUMBER = re.compile(r"(-?)([0-9]+)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]{1,3}))?", re.ASCII)


class MalformedNumber(ValueError):
    """The text is no number in plain or scientific notation, or too long to be one."""


class TooManyDigits(ValueError):
    """The number is finer than the scale. ``digits`` says how many decimals the text has."""

    def __init__(self, text: str, digits: int, digits_max: int) -> None:
        super().__init__(f"{text} has {digits} decimals; at most {digits_max} are taken")
        self.digits = digits
        self.digits_max = digits_max


def parse_units(text: str, digits: int) -> int:
    """The integer ``text × 10**digits``, exact.

    Raises ``MalformedNumber`` for anything but a bounded decimal, ``TooManyDigits`` if it is finer than the scale.
    """
    if len(text) > TEXT_LENGTH_MAX:
        raise MalformedNumber(f"a number of {len(text)} characters; at most {TEXT_LENGTH_MAX} are read")
    match = _NUMBER.fullmatch(text)
    if match is None:
        raise MalformedNumber(f"{text!r} is not a decimal number")
    sign, whole, fraction, exponent_text = match.groups()
    fraction = fraction or ""
    exponent = int(exponent_text or 0)
    if abs(exponent) > EXPONENT_MAX:
        raise MalformedNumber(f"{text!r} has the exponent {exponent}; at most ±{EXPONENT_MAX} is read")
    mantissa = int(whole + fraction)
    if mantissa == 0:
        return 0
    value: int
    shift = digits + exponent - len(fraction)
    if shift >= 0:
        value = mantissa * 10**shift
    else:
        value, rest = divmod(mantissa, 10**-shift)
        if rest:
            significant = (whole + fraction).rstrip("0")
            decimals = len(fraction) - exponent - (len(whole + fraction) - len(significant))
            raise TooManyDigits(text, decimals, digits)
    return -value if sign else value


def format_units(units: int, digits: int) -> str:
    """The plain decimal text of ``units × 10**-digits`` with all its digits; zero is ``"0"``."""
    if units == 0:
        return "0"
    if digits == 0:
        return str(units)
    sign = "-" if units < 0 else ""
    text = str(abs(units)).rjust(digits + 1, "0")
    return f"{sign}{text[:-digits]}.{text[-digits:]}"


def format_rate_ppm(rate_ppm: int) -> str:
    """A fee rate as the shortest plain decimal: ``1000`` parts per million are ``"0.001"``."""
    text = format_units(rate_ppm, 6)
    return text.rstrip("0").rstrip(".") if "." in text else text
