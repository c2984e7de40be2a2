"""The load reads what servers say, however it is cut into pieces, and drives a real house."""

from __future__ import annotations

import zlib

import msgspec
import pytest

from bench.core.flow import BID
from bench.end_to_end import wires
from bench.end_to_end.plan import Login, Plan

PLAN = Plan(
    wire="exchange+json",
    host="127.0.0.1",
    port=1,
    market="S1USD",
    price_digits=2,
    amount_digits=4,
    words="",
    untimed=0,
    logins=[],
    in_flight=1,
    warm_up_s=0,
    seconds=1,
    watched={},
)
LOGIN = Login(7, "key", "secret")


def frame(text: str, opcode: int = 1) -> bytes:
    payload = text.encode()
    head = bytes((0x80 | opcode, len(payload))) if len(payload) < 126 else bytes((0x80 | opcode, 126, 1, 0))
    return head + payload


PLACED = '{"error":null,"result":{"id":41,"market":"S1USD"},"id":1}'
LONG = '{"error":null,"result":{"id":42,"source":"' + "x" * 204 + '"},"id":1}'  # 256 bytes: a longer frame head
LATE = '{"error":{"code":10,"message":"order not found"},"result":null,"id":2}'


def http(status: str, body: str) -> bytes:
    return f"HTTP/1.1 {status}\r\ncontent-type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()


@pytest.mark.parametrize(
    ("wire", "said", "heard"),
    [
        (wires.ExchangeWire(PLAN, LOGIN, compressed=False), frame(PLACED) + frame(LONG) + frame(LATE), [41, 42, 0]),
        (wires.ExchangeWire(PLAN, LOGIN, compressed=False), frame("", 9) + frame(PLACED), [41]),
        (wires.HttpWire(PLAN, LOGIN), http("200 OK", '{"order_id":5,"status":"resting"}'), [5]),
        (
            wires.HttpWire(PLAN, LOGIN),
            http("200 OK", '{"order_id":5,"status":"rejected"}') + http("422 Unprocessable", '{"detail":"x"}'),
            [0, 0],
        ),
    ],
    ids=["json frames", "a ping between", "http", "http refusals"],
)
def test_answers_are_read_whole_and_byte_by_byte(wire: wires.Wire, said: bytes, heard: list[int]) -> None:
    assert len(LONG) == 256
    assert [answer.order_id for answer in wire.answers(said)] == heard
    by_bytes = [answer.order_id for at in range(len(said)) for answer in wire.answers(said[at : at + 1])]
    assert by_bytes == heard


def test_compressed_answers_are_read() -> None:
    payload = zlib.compress(PLACED.encode())
    wire = wires.ExchangeWire(PLAN, LOGIN, compressed=True)
    assert [answer.order_id for answer in wire.answers(bytes((0x82, len(payload))) + payload)] == [41]


def test_requests_are_what_the_servers_take() -> None:
    asked = wires.ExchangeWire(PLAN, LOGIN, compressed=False).place(BID, 100_050, 25)
    assert asked[0] == 0x81
    assert asked[1] & 0x80  # masked, as a client must, with zeros
    assert msgspec.json.decode(asked[6:]) == {
        "method": "order.put_limit",
        "params": ["S1USD", 2, "0.0025", "1000.50"],
        "id": 1,
    }
    head, _, body = wires.HttpWire(PLAN, LOGIN).place(BID, 100_050, 25).partition(b"\r\n\r\n")
    assert head.endswith(b"Content-Length: %d" % len(body))
    assert msgspec.json.decode(body)["price"] == "1000.50"
