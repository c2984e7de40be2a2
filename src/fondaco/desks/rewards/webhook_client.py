"""One event, sent once: signed, to an address that is allowed, within five seconds, and nothing of the answer trusted.

    Fondaco-Signature: t=<unix seconds>,v1=<hex HMAC-SHA256(secret, "t.body")>
    Fondaco-Event-Id:  the event's id, the same at every attempt

Delivered is a status of 200 to 299. Redirects are not followed; of the answer's body a few kilobytes are read, so that
the connection can be used again, and looked at by nobody. The host's name is looked up for each connection, and only
addresses that are allowed are connected to. What is said of a failure never holds the address or the secret.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import time
from socket import AddressFamily
from typing import Final

import aiohttp
import msgspec
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from fondaco import __version__
from fondaco.runtime.targets import Targets, literal

TIMEOUT_S: Final = 5.0
_ANSWER_BYTES_MAX: Final = 4_096
_HEADER_BYTES_MAX: Final = 8_190


class Attempt(msgspec.Struct, frozen=True):
    """How it went. ``http_status`` is 0 where nobody answered; ``failure`` is a sentence, empty when delivered."""

    http_status: int
    took_ms: int
    failure: str = ""

    @property
    def delivered(self) -> bool:
        return not self.failure


class NotAllowed(Exception):
    """No address of the host may be connected to."""


class WebhookClient:
    """Sends; keeps connections open between events. Made and closed inside one event loop."""

    def __init__(self, targets: Targets, *, timeout_s: float = TIMEOUT_S) -> None:
        self.targets = targets
        self._timeout_s = timeout_s
        self._session: aiohttp.ClientSession | None = None

    async def send(self, url: str, secret: str, event_id: str, body: bytes, time_s: int | None = None) -> Attempt:
        """One attempt. Raises nothing but cancellation."""
        began_s = time.perf_counter()
        status, failure = 0, ""
        try:
            async with asyncio.timeout(self._timeout_s):
                status = await self._post(url, secret, event_id, body, int(time.time()) if time_s is None else time_s)
            if not 200 <= status < 300:
                failure = f"it answered with status {status}; delivered is 200 to 299"
        except TimeoutError:
            failure = f"it did not answer within {self._timeout_s:g} s"
        except NotAllowed:
            failure = f"its host has no address this house sends to: {self.targets.text}"
        except (aiohttp.ClientError, OSError, ValueError) as error:
            failure = f"it could not be reached ({type(error).__name__})"
        return Attempt(status, round((time.perf_counter() - began_s) * 1_000), failure)

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def _post(self, url: str, secret: str, event_id: str, body: bytes, time_s: int) -> int:
        number = literal(URL(url).host or "")
        if number is not None and not self.targets.allows(number):
            raise NotAllowed
        headers = {
            "Content-Type": "application/json",
            "Fondaco-Event-Id": event_id,
            "Fondaco-Signature": signature(secret, time_s, body),
        }
        async with self._open().post(url, data=body, headers=headers, allow_redirects=False) as answer:
            await answer.content.read(_ANSWER_BYTES_MAX)
            if not answer.content.at_eof():
                answer.close()
            return answer.status

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    resolver=_AllowedOnly(self.targets), use_dns_cache=False, limit=0, happy_eyeballs_delay=None
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=None),
                headers={"User-Agent": f"fondaco/{__version__}"},
                auto_decompress=False,
                max_line_size=_HEADER_BYTES_MAX,
                max_field_size=_HEADER_BYTES_MAX,
            )
        return self._session


def signature(secret: str, time_s: int, body: bytes) -> str:
    """The header by which a receiver knows that the event is the house's, and fresh."""
    signed = hmac.new(secret.encode(), b"%d.%b" % (time_s, body), hashlib.sha256)
    return f"t={time_s},v1={signed.hexdigest()}"


class _AllowedOnly(AbstractResolver):
    """Looks names up, and leaves out what may not be connected to. Its answer is what is connected to."""

    def __init__(self, targets: Targets) -> None:
        self._targets = targets
        self._resolver = aiohttp.ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: AddressFamily = AddressFamily.AF_UNSPEC
    ) -> list[ResolveResult]:
        found = await self._resolver.resolve(host, port, family)
        allowed = [each for each in found if self._targets.allows(each["host"])]
        if not allowed:
            raise NotAllowed
        return allowed

    async def close(self) -> None:
        await self._resolver.close()
