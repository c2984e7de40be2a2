"""`kill -9` in the middle of a batch settlement run, again and again, and then everything it did is counted.

    python -m tests.simulation.settlement_run [--purchases 100000] [--kills 10] [--seed N] [--directory DIR]

The house is a real `fondaco up`. Each of its lives is ended at a random step of the run, or within it; nobody asks for
the run again. At the end each purchase has exactly one invoice, and a row of the run says so; the statement, the
ageing and the ledger tell the same sum; `fondaco verify` finds the journal sound.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import random
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import aiohttp

from fondaco.core.purposes import MERCHANT_RECEIVABLE
from fondaco.core.rewards.entities import EntityKind
from fondaco.desks.rewards.run_driver import PURCHASES_MAX
from fondaco.journal.reader import JournalReader
from fondaco.runtime.recovery import recover
from tests.simulation.programme import INVOICED_UNITS, RECEIVABLE, Counter, furnish
from tests.simulation.server import Operator, Server, verified_hash
from tests.waiting import HANG_S, blocked_until

START: Final = "customer_events/purchases/apply_settlements"
#: A life is ended after so many steps at most, or after its share of a long run's.
STEPS_OF_A_LIFE_MIN: Final = 12
_ROWS: Final = 100
_WITHIN_A_STEP_S: Final = 0.004


class RunUnderKills:
    def __init__(self, directory: Path, seed: int, purchases: int, kills: int) -> None:
        self.purchases = purchases
        #: How many purchases had been settled when each life ended that was ended in the middle of the run.
        self.settled: list[int] = []
        self._kills = kills
        self._steps_max = max(STEPS_OF_A_LIFE_MIN, purchases // PURCHASES_MAX // kills)
        self._chance = random.Random(seed)
        Operator(directory)
        furnish(directory, purchases)
        self._server = Server(directory)

    async def go(self) -> None:
        """Raises ``AssertionError`` if anything is not as it must be."""
        directory, server = self._server.directory, self._server
        with server:
            await asyncio.to_thread(server.start)
            async with self._counter() as counter:
                with JournalReader(directory) as reader:
                    number = (await counter.does(START))["number"]
                    self._kill_after(reader.durable_seq)
            while self._is_unfinished() and len(self.settled) < self._kills:
                with JournalReader(directory) as reader:
                    opening = reader.durable_seq + 1
                server.launch()
                self._kill_after(opening)
            assert self.settled, "no kill fell in the middle of the run"
            await asyncio.to_thread(server.start)
            async with self._counter() as counter:
                run = await self._ended(counter, number)
                assert (run["settled"], run["refused"], run["passed_over"]) == (self.purchases, 0, 0)
                await self._projected(counter, number)
                await self._check_rows(counter, number)
                await self._check_money(counter)
            assert server.stop() == 0
            self._check_books()
            verified_hash(directory)

    def _kill_after(self, seq: int) -> None:
        """End the life that goes on with the run, some commands after ``seq`` and a moment later."""
        at = seq + self._chance.randint(1, self._steps_max)
        with JournalReader(self._server.directory) as reader:
            blocked_until(lambda: reader.durable_seq >= at, "the run goes on")
        time.sleep(self._chance.uniform(0, _WITHIN_A_STEP_S))
        self._server.kill()

    def _is_unfinished(self) -> bool:
        house, journal = recover(self._server.directory)
        journal.close()
        (run,) = house.rewards.programmes[1].runs.values()
        if run.ended_us:
            return False
        self.settled.append(run.settled)
        return True

    @asynccontextmanager
    async def _counter(self) -> AsyncIterator[Counter]:
        async with aiohttp.ClientSession() as http:
            yield Counter(http, self._server.url)

    async def _ended(self, counter: Counter, number: str) -> Any:
        hangs_s = time.monotonic() + HANG_S
        while time.monotonic() < hangs_s:
            run = await counter.does("settlement_runs/show", settlement_run_identifier={"number": number})
            if run["life_cycle_state"] == "ENDED":
                return run
            await asyncio.sleep(0.05)
        raise AssertionError(f"the run has not ended: {run}")

    async def _projected(self, counter: Counter, number: str) -> None:
        """A new token has written nothing that its reads would wait for: wait for the row of the last purchase."""
        hangs_s = time.monotonic() + HANG_S
        while time.monotonic() < hangs_s:
            asked = {"settlement_run_identifier": {"number": number}, "after": str(self.purchases - 1)}
            if (await counter.does("settlement_runs/rows", **asked))["rows"]:
                return
            await asyncio.sleep(0.05)
        raise AssertionError("history has no row of the last purchase")

    async def _check_rows(self, counter: Counter, number: str) -> None:
        """A row for each purchase, in order, with an invoice that no other has."""
        invoices: set[str] = set()
        told = 0
        while told < self.purchases:
            after = {"after": str(told)} if told else {}
            page = await counter.does(
                "settlement_runs/rows",
                settlement_run_identifier={"number": number},
                number_of_results=_ROWS,
                **after,
            )
            rows = page["rows"]
            expected = [str(n) for n in range(told + 1, min(told + _ROWS, self.purchases) + 1)]
            assert [row["purchase"]["number"] for row in rows] == expected
            assert {row["outcome"] for row in rows} == {"SETTLED"}
            invoices.update(row["invoice"]["number"] for row in rows)
            told += len(rows)
        assert len(invoices) == self.purchases, "two purchases have the same invoice"

    async def _check_money(self, counter: Counter) -> None:
        owed = Decimal(self.purchases * INVOICED_UNITS).scaleb(-2)
        statement = await counter.does("accounts_receivable/statement", accounts_receivable_identifier=RECEIVABLE)
        lines = statement["lines"]
        assert {line["type"] for line in lines} == {"INVOICE"}
        assert len({line["document"]["number"] for line in lines}) == len(lines) == self.purchases
        assert Decimal(str(statement["closing_balance"])) == owed
        ageing = await counter.does("accounts_receivable/ageing", accounts_receivable_identifier=RECEIVABLE)
        (total,) = ageing["totals"]
        assert Decimal(str(total["ledger_balance"])) == Decimal(str(total["ageing"]["total_amount"])) == owed

    def _check_books(self) -> None:
        house, journal = recover(self._server.directory)
        journal.close()
        books, count = house.rewards.programmes[1], self.purchases
        assert books.count(EntityKind.INVOICE) == count
        invoiced = [invoice.purchase for n in range(1, count + 1) if (invoice := books.invoice(n)) is not None]
        assert invoiced == list(range(1, count + 1))
        named = [purchase.invoice for n in range(1, count + 1) if (purchase := books.purchase(n)) is not None]
        assert named == list(range(1, count + 1))
        assert house.rewards.balance(1, MERCHANT_RECEIVABLE, 1, 1) == -count * INVOICED_UNITS


def main() -> None:
    parser = argparse.ArgumentParser(description="A settlement run whose house is killed again and again.")
    parser.add_argument("--purchases", type=int, default=100_000)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=None, help="any number; the clock's if left out")
    parser.add_argument("--directory", type=Path, default=None, help="kept afterwards; a temporary one if left out")
    given = parser.parse_args()
    seed = given.seed if given.seed is not None else time.time_ns() % 1_000_000
    print(f"seed {seed}, {given.purchases} purchases, {given.kills} kills", flush=True)
    with contextlib.ExitStack() as stack:
        directory = given.directory or Path(stack.enter_context(tempfile.TemporaryDirectory())) / "house"
        run = RunUnderKills(directory, seed, given.purchases, given.kills)
        asyncio.run(run.go())
    print("settled when the house was killed:", *run.settled)
    print(f"{given.purchases} purchases settled once each, none missed")


if __name__ == "__main__":
    main()
