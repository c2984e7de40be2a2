"""What falls due by time alone: orders that expire, and dead men who did not call.

Each has one deadline at most; a later one takes the place of the earlier. A heap finds what is due first. An entry
that was replaced or taken back stays in the heap until it comes up, or until such entries are more than the others:
then the heap is built anew. So it is bounded by what is really due, whatever was put and taken back.

``not_before_us`` is for those who ask with every batch: nothing is due before it, though what was may have been taken
back; 0 if nothing is due at all.

Cost: O(log n) to set, O(1) to drop, about 150 bytes each.
"""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heapify, heappop, heappush

_SLACK = 64


class Due:
    """Deadlines by (``DueKind``, id): an order's for an expiry, a user's for a dead man, a programme's for rewards."""

    def __init__(self) -> None:
        self._time_us: dict[tuple[int, int], int] = {}
        self._heap: list[tuple[int, int, int]] = []
        self.not_before_us = 0

    def set(self, kind: int, id_: int, time_us: int) -> None:
        self._time_us[kind, id_] = time_us
        if not 0 < self.not_before_us <= time_us:
            self.not_before_us = time_us
        if len(self._heap) > 2 * len(self._time_us) + _SLACK:
            self._heap = [(time_us, *key) for key, time_us in self._time_us.items()]
            heapify(self._heap)
        else:
            heappush(self._heap, (time_us, kind, id_))

    def drop(self, kind: int, id_: int) -> None:
        """It will not happen; nothing if it never would."""
        self._time_us.pop((kind, id_), None)

    def at(self, kind: int, id_: int) -> int:
        """Its deadline, 0 if it has none."""
        return self._time_us.get((kind, id_), 0)

    def next_us(self) -> int:
        """The earliest deadline, 0 if there is none."""
        heap = self._heap
        while heap:
            time_us, kind, id_ = heap[0]
            if self._time_us.get((kind, id_)) == time_us:
                self.not_before_us = time_us
                return time_us
            heappop(heap)
        self.not_before_us = 0
        return 0

    def take(self, time_us: int) -> tuple[int, int] | None:
        """The next (kind, id) that is due by a time; it is due no more."""
        if not 0 < self.next_us() <= time_us:
            return None
        _, kind, id_ = heappop(self._heap)
        del self._time_us[kind, id_]
        return kind, id_

    def of(self, kind: int) -> Iterator[tuple[int, int]]:
        """All of a kind as (id, time_us), by id."""
        return ((id_, time_us) for (of_kind, id_), time_us in sorted(self._time_us.items()) if of_kind == kind)
