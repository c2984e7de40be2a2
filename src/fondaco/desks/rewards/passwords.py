"""Passwords of operators: argon2id hashes in the secret store, worked out in one thread beside the event loop.

    rewards/<programme>/<username>   the hash of an operator's password
    rewards-key/<key>                a web api key: whose it is, and the hash of its secret

A password is checked with the same work whether its operator exists or not, so that neither the answer nor its time
tells. Checks wait in a bounded queue for the one thread (some 50 ms and 64 MiB each), so a storm of logins costs one
core and never the memory of all. The secret of a web api key is 256 random bits, which no slow hash makes harder to
guess: it is kept as SHA-256 and checked at once.

Attempts are limited for each address and for each username, by whatever address it is tried: over it nothing is
checked. Known limit: whoever keeps trying a username so keeps its owner out for as long, a minute after the last try.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets as randomness
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, Protocol, TypeVar

import msgspec
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from fondaco.desks.rewards.failure import Code, Failure
from fondaco.runtime.limits import Limits

PASSWORD_LENGTH_MIN: Final = 8
PASSWORD_LENGTH_MAX: Final = 128
_MINUTE_S: Final = 60.0
_T = TypeVar("_T")


class Secrets(Protocol):
    """The journal's secret store; what is put there is on disk when it returns."""

    def get(self, api_key: str) -> str | None: ...
    def put(self, api_key: str, secret: str) -> None: ...
    def remove(self, api_key: str) -> None: ...
    def starting_with(self, prefix: str) -> dict[str, str]: ...


class WebApiKey(msgspec.Struct, frozen=True):
    """Lets a program log in as an operator. ``digest`` is the SHA-256 of its secret."""

    key: str
    programme: str
    operator: int
    label: str
    digest: str


_KEY_DECODER: Final = msgspec.json.Decoder(WebApiKey)


class Attempts:
    """How often each name was tried in its current minute. The eldest are forgotten."""

    REMEMBERED_MAX: Final = 10_000

    def __init__(self, per_minute_max: int, seconds: Callable[[], float] = time.monotonic) -> None:
        self._per_minute_max = per_minute_max
        self._seconds = seconds
        self._by_name: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def count(self, name: str) -> None:
        """One more. Raises ``Failure`` if it is one too many."""
        now_s = self._seconds()
        began_s, tried = self._by_name.get(name, (now_s, 0))
        if now_s - began_s >= _MINUTE_S:
            began_s, tried = now_s, 0
        if tried >= self._per_minute_max:
            raise Failure(
                Code.TOO_MANY_REQUESTS,
                f"{tried} attempts to log in within a minute, and that is the most; wait a minute",
                "rewards_logins_per_minute_max",
            )
        self._by_name[name] = began_s, tried + 1
        self._by_name.move_to_end(name)
        if len(self._by_name) > self.REMEMBERED_MAX:
            self._by_name.popitem(last=False)

    def forget(self, name: str) -> None:
        """It was right: what came before does not count."""
        self._by_name.pop(name, None)


class Passwords:
    """Keeps and checks them. ``hasher`` holds the cost of a hash."""

    def __init__(self, store: Secrets, limits: Limits, hasher: PasswordHasher | None = None) -> None:
        self._store = store
        self._hasher = hasher or PasswordHasher()
        self._waiting_max = limits.rewards_logins_waiting_max
        self._waiting = 0
        self._thread = ThreadPoolExecutor(1, "passwords")
        self._nobodys: str | None = None
        self.attempts = Attempts(limits.rewards_logins_per_minute_max)

    async def check(self, programme: str, username: str, password: str) -> bool:
        """Whether it is the operator's password. Raises ``Failure`` if too many wait."""
        known = self._store.get(secret_name(programme, username))
        return await self._in_thread(lambda: self._is_right(known, password))

    async def hashed(self, password: str) -> str:
        """What is kept of a password. Raises ``Failure`` if too many wait."""
        return await self._in_thread(lambda: self._hasher.hash(password))

    def keep(self, programme: str, username: str, hashed: str) -> None:
        """From now on the password with this hash is the operator's; on disk when it returns."""
        self._store.put(secret_name(programme, username), hashed)

    def has(self, programme: str, username: str) -> bool:
        """Whether a password of the operator is kept."""
        return self._store.get(secret_name(programme, username)) is not None

    def close(self) -> None:
        self._thread.shutdown(cancel_futures=True)

    # ── web api keys ──────────────────────────────────────────────────────────────────────────────────────────────────

    def make_key(self, programme: str, operator: int, label: str) -> tuple[WebApiKey, str]:
        """A new key and its secret, which is shown this once."""
        secret = randomness.token_hex(32)
        key = WebApiKey(randomness.token_hex(16).upper(), programme, operator, label, _digest(secret))
        self._store.put(_key_name(key.key), msgspec.json.encode(key).decode())
        return key, secret

    def key(self, key: str, secret: str) -> WebApiKey | None:
        """The key, if its secret is right."""
        known = self.key_named(key)
        digest = known.digest if known is not None else _digest("")
        return known if hmac.compare_digest(_digest(secret), digest) else None

    def key_named(self, key: str) -> WebApiKey | None:
        kept = self._store.get(_key_name(key))
        return None if kept is None else _KEY_DECODER.decode(kept)

    def keys_of(self, programme: str) -> list[WebApiKey]:
        """All of a programme, the newest first."""
        kept = [_KEY_DECODER.decode(text) for text in self._store.starting_with(_key_name("")).values()]
        return [key for key in reversed(kept) if key.programme == programme]

    def remove_key(self, key: str) -> None:
        self._store.remove(_key_name(key))

    # ── the thread ────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _in_thread(self, work: Callable[[], _T]) -> _T:
        if self._waiting >= self._waiting_max:
            raise Failure(
                Code.TOO_MANY_REQUESTS,
                f"{self._waiting} passwords wait to be checked already; try again in a few seconds",
                "rewards_logins_waiting_max",
            )
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work)
        finally:
            self._waiting -= 1

    def _is_right(self, known: str | None, password: str) -> bool:
        if self._nobodys is None:
            self._nobodys = self._hasher.hash(randomness.token_hex(16))
        try:
            self._hasher.verify(self._nobodys if known is None else known, password)
        except (VerificationError, InvalidHashError):
            return False
        return known is not None


def secret_name(programme: str, username: str) -> str:
    return f"rewards/{programme}/{username}"


def hash_password(password: str) -> str:
    """What is kept of a password, for a house that does not run."""
    return PasswordHasher().hash(password)


def _key_name(key: str) -> str:
    return f"rewards-key/{key}"


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
