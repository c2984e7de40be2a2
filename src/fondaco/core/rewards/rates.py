"""Exchange rates of a programme: periods by pair of currencies, half-open, never overlapping.

Finding the rate of a time is a binary search among the pair's periods. Source: rewards.notes.md, Currencies and rates.
"""

from __future__ import annotations

from bisect import bisect_right

from fondaco.core.rewards.entities import CurrencyRate


class Rates:
    """Of one programme."""

    def __init__(self) -> None:
        self.rates: dict[int, CurrencyRate] = {}
        self._starts_us: dict[tuple[int, int], list[int]] = {}
        self._numbers: dict[tuple[int, int], list[int]] = {}

    def put(self, rate: CurrencyRate) -> None:
        pair = (rate.currency, rate.to_currency)
        if rate.number not in self.rates:
            starts, numbers = self._starts_us.setdefault(pair, []), self._numbers.setdefault(pair, [])
            place = bisect_right(starts, rate.from_us)
            starts.insert(place, rate.from_us)
            numbers.insert(place, rate.number)
        self.rates[rate.number] = rate

    def at(self, currency: int, to_currency: int, time_us: int) -> CurrencyRate | None:
        """The rate of a pair, in this direction, at a time."""
        place = bisect_right(self._starts_us.get((currency, to_currency), ()), time_us)
        if not place:
            return None
        rate = self.rates[self._numbers[currency, to_currency][place - 1]]
        return rate if not rate.to_us or time_us < rate.to_us else None

    def overlapping(self, rate: CurrencyRate) -> int:
        """The number of another period of the pair that shares a moment with it, 0 if there is none."""
        for number in self._numbers.get((rate.currency, rate.to_currency), ()):
            other = self.rates[number]
            begins_before_end = not rate.to_us or other.from_us < rate.to_us
            ends_after_begin = not other.to_us or rate.from_us < other.to_us
            if number != rate.number and begins_before_end and ends_after_begin:
                return number
        return 0
