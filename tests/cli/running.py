"""A house in a process of its own, and a client that signs, with nothing but the standard library."""

from __future__ import annotations

import hashlib
import hmac
import json
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

START_TIMEOUT_S = 60
END_TIMEOUT_S = 60


class Running:
    """A started house. ``url`` is where it listens, from the lines it prints."""

    def __init__(self, process: subprocess.Popen[bytes], screen: Path) -> None:
        self.process = process
        self.screen = screen
        self.url = self._wait_for_url()

    def _wait_for_url(self) -> str:
        until_s = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < until_s:
            for line in self.said().splitlines():
                if line.strip().startswith("page "):
                    return line.split()[1]
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        raise AssertionError(f"no house within {START_TIMEOUT_S} s (status {self.process.poll()}):\n{self.said()}")

    def said(self) -> str:
        """All it printed, logs included."""
        return self.screen.read_text()

    def ask(self, key: dict[str, str] | None, method: str, *params: Any) -> Any:
        """The result of one signed method over HTTP; an unsigned one without a key. Fails on an error."""
        path, body = f"/exchange/{method}", json.dumps({"params": params, "id": 1}).encode()
        headers = {}
        if key is not None:
            timestamp = str(time.time_ns() // 1_000_000)
            text = timestamp.encode() + path.encode() + body
            sign = hmac.new(key["secret"].encode(), text, hashlib.sha256).hexdigest()
            headers = {"X-Api-Key": key["api_key"], "X-Timestamp": timestamp, "X-Signature": sign}
        with urllib.request.urlopen(urllib.request.Request(self.url + path, body, headers), timeout=60) as answer:
            envelope = json.load(answer)
        assert envelope["error"] is None, envelope
        return envelope["result"]

    def get(self, path: str) -> str:
        with urllib.request.urlopen(self.url + path, timeout=60) as answer:
            text: str = answer.read().decode()
        return text

    def kill(self) -> None:
        """As power loss looks to a process."""
        self.process.kill()
        self.process.wait(END_TIMEOUT_S)

    def interrupt(self) -> int:
        """Ctrl-C; its exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(END_TIMEOUT_S)


@contextmanager
def running(*words: str | Path, port: int = 0) -> Iterator[Running]:
    """Starts `fondaco …` on any free port or that one, and leaves nothing running."""
    command = [sys.executable, "-m", "fondaco.cli", *map(str, words), "--port", str(port)]
    screen = Path(str(words[words.index("--data") + 1]) + f".{time.monotonic_ns()}.screen")
    with screen.open("wb") as file:
        process = subprocess.Popen(command, stdout=file, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
    try:
        yield Running(process, screen)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(END_TIMEOUT_S)


def credentials(directory: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((directory / "credentials.json").read_text())
    return found
