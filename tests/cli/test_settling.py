"""`fondaco settle`: whose run it follows, and that it outlives the house it settles in."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from fondaco.core.rewards import actions as a
from fondaco.core.rewards.entities import Line, Unit
from fondaco.journal.reader import JournalReader
from fondaco.operating import settling
from tests.cli.program import fondaco
from tests.cli.running import END_TIMEOUT_S, running
from tests.desks.rewards.office import PASSWORD, PROGRAMME, Office, give, office_on
from tests.desks.rewards.shop import furnish_shop
from tests.simulation.programme import OPERATOR, furnish
from tests.waiting import blocked_until, until

PURCHASES = 10_000
#: The run's start, and some of its steps, each of 256 purchases at most.
COMMANDS_BEFORE_THE_KILL = 4
LATE = "2030-01-01T00:00:00"
#: Two lives of a house, each a process that starts.
pytestmark = pytest.mark.timeout(300)
LINE = (Line("1", "", "", 150_00),)


def test_a_house_that_is_killed_is_waited_for(tmp_path: Path) -> None:
    data, login = tmp_path / "house", tmp_path / "login.json"
    fondaco("key", "create", "operator", "--create-user", "--scope", "operate", "--data", data)
    furnish(data, PURCHASES)
    with running("up", "--data", data) as house:
        known = {"organisation": PROGRAMME, "username": OPERATOR, "password": PASSWORD}
        login.write_text(json.dumps({"http": house.url, "rewards": known}))
        with JournalReader(data) as reader, _started(login, tmp_path / "screen") as process:
            opening = reader.durable_seq
            try:
                blocked_until(lambda: reader.durable_seq >= opening + COMMANDS_BEFORE_THE_KILL, "the run")
                house.kill()
                away = f"{house.url} is away ("
                blocked_until(lambda: away in (tmp_path / "screen").read_text(), "that it is told")
                with running("up", "--data", data, port=int(house.url.rpartition(":")[2])):
                    status = process.wait(END_TIMEOUT_S)
            finally:
                process.kill()
    said = (tmp_path / "screen").read_text()
    assert status == 0, said
    assert said.count(away) == 1
    assert said.endswith(f"run 1: {PURCHASES:,} settled, 0 refused, 0 passed over\n")


def _started(login: Path, screen: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "fondaco.cli", "settle", "--credentials", str(login)]
    with screen.open("wb") as file:
        return subprocess.Popen(command, stdout=file, stderr=subprocess.STDOUT)


def test_a_house_that_is_not_there_is_named(tmp_path: Path) -> None:
    login = tmp_path / "login.json"
    known = {"organisation": PROGRAMME, "username": OPERATOR, "password": PASSWORD}
    login.write_text(json.dumps({"http": "http://127.0.0.1:1", "rewards": known}))
    run = fondaco("settle", "--credentials", login)
    assert run.returncode == 1
    assert "http://127.0.0.1:1 does not answer" in run.stderr
    elsewhere = fondaco("settle", "--credentials", login, "--url", "http://127.0.0.1:2")
    assert "http://127.0.0.1:2 does not answer" in elsewhere.stderr


async def test_only_a_run_with_the_same_limits_is_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, settling.PASSWORD_VARIABLE, PASSWORD)
    async with office_on(tmp_path, access_log=False) as office:
        await furnish_shop(office)
        await give(
            office.app,
            a.MerchantPut(0, "other", b"", 1),
            a.UnitPut(Unit(0, "else", "Elsewhere", 2)),
            *(a.PurchaseCreate(1 + n % 2, 1, 1 + n, 1, LINE) for n in range(10)),
            a.SettlementRunStart(1),  # the house's own: nobody drives it, so it stays open
        )
        assert await _settle(office, "M0000000002", None) == 0
        assert await _settle(office, "M0000000001", LATE) == 0
        runs = office.books.runs
        assert [(run.merchant, run.settled, bool(run.ended_us)) for run in runs.values()] == [
            (1, 0, False),
            (2, 5, True),
            (1, 5, True),
        ]
        shown: list[str] = []
        monkeypatch.setattr(settling, "_show", lambda run, _: shown.append(run["number"]))
        following = asyncio.create_task(_settle(office, "M0000000001", None))
        await until(lambda: shown, "that a run is followed")
        await give(office.app, a.SettlementRunStep(1, 10))
        assert await following == 0
        assert set(shown) == {"1"}
        assert len(runs) == 3


async def _settle(office: Office, merchant: str, performed_until: str | None) -> int:
    return await asyncio.to_thread(
        settling.settle,
        organisation=PROGRAMME,
        username="ada",
        merchant=merchant,
        performed_until=performed_until,
        url=office.app.url,
    )
