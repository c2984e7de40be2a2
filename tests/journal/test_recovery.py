"""The house comes back from disk as it was: with snapshots, without, with damaged ones, and after a crash anywhere."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from fondaco.core import command_records
from fondaco.core import commands as c
from fondaco.core.applied import Applied
from fondaco.core.house import House
from fondaco.journal import layout, snapshot
from fondaco.journal.errors import DirectoryLocked, JournalDamaged, NotInJournal
from fondaco.journal.reader import JournalReader
from fondaco.runtime import recovery
from fondaco.runtime.recovery import crashing_seq, recover, verify, void_command
from tests.journal.disks import CrashingDisk, PowerLoss
from tests.journal.flows import HOUSE_DIRECTORY, read_all
from tests.journal.houses import OPENING, SEGMENT_BYTES, Trading, recovered_hash


def take_snapshot(directory: Path) -> int:
    """As the projector does: from a replica that follows the journal."""
    house = House()
    with JournalReader(directory) as reader:
        recovery.catch_up(house, reader)
        snapshot.save(directory, house.next_seq - 1, reader.chain, reader.last_time_us, house.dump())
    return house.next_seq - 1


@pytest.fixture
def traded(tmp_path: Path) -> tuple[Path, str]:
    """A directory with three segments and two snapshots below its end, and the state hash at its end."""
    trading = Trading(tmp_path)
    for batches in (60, 60, 20):
        trading.trade(batches)
        if batches == 60:
            take_snapshot(tmp_path)
    state_hash, _ = trading.close()
    assert len(snapshot.seqs(tmp_path)) == 2
    return tmp_path, state_hash


def test_the_house_comes_back_with_or_without_snapshots(traded: tuple[Path, str]) -> None:
    directory, state_hash = traded
    for _ in range(3):
        assert recovered_hash(directory) == state_hash
        for path in sorted(layout.snapshots_path(directory).iterdir())[-1:]:
            path.unlink()


def test_a_restarted_house_goes_on_like_one_that_never_stopped(tmp_path: Path) -> None:
    without = Trading(tmp_path / "without", seed=5)
    without.trade(50)
    stopped = Trading(tmp_path / "stopped", seed=5)
    for batches in (10, 25, 15):
        stopped.trade(batches)
        take_snapshot(tmp_path / "stopped")
        chance = stopped.chance
        stopped.close()
        stopped = Trading(tmp_path / "stopped")
        stopped.chance = chance
    assert stopped.close() == without.close()
    assert verify(tmp_path / "stopped").state_hash == verify(tmp_path / "without").state_hash


def test_damaged_snapshots_are_passed_over_with_a_warning(traded: tuple[Path, str]) -> None:
    directory, state_hash = traded
    paths = sorted(layout.snapshots_path(directory).iterdir(), reverse=True)
    for damaged, path in enumerate(paths, start=1):
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
        with capture_logs() as logs:
            assert recovered_hash(directory) == state_hash
        assert [log["file"] for log in logs] == [str(each) for each in paths[:damaged]]
        assert {log["why"] for log in logs} == {"its hash does not match its bytes"}


def test_snapshots_of_another_journal_are_passed_over(
    traded: tuple[Path, str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    directory, state_hash = traded
    other = tmp_path_factory.mktemp("other")
    trading = Trading(other, seed=2)
    trading.trade(300)
    alien_seq = take_snapshot(other)
    trading.close()
    own_seqs = snapshot.seqs(directory)
    alien = snapshot.load(other, alien_seq)
    assert isinstance(alien, snapshot.Snapshot)
    house = House.load(alien.dump)
    for seq in (own_seqs[-1], own_seqs[-1] + 1):
        layout.snapshot_path(directory, own_seqs[-1]).unlink(missing_ok=True)
        snapshot.save(directory, seq, alien.chain, house.time_us, alien.dump)
        with capture_logs() as logs:
            assert recovered_hash(directory) == state_hash
        assert len(logs) >= 1
        assert "another journal" in logs[0]["why"] or "does not end a batch" in logs[0]["why"]
    assert alien_seq > trading.journal.next_seq - 2


def test_snapshots_without_a_journal_are_refused(traded: tuple[Path, str]) -> None:
    directory, _ = traded
    for path in layout.journal_path(directory).iterdir():
        path.unlink()
    with pytest.raises(JournalDamaged, match="holds no segment: restore the journal from a backup"):
        recover(directory)


@pytest.mark.parametrize("seed", range(3))
def test_power_loss_anywhere_leaves_a_house_that_was(seed: int) -> None:
    """The state after any crash is the state of an uninterrupted run at some acknowledged point, and sums to zero."""
    chance = random.Random(seed)
    whole = CrashingDisk()
    trading = Trading(HOUSE_DIRECTORY, seed, whole)
    hashes = {1: House().state_hash(), trading.house.next_seq: trading.house.state_hash()}
    for _ in range(30):
        trading.trade(1)
        hashes[trading.house.next_seq] = trading.house.state_hash()
    for stop_at in range(0, whole.operations, 3):
        disk = CrashingDisk(stop_at)
        acknowledged_seq = 1
        try:
            trading = Trading(HOUSE_DIRECTORY, seed, disk)
            for _ in range(30):
                acknowledged_seq = trading.house.next_seq
                trading.trade(1)
        except PowerLoss:
            pass
        house, journal = recover(
            HOUSE_DIRECTORY, segment_bytes=SEGMENT_BYTES, file_system=disk.after_power_loss(chance)
        )
        assert house.next_seq == journal.next_seq >= acknowledged_seq
        assert hashes[house.next_seq] == house.state_hash()
        assert set(house.imbalances().values()) <= {0}


def test_verify_counts_and_compares(traded: tuple[Path, str]) -> None:
    directory, state_hash = traded
    before = {path: path.read_bytes() for path in directory.rglob("*") if path.is_file()}
    report = verify(directory)
    assert {path: path.read_bytes() for path in directory.rglob("*") if path.is_file()} == before
    batches = read_all(directory)
    assert report.problems == []
    assert (report.state_hash, report.chain) == (state_hash, batches[-1].chain.hex())
    assert (report.batches, report.commands, report.last_seq) == (141, batches[-1].last_seq, batches[-1].last_seq)
    assert report.events >= report.commands
    assert report.fills > 10
    assert [verdict.seq for verdict in report.snapshots] == snapshot.seqs(directory)
    assert (report.running_pid, report.torn, report.voided, report.imbalances) == (None, None, (), {})


def test_verify_reads_a_running_house_up_to_the_mark(tmp_path: Path) -> None:
    trading = Trading(tmp_path)
    trading.trade(10)
    report = verify(tmp_path)
    assert report.running_pid
    assert report.state_hash == trading.house.state_hash()
    trading.journal.write(trading.order(), 1, trading.journal.last_time_us)
    assert verify(tmp_path).last_seq == trading.journal.durable_seq == report.last_seq
    trading.journal.close()
    assert verify(tmp_path).last_seq == report.last_seq + 1, "it was whole on disk after all"


def test_verify_tells_of_snapshots_that_are_wrong(traded: tuple[Path, str]) -> None:
    directory, _ = traded
    old_seq, new_seq = snapshot.seqs(directory)
    old = snapshot.load(directory, old_seq)
    assert isinstance(old, snapshot.Snapshot)
    path = layout.snapshot_path(directory, new_seq)
    new = snapshot.load(directory, new_seq)
    assert isinstance(new, snapshot.Snapshot)
    path.unlink()
    snapshot.save(directory, new_seq, new.chain, new.time_us, old.dump)
    snapshot.save(directory, 10**6, new.chain, new.time_us, old.dump)
    snapshot.prune(directory, keep=3)
    report = verify(directory)
    assert len(report.problems) == 2
    assert report.problems[0].startswith(f"snapshot {new_seq}: replay from nothing gives another state")
    assert report.problems[1].startswith("snapshot 1000000: it lies beyond the journal's last sequence")


def test_verify_of_nothing_says_so(tmp_path: Path) -> None:
    with pytest.raises(NotInJournal, match="holds no journal"):
        verify(tmp_path)


def test_a_command_that_crashes_the_core_can_be_made_void(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trading = Trading(tmp_path, seed=9)
    trading.trade(20)
    take_snapshot(tmp_path)
    trading.trade(5)
    before = trading.house.state_hash()
    poison = command_records.encode_place(c.Sender(1, 1, 2), 1, 1, 1, 0, 66_666, 1)
    batch = [trading.order(), trading.order(), poison, trading.order()]
    trading.journal.append(b"".join(batch), 4, trading.journal.last_time_us)
    poison_seq = trading.journal.next_seq - 2
    trading.journal.close()

    sound_init = House.__init__

    def init(house: House) -> None:
        sound_init(house)
        sound_apply = house.apply

        def apply(content: bytes | bytearray, time_us: int) -> Applied:
            if poison in content:
                raise AssertionError("a defect of the core")
            return sound_apply(content, time_us)

        house.apply = apply

    monkeypatch.setattr(House, "__init__", init)
    with pytest.raises(AssertionError, match="a defect of the core") as caught:
        recover(tmp_path, segment_bytes=SEGMENT_BYTES)
    assert f"sequences {poison_seq - 2} to {poison_seq + 1}" in caught.value.__notes__[0]
    assert crashing_seq(tmp_path) == poison_seq

    with pytest.raises(NotInJournal, match=f"only the last batch, {poison_seq - 2} to {poison_seq + 1}"):
        void_command(tmp_path, poison_seq - 3)
    void_command(tmp_path, poison_seq)
    assert crashing_seq(tmp_path) is None
    house, journal = recover(tmp_path, segment_bytes=SEGMENT_BYTES)
    assert (house.next_seq, journal.next_seq) == (poison_seq + 2, poison_seq + 2)
    assert house.state_hash() != before
    with pytest.raises(DirectoryLocked):
        void_command(tmp_path, poison_seq)
    journal.close()

    report = verify(tmp_path)
    assert (report.voided, report.problems, report.state_hash) == ((poison_seq,), [], house.state_hash())
    records = read_all(tmp_path)[-1].records
    tick = command_records.encode(c.HOUSE, c.Tick())
    assert records == b"".join([batch[0], batch[1], tick, batch[3]])


def test_a_void_list_of_another_journal_is_refused(tmp_path: Path) -> None:
    for name, seed in (("one", 1), ("two", 2)):
        trading = Trading(tmp_path / name, seed)
        trading.close()
    void_command(tmp_path / "one", 3)
    layout.void_path(tmp_path / "two").write_bytes(layout.void_path(tmp_path / "one").read_bytes())
    with pytest.raises(JournalDamaged, match="sequence 3 was recorded as void for another journal"):
        recover(tmp_path / "two")
    layout.void_path(tmp_path / "two").write_bytes(b"[3]")
    with pytest.raises(JournalDamaged, match="restore it from a backup"):
        recover(tmp_path / "two")


def test_the_opening_of_these_tests_is_accepted_whole(tmp_path: Path) -> None:
    trading = Trading(tmp_path)
    assert [sum(trading.house.balance(user_id, 1)) for user_id in (1, 2, 3)] == [10**15] * 3
    assert trading.close()[1] == len(OPENING)
