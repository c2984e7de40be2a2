"""The house as its operator runs it: `fondaco up` in a process of its own, to be killed, stopped and looked at.

Its log lines are kept in one file for all its lives. Settings of the tests' own environment do not reach it.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

START_TIMEOUT_S = 60
STOP_TIMEOUT_S = 30
PROGRAM = [sys.executable, "-m", "fondaco.cli"]
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
REPLAY = Path(__file__).with_name("replay.py")


def environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("FONDACO_")}
    return {**kept, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}


def fondaco(*words: str | Path) -> subprocess.CompletedProcess[str]:
    """One command, run to its end."""
    return _run([*PROGRAM, *map(str, words)])


def replayed_hash(directory: Path) -> str:
    """The state hash that a fresh process gets from a data directory."""
    run = _run([sys.executable, str(REPLAY), str(directory)])
    assert run.returncode == 0, run.stderr
    return run.stdout.strip()


def verified_hash(directory: Path) -> str:
    """The state hash that `fondaco verify` finds, which must find everything sound."""
    run = fondaco("verify", directory)
    assert run.returncode == 0, run.stdout + run.stderr
    assert run.stdout.endswith("sound\n")
    found = re.search(r"^state hash +(\w+)$", run.stdout, re.MULTILINE)
    assert found is not None, run.stdout
    return found[1]


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, env=environment(), capture_output=True, text=True, timeout=START_TIMEOUT_S, check=False
    )


class Operator:
    """The first key of a new house, made offline."""

    def __init__(self, directory: Path) -> None:
        run = fondaco(
            *("key", "create", "operator", "--create-user", "--data", directory),
            *("--scope", "operate", "--scope", "read", "--scope", "trade"),
        )
        assert run.returncode == 0, run.stderr
        made = json.loads(run.stdout)
        self.api_key: str = made["api_key"]
        self.secret: str = made["secret"]


class Server:
    """``fondaco up`` on one data directory. Whatever happens, ``close`` leaves no process behind."""

    def __init__(self, directory: Path, *options: str) -> None:
        self.directory = directory
        self.log_path = directory.with_name(directory.name + ".log")
        self.url = ""
        #: For the next start.
        self.options = options
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def socket_url(self) -> str:
        return self.url.replace("http", "ws", 1) + "/exchange"

    def start(self) -> None:
        """Returns when orders are taken."""
        self.launch()
        assert self._process is not None
        assert self._process.stdout is not None
        for line in self._process.stdout:
            found = re.search(r"page +(http://\S+)", line)
            if found is not None:
                self.url = found[1]
                return
        raise AssertionError(f"the house did not open:\n{self.log()[-4000:]}")

    def launch(self) -> None:
        """Returns at once: what it does before it takes orders lies ahead."""
        with self.log_path.open("ab") as log:
            self._process = subprocess.Popen(
                [*PROGRAM, "up", "--data", str(self.directory), "--port", "0", *self.options],
                env=environment(),
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )

    def kill(self) -> None:
        """``kill -9``."""
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._ended()

    def stop(self) -> int:
        """SIGTERM; answers the exit status."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        return self._ended()

    def close(self) -> None:
        if self._process is not None:
            self.kill()

    def _ended(self) -> int:
        assert self._process is not None
        assert self._process.stdout is not None
        status = self._process.wait(STOP_TIMEOUT_S)
        self._process.stdout.close()
        return status

    def projector_pid(self) -> int:
        """The process that writes history; waits while there is none."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children")
        until_s = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < until_s:
            for pid in children.read_text().split():
                if b"fondaco.projections.projector" in Path(f"/proc/{pid}/cmdline").read_bytes():
                    return int(pid)
            time.sleep(0.01)
        raise AssertionError("there is no projector")

    def log(self) -> str:
        return self.log_path.read_text(errors="replace")

    def get(self, path: str) -> tuple[int, str]:
        """Status and body of an HTTP request."""
        try:
            with _DIRECT.open(self.url + path, timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def readiness(self) -> tuple[bool, list[str]]:
        _, body = self.get("/readyz")
        said: dict[str, Any] = json.loads(body)
        return said["ready"], said["reasons"]
