"""A soak: a real house under load for minutes on end, while it is killed, its clients come and go and some read slowly.

    python -m tests.simulation.soak [--minutes 10] [--seed N] [--rate ORDERS_A_SECOND] [--directory DIR]

Six customers put orders, cancel, repeat, drop their connection and come back to ask what became of the unanswered. Two
clerks of a reward programme create purchases, settle, cancel and pay, and send each request again, with its key, until
it is answered (see clerks.py). The house and its projector are killed (SIGKILL) at random. Quick readers compare what
is pushed with what is so; dozing and deaf ones read too slowly (see readers.py). At the end everything that was
acknowledged is looked for, once and in the state it must have; deposits, deals, fees, holds and the clerks' sums add
up; `fondaco verify` and a fresh recovery agree on the state. Memory is taken every few seconds over all lives, and its
growth is told per acknowledged order.

Whatever is not so ends it with the seed. Everything it starts, it ends.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import random
import signal
import statistics
import tempfile
import time
from collections import Counter as Tally
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Final

import aiohttp
from websockets.exceptions import WebSocketException

from tests.simulation.bench import Bench
from tests.simulation.clerks import Clerk, expected
from tests.simulation.clerks_audit import check_statement, sums_of_books
from tests.simulation.customers import WORKERS, Customer
from tests.simulation.line import Lost
from tests.simulation.memory import Memory
from tests.simulation.programme import Away, Counter, furnish
from tests.simulation.readers import TOLD_WHY, Deaf, Dozing, Quick
from tests.simulation.server import replayed_hash, verified_hash

SETTINGS: Final = """
[limits]
outbound_bytes_max = 2097152
close_timeout_ms = 30000
history_wait_timeout_ms = 60000
rewards_logins_per_minute_max = 10000
"""
GONE: Final = (Lost, OSError, EOFError, WebSocketException)
TOLD_SLOW: Final = "a reader too slow for its answers is disconnected"
PROGRESS_S: Final = 10.0
SAMPLE_S: Final = 2.0
CLERKS: Final = 2
#: Between two requests of a clerk: few beside the orders, whose memory is what is measured.
CLERK_PAUSE_S: Final = 0.4
#: Between two kills; how long a customer stays; how long a slow reader sleeps, and how long there is none.
KILLED_EVERY_S: Final = (6.0, 24.0)
STAYS_S: Final = (3.0, 20.0)
DOZES_S: Final = (4.0, 12.0)
NO_SLOW_S: Final = (3.0, 8.0)
#: What memory may grow for each acknowledged order: its name is remembered for a day, at some 170 bytes, some of the
#: orders rest, and the clerks' purchases are kept; the projector's SQLite fills its page cache meanwhile (see
#: docs/internals/soak.md). And what it may grow once, while a process gets warm.
GROWTH_BYTES_MAX: Final = {"house": 400, "projector": 1_000}
WARM_BYTES_MAX: Final = 16_000_000
#: How late a push to a quick reader may be beside slow ones, against when there are none.
LATE_FACTOR_MAX: Final = 3.0
LATE_SLACK_MS: Final = 50.0


class Soak:
    def __init__(self, directory: Path, seed: int, rate: float) -> None:
        self.seed = seed
        self.bench = Bench(directory, seed)
        furnish(directory)
        (directory / "fondaco.toml").write_text(SETTINGS)
        self.tally: Tally[str] = Tally()
        self.memory = Memory()
        self._chance = random.Random(seed + 1)
        self._rate = rate
        self._is_over = False
        self._slow = 0
        self._lives = 0
        self._log_read_bytes = 0
        self._told_slow = 0
        self._quick: list[Quick] = []
        self._clerks = [Clerk(f"clerk-{n}", self._random()) for n in range(CLERKS)]

    async def run(self, seconds: float) -> None:
        """Raises ``AssertionError``, or a group of them, if anything is not as it must be."""
        bench = self.bench
        await bench.open()
        for each in bench.customers:
            each.pause_s = len(bench.customers) * WORKERS / self._rate
        self._quick = [
            Quick(each, self.tally, self._random(), lambda: bool(self._slow)) for each in bench.customers[:2]
        ]
        began_s = time.monotonic()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._end_after(seconds))
            group.create_task(self._progress(began_s))
            group.create_task(self._sample())
            group.create_task(self._kill())
            for customer in bench.customers:
                group.create_task(self._patron(customer))
            for quick in self._quick:
                group.create_task(self._again(lambda url, quick=quick: quick.read(url, self.is_over)))  # type: ignore[misc]
            for clerk in self._clerks:
                clerk.pause_s = CLERK_PAUSE_S
                group.create_task(self._serve(clerk))
            group.create_task(self._sleepers())
        await self._audit()

    def is_over(self) -> bool:
        return self._is_over

    # ── who does what while it lasts ──────────────────────────────────────────────────────────────────────────────────

    async def _end_after(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        self._is_over = True
        self.bench.rest()
        for clerk in self._clerks:
            clerk.rests = True

    async def _patron(self, customer: Customer) -> None:
        await self._again(lambda url: customer.visit(url, self._chance.uniform(*STAYS_S)))

    async def _again(self, visit: Callable[[str], Awaitable[None]]) -> None:
        """Connect, and connect again whenever the connection ended, by whosever hand."""
        while not self._is_over:
            try:
                await visit(self.bench.server.socket_url)
            except GONE:
                await asyncio.sleep(self._chance.uniform(0.05, 0.4))
            self.tally["reconnects"] += 1

    async def _serve(self, clerk: Clerk) -> None:
        """Until it rests and all it asked for is answered."""
        while True:
            async with aiohttp.ClientSession() as http:
                try:
                    await clerk.work(Counter(http, self.bench.server.url))
                    return
                except Away:
                    await asyncio.sleep(self._chance.uniform(0.05, 0.4))

    async def _sleepers(self) -> None:
        """Slow readers for a while, then none, so that what the quick ones see can be told apart."""
        while not self._is_over:
            await asyncio.sleep(self._chance.uniform(*NO_SLOW_S))
            with self._slow_readers():
                before, told = self._given_up(), self.tally[TOLD_WHY]
                url, customer = self.bench.server.socket_url, self._chance.choice(self.bench.customers[:-1])
                deaf = Deaf(customer, self.tally, self._random())
                dozing = [Dozing(customer, self.tally, self._random()) for _ in range(2)]
                ends = await asyncio.gather(
                    deaf.read(url, self._is_given_up_after(before), self.is_over),
                    *(each.read(url, self._chance.uniform(*DOZES_S)) for each in dozing),
                    return_exceptions=True,
                )
                for end in ends:
                    if isinstance(end, BaseException) and not isinstance(end, GONE):
                        raise end
                life, given_up = self._given_up()
                if life == before[0] and given_up > before[1]:
                    assert self.tally[TOLD_WHY] == told + 1, "a reader was disconnected without a reason"

    @contextlib.contextmanager
    def _slow_readers(self) -> Iterator[None]:
        self._slow += 1
        try:
            yield
        finally:
            self._slow -= 1

    def _is_given_up_after(self, before: tuple[int, int]) -> Callable[[], bool]:
        return lambda: self._given_up() != before

    def _given_up(self) -> tuple[int, int]:
        """Which life this is, and how many readers the house has told that they are too slow."""
        with self.bench.server.log_path.open("rb") as log:
            log.seek(self._log_read_bytes)
            for line in log:
                if not line.endswith(b"\n"):
                    break
                self._log_read_bytes += len(line)
                self._told_slow += TOLD_SLOW.encode() in line
        return self._lives, self._told_slow

    async def _kill(self) -> None:
        server = self.bench.server
        while True:
            await asyncio.sleep(self._chance.uniform(*KILLED_EVERY_S))
            if self._is_over:
                return
            if self._chance.random() < 0.4:
                os.kill(await asyncio.to_thread(server.projector_pid), signal.SIGKILL)
                self.tally["kills of the projector"] += 1
                continue
            self._lives += 1
            await asyncio.to_thread(server.kill)
            self.tally["kills of the house"] += 1
            began_s = time.monotonic()
            await asyncio.to_thread(server.start)
            self.tally["longest start, ms"] = max(
                self.tally["longest start, ms"], round((time.monotonic() - began_s) * 1_000)
            )

    # ── looking on ────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _sample(self) -> None:
        while not self._is_over:
            await asyncio.sleep(SAMPLE_S)
            self.memory.take(self.bench.server.pid, self._lives, self.bench.tally()["acknowledged"])

    async def _progress(self, began_s: float) -> None:
        while not self._is_over:
            await asyncio.sleep(PROGRESS_S)
            told, house, projector = self.bench.tally(), *self.memory.last_mb
            late = self._late_ms(True), self._late_ms(False)
            print(
                f"{time.monotonic() - began_s:5.0f} s  {told['acknowledged']:7} acknowledged"
                f"  killed {self.tally['kills of the house']} + {self.tally['kills of the projector']}"
                f"  {self.tally['reconnects']} reconnects  house {house:.0f} MB  projector {projector:.0f} MB"
                f"  pushes p99 {late[1]:.1f} ms, {late[0]:.1f} beside slow readers",
                flush=True,
            )

    def _late_ms(self, has_slow: bool) -> float:
        late = [each for quick in self._quick for each in quick.late_ms[has_slow]]
        return statistics.quantiles(late, n=100)[98] if len(late) > 100 else 0.0

    def _random(self) -> random.Random:
        return random.Random(self._chance.random())

    # ── the end ───────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _audit(self) -> None:
        bench = self.bench
        print("the audit: every order, every change of every balance, the state of the journal", flush=True)
        await bench.check()
        await bench.check_changes()
        sums = expected(self._clerks)
        await check_statement(bench.server.url, sums)
        assert await asyncio.to_thread(bench.server.stop) == 0
        verified = await asyncio.to_thread(verified_hash, bench.server.directory)
        assert await asyncio.to_thread(replayed_hash, bench.server.directory) == verified
        assert sums_of_books(bench.server.directory) == sums
        log = bench.server.log()
        assert "Traceback" not in log, "the house met a defect: see its log"
        growth = self.memory.growth_bytes()
        quiet, beside = self._late_ms(False), self._late_ms(True)
        clerks = sum((clerk.tally for clerk in self._clerks), self.tally)
        for what, count in sorted((bench.tally() + clerks).items()):
            print(f"{count:9} {what}")
        for what, bytes_an_order in growth.items():
            print(f"{bytes_an_order:9.0f} bytes the {what} grows for each acknowledged order, over all lives")
        late = f"pushes to quick readers, p99: {quiet:.1f} ms; beside slow readers: {beside:.1f} ms"
        print(late)
        orders = bench.tally()["acknowledged"]
        for what, bytes_an_order in growth.items():
            grown_bytes = bytes_an_order * orders
            allowed_bytes = WARM_BYTES_MAX + GROWTH_BYTES_MAX[what] * orders
            assert grown_bytes < allowed_bytes, f"the {what} grew {grown_bytes:.0f} bytes, {allowed_bytes} are allowed"
        if quiet and beside:
            assert beside <= LATE_FACTOR_MAX * quiet + LATE_SLACK_MS, late
        print(f"nothing lost, nothing doubled; state hash {verified}")


def main() -> None:
    parser = argparse.ArgumentParser(description="A long run under load with kills; see docs/internals/soak.md.")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=None, help="any number; the clock's if left out")
    parser.add_argument("--rate", type=float, default=200.0, help="orders a second, all customers together")
    parser.add_argument("--directory", type=Path, default=None, help="kept afterwards; a temporary one if left out")
    given = parser.parse_args()
    seed = given.seed if given.seed is not None else time.time_ns() % 1_000_000
    print(f"seed {seed}, {given.minutes:g} minutes, {given.rate:g} orders a second", flush=True)
    with contextlib.ExitStack() as stack:
        directory = given.directory or Path(stack.enter_context(tempfile.TemporaryDirectory())) / "house"
        soak = Soak(directory, seed, given.rate)
        with soak.bench:
            try:
                asyncio.run(soak.run(given.minutes * 60))
            except BaseException:
                print(f"the soak failed with seed {seed}")
                raise


if __name__ == "__main__":
    main()
