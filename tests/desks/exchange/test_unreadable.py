"""What is no request is told so in our own words, the same on the socket in both dialects and over HTTP."""

from __future__ import annotations

import msgspec
import pytest

from tests.desks.exchange.venue import Venue

UNREADABLE: list[tuple[bytes, str]] = [
    (b"", "it is empty"),
    (b" \n", "it is empty"),
    (b"[]", "it is an array"),
    (b"null", "it is null"),
    (b"1.5", "it is a number with a point or an exponent"),
    (b'"x"', "it is text"),
    (b"[1,", "it ends too early to be JSON, after 3 bytes"),
    (b'{"params":[]', "it ends too early to be JSON, after 12 bytes"),
    (b'{"params" []}', "it is no JSON, as it breaks near byte 11"),
    (b'{"params":[]}x', "it is no JSON, as it breaks near byte 15"),
    (b"hello", "it is no JSON, as it breaks near byte 1"),
    (b'{"params":["\xff"]}', "it is not UTF-8 from byte 13 on"),
    (b'["\xff"]', "it is not UTF-8 from byte 3 on"),
    (b'{"params":["\\ud800"]}', "it ends too early to be JSON, or a text in it holds half of a surrogate pair"),
    (b'{"params":[' + b"9" * 5_000 + b"]}", "a number in it is longer than 40 characters"),
    (b'{"params":' + b"[" * 20_000 + b"]" * 20_000 + b"}", "it is nested too deeply"),
]


@pytest.mark.parametrize(("message", "sentence"), UNREADABLE, ids=[repr(message[:20]) for message, _ in UNREADABLE])
async def test_what_is_no_request(venue: Venue, message: bytes, sentence: str) -> None:
    over_http = msgspec.json.decode(await venue.desk.http_request("server.ping", message, None, "127.0.0.1"))
    told = f"invalid argument: not a request: {sentence}; send a JSON object like "
    example = '{"method": "server.ping", "params": [], "id": 1}'
    assert over_http["error"] == {"code": 1, "message": told + '{"params": [], "id": 1}'}
    for path in ("/exchange", "/exchange/v2"):
        client = venue.connect(path)
        client.says(message)
        assert client.inbox == [{"error": {"code": 1, "message": told + example}, "result": None, "id": None}]


async def test_over_http_nobody_is_offered_a_notice(venue: Venue) -> None:
    over_http = msgspec.json.decode(await venue.desk.http_request("server.ping", b'{"id":"x"}', None, "127.0.0.1"))
    assert over_http["error"]["message"].endswith("or leave it out; the answer's id is null then")
    client = venue.connect()
    client.says(b'{"method":"server.ping","params":[],"id":"x"}')
    assert client.inbox[0]["error"]["message"].endswith("or leave it out for a notice")
