"""The projector bench times real work: every order is projected, and who asks is answered."""

from __future__ import annotations

from pathlib import Path

from bench.core import encoding, synthetic
from bench.projector import measure, settlements


def test_orders_cost_something_and_questions_are_answered(tmp_path: Path) -> None:
    flow = synthetic.make(synthetic.Shape(20, 1, 50), mean_distance_ticks=20, segment=500, segments=1, seed=7)
    encoded = encoding.encode(flow)
    assert measure.measure_cost(encoded, tmp_path / "cost", 100) > 0
    followed = measure.measure_following(encoded, tmp_path / "following", 1_000, 10, 0.5, asked=True)
    assert followed.orders == 500
    assert len(followed.waits_ms) >= 2
    assert not (tmp_path / "following").exists()


def test_every_purchase_is_settled_and_takes_room(tmp_path: Path) -> None:
    found = settlements.measure_settlements(tmp_path / "settlements", 500)
    assert found.post_us > 0
    assert found.settle_us > 0
    assert 0 < found.posted_bytes < found.settled_bytes
    assert not (tmp_path / "settlements").exists()
