"""What the core tells a repeated request by: a hash of its method and key, and one of its body.

The journal is never rewritten, and a body may hold a password or somebody's contact data. So the hash of the body is
keyed with a random secret of the house, made when it is first needed and kept in the secret store: who has the journal
alone cannot confirm a guess of what was in a body. The hash of the name is not keyed. So, if the secret is lost, a key
that comes again is refused as a reuse, and nothing is done twice.

Cost: one file written, once in a house's life; some 2 µs for each command after.
"""

from __future__ import annotations

import secrets as randomness
from hashlib import blake2b
from typing import Final, Protocol

from fondaco.core.rewards.actions import Idempotency

SECRET_NAME: Final = "rewards/idempotency"
_SECRET_BYTES: Final = 32
_HASH_BYTES: Final = 16


class Secrets(Protocol):
    """The journal's secret store; what is put there is on disk when it returns."""

    def get(self, api_key: str) -> str | None: ...
    def put(self, api_key: str, secret: str) -> None: ...


class Repeats:
    """One per desk."""

    def __init__(self, store: Secrets) -> None:
        self._store = store
        self._secret = b""

    def named(self, name: bytes, body: bytes) -> Idempotency:
        """``name`` is that of the request, ``body`` what must be the same when it comes again. Raises ``OSError``."""
        digest = blake2b(body, digest_size=_HASH_BYTES, key=self._secret or self._known_secret()).digest()
        return Idempotency(blake2b(name, digest_size=_HASH_BYTES).digest(), digest)

    def _known_secret(self) -> bytes:
        text = self._store.get(SECRET_NAME)
        if text is None:
            text = randomness.token_hex(_SECRET_BYTES)
            self._store.put(SECRET_NAME, text)
        self._secret = bytes.fromhex(text)
        return self._secret
