"""Debian's chromium, driven over its own DevTools protocol: open a page, ask it things, hear its complaints."""

from __future__ import annotations

import json
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

START_TIMEOUT_S = 60
COMPLAINTS = {"Runtime.exceptionThrown", "Log.entryAdded"}


class Page:
    """One open page. ``complaints`` are script errors, breaches of its policy and failed loads so far."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._number = 0
        self.complaints: list[dict[str, Any]] = []
        for domain in ("Runtime", "Log", "Page"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """One DevTools command and its result."""
        self._number += 1
        self._connection.send(json.dumps({"id": self._number, "method": method, "params": params}))
        while True:
            message = json.loads(self._connection.recv(timeout=START_TIMEOUT_S))
            if message.get("method") in COMPLAINTS:
                self.complaints.append(message["params"])
            if message.get("id") == self._number:
                assert "error" not in message, message
                result: dict[str, Any] = message["result"]
                return result

    def value(self, expression: str) -> Any:
        """What a JavaScript expression is now."""
        return self.call("Runtime.evaluate", expression=expression, returnByValue=True)["result"].get("value")

    def wait_for(self, expression: str, timeout_s: float) -> None:
        """Returns once the expression is true."""
        until_s = time.monotonic() + timeout_s
        while not self.value(expression):
            assert time.monotonic() < until_s, f"not within {timeout_s} s: {expression}\n{self.complaints}"
            time.sleep(0.1)


@contextmanager
def browsing(chromium: str, folder: Path, url: str, width: int, height: int) -> Iterator[Page]:
    """The page at ``url`` in a window of its own; the browser's files go to ``folder``."""
    options = ("--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0", "about:blank")
    process = subprocess.Popen(
        [chromium, f"--user-data-dir={folder}", f"--window-size={width},{height}", *options],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        with connect(_page_address(folder), max_size=None) as connection:
            page = Page(connection)
            page.call("Page.navigate", url=url)
            yield page
    finally:
        process.kill()
        process.wait(START_TIMEOUT_S)


def _page_address(folder: Path) -> str:
    """Where the browser's first page listens, once it does."""
    until_s = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < until_s:
        try:
            port = (folder / "DevToolsActivePort").read_text().splitlines()[0]
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/json/list", timeout=5) as answer:
                for target in json.load(answer):
                    if target["type"] == "page":
                        return str(target["webSocketDebuggerUrl"])
        except (OSError, IndexError):
            pass
        time.sleep(0.1)
    raise AssertionError(f"chromium did not start within {START_TIMEOUT_S} s")
