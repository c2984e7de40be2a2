"""The rewards desk: from a request's bytes to its answer.

    body ─▶ method ─▶ decoded ─▶ token ─▶ role ─▶ rate ─▶ handler ─▶ {data, status}

Every refusal, whatever its cause, is an envelope of its own with the HTTP status of its code; what fails unexpectedly
is INTERNAL, is logged, and tells nothing of the inside. Source: rewards.md; rewards.notes.md, Shape and Auth.
"""

from __future__ import annotations

import time
from decimal import Decimal
from collections.abc import AsyncIterator, Callable
from typing import Final, NamedTuple

import msgspec
import structlog

from fondaco.core.house import House
from fondaco.core.rewards.entities import Operator
from fondaco.desks.common.http import Allowances
from fondaco.desks.rewards.call import Call, idempotency_of
from fondaco.desks.rewards.dates import Dates
from fondaco.desks.rewards.failure import Code, Failure
from fondaco.desks.rewards.fields_set import select
from fondaco.desks.rewards.lenient_json import without_trailing_commas
from fondaco.desks.rewards.method import Method, Stream
from fondaco.desks.rewards.methods import METHODS
from fondaco.desks.rewards.passwords import Passwords, Store
from fondaco.desks.rewards.session import Session, Sessions
from fondaco.journal.people import People
from fondaco.projections.history import History
from fondaco.runtime.limits import Limits
from fondaco.runtime.sequencer import Runtime
from fondaco.wire.rewards.base import ENCODER, Body, Envelope, Status

_log = structlog.get_logger("fondaco.rewards")
_JSON: Final = "application/json"


class Answer(NamedTuple):
    """What goes out. ``content`` comes in parts where it is long."""

    status: int
    media_type: str
    content: bytes | AsyncIterator[bytes]
    headers: tuple[tuple[str, str], ...] = ()


class Request(NamedTuple):
    """What came in. Empty texts where a header was not sent."""

    path: str
    body: bytes
    address: str
    idempotency_key: str | None = None
    authorization: str = ""


class RewardsDesk:
    """One per process, made in its event loop."""

    def __init__(
        self,
        runtime: Runtime,
        history: History,
        store: Store,
        people: People,
        limits: Limits,
        *,
        zone: str = "UTC",
        lenient_json: bool = False,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self.runtime = runtime
        self.history = history
        self.people = people
        self.limits = limits
        self.dates = Dates(zone)
        self.passwords = Passwords(store)
        self.sessions = Sessions(limits, seconds)
        self._lenient_json = lenient_json
        self._strangers = Allowances(limits)

    @property
    def house(self) -> House:
        return self.runtime.house

    def now_us(self) -> int:
        return max(time.time_ns() // 1_000, self.house.time_us)

    async def stop(self) -> None:
        self.passwords.close()

    async def request(self, request: Request) -> Answer:
        """The answer to one request. Never raises."""
        call: Call | None = None
        try:
            method = METHODS.get(request.path)
            if method is None:
                self._let_stranger(request.address)
                raise Failure(Code.NOT_FOUND, "there is no such method; /docs lists them", "path")
            body = self._decoded(method, request)
            call = self._call(method, body, request)
            data = await method.handler(call, body)
            if isinstance(data, Stream):
                return Answer(200, data.media_type, data.parts, _headers(call))
            fields_set = body.fields_set if isinstance(body, Body) else None
            if fields_set:
                data = select(msgspec.to_builtins(data, builtin_types=_KEPT), fields_set)
            return Answer(200, _JSON, ENCODER.encode(Envelope(data)), _headers(call))
        except Failure as refused:
            return refusal(refused, _headers(call))
        except Exception:
            _log.exception("a method failed", path=request.path[:100])
            return refusal(Failure(Code.INTERNAL, "the request failed on our side and was logged"))

    def _decoded(self, method: Method, request: Request) -> msgspec.Struct:
        try:
            return self._parsed(method, request.body)
        except Failure:
            self._let_stranger(request.address)
            raise

    def _parsed(self, method: Method, content: bytes) -> msgspec.Struct:
        try:
            body: msgspec.Struct = method.decoder.decode(content)
        except msgspec.ValidationError as error:
            raise _misshapen(str(error)) from None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            if self._lenient_json and content != (mended := without_trailing_commas(content)):
                return self._parsed(method, mended)
            raise _no_json(str(error), content) from None
        return body

    def _call(self, method: Method, body: msgspec.Struct, request: Request) -> Call:
        if method.role is None:
            self._let_stranger(request.address)
            return Call(self, method.path, request.address, authorization=request.authorization)
        assert isinstance(body, Body)
        try:
            session = self.sessions.use(body.token)
        except Failure:
            self._let_stranger(request.address)
            raise
        if not session.allowance.take():
            raise Failure(Code.TOO_MANY_REQUESTS, "too many requests a second; slow down", "token")
        operator = self._operator(session)
        if operator.role < method.role:
            raise Failure(
                Code.ACCESS_DENIED,
                f"{method.path} takes the role {method.role.name}; {operator.username} has {operator.role.name}",
                "token",
            )
        idempotency = idempotency_of(method.path, request.idempotency_key, body) if method.writes else None
        return Call(self, method.path, request.address, session=session, operator=operator, idempotency=idempotency)

    def _operator(self, session: Session) -> Operator:
        operator = self.house.rewards.programmes[session.programme_id].operators[session.operator]
        if not operator.active:
            raise Failure(Code.ACCESS_DENIED, f"{operator.username} may no longer log in", "token")
        return operator

    def _let_stranger(self, address: str) -> None:
        """Raises ``Failure`` if too much comes from an address that is not logged in."""
        if not self._strangers.of(address).take():
            raise Failure(Code.TOO_MANY_REQUESTS, "too many requests a second from your address; slow down", "")


def refusal(failed: Failure, headers: tuple[tuple[str, str], ...] = ()) -> Answer:
    """A refusal as it goes out."""
    status = Status(failed.code.name, failed.description, failed.message)
    return Answer(failed.code.http_status, _JSON, ENCODER.encode(Envelope(None, status)), headers)


def _headers(call: Call | None) -> tuple[tuple[str, str], ...]:
    if call is None or call.session is None:
        return ()
    return (("As-Of-Sequence", str(call.as_of_seq or call.desk.runtime.durable_seq)),)


def _misshapen(error: str) -> Failure:
    """msgspec's sentence, ``… - at `$.a.b` ``, as a failure that names the field."""
    sentence, _, path = error.partition(" - at ")
    field = path.strip("`").removeprefix("$.").removeprefix("$")
    missing = sentence.partition("missing required field `")[2].rstrip("`")
    if missing:
        field = f"{field}.{missing}" if field else missing
        return Failure(Code.MISSING_PARAMETER, f"{field} is missing", field)
    unknown = sentence.partition("unknown field `")[2].rstrip("`")
    if unknown:
        field = f"{field}.{unknown}" if field else unknown
        return Failure(Code.INVALID_REQUEST, f"{field} is no field of this method", field)
    return Failure(Code.INVALID_REQUEST, sentence, field)


def _no_json(error: str, body: bytes) -> Failure:
    hint = ""
    if body != without_trailing_commas(body):
        hint = "; there is a comma before a closing bracket (the setting lenient_json takes it)"
    return Failure(Code.INVALID_REQUEST, f"the body is no JSON: {error}{hint}", "body")


#: Types that ``fields_set`` leaves to the encoder.
_KEPT: Final = (Decimal,)
