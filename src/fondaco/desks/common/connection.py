"""One WebSocket connection: whole messages in, many answers out in one write.

Outbound, the cost is system calls, not Python. So an answer is framed at once but only *collected*; the ``Flusher``
joins everything a connection got in one turn of the event loop and hands it over in a single write. The runtime's
answers are flushed at the end of its turn, everything else at the next turn.

Invariants:
- Frames leave in the order of ``send`` and ``send_now``. Nothing is ever dropped: a reader so slow that its unsent
  bytes pass ``outbound_bytes_max`` is told the reason and disconnected. What may be skipped (market data) asks
  ``congested``.
- While ``commands_in_flight_max`` requests are unanswered, the socket is not read from (``started``/``finished``).
- A fragmented message is joined up to ``frame_bytes_max``; a larger one, whole or in fragments, closes with 1009.
- A session that raises is a defect of the desk: it is logged, and that connection alone is closed with 1011.

Cost: a send is one small allocation and one list append; a message in is one copy.
"""

from __future__ import annotations

import asyncio

import structlog
from picows import WSCloseCode, WSFrame, WSListener, WSMsgType, WSTransport

from fondaco.desks.common.desk import Opening, Session, SocketDesk
from fondaco.desks.common.rate import Allowance
from fondaco.runtime.limits import Limits

_log = structlog.get_logger("fondaco.connection")

_TEXT = WSMsgType.TEXT
_BINARY = WSMsgType.BINARY
_CONTINUATION = WSMsgType.CONTINUATION
_PING = WSMsgType.PING
_CLOSE = WSMsgType.CLOSE

_CLOSE_REASON_BYTES_MAX = 123  # RFC 6455 §5.5: a control frame carries at most 125 bytes, two of them the code


def _frame(first_byte: int, payload: bytes) -> bytes:
    """One whole server frame (RFC 6455 §5.2, unmasked)."""
    size = len(payload)
    if size < 126:
        return bytes((first_byte, size)) + payload
    if size < 65_536:
        return bytes((first_byte, 126, size >> 8, size & 0xFF)) + payload
    return bytes((first_byte, 127)) + size.to_bytes(8, "big") + payload


class Flusher:
    """Remembers which connections have something to send; one ``flush`` writes each of them once."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._waiting: list[Connection] = []
        self._scheduled = False

    def add(self, connection: Connection) -> None:
        self._waiting.append(connection)
        if not self._scheduled:
            self._scheduled = True
            self._loop.call_soon(self._scheduled_flush)

    def flush(self) -> None:
        """Writes everything collected so far. Called by the runtime at the end of each turn."""
        waiting, self._waiting = self._waiting, []
        for connection in waiting:
            try:
                connection.flush()
            except Exception:
                _log.exception("a connection failed to send", address=connection.opening.address)
                connection.abort()

    def _scheduled_flush(self) -> None:
        self._scheduled = False
        self.flush()


class Connection(WSListener):
    """The shell around one picows transport. Its owner is the front door; a session only sends, counts and closes."""

    def __init__(
        self,
        desk: SocketDesk,
        opening: Opening,
        limits: Limits,
        flusher: Flusher,
    ) -> None:
        self.opening = opening
        self.congested = False
        self._desk = desk
        self._limits = limits
        self._flusher = flusher
        self._loop = asyncio.get_running_loop()
        self._transport: WSTransport | None = None
        self._session: Session | None = None
        self._outbound: list[bytes] = []
        self._outbound_bytes = 0
        self._in_flight = 0
        self._reading = True
        self._closing = False
        self._fragments: bytearray | None = None
        self._allowance = Allowance(limits.requests_per_second_max, limits.requests_burst_max)
        self._refusals_in_row = 0
        self._close_timer: asyncio.TimerHandle | None = None

    # ── what a session may do ─────────────────────────────────────────────────────────────────────────────────────────

    @property
    def unsent_bytes(self) -> int:
        """What its reader has not taken yet, as far as this process holds it."""
        if self._transport is None:
            return 0
        return self._outbound_bytes + self._transport.underlying_transport.get_write_buffer_size()

    @property
    def is_open(self) -> bool:
        return not self._closing

    def send(self, payload: bytes, *, text: bool = False) -> None:
        """Collects one message. A no-op once the connection is closing."""
        self._send_frame(_frame(0x81 if text else 0x82, payload))

    def _send_frame(self, prepared: bytes) -> None:
        if self._closing:
            return
        if not self._outbound:
            self._flusher.add(self)
        self._outbound.append(prepared)
        self._outbound_bytes += len(prepared)
        if self._outbound_bytes > self._limits.outbound_bytes_max:
            self._too_slow(self._outbound_bytes)

    def send_now(self, payload: bytes, text: bool) -> None:
        """Writes one message at once, behind what was collected: for what goes to many, one after the other."""
        transport = self._transport
        if self._outbound_bytes or self.congested or self._closing or transport is None:
            self.send(payload, text=text)
            self.flush()  # looks at the bound
        else:
            transport.send(_TEXT if text else _BINARY, payload)

    def started(self) -> None:
        """A request whose answer comes later was taken."""
        self._in_flight += 1
        if self._in_flight >= self._limits.commands_in_flight_max and self._reading:
            self._reading = False
            if self._transport is not None:
                self._transport.underlying_transport.pause_reading()

    def finished(self) -> None:
        """That answer was sent. Reading goes on at half the bound, so that it does not flutter."""
        self._in_flight -= 1
        if not self._reading and self._in_flight <= self._limits.commands_in_flight_max // 2:
            self._reading = True
            if self._transport is not None and not self._closing:
                self._transport.underlying_transport.resume_reading()

    def close(self, code: WSCloseCode, reason: str) -> None:
        """Sends what was collected, then a close frame with the reason; the client has a bounded time to read it."""
        if self._closing:
            return
        self._write_collected()
        self._closing = True
        transport = self._transport
        if transport is None:
            return
        if not self._reading:
            # The peer's own close frame can only be seen by reading.
            self._reading = True
            transport.underlying_transport.resume_reading()
        transport.send_close(code, reason.encode()[:_CLOSE_REASON_BYTES_MAX].decode(errors="ignore"))
        self._close_timer = self._loop.call_later(self._limits.close_timeout_ms / 1000, self.abort)

    def flush(self) -> None:
        """One write for everything collected. The flusher calls it; a session needs not."""
        transport = self._transport
        if self._closing or transport is None or transport.is_close_frame_sent:
            return
        self._write_collected()
        unsent_bytes = transport.underlying_transport.get_write_buffer_size()
        if unsent_bytes > self._limits.outbound_bytes_max:
            self._too_slow(unsent_bytes)

    def abort(self) -> None:
        """Drops the connection at once, unsent bytes and all."""
        if self._transport is not None:
            self._transport.disconnect(False)

    # ── what picows calls ─────────────────────────────────────────────────────────────────────────────────────────────

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._transport = transport
        try:
            self._session = self._desk.open(self.opening, self)
        except Exception:
            _log.exception("a desk failed to open a session", address=self.opening.address, path=self.opening.path)
            self.close(WSCloseCode.INTERNAL_ERROR, "internal error")

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if self._closing or transport.is_close_frame_sent:  # picows itself closes on a malformed frame
            if frame.msg_type is _CLOSE:
                transport.disconnect()
            return
        kind = frame.msg_type
        if kind is _TEXT or kind is _BINARY:
            if self._fragments is not None:
                self.close(WSCloseCode.PROTOCOL_ERROR, "a new message began inside a fragmented one")
            elif frame.fin:
                self._message(frame.get_payload_as_bytes())
            else:
                self._fragments = bytearray(frame.get_payload_as_memoryview())
        elif kind is _CONTINUATION:
            self._continuation(frame)
        elif kind is _PING:
            if self._allowance.take() or self._is_patient():
                self._send_frame(_frame(0x8A, frame.get_payload_as_bytes()))
        elif kind is _CLOSE:
            self._answer_close(transport, frame)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self._closing = True
        self._outbound.clear()
        if self._close_timer is not None:
            self._close_timer.cancel()
        session, self._session = self._session, None
        if session is not None:
            try:
                session.closed()
            except Exception:
                _log.exception("a session failed while it was closed", address=self.opening.address)

    def pause_writing(self) -> None:
        self.congested = True

    def resume_writing(self) -> None:
        self.congested = False

    # ── inside ────────────────────────────────────────────────────────────────────────────────────────────────────────

    def _continuation(self, frame: WSFrame) -> None:
        fragments = self._fragments
        if fragments is None:
            self.close(WSCloseCode.PROTOCOL_ERROR, "a continuation without a message to continue")
            return
        fragments += frame.get_payload_as_memoryview()
        bound = self._limits.frame_bytes_max
        if len(fragments) > bound:
            self._fragments = None
            self.close(WSCloseCode.MESSAGE_TOO_BIG, f"a message of more than {bound} bytes in fragments")
        elif frame.fin:
            self._fragments = None
            self._message(bytes(fragments))

    def _message(self, message: bytes) -> None:
        session = self._session
        if session is None:
            return
        try:
            if self._allowance.take():
                self._refusals_in_row = 0
                session.received(message)
            elif self._is_patient():
                session.refused(message)
        except Exception:
            _log.exception("a session failed on a message", address=self.opening.address, size_bytes=len(message))
            self.close(WSCloseCode.INTERNAL_ERROR, "internal error")

    def _is_patient(self) -> bool:
        """Whether one request more may be refused; who goes on sending is disconnected."""
        self._refusals_in_row += 1
        if self._refusals_in_row <= self._limits.refusals_in_row_max:
            return True
        self.close(
            WSCloseCode.POLICY_VIOLATION,
            f"a flood: more than {self._limits.requests_per_second_max} requests a second, refusals ignored",
        )
        return False

    def _answer_close(self, transport: WSTransport, frame: WSFrame) -> None:
        self._write_collected()
        self._closing = True
        transport.send_close(frame.get_close_code())
        transport.disconnect()
        # A peer that asked to close but does not read would keep the socket: bounded as our own close is.
        self._close_timer = self._loop.call_later(self._limits.close_timeout_ms / 1000, self.abort)

    def _write_collected(self) -> None:
        outbound = self._outbound
        if outbound and self._transport is not None and not self._transport.underlying_transport.is_closing():
            self._transport.underlying_transport.write(outbound[0] if len(outbound) == 1 else b"".join(outbound))
        outbound.clear()
        self._outbound_bytes = 0

    def _too_slow(self, unsent_bytes: int) -> None:
        bound = self._limits.outbound_bytes_max
        _log.warning(
            "a reader too slow for its answers is disconnected",
            address=self.opening.address,
            unsent_bytes=unsent_bytes,
            bound_bytes=bound,
        )
        self.close(WSCloseCode.POLICY_VIOLATION, f"too slow: {unsent_bytes} bytes unread; at most {bound} are kept")
