"""What lies beside the journal: snapshots, secrets, and the copy of all of it."""

from __future__ import annotations

import random
import stat
import threading
from pathlib import Path

import pytest

from fondaco.journal import layout, snapshot
from fondaco.journal.backup import backup
from fondaco.journal.errors import BackupRefused, JournalDamaged, NotInJournal, SecretsExposed
from fondaco.journal.secrets import SecretStore
from fondaco.runtime.recovery import recover, verify, void_command
from tests.journal.disks import CrashingDisk, PowerLoss
from tests.journal.flows import HOUSE_DIRECTORY, read_all
from tests.journal.houses import Trading, recovered_hash

CHAIN = b"chain of 16 byte"


def test_the_newest_two_snapshots_are_kept(tmp_path: Path) -> None:
    assert list(snapshot.newest_first(tmp_path)) == []
    for seq in (5, 70, 600, 8000):
        snapshot.save(tmp_path, seq, CHAIN, seq + 1, f"dump {seq}".encode())
    assert snapshot.seqs(tmp_path) == [600, 8000]
    found = next(snapshot.newest_first(tmp_path))
    assert (found.seq, found.chain, found.time_us, found.dump) == (8000, CHAIN, 8001, b"dump 8000")
    assert [each.name for each in layout.snapshots_path(tmp_path).glob("*8000*")] == ["00000000000000008000.snap"]


def test_pruning_keeps_two_that_verify(tmp_path: Path) -> None:
    for seq in (1, 2):
        snapshot.save(tmp_path, seq, CHAIN, 1, b"dump")
    layout.snapshot_path(tmp_path, 2).write_bytes(b"nothing of use")
    snapshot.save(tmp_path, 3, CHAIN, 1, b"dump")
    assert snapshot.seqs(tmp_path) == [1, 2, 3]
    snapshot.save(tmp_path, 4, CHAIN, 1, b"dump")
    assert snapshot.seqs(tmp_path) == [3, 4]


def test_every_byte_of_a_snapshot_counts(tmp_path: Path) -> None:
    path = snapshot.save(tmp_path, 9, CHAIN, 10, b"the dump of a house")
    content = path.read_bytes()
    for offset in [*range(len(content))]:
        path.write_bytes(content[:offset] + bytes([content[offset] ^ 1]) + content[offset + 1 :])
        assert isinstance(snapshot.load(tmp_path, 9), str), offset
        path.write_bytes(content[:offset])
        assert isinstance(snapshot.load(tmp_path, 9), str), offset
    path.rename(layout.snapshot_path(tmp_path, 8))
    layout.snapshot_path(tmp_path, 8).write_bytes(content)
    assert snapshot.load(tmp_path, 8) == "its hash does not match its bytes"
    assert snapshot.load(tmp_path, 9) == "it cannot be read: No such file or directory"


def test_a_crash_while_saving_leaves_the_snapshot_before() -> None:
    whole = CrashingDisk()
    for seq in (1, 2, 3, 4):
        snapshot.save(HOUSE_DIRECTORY, seq, CHAIN, seq, b"dump" * 100, file_system=whole)
    chance = random.Random(1)
    for stop_at in range(whole.operations + 1):
        disk = CrashingDisk(stop_at)
        saved = 0
        try:
            for seq in (1, 2, 3, 4):
                snapshot.save(HOUSE_DIRECTORY, seq, CHAIN, seq, b"dump" * 100, file_system=disk)
                saved = seq
        except PowerLoss:
            pass
        for _ in range(5):
            found = next(snapshot.newest_first(HOUSE_DIRECTORY, file_system=disk.after_power_loss(chance)), None)
            assert (found.seq if found else 0) in (saved, saved + 1)


def test_secrets_are_kept_for_their_owner_alone(tmp_path: Path) -> None:
    path = layout.secrets_path(tmp_path)
    store = SecretStore(path)
    assert store.get("alice-key") is None
    store.put("alice-key", "s3cret-α")
    store.put("bob-key", "other")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    again = SecretStore(path)
    assert (again.get("alice-key"), again.get("bob-key"), again.get("eve")) == ("s3cret-α", "other", None)
    assert "s3cret" not in repr(again)
    path.chmod(0o640)
    with pytest.raises(SecretsExposed, match=f"mode 0640, so others can read it; run: chmod 600 {path}"):
        SecretStore(path)
    path.chmod(0o600)
    path.write_bytes(b'{"half')
    with pytest.raises(JournalDamaged, match="restore it from a backup"):
        SecretStore(path)


def test_a_secret_is_durable_when_put_returns() -> None:
    chance = random.Random(2)
    path = layout.secrets_path(HOUSE_DIRECTORY)
    for stop_at in range(16):
        disk = CrashingDisk(stop_at)
        put: list[str] = []
        try:
            store = SecretStore(path, file_system=disk)
            for api_key in ("a", "b", "c"):
                store.put(api_key, api_key.upper())
                put.append(api_key)
        except PowerLoss:
            pass
        for _ in range(5):
            found = SecretStore(path, file_system=disk.after_power_loss(chance))
            assert [found.get(api_key) for api_key in put] == [api_key.upper() for api_key in put]


def test_a_backup_of_a_running_house_opens_and_verifies(tmp_path: Path) -> None:
    trading = Trading(tmp_path / "house")
    SecretStore(layout.secrets_path(tmp_path / "house")).put("key", "secret")
    (tmp_path / "house" / "fondaco.toml").write_text("# settings\n")
    hashes = {trading.house.next_seq - 1: trading.house.state_hash()}
    stop = threading.Event()

    def trade() -> None:
        while not stop.is_set():
            trading.trade(1)
            hashes[trading.house.next_seq - 1] = trading.house.state_hash()

    thread = threading.Thread(target=trade)
    thread.start()
    try:
        copies = [backup(tmp_path / "house", tmp_path / f"copy{number}") for number in range(6)]
    finally:
        stop.set()
        thread.join()
    trading.close()
    seqs = [copy.last_seq for copy in copies]
    assert seqs == sorted(seqs)
    assert seqs[0] < seqs[-1], "the house went on meanwhile"
    for number, copy in enumerate(copies):
        target = tmp_path / f"copy{number}"
        report = verify(target)
        assert (report.problems, report.last_seq, report.torn) == ([], copy.last_seq, None)
        assert report.state_hash == hashes[copy.last_seq] == recovered_hash(target)
        assert SecretStore(layout.secrets_path(target)).get("key") == "secret"
        assert (target / "fondaco.toml").read_text() == "# settings\n"
        Trading(target).trade(3)


def test_a_backup_carries_snapshots_and_void_commands(tmp_path: Path) -> None:
    trading = Trading(tmp_path / "house")
    trading.trade(30)
    seq, chain = trading.journal.durable_seq, trading.journal.chain
    snapshot.save(tmp_path / "house", seq, chain, trading.journal.last_time_us, trading.house.dump())
    trading.trade(1)
    snapshot.save(tmp_path / "house", 10**9, chain, 0, b"of a time to come")
    trading.close()
    void_command(tmp_path / "house", trading.journal.next_seq - 1)
    copied = backup(tmp_path / "house", tmp_path / "copy")
    assert copied.snapshots == 1
    assert snapshot.seqs(tmp_path / "copy") == [seq]
    report = verify(tmp_path / "copy")
    assert (report.voided, report.problems) == ((copied.last_seq,), [])
    assert report.state_hash == recovered_hash(tmp_path / "house")


def test_a_backup_of_an_empty_house_opens(tmp_path: Path) -> None:
    _, journal = recover(tmp_path / "house")
    assert backup(tmp_path / "house", tmp_path / "copy").last_seq == 0
    journal.close()
    Trading(tmp_path / "copy").close()


def test_a_backup_refuses_what_it_would_spoil(tmp_path: Path) -> None:
    Trading(tmp_path / "house").close()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "something").touch()
    with pytest.raises(BackupRefused, match="is not empty; name a new directory"):
        backup(tmp_path / "house", tmp_path / "full")
    with pytest.raises(BackupRefused, match="lies inside"):
        backup(tmp_path / "house", tmp_path / "house" / "copy")
    with pytest.raises(NotInJournal, match="holds no journal"):
        backup(tmp_path / "nothing", tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


def test_an_interrupted_backup_does_not_pass_for_a_house() -> None:
    """It opens only if the whole journal is in it."""
    whole = CrashingDisk()
    trading = Trading(HOUSE_DIRECTORY, file_system=whole)
    trading.trade(60)
    trading.journal.close()
    target = Path("/copy")
    before = whole.operations
    backup(HOUSE_DIRECTORY, target, file_system=whole)
    steps = whole.operations - before
    opened = 0
    for stop_at in range(steps):
        disk = CrashingDisk()
        trading = Trading(HOUSE_DIRECTORY, file_system=disk)
        trading.trade(60)
        trading.journal.close()
        disk.stop_at = disk.operations + stop_at
        with pytest.raises(PowerLoss):
            backup(HOUSE_DIRECTORY, target, file_system=disk)
        disk.stop_at = None
        if "durable" not in disk.names(layout.journal_path(target)):
            continue  # not begun: still a new directory
        try:
            _, journal = recover(target, file_system=disk)
        except JournalDamaged:
            continue
        assert journal.next_seq == trading.journal.next_seq
        opened += 1
    assert opened < steps / 2


def test_a_damaged_source_is_not_copied_silently(tmp_path: Path) -> None:
    trading = Trading(tmp_path / "house")
    trading.trade(60)
    trading.close()
    first = layout.segment_path(tmp_path / "house", 1)
    content = bytearray(first.read_bytes())
    content[1000] ^= 1
    first.write_bytes(content)
    with pytest.raises(JournalDamaged, match=f"{first}, byte "):
        backup(tmp_path / "house", tmp_path / "copy")
    with pytest.raises(JournalDamaged):
        recover(tmp_path / "copy")
    assert read_all(tmp_path / "house", after_seq=trading.journal.next_seq - 1) == []
