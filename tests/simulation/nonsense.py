"""What strangers may send: noise, JSON of any shape, and requests that are almost right. All drawn from one seed.

The requests come from the table of methods and their signatures, so that a method that is added is among them.

``Sent`` says what must come back: an id that is to be answered exactly once, nothing (a notice), or, where the bytes
were mangled, no more than one answer.
"""

from __future__ import annotations

import itertools
import json
import random
import string
from enum import Enum
from typing import Any, Final

import msgspec

from tests.simulation import signatures

ID_MAX: Final = 2**63 - 1
_HANDSHAKE: Final = (
    b"GET /exchange HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
NUMBERS: Final = (
    *(0, 1, -1, 2, 3, 101, 2**31, 2**53 + 1, 2**63 - 1, 2**63, 2**64, -(2**63), 10**40, 10**400, 0.1, -0.5, 1e308),
    *("0", "-0", "0e-8", "1e-8", "1e30", "1e31", "1e3000000", "-1", "+1", ".5", "5.", "1_000", " 1", "1 ", "0x10"),
    *("NaN", "Infinity", "１", "٣", "9" * 40, "9" * 41, "0." + "0" * 37 + "1", "100.001", "1e", "e5", "", "1,5"),
)
WORDS: Final = (
    *("BTCUSDT", "btcusdt", "BTC", "USDT", "ETH", "carol", "read", "operate", "deposit", "trade", "GTC"),
    *("FOK", "GTD", "mine", "\0", "\x7f", "é", "🦉", "x" * 33, "x" * 300, "../../etc/passwd", "'; --", "{}", "null"),
)
KEYS: Final = (
    *("client_order_id", "time_in_force", "post_only", "addresses", "label", "detail", "min_amount", "price_digits"),
    *("amount_digits", "maker_fee", "stp", "expire", "display", "trail", "phase", "", "__class__", "x" * 300),
)
#: JSON that no library writes, or none should read.
STRANGE: Final = (
    *("", " ", "{", "}", "[]", "null", "true", "0", '"', '"x"', "{}", "[[", "\ufeff{}", "NaN", "-", "1e999"),
    *('{"method"', '{"method":1,"params":[],"id":1}', '{"method":"server.ping","params":[NaN],"id":7}'),
    *('{"method":"server.ping","params":{},"id":7}', '{"id":1,"id":2,"method":"server.ping","params":[]}'),
    *("[" * 20_000, '{"method":"server.ping","params":' + "[" * 30_000, '{"a":' * 5_000, "1" * 60_000),
    *('{"method":"server.ping","params":["\\ud800"],"id":8}', '{"method":"\\u0000","params":[],"id":9}'),
    *('{"method":"price.query","params":[' + "9" * 50_000 + '],"id":10}', '"' + "x" * 60_000 + '"'),
)


#: How often, where another method is called once.
OFTEN: Final = 10


class Answers(Enum):
    ONE = "one, with its id"
    ERROR_WITHOUT_ID = "one error 1 with the id null"
    NONE = "none"
    PERHAPS = "at most one"


class Sent(msgspec.Struct, frozen=True):
    """``method`` where the answer is to be one of that method."""

    payload: str | bytes
    answers: Answers
    request_id: int | None = None
    method: str = ""


class Nonsense:
    """An endless source of it. It calls the methods of ``signed`` (name → signature), ``often`` these more often."""

    def __init__(self, seed: int, signed: dict[str, str], often: tuple[str, ...] = ()) -> None:
        self._chance = random.Random(seed)
        self._signed = signed
        self._methods = (*signed, *often * OFTEN)
        self._ids = itertools.count(10_000)

    def message(self) -> Sent:
        """One message for a socket."""
        chance, dice = self._chance, self._chance.random()
        if dice < 0.05:
            return Sent(chance.randbytes(chance.randrange(200)), Answers.PERHAPS)
        if dice < 0.1:
            return Sent(chance.choice(STRANGE), Answers.PERHAPS)
        if dice < 0.15:
            return Sent(json.dumps(self.value(4)), Answers.PERHAPS)
        method, params = self.request()
        if dice < 0.3:
            return Sent(self.mangled(json.dumps({"method": method, "params": params, "id": 5})), Answers.PERHAPS)
        if dice < 0.35:
            return Sent(json.dumps({"method": method, "params": params}), Answers.NONE)
        if dice < 0.4:
            bad_id: object = chance.choice((None, True, "7", 1.5, -1, ID_MAX + 1, [], {}))
            sent = {"id": bad_id, "method": method, "params": params}
            return Sent(json.dumps(sent), Answers.ERROR_WITHOUT_ID)
        request_id = next(self._ids) if chance.random() < 0.98 else ID_MAX - next(self._ids)
        sent = {"method": method, "params": params, "id": request_id}
        text = json.dumps(sent, ensure_ascii=chance.random() < 0.5)
        return Sent(text.encode() if chance.random() < 0.1 else text, Answers.ONE, request_id, method)

    def request(self) -> tuple[str, Any]:
        """A method and its params: as they should be, with something changed, or of any shape."""
        chance = self._chance
        method = chance.choice(self._methods)
        params: Any = json.loads(json.dumps(signatures.draw(method, self._signed[method], chance)))
        dice = chance.random()
        if dice < 0.3:
            return method, params
        if dice < 0.7:
            for _ in range(chance.choice((1, 1, 2))):
                self._change(params)
            return method, params
        if dice < 0.85:
            return method, [self.value(2) for _ in range(chance.randrange(8))]
        if dice < 0.9:
            return method, self.value(2)
        word = "".join(chance.choice(string.ascii_lowercase + ".") for _ in range(chance.randrange(1, 20)))
        return chance.choice((word, method.upper(), method + " ", "x" * 5_000)), params

    def value(self, depth: int) -> Any:
        """Anything that JSON can say."""
        chance, dice = self._chance, self._chance.random()
        if depth == 0 or dice < 0.3:
            return chance.choice(NUMBERS)
        if dice < 0.6:
            return chance.choice(WORDS)
        if dice < 0.7:
            return chance.choice((None, True, False))
        if dice < 0.85:
            return [self.value(depth - 1) for _ in range(chance.randrange(5))]
        return {chance.choice(KEYS): self.value(depth - 1) for _ in range(chance.randrange(4))}

    def mangled(self, text: str) -> str:
        """Some of its characters gone, doubled or replaced."""
        chance, characters = self._chance, list(text)
        for _ in range(chance.randrange(1, 6)):
            at = chance.randrange(len(characters))
            characters[at : at + chance.randrange(3)] = chance.choice(
                ([], ["\0"], ["{"], ['"'], ["é"], characters[at:])
            )
            if not characters:
                return ""
        return "".join(characters)[:20_000]

    def noise(self) -> bytes:
        """Bytes for the door: nothing, a wrong head, half a head, noise after a handshake or without one."""
        chance = self._chance
        heads = (
            b"",
            _HANDSHAKE,
            _HANDSHAKE,
            b"GET / HTTP/1.1\r\n\r\n",
            b"GET /exchange HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
            b"POST /exchange/server.ping HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n",
            b"POST /exchange/server.ping HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            b"POST /exchange/server.ping HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n{}",
            b"PUT /%00%ff/../.. HTTP/1.1\r\nHost: \xff\r\n\r\n",
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
            b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 3_000 + b"\r\n",
            b"GET /" + b"a" * 20_000,
        )
        return chance.choice(heads) + chance.randbytes(chance.choice((0, 0, 5, 300)))

    def _change(self, params: Any) -> None:
        """One value somewhere inside becomes another, or goes, or comes."""
        chance, place = self._chance, params
        while True:
            if isinstance(place, list):
                keys: list[Any] = list(range(len(place)))
                if not keys or chance.random() < 0.1:
                    place.append(self.value(2))
                    return
            else:
                keys = list(place)
                if not keys or chance.random() < 0.3:
                    place[chance.choice(KEYS)] = self.value(2)
                    return
            key = chance.choice(keys)
            if isinstance(place[key], list | dict) and chance.random() < 0.7:
                place = place[key]
                continue
            if chance.random() < 0.1:
                del place[key]
            else:
                place[key] = self._near(place[key]) if chance.random() < 0.7 else self.value(2)
            return

    def _near(self, old: Any) -> Any:
        """Another value of the same kind, so that it comes further in than one of the wrong kind."""
        chance = self._chance
        if isinstance(old, str) and old.replace(".", "", 1).isdigit():
            digits = chance.choice((0, 1, 2, 4, 5, 9))
            near = f"{chance.uniform(0, 10 ** chance.randrange(-4, 9)):.{digits}f}"
            return chance.choice((near, near, near, chance.choice([each for each in NUMBERS if isinstance(each, str)])))
        if isinstance(old, int):
            return chance.choice((0, 1, 2, -1, 3, 10, 100, 101, 10_000, 2**31, 2**53 + 1, ID_MAX))
        return chance.choice(WORDS) if isinstance(old, str) else self.value(2)
