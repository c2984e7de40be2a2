"""Random flows of every command through a journal that is closed and opened again: the house goes on as it was."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from fondaco.core.house import House
from fondaco.journal import snapshot
from fondaco.journal.reader import JournalReader
from fondaco.runtime.recovery import catch_up, recover, verify
from tests.core.flows import flow
from tests.journal.houses import SEGMENT_BYTES


def take_snapshot(directory: Path) -> None:
    """As the projector does: from a replica that follows the journal."""
    replica = House()
    with JournalReader(directory) as reader:
        catch_up(replica, reader)
        snapshot.save(directory, replica.next_seq - 1, reader.chain, reader.last_time_us, replica.dump())


@pytest.mark.parametrize("with_snapshots", [False, True])
@pytest.mark.parametrize("seed", range(20240808, 20240812))
def test_closed_and_opened_at_random_points(tmp_path: Path, seed: int, with_snapshots: bool) -> None:
    chance = random.Random(seed)
    never_stopped = House()
    house, journal = recover(tmp_path, segment_bytes=SEGMENT_BYTES)
    for batch in flow(seed, 1_200):
        records = batch.records()
        journal.append(records, len(batch.sent), batch.time_us)
        assert house.apply(records, batch.time_us) == never_stopped.apply(records, batch.time_us)
        if chance.random() < 0.1:
            journal.close()
            if with_snapshots and chance.random() < 0.5:
                take_snapshot(tmp_path)
            house, journal = recover(tmp_path, segment_bytes=SEGMENT_BYTES)
            assert house.dump() == never_stopped.dump()
    journal.close()
    report = verify(tmp_path)
    assert not report.problems
    assert report.state_hash == never_stopped.state_hash()
