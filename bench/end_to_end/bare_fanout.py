"""What the machine alone takes to send one message to many: ``python -m bench.end_to_end.bare_fanout PORT HOW_MANY``.

No house and no protocol: this process sends the bytes to one socket after the other, another (which the command line
starts) reads them as they come and notes when the first and the last of each round arrived.
"""

from __future__ import annotations

import json
import select
import socket
import subprocess
import sys
import time
from statistics import median

import msgspec

from bench.end_to_end.servers import HOST
from bench.end_to_end.subscribers import RECEIVED_BYTES_MAX
from bench.peers.environments import ROOT

ROUNDS = 30
PAUSE_S = 0.1
TIMEOUT_S = 20.0


class Bare(msgspec.Struct, frozen=True):
    """Milliseconds of a round: the sender's CPU time, and from the first arrival to the last."""

    cpu_ms_p50: float
    arrival_ms_p50: float


def measure(count: int, size_bytes: int) -> Bare:
    with socket.create_server((HOST, 0), backlog=count) as listening:
        listening.settimeout(TIMEOUT_S)
        port = listening.getsockname()[1]
        reader = subprocess.Popen(
            [sys.executable, "-m", "bench.end_to_end.bare_fanout", str(port), str(count)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            sockets = [listening.accept()[0] for _ in range(count)]
            spent_ms = _send(sockets, bytes(size_bytes))
            for one in sockets:
                one.close()
            arrived_ms: list[float] = json.loads(reader.communicate(timeout=TIMEOUT_S)[0])
        finally:
            reader.kill()
            reader.wait()
    return Bare(median(spent_ms), median(arrived_ms))


def _send(sockets: list[socket.socket], message: bytes) -> list[float]:
    for one in sockets:
        one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    spent_ms = []
    for _ in range(ROUNDS):
        time.sleep(PAUSE_S)
        began_s = time.process_time()
        for one in sockets:
            one.sendall(message)
        spent_ms.append((time.process_time() - began_s) * 1e3)
    return spent_ms


def _read(port: int, count: int) -> list[float]:
    """Milliseconds from the first arrival to the last of each round, till the sender closes."""
    sockets = {}
    ready = select.epoll()
    for _ in range(count):
        one = socket.create_connection((HOST, port), TIMEOUT_S)
        one.setblocking(False)
        sockets[one.fileno()] = one
        ready.register(one, select.EPOLLIN)
    rounds = dict.fromkeys(sockets, 0)
    arrived_ns: list[list[int]] = []
    while sockets:
        for number, _ in ready.poll():
            if not sockets[number].recv(RECEIVED_BYTES_MAX):
                ready.unregister(number)
                sockets.pop(number).close()
                continue
            if rounds[number] == len(arrived_ns):
                arrived_ns.append([])
            arrived_ns[rounds[number]].append(time.perf_counter_ns())
            rounds[number] += 1
    return [(one[-1] - one[0]) / 1e6 for one in arrived_ns if len(one) == count]


if __name__ == "__main__":
    print(json.dumps(_read(int(sys.argv[1]), int(sys.argv[2]))))
