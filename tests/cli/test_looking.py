"""verify, inspect, backup and doctor on real directories: sound ones, damaged ones, and none."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from fondaco.core.command_records import decode, encode
from fondaco.core.commands import HOUSE, Rewards
from fondaco.core.rewards.actions import ParticipantPut
from fondaco.demo.seed import CREDENTIALS
from fondaco.journal import layout
from fondaco.journal.lock import DirectoryLock
from fondaco.journal.people import People
from fondaco.projections import database
from fondaco.runtime.recovery import recover
from tests.cli.program import STORY, fondaco, write_story


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return write_story(tmp_path / "house")


def damage(directory: Path, needle: bytes) -> None:
    """Flips one bit inside the first batch that holds ``needle``."""
    (path,) = layout.journal_path(directory).glob("*.seg")
    content = bytearray(path.read_bytes())
    content[content.index(needle)] ^= 1
    path.write_bytes(content)


def test_a_sound_house_verifies(directory: Path) -> None:
    run = fondaco("verify", directory)
    assert (run.returncode, run.stderr) == (0, "")
    assert f"sequences   1 to {len(STORY)}" in run.stdout
    assert "1 fills" in run.stdout
    assert "every asset sums to zero" in run.stdout
    assert run.stdout.endswith("sound\n")


def test_a_flipped_byte_is_found_and_placed(directory: Path) -> None:
    damage(directory, b"USDT")
    run = fondaco("verify", directory)
    assert run.returncode == 1
    assert ".seg, byte " in run.stderr
    assert "Traceback" not in run.stderr


def test_inspect_prints_commands_and_what_they_caused(directory: Path) -> None:
    lines = [json.loads(line) for line in fondaco("inspect", directory).stdout.splitlines()]
    commands = [line["command"] for line in lines if "command" in line]
    assert commands == [decode(encode(sender, command)).kind.name for sender, command in STORY]
    assert [line["seq"] for line in lines] == sorted(line["seq"] for line in lines)
    (fill,) = [line for line in lines if line.get("event") == "FILL"]
    assert {key: fill[key] for key in ("market", "price", "amount", "money", "taker", "maker", "taker_side")} == {
        "market": "BTCUSDT", "price": "100.50", "amount": "1.00000", "money": "100.50000000",
        "taker": "bob", "maker": "ann", "taker_side": "BID",
    }  # fmt: skip
    assert (fill["taker_fee"], fill["maker_fee"]) == ("0.00200000", "0.10050000")
    assert "secret" not in json.dumps(lines)


def test_inspect_gives_facts_by_name_and_in_decimals(directory: Path) -> None:
    lines = [json.loads(line) for line in fondaco("inspect", directory).stdout.splitlines()]
    facts = {line["event"]: line for line in lines if "event" in line}
    assert facts["BalanceUpdated"] == {
        "seq": 8, "event": "BalanceUpdated", "of_user": "bob", "asset": "USDT", "business": "deposit", "business_id": 2,
        "change": "1000.00000000", "balance": "1000.00000000", "detail": "{}", "repeated": False,
    }  # fmt: skip
    market = facts["MarketCreated"]["market"]
    assert {key: market[key] for key in ("name", "stock", "money", "maker_fee", "taker_fee")} == {
        "name": "BTCUSDT", "stock": "BTC", "money": "USDT", "maker_fee": "0.001", "taker_fee": "0.002",
    }  # fmt: skip
    assert facts["KeyCreated"]["key"]["of_user"] == "ann"
    for line in lines:
        assert "command" in line or not [key for key in line if key.endswith(("_units", "_ppm"))]


def test_inspect_from_a_sequence_and_some(directory: Path) -> None:
    lines = [
        json.loads(line) for line in fondaco("inspect", directory, "--from", "9", "--count", "1").stdout.splitlines()
    ]
    assert {line["seq"] for line in lines} == {9}
    assert lines[0] == {
        "seq": 9, "time": lines[0]["time"], "command": "PLACE", "user": "ann", "key_id": 1, "session_id": 7,
        "market": "BTCUSDT", "side": "ASK", "type": "LIMIT", "time_in_force": "GTC", "price": "100.50",
        "amount": "3.00000", "client_order_id": "mine",
    }  # fmt: skip
    assert [line["event"] for line in lines[1:]] == ["ORDER"]
    assert lines[0]["time"].endswith("Z")


def test_inspect_beyond_the_end_names_the_end(directory: Path) -> None:
    run = fondaco("inspect", directory, "--from", "99")
    assert run.returncode == 1
    assert f"holds the sequences 1 to {len(STORY)}; --from is 99" in run.stderr


def test_a_backup_verifies_and_has_the_same_hash(directory: Path, tmp_path: Path) -> None:
    run = fondaco("backup", directory, tmp_path / "copy")
    assert run.returncode == 0, run.stderr
    assert f"fondaco verify {tmp_path / 'copy'}" in run.stdout
    hashes = [
        line
        for where in (directory, tmp_path / "copy")
        for line in fondaco("verify", where).stdout.splitlines()
        if line.startswith("state hash")
    ]
    assert len(hashes) == 2
    assert hashes[0] == hashes[1]
    again = fondaco("backup", directory, tmp_path / "copy")
    assert again.returncode == 1
    assert "copy" in again.stderr


@pytest.mark.parametrize("command", ["verify", "inspect", "doctor"])
def test_a_directory_without_a_journal_is_named(command: str, tmp_path: Path) -> None:
    run = fondaco(command, tmp_path / "nowhere")
    assert run.returncode == 1
    assert "holds no journal" in run.stdout + run.stderr
    assert not (tmp_path / "nowhere").exists()


def test_doctor_finds_nothing_wrong_with_a_sound_house(directory: Path) -> None:
    run = fondaco("doctor", directory)
    assert run.returncode == 0, run.stdout
    assert f"sound up to sequence {len(STORY)}" in run.stdout
    assert "p99" in run.stdout
    assert "wrong " not in run.stdout


def test_doctor_names_the_owner_of_a_running_house(directory: Path) -> None:
    with DirectoryLock(directory):
        run = fondaco("doctor", directory)
    assert f"is run by process {os.getpid()}" in run.stdout
    assert run.returncode == 0


def test_doctor_says_how_to_mend_exposed_secrets(directory: Path) -> None:
    path = layout.secrets_path(directory)
    path.chmod(0o644)
    run = fondaco("doctor", directory)
    assert run.returncode == 1
    assert "others can read it" in run.stdout
    assert f"→ chmod 600 {path}" in run.stdout


def test_doctor_and_up_tell_lost_secrets_from_keys_never_made(directory: Path) -> None:
    layout.secrets_path(directory).unlink()
    run = fondaco("doctor", directory)
    assert run.returncode == 1
    assert f"{layout.secrets_path(directory)} is missing, and the journal has 1 API key" in run.stdout
    assert "restore it from a backup" in run.stdout
    run = fondaco("up", "--data", directory, "--port", "0")
    assert run.returncode == 1
    assert f"{layout.secrets_path(directory)} is missing" in run.stderr
    assert "restore it from a backup" in run.stderr


@pytest.mark.parametrize("content", [b"garbage", b"SQLite format 3\0" + bytes(4000)], ids=["no database", "damaged"])
def test_doctor_opens_the_database_of_history(directory: Path, content: bytes) -> None:
    path = directory / database.FILE_NAME
    path.write_bytes(content)
    run = fondaco("doctor", directory)
    assert run.returncode == 0
    assert f"{path} cannot be read" in run.stdout
    assert "the next start builds it anew" in run.stdout
    assert path.read_bytes() == content
    assert [each.name for each in directory.glob("projections*")] == [path.name]


def test_doctor_reads_how_far_history_is_from_the_database(directory: Path) -> None:
    engine = database.open_engine(directory / database.FILE_NAME, write=True)
    database.create_tables(engine)
    with engine.begin() as connection:
        row = {"id": 1, "schema_version": database.SCHEMA_VERSION, "seq": 7, "chain": b"", "time_us": 1}
        connection.execute(database.checkpoint.insert(), {**row, "finished_orders": 0})
    engine.dispose()
    assert f"history is {len(STORY) - 7} commands behind the journal" in fondaco("doctor", directory).stdout


def test_doctor_reads_a_demos_credentials(directory: Path) -> None:
    path = directory / CREDENTIALS
    path.write_text("{}")
    path.chmod(0o600)
    run = fondaco("doctor", directory)
    assert run.returncode == 0
    assert f"{path} cannot be read as a demo's keys" in run.stdout
    assert "`fondaco demo` writes it anew at its start" in run.stdout


@pytest.mark.parametrize(
    ("settings", "told", "code"),
    [
        ('host = "0.0.0.0"', "without TLS", 0),
        ('host = "0.0.0.0"\ntrusted_proxy = "10.0.0.1"', "the settings hold", 0),
        ("prot = 1", "there is no setting prot; did you mean port?", 1),
    ],
)
def test_doctor_reads_the_settings(directory: Path, settings: str, told: str, code: int) -> None:
    (directory / "fondaco.toml").write_text(settings)
    run = fondaco("doctor", directory)
    assert (run.returncode, told in run.stdout) == (code, True), run.stdout


def test_doctor_tells_a_damaged_journal_and_a_useless_snapshot(directory: Path) -> None:
    layout.snapshots_path(directory).mkdir(exist_ok=True)
    layout.snapshot_path(directory, 3).write_bytes(b"nothing of use")
    run = fondaco("doctor", directory)
    assert run.returncode == 0
    assert "snapshot 3 is of no use" in run.stdout
    damage(directory, b"USDT")
    run = fondaco("doctor", directory)
    assert run.returncode == 1
    assert ".seg, byte " in run.stdout


def test_a_command_that_was_answered_cannot_be_voided(directory: Path) -> None:
    run = fondaco("doctor", directory, "--void", "3")
    assert run.returncode == 1
    assert "sequence 3 cannot be made void" in run.stderr
    last = len(STORY)
    run = fondaco("doctor", directory, "--void", str(last))
    assert run.returncode == 0, run.stderr
    verified = fondaco("verify", directory)
    assert "0 fills" in verified.stdout
    assert f"void        {last} passed over" in verified.stdout


def test_a_path_that_cannot_be_is_a_sentence(directory: Path, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    for words in (("backup", directory, "/proc/nope"), ("verify", file), ("inspect", file)):
        run = fondaco(*words)
        assert run.returncode == 1, words
        assert run.stderr.startswith("fondaco: "), words
        assert "Traceback" not in run.stderr


def test_people_are_backed_up_apart_and_missed_when_their_keys_are(directory: Path, tmp_path: Path) -> None:
    path, file = layout.people_path(directory), tmp_path / "people"
    people = People(path)
    sealed = people.seal(people.new_person(), b"{}")
    people.close()
    house, journal = recover(directory)
    record = encode(HOUSE, Rewards(1, 0, ParticipantPut(0, "", sealed, 1)))
    journal.append(record, 1, house.time_us)
    journal.close()
    assert "people's keys are not in it" in fondaco("backup", directory, tmp_path / "copy").stdout
    run = fondaco("backup", directory, tmp_path / "second", "--people-keys", file)
    assert run.returncode == 0, run.stderr
    assert f"the keys of 1 people to {file}" in run.stdout
    assert f"{path} is readable by its owner only" in fondaco("doctor", directory).stdout
    path.unlink()
    run = fondaco("doctor", directory)
    assert run.returncode == 1
    assert f"{path} is missing, and the journal has 1 sealed contact: all of them read as erased" in run.stdout
