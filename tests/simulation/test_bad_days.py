"""Bad days of a real house: a full disk under load, history that is gone, a damaged byte, a second owner."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fondaco.journal import layout
from fondaco.journal.file import FileJournal
from fondaco.journal.file_system import DISK
from fondaco.journal.survey import survey
from tests.cli.program import write_story
from tests.simulation import seeds
from tests.simulation.bench import DAY_S, DEALS_MAX, Bench
from tests.simulation.customers import SERVICE_UNAVAILABLE
from tests.simulation.line import Line, Refused
from tests.simulation.server import Operator, fondaco, verified_hash
from tests.simulation.small_disk import small_disk
from tests.simulation.vocabulary import BID, MARKET

FIRST_SEGMENT_BYTES = 65_536
PATIENCE_S = 20.0

#: Some 15 s on a machine of two cores that has nothing else to do.
pytestmark = pytest.mark.timeout(300)


async def test_a_full_disk_stops_orders_lets_cancels_pass_and_loses_nothing(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk:
        directory = disk.path / "house"
        # A short first segment: the change to the second one, after which there is no room for a third, comes soon.
        FileJournal.open(directory, segment_bytes=FIRST_SEGMENT_BYTES).close()
        with Bench(directory, seeds.FIRST_SEED) as bench:
            server = bench.server
            server.log_path = tmp_path / "log"
            await bench.open()
            customer = bench.customers[0]

            async def see_it_full() -> None:
                await until(lambda: not server.readiness()[0])
                _, reasons = await asyncio.to_thread(server.readiness)
                assert "free some space" in reasons[0]
                async with customer.line(server.socket_url) as line:
                    with pytest.raises(Refused, match="free some space") as refused:
                        await line.call("order.put_limit", MARKET, BID, "1", "50")
                    assert refused.value.code == SERVICE_UNAVAILABLE
                    found = await line.call("order.query", [MARKET], 0, 10)
                    for record in found[MARKET]["records"]:
                        cancelled = await line.call("order.cancel", MARKET, record["id"])
                        assert cancelled["left"] == record["left"]
                    assert found[MARKET]["total"], "there was nothing to cancel"

            async def make_room() -> None:
                disk.empty(server.pid)
                await until(lambda: server.readiness()[0])

            await until(layout.spare_path(directory).exists)  # it is the second segment; a third one has no room
            disk.fill(server.pid)
            await bench.load((0.1, see_it_full), (0.2, make_room), (0.9, server.kill))
            refused_by_disk = sum(
                order.refusal is not None and order.refusal.code == SERVICE_UNAVAILABLE
                for each in bench.customers
                for order in each.orders.values()
            )
            assert refused_by_disk, "nobody met the full disk"
            verified_hash(directory)
            server.start()
            await bench.check()


async def until(condition: Callable[[], bool]) -> None:
    """Return once it holds."""

    def wait() -> None:
        until_s = time.monotonic() + PATIENCE_S
        while not condition():
            assert time.monotonic() < until_s, f"it did not happen within {PATIENCE_S} s"
            time.sleep(0.02)

    await asyncio.to_thread(wait)


async def test_history_that_is_gone_is_made_again_the_same(tmp_path: Path) -> None:
    with Bench(tmp_path / "house", seeds.FIRST_SEED) as bench:
        server = bench.server
        await bench.open()

        began_s = int(time.time())
        await bench.load((0.4, bench.rest))
        await bench.quiet()
        until_s = int(time.time())
        before = await history(server.socket_url, began_s, until_s)
        assert len(before["deals"]) > 20
        assert server.stop() == 0
        assert list(layout.snapshots_path(server.directory).iterdir())
        forget_history(server.directory)
        server.start()
        assert await history(server.socket_url, began_s, until_s) == before, "with snapshots"
        server.kill()
        forget_history(server.directory)
        for path in layout.snapshots_path(server.directory).iterdir():
            path.unlink()
        server.start()
        assert await history(server.socket_url, began_s, until_s) == before, "without snapshots"
        second = fondaco("up", "--data", server.directory, "--port", "0")
        assert second.returncode == 3
        assert f"belongs to process {server.pid}" in second.stderr


async def history(url: str, began_s: int, until_s: int) -> dict[str, Any]:
    """Everything a stranger may ask of the market's past. The day may end meanwhile; then today is another."""
    async with Line(url) as line:
        today = await line.ask("today.query", MARKET)
        return {
            "day": today if int(time.time()) // DAY_S == began_s // DAY_S else None,
            "candles of a second": await line.ask("kline.query", MARKET, began_s, until_s, 1),
            "candles of an hour": await line.ask("kline.query", MARKET, began_s, until_s, 3_600),
            "state": await line.ask("state.query", MARKET, DAY_S),
            "deals": await line.ask("deals.query", MARKET, DEALS_MAX, 0),
            "price": await line.ask("price.query", MARKET),
            "depth": await line.ask("depth.query", MARKET, 100, "0"),
        }


def forget_history(directory: Path) -> None:
    for path in directory.glob("projections.*"):
        path.unlink()


def test_a_flipped_byte_refuses_to_start_names_its_place_and_changes_nothing(tmp_path: Path) -> None:
    directory = write_story(tmp_path / "house")
    Operator(directory)
    found = survey(directory, DISK)
    assert found is not None
    path = layout.segment_path(directory, 1)
    sound = path.read_bytes()
    damaged = bytearray(sound)
    damaged[found.end_offset // 2] ^= 4
    path.write_bytes(damaged)
    run = fondaco("up", "--data", directory, "--port", "0")
    assert run.returncode == 1
    assert f"{path}, byte " in run.stderr
    assert int(run.stderr.split(", byte ")[1].split(":")[0]) <= found.end_offset // 2
    assert "nothing was changed" in run.stderr
    assert path.read_bytes() == damaged
    path.write_bytes(sound)
    assert verified_hash(directory)
