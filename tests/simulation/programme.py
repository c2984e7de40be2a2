"""A reward programme laid into a data directory that no house has open, and a caller of its desk.

10 % of a purchase is awarded and the merchant bears 75 % of it. Purchases are written straight into the journal: as
many as are wanted, without a request for each.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Any, Final

import aiohttp
import msgspec

from fondaco.core.command_records import encode
from fondaco.core.commands import HOUSE, Rewards
from fondaco.core.rewards import actions as a
from fondaco.core.rewards.entities import Line, Offer, Role, Rounding, Scheme, Unit
from fondaco.desks.rewards.passwords import secret_name
from fondaco.journal import layout
from fondaco.journal.secrets import SecretStore
from fondaco.runtime.recovery import recover
from tests.desks.rewards.office import CHEAP_HASH, PASSWORD, PROGRAMME

OPERATOR: Final = "ada"
RECEIVABLE: Final = {"number": "ACR0000000001"}
TOTAL_UNITS: Final = 150_00
INVOICED_UNITS: Final = 11_25
#: Callers here come and go with every life of a house, and want history to the last line.
SETTINGS: Final = """
[limits]
rewards_logins_per_minute_max = 10000
history_wait_timeout_ms = 60000
"""
_SET_UP: Final[tuple[a.Action, ...]] = (
    a.OperatorPut(0, OPERATOR, Role.ADMIN),
    a.CurrencyPut(0, "EUR", 2, Rounding.HALF_UP),
    a.MerchantPut(0, "merchant", b"", 1, credit_days=4, contribution_ppm=750_000),
    a.UnitPut(Unit(0, "till", "Till", 1)),
    a.ParticipantPut(0, "georgia", b"", 1),
    a.SchemePut(Scheme(0, "Everything")),
    a.OfferPut(Offer(0, 1, "Ten per cent", award_ppm=100_000)),
)
_BATCH: Final = 500


def furnish(directory: Path, purchases: int = 0) -> None:
    """Programme 1 in a house that has none, with so many purchases that are posted and not settled."""
    SecretStore(layout.secrets_path(directory)).put(secret_name(PROGRAMME, OPERATOR), CHEAP_HASH)
    (directory / "fondaco.toml").write_text(SETTINGS)
    purchase = _record(a.PurchaseCreate(1, 1, 1, 1, (Line("1", "", "", TOTAL_UNITS),)))
    _append(directory, (encode(HOUSE, Rewards(0, 0, a.ProgrammeCreate(PROGRAMME))), *map(_record, _SET_UP)))
    _append(directory, (purchase for _ in range(purchases)))


def _record(action: a.Action) -> bytes:
    return encode(HOUSE, Rewards(1, 0, action))


def _append(directory: Path, records: Iterable[bytes]) -> None:
    """The journal alone: the house makes of it what it makes of it when it starts."""
    _, journal = recover(directory)
    try:
        left = iter(records)
        while batch := list(islice(left, _BATCH)):
            journal.append(b"".join(batch), len(batch), max(time.time_ns() // 1_000, journal.last_time_us))
    finally:
        journal.close()


class Away(Exception):
    """The house went before it answered, or takes nothing at the moment: ask again, with the same key."""


class Counter:
    """Where one operator of the programme stands at the desk of a house; his token lasts as long as its life."""

    def __init__(self, http: aiohttp.ClientSession, url: str) -> None:
        self.url = url
        self._http = http
        self._token = ""

    async def ask(self, path: str, key: str | None = None, /, **body: object) -> tuple[str, Any]:
        """The status code and the data. Raises ``Away``."""
        if not self._token:
            login: dict[str, object] = {"username": OPERATOR, "password": PASSWORD, "organisation": PROGRAMME}
            _, logged_in = await self._send("authentication/token", login, None)
            self._token = logged_in["token"]
        return await self._send(path, {"token": self._token, **body}, key)

    async def does(self, path: str, /, **body: object) -> Any:
        """The data of what must succeed."""
        code, answered = await self.ask(path, **body)
        assert code == "OK", f"{path} was answered {code}"
        return answered

    async def _send(self, path: str, body: dict[str, object], key: str | None) -> tuple[str, Any]:
        headers = {"Content-Type": "application/json"} | ({} if key is None else {"Idempotency-Key": key})
        content = msgspec.json.encode(body)
        try:
            async with self._http.post(f"{self.url}/rewards/{path}", data=content, headers=headers) as answer:
                envelope = msgspec.json.decode(await answer.read())
        except (aiohttp.ClientError, msgspec.DecodeError, OSError) as error:
            raise Away(str(error)) from None
        if answer.status == 503:
            raise Away(envelope["status"]["message"])
        return envelope["status"]["code"] or "OK", envelope["data"]
