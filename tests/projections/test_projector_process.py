"""The projector as a process: follows, survives being killed, builds anew what is damaged, ends with the house."""

from __future__ import annotations

import contextlib
import random
import time
from pathlib import Path

from fondaco.journal import snapshot
from fondaco.journal.file import FileJournal
from fondaco.projections.database import FILE_NAME, discard
from tests.projections.flows import SLOW, Flow
from tests.projections.houses import ProjectorProcess, append, caught_up, content
from tests.waiting import blocked_until


def test_it_follows_a_living_journal_and_ends_with_the_house(tmp_path: Path) -> None:
    flow = Flow(31).run(120)
    with contextlib.closing(FileJournal.open(tmp_path)) as journal:
        with ProjectorProcess(tmp_path) as projector:
            for batch in flow.batches:
                append(journal, [batch])
                projector.wait_for(journal.durable_seq)
        assert projector.process.returncode == 0
    assert projector.log()[-1]["event"] == "the house is gone"
    newest = next(snapshot.newest_first(tmp_path))
    assert (newest.seq, newest.dump) == (flow.house.next_seq - 1, flow.house.dump())


def test_killed_again_and_again_it_loses_and_repeats_nothing(tmp_path: Path) -> None:
    flow = Flow(32, SLOW).run(600)
    dice = random.Random(32)
    with contextlib.closing(FileJournal.open(tmp_path)) as journal:
        remaining = flow.batches
        for _ in range(5):
            with ProjectorProcess(tmp_path) as projector:
                killed_at_s = time.monotonic() + dice.uniform(0.6, 1.2)
                while time.monotonic() < killed_at_s:
                    append(journal, remaining[:2])
                    remaining = remaining[2:]
                    time.sleep(0.01)
                projector.kill()
        append(journal, remaining)
        with ProjectorProcess(tmp_path) as projector:
            projector.wait_for(journal.durable_seq)
    after_kills = content(tmp_path)
    discard(tmp_path / FILE_NAME)
    caught_up(tmp_path)
    assert content(tmp_path) == after_kills


def test_what_is_damaged_or_taken_away_is_built_anew(tmp_path: Path) -> None:
    flow = Flow(33).run(100)
    with contextlib.closing(FileJournal.open(tmp_path)) as journal:
        append(journal, flow.batches)
        caught_up(tmp_path)
        expected = content(tmp_path)
        (tmp_path / FILE_NAME).write_bytes(b"nonsense" * 1_000)
        with ProjectorProcess(tmp_path) as projector:
            projector.wait_for(journal.durable_seq)
            assert content(tmp_path) == expected
            discard(tmp_path / FILE_NAME)
            blocked_until((tmp_path / FILE_NAME).exists, "the database is there again")
            projector.wait_for(journal.durable_seq)
        assert content(tmp_path) == expected
    reasons = [line["reason"] for line in projector.log() if line["event"] == "history is built anew from the journal"]
    assert len(reasons) == 2


def test_a_second_projector_waits_for_the_first(tmp_path: Path) -> None:
    with contextlib.closing(FileJournal.open(tmp_path)) as journal:
        append(journal, Flow(34).run(20).batches)
        with ProjectorProcess(tmp_path) as first:
            first.wait_for(journal.durable_seq)
            with ProjectorProcess(tmp_path) as second:
                time.sleep(0.5)  # a wrong second one shows itself sooner; a slow one is only not caught
                assert second.process.poll() is None
                assert sum(line["event"] == "following the journal" for line in second.log()) == 1
                first.kill()
                append(journal, Flow(34).run(21).batches[-1:])
                second.wait_for(journal.durable_seq)
