"""The calendar of candles: which intervals there are and where their stretches begin.

Below a day a stretch counts from the hour (or, for whole hours, from the day's beginning); days begin at midnight of
the configured zone; blocks of two to six days count from 1970-01-01; a week starts on Monday; 2592000 seconds mean a
calendar month (exchange.notes.md, Kline). Where a zone changes its clocks a day is an hour shorter or longer: the last
stretch of that day is cut short, or one more follows.

All times are whole seconds of UTC. Cost: linear in the stretches asked for, at most ``limit``.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

SECOND_S: Final = 1
MINUTE_S: Final = 60
HOUR_S: Final = 3_600
DAY_S: Final = 86_400
WEEK_S: Final = 7 * DAY_S
MONTH_S: Final = 30 * DAY_S

_EPOCH: Final = date(1970, 1, 1).toordinal()


def is_interval(interval_s: int) -> bool:
    """Whether candles of this length exist."""
    if interval_s <= 0:
        return False
    if interval_s < MINUTE_S:
        return MINUTE_S % interval_s == 0
    if interval_s < HOUR_S:
        return interval_s % MINUTE_S == 0 and HOUR_S % interval_s == 0
    if interval_s < DAY_S:
        return interval_s % HOUR_S == 0 and DAY_S % interval_s == 0
    if interval_s < WEEK_S:
        return interval_s % DAY_S == 0
    return interval_s in (WEEK_S, MONTH_S)


class Run:
    """Neighbouring stretches of one length: ``count`` of ``step_s`` seconds from ``start_s`` on."""

    __slots__ = ("count", "start_s", "step_s")

    def __init__(self, start_s: int, step_s: int, count: int) -> None:
        self.start_s = start_s
        self.step_s = step_s
        self.count = count

    @property
    def end_s(self) -> int:
        return self.start_s + self.step_s * self.count


class Calendar:
    """Days and intervals as one zone sees them."""

    def __init__(self, zone: str = "UTC") -> None:
        self._zone = ZoneInfo(zone)

    def day_start(self, time_s: int) -> int:
        """The midnight that began the calendar day of ``time_s``."""
        return self._midnight(self._date(time_s))

    def runs(self, first_s: int, last_s: int, interval_s: int, limit: int) -> list[Run]:
        """The stretches from the one that holds ``first_s`` to the one that holds ``last_s``; the newest ``limit``."""
        if last_s < first_s:
            return []
        if interval_s < HOUR_S:
            start_s = first_s // interval_s * interval_s
            count = (last_s - start_s) // interval_s + 1
            kept = min(count, limit)
            return [Run(start_s + (count - kept) * interval_s, interval_s, kept)]
        edges = self._edges_of_hours if interval_s < DAY_S else self._edges_of_days
        return _joined(edges(first_s, last_s, interval_s, limit))

    def _edges_of_hours(self, first_s: int, last_s: int, interval_s: int, limit: int) -> list[int]:
        """Beginnings of stretches, ascending, and the end of the last one."""
        day = self._date(last_s)
        end_s = self._midnight(day + timedelta(days=1))
        edges: list[int] = []
        while end_s > first_s and len(edges) <= limit + DAY_S // interval_s + 1:
            start_s = self._midnight(day)
            edges += range(start_s, end_s, interval_s)[::-1]
            day -= timedelta(days=1)
            end_s = start_s
        edges.reverse()
        edges.append(self._midnight(self._date(last_s) + timedelta(days=1)))
        return _cut(edges, first_s, last_s, limit)

    def _edges_of_days(self, first_s: int, last_s: int, interval_s: int, limit: int) -> list[int]:
        block = _block_start(self._date(last_s), interval_s)
        edges = [self._midnight(_next_block(block, interval_s))]
        while edges[-1] > first_s and len(edges) <= limit:
            edges.append(self._midnight(block))
            block = _block_start(block - timedelta(days=1), interval_s)
        edges.reverse()
        return edges

    def _date(self, time_s: int) -> date:
        return datetime.fromtimestamp(time_s, self._zone).date()

    def _midnight(self, day: date) -> int:
        """The second in which a calendar day begins, also where clocks are changed at midnight."""
        start_s = int(datetime(day.year, day.month, day.day, tzinfo=self._zone).timestamp())
        if self._date(start_s) < day:  # midnight comes twice, and the hour before it as well: the second one counts
            start_s = int(datetime(day.year, day.month, day.day, tzinfo=self._zone, fold=1).timestamp())
        return start_s


def _block_start(day: date, interval_s: int) -> date:
    if interval_s == MONTH_S:
        return day.replace(day=1)
    if interval_s == WEEK_S:
        return day - timedelta(days=day.weekday())
    return day - timedelta(days=(day.toordinal() - _EPOCH) % (interval_s // DAY_S))


def _next_block(start: date, interval_s: int) -> date:
    if interval_s == MONTH_S:
        return (start + timedelta(days=31)).replace(day=1)
    return start + timedelta(seconds=interval_s)


def _cut(edges: list[int], first_s: int, last_s: int, limit: int) -> list[int]:
    """Only the stretches that hold something of [first_s, last_s], the newest ``limit``."""
    begin = 0
    while begin + 1 < len(edges) and edges[begin + 1] <= first_s:
        begin += 1
    end = len(edges)
    while end >= 2 and edges[end - 2] > last_s:
        end -= 1
    return edges[max(begin, end - 1 - limit) : end]


def _joined(edges: list[int]) -> list[Run]:
    runs: list[Run] = []
    for start_s, end_s in pairwise(edges):
        step_s = end_s - start_s
        if runs and runs[-1].step_s == step_s:
            runs[-1].count += 1
        else:
            runs.append(Run(start_s, step_s, 1))
    return runs
