"""However the database came about, it holds the same rows: in one go, in pieces, anew, with and without snapshots."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from fondaco.core.house import House
from fondaco.journal import snapshot
from fondaco.journal.file import FileJournal
from fondaco.journal.reader import JournalReader
from fondaco.projections.database import FILE_NAME, SCHEMA_VERSION, create_tables, discard, metadata, open_engine
from fondaco.projections.progress import Progress
from fondaco.projections.tail import Distrusted, Tail
from tests.projections.flows import SLOW, YEARS, Flow
from tests.projections.houses import append, caught_up, content, journal_of, tail_of
from tests.projections.rewards_flows import RewardsFlow


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A data directory with a journal over years and its database."""
    directory = tmp_path / "house"
    journal_of(directory, Flow(21, YEARS).run(200))
    caught_up(directory)
    return directory


def test_a_deleted_database_comes_back_the_same(house: Path) -> None:
    before = content(house)
    assert len(before["trade_runs"]) > 100
    discard(house / FILE_NAME)
    caught_up(house)
    assert content(house) == before


@pytest.mark.parametrize("snapshots", ["with snapshots", "snapshots removed", "no snapshots"])
def test_restarts_change_nothing(tmp_path: Path, snapshots: str) -> None:
    flow = RewardsFlow(22, SLOW).run(200)
    directory, at_once = tmp_path / "house", tmp_path / "at_once"
    journal_of(at_once, flow)
    caught_up(at_once)
    directory.mkdir()
    journal = FileJournal.open(directory)
    for first in range(0, len(flow.batches), 40):
        append(journal, flow.batches[first : first + 40])
        caught_up(directory, snapshot=snapshots != "no snapshots")
        if snapshots == "snapshots removed":
            shutil.rmtree(directory / "snapshots")
    journal.close()
    assert content(directory)["checkpoint"][0][2] == flow.house.next_seq - 1
    assert _without_chain(content(directory)) == _without_chain(content(at_once))
    assert all(content(at_once)[table] for table in metadata.tables if table.startswith("reward_"))
    if snapshots == "with snapshots":
        newest = next(snapshot.newest_first(directory))
        assert newest.dump == flow.house.dump()


def test_a_snapshot_beyond_the_checkpoint_is_not_used(house: Path, tmp_path: Path) -> None:
    early = tmp_path / "early"
    shutil.copytree(house, early)
    flow = Flow(21, YEARS).run(260)
    with_more = FileJournal.open(house)
    append(with_more, flow.batches[201:])
    with_more.close()
    database = (house / FILE_NAME).read_bytes()
    caught_up(house, snapshot=True)
    expected = content(house)
    discard(house / FILE_NAME)
    (house / FILE_NAME).write_bytes(database)  # as after a restore of an older database
    caught_up(house)
    assert content(house) == expected


@pytest.mark.parametrize("inside_a_batch", [False, True], ids=["of another journal", "inside a batch"])
def test_a_snapshot_that_is_not_of_this_journal_is_passed_over(house: Path, inside_a_batch: bool) -> None:
    caught_up(house, snapshot=True)
    found = next(snapshot.newest_first(house))
    shutil.rmtree(house / "snapshots")
    seq = found.seq - 1 if inside_a_batch else found.seq
    with JournalReader(house, seq) as reader:
        assert (reader.next_seq == seq + 1) is not inside_a_batch
        snapshot.save(house, seq, reader.chain if inside_a_batch else bytes(16), found.time_us, House().dump())
    flow = Flow(21, YEARS).run(260)
    with contextlib.closing(FileJournal.open(house)) as journal:
        append(journal, flow.batches[201:])
    caught_up(house)
    grown = content(house)
    discard(house / FILE_NAME)
    shutil.rmtree(house / "snapshots")
    caught_up(house)
    assert content(house) == grown


def _of_another_version(path: Path) -> None:
    _change(path, f"UPDATE checkpoint SET schema_version = {SCHEMA_VERSION + 1}")


def _of_another_layout(path: Path) -> None:
    _change(path, "ALTER TABLE checkpoint DROP COLUMN finished_orders")


def _of_another_journal(path: Path) -> None:
    _change(path, "UPDATE checkpoint SET chain = zeroblob(16)")


def _beyond_the_journal(path: Path) -> None:
    _change(path, "UPDATE checkpoint SET seq = seq + 1000000")


def _of_another_boot(path: Path) -> None:
    _change(path, "UPDATE claims SET boot_id = 'another'")


def _not_a_database(path: Path) -> None:
    path.write_bytes(b"This was a database once." * 1_000)


def _a_flipped_page(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[100:4_096] = bytes(3_996)
    path.write_bytes(content)


def _change(path: Path, statement: str) -> None:
    connection = sqlite3.connect(path)
    connection.execute(statement)
    connection.commit()
    connection.close()


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (_of_another_version, "another version"),
        (_of_another_layout, "another version"),
        (_of_another_journal, "another command"),
        (_beyond_the_journal, "beyond"),
        (_of_another_boot, "when the machine went down"),
        (_not_a_database, "damaged"),
        (_a_flipped_page, "damaged"),
    ],
)
def test_what_cannot_be_believed_is_refused(house: Path, spoil: Callable[[Path], None], reason: str) -> None:
    spoil(house / FILE_NAME)
    with pytest.raises(Distrusted, match=reason):
        Tail(house)


def test_what_was_left_in_good_order_is_believed_after_a_reboot(house: Path) -> None:
    before = content(house)
    with tail_of(house) as tail:
        assert _claim(house) != ""
        tail.finish()
    assert _claim(house) == ""
    with tail_of(house):
        assert _claim(house) != ""
    assert content(house) == before


def test_a_file_that_is_taken_away_is_noticed(house: Path) -> None:
    with tail_of(house) as tail:
        tail.check_file()
        (house / FILE_NAME).unlink()
        with pytest.raises(Distrusted, match="removed or replaced"):
            tail.check_file()


def _claim(directory: Path) -> str:
    with contextlib.closing(sqlite3.connect(directory / FILE_NAME)) as connection:
        return str(connection.execute("SELECT boot_id FROM claims").fetchone()[0])


def _without_chain(tables: dict[str, list[tuple[object, ...]]]) -> dict[str, list[tuple[object, ...]]]:
    """The chain is each journal's own; all the rest is the flow's."""
    return tables | {"checkpoint": [(*row[:3], *row[4:]) for row in tables["checkpoint"]]}


def test_others_read_nothing_whatever_the_umask(tmp_path: Path) -> None:
    umask = os.umask(0)
    try:
        with Progress(tmp_path):
            engine = open_engine(tmp_path / FILE_NAME, write=True)
            create_tables(engine)
            paths = list(tmp_path.glob("projections.*"))
            modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in paths}
            assert set(modes) == {"projections.progress", *(FILE_NAME + suffix for suffix in ("", "-wal", "-shm"))}
            assert set(modes.values()) == {0o640}
            engine.dispose()
            for path in tmp_path.iterdir():
                path.chmod(0o644)
        open_engine(tmp_path / FILE_NAME, write=True).dispose()
        Progress(tmp_path).close()
        assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {0o640}
    finally:
        os.umask(umask)
