"""A machine that runs the house until it dies, again and again: the real sequencer, journal and core on a disk that
forgets, in virtual time.

    recover ─▶ run under traffic ─▶ die ─▶ what the disk kept ─▶ recover (perhaps dying in it) ─▶ judged ─▶ run …

A life ends in one of five ways. The process or the power goes before some operation on the disk; the process goes
between the sync and the first answer; a sync fails, and the house ends itself; the house is stopped as it should be.
Meanwhile a replica saves snapshots, the disk fills up and is emptied, the clock leaps and is set right. After it, bytes
that no sync covered are there, gone or torn, and snapshots are at times removed or damaged.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from enum import Enum
from typing import Any, Final

from fondaco.core.house import House
from fondaco.journal import layout, snapshot
from fondaco.journal.base import Octets
from fondaco.journal.errors import SyncFailed
from fondaco.journal.file import FileJournal
from fondaco.journal.reader import JournalReader
from fondaco.runtime.clock import Clock
from fondaco.runtime.limits import Limits
from fondaco.runtime.recovery import catch_up, recover
from fondaco.runtime.sequencer import Runtime
from tests.journal.disks import CrashingDisk, PowerLoss
from tests.journal.flows import HOUSE_DIRECTORY
from tests.simulation.traffic import Traffic
from tests.simulation.virtual_time import Stopped, VirtualLoop, run_until_stopped, virtual_loop
from tests.simulation.witness import Witness

START_US: Final = 1_700_000_000_000_000
SEGMENT_BYTES: Final = (4_096, 8_192, 32_768)
OPERATIONS_MAX: Final = 160
LIFE_S_MAX: Final = 0.5
UNDYING_S: Final = 60.0
JUMP_US_MAX: Final = 60_000_000
LEAP_US: Final = 2 * JUMP_US_MAX


class Death(Enum):
    POWER = "the power went"
    KILLED = "killed before an operation on the disk"
    KILLED_UNANSWERED = "killed between a sync and its answers"
    SYNC_FAILED = "a sync failed"
    STOPPED = "stopped in good order"


#: What ends a life in the simulated machine; a good stop needs nothing.
ENDS: Final[dict[Death, tuple[type[BaseException], ...]]] = {
    Death.POWER: (PowerLoss,),
    Death.KILLED: (PowerLoss,),
    Death.KILLED_UNANSWERED: (PowerLoss,),
    Death.SYNC_FAILED: (SyncFailed, PowerLoss),
    Death.STOPPED: (),
}


class _DyingJournal:
    """The journal, with a point at which the process is killed after the disk has the batch and nobody knows."""

    def __init__(self, journal: FileJournal, batches: int | None) -> None:
        self._journal = journal
        self._batches = batches

    def append(self, records: Octets, count: int, time_us: int) -> int:
        last_seq = self._journal.append(records, count, time_us)
        if self._batches is not None:
            self._batches -= 1
            if self._batches < 0:
                raise PowerLoss
        return last_seq

    def __getattr__(self, name: str) -> Any:
        return getattr(self._journal, name)


class Machine:
    """One simulation, all of it drawn from one seed."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.witness = Witness()
        self.disk = CrashingDisk(is_lazy=self.chance.random() < 0.5)
        self._traffic = Traffic(self.chance, self.witness)
        self._wall_us = START_US
        self.damaged_snapshots: set[int] = set()
        self._snapshots_on = self.chance.random() < 0.7

    def run(self, lives: int) -> None:
        for _ in range(lives):
            house, journal = self._recover()
            self.witness.judge(HOUSE_DIRECTORY, self.disk, house)
            death = self.chance.choice(list(Death))
            self._live(house, journal, death)
            self.witness.tally[death.value] += 1
            self._after(death)
        house, journal = self._recover()
        self.witness.judge(HOUSE_DIRECTORY, self.disk, house)
        journal.close()

    # ── between lives ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _recover(self) -> tuple[House, FileJournal]:
        segment_bytes = self.chance.choice(SEGMENT_BYTES)
        while self.chance.random() < 0.3:
            self.disk.stop_at = self.disk.operations + self.chance.randrange(1, 12)
            try:
                recover(HOUSE_DIRECTORY, segment_bytes=segment_bytes, file_system=self.disk)
            except PowerLoss:
                self.witness.tally["died while recovering"] += 1
            self._reboot()
        self.disk.stop_at = None
        return recover(HOUSE_DIRECTORY, segment_bytes=segment_bytes, file_system=self.disk)

    def _reboot(self) -> None:
        self.disk = self.disk.after_power_loss(self.chance)
        self.disk.is_lazy = self.chance.random() < 0.5

    def _after(self, death: Death) -> None:
        chance, disk = self.chance, self.disk
        disk.stop_at = disk.free_bytes = None
        if death is Death.SYNC_FAILED:
            disk.fail_syncs = False
            for inode in disk.present.values():
                if chance.random() < 0.5:
                    inode.unsynced.clear()  # the kernel calls these pages clean now, though they are not on disk
        if death is Death.POWER or chance.random() < 0.4:
            self._reboot()
        self._wall_us += chance.choice((0, 1, 1_000_000, -5_000_000, 600_000_000))
        self._spoil_snapshots()

    def _spoil_snapshots(self) -> None:
        """Snapshots are an optimisation: without them, or with one that is damaged, all is the same."""
        dice = self.chance.random()
        for seq in snapshot.seqs(HOUSE_DIRECTORY, file_system=self.disk):
            path = layout.snapshot_path(HOUSE_DIRECTORY, seq)
            if dice < 0.15:
                del self.disk.present[path]
                self.disk.durable.pop(path, None)
            elif dice < 0.3 and self.disk.present[path].present:
                content = self.disk.present[path].present
                content[self.chance.randrange(len(content))] ^= 1 << self.chance.randrange(8)
                self.damaged_snapshots.add(seq)
                self.witness.tally["snapshots damaged"] += 1

    # ── one life ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def _live(self, house: House, journal: FileJournal, death: Death) -> None:
        chance, disk = self.chance, self.disk
        if death in (Death.POWER, Death.KILLED):
            disk.stop_at = disk.operations + chance.randrange(1, OPERATIONS_MAX)
        batches = chance.randrange(1, OPERATIONS_MAX // 2) if death is Death.KILLED_UNANSWERED else None
        began_us = self._wall_us

        def end(error: BaseException) -> None:
            raise Stopped from error

        with virtual_loop(end) as loop:

            def wall_us() -> int:
                return self._wall_us + int(loop.now_s * 1e6)

            def begin() -> None:
                clock = Clock(
                    journal.last_time_us, JUMP_US_MAX, wall_us=wall_us, elapsed_us=lambda: int(loop.now_s * 1e6)
                )
                runtime = Runtime(
                    house,
                    _DyingJournal(journal, batches),
                    Limits(batch_commands_max=chance.choice((1, 3, 4_096))),
                    fatal=end,
                    clock=clock,
                )
                runtime.add_listener(self.witness)
                self._traffic.begin(runtime)
                self._plan(loop, runtime, journal, death)

            cause = run_until_stopped(loop, begin)
            if not (isinstance(cause, ENDS[death]) or (cause is None and death is Death.STOPPED)):
                raise AssertionError(f"a life should end because {death.value}, not so") from cause
            self._wall_us = max(began_us, wall_us())

    def _plan(self, loop: VirtualLoop, runtime: Runtime, journal: FileJournal, death: Death) -> None:
        """What happens to this life besides its traffic."""
        chance = self.chance

        def at_random(event: Callable[[], object], between: tuple[float, float] = (0.0, LIFE_S_MAX)) -> None:
            loop.call_later(chance.uniform(*between), event)

        if death is Death.SYNC_FAILED:
            at_random(lambda: setattr(self.disk, "fail_syncs", True))
            loop.call_later(4 * LIFE_S_MAX, self._lose_power)  # no spare segment either: it may just stop intake
        if death is Death.STOPPED:
            at_random(lambda: asyncio.ensure_future(self._stop(runtime, journal)))
        if self._snapshots_on:
            for _ in range(chance.randrange(1, 4)):
                at_random(self._save_snapshot)
        if chance.random() < 0.25:
            at_random(self._fill_disk)
            at_random(self._empty_disk, (LIFE_S_MAX, 2 * LIFE_S_MAX))
        if chance.random() < 0.1:
            loop.call_later(0.1, self._shift_clock, LEAP_US)
            loop.call_later(0.2, self._shift_clock, -LEAP_US)
        loop.call_later(UNDYING_S, self._is_undying, runtime)

    def _lose_power(self) -> None:
        raise PowerLoss

    def _is_undying(self, runtime: Runtime) -> None:
        stopped = runtime.intake_stopped or "it takes orders"
        raise AssertionError(f"this life should have ended long before {UNDYING_S} s; intake: {stopped}")

    async def _stop(self, runtime: Runtime, journal: FileJournal) -> None:
        await runtime.stop()
        journal.close()
        raise Stopped

    def _shift_clock(self, by_us: int) -> None:
        self._wall_us += by_us
        self.witness.tally["clock leapt"] += by_us > 0

    def _save_snapshot(self) -> None:
        """As the projector does it: from a replica of its own, never past the durable mark."""
        replica = House()
        try:
            with JournalReader(HOUSE_DIRECTORY, file_system=self.disk) as reader:
                catch_up(replica, reader)
                seq, chain = replica.next_seq - 1, reader.chain
            if seq:
                snapshot.save(HOUSE_DIRECTORY, seq, chain, replica.time_us, replica.dump(), file_system=self.disk)
                self.witness.tally["snapshots"] += 1
        except OSError:
            self.witness.tally["snapshots without room"] += 1

    def _fill_disk(self) -> None:
        used_bytes = sum(len(inode.present) for inode in self.disk.present.values())
        self.disk.free_bytes = used_bytes + self.chance.randrange(2 * SEGMENT_BYTES[0])
        self.witness.tally["disk full"] += 1

    def _empty_disk(self) -> None:
        self.disk.free_bytes = None
