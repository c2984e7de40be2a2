"""What the core tells a repeated request by: a hash of its method and key, and one of its body.

Two bodies are the same if they ask for the same. The hash is of what was decoded, field by field in the struct's order,
so neither the order of members nor blanks nor what may be left out tell bodies apart; and a number is its value,
however it was written: ``5.55``, ``"5.55"`` and ``555e-2`` are one amount. A text stays what it is: the references
``"5.5"`` and ``"5.50"`` are two.

The journal is never rewritten, and a body may hold a password or somebody's contact data. So the hash of the body is
keyed with a random secret of the house, made when it is first needed and kept in the secret store: who has the journal
alone cannot confirm a guess of what was in a body. The hash of the name is not keyed. So, if the secret is lost, a key
that comes again is refused as a reuse, and nothing is done twice.

Cost: one file written, once in a house's life; after that some 10 µs for each command, and 4 µs for each line of its
purchase.
"""

from __future__ import annotations

import secrets as randomness
from hashlib import blake2b
from typing import Any, Final, Protocol

import msgspec
from msgspec import UNSET

from fondaco.core.rewards.actions import Idempotency
from fondaco.core.units import EXPONENT_MAX, TEXT_LENGTH_MAX, MalformedNumber, parse_units
from fondaco.desks.rewards.amounts import text_of
from fondaco.desks.rewards.failure import Failure
from fondaco.wire.rewards.base import ENCODER

SECRET_NAME: Final = "rewards/idempotency"
_SECRET_BYTES: Final = 32
_HASH_BYTES: Final = 16


#: So fine that every number that is read has a whole count: 40 characters, moved by an exponent of at most 30.
_DIGITS: Final = TEXT_LENGTH_MAX + EXPONENT_MAX


class Secrets(Protocol):
    """The journal's secret store; what is put there is on disk when it returns."""

    def get(self, api_key: str) -> str | None: ...
    def put(self, api_key: str, secret: str) -> None: ...


class Repeats:
    """One per desk."""

    def __init__(self, store: Secrets) -> None:
        self._store = store
        self._secret = b""

    def named(self, name: bytes, body: msgspec.Struct) -> Idempotency:
        """``name`` is that of the request, ``body`` what must be the same when it comes again. Raises ``OSError``."""
        secret, asked = self._secret or self._known_secret(), ENCODER.encode(_asked(body))
        digest = blake2b(asked, digest_size=_HASH_BYTES, key=secret).digest()
        return Idempotency(blake2b(name, digest_size=_HASH_BYTES).digest(), digest)

    def _known_secret(self) -> bytes:
        text = self._store.get(SECRET_NAME)
        if text is None:
            text = randomness.token_hex(_SECRET_BYTES)
            self._store.put(SECRET_NAME, text)
        self._secret = bytes.fromhex(text)
        return self._secret


def _asked(value: Any) -> Any:
    """The same for whatever asks for the same."""
    if isinstance(value, msgspec.Struct):
        members = ((name, getattr(value, name)) for name in value.__struct_encode_fields__)
        return {name: _asked(member) for name, member in members if member is not UNSET}
    if isinstance(value, list):
        return [_asked(each) for each in value]
    if isinstance(value, msgspec.Raw):
        return _counted(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _counted(raw: msgspec.Raw) -> object:
    """A number as a count of the finest unit there is; what is none (a null) as it came."""
    try:
        return msgspec.Raw(b"%d" % parse_units(text_of(raw, ""), _DIGITS))
    except (Failure, MalformedNumber):
        return raw
