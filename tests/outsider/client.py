"""A client of the exchange protocol written from its document and what is known beyond it, and from nothing of ours.

It does what clients of the live service do: text frames out; zlib or gzip in binary frames in; an MD5 sign; ids where
an answer is wanted. What it knows of the protocol stands here and in its tests as literal facts, so that a slip on the
other side, however consistent in itself, is seen.
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import hmac
import itertools
import json
import time
import zlib
from collections.abc import Callable
from decimal import Decimal
from types import TracebackType
from typing import Any, NamedTuple

import aiohttp
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

PATIENCE_S = 30
DOCUMENT, LIVE = "/exchange", "/exchange/v2"
UNPACK: dict[str, Callable[[bytes], bytes]] = {"gzip": gzip.decompress, "zlib": zlib.decompress}


class Key(NamedTuple):
    """Somebody who can prove who they are."""

    api_key: str
    secret: str
    user: int = 0
    name: str = ""

    @property
    def md5(self) -> str:
        text = f"api_key={self.api_key}&secret_key={self.secret}"
        return hashlib.md5(text.encode()).hexdigest().upper()

    def hmac(self, message: str) -> str:
        return hmac.new(self.secret.encode(), message.encode(), hashlib.sha256).hexdigest()


class Refused(Exception):
    """The answer was an error."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code


class Outsider:
    """One WebSocket connection; ``heard`` is what came and was not taken yet, ``came`` all that ever did, in order."""

    def __init__(self, url: str, path: str = DOCUMENT, offers: tuple[str, ...] = (), key: Key | None = None) -> None:
        self.path = path.rstrip("/")
        self.packing = next((name for name in offers if name in ("gzip", "zlib", "json")), "")
        if not self.packing:
            self.packing = "gzip" if self.path == LIVE else "zlib"
        self.heard: list[dict[str, Any]] = []
        self.came: list[dict[str, Any]] = []
        self.raw: list[str | bytes] = []
        self._url = url + path
        self._offers = [Subprotocol(name) for name in offers] or None
        self._key = key
        self._ids = itertools.count(1)
        self._arrival = asyncio.Event()
        self.socket: ClientConnection

    async def __aenter__(self) -> Outsider:
        # permessage-deflate is offered, as most libraries do when nobody tells them not to.
        self.socket = await connect(self._url, subprotocols=self._offers, proxy=None, max_size=1 << 24)
        self._reading = asyncio.create_task(self._read())
        if self._key is not None:
            assert await self.call("server.auth", self._key.api_key, self._key.md5) == {"status": "success"}
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self.socket.close()
        await self._reading

    async def _read(self) -> None:
        async for message in self.socket:
            self.raw.append(message)
            self.came.append(json.loads(self._unpack(message), parse_float=Decimal))
            self.heard.append(self.came[-1])
            self._arrival.set()

    def _unpack(self, message: str | bytes) -> str | bytes:
        if self.packing == "json":
            assert isinstance(message, str), "plain text travels in text frames"
            return message
        assert isinstance(message, bytes), "what is compressed travels in binary frames"
        return UNPACK[self.packing](message)

    # ── saying ────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def says(self, message: object) -> None:
        """Any message: text and bytes as they are, anything else as JSON."""
        await self.socket.send(message if isinstance(message, str | bytes) else json.dumps(message))

    async def asks(self, method: str, *params: object) -> dict[str, Any]:
        """The envelope that answers."""
        number = next(self._ids)
        await self.says({"method": method, "params": params, "id": number})
        return await self.answer(number)

    async def call(self, method: str, *params: object) -> Any:
        return result_of(await self.asks(method, *params))

    # ── hearing ───────────────────────────────────────────────────────────────────────────────────────────────────────

    async def answer(self, number: int | None) -> dict[str, Any]:
        found = await self.hear(lambda each: "result" in each and each["id"] == number)
        assert set(found) == {"error", "result", "id"}
        return found

    async def push(self, method: str, wanted: Callable[[Any], bool] = lambda params: True) -> dict[str, Any]:
        """The next push of a method whose params are wanted."""
        found = await self.hear(lambda each: each.get("method") == method and wanted(each["params"]))
        assert set(found) == {"method", "params", "id"}
        return found

    async def hear(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The first message that is wanted; it is taken out, the others stay."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                for place, each in enumerate(self.heard):
                    if wanted(each):
                        return self.heard.pop(place)
                self._arrival.clear()
                await self._arrival.wait()


def result_of(envelope: dict[str, Any]) -> Any:
    if envelope["error"] is not None:
        assert envelope["result"] is None
        assert set(envelope["error"]) == {"code", "message"}
        raise Refused(envelope["error"]["code"], envelope["error"]["message"])
    return envelope["result"]


class Posting:
    """The same methods by ``POST /exchange/<method>``, each request signed by itself (or not)."""

    def __init__(self, session: aiohttp.ClientSession, url: str, key: Key | None = None) -> None:
        self._session = session
        self._url = url
        self._key = key
        self._last_ms = 0

    async def call(self, method: str, *params: object) -> Any:
        status, envelope = await self.post(f"/exchange/{method}", json.dumps({"params": params, "id": 7}))
        assert (status, envelope["id"]) == (200, 7)
        return result_of(envelope)

    async def post(self, path: str, body: str, **headers: str) -> tuple[int, Any]:
        """Status and body; ``headers`` replace those of the signature."""
        if self._key is not None:
            timestamp = str(self.now_ms())
            signature = self._key.hmac(timestamp + path + body)
            signed = {"X-Api-Key": self._key.api_key, "X-Timestamp": timestamp, "X-Signature": signature}
            headers = {**signed, **{name.replace("_", "-"): value for name, value in headers.items()}}
        async with self._session.post(self._url + path, data=body, headers=headers) as answer:
            text = await answer.text()
        is_json = answer.content_type == "application/json"
        return answer.status, json.loads(text, parse_float=Decimal) if is_json else text

    def now_ms(self) -> int:
        """Never the same twice: a signature is good once."""
        self._last_ms = max(self._last_ms + 1, time.time_ns() // 1_000_000)
        return self._last_ms
