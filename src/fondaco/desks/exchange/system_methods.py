"""server.ping, server.time, server.auth: the connection itself.

Source: exchange.md, System Interface; exchange.notes.md, Auth.
"""

from __future__ import annotations

from typing import Any, Final

from msgspec import UNSET

from fondaco.desks.common.auth import TIMING_REFUSALS, NotBelieved, Refusal, Untimely
from fondaco.desks.exchange.caller import Caller
from fondaco.desks.exchange.errors import Code, WireError, invalid
from fondaco.desks.exchange.method import method
from fondaco.desks.exchange.params import arity, text
from fondaco.desks.exchange.translate import kind_of
from fondaco.wire import exchange as wire

_SIGN_LENGTH_MAX: Final = 128
_TIMESTAMP_LENGTH_MAX: Final = 16


def _ping(caller: Caller, params: list[Any], request_id: int | None) -> str:
    arity(params, 0, 0, "")
    return "pong"


def _time(caller: Caller, params: list[Any], request_id: int | None) -> int:
    arity(params, 0, 0, "")
    return caller.floor.now_us() // 1_000_000


def _auth(caller: Caller, params: list[Any], request_id: int | None) -> wire.SignedIn:
    arity(params, 2, 3, "api_key, sign, timestamp_ms")
    api_key = text(params[0], "api_key")
    sign = text(params[1], "sign", _SIGN_LENGTH_MAX)
    if len(params) == 2:
        outcome = caller.floor.logins.socket_md5(api_key, sign, caller.address)
    else:
        outcome = caller.floor.logins.socket(api_key, sign, _timestamp_ms(params[2]), caller.address)
    if isinstance(outcome, NotBelieved):
        raise auth_error(outcome)
    return wire.SignedIn(ended=caller.login(outcome) or UNSET)


def auth_error(refusal: NotBelieved) -> WireError:
    """The protocol's error for somebody who is not believed, on the socket and at the door alike."""
    if isinstance(refusal, Untimely):
        return WireError(Code.SIGNATURE_EXPIRED, refusal.told)
    return WireError(_AUTH_CODES.get(refusal, Code.AUTHENTICATION_FAILED), refusal.told)


def _timestamp_ms(value: object) -> int | str:
    if type(value) is int and 0 <= value < 10**_TIMESTAMP_LENGTH_MAX:
        return value
    if type(value) is str and value.isascii() and value.isdigit() and len(value) <= _TIMESTAMP_LENGTH_MAX:
        return value
    raise invalid(f"timestamp_ms is {kind_of(value)}; send Unix time in whole milliseconds")


_AUTH_CODES: Final = {
    **dict.fromkeys(TIMING_REFUSALS, Code.SIGNATURE_EXPIRED),
    Refusal.TOO_MANY: Code.RATE_LIMIT,
    Refusal.TOO_FAST: Code.RATE_LIMIT,
}

METHODS: Final = (
    method("server.ping", None, "", _ping, "Answers `pong`: the connection lives."),
    method("server.time", None, "", _time, "The house's clock, in whole seconds."),
    method("system.time", None, "", _time, "The same as `server.time`."),
    method("server.auth", None, "api_key, sign, timestamp_ms?", _auth, "Proves who is speaking, for this connection."),
)
