"""How a connection is opened and what its frames look like, as clients of the live service open and read them."""

from __future__ import annotations

import asyncio
import gzip
import io
import json
import zlib

import pytest

from tests.outsider.client import DOCUMENT, LIVE
from tests.outsider.conftest import House

OPENINGS = [
    (DOCUMENT, (), "zlib", None),
    (DOCUMENT + "/", (), "zlib", None),
    (DOCUMENT, ("gzip",), "gzip", "gzip"),
    (DOCUMENT, ("json",), "json", "json"),
    (DOCUMENT, ("chat",), "zlib", "chat"),
    (LIVE, (), "gzip", None),
    (LIVE + "/", (), "gzip", None),
    (LIVE, ("chat", "limit-no", "gzip"), "gzip", "gzip"),
    (LIVE, ("chat", "limit-no"), "gzip", "chat"),
    (LIVE, ("zlib",), "zlib", "zlib"),
    (LIVE, ("chat", "json"), "json", "json"),
    (LIVE, ("soap",), "gzip", None),
]


@pytest.mark.parametrize(("path", "offers", "packing", "taken"), OPENINGS)
async def test_paths_and_subprotocols(
    house: House, path: str, offers: tuple[str, ...], packing: str, taken: str | None
) -> None:
    async with house.open(path, offers) as client:
        assert (client.socket.subprotocol, client.packing) == (taken, packing)
        assert client.socket.protocol.extensions == [], "permessage-deflate was offered and is not taken"
        assert await client.call("server.ping") == "pong"
        markets = await client.call("market.list")  # long enough to be deflated, sooner or later
        assert isinstance(markets, list)


@pytest.mark.parametrize("rows", [0, 100])
async def test_every_way_to_unpack_that_is_in_use(house: House, rows: int) -> None:
    """Short messages are stored in their stream and long ones deflated; no client may notice."""
    market = await house.market()
    key = await house.trader(market)
    async with house.open(LIVE, ("json",), key) as seller:
        for number in range(rows):
            await seller.call("order.put_limit", market.name, 1, "0.01", f"{8_000 + number}")
    async with house.open(LIVE) as client:
        expected = await client.asks("depth.query", market.name, 100, "0")
        packed = client.raw[-1]
    assert isinstance(packed, bytes)
    assert len(expected["result"]["asks"]) == rows
    inflater = zlib.decompressobj(zlib.MAX_WBITS | 16)
    ways = (
        gzip.decompress(packed),
        zlib.decompress(packed, 16 + zlib.MAX_WBITS),
        gzip.GzipFile(fileobj=io.BytesIO(packed)).read(),
        inflater.decompress(packed) + inflater.flush(),
        b"".join(iter(gzip.GzipFile(fileobj=io.BytesIO(packed)).read1, b"")),
    )
    assert inflater.eof
    assert inflater.unused_data == b""
    assert [json.loads(way) for way in ways] == [expected] * len(ways)


@pytest.mark.parametrize("path", [DOCUMENT, LIVE])
async def test_pings_of_both_kinds_and_a_binary_request(house: House, path: str) -> None:
    async with house.open(path) as client:
        await asyncio.wait_for(await client.socket.ping(), 30)
        await client.says({"method": "server.ping", "params": [], "id": 0})
        assert await client.answer(0) == {"error": None, "result": "pong", "id": 0}
        await client.says(b'{"method": "server.ping", "params": [], "id": 104}')
        assert (await client.answer(104))["result"] == "pong"
        await client.says("ping")
        assert (await client.answer(None))["error"]["code"] == 1
        assert await client.call("server.ping") == "pong"


async def test_an_upgrade_as_a_script_writes_it_by_hand(house: House) -> None:
    """No Origin, an unknown header, the request in the same packet; the first frame back is gzip in binary."""
    host, port = house.http.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    payload = b'{"method": "server.ping", "params": [], "id": 101}'
    head = (
        f"GET {LIVE} HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Origin: 1\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    writer.write(head.encode() + b"\x81" + bytes((0x80 | len(payload),)) + bytes(4) + payload)
    answer = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 30)
    assert b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in answer
    first, size = await asyncio.wait_for(reader.readexactly(2), 30)
    assert first == 0x82
    body = await asyncio.wait_for(reader.readexactly(size), 30)
    assert json.loads(gzip.decompress(body)) == {"error": None, "result": "pong", "id": 101}
    writer.close()
