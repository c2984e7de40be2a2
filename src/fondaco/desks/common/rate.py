"""How many requests a sender may still make: an allowance that refills with time.

The clock is read only when the allowance is spent, so the usual cost of a request is one decrement. The price of that:
a sender silent for long may send its leftover *and* a fresh burst, at most twice ``burst_max`` at once.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from fondaco.runtime.limits import Limits


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


class Allowances:
    """The rate of each key or address seen of late. The eldest is forgotten: it only gets a new burst."""

    REMEMBERED_MAX: Final = 10_000

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._by_name: OrderedDict[str, Allowance] = OrderedDict()

    def of(self, name: str) -> Allowance:
        allowance = self._by_name.get(name)
        if allowance is None:
            allowance = Allowance(self._limits.requests_per_second_max, self._limits.requests_burst_max)
            self._by_name[name] = allowance
            if len(self._by_name) > self.REMEMBERED_MAX:
                self._by_name.popitem(last=False)
        else:
            self._by_name.move_to_end(name)
        return allowance
