"""From a data directory to the house it holds: the newest snapshot of use, then the journal after it.

There is one road for recovery, audit and replicas: batches from a reader, applied in order. ``recover`` owns the
directory and opens it for writing; ``verify`` only reads, on a running house too, replays from nothing and compares.

A command that makes the core raise stops every start at the same place. ``crashing_seq`` finds it and ``void_command``
lets replay pass over it (journal/void.py says why that is safe).

Cost: the journal is read and verified whole at every opening, about 0.5 GB/s; only what lies after the snapshot is
applied.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from fondaco.core.command_records import decode
from fondaco.core.events import ROW
from fondaco.core.house import House
from fondaco.journal import layout, snapshot
from fondaco.journal.base import Batch
from fondaco.journal.errors import JournalDamaged, NotInJournal
from fondaco.journal.file import SEGMENT_BYTES, FileJournal
from fondaco.journal.file_system import DISK, Closing, FileSystem
from fondaco.journal.lock import owner
from fondaco.journal.reader import JournalReader
from fondaco.journal.snapshot import Snapshot
from fondaco.journal.survey import Surveyed, Torn, survey
from fondaco.journal.void import Void, Voids


class SnapshotVerdict(msgspec.Struct, frozen=True):
    """Whether a snapshot equals the replay at its sequence; ``why`` is empty if it does."""

    seq: int
    why: str


class Report(msgspec.Struct, frozen=True):
    """What ``verify`` found. Sound if ``problems`` is empty."""

    last_seq: int
    time_us: int
    batches: int
    commands: int
    events: int
    fills: int
    chain: str
    state_hash: str
    voided: tuple[int, ...]
    snapshots: tuple[SnapshotVerdict, ...]
    imbalances: dict[str, int]
    torn: Torn | None
    running_pid: int | None

    @property
    def problems(self) -> list[str]:
        """A sentence for each thing that does not add up."""
        sentences = [f"snapshot {verdict.seq}: {verdict.why}" for verdict in self.snapshots if verdict.why]
        sentences += [f"{asset}: the balances sum to {units} units, not 0" for asset, units in self.imbalances.items()]
        return sentences


def recover(
    directory: Path,
    *,
    segment_bytes: int = SEGMENT_BYTES,
    file_system: FileSystem = DISK,
    lock: Closing | None = None,
) -> tuple[House, FileJournal]:
    """The house of a data directory, or an empty one, and its journal open for writing.

    The directory is owned until the journal is closed (``lock``: held by the caller already). Raises
    ``OperatingError``; what the core raises on a command goes through, with a note that names the batch.
    """
    _refuse_snapshots_alone(directory, file_system)
    journal = FileJournal.open(directory, segment_bytes=segment_bytes, file_system=file_system, lock=lock)
    try:
        house, reader = from_snapshot(directory, file_system=file_system)
        with reader:
            catch_up(house, reader)
        if house.next_seq != journal.next_seq:
            raise AssertionError(f"replay ended before {house.next_seq}, the journal before {journal.next_seq}")
    except BaseException:
        journal.close()
        raise
    return house, journal


def from_snapshot(
    directory: Path, seq_max: int | None = None, *, reads_on: bool = False, file_system: FileSystem = DISK
) -> tuple[House, JournalReader]:
    """The house of the newest snapshot that belongs to this journal, or an empty one, and a reader behind it.

    No snapshot after ``seq_max`` is taken, and the reader ends there, unless it ``reads_on`` as the journal grows.
    Snapshots that are passed over are named in the log.
    """
    up_to_seq = None if reads_on else seq_max
    for found in snapshot.newest_first(directory, file_system=file_system):
        if seq_max is not None and found.seq > seq_max:
            continue
        try:
            reader = JournalReader(directory, found.seq, up_to_seq=up_to_seq, file_system=file_system)
        except NotInJournal as error:
            snapshot.warn_unused(directory, found.seq, str(error))
            continue
        why = _foreign(found, reader)
        if not why:
            try:
                return House.load(found.dump), reader
            except (ValueError, msgspec.MsgspecError) as error:
                why = str(error)
        reader.close()
        snapshot.warn_unused(directory, found.seq, why)
    return House(), JournalReader(directory, up_to_seq=up_to_seq, file_system=file_system)


def catch_up(house: House, reader: JournalReader) -> None:
    """Apply everything the reader has now."""
    while batches := reader.read():
        for batch in batches:
            apply_batch(house, batch)


def apply_batch(house: House, batch: Batch) -> int:
    """Apply one batch as it stands in the journal; answers the number of events."""
    if house.next_seq != batch.first_seq:
        raise AssertionError(f"the house is at sequence {house.next_seq}, the batch begins with {batch.first_seq}")
    try:
        applied = house.apply(batch.records, batch.time_us)
    except Exception as error:
        error.add_note(
            f"while replaying sequences {batch.first_seq} to {batch.last_seq}. If every start ends here, "
            "`fondaco doctor DIR` finds the command and `fondaco doctor DIR --void SEQ` passes over it."
        )
        raise
    if applied.count != batch.count:
        raise AssertionError(
            f"the batch at sequence {batch.first_seq} holds {batch.count} commands, the house saw {applied.count}"
        )
    return len(applied.rows) // ROW.size


def verify(directory: Path, *, file_system: FileSystem = DISK) -> Report:
    """Replay from nothing and compare: chain, snapshots, conservation. Changes nothing and needs no lock.

    Of a running house it reads up to the durable mark. Raises ``JournalDamaged`` where the bytes themselves do not
    add up.
    """
    running_pid, surveyed = _look(directory, file_system)
    house = House()
    batches = events = 0
    verdicts: list[SnapshotVerdict] = []
    with JournalReader(directory, up_to_seq=surveyed.last_seq if surveyed else None, file_system=file_system) as reader:
        end_seq = reader.durable_seq
        due = snapshot.seqs(directory, file_system=file_system)
        while reader.next_seq <= end_seq:
            for batch in reader.read(limit=1):
                events += apply_batch(house, batch)
                batches += 1
            while due and due[0] < reader.next_seq:
                verdicts += _verdict(directory, due.pop(0), house, reader, file_system)
        for seq in due:
            verdicts += _verdict(directory, seq, house, reader, file_system)
        chain = reader.chain.hex()
    names = {asset_id: asset.name for asset_id, asset in house.assets.items()}
    return Report(
        last_seq=house.next_seq - 1,
        time_us=house.time_us,
        batches=batches,
        commands=house.next_seq - 1,
        events=events,
        fills=sum(house.last_deal_id(market_id) for market_id in house.markets),
        chain=chain,
        state_hash=house.state_hash(),
        voided=tuple(Voids.load(directory, file_system).seqs),
        snapshots=tuple(verdicts),
        imbalances={names[asset_id]: units for asset_id, units in house.imbalances().items() if units},
        torn=surveyed.torn if surveyed else None,
        running_pid=running_pid,
    )


def crashing_seq(directory: Path, *, file_system: FileSystem = DISK) -> int | None:
    """The first command of the last batch which makes the core raise, or None if the batch applies."""
    last = _last_batch(directory, file_system)
    house, reader = from_snapshot(directory, last.first_seq - 1, file_system=file_system)
    with reader:
        catch_up(house, reader)
    offset = 0
    for seq in range(last.first_seq, last.last_seq + 1):
        try:
            size_bytes = decode(last.records, offset).size_bytes
            house.apply(last.records[offset : offset + size_bytes], last.time_us)
        except Exception:
            return seq
        offset += size_bytes
    return None


def void_command(directory: Path, seq: int, *, file_system: FileSystem = DISK) -> None:
    """Let every replay pass over command ``seq`` from now on, durably. The house must not be running.

    Raises ``DirectoryLocked``, and ``NotInJournal`` if the command is not of the last batch: then it was answered.
    """
    lock = file_system.lock(directory)
    try:
        last = _last_batch(directory, file_system)
        if not last.first_seq <= seq <= last.last_seq:
            raise NotInJournal(
                f"sequence {seq} cannot be made void: only the last batch, {last.first_seq} to {last.last_seq}, "
                "was perhaps answered to nobody"
            )
        Voids.load(directory, file_system).add(Void(seq, last.chain.hex()), file_system)
    finally:
        lock.close()


def _last_batch(directory: Path, file_system: FileSystem) -> Batch:
    surveyed = survey(directory, file_system)
    if surveyed is None or surveyed.last_seq == 0:
        raise NotInJournal(f"{directory} holds no command")
    last_seq = surveyed.last_seq
    with JournalReader(directory, last_seq - 1, up_to_seq=last_seq, file_system=file_system) as reader:
        return reader.read()[-1]


def _foreign(found: Snapshot, reader: JournalReader) -> str:
    if reader.next_seq != found.seq + 1:
        return f"it was taken after sequence {found.seq}, which does not end a batch of this journal"
    return "" if reader.chain == found.chain else "it was taken from another journal: its chain differs"


def _verdict(
    directory: Path, seq: int, house: House, reader: JournalReader, file_system: FileSystem
) -> list[SnapshotVerdict]:
    """Compare the snapshot after ``seq`` with the replay there; nothing if it was removed in the meantime."""
    found = snapshot.load(directory, seq, file_system=file_system)
    if seq >= reader.next_seq:
        why = f"it lies beyond the journal's last sequence {reader.next_seq - 1}"
    elif isinstance(found, Snapshot):
        why = _foreign(found, reader)
        if not why and house.dump() != found.dump:
            why = "replay from nothing gives another state; remove the file: the journal is what counts"
    elif seq in snapshot.seqs(directory, file_system=file_system):
        why = found
    else:
        return []
    return [SnapshotVerdict(seq, why)]


def _look(directory: Path, file_system: FileSystem) -> tuple[int | None, Surveyed | None]:
    """Who runs the house, or else the survey of its journal: that of a running house would see half a batch."""
    pid = owner(directory)
    if pid is not None:
        return pid, None
    try:
        surveyed = survey(directory, file_system)
    except JournalDamaged:
        if (pid := owner(directory)) is not None:  # it was started in between
            return pid, None
        raise
    if surveyed is None:
        raise NotInJournal(f"{directory} holds no journal; is it the right directory?")
    return None, surveyed


def _refuse_snapshots_alone(directory: Path, file_system: FileSystem) -> None:
    segments = layout.numbered(file_system.names(layout.journal_path(directory)), layout.SEGMENT_SUFFIX)
    if not segments and file_system.names(layout.snapshots_path(directory)):
        raise JournalDamaged(
            f"{layout.snapshots_path(directory)} is not empty, but {layout.journal_path(directory)} holds no segment: "
            "restore the journal from a backup, or move the snapshots away to begin anew"
        )
