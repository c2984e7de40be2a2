"""The load process: ``python -m bench.end_to_end.load PLAN.json`` prints an ``Outcome``.

Each connection sends the commands of its user in their order. A cancel needs the id that its place was answered with;
while that is still on its way, the commands after it go first. Where the shape of the flow was changed by the order in
which connections came through, a cancel may come too late: it is counted as refused.

Latency runs from the moment a request is handed to the socket to the moment its answer has been read from it, and
includes what the load itself waits for the processor it shares. The paced client counts from when a request was *due*
if it could not be sent in time, so a server that stalls is not spared.
"""

from __future__ import annotations

import asyncio
import gc
import os
import socket
import sys
import time
from array import array
from collections import deque
from pathlib import Path
from typing import Any, cast

import msgspec
import uvloop

from bench.core.flow import CANCEL, WORDS
from bench.end_to_end import wires
from bench.end_to_end.plan import Outcome, Plan

_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")

#: As many connections of one address as the house takes by default; the next come from the next loopback address.
CONNECTIONS_PER_ADDRESS = 1_000

#: A command ready to send: the place's number and its request, or the number of the place to cancel and nothing.
Command = tuple[int, bytes]


def cpu_seconds(pid: int) -> float:
    """CPU time of a process so far, user and system; 0 if it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / _TICKS_PER_SECOND


class Ledger:
    """What is known over all connections: order ids by place, and the measured answers."""

    def __init__(self, places: int) -> None:
        self.order_ids = [0] * places
        self.measuring = False
        self.latencies_ns: array[int] = array("q")
        self.places = 0
        self.refused = 0


class Client(asyncio.Protocol):
    """One connection that keeps ``in_flight`` requests unanswered until its commands run out."""

    def __init__(self, wire: wires.Wire, commands: list[Command], ledger: Ledger, in_flight: int) -> None:
        self.wire = wire
        self.commands = deque(commands)
        self.ledger = ledger
        self.in_flight = in_flight
        self.sent: deque[tuple[int, int]] = deque()  # (when, the place's number or -1) of what is unanswered
        self.postponed: deque[int] = deque()  # places to cancel once they are answered
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.exhausted = asyncio.Event()
        self.running = False
        self._greeting: bytes | None = b""
        self._signing_in = False
        self._closing = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's is one in all but name
        hello = self.wire.hello()
        if hello:
            self.transport.write(hello)
        else:
            self._greeting = None
            self.ready.set_result(None)

    def data_received(self, received: bytes) -> None:
        if self._greeting is not None:
            rest = self.wire.greeted(self._greeting + received)
            if rest is None:
                self._greeting += received
                return
            self._greeting, received = None, rest
            self._signing_in = True
            self.transport.write(self.wire.sign_in())
        if self._signing_in:
            for answer in self.wire.answers(received):
                if not answer.order_id:
                    raise ConnectionError("the server refused to sign in")
                self._signing_in = False
                self.ready.set_result(None)
            return
        self._answered(received)
        if self.running:
            self.send()

    def _answered(self, received: bytes) -> None:
        ledger, sent = self.ledger, self.sent
        now = time.perf_counter_ns()
        for answer in self.wire.answers(received):
            when, place = sent.popleft()
            if place >= 0:
                ledger.order_ids[place] = answer.order_id or -1
            if ledger.measuring:
                ledger.latencies_ns.append(now - when)
                ledger.places += place >= 0
                ledger.refused += not answer.order_id

    def send(self) -> None:
        """Fill the window, in one write."""
        room = self.in_flight - len(self.sent)
        order_ids = self.ledger.order_ids
        requests: list[tuple[int, bytes]] = []
        if self.postponed:
            late, self.postponed = self.postponed, deque()
            for place in late:
                if room > len(requests) and order_ids[place]:
                    requests.append((-1, self._cancel(place)))
                else:
                    self.postponed.append(place)
        while len(requests) < room and self.commands:
            place, request = self.commands.popleft()
            if request:
                requests.append((place, request))
            elif order_ids[place]:
                requests.append((-1, self._cancel(place)))
            else:
                self.postponed.append(place)
        if requests:
            self.transport.write(b"".join([request for _, request in requests]))
            now = time.perf_counter_ns()
            self.sent.extend([(now, place) for place, _ in requests])
        elif not self.sent:
            self.exhausted.set()

    def _cancel(self, place: int) -> bytes:
        return self.wire.cancel(max(self.ledger.order_ids[place], 1))

    def connection_lost(self, error: Exception | None) -> None:
        if not self._closing:
            print(f"a connection was lost: {error or 'closed by the server'}", file=sys.stderr, flush=True)
            os._exit(1)

    def close(self) -> None:
        self._closing = True
        self.transport.abort()


def prepare(plan: Plan) -> tuple[list[list[Command]], list[list[Command]], list[wires.Wire], int]:
    """Opening and timed commands by connection, their wires, and how many places there are."""
    words: array[int] = array("q")
    words.frombytes(Path(plan.words).read_bytes())
    made = [wires.make(plan, login) for login in plan.logins]
    opening: list[list[Command]] = [[] for _ in made]
    timed: list[list[Command]] = [[] for _ in made]
    places = 0
    for number, (operation, user, _, side, price_ticks, size_lots, place) in enumerate(
        zip(*[iter(words)] * WORDS, strict=True)
    ):
        commands = (opening if number < plan.untimed else timed)[user - 1]
        if operation == CANCEL:
            commands.append((place, b""))
        else:
            commands.append((place, made[user - 1].place(side, price_ticks, size_lots)))
            places += 1
    return opening, timed, made, places


def outcome(plan: Plan, ledger: Ledger, seconds: float, cpu_s: dict[str, float]) -> Outcome:
    took = sorted(ledger.latencies_ns)
    if not took:
        raise SystemExit("nothing was answered within the measured time")
    last = len(took) - 1
    return Outcome(
        answered=len(took),
        places=ledger.places,
        refused=ledger.refused,
        seconds=seconds,
        p50_us=took[last // 2] / 1_000,
        p99_us=took[last * 99 // 100] / 1_000,
        max_us=took[last] / 1_000,
        cpu_s=cpu_s,
    )


class Watch:
    """CPU time of the watched processes and of this one, from its making on."""

    def __init__(self, plan: Plan) -> None:
        self._pids = {**plan.watched, "load": os.getpid()}
        self._before = {name: cpu_seconds(pid) for name, pid in self._pids.items()}
        self._began = time.perf_counter()

    def read(self) -> tuple[float, dict[str, float]]:
        seconds = time.perf_counter() - self._began
        return seconds, {name: round(cpu_seconds(pid) - self._before[name], 2) for name, pid in self._pids.items()}


def _give_up(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    loop.default_exception_handler(context)
    sys.stderr.flush()
    os._exit(1)


async def closed_loop(plan: Plan) -> Outcome:
    """Every connection sends as soon as it is answered."""
    opening, timed, made, places = prepare(plan)
    ledger = Ledger(places)
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(_give_up)
    clients: list[Client] = []
    for wire, commands in zip(made, opening, strict=True):
        client = Client(wire, commands, ledger, plan.in_flight)
        source = f"127.0.0.{1 + len(clients) // CONNECTIONS_PER_ADDRESS}"
        await loop.create_connection(
            lambda client=client: client,  # type: ignore[misc]
            plan.host,
            plan.port,
            local_addr=(source, 0),
        )
        await client.ready
        client.transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        clients.append(client)
    for client in clients:
        client.running = True
        client.send()
    for client in clients:
        await client.exhausted.wait()
    for client, commands in zip(clients, timed, strict=True):
        client.commands.extend(commands)
        client.exhausted.clear()
    gc.collect()
    gc.freeze()
    for client in clients:
        client.send()
    await asyncio.sleep(plan.warm_up_s)
    watch = Watch(plan)
    ledger.measuring = True
    over = [asyncio.ensure_future(client.exhausted.wait()) for client in clients]
    await asyncio.wait(over, timeout=plan.seconds, return_when=asyncio.FIRST_COMPLETED)
    ledger.measuring = False
    seconds, cpu_s = watch.read()
    for task in over:
        task.cancel()
    for client in clients:
        client.close()
    return outcome(plan, ledger, seconds, cpu_s)


def paced(plan: Plan) -> Outcome:
    """One connection, one request at a time, at a fixed pace."""
    opening, timed, made, places = prepare(plan)
    ledger = Ledger(places)
    wire = made[0]
    interval_ns = 1_000_000_000 // plan.pace_per_second
    with socket.create_connection((plan.host, plan.port)) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

        def ask(request: bytes) -> wires.Answer:
            sock.sendall(request)
            while True:
                received = sock.recv(65_536)
                if not received:
                    raise ConnectionError("closed by the server")
                for answer in wire.answers(received):
                    return answer

        hello = wire.hello()
        if hello:
            sock.sendall(hello)
            received = b""
            while wire.greeted(received) is None:
                received += sock.recv(65_536)
            if not ask(wire.sign_in()).order_id:
                raise ConnectionError("the server refused to sign in")

        def give(place: int, request: bytes) -> None:
            answer = ask(request or wire.cancel(max(ledger.order_ids[place], 1)))
            if request:
                ledger.order_ids[place] = answer.order_id or -1
            if ledger.measuring:
                ledger.places += bool(request)
                ledger.refused += not answer.order_id

        for place, request in opening[0]:
            give(place, request)
        gc.collect()
        gc.freeze()
        warm_up = int(plan.warm_up_s * plan.pace_per_second)
        measured = int(plan.seconds * plan.pace_per_second)
        due = time.perf_counter_ns()
        watch = None
        for number, (place, request) in enumerate(timed[0][: warm_up + measured]):
            if number == warm_up:
                ledger.measuring = True
                watch = Watch(plan)
            due += interval_ns
            ahead_ns = due - time.perf_counter_ns()
            start = due
            if ahead_ns > 0:
                time.sleep(ahead_ns / 1e9)
                start = time.perf_counter_ns()
            give(place, request)
            if ledger.measuring:
                ledger.latencies_ns.append(time.perf_counter_ns() - start)
        if watch is None:
            raise SystemExit("the flow has fewer commands than the warm-up asks for")
        seconds, cpu_s = watch.read()
    return outcome(plan, ledger, seconds, cpu_s)


def main() -> None:
    plan = msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=Plan)
    found = paced(plan) if plan.pace_per_second else uvloop.run(closed_loop(plan))
    print(msgspec.json.encode(found).decode())


if __name__ == "__main__":
    main()
