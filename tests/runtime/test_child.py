"""A process beside ours: it is started again when it dies, and ends when we say so or are gone."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from fondaco.runtime.child import Child
from tests.waiting import until

LIVES = """
import os, sys
with open({path!r}, "a") as file: file.write(f"{{os.getpid()}}\\n")
sys.stdin.read()
with open({path!r}, "a") as file: file.write("ended\\n")
"""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A module on the path that writes down its life; the file it writes to."""
    path = tmp_path / "lives"
    (tmp_path / "lives_and_ends.py").write_text(LIVES.format(path=str(path)))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return path


async def lines(path: Path, count: int) -> list[str]:
    await until(lambda: len(words(path)) >= count, f"{path} has {count} lines")
    return words(path)


def words(path: Path) -> list[str]:
    return path.read_text().split() if path.exists() else []


async def test_a_child_that_dies_is_started_again(module: Path) -> None:
    child = Child("lives_and_ends", [])
    with capture_logs() as logs:
        await child.start()
        (first,) = await lines(module, 1)
        os.kill(int(first), signal.SIGKILL)
        _, second = await lines(module, 2)
    assert (child.restarts, child.pid) == (1, int(second))
    assert [(line["event"], line["status"]) for line in logs] == [("a child ended and is started again", -9)]
    await child.stop()
    assert (await lines(module, 3))[2] == "ended"


async def test_a_child_is_let_finish(module: Path) -> None:
    child = Child("lives_and_ends", [])
    await child.start()
    await lines(module, 1)
    await child.stop()
    assert (await lines(module, 2))[1] == "ended"
    assert child.restarts == 0


async def test_a_child_that_cannot_live_is_tried_with_patience(module: Path) -> None:
    child = Child("there_is_no_such_module", [])
    with capture_logs() as logs:
        await child.start()
        await until(lambda: len(waits_s(logs)) == 3, "it was tried three times")
        await child.stop()
    assert waits_s(logs) == [0.2, 0.5, 1.0]
    assert child.restarts == 2, "stopped while it waits for the third time"


def waits_s(logs: Sequence[Mapping[str, object]]) -> list[object]:
    return [line["in_s"] for line in logs if "in_s" in line]


async def test_a_start_that_the_machine_refuses_is_tried_again(
    module: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = tmp_path / "python"
    python.symlink_to(sys.executable)
    with monkeypatch.context() as patch:
        patch.setattr(sys, "executable", str(python))
        child = Child("lives_and_ends", [])
    with capture_logs() as logs:
        await child.start()
        (first,) = await lines(module, 1)
        python.unlink()
        os.kill(int(first), signal.SIGKILL)
        refused = "a child cannot be started"
        await until(lambda: any(line["event"] == refused for line in logs), refused)
        python.symlink_to(sys.executable)
        _, second = await lines(module, 2)
    assert (child.restarts, child.pid) == (1, int(second))
    await child.stop()
