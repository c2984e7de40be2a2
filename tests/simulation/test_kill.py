"""`kill -9` at any moment under load, on the real process: nothing acknowledged is lost, nothing is there twice."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import signal
from collections import Counter
from pathlib import Path

import pytest

from fondaco.journal import layout, snapshot
from tests.simulation import seeds
from tests.simulation.bench import Bench
from tests.simulation.server import replayed_hash, verified_hash
from tests.waiting import until

KILLS = 2

#: Some 20 s on a machine of two cores that has nothing else to do.
pytestmark = pytest.mark.timeout(300)


async def test_kill_9_under_load_loses_and_doubles_nothing(tmp_path: Path) -> None:
    for seed in seeds.chosen(1):
        with seeds.named(seed, "tests/simulation/test_kill.py"), Bench(tmp_path / f"house-{seed}", seed) as bench:
            await _kill_again_and_again(bench)


async def _kill_again_and_again(bench: Bench) -> None:
    server, chance = bench.server, bench.chance
    missing: Counter[str] = Counter()
    await bench.open()
    for _ in range(KILLS):
        before = bench.tally()["acknowledged"]

        async def kill(before: int = before) -> None:
            await until(lambda: bench.tally()["acknowledged"] >= before + 100, "there is a load")
            server.kill()

        await bench.load((chance.uniform(0.05, 0.5), kill))
        copy = journal_copy(server.directory)
        comparing = asyncio.create_task(asyncio.to_thread(replayed_hash, copy))
        verified = await asyncio.to_thread(verified_hash, server.directory)
        missing[forget_something(server.directory, chance)] += 1
        server.options = ("--sync-mode", chance.choice(("inline", "thread")))
        server.start()
        await bench.check()
        assert await comparing == verified, "a fresh process gets another state from the journal alone"
    await bench.check_changes()
    assert server.stop() == 0
    show(bench, missing)
    assert bench.tally()["acknowledged"] >= 100 * KILLS, "this was no load"


async def test_a_stop_under_load_is_clean_and_the_projector_may_be_killed_before_it(tmp_path: Path) -> None:
    """With the journal synced in a thread, so that there is always a batch under way."""
    with Bench(tmp_path / "house", seeds.FIRST_SEED, "--sync-mode", "thread") as bench:
        server = bench.server
        await bench.open()
        projector_pid = server.projector_pid()

        async def stop() -> None:
            assert await asyncio.to_thread(server.stop) == 0

        await bench.load((0.2, lambda: os.kill(projector_pid, signal.SIGKILL)), (1.2, stop))
        log = server.log()
        assert "a child ended and is started again" in log
        assert "the house is closed" in log
        assert snapshot.seqs(server.directory), "the projector leaves a snapshot behind at the end"
        verified = verified_hash(server.directory)
        assert verified == replayed_hash(journal_copy(server.directory))
        server.start()
        await bench.check()
        await bench.check_changes()
        show(bench)


def journal_copy(directory: Path) -> Path:
    """Nothing but the journal, so that no snapshot helps."""
    copy = directory.with_name(f"{directory.name}-copy")
    shutil.rmtree(copy, ignore_errors=True)
    unused = shutil.ignore_patterns(layout.spare_path(directory).name + "*")
    shutil.copytree(layout.journal_path(directory), layout.journal_path(copy), ignore=unused)
    return copy


def forget_something(directory: Path, chance: random.Random) -> str:
    """At times what can be made again is missing at the next start."""
    what = chance.choice(("nothing", "snapshots", "history", "snapshots and history"))
    if "snapshots" in what:
        shutil.rmtree(layout.snapshots_path(directory), ignore_errors=True)
    if "history" in what:
        for path in directory.glob("projections.sqlite*"):
            path.unlink(missing_ok=True)
    return f"{what} missing at the start"


def show(bench: Bench, more: Counter[str] | None = None) -> None:
    tally = bench.tally() + (more or Counter())
    print(*(f"{count:8} {what}" for what, count in sorted(tally.items())), sep="\n")
