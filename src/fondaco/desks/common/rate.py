"""How many requests a sender may still make: an allowance that refills with time.

The clock is read only when the allowance is spent, so the usual cost of a request is one decrement. The price of that:
a sender silent for long may send its leftover *and* a fresh burst, at most twice ``burst_max`` at once.
"""

from __future__ import annotations

import time
from collections.abc import Callable


class Allowance:
    """``take`` says whether one more request is within ``per_second_max``, after a burst of ``burst_max``."""

    __slots__ = ("_burst_max", "_left", "_per_second_max", "_refilled_at_s", "_seconds")

    def __init__(self, per_second_max: int, burst_max: int, seconds: Callable[[], float] = time.monotonic) -> None:
        self._per_second_max = per_second_max
        self._burst_max = burst_max
        self._seconds = seconds
        self._left = float(burst_max)
        self._refilled_at_s = seconds()

    def take(self) -> bool:
        if self._left < 1:
            now_s = self._seconds()
            self._left += (now_s - self._refilled_at_s) * self._per_second_max
            self._refilled_at_s = now_s
            if self._left < 1:
                return False
            if self._left > self._burst_max:
                self._left = float(self._burst_max)
        self._left -= 1
        return True
