"""Nonsense from strangers, readers, traders and the operator, on the real server: it answers as documented and lives.

What may not happen: an answer that is missing, doubled or not documented; error 2, which is a defect; a connection
closed over a message that was merely wrong; a secret in a log line, an answer or the journal; a state that changed
though everything was refused; a ledger out of balance.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import http.client
import json
import random
import time
import zlib
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from fondaco.desks.exchange.methods import METHODS
from fondaco.journal import layout
from tests.simulation import seeds
from tests.simulation.bench import Bench
from tests.simulation.documented import ANY, METHOD_NOT_FOUND, codes_by_method, codes_in_use
from tests.simulation.line import Line, signed
from tests.simulation.nonsense import Answers, Nonsense, Sent
from tests.simulation.server import Server, verified_hash
from tests.simulation.signatures import NAMES
from tests.simulation.vocabulary import BID, MARKET

ROUNDS: Final = 1
MESSAGES: Final = 700
#: Of those who may, so that each method comes through.
MESSAGES_OBEYED: Final = 5_000
REQUESTS: Final = 60
NOISES: Final = 40
INVALID_ARGUMENT = 1
#: At the door: a bad head, a method or path that is not there, a body or head too large, a key refused.
DOOR_STATUSES: Final = {400, 401, 404, 405, 408, 411, 413, 414, 426, 431, 501, 505}
DIALECTS: Final = (("/exchange", None), ("/exchange", "json"), ("/exchange/v2", None), ("/exchange/v2", "zlib"))
ALL: Final = {method.name: method.params for method in METHODS.values()}
#: What takes all orders out is left to chance, so that some are there.
TAKE_ALL_OUT: Final = {"order.cancel_all", "order.dead_man", "order.cancel_on_disconnect"}
ORDERS: Final = tuple(
    name
    for name, method in METHODS.items()
    if (method.scope == "trade" and name not in TAKE_ALL_OUT) or name == "order.get"
)
MONEY: Final = tuple(name for name, method in METHODS.items() if method.scope == "operate")
#: Those that nobody here can call rightly: they take a secret, or the name of a key.
NEVER_RIGHT: Final = {"server.auth", "key.revoke"}

pytestmark = pytest.mark.timeout(300)


IN_USE: Final = codes_in_use()
BY_METHOD: Final = codes_by_method()


def documented(method: str) -> frozenset[int]:
    """The codes that may answer a method; one that is not there; or bytes of which nobody knows what they ask."""
    if not method:
        return IN_USE
    return BY_METHOD.get(method, ANY | {METHOD_NOT_FOUND})


class Met:
    """What came back, all together."""

    def __init__(self) -> None:
        self.codes: Counter[int] = Counter()
        self.obeyed: Counter[str] = Counter()
        self.undocumented: dict[str, str] = {}
        self.statuses: Counter[int] = Counter()
        self.results = 0
        self.secrets: list[str] = []
        self.texts: list[str] = []

    def answer(self, text: str, method_of: Callable[[Any], str] = lambda _: "") -> dict[str, Any]:
        """An envelope, which must be one of the two documented forms; an error one that its method may answer."""
        envelope: dict[str, Any] = json.loads(text)
        assert set(envelope) == {"error", "result", "id"}
        error, method = envelope["error"], method_of(envelope["id"])
        if error is None:
            self.results += 1
            self.obeyed[method] += 1
            if isinstance(envelope["result"], dict) and "secret" in envelope["result"]:
                self.secrets.append(envelope["result"]["secret"])
                return envelope
        else:
            if error["code"] not in documented(method):
                self.undocumented.setdefault(f"{method} {error['code']}", error["message"])
            assert error["message"].strip()
            assert envelope["result"] is None
            self.codes[error["code"]] += 1
        self.texts.append(text)
        return envelope


def test_the_reference_tells_the_errors_of_every_method() -> None:
    assert set(BY_METHOD) == set(METHODS)
    assert not {code for codes in BY_METHOD.values() for code in codes} - IN_USE


async def test_nonsense_is_answered_as_documented_and_harms_nothing(tmp_path: Path) -> None:
    for seed in seeds.chosen(ROUNDS):
        with seeds.named(seed, "tests/simulation/test_fuzz.py"), Bench(tmp_path / f"house-{seed}", seed) as bench:
            await _fuzz(bench, seed)


async def _fuzz(bench: Bench, seed: int) -> None:
    server, met = bench.server, Met()
    await bench.open()
    customer, operator = bench.customers[0], bench.operator
    met.secrets += [operator.secret, *(each.secret for each in bench.customers)]
    async with Line(server.socket_url, operator.api_key, operator.secret) as line:
        reader = await line.call("key.create", customer.name, ["read"])
    met.secrets.append(reader["secret"])
    reading = reader["api_key"], reader["secret"]
    trading, operating = (customer.api_key, customer.secret), (operator.api_key, operator.secret)

    # Nobody here may change anything, so nothing changes.
    before = verified_hash(server.directory)
    await asyncio.gather(
        *(_talk(server, met, Nonsense(seed + n, ALL), dialect, None) for n, dialect in enumerate(DIALECTS)),
        _talk(server, met, Nonsense(seed + 10, ALL), DIALECTS[0], reading),
        asyncio.to_thread(_post, server, met, Nonsense(seed + 11, ALL), random.Random(seed), reading),
        *(_knock(server, Nonsense(seed + 12, ALL)) for _ in range(2)),
    )
    await _oversized(server)
    assert verified_hash(server.directory) == before, "something was changed by those who may not change anything"

    # Orders to speak of: they rest far below the market.
    async with Line(server.socket_url, *trading) as line:
        for name in NAMES[: len(NAMES) // 2]:
            await line.call("order.put_limit", MARKET, BID, "0.01", "60.00", {"client_order_id": name})

    # Now the operator may do everything, even disable itself, and a trader may lose all its money.
    await asyncio.gather(
        _talk(server, met, Nonsense(seed + 20, ALL, ORDERS), DIALECTS[1], trading, MESSAGES_OBEYED),
        _talk(server, met, Nonsense(seed + 21, ALL, MONEY), DIALECTS[2], operating, MESSAGES_OBEYED),
        asyncio.to_thread(_post, server, met, Nonsense(seed + 22, ALL, ORDERS), random.Random(seed), trading),
    )
    async with Line(server.socket_url) as line:  # a stranger: whoever has a key may be disabled by now
        assert await line.call("server.ping") == "pong"
        assert (await line.call("market.list"))[0]["name"] == MARKET
    assert server.get("/healthz") == (200, "ok\n")
    assert server.readiness() == (True, [])
    metrics = server.get("/metrics")[1]
    assert server.stop() == 0
    verified_hash(server.directory)
    _look_for_secrets(server, met, metrics)
    assert not met.undocumented, f"not among the errors of their methods in the reference: {met.undocumented}"
    print(dict(sorted(met.codes.items())), dict(sorted(met.statuses.items())), met.results, "results")
    if seeds.is_default():
        assert {1, 4, 6, 10, 113, 120, 123} <= set(met.codes)
        unheard = set(METHODS) - set(met.obeyed) - NEVER_RIGHT
        assert not unheard, f"no request of {unheard} came through: signatures.GOOD lacks what they take"


async def _talk(
    server: Server,
    met: Met,
    nonsense: Nonsense,
    dialect: tuple[str, str | None],
    key: tuple[str, str] | None,
    messages: int = MESSAGES,
) -> None:
    """Much nonsense on one connection, which must live to the end of it, and every answer counted."""
    path, protocol = dialect
    protocols = None if protocol is None else [Subprotocol(protocol)]
    url = server.socket_url.removesuffix("/exchange") + path
    sent: dict[int | None, Sent] = {}
    expected: Counter[Answers] = Counter()
    got: Counter[int | None] = Counter()
    async with connect(
        url, subprotocols=protocols, compression=None, ping_interval=None, proxy=None, max_size=1 << 24
    ) as socket:

        def method_of(request_id: int | None) -> str:
            return sent[request_id].method if request_id in sent else ""

        async def read_up_to(last_id: int) -> None:
            async for message in socket:
                text = message if isinstance(message, str) else zlib.decompress(message, wbits=47).decode()
                if '"method"' in text[:12]:
                    continue  # a push
                envelope = met.answer(text, method_of)
                got[envelope["id"]] += 1
                if envelope["id"] is None:
                    assert envelope["error"]["code"] == INVALID_ARGUMENT
                if envelope["id"] == last_id:
                    return

        if key is not None:
            await socket.send(json.dumps({"method": "server.auth", "params": signed(*key), "id": 0}))
            await read_up_to(0)
        for start in range(0, messages, 100):
            for _ in range(100):
                each = nonsense.message()
                expected[each.answers] += 1
                sent[each.request_id] = each
                await socket.send(each.payload)
            await socket.send(json.dumps({"method": "server.ping", "params": [], "id": start + 1}))
            await asyncio.wait_for(read_up_to(start + 1), 30)
        await _history_is_told(socket, read_up_to, got, sent)
    for request_id, each in sent.items():
        if each.answers is Answers.ONE:
            assert got[request_id] == 1, f"{got[request_id]} answers to {each.payload!r}"
    bad = expected[Answers.ERROR_WITHOUT_ID]
    assert bad <= got[None] <= bad + expected[Answers.PERHAPS]
    invented = set(got) - set(sent) - {None, 0, *range(1, messages, 100)}
    assert len(invented) <= expected[Answers.PERHAPS], f"answers to what nobody sent: {invented}"


async def _history_is_told(
    socket: Any, read_up_to: Any, got: Counter[int | None], sent: dict[int | None, Sent]
) -> None:
    """Answers over history come later than a ping's: wait for those that are missing still."""
    missing = {number for number, each in sent.items() if each.answers is Answers.ONE and not got[number]}
    while missing:
        await asyncio.wait_for(read_up_to(next(number for number in missing if number is not None)), 30)
        missing = {number for number in missing if not got[number]}


def _post(server: Server, met: Met, nonsense: Nonsense, chance: random.Random, key: tuple[str, str]) -> None:
    """The same over HTTP: signed, badly signed, not signed."""
    host, port = server.url.removeprefix("http://").split(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=30)
    for _ in range(REQUESTS):
        method, params = nonsense.request()
        body = json.dumps({"params": params, "id": chance.choice((1, None, "x"))}).encode()
        if chance.random() < 0.2:
            body = nonsense.mangled(body.decode()).encode()
        name = "".join(each for each in method if each.isalnum() or each in "._") or "x"
        path = f"/exchange/{name}"
        headers = {}
        if chance.random() < 0.7:
            timestamp = str(time.time_ns() // 1_000_000 - chance.choice((0, 0, 0, 60_000)))
            secret = key[1] if chance.random() < 0.9 else "wrong"
            sign = hmac.new(secret.encode(), timestamp.encode() + path.encode() + body, hashlib.sha256).hexdigest()
            headers = {"X-Api-Key": key[0], "X-Timestamp": timestamp, "X-Signature": sign}
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        met.statuses[answer.status] += 1
        if answer.status == 200:
            met.answer(text, lambda _, name=name: name)  # type: ignore[misc]
        else:
            assert answer.status in DOOR_STATUSES, (answer.status, text)
            met.texts.append(text)
    connection.close()


async def _knock(server: Server, nonsense: Nonsense) -> None:
    """Bytes that are no request at all: the door may close, and must not hang or fall."""
    host, port = server.url.removeprefix("http://").split(":")
    for _ in range(NOISES):
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(nonsense.noise())
        with contextlib.suppress(OSError):
            writer.write_eof()
            head = await asyncio.wait_for(reader.read(65_536), 30)
            if head.startswith(b"HTTP/1.1 "):
                status = int(head[9:12])
                assert status in DOOR_STATUSES | {101, 200}, head
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


async def _oversized(server: Server) -> None:
    """One message beyond the bound: the connection is closed with 1009, as the limits say."""
    async with connect(server.socket_url, compression=None, ping_interval=None, proxy=None) as socket:
        await socket.send("x" * 70_000)
        with pytest.raises(ConnectionClosed) as closed:
            await asyncio.wait_for(socket.recv(), 30)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1009


def _look_for_secrets(server: Server, met: Met, metrics: str) -> None:
    log = server.log()
    assert "Traceback" not in log
    assert '"level": "error"' not in log
    segments = b"".join(path.read_bytes() for path in layout.journal_path(server.directory).iterdir())
    told = "\n".join(met.texts)
    assert len(met.secrets) > 3
    for secret in met.secrets:
        assert secret not in log
        assert secret not in metrics
        assert secret not in told
        assert secret.encode() not in segments
