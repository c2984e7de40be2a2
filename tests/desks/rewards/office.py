"""A whole house with one programme, reached over HTTP: what stands between a test and the core is the real road."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
from argon2 import PasswordHasher

from fondaco.app import App
from fondaco.config import Options
from fondaco.core.command_records import encode
from fondaco.core.commands import HOUSE, Rewards
from fondaco.core.rewards.actions import Action, OperatorPut, ProgrammeCreate
from fondaco.core.rewards.books import Books
from fondaco.core.rewards.entities import Role
from fondaco.desks.rewards.methods import METHODS
from fondaco.desks.rewards.passwords import secret_name
from fondaco.runtime.limits import Limits

PROGRAMME = "Rialto Rewards"
PASSWORD = "a password of the tests"
#: Logs in with the password above; a hash says itself what it cost, and this one costs little.
CHEAP_HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
ROLES = {"ada": Role.ADMIN, "otto": Role.OPERATE, "rita": Role.READ}
#: The first read of history waits for the projector's process to start.
LIMITS = Limits(history_wait_timeout_ms=60_000)


class Answer(msgspec.Struct):
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def envelope(self) -> Any:
        return msgspec.json.decode(self.body)

    @property
    def data(self) -> Any:
        assert self.status == 200, self.body
        return self.envelope["data"]

    @property
    def refused(self) -> tuple[int, str, str, str]:
        """(HTTP status, code, message, description)"""
        envelope = self.envelope
        assert envelope["data"] is None
        status = envelope["status"]
        return self.status, status["code"], status["message"], status["description"]


class Office:
    """One house and a client of it. ``tokens`` are those of the operators, by name."""

    def __init__(self, app: App, http: aiohttp.ClientSession) -> None:
        self.app = app
        self.http = http
        self.tokens: dict[str, str] = {}

    @property
    def books(self) -> Books:
        return self.app.house.rewards.programmes[1]

    async def send(self, path: str, body: object, headers: Mapping[str, str] | None = None) -> Answer:
        """Any body, as an object or as bytes. Whatever is refused must be one of the refusals of its method."""
        content = body if isinstance(body, bytes) else msgspec.json.encode(body)
        async with self.http.post(f"{self.app.url}/rewards/{path}", data=content, headers=headers) as answer:
            found = Answer(answer.status, answer.headers, await answer.read())
        if found.status != 200 and path in METHODS and found.headers["Content-Type"].startswith("application/json"):
            assert found.refused[1] in METHODS[path].codes, f"{path} is not said to answer {found.refused}"
        return found

    async def asks(self, who: str, path: str, key: str | None = None, /, **body: object) -> Answer:
        """An operator who is logged in."""
        if who not in self.tokens:
            self.tokens[who] = await self.token(who)
        headers = None if key is None else {"Idempotency-Key": key}
        return await self.send(path, {"token": self.tokens[who], **body}, headers)

    async def does(self, path: str, /, **body: object) -> Any:
        """What an admin is answered; a refusal fails the test."""
        return (await self.asks("ada", path, **body)).data

    async def token(self, who: str, organisation: str = PROGRAMME) -> str:
        login = {"username": who, "password": PASSWORD, "organisation": organisation}
        token: str = (await self.send("authentication/token", login)).data["token"]
        return token


async def give(app: App, *actions: Action, programme_id: int = 1) -> None:
    """The house itself does something in a programme."""
    for action in actions:
        app.runtime.submit(encode(HOUSE, Rewards(programme_id, 0, action)))
    await app.runtime.idle()


async def furnish(app: App) -> None:
    """Two programmes with the same three operators each, where they are not there yet."""
    if app.house.rewards.programmes:
        return
    for programme_id, name in enumerate((PROGRAMME, "Another"), 1):
        await give(app, ProgrammeCreate(name), programme_id=0)
        for username, role in ROLES.items():
            app.secrets.put(secret_name(name, username), CHEAP_HASH)
            await give(app, OperatorPut(0, username, role), programme_id=programme_id)


@asynccontextmanager
async def office_on(directory: Path, limits: Limits = LIMITS, **options: Any) -> AsyncIterator[Office]:
    """The whole house on a free port; what it knew before is there again."""
    app = App(Options(data=str(directory), port=0, limits=limits, **options), prepare=furnish)
    await app.start()
    try:
        async with aiohttp.ClientSession() as http:
            yield Office(app, http)
    finally:
        await app.stop()
