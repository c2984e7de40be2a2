"""The bench measures what it says it measures: its flows are the same each time, and a small run balances."""

from __future__ import annotations

import pytest

from bench.core import bitstamp, encoding, measure, synthetic
from bench.core.flow import ASK, BID, CANCEL, PLACE, Flow


def mix(seed: int = 7) -> Flow:
    return synthetic.make(synthetic.Shape(50, 2, 100), mean_distance_ticks=20, segment=2_000, segments=2, seed=seed)


def test_a_mix_is_the_same_for_the_same_seed_only() -> None:
    assert mix().words == mix().words
    assert mix().words != mix(seed=8).words


def test_a_mix_keeps_its_proportions_and_the_size_of_its_book() -> None:
    flow = mix()
    timed = list(flow.commands(flow.untimed))
    cancels = sum(operation == CANCEL for operation, *_ in timed) / len(timed)
    assert len(timed) == 4_000
    assert cancels == pytest.approx(0.25, abs=0.02)
    assert flow.resting_expected == pytest.approx(4 * 100, rel=0.2)


@pytest.mark.parametrize("fresh", [True, False])
def test_a_small_run_ends_as_the_flow_says_and_balances(fresh: bool) -> None:
    flow = mix()
    if fresh:  # every run the whole of it, on a new house
        flow = Flow(
            **{name: getattr(flow, name) for name in Flow.__struct_fields__} | {"fresh": True, "segment": 4_000}
        )
    encoded = encoding.encode(flow)  # raises if the books differ or an asset does not balance
    assert encoded.fills == pytest.approx(0.45 * flow.count, rel=0.2)
    assert encoded.refusals == {}
    rate = measure.measure(encoded)
    assert len(rate.wall) == len(rate.cpu) == 2
    assert min(rate.wall + rate.cpu) > 0


def test_one_command_a_call_is_timed() -> None:
    singles = measure.measure_singles(encoding.encode(mix()))
    assert singles.p50_ns <= singles.p99_ns <= singles.p999_ns


def row(order: int, at_ms: int, price: str, volume: str, action: str, side: str) -> list[str]:
    return [str(order), "0", str(at_ms), price, volume, action, side]


def test_recorded_rows_become_commands() -> None:
    flow = bitstamp.to_flow(
        opening=[
            row(11, 1, "78318.0", "1.5", "created", "bid"),
            row(12, 1, "0.0", "10.0", "created", "bid"),  # junk: no exchange takes a price of 0
            row(13, 1, "999999999.0", "1e-05", "created", "ask"),  # junk that one takes
        ],
        live=[
            row(11, 5, "78318.0", "1.4", "deleted", "bid"),
            row(14, 2, "78320.0", "0.5", "created", "ask"),
            row(14, 4, "78320.0", "0.2", "changed", "ask"),
            row(12, 3, "0.0", "10.0", "deleted", "bid"),
        ],
        runs=1,
    )
    assert flow.untimed == 2
    assert [(operation, side, price, size, place) for operation, _, _, side, price, size, place in flow.commands()] == [
        (PLACE, BID, 78_318, 150_000_000, 0),
        (PLACE, ASK, 999_999_999, 1_000, 1),
        (PLACE, ASK, 78_320, 50_000_000, 2),
        (CANCEL, ASK, 0, 0, 2),
        (PLACE, ASK, 78_320, 20_000_000, 3),
        (CANCEL, BID, 0, 0, 0),
    ]
    assert encoding.encode(flow).resting == 2


def test_what_the_house_refuses_is_no_figure() -> None:
    flow = mix()
    broken = flow.words[:]
    broken[5] = 0  # a size of no lots
    wrong = Flow(**{name: getattr(flow, name) for name in Flow.__struct_fields__} | {"words": broken})
    with pytest.raises(encoding.UnexpectedAnswer, match="refused with"):
        encoding.encode(wrong)
