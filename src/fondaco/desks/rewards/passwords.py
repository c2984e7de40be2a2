"""Passwords and keys of operators: how they are kept, and checked without stopping the house.

A password is kept as its argon2id hash, a web API key as the SHA-256 of its secret (which is random and long), both
beside the journal in the store of secrets. Checking a password takes some 50 ms of a processor, so it is done in one
thread of its own; who comes while too many wait is told so. Whoever does not exist costs what a wrong password costs.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, ParamSpec, Protocol, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from fondaco.desks.common.rate import Allowance
from fondaco.desks.rewards.failure import Code, Failure

PASSWORD_LENGTH_MIN: Final = 10
PASSWORD_LENGTH_MAX: Final = 200
_WAITING_MAX: Final = 16
_ATTEMPTS_REMEMBERED_MAX: Final = 10_000
_ATTEMPTS_BURST_MAX: Final = 20
_HASHER: Final = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_NOBODYS: Final = _HASHER.hash(secrets.token_hex(16))

_P = ParamSpec("_P")
_T = TypeVar("_T")


class Store(Protocol):
    """Where secrets lie (the journal's secret store)."""

    def get(self, api_key: str) -> str | None: ...
    def put(self, api_key: str, secret: str) -> None: ...


def hashed(password: str) -> str:
    return _HASHER.hash(password)


def name_of(programme_id: int, username: str) -> str:
    """Under which the hash of an operator's password is kept."""
    return f"rewards/{programme_id}/{username}"


class Passwords:
    """Checks them. Belongs to one event loop."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._thread = ThreadPoolExecutor(1, "passwords")
        self._waiting = 0
        self._attempts: OrderedDict[tuple[str, str], Allowance] = OrderedDict()

    async def set(self, programme_id: int, username: str, password: str) -> None:
        """Keep a new password, durably when this returns."""
        kept = await self._run(hashed, password)
        self._store.put(name_of(programme_id, username), kept)

    async def check(self, programme_id: int, username: str, password: str, address: str) -> bool:
        """Whether the password is right. Raises ``Failure`` for too many attempts."""
        if not self._attempt(address, username):
            raise Failure(Code.TOO_MANY_REQUESTS, "too many attempts to log in; wait a while", "password")
        kept = self._store.get(name_of(programme_id, username)) if programme_id else None
        return await self._run(_is_right, kept, password)

    def new_key(self, programme_id: int, operator: int) -> tuple[str, str]:
        """A new web API key of an operator: (key, secret), the only time the secret is known."""
        key, secret = secrets.token_hex(16), secrets.token_hex(32)
        self._store.put(_key_name(key), f"{programme_id} {operator} {_digest(secret)}")
        return key, secret

    def revoke_key(self, programme_id: int, key: str) -> bool:
        """Whether there was such a key of the programme."""
        kept = self._store.get(_key_name(key))
        if not kept or kept.split()[0] != str(programme_id):
            return False
        self._store.put(_key_name(key), "")
        return True

    def holder(self, key: str, secret: str, address: str) -> tuple[int, int] | None:
        """(programme, operator) of a web API key with its secret."""
        if not self._attempt(address, key):
            raise Failure(Code.TOO_MANY_REQUESTS, "too many attempts to log in; wait a while", "Authorization")
        programme, operator, digest = (self._store.get(_key_name(key)) or f"0 0 {_digest('')}").split()
        if not hmac.compare_digest(digest, _digest(secret)) or programme == "0":
            return None
        return int(programme), int(operator)

    def _attempt(self, address: str, name: str) -> bool:
        attempts, who = self._attempts, (address, name)
        allowance = attempts.get(who)
        if allowance is None:
            allowance = attempts[who] = Allowance(1, _ATTEMPTS_BURST_MAX)
            if len(attempts) > _ATTEMPTS_REMEMBERED_MAX:
                attempts.popitem(last=False)
        return allowance.take()

    async def _run(self, work: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        if self._waiting >= _WAITING_MAX:
            raise Failure(Code.TOO_MANY_REQUESTS, f"{_WAITING_MAX} others are logging in; try again", "password")
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, lambda: work(*args, **kwargs))
        finally:
            self._waiting -= 1

    def close(self) -> None:
        self._thread.shutdown(cancel_futures=True)


def _is_right(kept: str | None, password: str) -> bool:
    try:
        _HASHER.verify(kept or _NOBODYS, password)
    except (VerificationError, InvalidHashError):
        return False
    return kept is not None


def _key_name(key: str) -> str:
    return f"rewards/key/{key}"


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
