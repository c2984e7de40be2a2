"""Subscribers to one market's depth: ``python -m bench.end_to_end.subscribers PORT MARKET HOW_MANY``.

Each is a connection of its own that speaks the document's compressed frames. Prints ``ready`` once all have the book as
a whole; from then on notes when each update comes in, until its input ends; then prints ``Received`` as JSON.

An update is what all connections get as the same bytes at the same place of their streams. It is over when the last has
it. Its time runs from the first arrival to the last, as this process reads them, one after the other: its own reading,
about 3 µs each, is in it.
"""

from __future__ import annotations

import select
import socket
import sys
import time
from statistics import median

import msgspec

from bench.end_to_end import wires
from bench.end_to_end.servers import HOST

#: Not the load's address, so that both stay under what the house takes of one.
SOURCE = "127.0.0.2"
TIMEOUT_S = 10.0
GREETINGS = 2  # the answer to the subscription, and the whole book


class Received(msgspec.Struct, frozen=True):
    """``updates``: those that all got, and how long it was from the first to the last. ``broken``: some did not get."""

    subscribers: int
    updates: int
    broken: int
    updates_per_second: float
    update_bytes_p50: float
    update_ms_p50: float
    update_ms_max: float


class _Update:
    def __init__(self, first_ns: int) -> None:
        self.first_ns = self.last_ns = first_ns
        self.count = 0


class _Subscriber:
    """One connection: how many messages it got since it was ready."""

    def __init__(self, port: int, market: str) -> None:
        self.socket = socket.create_connection((HOST, port), TIMEOUT_S, source_address=(SOURCE, 0))
        self.messages = 0
        self._rest = b""
        self.socket.sendall(wires.upgrade(HOST, ""))
        while (rest := wires.upgraded(self._rest)) is None:
            self._rest += self.socket.recv(65_536)
        self._rest = rest
        self.socket.sendall(wires.frame(f'{{"method":"depth.subscribe","params":["{market}",50,"0"],"id":1}}'))
        while self.messages < GREETINGS:
            self.messages += len(self.read())
        self.messages = 0
        self.socket.setblocking(False)

    def read(self) -> list[bytes]:
        received = self.socket.recv(65_536)
        if not received:
            raise ConnectionError("closed by the server")
        found, self._rest = wires.messages(self._rest + received)
        return found


def _follow(subscribers: list[_Subscriber]) -> dict[tuple[int, bytes], _Update]:
    """Every update by its number and bytes, until standard input ends."""
    by_file = {subscriber.socket.fileno(): subscriber for subscriber in subscribers}
    updates: dict[tuple[int, bytes], _Update] = {}
    poll = select.epoll()
    for file in by_file:
        poll.register(file, select.EPOLLIN)
    until_file = sys.stdin.fileno()
    poll.register(until_file, select.EPOLLIN | select.EPOLLHUP)
    while True:
        for file, _ in poll.poll():
            if file == until_file:
                return updates
            subscriber = by_file[file]
            for payload in subscriber.read():
                now = time.perf_counter_ns()
                subscriber.messages += 1
                key = (subscriber.messages, payload)
                update = updates.get(key)
                if update is None:
                    update = updates[key] = _Update(now)
                update.last_ns = now
                update.count += 1


def main() -> None:
    port, market, count = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    subscribers = [_Subscriber(port, market) for _ in range(count)]
    print("ready", flush=True)
    updates = _follow(subscribers)
    whole = {key: update for key, update in updates.items() if update.count == count}
    if not whole:
        raise SystemExit("no update came to all subscribers")
    took_ms = [(update.last_ns - update.first_ns) / 1e6 for update in whole.values()]
    seconds = (max(one.last_ns for one in updates.values()) - min(one.first_ns for one in updates.values())) / 1e9
    received = Received(
        subscribers=count,
        updates=len(whole),
        broken=len(updates) - len(whole),
        updates_per_second=len(updates) / seconds,
        update_bytes_p50=median(len(payload) for _, payload in whole),
        update_ms_p50=median(took_ms),
        update_ms_max=max(took_ms),
    )
    print(msgspec.json.encode(received).decode())


if __name__ == "__main__":
    main()
