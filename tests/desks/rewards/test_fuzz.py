"""Nonsense from strangers, readers and the admin on a whole house: it answers as documented, at once, and lives.

What may not happen: an answer that is no envelope or has no documented code; INTERNAL, which is a defect; a state that
changed though the request was refused; a token or password in a log line or in an answer; an answer that takes seconds;
books out of balance.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import time
from collections import Counter
from pathlib import Path
from typing import Final

import msgspec
import pytest

from fondaco.core.purposes import PARTICIPANT_REWARD
from fondaco.core.rewards.entities import EntityKind
from fondaco.core.state import StateWithRewards
from fondaco.desks.rewards.failure import HTTP_STATUS, Code
from fondaco.desks.rewards.lenient_json import trailing_comma_at, without_trailing_commas
from fondaco.runtime.limits import Limits
from tests.desks.rewards.furnished import furnish_everything
from tests.desks.rewards.office import PASSWORD, Office, office_on
from tests.desks.rewards.strange import MIB, Strange
from tests.simulation import seeds

#: How much of each sort; a campaign by hand asks for more with FONDACO_TEST_MESSAGES.
MESSAGES: Final = int(os.environ.get("FONDACO_TEST_MESSAGES", "600"))
NOISES: Final = 40
ANSWER_S_MAX: Final = 5.0
DOOR_STATUSES: Final = frozenset({400, 405, 408, 413, 431, 501, 505})
WIDE: Final = Limits(
    history_wait_timeout_ms=60_000,
    requests_per_second_max=1_000_000,
    requests_burst_max=1_000_000,
    rewards_logins_per_minute_max=1_000_000,
)

pytestmark = pytest.mark.timeout(300)


class Met:
    """What came back, all together."""

    def __init__(self) -> None:
        self.codes: Counter[str] = Counter()
        self.slowest_s = 0.0
        self.count = 0

    def answer(self, status: int, body: bytes, asked: bytes) -> str:
        """The code of an envelope, which must be as documented."""
        try:
            envelope = json.loads(body.decode(), parse_constant=_no_constant)
            assert set(envelope) == {"data", "status"}
            told = envelope["status"]
            assert set(told) == {"code", "message", "description"}
            code = Code(told["code"])
            assert code not in (Code.INTERNAL, Code.UNAVAILABLE)
            assert status == HTTP_STATUS[code]
            if code is not Code.OK:
                assert envelope["data"] is None
                assert told["message"].strip()
                assert len(body) < 2_000
        except BaseException as error:
            error.add_note(f"{status} {body[:500]!r} answers {asked[:500]!r}")
            raise
        self.codes[code] += 1
        return code


def _no_constant(name: str) -> None:
    raise AssertionError(f"{name} is no JSON")


async def test_nonsense_is_answered_as_documented_and_harms_nothing(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    for seed in seeds.chosen(1):
        for lenient in (False, True):
            with seeds.named(seed, "tests/desks/rewards/test_fuzz.py"):
                directory = tmp_path / f"house-{seed}-{lenient}"
                async with office_on(directory, WIDE, lenient_json=lenient) as office:
                    secrets = await _fuzz(office, seed)
                out, err = capfd.readouterr()
                _look_for(secrets, out + err + caplog.text)
                with capfd.disabled():
                    print(f"\nseed {seed}, lenient {lenient}:", *out.split("met: ")[1].splitlines()[:1])


async def _fuzz(office: Office, seed: int) -> list[str]:
    await furnish_everything(office)
    await office.does("invoices/list")  # from here on history can be read
    met = Met()
    for who in ("ada", "rita", "otto"):
        office.tokens[who] = await office.token(who)
    secrets = [*office.tokens.values(), PASSWORD, "a spare password", "eve's password"]

    # Nobody here may change anything, so nothing changes.
    before = office.app.house.state_hash()
    strange = Strange(seed)
    for _ in range(MESSAGES // 2):
        path, body = strange.clumsy("0123456789ABCDEF" * 2)
        code = await _send(office, met, path, body, strange.key())
        assert code != Code.OK
        await _send(office, met, path, strange.broken(), strange.key())
    for _ in range(MESSAGES // 2):
        path, body = strange.clumsy(office.tokens["rita"])
        await _send(office, met, path, body, strange.key())
    await asyncio.gather(_wrong_verbs(office, strange), *(_knock(office, strange) for _ in range(NOISES)))
    assert office.app.house.state_hash() == before, "those who may change nothing did"

    # Now an admin, most of whose requests are wrong.
    for _ in range(MESSAGES):
        path, body = strange.clumsy(office.tokens["ada"])
        known, expired = _known(office), office.books.count(EntityKind.EXPIRY)
        code = await _send(office, met, path, body, strange.key())
        happens = expired != office.books.count(EntityKind.EXPIRY)  # by itself: a scheme's days may have been changed
        if code != Code.OK and not happens and all(run.ended_us for run in office.books.runs.values()):
            assert _known(office) == known, (path, body)

    assert not any(office.app.house.imbalances().values())
    for number, participant in office.books.participants.items():
        assert office.app.house.rewards.balance(1, PARTICIPANT_REWARD, number, participant.currency) >= 0
    assert (await office.asks("rita", "programmes/show")).status == 200
    print(f"met: {met.count} requests, slowest {met.slowest_s * 1000:.0f} ms, {dict(met.codes)}")
    return secrets


def _known(office: Office) -> tuple[object, object]:
    """What a refusal leaves as it was: the programme's books and the ledger. That it was refused is remembered."""
    state = msgspec.msgpack.decode(office.app.house.dump(), type=StateWithRewards)
    return msgspec.structs.replace(office.books.dump(), keys=[]), state.accounts


async def _send(office: Office, met: Met, path: str, body: bytes, key: bytes | None) -> str:
    """Over a connection of its own kind: headers are whatever bytes they are."""
    url = office.app.url.removeprefix("http://")
    host, port = url.split(":")
    reader, writer = await asyncio.open_connection(host, int(port), limit=1 << 24)
    head = f"POST /rewards/{path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {len(body)}\r\n".encode()
    if key is not None:
        head += b"Idempotency-Key: " + key + b"\r\n"
    began_s = time.perf_counter()
    writer.write(head + b"\r\n" + body)
    answer = await asyncio.wait_for(reader.read(-1), 30)
    took_s = time.perf_counter() - began_s
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    met.count += 1
    met.slowest_s = max(met.slowest_s, took_s)
    assert took_s < ANSWER_S_MAX, (path, body[:200])
    first, _, rest = answer.partition(b"\r\n\r\n")
    status = int(first[9:12])
    lines = first.lower().split(b"\r\n")
    if b"content-type: text/plain; charset=utf-8" in lines or status in (413, 431) or not rest:
        assert status in DOOR_STATUSES, answer[:300]
        return str(status)
    if b"transfer-encoding: chunked" in lines:
        rest = _joined(rest)
    if any(line.startswith(b"content-type: text/csv") for line in lines):
        assert status == 200
        return Code.OK
    return met.answer(status, rest, path.encode() + b" " + body)


def _joined(chunks: bytes) -> bytes:
    whole = b""
    while chunks:
        size, _, chunks = chunks.partition(b"\r\n")
        length = int(size, 16)
        whole, chunks = whole + chunks[:length], chunks[length + 2 :]
    return whole


async def _wrong_verbs(office: Office, strange: Strange) -> None:
    for _ in range(NOISES):
        verb = strange.verb()
        url = f"{office.app.url}/rewards/programmes/show"
        async with office.http.request(verb, url, data=json.dumps({"token": office.tokens["ada"]})) as answer:
            assert answer.status == (400 if verb == "BREW" else 405), verb
            if answer.status == 405:
                assert answer.headers["Allow"] == "POST"


async def _knock(office: Office, strange: Strange) -> None:
    """Bytes that are no whole request: the door may close, and must not hang or fall."""
    host, port = office.app.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(strange.noise())
    with contextlib.suppress(OSError):
        writer.write_eof()
        head = await asyncio.wait_for(reader.read(65_536), 30)
        if head.startswith(b"HTTP/1.1 "):
            assert int(head[9:12]) in DOOR_STATUSES | {404, 100}, head
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()


def _look_for(secrets: list[str], log: str) -> None:
    assert "request" in log
    assert "Traceback" not in log
    assert "a request failed" not in log
    for secret in secrets:
        assert secret not in log


@pytest.mark.parametrize(
    "body", [b'"' * MIB, b'"' + b"\\" * MIB, b"," * MIB, b", " * MIB, b"," + b" " * MIB, b",]" * MIB, b'",' * MIB]
)
def test_looking_for_a_trailing_comma_takes_no_longer_than_reading(body: bytes) -> None:
    began_s = time.process_time()
    trailing_comma_at(body)
    without_trailing_commas(body)
    assert time.process_time() - began_s < 2
