"""What ``House.apply`` answers: all that one batch did."""

from __future__ import annotations

from collections.abc import Iterator

from fondaco.core.events import ROW, Fact, Row


class Applied:
    """What one batch did. ``rows`` is packed ROW after ROW. Nobody changes it once it is there."""

    def __init__(self, first_seq: int, count: int, time_us: int, rows: bytes, facts: tuple[Fact, ...]) -> None:
        self.first_seq = first_seq
        self.count = count
        self.time_us = time_us
        self.rows = rows
        self.facts = facts

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Applied):
            return NotImplemented
        return (self.first_seq, self.count, self.time_us, self.rows, self.facts) == (
            other.first_seq,
            other.count,
            other.time_us,
            other.rows,
            other.facts,
        )

    def __repr__(self) -> str:
        return f"<{self.count} commands from {self.first_seq} on at {self.time_us} µs: {[*self]}, {self.facts}>"

    def __iter__(self) -> Iterator[Row]:
        return ROW.iter_unpack(self.rows)
