"""The load process: ``python -m bench.end_to_end.load PLAN.json`` prints an ``Outcome``.

Each connection sends the commands of its user in their order. A cancel needs the id that its place was answered with;
while that is still on its way, the commands after it go first. Where the shape of the flow was changed by the order in
which connections came through, a cancel may come too late: it is counted as refused.

Latency runs from the moment a request is handed to the socket to the moment its answer has been read from it, and
includes what the load itself waits for the processor it shares. The paced client counts from when a request was *due*
if it could not be sent in time, so a server that stalls is not spared.
"""

from __future__ import annotations

import gc
import os
import select
import socket
import sys
import time
from array import array
from collections import deque
from contextlib import suppress
from pathlib import Path
from statistics import median

import msgspec

from bench.core.flow import CANCEL, WORDS
from bench.end_to_end import wires
from bench.end_to_end.plan import Outcome, Plan

_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
_READ_BYTES = 262_144
_OPENING_S = 20.0
_POLL_S = 0.1
"""How long nothing may happen before it is asked whether the time is over."""

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
        self.exhausted = 0  # clients that have nothing left to send, and no answer to wait for


class Client:
    """One connection that keeps ``in_flight`` requests unanswered until its commands run out.

    The socket blocks: it is read only when there is something, and a window of requests fits what a socket buffers.
    """

    def __init__(
        self, sock: socket.socket, wire: wires.Wire, commands: list[Command], ledger: Ledger, in_flight: int
    ) -> None:
        self.sock = sock
        self.wire = wire
        self.commands = deque(commands)
        self.ledger = ledger
        self.in_flight = in_flight
        self.sent: deque[tuple[int, int]] = deque()  # (when, the place's number or -1) of what is unanswered
        self.postponed: deque[int] = deque()  # places to cancel once they are answered

    def turn(self) -> None:
        """Read what was answered and fill the window again."""
        received = self.sock.recv(_READ_BYTES)
        if not received:
            raise ConnectionError("closed by the server")
        ledger, sent = self.ledger, self.sent
        now = time.perf_counter_ns()
        for order_id in self.wire.answers(received):
            when, place = sent.popleft()
            if place >= 0:
                ledger.order_ids[place] = order_id or -1
            if ledger.measuring:
                ledger.latencies_ns.append(now - when)
                ledger.places += place >= 0
                ledger.refused += not order_id
        self.send()

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
            self.sock.sendall(b"".join([request for _, request in requests]))
            now = time.perf_counter_ns()
            self.sent.extend([(now, place) for place, _ in requests])
        elif not self.sent:
            self.ledger.exhausted += 1

    def _cancel(self, place: int) -> bytes:
        return self.wire.cancel(max(self.ledger.order_ids[place], 1))


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
    in_order = ledger.latencies_ns
    thousands = [sorted(in_order[first : first + 1_000]) for first in range(0, max(len(in_order) - 999, 1), 1_000)]
    return Outcome(
        answered=len(took),
        places=ledger.places,
        refused=ledger.refused,
        seconds=seconds,
        p50_us=took[last // 2] / 1_000,
        p99_us=took[last * 99 // 100] / 1_000,
        max_us=took[last] / 1_000,
        cpu_s=cpu_s,
        p99_us_typical=median(part[(len(part) - 1) * 99 // 100] for part in thousands) / 1_000,
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


def signed_in(plan: Plan, wire: wires.Wire, number: int) -> socket.socket:
    """The connection of that number, which may send its first order."""
    source = f"127.0.0.{1 + number // CONNECTIONS_PER_ADDRESS}"
    sock = socket.create_connection((plan.host, plan.port), source_address=(source, 0))
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    hello = wire.hello()
    if hello:
        sock.sendall(hello)
        received = b""
        while wire.greeted(received) is None:
            received += sock.recv(_READ_BYTES)
        if not ask(sock, wire, wire.sign_in()):
            raise ConnectionError("the server refused to sign in")
    return sock


def ask(sock: socket.socket, wire: wires.Wire, request: bytes) -> int:
    """One request, and its answer."""
    sock.sendall(request)
    while True:
        received = sock.recv(_READ_BYTES)
        if not received:
            raise ConnectionError("closed by the server")
        for order_id in wire.answers(received):
            return order_id


def closed_loop(plan: Plan) -> Outcome:
    """Every connection sends as soon as it is answered. The measured time ends when the first has nothing left."""
    opening, timed, made, places = prepare(plan)
    ledger = Ledger(places)
    ready = select.epoll()
    clients: dict[int, Client] = {}
    for wire, commands in zip(made, opening, strict=True):
        client = Client(signed_in(plan, wire, len(clients)), wire, commands, ledger, plan.in_flight)
        clients[client.sock.fileno()] = client
        ready.register(client.sock, select.EPOLLIN)

    def run(seconds: float, exhausted: int) -> None:
        until = time.perf_counter() + seconds
        while ledger.exhausted < exhausted and time.perf_counter() < until:
            for number, _ in ready.poll(_POLL_S):
                clients[number].turn()

    for client in clients.values():
        client.send()
    run(_OPENING_S, len(clients))
    for client, commands in zip(clients.values(), timed, strict=True):
        client.commands.extend(commands)
    ledger.exhausted = 0
    gc.collect()
    gc.freeze()
    for client in clients.values():
        client.send()
    run(plan.warm_up_s, 1)
    watch = Watch(plan)
    ledger.measuring = True
    run(plan.seconds, 1)
    seconds, cpu_s = watch.read()
    for client in clients.values():
        client.sock.close()
    return outcome(plan, ledger, seconds, cpu_s)


def paced(plan: Plan) -> Outcome:
    """One connection, one request at a time, at a fixed pace."""
    _take_no_turns()
    opening, timed, made, places = prepare(plan)
    ledger = Ledger(places)
    wire = made[0]
    interval_ns = 1_000_000_000 // plan.pace_per_second
    with signed_in(plan, wire, 0) as sock:

        def give(place: int, request: bytes) -> None:
            order_id = ask(sock, wire, request or wire.cancel(max(ledger.order_ids[place], 1)))
            if request:
                ledger.order_ids[place] = order_id or -1
            if ledger.measuring:
                ledger.places += bool(request)
                ledger.refused += not order_id

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


def _take_no_turns() -> None:
    """Be scheduled at once, where that is allowed: the clock of what is measured shall not wait for a processor."""
    with suppress(AttributeError, PermissionError):
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))


def main() -> None:
    plan = msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=Plan)
    found = paced(plan) if plan.pace_per_second else closed_loop(plan)
    print(msgspec.json.encode(found).decode())


if __name__ == "__main__":
    main()
