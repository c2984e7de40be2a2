"""The load reads what servers say, however it is cut into pieces, and drives a real house."""

from __future__ import annotations

import zlib
from pathlib import Path

import msgspec
import pytest

from bench.core.flow import BID
from bench.end_to_end import fanout, run, servers, wires
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
    assert wire.answers(said) == heard
    by_bytes = [answer for at in range(len(said)) for answer in wire.answers(said[at : at + 1])]
    assert by_bytes == heard


def test_compressed_answers_are_read() -> None:
    payload = zlib.compress(PLACED.encode())
    wire = wires.ExchangeWire(PLAN, LOGIN, compressed=True)
    assert wire.answers(bytes((0x82, len(payload))) + payload) == [41]


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


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Loads of a moment, over a folder of the test's own."""
    monkeypatch.setattr(run, "FOLDER", tmp_path)
    monkeypatch.setattr(servers, "FOLDER", tmp_path)
    monkeypatch.setattr(run, "SECONDS", 0.3)
    monkeypatch.setattr(run, "WARM_UP_S", 0.1)
    monkeypatch.setattr(run, "RESTING_A_SIDE", 20)


@pytest.mark.usefixtures("short")
@pytest.mark.parametrize("connections", [1, 3], ids=["at a pace, with subscribers", "as fast as answered"])
def test_a_short_load_on_a_real_house_is_answered(connections: int) -> None:
    if connections == 1:
        load = run.Load("short", "exchange+json", 1, 1, 20_000, pace_per_second=200)
        found, received = fanout.measure_loud(load, 5)
        assert received.subscribers == 5
        assert received.updates >= 2
        assert received.broken == 0
        assert 0 < received.update_ms_p50 <= received.update_ms_max
    else:
        load = run.Load("short", "exchange+json", connections, 4, 20_000)
        flow = run.flow_of(load)
        with servers.fondaco(flow.venue) as running:
            assert set(running.processes) == {"server", "projector"}
            found = run.measure_load(load, flow, running, run.MARKET)
    assert found.answered > 10
    assert found.refused < 0.1 * found.answered
    assert 0 < found.p50_us <= found.p99_us <= found.max_us
    assert set(found.cpu_s) == {"server", "projector", "load"}


def test_a_close_by_the_server_is_told() -> None:
    with pytest.raises(ConnectionError, match="closed by the server: too slow"):
        wires.messages(frame(PLACED) + b"\x88\x0a\x03\xf0too slow")
