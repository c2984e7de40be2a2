"""HTTP on the one port: signatures at the door, kept-alive connections, and requests that are too much."""

from __future__ import annotations

import asyncio
import json
import time

import aiohttp
import pytest
from structlog.testing import capture_logs

from fondaco.desks.common.auth import sign_http
from fondaco.runtime.limits import Limits
from tests.desks.common.echo import Door, open_door, raw
from tests.waiting import HANG_S

BODY = b'{"params":[],"id":1}'


def signed(
    path: str, body: bytes = BODY, *, timestamp_ms: int | None = None, secret: str = "demo-secret"
) -> dict[str, str]:
    timestamp_ms = time.time_ns() // 1_000_000 if timestamp_ms is None else timestamp_ms
    return {
        "X-Api-Key": "demo-key",
        "X-Timestamp": str(timestamp_ms),
        "X-Signature": sign_http(secret, timestamp_ms, path, body),
    }


async def post(house: Door, path: str, headers: dict[str, str] | None = None, body: bytes = BODY) -> tuple[int, object]:
    async with aiohttp.ClientSession() as http, http.post(house.http + path, data=body, headers=headers) as answer:
        return answer.status, await answer.json()


async def test_unsigned_signed_and_signed_with_a_query() -> None:
    async with open_door() as house:
        assert await post(house, "/exchange/price.query") == (200, {"method": "price.query", "user": None, "bytes": 20})
        for path in ("/exchange/order.query", "/exchange/order.query?x=%20y&z"):
            assert await post(house, path, signed(path)) == (200, {"method": "order.query", "user": 1, "bytes": 20})


async def test_what_is_not_believed_is_401_with_a_sentence() -> None:
    async with open_door() as house:
        path = "/exchange/order.query"
        replayed = signed(path)
        assert (await post(house, path, replayed))[0] == 200
        for headers, sentence in [
            (replayed, "was used before"),
            (signed(path, b"{}"), "wrong signature"),
            (signed(path, secret="other"), "wrong signature"),
            (signed(path + "?x"), "wrong signature"),
            (
                signed(path, timestamp_ms=time.time_ns() // 1_000_000 - 60_000),
                "ms behind the house's clock; at most 5000",
            ),
            (signed(path, timestamp_ms=time.time_ns() // 1_000_000 + 60_000), "ms ahead of the house's clock"),
            (signed(path, timestamp_ms=time.time_ns() // 1_000_000 - 4_000), "before this house was started"),
            ({**signed(path), "X-Api-Key": "unknown"}, "unknown api key"),
            ({"X-Api-Key": "demo-key"}, "all three"),
        ]:
            status, refused = await post(house, path, headers)
            assert status == 401
            assert sentence in str(refused)


async def test_a_kept_alive_connection_serves_many_requests_in_order() -> None:
    async with open_door() as house:
        reader, writer = await asyncio.open_connection("127.0.0.1", house.port)
        for number in range(50):
            writer.write(b"POST /exchange/m%d HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}" % number)
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        said = await asyncio.wait_for(reader.read(), HANG_S)
        writer.close()
        assert said.count(b"HTTP/1.1 200 OK") == 51
        places = [said.index(b'"m%d"' % number) for number in range(50)]
        assert places == sorted(places)
        assert said.endswith(b"ok\n")
        assert b"\r\ndate: " in said


@pytest.mark.usefixtures("no_refill")
async def test_requests_beyond_the_rate_are_429() -> None:
    async with open_door(Limits(requests_per_second_max=1, requests_burst_max=3)) as house:
        answers = [(await post(house, "/exchange/price.query"))[0] for _ in range(5)]
        assert answers == [200, 200, 200, 429, 429]
        path = "/exchange/order.query"
        assert (await post(house, path, signed(path)))[0] == 200, "a key has a rate of its own"


@pytest.mark.parametrize(
    ("sent", "status", "sentence"),
    [
        (b"POST /exchange/x HTTP/1.1\r\nHost: x\r\nContent-Length: 65537\r\n\r\n", 413, "65536 bytes"),
        (
            b"POST /exchange/x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + b"8000\r\n" + b"x" * 0x8000
            + b"\r\n8001\r\n" + b"x" * 0x8001 + b"\r\n0\r\n\r\n",
            413,
            "65536 bytes",
        ),
        (b"POST /exchange/x HTTP/1.1\r\nHost: x\r\nContent-Length: no\r\n\r\n", 400, "no HTTP"),
        (
            b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /healthz HTTP/1.1\r\nX: " + b"y" * 9_000 + b"\r\n\r\n",
            431,
            "8192 bytes",
        ),
        (b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\ngarbage\r\n\r\n", 400, "no HTTP"),
        (b"POST /exchange/x HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab", 408, "request body within 200 ms"),
        (b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /hea", 408, "request head within 200 ms"),
    ],
)  # fmt: skip
async def test_requests_that_are_too_much(sent: bytes, status: int, sentence: str) -> None:
    limits = Limits(request_head_timeout_ms=200, http_body_timeout_ms=200, close_timeout_ms=100)
    async with open_door(limits) as house:
        said = await raw(house.port, sent)
        assert b"HTTP/1.1 %d " % status in said
        assert said.count(b"HTTP/1.1 200 OK") <= 1
        assert sentence in said.decode()
        assert (await post(house, "/exchange/price.query"))[0] == 200


async def test_a_large_body_that_is_still_being_sent_gets_its_answer() -> None:
    async with open_door() as house:
        said = await raw(house.port, b"POST /exchange/x HTTP/1.1\r\nContent-Length: 3000000\r\n\r\n" + bytes(3_000_000))
        assert said.startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize(
    ("verb", "path", "status"),
    [
        ("GET", "/elsewhere", 404),
        ("GET", "/exchange/price.query", 405),
        ("DELETE", "/healthz", 405),
        ("GET", "/echo", 426),
        ("GET", "/docs/elsewhere", 404),
    ],
)
async def test_addresses_that_are_not(verb: str, path: str, status: int) -> None:
    async with open_door() as house, aiohttp.ClientSession() as http, http.request(verb, house.http + path) as answer:
        assert answer.status == status


@pytest.mark.parametrize(
    ("verb", "path", "status", "told"),
    [
        ("GET", "/exchange/price.query", 405, {"astray": ["GET", "/exchange/price.query"]}),
        ("POST", "/exchange/v2/price.query", 404, {"astray": ["POST", "/exchange/v2/price.query"]}),
        ("POST", "/exchange", 404, {"astray": ["POST", "/exchange"]}),
        ("POST", "/exchanges", 404, {"status_code": 404, "detail": "Not Found"}),
        ("DELETE", "/healthz", 405, {"status_code": 405, "detail": "Method Not Allowed"}),
    ],
)
async def test_below_a_desk_it_is_the_desk_that_says_how_to_call(
    verb: str, path: str, status: int, told: object
) -> None:
    async with open_door() as house, aiohttp.ClientSession() as http, http.request(verb, house.http + path) as answer:
        assert (answer.status, await answer.json()) == (status, told)
        assert ("Allow" in answer.headers) == (status == 405)


async def test_a_defect_of_a_desk_is_500_without_details_and_logged() -> None:
    async with open_door() as house:
        with capture_logs() as logs:
            status, told = await post(house, "/exchange/raise")
        assert status == 500
        assert "defect" not in json.dumps(told)
        assert any(line["event"] == "a request failed" and line["exc_info"] is not None for line in logs)


async def test_access_lines_tell_no_secret() -> None:
    async with open_door() as house:
        path = "/exchange/order.query?token=secret-word"
        headers = signed(path)
        with capture_logs() as logs:
            assert (await post(house, path, headers))[0] == 200
        (line,) = [each for each in logs if each["event"] == "request"]
        assert {name: line[name] for name in ("method", "path", "status", "address")} == {
            "method": "POST",
            "path": "/exchange/order.query",
            "status": 200,
            "address": "127.0.0.1",
        }
        said = repr(logs)
        assert not any(word in said for word in ("secret-word", headers["X-Signature"], "demo-secret", "params"))


async def test_a_request_under_way_is_answered_while_the_house_closes() -> None:
    async with open_door() as house:
        request = asyncio.create_task(post(house, "/exchange/slow"))
        await asyncio.wait_for(house.desk.slow_began.wait(), HANG_S)
        stopping = asyncio.create_task(house.door.stop())
        await asyncio.sleep(0)  # it has begun to close
        house.desk.slow_may_end.set()
        assert (await request)[0] == 200
        await stopping


async def test_idle_connections_do_not_hold_the_house_open() -> None:
    async with open_door(Limits(close_timeout_ms=60_000)) as house:
        reader, writer = await asyncio.open_connection("127.0.0.1", house.port)
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        await asyncio.wait_for(reader.readuntil(b"ok\n"), HANG_S)
        async with asyncio.timeout(30):  # well below the time that whoever is still served gets
            await house.door.stop()
        writer.close()


async def test_ready_or_not() -> None:
    async with open_door() as house, aiohttp.ClientSession() as http:
        async with http.get(house.http + "/readyz") as answer:
            assert (answer.status, await answer.json()) == (200, {"ready": True, "reasons": []})
        house.not_ready.append("the disk is full")
        async with http.get(house.http + "/readyz") as answer:
            assert (answer.status, await answer.json()) == (503, {"ready": False, "reasons": ["the disk is full"]})


async def test_a_path_in_the_log_steers_no_terminal() -> None:
    with capture_logs() as logs:
        async with open_door() as house:
            await raw(house.port, b"GET /%1b[2J HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            await raw(house.port, b"GET /" + b"x" * 5_000 + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    paths = [line["path"] for line in logs if line["event"] == "request"]
    assert paths == ["/%1b[2J", "/" + 199 * "x"]
