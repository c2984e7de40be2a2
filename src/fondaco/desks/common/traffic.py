"""What is under way on one connection: frames to be sent, and requests to be answered.

Outbound, the cost is system calls, not Python. So an answer is framed at once but only *collected*; the ``Flusher``
joins everything a connection got in one turn of the event loop and hands it over in a single write. The runtime's
answers are flushed at the end of its turn, everything else at the next turn.

Invariants: frames leave in the order of ``send``, none is dropped; once ``closed`` nothing more is collected. Both
counts have a bound, and what is done beyond it is the owner's part (``too_slow``, ``pause_reading``).

Cost: a send is one small allocation and one list append; a flush is one write.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import cython
import structlog

if TYPE_CHECKING:
    from picows import WSTransport

    from fondaco.desks.common.connection import Connection

_log = structlog.get_logger("fondaco.connection")


def frame(payload: bytes, text: cython.bint = False) -> bytes:
    """One whole server frame (RFC 6455 §5.2, unmasked), ready for ``send_frame`` of many connections."""
    return framed(0x81 if text else 0x82, payload)


def framed(first_byte: cython.int, payload: bytes) -> bytes:
    size: cython.Py_ssize_t = len(payload)
    if size < 126:
        return bytes((first_byte, size)) + payload
    if size < 65_536:
        return bytes((first_byte, 126, size >> 8, size & 0xFF)) + payload
    return bytes((first_byte, 127)) + len(payload).to_bytes(8, "big") + payload


class Flusher:
    """Remembers which connections have something to send; one ``flush`` writes each of them once."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.waiting = []
        self.scheduled = False

    def add(self, traffic):
        self.waiting.append(traffic)
        if not self.scheduled:
            self.scheduled = True
            self.loop.call_soon(self.scheduled_flush)

    def flush(self) -> None:
        """Writes everything collected so far. Called by the runtime at the end of each turn."""
        waiting: list = self.waiting
        if not waiting:
            return
        self.waiting = []
        traffic: Traffic
        for traffic in waiting:
            try:
                traffic.flush()
            except Exception:
                _log.exception("a connection failed to send", address=traffic.owner.opening.address)
                traffic.owner.abort()

    def scheduled_flush(self) -> None:
        self.scheduled = False
        self.flush()


class Traffic:
    """The frames and requests of ``owner``. ``frames_bytes`` is what no flush has taken yet."""

    def __init__(
        self,
        owner: Connection,
        flusher: Flusher,
        outbound_bytes_max: cython.Py_ssize_t,
        in_flight_max: cython.longlong,
    ) -> None:
        self.owner = owner
        self.flusher = flusher
        self.transport = None
        self.frames = []
        self.frames_bytes = 0
        self.in_flight = 0
        self.reading = True
        self.closed = False
        self.outbound_bytes_max = outbound_bytes_max
        self.in_flight_max = in_flight_max

    def attach(self, transport: WSTransport) -> None:
        """From now on there is somewhere to write to."""
        self.transport = transport

    def detach(self) -> None:
        """The connection is gone, and with it what was collected. Nothing here refers to it any more."""
        self.closed = True
        self.transport = None
        self.owner = None
        self.drop()

    # ── out ───────────────────────────────────────────────────────────────────────────────────────────────────────────

    def send(self, payload: bytes, text: cython.bint = False) -> None:
        """Collects one message. A no-op once the connection is closing."""
        self.send_frame(frame(payload, text))

    def send_frame(self, prepared: bytes) -> None:
        """Collects a frame made by ``frame``: for one message to many subscribers."""
        if self.closed:
            return
        if not self.frames:
            self.flusher.add(self)
        self.frames.append(prepared)
        self.frames_bytes += len(prepared)
        if self.frames_bytes > self.outbound_bytes_max:
            self.owner.too_slow(self.frames_bytes)

    def flush(self) -> None:
        """One write for everything collected."""
        transport = self.transport
        if self.closed or transport is None or transport.is_close_frame_sent:
            return
        self.write()
        unsent_bytes: cython.Py_ssize_t = transport.underlying_transport.get_write_buffer_size()
        if unsent_bytes > self.outbound_bytes_max:
            self.owner.too_slow(unsent_bytes)

    def write(self) -> None:
        frames: list = self.frames
        if frames and self.transport is not None:
            underlying = self.transport.underlying_transport
            if not underlying.is_closing():
                underlying.write(frames[0] if len(frames) == 1 else b"".join(frames))
        self.drop()

    def drop(self) -> None:
        """Forgets what was collected."""
        self.frames.clear()
        self.frames_bytes = 0

    # ── in ────────────────────────────────────────────────────────────────────────────────────────────────────────────

    def started(self) -> None:
        """A request whose answer comes later was taken."""
        self.in_flight += 1
        if self.in_flight >= self.in_flight_max and self.reading and not self.closed:
            self.reading = False
            self.owner.pause_reading()

    def finished(self) -> None:
        """That answer was sent. Reading goes on at half the bound, so that it does not flutter."""
        self.in_flight -= 1
        if not self.reading and self.in_flight <= self.in_flight_max // 2:
            self.reading = True
            if not self.closed:
                self.owner.resume_reading()
