"""Subscribers to one market's depth: ``python -m bench.end_to_end.subscribers PORT MARKET HOW_MANY``.

Each is a connection of its own that speaks the document's compressed frames. Prints ``ready`` once all have the book as
a whole; from then on notes when each update comes in, until its input ends; then prints ``Received`` as JSON.

An update is what all connections get as the same bytes at the same place of their streams. It is over when the last has
it. Its time runs from the first arrival to the last, as this process reads them, one after the other: its own reading
is in it, and no more than that. What the bytes are is looked at when all have come.
"""

from __future__ import annotations

import gc
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
RECEIVED_BYTES_MAX = 8_192
GREETINGS = 2  # the answer to the subscription, and the whole book
#: How long nothing must come at the end; updates are further apart.
LAST_S = 0.05


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
        return self.take(self.socket.recv(RECEIVED_BYTES_MAX))

    def take(self, received: bytes) -> list[bytes]:
        """The messages that end with these bytes."""
        if not received:
            raise ConnectionError("closed by the server")
        found, self._rest = wires.messages(self._rest + received)
        return found


def _follow(subscribers: list[_Subscriber]) -> list[tuple[int, int, bytes]]:
    """What came, as (when, which connection, bytes), until standard input ends. To be looked at later."""
    receive = {subscriber.socket.fileno(): subscriber.socket.recv for subscriber in subscribers}
    came: list[tuple[int, int, bytes]] = []
    note, now_ns = came.append, time.perf_counter_ns
    poll = select.epoll()
    for file in receive:
        poll.register(file, select.EPOLLIN)
    until_file = sys.stdin.fileno()
    poll.register(until_file, select.EPOLLIN | select.EPOLLHUP)
    timeout_s: float | None = None
    while ready := poll.poll(timeout_s):
        for file, _ in ready:
            if file == until_file:
                poll.unregister(file)
                timeout_s = LAST_S  # the last update may be on its way to some
                continue
            received = receive[file](RECEIVED_BYTES_MAX)
            note((now_ns(), file, received))
    return came


def _updates(subscribers: list[_Subscriber], came: list[tuple[int, int, bytes]]) -> dict[tuple[int, bytes], _Update]:
    """Every update by its number and bytes."""
    by_file = {subscriber.socket.fileno(): subscriber for subscriber in subscribers}
    updates: dict[tuple[int, bytes], _Update] = {}
    for when_ns, file, received in came:
        subscriber = by_file[file]
        for payload in subscriber.take(received):
            subscriber.messages += 1
            update = updates.setdefault((subscriber.messages, payload), _Update(when_ns))
            update.last_ns = when_ns
            update.count += 1
    return updates


def main() -> None:
    port, market, count = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    subscribers = [_Subscriber(port, market) for _ in range(count)]
    print("ready", flush=True)
    gc.disable()  # what came is kept, and holds no cycles
    updates = _updates(subscribers, _follow(subscribers))
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
