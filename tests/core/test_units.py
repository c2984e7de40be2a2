"""Text to whole numbers and back, exactly, and never slowly."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fondaco.core.units import (
    EXPONENT_MAX,
    TEXT_LENGTH_MAX,
    UNITS_MAX,
    MalformedNumber,
    TooManyDigits,
    format_rate_ppm,
    format_units,
    parse_units,
)
from tests.core.examples import steady

digits = st.integers(0, 18)


class TestRoundTrips:
    @steady
    @given(st.integers(-UNITS_MAX, UNITS_MAX), digits)
    def test_what_is_written_reads_the_same(self, units: int, scale: int) -> None:
        text = format_units(units, scale)
        assert parse_units(text, scale) == units
        assert Decimal(text) == Decimal(units).scaleb(-scale)
        assert "e" not in text.lower()

    @steady
    @given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12), digits)
    def test_as_decimal_reads_it(self, number: Decimal, scale: int) -> None:
        """In plain and in scientific notation; finer than the scale is refused, never rounded."""
        exact = number.scaleb(scale)
        for text in (format(number, "f"), f"{number:e}", f"{number:E}"):
            if len(text) > TEXT_LENGTH_MAX or abs(number.adjusted()) > EXPONENT_MAX:
                continue
            if exact == exact.to_integral_value():
                assert parse_units(text, scale) == int(exact)
            else:
                with pytest.raises(TooManyDigits) as refused:
                    parse_units(text, scale)
                assert refused.value.digits == -int(number.normalize().as_tuple().exponent)
                assert refused.value.digits_max == scale

    @steady
    @given(st.integers(0, 10**9))
    def test_rates(self, rate_ppm: int) -> None:
        text = format_rate_ppm(rate_ppm)
        assert parse_units(text, 6) == rate_ppm
        assert text == "0" or not text.endswith(("0", ".")) or "." not in text


@pytest.mark.parametrize(
    ("text", "scale", "units"),
    [
        ("8000.01", 2, 800_001),
        ("8000.0100", 2, 800_001),
        ("007", 0, 7),
        ("1e-8", 8, 1),
        ("1E+2", 0, 100),
        ("0e-8", 0, 0),
        ("0e30", 18, 0),
        ("-0", 2, 0),
        ("-0.5", 1, -5),
        ("1.5e1", 0, 15),
        ("120e-1", 0, 12),
        ("4611686018427387904", 0, UNITS_MAX),
    ],
)
def test_read(text: str, scale: int, units: int) -> None:
    assert parse_units(text, scale) == units


@pytest.mark.parametrize(
    ("units", "scale", "text"),
    [(0, 8, "0"), (5, 2, "0.05"), (-5, 2, "-0.05"), (100, 2, "1.00"), (123, 0, "123"), (-12_345, 4, "-1.2345")],
)
def test_written(units: int, scale: int, text: str) -> None:
    assert format_units(units, scale) == text


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", ".", "-", "+1", "1.", ".5", "1,5", "1_000", " 1", "1 ", "1\n", "1\0", "0x1f", "1e", "1e+", "1e1.5"),
        *("--1", "1e--1", "nan", "NaN", "inf", "-Infinity", "sNaN", "١", "１", "½", "1e٣", "1e0030", "1f", "1/2"),
        *("1e31", "1e-31", "1e999", "1e3000000", "1e-3000000", "1e99999999999999999999", "9" * 41, "0" * 41),
    ],
)
def test_malformed(text: str) -> None:
    with pytest.raises(MalformedNumber):
        parse_units(text, 8)


@pytest.mark.parametrize(
    ("text", "scale", "decimals"), [("1.001", 2, 3), ("1.0010", 2, 3), ("1e-9", 8, 9), ("1.5e-1", 1, 2), ("0.50", 0, 1)]
)
def test_too_fine(text: str, scale: int, decimals: int) -> None:
    with pytest.raises(TooManyDigits, match=f"has {decimals} decimals; at most {scale} are taken"):
        parse_units(text, scale)


@pytest.mark.timeout(30)
def test_no_text_takes_long() -> None:
    """Numbers that would take minutes to expand are refused before they are scaled."""
    for text in ("1e3000000", "1e-3000000", "9" * 10_000_000, "0." + "0" * 10_000_000 + "1", "-" * 10_000_000):
        with pytest.raises(MalformedNumber):
            parse_units(text, 18)
    parse_units("9" * 36 + "e+30", 18)
