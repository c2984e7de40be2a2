"""Logging in with a password or a key, and out.

A wrong password, an unknown username and an unknown organisation sound alike and take the same time.
"""

from __future__ import annotations

import base64
import binascii
from typing import Final

from fondaco.desks.rewards.call import Call
from fondaco.desks.rewards.failure import Code, Failure
from fondaco.desks.rewards.method import READ, Nothing, method
from fondaco.wire.rewards.authentication import KeyTokenRequest, TokenAnswer, TokenRequest
from fondaco.wire.rewards.base import Body

_WRONG: Final = "the organisation, the username or the password is wrong"
_WRONG_KEY: Final = "the web api key or its secret is wrong"


async def token(call: Call, body: TokenRequest) -> TokenAnswer:
    floor, passwords = call.floor, call.floor.passwords
    whose = f"{body.organisation}/{body.username}"
    for name in (call.address, whose):
        passwords.attempts.count(name)
    is_right = await passwords.check(body.organisation, body.username, body.password)
    programme_id = floor.house.rewards.programme_ids.get(body.organisation, 0)
    books = floor.house.rewards.programmes.get(programme_id)
    number = books.usernames.get(body.username) if books is not None else None
    if not is_right or books is None or number is None or not books.operators[number].active:
        raise Failure(Code.ACCESS_DENIED, _WRONG, "password")
    for name in (call.address, whose):
        passwords.attempts.forget(name)
    return TokenAnswer(floor.logins.open(programme_id, number).token)


async def key_token(call: Call, body: KeyTokenRequest) -> TokenAnswer:
    floor, passwords = call.floor, call.floor.passwords
    passwords.attempts.count(call.address)
    key = passwords.key(*_basic(call.authorization))
    programme_id = 0 if key is None else floor.house.rewards.programme_ids.get(key.programme, 0)
    books = floor.house.rewards.programmes.get(programme_id)
    operator = books.operators.get(key.operator) if books is not None and key is not None else None
    if key is None or operator is None or not operator.active:
        raise Failure(Code.ACCESS_DENIED, _WRONG_KEY, "Authorization")
    passwords.attempts.forget(call.address)
    return TokenAnswer(floor.logins.open(programme_id, operator.number, key.key).token)


async def release(call: Call, body: Body) -> Nothing:
    call.floor.logins.release(call.login)
    return Nothing()


def _basic(header: bytes | None) -> tuple[str, str]:
    """Key and secret of ``Authorization: Basic …`` (RFC 7617). Raises ``Failure``."""
    scheme, _, credentials = (header or b"").partition(b" ")
    if scheme.lower() != b"basic":
        raise Failure(
            Code.MISSING_PARAMETER,
            "send the web api key and its secret as HTTP Basic: Authorization: Basic base64(key:secret)",
            "Authorization",
        )
    try:
        key, colon, secret = base64.b64decode(credentials.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        colon = ""
    if not colon:
        raise Failure(Code.INVALID_REQUEST, "what follows Basic is no base64 of key:secret", "Authorization")
    return key, secret


METHODS: Final = (
    method(
        "authentication/token", None, TokenRequest, token, "Log in with a password", writes=False, answer=TokenAnswer
    ),
    method(
        "authentication/web_api_key/token",
        None,
        KeyTokenRequest,
        key_token,
        "Log in with a web api key",
        writes=False,
        answer=TokenAnswer,
    ),
    method("authentication/token/release", READ, Body, release, "End a token", writes=False),
)
