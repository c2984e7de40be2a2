"""The load process: ``python -m bench.rewards.load PLAN.json`` settles purchases over HTTP and prints an ``Outcome``.

Each connection is kept alive and has one request in flight: a settlement of a purchase of its own, with an idempotency
key. Requests are made beforehand but for their number, answers are only searched for their length and status, so that
the load costs little beside what it measures. A latency is from writing the request to the last byte of its answer.
"""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path
from typing import cast

import msgspec
import uvloop

from bench.end_to_end.load import cpu_seconds

PATH = "/rewards/customer_events/purchases/apply_settlement"


class Plan(msgspec.Struct, frozen=True):
    """Purchases ``first`` to ``last`` are settled by ``connections``, for ``seconds`` after a warm-up, or till all are.

    ``watched`` are processes whose CPU time is read, by name.
    """

    host: str
    port: int
    token: str
    first: int
    last: int
    connections: int
    warm_up_s: float
    seconds: float
    watched: dict[str, int]


class Outcome(msgspec.Struct, frozen=True):
    """What was answered within ``seconds``; ``failed`` answers are of another status than 200."""

    answered: int
    failed: int
    seconds: float
    p50_us: float
    p99_us: float
    max_us: float
    cpu_s: dict[str, float]
    first_failure: str = ""

    def per_second(self) -> float:
        return self.answered / self.seconds


class Counting:
    """What all connections share: the next purchase, and what was seen while the clock runs."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.next_purchase = plan.first
        self.is_measuring = False
        self.is_over = False
        self.latencies_us: list[float] = []
        self.failed = 0
        self.first_failure = ""
        self.ended = asyncio.Event()
        self.open = 0

    def request(self) -> bytes | None:
        """The next request, or none where there is nothing more to settle."""
        number = self.next_purchase
        if number > self.plan.last or self.is_over:
            return None
        self.next_purchase = number + 1
        body = b'{"token":"%b","customer_event_identifier":{"number":"%d"}}' % (self.plan.token.encode(), number)
        return (
            b"POST %b HTTP/1.1\r\nHost: %b\r\nContent-Type: application/json\r\nIdempotency-Key: settle-%d\r\n"
            b"Content-Length: %d\r\n\r\n%b" % (PATH.encode(), self.plan.host.encode(), number, len(body), body)
        )

    def answered(self, took_us: float, answer: bytes) -> None:
        is_fine = answer.startswith(b"HTTP/1.1 200")
        if not is_fine and not self.first_failure:
            self.first_failure = answer[-300:].decode(errors="replace")
        if self.is_measuring:
            self.latencies_us.append(took_us)
            self.failed += not is_fine


class Connection(asyncio.Protocol):
    def __init__(self, counting: Counting) -> None:
        self._counting = counting
        self._received = bytearray()
        self._sent_s = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is one in all but its class
        self._counting.open += 1
        self._send()

    def data_received(self, data: bytes) -> None:
        received = self._received
        received += data
        head = received.find(b"\r\n\r\n")
        if head < 0 or len(received) < head + 4 + _length(received, head):
            return
        self._counting.answered((time.perf_counter() - self._sent_s) * 1e6, bytes(received))
        received.clear()
        self._send()

    def connection_lost(self, error: Exception | None) -> None:
        self._counting.open -= 1
        if not self._counting.open:
            self._counting.ended.set()

    def _send(self) -> None:
        request = self._counting.request()
        if request is None:
            self._transport.close()
            return
        self._sent_s = time.perf_counter()
        self._transport.write(request)


def _length(received: bytearray, head: int) -> int:
    """The answer's Content-Length."""
    lower = bytes(received[:head]).lower()
    at = lower.find(b"content-length:")
    if at < 0:
        raise SystemExit(f"an answer without a length: {lower!r}")
    return int(lower[at + 15 :].split(b"\r\n", 1)[0])


async def run(plan: Plan) -> Outcome:
    counting = Counting(plan)
    loop = asyncio.get_running_loop()
    for _ in range(plan.connections):
        await loop.create_connection(lambda: Connection(counting), plan.host, plan.port)
    await _for(counting, plan.warm_up_s)
    before = {name: cpu_seconds(pid) for name, pid in plan.watched.items()}
    own_s, began_s = time.process_time(), time.perf_counter()
    counting.is_measuring = True
    await _for(counting, plan.seconds)
    seconds = time.perf_counter() - began_s
    counting.is_measuring, counting.is_over = False, True
    cpu_s = {name: cpu_seconds(pid) - before[name] for name, pid in plan.watched.items()}
    cpu_s["load"] = time.process_time() - own_s
    await counting.ended.wait()
    found = sorted(counting.latencies_us)
    if not found:
        raise SystemExit(f"nothing was answered in time: {counting.first_failure}")
    return Outcome(
        len(found),
        counting.failed,
        seconds,
        found[len(found) // 2],
        found[len(found) * 99 // 100],
        found[-1],
        {name: round(spent_s, 2) for name, spent_s in cpu_s.items()},
        counting.first_failure,
    )


async def _for(counting: Counting, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await counting.ended.wait()
    except TimeoutError:
        return


def main(arguments: list[str]) -> None:
    plan = msgspec.json.decode(Path(arguments[0]).read_bytes(), type=Plan)
    outcome = uvloop.run(run(plan))
    print(msgspec.json.encode(outcome).decode())


if __name__ == "__main__":
    main(sys.argv[1:])
