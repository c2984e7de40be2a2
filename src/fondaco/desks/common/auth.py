"""Who is speaking: signatures checked against the secrets of the house.

    over HTTP      X-Api-Key, X-Timestamp (ms), X-Signature = lower-case hex of
                   HMAC-SHA256(secret, timestamp + path with query + raw body)
    on a socket    server.auth [api_key, sign, timestamp_ms], sign = lower-case hex of
                   HMAC-SHA256(secret, api_key + timestamp)
                   server.auth [api_key, sign], sign = upper-case hex MD5("api_key=K&secret_key=S"): the exchange
                   document's form, replayable for ever and so switched off in `up` unless set

Invariants: signatures are compared in constant time, and an unknown key costs the same as a wrong signature and gets
the same sentence; what a key may do is told only to who holds its secret. Each HMAC signature is good once, within the
window around the house's clock, and not if its time lies before this process started (the memory of used ones is not
kept over a restart). That clock starts no earlier than the journal's last time: one set back before a restart would let
used signatures in again. No secret and no signature appears in an error or a log line.

Cost: one HMAC a request, 2–3 µs. Known limit: a signature dated ahead of the clock (at most by the window) and used
just before a crash could be used once more if the house is back before that time.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import time
from collections import deque
from collections.abc import Callable, Mapping
from enum import Enum
from functools import lru_cache
from typing import Protocol

import msgspec

from fondaco.core.instruments import Key, User
from fondaco.desks.common.desk import Identity
from fondaco.runtime.limits import Limits

_UNKNOWN_SECRET = "the secret of no key; compared so that an unknown key costs what a known one does"
_TIMESTAMP_DIGITS_MAX = 16


class Refusal(Enum):
    """Why somebody was not believed or let in; the value is the sentence to tell."""

    WRONG = "unknown api key or wrong signature"
    INCOMPLETE = "a signed request takes X-Api-Key, X-Timestamp and X-Signature, all three"
    TIMESTAMP_MALFORMED = "the timestamp must be Unix time in whole milliseconds"
    BEFORE_START = "the timestamp lies before this house was started; sign the request again"
    REPLAYED = "this signature was used before; sign each request with a new timestamp"
    TOO_FAST = "too many requests a second; slow down"
    TOO_MANY = "too many signed requests within the signature window; slow down"
    REVOKED = "this api key was revoked"
    ADDRESS = "this api key may not be used from your address"
    MD5_OFF = (
        "the two-parameter sign is off here; use server.auth [api_key, sign, timestamp_ms] with HMAC-SHA256, "
        "or have the house switch it on with its setting md5_sign"
    )

    @property
    def told(self) -> str:
        return self.value


#: Those for which, as where it is untimely, another signature may do: the exchange desk's error 121.
TIMING_REFUSALS = frozenset({Refusal.BEFORE_START, Refusal.REPLAYED, Refusal.TIMESTAMP_MALFORMED})


class Untimely(msgspec.Struct, frozen=True):
    """A signature whose time is too far from the house's clock: ``off_ms`` after it, or below zero before it."""

    off_ms: int
    window_ms: int

    @property
    def told(self) -> str:
        where = "ahead of" if self.off_ms > 0 else "behind"
        return (
            f"the timestamp is {abs(self.off_ms)} ms {where} the house's clock; at most {self.window_ms} ms are taken: "
            "compare yours with server.time and sign again"
        )


NotBelieved = Refusal | Untimely


class Secrets(Protocol):
    """Where the plain secrets lie (the journal's secret store)."""

    def get(self, api_key: str) -> str | None: ...


class KeyBook(Protocol):
    """What is needed of the house."""

    @property
    def keys(self) -> Mapping[str, Key]: ...
    @property
    def users(self) -> Mapping[int, User]: ...
    @property
    def time_us(self) -> int: ...


def sign_http(secret: str, timestamp_ms: int | str, path_with_query: str | bytes, body: bytes) -> str:
    """The X-Signature of a request."""
    path = path_with_query if isinstance(path_with_query, bytes) else path_with_query.encode()
    return _hmac(secret, str(timestamp_ms).encode() + path + body)


def sign_socket(secret: str, api_key: str, timestamp_ms: int | str) -> str:
    """The sign of the three-parameter server.auth."""
    return _hmac(secret, f"{api_key}{timestamp_ms}".encode(errors="replace"))


def sign_md5(secret: str, api_key: str) -> str:
    """The sign of the document's two-parameter server.auth: a digest of fixed text, not protection."""
    text = f"api_key={api_key}&secret_key={secret}".encode(errors="replace")
    return hashlib.md5(text, usedforsecurity=False).hexdigest().upper()


class Authenticator:
    """Checks signatures and remembers the used ones."""

    def __init__(
        self,
        house: KeyBook,
        secrets: Secrets,
        limits: Limits,
        *,
        md5_allowed: bool,
        now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
    ) -> None:
        self._house = house
        self._secrets = secrets
        self._md5_allowed = md5_allowed
        self._wall_ms = now_ms
        self._started_ms = self._now_ms_last = max(now_ms(), house.time_us // 1_000)
        self._used = UsedSignatures(limits.signatures_remembered_max, 2 * limits.signature_window_ms)
        self._window_ms = limits.signature_window_ms

    def http(
        self,
        api_key: str | None,
        timestamp: str | None,
        signature: str | None,
        path_with_query: bytes,
        body: bytes,
        address: str,
    ) -> Identity | NotBelieved | None:
        """Who signed this request. None if it is not signed at all; a part missing is a refusal."""
        if api_key is None and timestamp is None and signature is None:
            return None
        if api_key is None or timestamp is None or signature is None:
            return Refusal.INCOMPLETE
        expected = sign_http(self._secret(api_key), timestamp, path_with_query, body)
        return self._once(api_key, timestamp, signature, expected, address)

    def socket(self, api_key: str, signature: str, timestamp_ms: int | str, address: str) -> Identity | NotBelieved:
        """The three-parameter server.auth."""
        expected = sign_socket(self._secret(api_key), api_key, timestamp_ms)
        return self._once(api_key, str(timestamp_ms), signature, expected, address)

    def socket_md5(self, api_key: str, signature: str, address: str) -> Identity | Refusal:
        """The document's two-parameter server.auth, where it is switched on; its hex digits are good in either case."""
        if not self._md5_allowed:
            return Refusal.MD5_OFF
        if not _equal(signature.upper(), sign_md5(self._secret(api_key), api_key)):
            return Refusal.WRONG
        return self._identity(api_key, address)

    def _secret(self, api_key: str) -> str:
        secret = self._secrets.get(api_key) if api_key in self._house.keys else None
        return _UNKNOWN_SECRET if secret is None else secret

    def _once(
        self, api_key: str, timestamp: str, signature: str, expected: str, address: str
    ) -> Identity | NotBelieved:
        if not _equal(signature, expected):
            return Refusal.WRONG
        if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= _TIMESTAMP_DIGITS_MAX):
            return Refusal.TIMESTAMP_MALFORMED
        timestamp_ms, now_ms = int(timestamp), self._now_ms()
        if abs(timestamp_ms - now_ms) > self._window_ms:
            return Untimely(timestamp_ms - now_ms, self._window_ms)
        if timestamp_ms < self._started_ms:
            return Refusal.BEFORE_START
        identity = self._identity(api_key, address)
        if isinstance(identity, Refusal):
            return identity
        refusal = self._used.use(signature, now_ms)
        return identity if refusal is None else refusal

    def _identity(self, api_key: str, address: str) -> Identity | Refusal:
        key = self._house.keys.get(api_key)
        if key is None or self._secrets.get(api_key) is None:
            return Refusal.WRONG
        if key.revoked:
            return Refusal.REVOKED
        if key.addresses and not _within(key.addresses, address):
            return Refusal.ADDRESS
        return Identity(key.user_id, key.key_id, tuple(key.scopes), api_key)

    def _now_ms(self) -> int:
        """Never backwards: a clock set back would let forgotten signatures in again."""
        self._now_ms_last = max(self._now_ms_last, self._wall_ms())
        return self._now_ms_last


class UsedSignatures:
    """Signatures used of late, forgotten once their time has surely passed out of the window."""

    def __init__(self, remembered_max: int, kept_ms: int) -> None:
        self._remembered_max = remembered_max
        self._kept_ms = kept_ms
        self._signatures: set[str] = set()
        self._by_expiry: deque[tuple[int, str]] = deque()

    def use(self, signature: str, now_ms: int) -> Refusal | None:
        """None if it is new and now remembered."""
        by_expiry = self._by_expiry
        while by_expiry and by_expiry[0][0] < now_ms:
            self._signatures.discard(by_expiry.popleft()[1])
        if signature in self._signatures:
            return Refusal.REPLAYED
        if len(self._signatures) >= self._remembered_max:
            return Refusal.TOO_MANY
        self._signatures.add(signature)
        by_expiry.append((now_ms + self._kept_ms, signature))
        return None


def _hmac(secret: str, message: bytes) -> str:
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()


def _equal(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode(errors="replace"), expected.encode())


def _within(allowed: tuple[str, ...], address: str) -> bool:
    """Whether an address is one of the allowed ones, each an address or a network such as 10.0.0.0/8."""
    try:
        given = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(given, ipaddress.IPv6Address) and given.ipv4_mapped is not None:
        given = given.ipv4_mapped
    return any(given in network for network in _networks(tuple(allowed)))


def is_network(text: str) -> bool:
    """Whether a key may be bound to this: an address, or a network such as 10.0.0.0/8."""
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return True


@lru_cache(maxsize=4_096)
def _networks(allowed: tuple[str, ...]) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
    networks = []
    for text in allowed:
        try:
            networks.append(ipaddress.ip_network(text, strict=False))
        except ValueError:
            continue  # whoever makes a key checks the form; whatever is malformed in an old journal matches nothing
    return tuple(networks)
