"""`kill -9` of a real house that settles: nothing acknowledged is lost, nothing done twice, nothing missed."""

from __future__ import annotations

import asyncio
import random
from collections import Counter as Tally
from pathlib import Path

import aiohttp
import pytest

from tests.simulation import seeds
from tests.simulation.clerks import Clerk, expected
from tests.simulation.clerks_audit import check_statement, sums_of_books
from tests.simulation.programme import Away, Counter, furnish
from tests.simulation.server import Operator, Server, verified_hash
from tests.simulation.settlement_run import RunUnderKills
from tests.waiting import until

PURCHASES = 4_000
KILLS = 3
CLERKS = 8
#: Answers between two kills.
ANSWERS = 150

#: Each some 20 s on a machine of two cores that has nothing else to do.
pytestmark = pytest.mark.timeout(300)


async def test_a_run_that_is_killed_settles_every_purchase_once(tmp_path: Path) -> None:
    for seed in seeds.chosen(1):
        with seeds.named(seed, "tests/simulation/test_rewards_kill.py"):
            run = RunUnderKills(tmp_path / f"house-{seed}", seed, PURCHASES, KILLS)
            await run.go()
            print("settled when the house was killed:", *run.settled)


async def test_requests_with_keys_are_done_once_whatever_is_killed(tmp_path: Path) -> None:
    for seed in seeds.chosen(1):
        with seeds.named(seed, "tests/simulation/test_rewards_kill.py"):
            await _requests_under_kills(tmp_path / f"clerks-{seed}", random.Random(seed))


async def _requests_under_kills(directory: Path, chance: random.Random) -> None:
    Operator(directory)
    furnish(directory)
    clerks = [Clerk(f"clerk-{n}", random.Random(chance.random())) for n in range(CLERKS)]
    with Server(directory) as server:
        for _ in range(KILLS):
            await asyncio.to_thread(server.start)
            answers = _answers(clerks) + ANSWERS
            working = asyncio.gather(*(_work_until_away(clerk, server.url) for clerk in clerks))
            await until(lambda answers=answers: _answers(clerks) >= answers, "there is a load")  # type: ignore[misc]
            await asyncio.sleep(chance.uniform(0, 0.05))
            server.kill()
            await working
        await asyncio.to_thread(server.start)
        for clerk in clerks:
            clerk.rests = True
        await asyncio.gather(*(_work_until_away(clerk, server.url) for clerk in clerks))
        await check_statement(server.url, expected(clerks))
        assert server.stop() == 0
    assert sums_of_books(directory) == expected(clerks)
    verified_hash(directory)
    tally = sum((clerk.tally for clerk in clerks), Tally[str]())
    print(*(f"{count:6} {what}" for what, count in sorted(tally.items())), sep="\n")
    assert tally["unanswered, sent again"], "no request was under way when the house was killed"


def _answers(clerks: list[Clerk]) -> int:
    return sum(clerk.tally.total() for clerk in clerks)


async def _work_until_away(clerk: Clerk, url: str) -> None:
    async with aiohttp.ClientSession() as http:
        try:
            await clerk.work(Counter(http, url))
        except Away:
            return
