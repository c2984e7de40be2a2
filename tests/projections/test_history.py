"""What the desks await: nobody reads behind his own past, and nobody waits for ever."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fondaco.journal.file import FileJournal
from fondaco.projections.database import FILE_NAME, discard
from fondaco.projections.history import THREADS, History, ServiceTimeout
from fondaco.projections.progress import Progress, committed_seq
from tests.projections.accountant import Accountant, day_start
from tests.projections.flows import SLOW, Flow
from tests.projections.houses import ProjectorProcess, append, caught_up, journal_of
from tests.waiting import HANG_S

US = 1_000_000


@pytest.fixture(scope="module")
def flow() -> Flow:
    return Flow(41, SLOW).run(150)


@pytest.fixture
def house(tmp_path: Path, flow: Flow) -> Path:
    journal_of(tmp_path, flow)
    caught_up(tmp_path)
    return tmp_path


@pytest.fixture
def progress(house: Path) -> Iterator[Progress]:
    with Progress(house) as progress:
        yield progress


async def test_every_question(house: Path, flow: Flow) -> None:
    accountant = Accountant(flow.house, flow.applied)
    now_s = accountant.time_us // US + 10
    async with contextlib.aclosing(_Closing(house)) as closing:
        history = closing.history
        assert await history.deals(1, 100, 0) == accountant.deals(1, 100, 0)
        assert await history.state(1, 86_400, now_s) == accountant.state(1, now_s - 86_399)
        assert await history.today(2, now_s) == accountant.state(2, day_start(now_s, "UTC"))
        asked = (1, now_s - 100 * 3_600, now_s, 3_600, now_s, 5_000)
        assert await history.klines(*asked) == accountant.candles(*asked, "UTC")
        orders = accountant.finished_orders(2, 1, 0, 0)
        assert await history.finished_orders(2, 1, 0, 0, 0, 100) == (len(orders), orders[:100])
        assert await history.finished_order(orders[0].order_id) == orders[0]
        changes = accountant.balance_changes(3, None, None, 0, 0)
        assert await history.balance_changes(3, None, None, 0, 0, 0, 100) == changes[:100]


async def test_a_wait_ends_when_the_projector_is_there(house: Path, progress: Progress) -> None:
    async with contextlib.aclosing(_Closing(house)) as closing:
        waits = [asyncio.create_task(closing.history.wait_for(seq, HANG_S)) for seq in (12, 10, 11)]
        await asyncio.sleep(0.01)  # some looks at the progress
        assert not any(wait.done() for wait in waits)
        progress.seq = 11
        await asyncio.gather(waits[1], waits[2])
        assert not waits[0].done()
        progress.seq = 12
        await waits[0]
        await closing.history.wait_for(12)


async def test_a_wait_is_bounded(house: Path, progress: Progress) -> None:
    async with contextlib.aclosing(_Closing(house)) as closing:
        progress.seq = 5
        with pytest.raises(ServiceTimeout, match="3 commands behind"):
            async with asyncio.timeout(HANG_S):
                await closing.history.wait_for(8, timeout_s=0.05)
        waits = [asyncio.create_task(closing.history.wait_for(9, HANG_S)) for _ in range(2)]
        await asyncio.sleep(0)  # they wait
    for wait in waits:
        with pytest.raises(ServiceTimeout, match="closing"):
            await wait


async def test_what_an_earlier_run_said_counts_for_nothing(house: Path, progress: Progress) -> None:
    progress.seq = 1_000_000
    async with contextlib.aclosing(_Closing(house)) as closing:
        with pytest.raises(ServiceTimeout):
            await closing.history.wait_for(1, timeout_s=0.01)


def test_progress_seen_from_outside(tmp_path: Path) -> None:
    assert committed_seq(tmp_path) == 0
    assert not list(tmp_path.iterdir())
    with Progress(tmp_path) as progress:
        progress.seq, progress.wanted = 7, 9
        assert committed_seq(tmp_path) == 7


async def test_a_database_built_anew_is_noticed(house: Path, flow: Flow) -> None:
    deals = Accountant(flow.house, flow.applied).deals(1, 10, 0)
    async with contextlib.aclosing(_Closing(house)) as closing:
        assert await closing.history.deals(1, 10, 0) == deals
        discard(house / FILE_NAME)
        with pytest.raises(ServiceTimeout, match="ask again"):
            await closing.history.deals(1, 10, 0)
        caught_up(house)
        assert await closing.history.deals(1, 10, 0) == deals


async def test_a_client_finds_its_filled_order_at_once(tmp_path: Path) -> None:
    flow = Flow(42).run(150)
    found = 0
    with contextlib.closing(FileJournal.open(tmp_path)) as journal, ProjectorProcess(tmp_path):
        async with contextlib.aclosing(_Closing(tmp_path)) as closing:
            for batch, applied in zip(flow.batches, flow.applied, strict=True):
                append(journal, [batch])
                for order in Accountant(flow.house, [applied]).orders:
                    await closing.history.wait_for(journal.durable_seq, timeout_s=HANG_S)
                    assert await closing.history.finished_order(order.order_id) == order
                    found += 1
    assert found > 50


@contextlib.contextmanager
def _occupied(history: History) -> Iterator[list[asyncio.Task[object]]]:
    """Every reading thread has a question that takes as long as the block."""
    done = threading.Event()

    def slow(_: object) -> object:
        return done.wait(20)

    try:
        yield [asyncio.get_running_loop().create_task(history.ask(slow)) for _ in range(THREADS)]
    finally:
        done.set()


class _Closing:
    """A history that ``aclosing`` closes."""

    def __init__(self, directory: Path, **bounds: Any) -> None:
        self.history = History(directory, **bounds)

    async def aclose(self) -> None:
        await self.history.close()


async def test_questions_that_wait_for_a_thread_are_bounded_in_number_and_time(house: Path) -> None:
    async with contextlib.aclosing(_Closing(house, wait_timeout_s=0.2, waiting_max=3)) as closing:
        with _occupied(closing.history) as threads:
            waiting = [asyncio.create_task(closing.history.deals(1, 10, 0)) for _ in range(3)]
            await asyncio.sleep(0.01)
            with pytest.raises(ServiceTimeout, match="3 questions wait"):
                await closing.history.deals(1, 10, 0)
            waiting[0].cancel()
            await asyncio.sleep(0.01)
            waiting.append(asyncio.create_task(closing.history.deals(1, 10, 0)))
            ended = await asyncio.gather(*waiting, return_exceptions=True)
            assert [type(each) for each in ended] == [asyncio.CancelledError] + 3 * [ServiceTimeout]
        await asyncio.gather(*threads)
        assert await closing.history.deals(1, 10, 0)


async def test_a_cancelled_reading_keeps_its_thread_until_it_ends(house: Path) -> None:
    async with contextlib.aclosing(_Closing(house, wait_timeout_s=0.1)) as closing:
        with _occupied(closing.history) as threads:
            await asyncio.sleep(0.01)
            for thread in threads:
                thread.cancel()
            await asyncio.sleep(0.01)
            with pytest.raises(ServiceTimeout, match="nobody was free"):
                await closing.history.deals(1, 10, 0)
        assert await closing.history.deals(1, 10, 0)
