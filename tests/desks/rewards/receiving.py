"""A programme that tells its events, and receivers of webhooks on this machine: real HTTP, real journal, real history.

The projector is turned by hand, so that a test decides what is in the history by when.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec
from aiohttp import web

from fondaco.core import command_records
from fondaco.core.applied import Applied
from fondaco.core.commands import HOUSE, Rewards
from fondaco.core.events import EventKind, Row, kind_of
from fondaco.core.rewards import actions as a
from fondaco.core.rewards.checks import EVENTS
from fondaco.core.rewards.entities import Line, Offer, Rounding, Scheme, Unit
from fondaco.core.rewards.facts import RewardsApplied
from fondaco.desks.rewards.webhook_client import WebhookClient
from fondaco.desks.rewards.webhook_endpoint import Pace, secret_name
from fondaco.desks.rewards.webhooks import Webhooks
from fondaco.journal import layout
from fondaco.journal.secrets import SecretStore
from fondaco.projections.history import History
from fondaco.projections.progress import Progress
from fondaco.projections.rewards_reads import RewardEvent
from fondaco.projections.tail import Tail
from fondaco.runtime.limits import Limits
from fondaco.runtime.recovery import recover
from fondaco.runtime.sequencer import Runtime
from fondaco.runtime.targets import Targets

SHOP = 1
SECRET = "the secret of the first webhook"
QUICK = Pace(0.01, 0.05)
OPENING: tuple[a.Action, ...] = (
    a.CurrencyPut(0, "EUR", 2, Rounding.HALF_UP),
    a.MerchantPut(0, "m", b"", 1, 4, contribution_ppm=750_000),
    a.UnitPut(Unit(0, "u", "Unit", 1)),
    a.ParticipantPut(0, "p", b"", 1),
    a.SchemePut(Scheme(0, "always")),
    a.OfferPut(Offer(0, 1, "a tenth", award_ppm=100_000)),
)


class Received(msgspec.Struct, frozen=True):
    event_id: str
    signature: str
    body: bytes
    durable_seq: int

    @property
    def seq(self) -> int:
        return int(self.event_id.split("-")[1])

    @property
    def type(self) -> str:
        type_: str = msgspec.json.decode(self.body)["type"]
        return type_


class Receiver:
    """Keeps all that is posted to it and answers as it is told: ``answer`` is called for each, 200 if it is None."""

    def __init__(self, port: int = 0) -> None:
        self.received: list[Received] = []
        self.answer: Callable[[], Awaitable[web.StreamResponse]] | None = None
        self.durable_seq: Callable[[], int] = lambda: 0
        self.under_way = self.under_way_max = 0
        self._port = port

    async def __aenter__(self) -> Self:
        application = web.Application()
        application.router.add_route("*", "/{path:.*}", self._post)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port).start()
        self._port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        await self._runner.cleanup()

    @property
    def port(self) -> int:
        return self._port

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}/hook?token=in-the-url"

    @property
    def ids(self) -> list[str]:
        return [each.event_id for each in self.received]

    async def _post(self, request: web.Request) -> web.StreamResponse:
        self.under_way += 1
        self.under_way_max = max(self.under_way, self.under_way_max)
        try:
            headers, body = request.headers, await request.read()
            self.received.append(
                Received(headers["Fondaco-Event-Id"], headers["Fondaco-Signature"], body, self.durable_seq())
            )
            return web.Response() if self.answer is None else await self.answer()
        finally:
            self.under_way -= 1


def verify(secret: str, signature: str, body: bytes) -> int:
    """As docs/reference/rewards/webhooks.md has it: the time of a good signature."""
    parts = dict(part.split("=", 1) for part in signature.split(","))
    expected = hmac.new(secret.encode(), f"{parts['t']}.".encode() + body, hashlib.sha256).hexdigest()
    assert hmac.compare_digest(expected, parts["v1"])
    return int(parts["t"])


def status(code: int) -> Callable[[], Awaitable[web.StreamResponse]]:
    async def answer() -> web.StreamResponse:
        return web.Response(status=code, headers={"Location": "/elsewhere"} if code // 100 == 3 else None)

    return answer


class Shop:
    """One life of a house with a programme in it. Entering replays the directory; leaving stops as a house does."""

    def __init__(self, directory: Path, *, is_killed: bool = False) -> None:
        self.directory = directory
        self.is_killed = is_killed
        self.projects = True

    async def __aenter__(self) -> Self:
        directory = self.directory
        self.house, self.journal = recover(directory)
        self.runtime = Runtime(self.house, self.journal, Limits(), fatal=_fatal)
        if not self.house.rewards.programmes:
            await self.do(a.ProgrammeCreate("Rialto"), programme_id=0)
            for action in OPENING:
                await self.do(action)
        self.secrets = SecretStore(layout.secrets_path(directory))
        self.tail = Tail(directory)
        while self.tail.turn():
            pass
        self.history = History(directory)
        self.progress = Progress(directory)
        self.projector = asyncio.create_task(self._project())
        client = WebhookClient(Targets("loopback"), timeout_s=0.5)
        self.webhooks = Webhooks(self.runtime, self.history, self.secrets, client, told, pace=QUICK)
        self.webhooks.start()
        return self

    async def __aexit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if self.is_killed:
            self.runtime.stop_intake("killed")
        await self.webhooks.stop()
        await self.runtime.stop()
        self.projector.cancel()
        await asyncio.gather(self.projector, return_exceptions=True)
        await self.history.close()
        self.tail.close()
        self.progress.close()
        self.journal.close()

    @property
    def marked_seq(self) -> int:
        return self.house.rewards.programmes[SHOP].webhooks[1].delivered_seq

    @property
    def last_failure(self) -> str:
        """Of the first webhook."""
        endpoint = self.webhooks.endpoint(SHOP, 1)
        assert endpoint is not None
        return endpoint.attempts.last_failure

    async def hook(self, url: str, *events: str, number: int = 0, active: bool = True) -> int:
        """Make a webhook, or change one; answers its number."""
        webhooks = self.house.rewards.programmes[SHOP].webhooks
        self.secrets.put(secret_name(SHOP, number or len(webhooks) + 1), SECRET)
        await self.do(a.WebhookPut(number, url, events or EVENTS, active))
        return number or len(webhooks)

    async def buy(self, purchases: int = 1) -> None:
        """Purchases of 100.00, which are told as one award each."""
        for _ in range(purchases):
            await self.do(a.PurchaseCreate(1, 1, self.house.time_us, 1, (Line("1", "1", "100", 10_000),)))

    async def replay(self, from_seq: int) -> None:
        endpoint = self.webhooks.endpoint(SHOP, 1)
        assert endpoint is not None
        await endpoint.replay(lambda: self.do(a.WebhookMark(1, from_seq - 1)))

    async def do(self, action: a.Action, programme_id: int = SHOP) -> RewardsApplied:
        done = _Done()
        self.runtime.submit(command_records.encode(HOUSE, Rewards(programme_id, 0, action)), done)
        row, applied = await done.row
        assert kind_of(row) != EventKind.REJECT, (action, row)
        fact = applied.facts[row[2]]
        assert isinstance(fact, RewardsApplied)
        return fact

    async def _project(self) -> None:
        while True:
            if self.projects:
                self.tail.turn()
                self.progress.seq = self.tail.seq
            await asyncio.sleep(0.002)


def told(programme_id: int, event: RewardEvent) -> tuple[str, bytes]:
    return f"{programme_id}-{event.seq}-{event.n}", msgspec.json.encode({"type": event.type})


class _Done:
    def __init__(self) -> None:
        self.row: asyncio.Future[tuple[Row, Applied]] = asyncio.get_running_loop().create_future()

    def answered(self, row: Row, applied: Applied) -> None:
        self.row.set_result((row, applied))

    def failed(self, reason: str) -> None:
        raise AssertionError(reason)


def _fatal(error: BaseException) -> None:
    raise AssertionError("the house failed") from error
