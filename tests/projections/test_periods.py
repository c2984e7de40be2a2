"""Where stretches of time begin."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from fondaco.projections.market_reads import cover
from fondaco.projections.periods import DAY_S, HOUR_S, MINUTE_S, MONTH_S, WEEK_S, Calendar, is_interval


@pytest.mark.parametrize(
    ("interval_s", "exists"),
    [
        (-60, False), (0, False), (1, True), (5, True), (7, False), (30, True), (40, False), (59, False),
        (60, True), (90, False), (300, True), (420, False), (1_800, True), (2_400, False),
        (3_600, True), (7_200, True), (5_400, False), (43_200, True), (18_000, False),
        (DAY_S, True), (DAY_S + HOUR_S, False), (2 * DAY_S, True), (6 * DAY_S, True),
        (WEEK_S, True), (8 * DAY_S, False), (2 * WEEK_S, False), (MONTH_S, True), (2 * MONTH_S, False),
    ],
)  # fmt: skip
def test_intervals(interval_s: int, exists: bool) -> None:
    assert is_interval(interval_s) is exists


@pytest.mark.parametrize(
    ("zone", "interval_s", "first", "last", "begins"),
    [
        # below an hour: from the hour
        ("UTC", 5, "2024-08-08 00:00:07", "2024-08-08 00:00:17", ["00:00:05", "00:00:10", "00:00:15"]),
        ("UTC", 1_800, "2024-08-08 00:29", "2024-08-08 00:30", ["00:00:00", "00:30:00"]),
        # whole hours: from midnight of the zone, half an hour off the hour in India
        ("Asia/Kolkata", 14_400, "2024-08-08 03:59", "2024-08-08 04:00", ["00:00:00", "04:00:00"]),
        # the clock goes forward at 02:00: a short day still begins its stretches at midnight
        ("Europe/Rome", 43_200, "2024-03-31 00:00", "2024-04-01 00:00", ["00:00:00", "13:00:00", "00:00:00"]),
        # and back at 03:00: one stretch more
        ("Europe/Rome", 43_200, "2024-10-27 00:00", "2024-10-27 23:30", ["00:00:00", "11:00:00", "23:00:00"]),
    ],
)
def test_stretches_of_a_day(zone: str, interval_s: int, first: str, last: str, begins: list[str]) -> None:
    assert [f"{begin:%H:%M:%S}" for begin in _begins(zone, interval_s, first, last)] == begins


@pytest.mark.parametrize(
    ("zone", "interval_s", "first", "last", "begins"),
    [
        ("Europe/Rome", DAY_S, "2024-03-30 12:00", "2024-04-01 00:00", ["2024-03-30", "2024-03-31", "2024-04-01"]),
        ("UTC", 2 * DAY_S, "2024-08-08 12:00", "2024-08-10 00:00", ["2024-08-07", "2024-08-09"]),
        ("UTC", 3 * DAY_S, "1970-01-01 00:00", "1970-01-04 00:00", ["1970-01-01", "1970-01-04"]),
        # 2024-08-05 and -12 are Mondays
        ("UTC", WEEK_S, "2024-08-08 12:00", "2024-08-12 00:00", ["2024-08-05", "2024-08-12"]),
        ("Europe/Rome", MONTH_S, "2024-01-31 23:59", "2024-03-01 00:00", ["2024-01-01", "2024-02-01", "2024-03-01"]),
        # in 2018 São Paulo had no midnight on 4 November, and two on 18 February
        (
            "America/Sao_Paulo",
            DAY_S,
            "2018-11-03 12:00",
            "2018-11-05 00:00",
            ["2018-11-03", "2018-11-04", "2018-11-05"],
        ),
        (
            "America/Sao_Paulo",
            DAY_S,
            "2018-02-17 12:00",
            "2018-02-19 00:00",
            ["2018-02-17", "2018-02-18", "2018-02-19"],
        ),
    ],
)
def test_stretches_of_days(zone: str, interval_s: int, first: str, last: str, begins: list[str]) -> None:
    assert [f"{begin:%Y-%m-%d}" for begin in _begins(zone, interval_s, first, last)] == begins


@pytest.mark.parametrize("interval_s", [1, 60, 3_600, 14_400, DAY_S, WEEK_S, MONTH_S])
@pytest.mark.parametrize("zone", ["UTC", "America/New_York"])
def test_of_a_long_time_the_newest_stretches_count(interval_s: int, zone: str) -> None:
    last_s = 1_723_100_000
    runs = Calendar(zone).runs(last_s - 40 * MONTH_S, last_s, interval_s, 17)
    assert sum(run.count for run in runs) == 17
    assert runs[-1].end_s > last_s >= runs[-1].end_s - runs[-1].step_s
    assert all(one.end_s == next_one.start_s for one, next_one in pairwise(runs))


def test_no_stretch_of_an_empty_time() -> None:
    assert Calendar().runs(100, 99, 60, 10) == []


@pytest.mark.parametrize(
    ("start_s", "end_s"),
    [(0, 0), (5, 7), (59, 61), (59, 121), (60, 120), (3_599, 7_201), (0, 3_600), (100, 900_000), (3_661, 7_199)],
)
def test_stored_candles_cover_a_time_once(start_s: int, end_s: int) -> None:
    pieces = cover(start_s, end_s)
    assert sum(until_s - from_s for _, from_s, until_s in pieces) == end_s - start_s
    at_s = start_s
    for base_s, from_s, until_s in pieces:
        assert from_s == at_s
        assert from_s % base_s == until_s % base_s == 0
        at_s = until_s
    rows = sum((until_s - from_s) // base_s for base_s, from_s, until_s in pieces)
    assert rows <= 2 * MINUTE_S + 2 * HOUR_S // MINUTE_S + (end_s - start_s) // HOUR_S


def _begins(zone: str, interval_s: int, first: str, last: str) -> list[datetime]:
    def second(text: str) -> int:
        return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp())

    runs = Calendar(zone).runs(second(first), second(last), interval_s, 100)
    starts = [start_s for run in runs for start_s in range(run.start_s, run.end_s, run.step_s)]
    return [datetime.fromtimestamp(start_s, ZoneInfo(zone)) for start_s in starts]
