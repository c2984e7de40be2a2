"""The rewards desk: one call in, a status and bytes (or a stream) out.

    path → method → body decoded → token → allowance → role → the method → fields_set → envelope

Whatever goes wrong is answered in the document's envelope with its status code, and the field or rule that it is about;
what nobody expected is INTERNAL without a word more, and stands in the log. Bodies and tokens never do.

Cost: see docs/decisions/rewards-desk.md.
"""

from __future__ import annotations

from typing import Any, Final

import structlog
from msgspec import UNSET

from fondaco.core.rewards.entities import Operator, Role
from fondaco.desks.common.desk import HttpAnswer, HttpRequest
from fondaco.desks.rewards import openapi
from fondaco.desks.rewards.bodies import decoded
from fondaco.desks.rewards.call import Call
from fondaco.desks.rewards.failure import HTTP_STATUS, Code, Failure
from fondaco.desks.rewards.fields_set import check, selected
from fondaco.desks.rewards.floor import Floor
from fondaco.desks.rewards.method import Method, Stream
from fondaco.desks.rewards.methods import METHODS
from fondaco.desks.rewards.passwords import Passwords
from fondaco.desks.rewards.runtime import Runtime
from fondaco.desks.rewards.session import Login
from fondaco.desks.rewards.webhooks import Webhooks
from fondaco.journal.people import People
from fondaco.projections.history import History, ServiceTimeout
from fondaco.runtime.limits import Limits
from fondaco.wire.rewards.base import ENCODER, OK, Body, Envelope, Request, Status

PREFIX: Final = "/rewards/"

_log = structlog.get_logger("fondaco.rewards")
_LOGGED_PATH_LENGTH_MAX: Final = 100


class RewardsDesk:
    """One per process, made in its event loop. A ``MountedDesk``."""

    def __init__(
        self,
        runtime: Runtime,
        history: History,
        passwords: Passwords,
        people: People,
        webhooks: Webhooks,
        limits: Limits,
        *,
        zone: str,
        lenient_json: bool,
    ) -> None:
        self.floor = Floor(runtime, history, passwords, people, webhooks, limits, zone)
        self._lenient_json = lenient_json

    async def answer(self, request: HttpRequest) -> HttpAnswer:
        """Never raises."""
        try:
            return await self._answer(request)
        except Failure as failure:
            return _failed(failure)
        except ServiceTimeout as error:
            return _failed(Failure(Code.UNAVAILABLE, f"{error}", "As-Of-Sequence"))
        except Exception as error:
            _log.error("a request failed", path=_logged(request.path), exc_info=error)
            return _failed(Failure(Code.INTERNAL, "the house failed on this request; its log says why"))

    def describe(self) -> dict[str, Any]:
        return openapi.described(METHODS.values(), PREFIX)

    def start(self) -> None:
        """Go on with what was under way when the house ended."""
        self.floor.runs.start()

    async def stop(self) -> None:
        await self.floor.runs.stop()
        self.floor.passwords.close()

    async def _answer(self, request: HttpRequest) -> HttpAnswer:
        method = METHODS.get(request.path)
        if method is None:
            self._strangers_allowance(request.address)
            raise Failure(Code.NOT_FOUND, f"there is no method {request.path[:100]}; /docs lists them all", "path")
        if request.verb != "POST":
            return _wrong_verb(request.verb)
        try:
            body = decoded(method, request.body, lenient=self._lenient_json)
        except Failure:
            self._strangers_allowance(request.address)
            raise
        call = self._admitted(method, body, request)
        fields_set = body.fields_set if isinstance(body, Body) else UNSET
        if fields_set is not UNSET:
            check(fields_set, method.answer)
        if method.alone:
            async with self.floor.updating[call.programme_id]:
                data = await method.handler(call, body)
        else:
            data = await method.handler(call, body)
        headers = ((b"as-of-sequence", str(call.as_of_seq).encode()),)
        if isinstance(data, Stream):
            return _streamed(data, headers)
        if fields_set is not UNSET:
            data = selected(data, fields_set, method.answer)
        return HttpAnswer(200, ENCODER.encode(Envelope(data, OK)), headers)

    def _admitted(self, method: Method, body: Request, request: HttpRequest) -> Call:
        """The call of somebody who may make it. Raises ``Failure``."""
        key = request.header(b"idempotency-key")
        if method.role is None or not isinstance(body, Body):
            self._strangers_allowance(request.address)
            return Call(self.floor, method, request.address, body, authorization=request.header(b"authorization"))
        login = self.floor.logins.find(body.token)
        if isinstance(login, Failure):
            self._strangers_allowance(request.address)
            raise login
        if not login.allowance.take():
            raise _too_fast()
        operator = self._operator(login)
        if operator.role < method.role:
            raise Failure(
                Code.ACCESS_DENIED,
                f"{method.path} takes the role {method.role.name}; {operator.username} has {Role(operator.role).name}",
                "role",
            )
        return Call(self.floor, method, request.address, body, login, operator, key)

    def _operator(self, login: Login) -> Operator:
        operator = self.floor.house.rewards.programmes[login.programme_id].operators[login.operator]
        if not operator.active:
            raise Failure(Code.ACCESS_DENIED, f"{operator.username} is not active any more; ask an admin", "active")
        return operator

    def _strangers_allowance(self, address: str) -> None:
        if not self.floor.addresses.of(address).take():
            raise _too_fast()


def _too_fast() -> Failure:
    return Failure(Code.TOO_MANY_REQUESTS, "too many requests a second; slow down", "requests_per_second_max")


def _wrong_verb(verb: str) -> HttpAnswer:
    status = Status(Code.INVALID_REQUEST, f"{verb[:20]} is not taken here; every method is a POST", "method")
    return HttpAnswer(405, ENCODER.encode(Envelope(None, status)), ((b"allow", b"POST"),))


def _failed(failure: Failure) -> HttpAnswer:
    status = Status(failure.code, failure.message, failure.description)
    return HttpAnswer(HTTP_STATUS[failure.code], ENCODER.encode(Envelope(None, status)))


def _streamed(stream: Stream, headers: tuple[tuple[bytes, bytes], ...]) -> HttpAnswer:
    if stream.file_name:
        disposition = f'attachment; filename="{stream.file_name}"'.encode()
        headers = (*headers, (b"content-disposition", disposition))
    return HttpAnswer(200, stream.pieces, headers, stream.media_type.encode())


def _logged(path: str) -> str:
    return path[:_LOGGED_PATH_LENGTH_MAX].encode("unicode_escape").decode("ascii")
