"""The servers under load, as real processes on a free port of the loopback, over a data directory of their own.

``fondaco`` runs as a user would run it (``fondaco up``: projections, metrics and market data on); its users, keys,
market and funds are written into the directory beforehand by what needs no running house. The peer is
``matching-engine serve``, with its log synced as it comes.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex

import msgspec

from bench.core.encoding import venue_records
from bench.core.flow import Venue
from bench.end_to_end.plan import Login
from bench.peers.environments import FOLDER
from fondaco.core.command_records import decode
from fondaco.core.commands import BalanceUpdate, Command, KeyCreate
from fondaco.operating import keys

HOST = "127.0.0.1"
#: A house of a million purchases is replayed in half a minute.
START_TIMEOUT_S = 120.0
STOP_TIMEOUT_S = 20.0


class ServerFailed(Exception):
    """The server did not start, or did not end well; the message holds the end of what it said."""


class Running(msgspec.Struct, frozen=True):
    """A server that answers. ``processes``: names and ids, to read their CPU time."""

    port: int
    processes: dict[str, int]
    logins: list[Login]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


@contextmanager
def fondaco(venue: Venue, furnish: Callable[[Path], None] | None = None) -> Iterator[Running]:
    """A house with the venue's market and users, the nth with the nth login; ``furnish`` writes what else it needs."""
    data = empty("house")
    logins = _write_house(data, venue)
    if furnish is not None:
        furnish(data)
    port = free_port()
    command = [str(Path(sys.executable).with_name("fondaco")), "up", "--data", str(data), "--port", str(port)]
    with process(command, {}, f"http://{HOST}:{port}/readyz") as pid:
        yield Running(port, {"server": pid, **_children(pid)}, logins)


@contextmanager
def matching_engine(python: Path, venue: Venue, market: str) -> Iterator[Running]:
    """The peer with one market of the venue's scales."""
    port = free_port()
    environment = {
        "ME_DATA_DIR": str(empty("matching_engine_data")),
        "ME_MARKETS": f"{market}:{10**-venue.price_digits:.8f}:{10**-venue.amount_digits:.8f}",
    }
    command = [str(python.with_name("matching-engine")), "serve", "--host", HOST, "--port", str(port)]
    with process(command, environment, f"http://{HOST}:{port}/healthz") as pid:
        yield Running(port, {"server": pid}, [Login(user) for user in range(1, venue.users + 1)])


def empty(name: str) -> Path:
    folder = FOLDER / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def _write_house(data: Path, venue: Venue) -> list[Login]:
    keys.create(data, "operator", ("operate",), (), "", create_user=True)
    logins = [Login(user, token_hex(16), token_hex(32)) for user in range(1, venue.users + 1)]
    with keys.offline(data) as opened:
        for record in venue_records(venue):
            opened.give(_shifted(decode(record).command))
        for login in logins:
            opened.store.put(login.api_key, login.secret)
            opened.give(_shifted(KeyCreate(login.api_key, login.account, ("read", "trade"))))
    return logins


def _shifted(command: Command) -> Command:
    """The venue numbers its users from 1; here the operator is the first."""
    if isinstance(command, BalanceUpdate | KeyCreate):
        return msgspec.structs.replace(command, user_id=command.user_id + 1)
    return command


@contextmanager
def process(command: list[str], environment: dict[str, str], ready: str) -> Iterator[int]:
    said = FOLDER / "server.log"
    with said.open("wb") as log:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env={**_plain_environment(), **environment},
        )
        try:
            _wait_until_ready(process, ready, said)
            yield process.pid
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _plain_environment() -> dict[str, str]:
    """This process's environment without settings of the house: what is measured are the defaults."""
    return {name: value for name, value in os.environ.items() if not name.startswith("FONDACO_")}


def _wait_until_ready(process: subprocess.Popen[bytes], url: str, said: Path) -> None:
    until = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < until and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=1) as answer:
                if answer.status == 200:
                    return
        except (OSError, urllib.error.URLError):
            pass
        time.sleep(0.05)
    raise ServerFailed(f"{url} does not answer: {said.read_text(errors='replace')[-500:]}")


def _children(pid: int) -> dict[str, int]:
    """The projector, which the server starts: its only child."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return {"projector": int(children[0])} if children else {}
