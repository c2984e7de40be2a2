"""What the journal bench writes down is a whole house: it is replayed into the same state."""

from __future__ import annotations

from pathlib import Path

from bench.core import encoding, synthetic
from bench.journal import measure


def test_what_was_appended_replays_to_the_same_state(tmp_path: Path) -> None:
    flow = synthetic.make(synthetic.Shape(20, 1, 50), mean_distance_ticks=20, segment=500, segments=1, seed=7)
    replayed = measure.measure_replay(encoding.encode(flow), tmp_path / "journal")  # raises if the hashes differ
    assert replayed.commands > flow.count
    assert min(replayed.read + replayed.replay) > 0
