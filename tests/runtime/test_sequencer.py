"""Group commit on the real journal and the real house: order of things, batches, full and broken disks, the clock."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from fondaco.core import command_records, commands
from fondaco.core.applied import Applied
from fondaco.core.events import EventKind, Row, kind_of
from fondaco.core.house import House
from fondaco.journal.errors import SyncFailed
from fondaco.journal.file import FileJournal
from fondaco.journal.file_system import DISK, FileSystem
from fondaco.journal.reader import JournalReader
from fondaco.runtime.clock import Clock
from fondaco.runtime.limits import Limits
from fondaco.runtime.sequencer import Runtime, SyncMode
from tests.journal.disks import CrashingDisk
from tests.waiting import HANG_S, until

MODES: tuple[SyncMode, ...] = ("inline", "thread")
Told = list[tuple[str, object]]


class CountingJournal(FileJournal):
    """The real journal, which also notes the size of each batch it was given."""

    def append(self, records: bytes | bytearray | memoryview, count: int, time_us: int) -> int:
        self.batches.append(count)
        return super().append(records, count, time_us)

    @property
    def batches(self) -> list[int]:
        noted: list[int] = self.__dict__.setdefault("noted", [])
        return noted


class Noting:
    """A waiter and a listener that write down what they are told, all in one list."""

    def __init__(self, told: Told, name: str) -> None:
        self.told = told
        self.name = name

    def answered(self, row: Row, applied: Applied) -> None:
        self.told.append((self.name, kind_of(row)))

    def failed(self, reason: str) -> None:
        self.told.append((self.name, reason))

    def applied(self, applied: Applied) -> None:
        self.told.append((self.name, f"applied {applied.first_seq}+{applied.count}"))

    def flush(self) -> None:
        self.told.append((self.name, "flush"))


def asset(name: str) -> bytes:
    return command_records.encode(commands.HOUSE, commands.AssetCreate(name, 8))


CANCEL = command_records.encode_cancel(commands.HOUSE, 1, 7)


class Running:
    """A runtime over a fresh journal; what would end the process is noted instead."""

    def __init__(
        self,
        directory: Path,
        mode: SyncMode = "inline",
        *,
        limits: Limits | None = None,
        clock: Callable[[FileJournal], Clock] | None = None,
        file_system: FileSystem = DISK,
        segment_bytes: int = 1 << 20,
    ) -> None:
        self.directory = directory
        self.file_system = file_system
        opened = CountingJournal.open(directory, segment_bytes=segment_bytes, file_system=file_system)
        assert isinstance(opened, CountingJournal)
        self.journal = opened
        self.ended: list[BaseException] = []
        self.told: Told = []
        self.runtime = Runtime(
            House(),
            self.journal,
            limits or Limits(),
            fatal=self.ended.append,
            clock=clock(self.journal) if clock else None,
            sync_mode=mode,
        )

    def waiter(self, name: str) -> Noting:
        return Noting(self.told, name)

    async def settled(self) -> None:
        """Until every batch is through; the first pause lets refusals out, which have no batch."""
        await asyncio.sleep(0.002)
        await asyncio.wait_for(self.runtime.idle(), HANG_S)

    async def close(self) -> None:
        await self.runtime.stop()
        self.journal.close()

    def journalled(self) -> list[int]:
        with JournalReader(self.directory, 0, file_system=self.file_system) as reader:
            return [batch.count for batch in reader.read()]


@pytest.mark.parametrize("mode", MODES)
async def test_all_of_a_turn_is_one_group_commit(tmp_path: Path, mode: SyncMode) -> None:
    running = Running(tmp_path, mode)
    for number in range(500):
        running.runtime.submit(asset(f"A{number}"), running.waiter(str(number)))
    assert running.told == [], "nothing is answered before it is durable"
    await running.settled()
    assert running.journal.batches == [500]
    assert running.told == [(str(number), EventKind.FACT) for number in range(500)]
    assert running.runtime.durable_seq == 500
    await running.close()
    assert running.journalled() == [500]


@pytest.mark.parametrize("mode", MODES)
async def test_senders_then_desks_then_connections(tmp_path: Path, mode: SyncMode) -> None:
    running = Running(tmp_path, mode)
    running.runtime.add_listener(running.waiter("desk"))
    running.runtime.add_listener(running.waiter("feed"))
    running.runtime.submit(asset("BTC"), running.waiter("alice"))
    running.runtime.submit(asset("BTC"), None)
    running.runtime.submit(CANCEL, running.waiter("bob"))
    await running.settled()
    assert running.told == [
        ("alice", EventKind.FACT),
        ("bob", EventKind.REJECT),
        ("desk", "applied 1+3"),
        ("feed", "applied 1+3"),
        ("desk", "flush"),
        ("feed", "flush"),
    ]
    await running.close()


@pytest.mark.parametrize("mode", MODES)
async def test_what_comes_while_a_batch_is_written_is_the_next_batch(tmp_path: Path, mode: SyncMode) -> None:
    running = Running(tmp_path, mode)
    names = [f"{turn}_{number}" for turn in range(20) for number in range(turn + 1)]
    for turn in range(20):
        for name in names[turn * (turn + 1) // 2 : (turn + 1) * (turn + 2) // 2]:
            running.runtime.submit(asset(f"A{name}"), running.waiter(name))
        await asyncio.sleep(0)
    await running.settled()
    assert sum(running.journal.batches) == len(names)
    assert [name for name, _ in running.told] == names
    await running.close()
    assert running.journalled() == running.journal.batches


async def test_a_batch_is_bounded_in_commands(tmp_path: Path) -> None:
    running = Running(tmp_path, limits=Limits(batch_commands_max=100))
    for number in range(250):
        running.runtime.submit(asset(f"A{number}"))
    await running.settled()
    assert running.journal.batches == [100, 100, 50]
    await running.close()


async def test_a_batch_is_bounded_in_bytes(tmp_path: Path) -> None:
    running = Running(tmp_path, segment_bytes=1 << 17)
    detail = '"' + "x" * 10_000 + '"'
    record = command_records.encode(commands.HOUSE, commands.BalanceUpdate(1, "BTC", "deposit", 1, 1, detail))
    for _ in range(20):
        running.runtime.submit(record, running.waiter("sender"))
    await running.settled()
    assert sum(running.journal.batches) == 20
    assert 1 < max(running.journal.batches) <= running.journal.records_bytes_max // len(record)
    assert len(running.told) == 20
    await running.close()


async def test_an_inbox_that_is_full_says_so(tmp_path: Path) -> None:
    running = Running(tmp_path, limits=Limits(inbox_commands_max=3))
    for number in range(5):
        running.runtime.submit(asset(f"A{number}"), running.waiter(str(number)))
    await running.settled()
    refused = [name for name, word in running.told if word == "3 commands wait already; try again"]
    assert refused == ["3", "4"]
    assert running.runtime.counters.commands_refused == 2
    await running.close()


async def test_a_desk_that_fails_does_not_cost_the_others_their_answers(tmp_path: Path) -> None:
    class Failing:
        def answered(self, row: Row, applied: Applied) -> None:
            raise RuntimeError("a defect of the desk")

        def failed(self, reason: str) -> None:
            raise RuntimeError("a defect of the desk")

        def applied(self, applied: Applied) -> None:
            raise RuntimeError("a defect of the desk")

        def flush(self) -> None:
            raise RuntimeError("a defect of the desk")

    running = Running(tmp_path)
    running.runtime.add_listener(Failing())
    running.runtime.add_listener(running.waiter("feed"))
    running.runtime.submit(asset("BTC"), Failing())
    running.runtime.submit(asset("ETH"), running.waiter("bob"))
    await running.settled()
    assert running.told == [("bob", EventKind.FACT), ("feed", "applied 1+2"), ("feed", "flush")]
    assert running.runtime.counters.defects == 3
    await running.close()


@pytest.mark.parametrize("mode", MODES)
async def test_a_failed_sync_answers_nobody_and_ends_the_process(tmp_path: Path, mode: SyncMode) -> None:
    disk = CrashingDisk()
    running = Running(tmp_path, mode, file_system=disk)
    running.runtime.submit(asset("BTC"), running.waiter("before"))
    await running.settled()
    disk.fail_syncs = True
    running.runtime.submit(asset("ETH"), running.waiter("lost"))
    await running.settled()
    running.runtime.submit(asset("USDT"), running.waiter("after"))
    await running.settled()
    assert [type(error) for error in running.ended] == [SyncFailed]
    assert running.told == [
        ("before", EventKind.FACT),
        ("after", "the house has failed and must be started again"),
    ]
    assert running.runtime.house.next_seq == 2, "memory holds nothing that may not be on disk"
    await running.runtime.stop()


@pytest.mark.parametrize("mode", MODES)
async def test_a_full_disk_stops_orders_lets_cancels_pass_and_all_goes_on_when_there_is_room(
    tmp_path: Path, mode: SyncMode
) -> None:
    disk = CrashingDisk(free_bytes=5 * 8_192)
    running = Running(tmp_path, mode, file_system=disk, segment_bytes=8_192)
    taken = 0
    while running.runtime.intake_stopped is None:
        running.runtime.submit(asset(f"A{taken}"), running.waiter("sender"))
        await running.settled()
        taken += 1
        assert taken < 2_000
    before = len(running.told)
    running.runtime.submit(asset("REFUSED"), running.waiter("order"))
    running.runtime.submit(CANCEL, running.waiter("cancel"))
    await running.settled()
    said = dict(running.told[before:])
    assert "free some space" in str(said["order"])
    assert said["cancel"] == EventKind.REJECT, "there is no such order, but its cancel was taken"
    disk.free_bytes = None
    await until(lambda: running.runtime.intake_stopped is None, "orders are taken again")
    running.runtime.submit(asset("AFTER"), running.waiter("after"))
    await running.settled()
    assert running.told[-1] == ("after", EventKind.FACT)
    await running.close()
    assert sum(running.journalled()) == running.runtime.house.next_seq - 1


async def test_a_disk_with_no_room_at_all_fails_the_batch_with_nothing_done(tmp_path: Path) -> None:
    disk = CrashingDisk(free_bytes=3 * 8_192)
    running = Running(tmp_path, file_system=disk, segment_bytes=8_192)
    answered = 0
    while True:
        running.runtime.submit(CANCEL, running.waiter("cancel"))
        await running.settled()
        if isinstance(running.told[-1][1], str):
            break
        answered += 1
        assert answered < 2_000
    assert "no room" in str(running.told[-1][1])
    assert running.runtime.house.next_seq - 1 == answered
    assert running.ended == []
    await running.close()
    assert sum(running.journalled()) == answered


async def test_a_leap_of_the_clock_stops_intake_until_it_is_set_right(tmp_path: Path) -> None:
    wall_us, elapsed_us = [1_000_000_000], [0]

    def clock(journal: FileJournal) -> Clock:
        return Clock(journal.last_time_us, 60_000_000, wall_us=lambda: wall_us[0], elapsed_us=lambda: elapsed_us[0])

    running = Running(tmp_path, clock=clock)
    running.runtime.submit(asset("BTC"), running.waiter("before"))
    await running.settled()
    wall_us[0] += 61_000_000
    elapsed_us[0] += 500_000
    running.runtime.submit(asset("ETH"), running.waiter("during"))
    running.runtime.submit(CANCEL, running.waiter("cancel"))
    await running.settled()
    assert [name for name, _ in running.told] == ["before", "during", "cancel"]
    assert "leapt 60.5 s ahead" in str(running.told[1][1])
    assert "leapt" in str(running.runtime.intake_stopped)
    wall_us[0] -= 60_000_000
    await until(lambda: running.runtime.intake_stopped is None, "orders are taken again")
    running.runtime.submit(asset("ETH"), running.waiter("after"))
    await running.settled()
    assert running.told[-1] == ("after", EventKind.FACT)
    assert running.runtime.house.time_us == 1_001_000_000
    await running.close()


@pytest.mark.parametrize("mode", MODES)
async def test_stopping_finishes_what_was_taken_and_refuses_the_rest(tmp_path: Path, mode: SyncMode) -> None:
    running = Running(tmp_path, mode)
    running.runtime.submit(asset("BTC"), running.waiter("taken"))
    stopping = asyncio.create_task(running.runtime.stop())
    await asyncio.sleep(0)
    running.runtime.submit(asset("ETH"), running.waiter("late"))
    await stopping
    await asyncio.sleep(0)
    assert dict(running.told) == {"taken": EventKind.FACT, "late": "the house is closing; nothing was done"}
    running.journal.close()
    assert running.journalled() == [1]


async def test_what_was_counted(tmp_path: Path) -> None:
    running = Running(tmp_path)
    for _ in range(3):
        running.runtime.submit(asset("BTC"))
    await running.settled()
    counters = running.runtime.counters
    assert (counters.commands, counters.batches, sum(counters.journal_us.counts)) == (3, 1, 1)
    assert counters.rows_by_kind[EventKind.FACT] == 1
    assert counters.rows_by_kind[EventKind.REJECT] == 2
    assert dict(zip(counters.batch_commands.bounds, counters.batch_commands.counts, strict=False))[4] == 1
    await running.close()
