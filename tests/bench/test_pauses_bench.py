"""The moving books move as they say, and a pause of the house is told from one of the machine."""

from __future__ import annotations

from array import array

import pytest

from bench.core import encoding
from bench.core.flow import PLACE
from bench.core.synthetic import FAIR_PRICE_TICKS
from bench.pauses import measure, moving


def test_a_walk_trades_ten_percent_up_and_down_and_keeps_its_book() -> None:
    flow = moving.walking(commands=12_000)
    encoded = encoding.encode(flow)  # raises if the house's book differs from the flow's own
    prices = [price for operation, *_, price, _, _ in flow.commands(flow.untimed) if operation == PLACE]
    assert min(prices) < FAIR_PRICE_TICKS * 0.9
    assert max(prices) > FAIR_PRICE_TICKS * 1.1
    assert encoded.refusals == {}
    assert encoded.fills > 1_000
    assert flow.resting_expected == pytest.approx(2 * moving.RESTING_A_SIDE, rel=0.1)


def test_a_jump_leaves_some_orders_behind_and_sweeps_what_it_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moving, "JUMP_EVERY_COMMANDS", 6_000)
    flow = moving.jumping(commands=12_000)
    encoded = encoding.encode(flow)
    assert encoded.refusals == {}
    assert encoded.fills > 0.5 * moving.STAYING_SHARE * moving.RESTING_A_SIDE
    near_the_first_price = [
        price
        for operation, *_, price, _, _ in flow.commands(flow.untimed, flow.untimed + 5_000)
        if operation == PLACE and abs(price - FAIR_PRICE_TICKS) < moving.MEAN_DISTANCE_TICKS
    ]
    assert len(near_the_first_price) < 100  # they are placed around the new one


def test_every_command_is_timed_and_every_run_ends_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measure, "UNCOUNTED", 100)
    times = measure.measure(encoding.encode(moving.walking(commands=1_000)), runs=2)
    assert times.commands == 900
    assert 0 < times.p50_ns <= times.p99_ns <= times.p9999_ns <= times.max_ns <= times.any_run_max_ns
    assert times.slower[0][1] > times.slower[-1][1] == 1 / 900


def test_a_pause_counts_only_if_it_comes_in_every_run() -> None:
    the_machines = array("q", [10, 9_000, 10, 500])
    the_houses = array("q", [10, 10, 10, 400])
    times = measure.summary("both", [the_machines, the_houses], lambda place: f"command {place}")
    assert (times.max_ns, times.slowest, times.any_run_max_ns) == (400, "command 3", 9_000)
