"""Power loss and kill at every operation: what was acknowledged is there, nothing is invented, no batch is skipped.

The journal runs on a disk that forgets (disks.py). For each random flow the power goes before each of its operations
in turn, the disk is found in several random states, and the journal is opened again: what it holds must be a prefix of
what was given to it, and that prefix must cover all that was acknowledged. Then it must go on taking batches.
"""

from __future__ import annotations

import random

import pytest
from structlog.testing import capture_logs

from fondaco.journal.errors import SyncFailed
from fondaco.journal.file import FileJournal
from tests.journal.disks import CrashingDisk, PowerLoss
from tests.journal.flows import HOUSE_DIRECTORY, read_all, records

SEGMENT_BYTES = 2048
Given = list[tuple[bytes, int, int]]  # records, count, time_us


def flow(chance: random.Random) -> Given:
    """Batches that fill a few small segments."""
    given: Given = []
    time_us = 1
    for _ in range(chance.randrange(4, 14)):
        count = chance.randrange(1, 6)
        time_us += chance.randrange(3)
        given.append((records(chance, count), count, time_us))
    return given


def run(disk: CrashingDisk, given: Given) -> int:
    """Append all until the power goes; the number of acknowledged batches."""
    acknowledged = 0
    try:
        journal = FileJournal.open(HOUSE_DIRECTORY, segment_bytes=SEGMENT_BYTES, file_system=disk)
        for content, count, time_us in given:
            journal.append(content, count, time_us)
            acknowledged += 1
        journal.close()
    except PowerLoss:
        pass
    return acknowledged


def check(disk: CrashingDisk, given: Given, acknowledged: int, chance: random.Random) -> int:
    """Open what the crash left, go on with other batches, open that again; the number of batches that survived."""
    journal = FileJournal.open(HOUSE_DIRECTORY, segment_bytes=SEGMENT_BYTES, file_system=disk)
    survived = as_given(disk)
    assert survived == given[: len(survived)], "what is there must be a prefix of what was given"
    assert acknowledged <= len(survived) <= acknowledged + 1, "the acknowledged ones, and at most the one being written"
    assert journal.durable_seq == sum(count for _, count, _ in survived) == journal.next_seq - 1
    more = [(content, count, time_us + 1000) for content, count, time_us in flow(chance)]
    del more[chance.randrange(1, len(more)) :]
    for batch in more:
        journal.append(*batch)
    found = disk.after_power_loss(chance)
    FileJournal.open(HOUSE_DIRECTORY, segment_bytes=SEGMENT_BYTES, file_system=found).close()
    assert as_given(found) == survived + more
    return len(survived)


def as_given(disk: CrashingDisk) -> Given:
    return [(batch.records, batch.count, batch.time_us) for batch in read_all(HOUSE_DIRECTORY, disk)]


@pytest.mark.parametrize("seed", range(12))
def test_power_loss_before_every_operation(seed: int) -> None:
    chance = random.Random(seed)
    given = flow(chance)
    is_lazy = bool(seed % 2)
    whole = CrashingDisk(is_lazy=is_lazy)
    assert run(whole, given) == len(given)
    survivors = torn = 0
    for stop_at in range(whole.operations + 1):
        disk = CrashingDisk(stop_at, is_lazy=is_lazy)
        acknowledged = run(disk, given)
        for _ in range(4):
            found = disk.after_power_loss(chance)
            with capture_logs() as logs:
                survivors += check(found, given, acknowledged, chance) > acknowledged
            torn += any("torn" in log["event"] for log in logs)
    assert torn, "the flow must have met torn batches, or this test shows nothing"
    assert survivors, "and batches that were whole on disk but not acknowledged"


@pytest.mark.parametrize("seed", range(12))
def test_kill_before_every_operation_and_power_loss_later(seed: int) -> None:
    """A killed process leaves its writes with the kernel: the next one goes on from there, and then the power goes."""
    chance = random.Random(seed)
    given = flow(chance)
    is_lazy = bool(seed % 2)
    whole = CrashingDisk(is_lazy=is_lazy)
    run(whole, given)
    for stop_at in range(whole.operations + 1):
        disk = CrashingDisk(stop_at, is_lazy=is_lazy)
        acknowledged = run(disk, given)
        disk.stop_at = None
        check(disk, given, acknowledged, chance)


@pytest.mark.parametrize("seed", range(6))
def test_power_loss_during_recovery(seed: int) -> None:
    """Opening is itself interrupted anywhere, again and again, and still loses nothing."""
    chance = random.Random(seed)
    given = flow(chance)
    whole = CrashingDisk()
    run(whole, given)
    for stop_at in range(whole.operations + 1):
        disk = CrashingDisk(stop_at)
        acknowledged = run(disk, given)
        found = disk.after_power_loss(chance)
        for again in range(1, 9):
            found.stop_at = found.operations + again
            run(found, [])
            found = found.after_power_loss(chance)
        check(found, given, acknowledged, chance)


def test_a_failed_sync_is_never_tried_again() -> None:
    chance = random.Random(1)
    disk = CrashingDisk()
    journal = FileJournal.open(HOUSE_DIRECTORY, segment_bytes=SEGMENT_BYTES, file_system=disk)
    journal.append(records(chance, 2), 2, 1)
    disk.fail_syncs = True
    with pytest.raises(SyncFailed, match="the process must end"):
        journal.append(records(chance, 2), 2, 2)
    disk.fail_syncs = False
    before = disk.operations
    with pytest.raises(SyncFailed):
        journal.append(records(chance, 1), 1, 3)
    with pytest.raises(SyncFailed):
        journal.sync()
    assert disk.operations == before, "nothing may touch the disk after a failed sync"
    assert journal.durable_seq == 2


def test_pages_that_a_failed_sync_left_clean_are_written_again() -> None:
    """After a failed sync the kernel may call pages clean which never reached the disk; the next start must not trust
    its own reading of them."""
    chance = random.Random(2)
    disk = CrashingDisk()
    journal = FileJournal.open(HOUSE_DIRECTORY, segment_bytes=SEGMENT_BYTES, file_system=disk)
    given = [(records(chance, 2), 2, 1), (records(chance, 3), 3, 2)]
    journal.append(*given[0])
    disk.fail_syncs = True
    with pytest.raises(SyncFailed):
        journal.append(*given[1])
    disk.fail_syncs = False
    for inode in disk.present.values():
        inode.unsynced.clear()  # the kernel gave up on them, though they can still be read
    again = FileJournal.open(HOUSE_DIRECTORY, segment_bytes=SEGMENT_BYTES, file_system=disk)
    assert again.durable_seq == 5
    check(disk.after_power_loss(chance), given, 2, chance)
