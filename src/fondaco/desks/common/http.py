"""What the house answers over HTTP: the exchange's methods, its health, its metrics, its page.

    POST /exchange/{method}   the body goes to the desk, signed (see auth.py) or not; 200 with the desk's envelope
    POST /rewards/{method}    to the desk mounted there, which decides on the status itself (see mounted.py)
    GET  /healthz             200 while the process turns its loop
    GET  /readyz              200 if orders are taken, otherwise 503 with the reasons
    GET  /metrics             Prometheus text
    GET  /                    the house's own page
    GET  /docs, /docs/openapi.json   these addresses, described

Invariants: for the exchange, errors of status 401, 404, 405, 413 and 429 are given only here, at the door; what it
refuses is a 200 with its own error. Access lines carry method, path without query, status, time and client address: no
header, no body, no signature. Paths are logged as they were sent, cut, and with everything escaped that could steer a
terminal.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Annotated, Any

import msgspec
import structlog
from litestar import Litestar, MediaType, Request, Response, get, post
from litestar.exceptions import ClientException, HTTPException, InternalServerException
from litestar.exceptions.responses import create_exception_response
from litestar.openapi import OpenAPIConfig
from litestar.params import FromPath, HeaderParameter
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from fondaco import __version__
from fondaco.desks.common.auth import Authenticator, NotBelieved, Refusal
from fondaco.desks.common.desk import HttpDesk, MountedDesk
from fondaco.desks.common.mounted import mounted
from fondaco.desks.common.openapi_page import PageForTools, PlainPage
from fondaco.desks.common.rate import Allowances
from fondaco.runtime.limits import Limits

_log = structlog.get_logger("fondaco.http")
_EXCHANGE = "/exchange"
_LOGGED_PATH_BYTES_MAX = 200
_METRICS_TYPE = "text/plain; version=0.0.4"


class Readiness(msgspec.Struct, frozen=True):
    """``reasons`` is empty when orders are taken."""

    ready: bool
    reasons: tuple[str, ...]


class Services(msgspec.Struct, frozen=True, kw_only=True):
    """What the application is wired to."""

    desk: HttpDesk
    mounted: Mapping[str, MountedDesk]
    authenticator: Authenticator
    limits: Limits
    not_ready: Callable[[], Sequence[str]]
    metrics: Callable[[], bytes]
    page: Callable[[], bytes]
    client_address: Callable[[str, str], str]
    socket_paths: tuple[str, ...]
    access_log: bool = True


def make_application(services: Services) -> ASGIApp:
    """The ASGI application the front door's HTTP server runs."""
    described = [desk.describe() for desk in services.mounted.values()]
    application = Litestar(
        route_handlers=_routes(services),
        openapi_config=OpenAPIConfig(
            title="fondaco",
            version=__version__,
            description="Every method of the exchange, as on the WebSocket (parameters: see the protocol reference), "
            "and of the rewards desk.",
            path="/docs",
            render_plugins=[PlainPage(described), PageForTools(described)],
        ),
        request_max_body_size=services.limits.http_body_bytes_max,
        after_exception=[_log_failure],
        exception_handlers={404: partial(_astray, services.desk), 405: partial(_astray, services.desk)},
        logging_config=None,
    )
    whole = mounted(application, services.mounted, lambda scope: _address(services, scope))
    return _access_lines(whole, services) if services.access_log else whole


def _routes(services: Services) -> list[Any]:
    allowances = Allowances(services.limits)

    @post(
        f"{_EXCHANGE}/{{method:str}}",
        status_code=200,
        media_type=MediaType.JSON,
        summary="One request of the exchange",
        description='Body: {"params": [...], "id": 1}. Answer: {"error", "result", "id"} as on the WebSocket.',
    )
    async def exchange(
        request: Request[Any, Any, Any],
        method: FromPath[str],
        api_key: Annotated[str | None, HeaderParameter(name="X-Api-Key")] = None,
        timestamp: Annotated[str | None, HeaderParameter(name="X-Timestamp")] = None,
        signature: Annotated[str | None, HeaderParameter(name="X-Signature")] = None,
    ) -> Response[bytes]:
        try:
            body = await request.body()
        except InternalServerException as gone:  # so Litestar calls a client that left; it is no failure of ours
            raise ClientException("the body ended early") from gone
        address = _address(services, request.scope)
        identity = services.authenticator.http(
            api_key, timestamp, signature, _signed_path(request.scope), body, address
        )
        if isinstance(identity, NotBelieved):
            return _refused(services.desk, identity)
        if not allowances.of(address if identity is None else identity.api_key).take():
            return _refused(services.desk, Refusal.TOO_FAST)
        answer = await services.desk.http_request(method, body, identity, address)
        return Response(answer, media_type=MediaType.JSON)

    @get("/healthz", media_type=MediaType.TEXT, summary="Whether the process lives", sync_to_thread=False)
    def healthz() -> str:
        return "ok\n"

    @get("/readyz", summary="Whether orders are taken; 503 with the reasons if not", sync_to_thread=False)
    def readyz() -> Response[Readiness]:
        reasons = tuple(services.not_ready())
        return Response(Readiness(not reasons, reasons), status_code=503 if reasons else 200)

    @get("/metrics", summary="Prometheus metrics", sync_to_thread=False)
    def metrics() -> Response[bytes]:
        return Response(services.metrics(), media_type=_METRICS_TYPE)

    @get("/", include_in_schema=False, sync_to_thread=False)
    def page() -> Response[bytes]:
        # What the page may load stands in the page itself; that nobody may frame it can only be said here.
        headers = {"Content-Security-Policy": "frame-ancestors 'none'", "X-Content-Type-Options": "nosniff"}
        return Response(services.page(), media_type=MediaType.HTML, headers=headers)

    @get(list(services.socket_paths), include_in_schema=False, sync_to_thread=False)
    def socket_address() -> Response[str]:
        sentence = "this address speaks WebSocket; over HTTP, POST to /exchange/{method}\n"
        return Response(sentence, status_code=426, media_type=MediaType.TEXT, headers={"Upgrade": "websocket"})

    return [exchange, healthz, readyz, metrics, page, socket_address]


def _refused(desk: HttpDesk, refusal: NotBelieved) -> Response[bytes]:
    status = 429 if refusal in (Refusal.TOO_MANY, Refusal.TOO_FAST) else 401
    return Response(desk.http_refusal(refusal), status_code=status, media_type=MediaType.JSON)


def _astray(desk: HttpDesk, request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    """Nothing is at this address, or not by this verb: below the exchange's it is told in the desk's own envelope."""
    path = request.scope["path"]
    if path != _EXCHANGE and not path.startswith(f"{_EXCHANGE}/"):
        return create_exception_response(request, error)
    body = desk.http_astray(request.method, path)
    return Response(body, status_code=error.status_code, media_type=MediaType.JSON, headers=error.headers)


def _signed_path(scope: Any) -> bytes:
    """Path with query, byte by byte as the client sent it."""
    path: bytes = scope["raw_path"]
    query: bytes = scope["query_string"]
    return path + b"?" + query if query else path


def _address(services: Services, scope: Any) -> str:
    client = scope["client"]
    forwarded = b",".join(value for name, value in scope["headers"] if name == b"x-forwarded-for")
    return services.client_address(client[0] if client else "", forwarded.decode("latin-1"))


def _access_lines(application: ASGIApp, services: Services) -> ASGIApp:
    """The application, with one log line a request."""

    async def logged(scope: Scope, receive: Receive, send: Send) -> None:
        started_s = time.perf_counter()
        status = 0

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await application(scope, receive, watched)
        finally:
            _log.info(
                "request",
                method=scope.get("method"),
                path=_logged_path(scope),
                status=status,
                took_ms=round((time.perf_counter() - started_s) * 1000, 3),
                address=_address(services, scope),
            )

    return logged


async def _log_failure(error: Exception, scope: Scope) -> None:
    if getattr(error, "status_code", 500) >= 500:
        _log.error("a request failed", path=_logged_path(scope), exc_info=error)


def _logged_path(scope: Any) -> str:
    raw: bytes = scope["raw_path"]
    return raw[:_LOGGED_PATH_BYTES_MAX].decode("latin-1").encode("unicode_escape").decode("ascii")
