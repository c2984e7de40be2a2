"""Rewards that expire: of each participant how much is left of what expires when.

Rewards without an expiry are not listed: they are the rest of the participant's balance. A heap finds what expires
first; an entry whose lot has been used up stays until it comes up.
"""

from __future__ import annotations

from heapq import heapify, heappop, heappush

LotChanges = dict[tuple[int, int], int]
"""(participant, expires_us) → what is left."""


class Lots:
    """Of one programme."""

    def __init__(self) -> None:
        self._of: dict[int, dict[int, int]] = {}
        self._heap: list[tuple[int, int]] = []

    def of(self, participant: int) -> list[tuple[int, int]]:
        """(expires_us, units left) of a participant, the earliest first."""
        return sorted(self._of.get(participant, {}).items())

    def left(self, participant: int, expires_us: int) -> int:
        return self._of.get(participant, {}).get(expires_us, 0)

    def set(self, participant: int, expires_us: int, units: int) -> None:
        lots = self._of.setdefault(participant, {})
        if units:
            if expires_us not in lots:
                heappush(self._heap, (expires_us, participant))
            lots[expires_us] = units
        else:
            lots.pop(expires_us, None)
            if not lots:
                del self._of[participant]

    def next_us(self) -> int:
        """When the next lot expires, 0 if none does."""
        heap = self._heap
        while heap:
            expires_us, participant = heap[0]
            if self.left(participant, expires_us):
                return expires_us
            heappop(heap)
        return 0

    def due(self, time_us: int, participants_max: int) -> list[int]:
        """Up to so many participants with lots that have expired by a time, in the order of expiry.

        They stay listed until their lots are set to 0.
        """
        found: dict[int, None] = {}
        taken: list[tuple[int, int]] = []
        while len(found) < participants_max and 0 < self.next_us() <= time_us:
            taken.append(heappop(self._heap))
            found[taken[-1][1]] = None
        for entry in taken:
            heappush(self._heap, entry)
        return list(found)

    def dump(self) -> list[tuple[int, int, int]]:
        """(participant, expires_us, units), sorted."""
        return sorted((who, when, units) for who, lots in self._of.items() for when, units in lots.items())

    def restore(self, lots: list[tuple[int, int, int]]) -> None:
        for participant, expires_us, units in lots:
            self._of.setdefault(participant, {})[expires_us] = units
            self._heap.append((expires_us, participant))
        heapify(self._heap)
