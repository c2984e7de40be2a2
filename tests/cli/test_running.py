"""`fondaco demo` and `fondaco up` as a user meets them: real processes, real sockets, kill -9."""

from __future__ import annotations

import json
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fondaco.config import Options
from fondaco.journal import layout
from fondaco.operating.exposure import is_exposed
from tests.cli.program import fondaco, write_story
from tests.cli.running import END_TIMEOUT_S, credentials, running


def test_an_order_outlives_kill_9_and_so_do_the_keys(tmp_path: Path) -> None:
    data = tmp_path / "demo"
    with running("demo", "--data", data) as house:
        first = credentials(data)
        assert stat.S_IMODE((data / "credentials.json").stat().st_mode) == 0o600
        assert first["http"] == house.url
        alice = first["users"]["alice"]
        for word in (alice["api_key"], alice["secret"], first["operator"]["api_key"], "ws://", str(data)):
            assert word in house.said()
        assert house.ask(alice, "asset.query", "BTC", "USDT") == {
            "BTC": {"available": "100.00000000", "freeze": "0"},
            "USDT": {"available": "10000000.00000000", "freeze": "0"},
        }
        put = house.ask(alice, "order.put_limit", "BTCUSDT", 2, "0.5", "50000.00", {"client_order_id": "mine"})
        house.kill()
    with running("demo", "--data", data) as house:
        assert credentials(data)["users"] == first["users"]
        assert credentials(data)["operator"] == first["operator"]
        found = house.ask(alice, "order.get", "BTCUSDT", {"client_order_id": "mine"})
        assert (found["id"], found["left"], found["price"]) == (put["id"], put["left"], put["price"])
        assert house.ask(alice, "asset.query", "USDT")["USDT"]["freeze"] == "25000.00000000"
        assert house.interrupt() == 0
    verified = fondaco("verify", data)
    assert verified.returncode == 0, verified.stdout + verified.stderr


def test_the_market_moves_and_the_page_says_that_it_is_a_demo(tmp_path: Path) -> None:
    with running("demo", "--data", tmp_path / "demo", "--speed", "20") as house:
        until_s = time.monotonic() + 30
        deals = house.ask(None, "deals.query", "BTCUSDT", 100, 0)
        while len(deals) < 100 and time.monotonic() < until_s:
            time.sleep(0.2)
            deals = house.ask(None, "deals.query", "BTCUSDT", 100, 0)
        assert len(deals) == 100
        assert {deal["type"] for deal in deals} == {"buy", "sell"}
        depth = house.ask(None, "depth.query", "ETHUSDT", 5, "0")
        assert float(depth["bids"][0][0]) < float(depth["asks"][0][0])
        page = house.get("/")
        assert '"demo":true' in page
        assert "BTCUSDT" in page
        assert "secret" not in page.split('id="house"')[1].split("</script>")[0]


def test_a_second_house_on_its_directory_or_port_is_refused_and_up_refuses_what_a_demo_made(tmp_path: Path) -> None:
    data = tmp_path / "demo"
    with running("demo", "--data", data) as house:
        second = fondaco("demo", "--data", data, "--port", "0")
        assert second.returncode == 3
        assert f"belongs to process {house.process.pid}" in second.stderr
        fresh = fondaco("demo", "--data", data, "--port", "0", "--fresh")
        assert fresh.returncode == 3
        house.ask(None, "server.time")
        port = house.url.rpartition(":")[2]
        elsewhere = fondaco("demo", "--data", tmp_path / "two", "--port", port)
        assert elsewhere.returncode == 1
        assert f":{port} cannot be listened on" in elsewhere.stderr
        assert "--port" in elsewhere.stderr
        house.kill()
    (data / "credentials.json").unlink()  # the keys are in the journal: removing a file does not make them secret
    up = fondaco("up", "--data", data, "--port", "0")
    assert up.returncode == 1
    assert "was made by `fondaco demo`" in up.stderr


def test_fresh_begins_anew_and_keeps_the_settings(tmp_path: Path) -> None:
    data = tmp_path / "demo"
    with running("demo", "--data", data) as house:
        old = credentials(data)
        assert house.interrupt() == 0
    (data / "fondaco.toml").write_text('zone = "Europe/Rome"\n')
    with running("demo", "--data", data, "--fresh") as house:
        assert credentials(data)["users"] != old["users"]
        alice = credentials(data)["users"]["alice"]
        assert house.ask(alice, "order.query", ["BTCUSDT"], 0, 10)["BTCUSDT"]["total"] == 0
    assert (data / "fondaco.toml").exists()


def test_a_demo_neither_seeds_nor_removes_a_house_that_is_no_demo(tmp_path: Path) -> None:
    write_story(tmp_path)
    before = sorted(path.name for path in tmp_path.rglob("*"))
    run = fondaco("demo", "--data", tmp_path, "--fresh", "--port", "0")
    assert run.returncode == 1
    assert "holds a house that is no demo" in run.stderr
    assert sorted(path.name for path in tmp_path.rglob("*")) == before
    plain = fondaco("demo", "--data", tmp_path, "--port", "0")
    assert plain.returncode == 1
    assert "this house is no demo: its first user is ann" in plain.stderr


# ── up ───────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_up_refuses_a_house_without_operator_and_tells_the_command_that_mends_it(tmp_path: Path) -> None:
    data = tmp_path / "house"
    command = f"fondaco key create operator --scope operate --create-user --data {data}"
    nothing_there = fondaco("up", "--data", data, "--port", "0")
    assert nothing_there.returncode == 1
    assert command in nothing_there.stderr
    assert not data.exists()

    data.mkdir()
    write_story(data)
    assert fondaco("key", "revoke", "ann-key", "--data", data).returncode == 0
    no_operator = fondaco("up", "--data", data, "--port", "0")
    assert no_operator.returncode == 1
    assert "nobody could operate this house: ann's key ann-key is revoked" in no_operator.stderr
    assert command in no_operator.stderr

    made = fondaco(*command.split()[1:])
    assert made.returncode == 0, made.stderr
    with running("up", "--data", data) as house:
        operator = json.loads(made.stdout)
        house.ask(operator, "asset.create", "ETH", 8)
        house.ask(operator, "asset.create", "EUR", 8)
        house.ask(operator, "market.create", "ETHEUR", "ETH", "EUR", {"price_digits": 2, "amount_digits": 5})
        page = house.get("/")
        assert '"demo":false' in page
        assert "ETHEUR" in page
        assert house.interrupt() == 0


@pytest.mark.parametrize(
    ("host", "proxy", "exposed"),
    [
        ("127.0.0.1", None, False),
        ("localhost", None, False),
        ("::1", None, False),
        ("0.0.0.0", None, True),
        ("192.0.2.7", None, True),
        ("house.example", None, True),
        ("0.0.0.0", "10.0.0.1", False),
    ],
)
def test_a_house_beyond_loopback_without_a_proxy_is_exposed(host: str, proxy: str | None, exposed: bool) -> None:
    assert is_exposed(Options(host=host, trusted_proxy=proxy)) is exposed


def test_a_misspelt_setting_is_refused_by_its_name(tmp_path: Path) -> None:
    layout.journal_path(tmp_path).mkdir()
    (tmp_path / "fondaco.toml").write_text("prot = 9000\n")
    run = fondaco("up", "--data", tmp_path)
    assert run.returncode == 1
    assert "there is no setting prot; did you mean port?" in run.stderr


def test_a_house_whose_screen_is_gone_still_closes_in_turn(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "fondaco.cli", "demo", "--data", str(tmp_path / "demo"), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        assert process.stdout is not None
        while b"  page " not in process.stdout.readline():
            assert process.poll() is None
        process.stdout.close()  # as `fondaco demo | head` does
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        process.wait(END_TIMEOUT_S)
    assert list(layout.snapshots_path(tmp_path / "demo").glob("*.snap"))  # the last thing a closing house writes
