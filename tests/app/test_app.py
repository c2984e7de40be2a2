"""The house put together, in this process: opens, answers on one port, closes, opens again with everything there."""

from __future__ import annotations

import re
import time
from pathlib import Path

import aiohttp
import msgspec
import pytest
from websockets.asyncio.client import connect

from fondaco.app import App
from fondaco.config import Options
from fondaco.demo.seed import Credentials, seed
from fondaco.desks.common.auth import sign_http
from fondaco.journal.errors import DirectoryLocked, OperatingError
from fondaco.runtime.recovery import verify

WATCHING = (Path(__file__).resolve().parents[2] / "docs" / "operating" / "watching.md").read_text(encoding="utf-8")


class Demo:
    """A seeded house and a client of it."""

    def __init__(self, directory: Path) -> None:
        self.credentials: Credentials | None = None
        self.app = App(Options(data=str(directory), port=0, demo=True), prepare=self._seed)

    async def _seed(self, app: App) -> None:
        self.credentials = await seed(app.runtime, app.secrets, app.url)

    async def ask(self, user: str, method: str, *params: object) -> object:
        """One signed request over HTTP; the result, or the error."""
        assert self.credentials is not None
        key = self.credentials.users[user]
        body = msgspec.json.encode({"params": params, "id": 1})
        timestamp_ms = time.time_ns() // 1_000_000
        path = f"/exchange/{method}"
        headers = {
            "X-Api-Key": key.api_key,
            "X-Timestamp": str(timestamp_ms),
            "X-Signature": sign_http(key.secret, timestamp_ms, path, body),
        }
        async with (
            aiohttp.ClientSession() as http,
            http.post(self.app.url + path, data=body, headers=headers) as answer,
        ):
            assert answer.status == 200
            envelope = await answer.json()
            return envelope["result"] if envelope["error"] is None else envelope["error"]


async def test_an_order_survives_a_restart(tmp_path: Path) -> None:
    first = Demo(tmp_path)
    await first.app.start()
    order = await first.ask("alice", "order.put_limit", "BTCUSDT", 2, "1", "50000")
    assert isinstance(order, dict)
    assert (order["price"], order["left"]) == ("50000.00", "1.00000")
    state_hash = first.app.house.state_hash()
    await first.app.stop()

    report = verify(tmp_path)
    assert (report.problems, report.state_hash) == ([], state_hash)

    second = Demo(tmp_path)
    await second.app.start()
    found = await second.ask("alice", "order.query", ["BTCUSDT"], 0, 10)
    assert isinstance(found, dict)
    assert [each["id"] for each in found["BTCUSDT"]["records"]] == [order["id"]]
    await second.app.stop()


async def test_everything_on_one_port(tmp_path: Path) -> None:
    demo = Demo(tmp_path)
    await demo.app.start()
    socket_url = demo.app.url.replace("http", "ws") + "/exchange"
    async with connect(socket_url, subprotocols=["json"]) as socket, aiohttp.ClientSession() as http:  # type: ignore[list-item]
        await socket.send('{"method":"server.ping","params":[],"id":7}')
        assert msgspec.json.decode(await socket.recv()) == {"error": None, "result": "pong", "id": 7}
        for path, words in {
            "/healthz": "ok",
            "/readyz": '"ready":true',
            "/": "<title>",
            "/docs": "POST /exchange/{method}",
            "/docs/openapi.json": '"openapi"',
        }.items():
            async with http.get(demo.app.url + path) as answer:
                assert answer.status == 200
                text = await answer.text()
                assert words in text
                assert "https://" not in text.replace("https://www.apache.org", ""), "nothing is loaded from elsewhere"
        async with http.get(demo.app.url + "/metrics") as answer:
            lines = (await answer.text()).splitlines()
        helps = dict(re.findall(r"# HELP (fondaco_\w+?)(?:_total)? (.*)", "\n".join(lines)))
        assert helps == dict(re.findall(r"\| `(fondaco_\w+)` \| (.*) \|", WATCHING)), (
            "the operator's page names them all"
        )
        metrics = dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
        assert float(metrics["fondaco_websocket_connections"]) == 1
        assert float(metrics["fondaco_commands_total"]) == demo.app.runtime.durable_seq
        assert float(metrics['fondaco_journal_batch_commands_bucket{le="+Inf"}']) > 0
        assert float(metrics['fondaco_answers_total{kind="fact"}']) > 0
        assert float(metrics["fondaco_defects_total"]) == 0
    await demo.app.stop()


async def test_a_house_that_takes_no_orders_says_why(tmp_path: Path) -> None:
    demo = Demo(tmp_path)
    await demo.app.start()
    demo.app.runtime.stop_intake("the disk is full")
    async with aiohttp.ClientSession() as http, http.get(demo.app.url + "/readyz") as answer:
        assert (answer.status, await answer.json()) == (503, {"ready": False, "reasons": ["the disk is full"]})
    refused = await demo.ask("alice", "order.put_limit", "BTCUSDT", 2, "1", "50000")
    assert isinstance(refused, dict)
    assert refused["code"] == 3
    assert await demo.ask("bob", "asset.query") is not None, "reading goes on"
    await demo.app.stop()


async def test_a_second_house_on_the_same_directory_is_refused(tmp_path: Path) -> None:
    demo = Demo(tmp_path)
    await demo.app.start()
    with pytest.raises(DirectoryLocked, match="belongs to process"):
        await Demo(tmp_path).app.start()
    assert await demo.ask("alice", "asset.query") is not None
    await demo.app.stop()


async def test_a_taken_port_is_said_before_anything_is_touched(tmp_path: Path) -> None:
    demo = Demo(tmp_path / "first")
    await demo.app.start()
    other = App(Options(data=str(tmp_path / "second"), port=demo.app.port))
    with pytest.raises(OperatingError, match=f"127.0.0.1:{demo.app.port} cannot be listened on.*--port"):
        await other.start()
    assert not (tmp_path / "second" / "journal").exists()
    await demo.app.stop()


async def test_a_house_whose_preparation_fails_serves_nobody_and_lets_go(tmp_path: Path) -> None:
    async def refuse(app: App) -> None:
        raise OperatingError("no operator key")

    with pytest.raises(OperatingError, match="no operator key"):
        await App(Options(data=str(tmp_path), port=0), prepare=refuse).start()
    again = Demo(tmp_path)
    await again.app.start()
    await again.app.stop()
