"""The house's time against a wall clock that is set back and forth."""

from __future__ import annotations

import pytest

from fondaco.runtime.clock import Clock, ClockJumped

SECOND_US = 1_000_000


class Machine:
    def __init__(self) -> None:
        self.wall_us = 1_700_000_000 * SECOND_US
        self.elapsed_us = 5 * SECOND_US

    def passes(self, wall_s: float, elapsed_s: float | None = None) -> None:
        self.wall_us += round(wall_s * SECOND_US)
        self.elapsed_us += round((wall_s if elapsed_s is None else elapsed_s) * SECOND_US)

    def clock(self, last_us: int = 0) -> Clock:
        return Clock(last_us, 60 * SECOND_US, wall_us=lambda: self.wall_us, elapsed_us=lambda: self.elapsed_us)


def test_time_follows_the_wall_and_never_goes_back() -> None:
    machine = Machine()
    clock = machine.clock()
    first_us = clock.stamp()
    machine.passes(1)
    assert clock.stamp() == first_us + SECOND_US
    machine.passes(-30, 0)
    assert clock.stamp() == first_us + SECOND_US
    assert clock.behind_us == 30 * SECOND_US
    machine.passes(31)
    assert clock.stamp() == first_us + 2 * SECOND_US


@pytest.mark.parametrize(
    ("wall_s", "elapsed_s", "believed"),
    [
        (86_400, 86_400, True),
        (60, 0, True),
        (60.001, 0, False),
        (3_600, 0, False),
        (3_600, 3_590, True),
        (-3_600, 1, True),
    ],
)
def test_what_is_believed(wall_s: float, elapsed_s: float, believed: bool) -> None:
    machine = Machine()
    clock = machine.clock()
    machine.passes(wall_s, elapsed_s)
    if believed:
        clock.stamp()
    else:
        with pytest.raises(ClockJumped, match="No orders are taken: set the clock right"):
            clock.stamp()


def test_a_house_that_was_down_for_a_month_starts() -> None:
    machine = Machine()
    last_us = machine.wall_us
    machine.passes(30 * 86_400, 0)
    assert machine.clock(last_us).stamp() == last_us + 30 * 86_400 * SECOND_US


def test_a_leap_is_refused_until_the_clock_is_set_right() -> None:
    machine = Machine()
    clock = machine.clock()
    first_us = clock.stamp()
    machine.passes(3_600, 1)
    for _ in range(2):
        with pytest.raises(ClockJumped):
            clock.stamp()
    machine.passes(-3_599, 0)
    assert clock.stamp() == first_us + SECOND_US


def test_small_corrections_do_not_add_up_to_a_leap() -> None:
    machine = Machine()
    clock = machine.clock()
    for _ in range(100):
        machine.passes(2, 1)
        clock.stamp()


def test_a_step_back_and_its_correction_are_no_leap() -> None:
    machine = Machine()
    clock = machine.clock()
    first_us = clock.stamp()
    machine.passes(-3_600, 1)
    assert clock.stamp() == first_us
    machine.passes(3_602, 1)
    assert clock.stamp() == first_us + 2 * SECOND_US


def test_a_house_started_behind_its_journal_may_catch_up_with_it() -> None:
    machine = Machine()
    clock = machine.clock(machine.wall_us + 3_600 * SECOND_US)
    machine.passes(3_601, 1)
    assert clock.stamp() == machine.wall_us
    machine.passes(62, 1)
    with pytest.raises(ClockJumped):
        clock.stamp()
