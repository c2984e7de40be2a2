"""One WebSocket connection: whole messages in, many answers out in one write (see traffic.py).

Invariants:
- Frames leave in the order of ``send`` and ``send_now``. Nothing is ever dropped: a reader so slow that its unsent
  bytes pass ``outbound_bytes_max`` is told the reason and disconnected. What may be skipped (market data) asks
  ``congested``.
- While ``commands_in_flight_max`` requests are unanswered, the socket is not read from (``started``/``finished``).
- A fragmented message is joined up to ``frame_bytes_max``; a larger one, whole or in fragments, closes with 1009.
- A session that raises is a defect of the desk: it is logged, and that connection alone is closed with 1011.

Cost: a message in is one copy.
"""

from __future__ import annotations

import asyncio

import structlog
from picows import WSCloseCode, WSFrame, WSListener, WSMsgType, WSTransport

from fondaco.desks.common.desk import Opening, Session, SocketDesk
from fondaco.desks.common.rate import Allowance
from fondaco.desks.common.traffic import Flusher, Traffic, frame, framed
from fondaco.runtime.limits import Limits

__all__ = ["Connection", "Flusher", "frame"]

_log = structlog.get_logger("fondaco.connection")

_TEXT = WSMsgType.TEXT
_BINARY = WSMsgType.BINARY
_CONTINUATION = WSMsgType.CONTINUATION
_PING = WSMsgType.PING
_CLOSE = WSMsgType.CLOSE

_CLOSE_REASON_BYTES_MAX = 123  # RFC 6455 §5.5: a control frame carries at most 125 bytes, two of them the code


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
        self._loop = asyncio.get_running_loop()
        self._transport: WSTransport | None = None
        self._session: Session | None = None
        self._traffic = Traffic(self, flusher, limits.outbound_bytes_max, limits.commands_in_flight_max)
        self._closing = False
        self._ping_is_open = False
        self._fragments: bytearray | None = None
        self._allowance = Allowance(limits.requests_per_second_max, limits.requests_burst_max)
        self._refusals_in_row = 0
        self._close_timer: asyncio.TimerHandle | None = None
        # What a session calls for each of its orders goes straight to where it is done.
        self.send = self._traffic.send
        self.send_frame = self._traffic.send_frame
        self.started = self._traffic.started
        self.finished = self._traffic.finished

    # ── what a session may do ─────────────────────────────────────────────────────────────────────────────────────────

    @property
    def unsent_bytes(self) -> int:
        """What its reader has not taken yet, as far as this process holds it."""
        if self._transport is None:
            return 0
        return self._traffic.frames_bytes + self._transport.underlying_transport.get_write_buffer_size()

    @property
    def is_open(self) -> bool:
        return not self._closing

    def send_now(self, payload: bytes, text: bool) -> None:
        """Writes one message at once, behind what was collected: for what goes to many, one after the other."""
        transport = self._transport
        traffic = self._traffic
        if traffic.frames_bytes or self.congested or self._closing or transport is None:
            traffic.send(payload, text)
            traffic.flush()  # looks at the bound
        else:
            transport.send(_TEXT if text else _BINARY, payload)

    def close(self, code: WSCloseCode, reason: str) -> None:
        """Sends what was collected, then a close frame with the reason; the client has a bounded time to read it."""
        if self._closing:
            return
        self._traffic.write()
        self._shut()
        transport = self._transport
        if transport is None:
            return
        if not self._traffic.reading:
            # The peer's own close frame can only be seen by reading.
            self._traffic.reading = True
            transport.underlying_transport.resume_reading()
        transport.send_close(code, reason.encode()[:_CLOSE_REASON_BYTES_MAX].decode(errors="ignore"))
        self._close_timer = self._loop.call_later(self._limits.close_timeout_ms / 1000, self.abort)

    def abort(self) -> None:
        """Drops the connection at once, unsent bytes and all."""
        if self._transport is not None:
            self._transport.disconnect(False)

    # ── what picows calls ─────────────────────────────────────────────────────────────────────────────────────────────

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._transport = transport
        self._traffic.attach(transport)
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
                self.send_frame(framed(0x8A, frame.get_payload_as_bytes()))
        elif kind is _CLOSE:
            self._answer_close(transport, frame)

    def send_user_specific_ping(self, transport: WSTransport) -> None:
        """Nothing came for a while: picows asks whether anybody is there, and ends the connection if nobody says so."""
        self._ping_is_open = True
        super().send_user_specific_ping(transport)

    def is_user_specific_pong(self, frame: WSFrame) -> bool:
        is_answer = super().is_user_specific_pong(frame)
        if is_answer:
            self._ping_is_open = False
        return is_answer

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        if self._ping_is_open and not self._closing:
            _log.warning("a client that answers no ping is disconnected", address=self.opening.address)
        self._closing = True
        self._traffic.detach()
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

    # ── what its traffic calls, beyond a bound ────────────────────────────────────────────────────────────────────────

    def pause_reading(self) -> None:
        if self._transport is not None:
            self._transport.underlying_transport.pause_reading()

    def resume_reading(self) -> None:
        if self._transport is not None:
            self._transport.underlying_transport.resume_reading()

    def too_slow(self, unsent_bytes: int) -> None:
        bound = self._limits.outbound_bytes_max
        _log.warning(
            "a reader too slow for its answers is disconnected",
            address=self.opening.address,
            unsent_bytes=unsent_bytes,
            bound_bytes=bound,
        )
        self.close(WSCloseCode.POLICY_VIOLATION, f"too slow: {unsent_bytes} bytes unread; at most {bound} are kept")

    # ── inside ────────────────────────────────────────────────────────────────────────────────────────────────────────

    def _shut(self) -> None:
        self._closing = self._traffic.closed = True

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
        self._traffic.write()
        self._shut()
        transport.send_close(frame.get_close_code())
        transport.disconnect()
        # A peer that asked to close but does not read would keep the socket: bounded as our own close is.
        self._close_timer = self._loop.call_later(self._limits.close_timeout_ms / 1000, self.abort)
