"""What the order path counts, as plain integers: whoever serves metrics reads them when asked.

Cost: a counter is one addition. The histograms have fixed buckets with upper bounds inclusive, as Prometheus has them.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

_SYNC_US = (50, 100, 150, 200, 300, 500, 750, 1_000, 2_000, 5_000, 10_000, 25_000, 50_000, 100_000, 500_000, 1_000_000)
_BATCH_COMMANDS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024, 2_048, 4_096)


class Histogram:
    """Counts of values by bucket; the last bucket takes what lies above all bounds."""

    def __init__(self, bounds: Sequence[int]) -> None:
        self.bounds = tuple(bounds)
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0

    def add(self, value: int) -> None:
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value


class Counters:
    """All counters of one runtime."""

    def __init__(self) -> None:
        self.commands = 0
        self.commands_refused = 0
        self.batches = 0
        self.journal_bytes = 0
        self.defects = 0
        self.rows_by_kind = [0] * 256
        self.answers_by_kind = [0] * 256
        self.batch_commands = Histogram(_BATCH_COMMANDS)
        self.journal_us = Histogram(_SYNC_US)
