"""Whatever a stranger sends: one answer with a documented code, and a connection that lives."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fondaco.desks.exchange.errors import Code
from fondaco.desks.exchange.methods import METHODS
from tests.desks.exchange.conftest import furnish
from tests.desks.exchange.venue import Venue

DOCUMENTED = {int(code) for code in Code} - {int(Code.INTERNAL_ERROR)}

NAMES = st.sampled_from(
    [
        *("BTCUSDT", "ETHUSDT", "BTC", "USDT", "alice", "read", "deposit", "0", "0.1", "1e-8", ""),
        *("GTC", "GTD", "stop", "trailing", "co", "money", "halt", "auction"),
    ]
)
NUMBERS = st.one_of(
    st.integers(-2, 101), st.integers(-(2**70), 2**70), st.floats(allow_nan=False, allow_infinity=False, width=32)
)
SCALARS = st.one_of(st.none(), st.booleans(), NAMES, NUMBERS, st.text(max_size=50))
OPTIONS = st.dictionaries(
    st.sampled_from(
        [
            *("client_order_id", "time_in_force", "expire", "post_only", "stp", "display", "stop_price", "trigger"),
            *("trail", "amount_in", "amount", "price", "addresses", "label", "detail", "min_amount", "maker_fee"),
            *("taker_fee", "price_band", "floor", "x"),
        ]
    ),
    SCALARS,
    max_size=3,
)
VALUES = st.recursive(st.one_of(SCALARS, OPTIONS), lambda inner: st.lists(inner, max_size=4), max_leaves=6)
PARAMS = st.lists(VALUES, max_size=7)


@pytest.fixture(scope="module")
def loop() -> Any:
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture(scope="module")
def stranger(loop: asyncio.Runner, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A venue with one user who may do everything, for many examples."""

    async def open_venue() -> tuple[Venue, Any]:
        venue = Venue(tmp_path_factory.mktemp("malformed"))
        furnish(venue)
        venue.user("mallory", "read", "trade", "transfer", "operate", BTC=1, USDT=1)
        return venue, await venue.logged_in("mallory")

    venue, client = loop.run(open_venue())
    yield client
    loop.run(venue.close())


QUIET = settings(deadline=None, max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture])


@QUIET
@given(method=st.sampled_from(sorted(METHODS)), params=PARAMS)
def test_any_params_of_any_method(loop: asyncio.Runner, stranger: Any, method: str, params: list[Any]) -> None:
    if method in ("user.disable", "key.revoke"):  # these would end the test, not the connection
        params = [*params, "one too many", "two too many"]

    async def run() -> Any:
        stranger.inbox.clear()
        return await stranger.asks(method, *params)

    reply = loop.run(run())
    assert list(reply) == ["error", "result", "id"]
    if reply["error"] is not None:
        assert reply["error"]["code"] in DOCUMENTED, reply
        assert 0 < len(reply["error"]["message"]) < 1_000
    assert stranger.in_flight == 0


@QUIET
@given(message=st.one_of(st.binary(max_size=200), VALUES.map(msgspec.json.encode)))
def test_any_bytes(loop: asyncio.Runner, stranger: Any, message: bytes) -> None:
    async def run() -> None:
        stranger.inbox.clear()
        stranger.says(message)

    loop.run(run())
    for reply in stranger.inbox:
        assert reply["error"]["code"] == 1


@QUIET
@given(
    request=st.fixed_dictionaries(
        {},
        optional={
            "method": st.one_of(st.sampled_from(sorted(METHODS)), SCALARS),
            "params": st.one_of(PARAMS, VALUES),
            "id": st.one_of(st.integers(0, 9), SCALARS),
            "jsonrpc": SCALARS,
        },
    )
)
def test_any_object(loop: asyncio.Runner, stranger: Any, request: dict[str, Any]) -> None:
    if request.get("method") in ("user.disable", "key.revoke", "server.auth"):
        return

    async def run() -> Any:
        stranger.inbox.clear()
        stranger.says(request)
        if "id" in request:
            return await stranger.find(lambda message: "result" in message)
        return {"error": None}

    error = loop.run(run())["error"]
    assert error is None or error["code"] in DOCUMENTED
