"""A house with a rewards programme, written before it runs: one merchant who bears 75 %, purchases of 150.00 each.

As in the peer, every purchase is awarded 15.00 and its settlement invoices 11.25. ``Clerk`` is who then asks it.
"""

from __future__ import annotations

import http.client
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec

from fondaco.core.command_records import encode
from fondaco.core.commands import HOUSE, Rewards
from fondaco.core.rewards import actions as a
from fondaco.core.rewards.entities import EntityKind, Line, Offer, Role, Rounding, Scheme, Unit
from fondaco.desks.rewards.passwords import hash_password, secret_name
from fondaco.journal import layout
from fondaco.journal.secrets import SecretStore
from fondaco.runtime.recovery import recover

NAME = "Bench"
USERNAME = "clerk"
PASSWORD = "the clerk of the bench"
RECEIVABLE = "ACR0000000001"
BATCH = 500
TIMEOUT_S = 120.0
_SETTING_UP: tuple[a.Action, ...] = (
    a.CurrencyPut(0, "EUR", 2, Rounding.HALF_UP),
    a.MerchantPut(0, "m", b"", 1, 4, contribution_ppm=750_000),
    a.UnitPut(Unit(0, "u", "Unit", 1)),
    a.ParticipantPut(0, "p", b"", 1),
    a.SchemePut(Scheme(0, "always")),
    a.OfferPut(Offer(0, 1, "a tenth", award_ppm=100_000)),
    a.OperatorPut(0, USERNAME, Role.ADMIN),
)


class Failed(Exception):
    """The house did not do what was asked; the message is what it said."""


def write(directory: Path, purchases: int) -> None:
    """Add the programme and its purchases to a house that does not run."""
    SecretStore(layout.secrets_path(directory)).put(secret_name(NAME, USERNAME), hash_password(PASSWORD))
    house, journal = recover(directory)

    def do(programme_id: int, actions: list[a.Action]) -> None:
        records = b"".join(encode(HOUSE, Rewards(programme_id, 0, action)) for action in actions)
        time_us = max(time.time_ns() // 1_000, journal.last_time_us)
        journal.append(records, len(actions), time_us)
        house.apply(records, time_us)

    with closing(journal):
        do(0, [a.ProgrammeCreate(NAME)])
        for action in _SETTING_UP:
            do(1, [action])
        purchase = a.PurchaseCreate(1, 1, house.time_us, 1, (Line("1", "1", "150", 15_000),))
        for first in range(0, purchases, BATCH):
            do(1, [purchase] * min(BATCH, purchases - first))
        made = house.rewards.programmes[1].count(EntityKind.PURCHASE)
        if made != purchases:
            raise Failed(f"{made} of {purchases} purchases were posted")


class Clerk:
    """Asks a house by HTTP, one request at a time over one connection, and is logged in."""

    def __init__(self, host: str, port: int) -> None:
        self._connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT_S)
        login = {"username": USERNAME, "password": PASSWORD, "organisation": NAME}
        self.token: str = self._post("authentication/token", login)["token"]

    def ask(self, path: str, /, **body: object) -> Any:
        return self._post(path, {"token": self.token, **body})

    def time_ms(self, path: str, /, **body: object) -> float:
        began_s = time.perf_counter()
        self.ask(path, **body)
        return (time.perf_counter() - began_s) * 1e3

    def stream(self, path: str, /, **body: object) -> tuple[float, float, int]:
        """Milliseconds to the first byte of the answer's body, and to its last, and its bytes."""
        began_s = time.perf_counter()
        answer = self._send(path, {"token": self.token, **body})
        size = len(answer.read(1))
        first_s = time.perf_counter()
        while piece := answer.read(1 << 16):
            size += len(piece)
        return (first_s - began_s) * 1e3, (time.perf_counter() - began_s) * 1e3, size

    def metric(self, name: str) -> float:
        self._connection.request("GET", "/metrics")
        text = self._connection.getresponse().read().decode()
        return next(float(line.split()[-1]) for line in text.splitlines() if line.startswith(f"{name} "))

    def close(self) -> None:
        self._connection.close()

    def _post(self, path: str, body: dict[str, Any]) -> Any:
        return msgspec.json.decode(self._send(path, body).read())["data"]

    def _send(self, path: str, body: dict[str, Any]) -> http.client.HTTPResponse:
        self._connection.request("POST", f"/rewards/{path}", msgspec.json.encode(body))
        answer = self._connection.getresponse()
        if answer.status != 200:
            raise Failed(f"{path}: {answer.read().decode()[:300]}")
        return answer
