"""The lines of a purchase as the core takes them: exact units, and the texts that people wrote.

Σ of the lines is the purchase's total. A line's total is given, or it is quantity × unit price, which must be exact in
the currency: nothing is rounded on its way in.
"""

from __future__ import annotations

from decimal import Context, Decimal, Inexact
from typing import Final

import msgspec
from msgspec import UNSET, UnsetType

from fondaco.core.rewards.entities import Currency, Line
from fondaco.core.units import TEXT_LENGTH_MAX, MalformedNumber, parse_units
from fondaco.desks.rewards.amounts import not_too_much, text_of, units_of
from fondaco.desks.rewards.failure import invalid
from fondaco.wire.rewards.purchase_requests import PurchaseLineGiven

#: A quantity or a unit price may be finer than the currency; finer than this is refused.
FACTOR_DIGITS: Final = 12
_EXACT: Final = Context(prec=2 * TEXT_LENGTH_MAX, traps=[Inexact])  # the usual context rounds to 28 digits


def lines_of(given: list[PurchaseLineGiven], currency: Currency, field: str = "lines") -> tuple[Line, ...]:
    """Raises ``Failure``, naming the field of the line."""
    lines: list[Line] = []
    seen: set[str] = set()
    for place, line in enumerate(given):
        path = f"{field}[{place}]"
        line_id = str(place + 1) if line.line_id is UNSET else line.line_id
        if line_id in seen:
            raise invalid(f"line_id {line_id} is that of an earlier line; each line has its own", f"{path}.line_id")
        seen.add(line_id)
        quantity = _factor(line.quantity, f"{path}.quantity")
        unit_price = _factor(line.unit_price, f"{path}.unit_price")
        if line.total_amount is not UNSET:
            total_units = units_of(line.total_amount, currency, f"{path}.total_amount", least=0)
        elif quantity and unit_price:
            product = msgspec.Raw(_product(quantity, unit_price).encode())
            total_units = units_of(product, currency, f"{path}.unit_price", least=0)
        else:
            raise invalid("a line has a total_amount, or a quantity and a unit_price", f"{path}.total_amount")
        lines.append(Line(line_id, quantity, unit_price, total_units))
    if not not_too_much(sum(line.total_units for line in lines), currency, field):
        raise invalid(f"the lines come to 0 {currency.code}; a purchase takes more than 0", field)
    return tuple(lines)


def _factor(given: msgspec.Raw | UnsetType, field: str) -> str:
    """The text of a number that is not below zero; empty for none."""
    if given is UNSET:
        return ""
    text = text_of(given, field)
    try:
        units = parse_units(text, FACTOR_DIGITS)
    except (MalformedNumber, ValueError) as error:
        raise invalid(f"{error}", field) from None
    if units < 0:
        raise invalid(f"{text} is less than 0; it takes 0 or more", field)
    return text


def _product(quantity: str, unit_price: str) -> str:
    """Exact: each factor has at most 40 digits."""
    return f"{_EXACT.multiply(Decimal(quantity), Decimal(unit_price)):f}"
