"""A whole exchange without sockets and without a journal: everything between is the real part.

Commands queue up and are applied together by ``turn``, as the runtime does it: answers to their waiters, then the
desk hears of the batch, then the projections are written, so that history is never behind unless a test says so.
A ``Client`` is what stands at the other end of a socket: it sends messages and reads what came back, unpacked.
"""

from __future__ import annotations

import asyncio
import zlib
from pathlib import Path
from typing import Any

import msgspec
from picows import WSCloseCode

from fondaco.core import commands as c
from fondaco.core.command_records import encode
from fondaco.core.commands import HOUSE, RareCommand, Sender, Side
from fondaco.core.events import Row, is_answer
from fondaco.core.house import House
from fondaco.desks.common.auth import Authenticator, sign_socket
from fondaco.desks.common.desk import Identity, Opening
from fondaco.desks.exchange.desk import ExchangeDesk
from fondaco.desks.exchange.session import Session
from fondaco.journal.secrets import SecretStore
from fondaco.projections.database import FILE_NAME, NOTHING, create_tables, open_engine
from fondaco.projections.history import History
from fondaco.projections.progress import Progress
from fondaco.projections.writer import ProjectionWriter
from fondaco.runtime.inbox import Waiter
from fondaco.runtime.limits import Limits
from tests.waiting import HANG_S

#: 2024-08-08 00:00:00 UTC
START_US = 1_723_075_200_000_000
SECOND_US = 1_000_000

#: Quick cadences, so that a test waits for a push no longer than it must.
LIMITS = Limits(market_push_interval_ms=10, order_push_interval_ms=2, history_push_interval_ms=100)

#: The market of ``pushed``, which nobody else follows.
PROBE = "PROBE"


class Venue:
    """A house with its desk. ``now_us`` is the clock of everything in it."""

    def __init__(self, directory: Path, limits: Limits = LIMITS, *, md5_allowed: bool = True) -> None:
        self.directory = directory
        self.house = House()
        self.now_us = START_US
        self.intake_stopped: str | None = None
        self.projector_runs = True
        self.durable_seq = 0
        self.sessions = 0
        self.probes = 0
        self.turns_by_itself = True
        self._queue: list[tuple[bytes, Waiter | None]] = []
        engine = open_engine(directory / FILE_NAME, write=True)
        create_tables(engine)
        self._writer = ProjectionWriter(engine, NOTHING)
        self._writer.commit()
        self._engine = engine
        self._progress = Progress(directory)
        self.history = History(directory, wait_timeout_s=1.0, waiting_max=limits.history_queries_waiting_max)
        self.secrets = SecretStore(directory / "secrets")
        self.logins = Authenticator(
            self.house, self.secrets, limits, md5_allowed=md5_allowed, now_ms=lambda: self.now_us // 1000
        )
        self.desk = ExchangeDesk(self, self.history, self.logins, self.secrets, limits, lambda: self.now_us)

    async def close(self) -> None:
        await self.desk.stop()
        await self.history.close()
        self._progress.close()
        self._engine.dispose()

    # ── the runtime ───────────────────────────────────────────────────────────────────────────────────────────────────

    def submit(self, record: bytes, waiter: Waiter | None) -> None:
        if self.intake_stopped is not None:
            if waiter is not None:
                waiter.failed(self.intake_stopped)
            return
        self._queue.append((record, waiter))
        if self.turns_by_itself:
            asyncio.get_running_loop().call_soon(self.turn)

    def turn(self) -> None:
        """One batch of everything that was submitted."""
        queue, self._queue = self._queue, []
        if not queue:
            return
        applied = self.house.apply(b"".join(record for record, _ in queue), self.now_us)
        self.durable_seq = self.house.next_seq - 1
        waiters = iter(waiter for _, waiter in queue)
        for row in applied:
            if is_answer(row):
                waiter = next(waiters)
                if waiter is not None:
                    waiter.answered(row, applied)
        self.desk.applied(applied)
        self.desk.flush()
        self._writer.gather(applied, bytes(16))
        if self.projector_runs:
            self.project()

    def project(self) -> None:
        """What the projector does when it has time."""
        self._writer.commit()
        self._progress.seq = self.durable_seq

    async def pushed(self, *, history: bool = False) -> None:
        """Returns once every push has left that was due when this was called.

        A newcomer follows a market of its own, then there is a deal. Streams are told in the order they were opened,
        so what it hears of that deal comes after all that was due before: the live streams, and with ``history`` also
        those out of the history.
        """
        probe = self.connect()
        if PROBE not in self.house.market_ids:
            self.does(
                c.AssetCreate("PIN", 0),
                c.AssetCreate("POUND", 0),
                c.MarketCreate(PROBE, "PIN", "POUND", 0, 0, 1, 0, 0, 0),
                c.UserCreate("prober"),
            )
            user_id = self.house.user_ids["prober"]
            self.does(*(c.BalanceUpdate(user_id, asset, "deposit", 1, 10**6) for asset in ("PIN", "POUND")))
        await probe.call("depth.subscribe", PROBE, 5, "0")
        await probe.push("depth.update")
        if history:
            await probe.call("today.subscribe", PROBE)
            await probe.push("today.update")
        prober = Sender(user_id=self.house.user_ids["prober"])
        market_id = self.house.market_ids[PROBE]
        for side, lots in ((Side.ASK, 1), (Side.BID, 2)):
            place = c.Place(market_id, side, c.OrderType.LIMIT, c.TimeInForce.GTC, 1 + self.probes, lots)
            self._queue.append((encode(prober, place), None))
        self.probes += 1
        self.turn()
        await probe.push("depth.update")
        if history:
            await probe.push("today.update")
        probe.session.closed()

    # ── what tests begin with ─────────────────────────────────────────────────────────────────────────────────────────

    def does(self, *commands: RareCommand) -> None:
        """The house itself sends commands."""
        for command in commands:
            self._queue.append((encode(HOUSE, command), None))
        self.turn()

    def user(self, name: str, *scopes: str, **balances: int) -> tuple[str, str]:
        """A user with a key and whole units of some assets: (api key, secret)."""
        if name not in self.house.user_ids:
            self.does(c.UserCreate(name))
        user_id = self.house.user_ids[name]
        api_key, secret = f"key-of-{name}-{'-'.join(scopes)}", f"secret of {name}"
        self.secrets.put(api_key, secret)
        self.does(c.KeyCreate(api_key, user_id, scopes or ("read", "trade")))
        for number, (asset, whole) in enumerate(balances.items(), 1):
            scale = 10 ** self.house.assets[self.house.asset_ids[asset]].scale_digits
            self.does(c.BalanceUpdate(user_id, asset, "deposit", number, whole * scale))
        return api_key, secret

    def connect(self, path: str = "/exchange", subprotocol: str = "json") -> Client:
        self.sessions += 1
        return Client(self, path, subprotocol)

    async def logged_in(self, name: str, path: str = "/exchange", subprotocol: str = "json") -> Client:
        """A client that proved to be a user of this name (with the key that ``user`` made last)."""
        client = self.connect(path, subprotocol)
        key = [key for key in self.house.keys.values() if key.user_id == self.house.user_ids[name]][-1]
        secret = self.secrets.get(key.api_key)
        assert secret is not None
        now_ms = self.now_us // 1000
        self.now_us += 1000
        reply = await client.call("server.auth", key.api_key, sign_socket(secret, key.api_key, now_ms), now_ms)
        assert reply == {"status": "success"}
        return client

    def identity(self, name: str, *scopes: str) -> Identity:
        """Whom the door would have proved over HTTP."""
        return Identity(self.house.user_ids[name], 1, scopes or ("read", "trade"), "")

    async def post(
        self,
        method: str,
        params: object,
        identity: Identity | None = None,
        address: str = "127.0.0.1",
        **more: object,
    ) -> Any:
        body = msgspec.json.encode({"params": params, **more})
        return msgspec.json.decode(await self.desk.http_request(method, body, identity, address))


class Client:
    """The other end of a socket. ``inbox`` holds every message as it came, decoded."""

    def __init__(self, venue: Venue, path: str, subprotocol: str) -> None:
        self.venue = venue
        self.inbox: list[Any] = []
        self.raw: list[bytes] = []
        self.texts: list[bool] = []
        self.congested = False
        self.closed_because: tuple[int, str] | None = None
        self.room_messages = 1_000_000
        self.in_flight = 0
        self._read = 0
        self._next_id = 1
        self._arrived = asyncio.Event()
        opening = Opening(path, "127.0.0.1", subprotocol, venue.sessions)
        self.compression = subprotocol or ("gzip" if path.endswith("v2") else "zlib")
        self.session: Session = venue.desk.open(opening, self)

    # ── what the session sees of it ───────────────────────────────────────────────────────────────────────────────────

    @property
    def unsent_bytes(self) -> int:
        """A client with few ``room_messages`` has not taken them before its test empties the inbox."""
        return 0 if len(self.inbox) < self.room_messages else 1 << 30

    def send(self, payload: bytes, *, text: bool = False) -> None:
        self.raw.append(payload)
        self.texts.append(text)
        window_bits = {"zlib": 15, "gzip": 31}.get(self.compression)
        plain = payload if window_bits is None else zlib.decompress(payload, window_bits)
        self.inbox.append(msgspec.json.decode(plain))
        self._arrived.set()

    def send_now(self, payload: bytes, text: bool) -> None:
        self.send(payload, text=text)

    def started(self) -> None:
        self.in_flight += 1

    def close(self, code: WSCloseCode, reason: str) -> None:
        self.closed_because = (code.value, reason)

    def finished(self) -> None:
        self.in_flight -= 1
        self._arrived.set()

    # ── what a test does with it ──────────────────────────────────────────────────────────────────────────────────────

    def says(self, message: object) -> None:
        """Any message, as an object or as the bytes of it."""
        self.session.received(message if isinstance(message, bytes) else msgspec.json.encode(message))

    async def asks(self, method: str, *params: object) -> Any:
        """The whole envelope that answers."""
        request_id, self._next_id = self._next_id, self._next_id + 1
        self.says({"method": method, "params": params, "id": request_id})
        return await self.find(lambda message: "result" in message and message["id"] == request_id)

    async def call(self, method: str, *params: object) -> Any:
        """The result; an error fails the test."""
        reply = await self.asks(method, *params)
        assert reply["error"] is None, reply
        return reply["result"]

    async def refused(self, method: str, *params: object) -> tuple[int, str]:
        """The code and the message of an error."""
        reply = await self.asks(method, *params)
        assert reply["result"] is None, reply
        return reply["error"]["code"], reply["error"]["message"]

    async def push(self, method: str) -> Any:
        """The params of the next push of a method."""
        found = await self.find(lambda message: message.get("method") == method)
        return found["params"]

    async def find(self, wanted: Any) -> Any:
        """The next message that fits; those before it stay."""
        async with asyncio.timeout(HANG_S):
            while True:
                for place, message in enumerate(self.inbox):
                    if wanted(message):
                        return self.inbox.pop(place)
                self._arrived.clear()
                await self._arrived.wait()

    async def quiet(self, *, history: bool = False) -> list[Any]:
        """Everything unread once all was pushed that is due; candles, state and today only with ``history``."""
        await self.venue.pushed(history=history)
        return list(self.inbox)

    async def answered(self) -> None:
        """Returns once no request is under way."""
        async with asyncio.timeout(HANG_S):
            while self.in_flight:
                self._arrived.clear()
                await self._arrived.wait()


def order_id_of(row: Row) -> int:
    return row[2]
