"""A refusal as the rare commands give it: what is wrong, with its bound and the value that was asked."""

from __future__ import annotations

from fondaco.core.rejects import Reject
from fondaco.core.units import UNITS_MAX

Refusal = tuple[Reject, int, int]

INVALID: Refusal = (Reject.INVALID_ARGUMENT, 0, 0)


def shown(value: int) -> int:
    """A value as a refusal shows it: one that no row could hold is shown as 0."""
    return value if abs(value) <= UNITS_MAX else 0
