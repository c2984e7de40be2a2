"""One connection to the exchange desk, by a WebSocket library and a signature of our own: nothing of the house's code.

``call`` sends a request and waits for the answer with its id; many may be under way. A refusal is raised as
``Refused``; a connection that ended before the answer as ``Lost``: then nobody knows what became of the request.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import itertools
import json
import time
import zlib
from types import TracebackType
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

SIGNATURE_REFUSED = 121
SERVICE_TIMEOUT = 5
ANSWER_TIMEOUT_S = 30


class Refused(Exception):
    """The answer was an error."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


class Lost(Exception):
    """The connection ended first."""


def signed(api_key: str, secret: str) -> list[object]:
    """The params of ``server.auth``, signed now."""
    timestamp_ms = time.time_ns() // 1_000_000
    message = f"{api_key}{timestamp_ms}".encode()
    return [api_key, hmac.new(secret.encode(), message, hashlib.sha256).hexdigest(), timestamp_ms]


class Line:
    """Open it with ``async with Line(url, api_key, secret)``; without a key it is a stranger's."""

    def __init__(self, url: str, api_key: str = "", secret: str = "", *, plain: bool = False) -> None:
        self.pushes: list[dict[str, Any]] = []
        self._url = url
        self._api_key, self._secret = api_key, secret
        self._plain = plain
        self._ids = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._socket: ClientConnection | None = None
        self._reader: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Line:
        protocols = [Subprotocol("json")] if self._plain else None
        self._socket = await connect(
            self._url, subprotocols=protocols, compression=None, ping_interval=None, proxy=None, max_size=1 << 24
        )
        self._reader = asyncio.create_task(self._read(self._socket))
        if self._api_key:
            try:
                await self._login()
            except BaseException:
                await self.__aexit__(None, None, None)
                raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        assert self._socket is not None
        assert self._reader is not None
        await self._socket.close()
        await self._reader

    def drop(self) -> None:
        """End it as a cable does that is pulled out: no close frame, and what was on its way is lost."""
        assert self._socket is not None
        self._socket.transport.abort()

    async def call(self, method: str, *params: object) -> Any:
        """The result. Raises ``Refused`` or ``Lost``."""
        assert self._socket is not None
        number = next(self._ids)
        answer = self._waiting[number] = asyncio.get_running_loop().create_future()
        try:
            await self._socket.send(json.dumps({"method": method, "params": params, "id": number}))
        except ConnectionClosed as error:
            self._waiting.pop(number, None)
            answer.cancel()
            raise Lost from error
        async with asyncio.timeout(ANSWER_TIMEOUT_S):
            return await answer

    async def ask(self, method: str, *params: object) -> Any:
        """A query over history, asked again while history has not caught up."""
        until_s = time.monotonic() + ANSWER_TIMEOUT_S
        while True:
            try:
                return await self.call(method, *params)
            except Refused as refused:
                if refused.code != SERVICE_TIMEOUT or time.monotonic() > until_s:
                    raise

    async def _login(self) -> None:
        while True:
            try:
                await self.call("server.auth", *signed(self._api_key, self._secret))
                return
            except Refused as refused:  # another connection of this key signed in the same millisecond
                if refused.code != SIGNATURE_REFUSED:
                    raise
                await asyncio.sleep(0.002)

    async def _read(self, socket: ClientConnection) -> None:
        try:
            async for message in socket:
                text = message if isinstance(message, str) else zlib.decompress(message).decode()
                self._answered(json.loads(text, parse_float=str))
        except ConnectionClosed:
            pass
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(Lost())
        self._waiting.clear()

    def _answered(self, envelope: dict[str, Any]) -> None:
        if "method" in envelope:
            self.pushes.append(envelope)
            return
        answer = self._waiting.pop(envelope["id"])
        if answer.done():
            return
        if envelope["error"] is not None:
            answer.set_exception(Refused(envelope["error"]["code"], envelope["error"]["message"]))
        else:
            answer.set_result(envelope["result"])
