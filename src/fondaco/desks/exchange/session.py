"""One connection's conversation, without I/O: messages in; replies, pushes and commands out.

A message that is no request is answered with error 1, under its own id where it has one, and the connection lives. A
request without an id is a notice: obeyed and never answered. Replies leave in the order their results are known, which
for queries over history may differ from the order of the requests.

Plain orders take the express way (express.py), some 1 µs each in and out; by the ordinary one an order is about 11 µs.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

import msgspec

from fondaco.core.commands import Sender
from fondaco.desks.common.desk import Identity, Opening
from fondaco.desks.exchange import session_end
from fondaco.desks.exchange.caller import Caller
from fondaco.desks.exchange.channels import Channels
from fondaco.desks.exchange.dialect import Compression, dialect
from fondaco.desks.exchange.errors import Code, WireError, invalid
from fondaco.desks.exchange.express import Express
from fondaco.desks.exchange.floor import Floor
from fondaco.desks.exchange.outlet import Outlet
from fondaco.desks.exchange.translate import kind_of
from fondaco.desks.exchange.unreadable import sentence_of
from fondaco.wire import exchange as wire

#: Longer answers are packed in a thread: deflate takes a millisecond for 64 KiB and lets others run meanwhile.
PACKED_INLINE_BYTES_MAX: Final = 65_536

_UNSET: Final = msgspec.UNSET
_LIKE: Final = '{"method": "server.ping", "params": [], "id": 1}'
_OR_A_NOTICE: Final = "leave it out for a notice"
_decode: Final = wire.REQUEST_DECODER.decode
_encode: Final = wire.ENCODER.encode


class Session(Caller):
    """``end_is_reported``: the house was asked to cancel this session's orders when it ends."""

    on_socket = True
    end_is_reported = False

    def __init__(self, floor: Floor, opening: Opening, outlet: Outlet) -> None:
        super().__init__()
        self.floor = floor
        self.address = opening.address
        self.sender = Sender(session_id=opening.session_id)
        self.outlet = outlet
        self.started = outlet.started
        self.finished = outlet.finished
        self.history_tasks = set()
        self.dialect = dialect(opening.path, opening.subprotocol)
        self.channels = Channels(floor.limits.subscriptions_per_connection_max)
        self._pack = self.dialect.compression.pack
        self._is_text = self.dialect.compression is Compression.NONE
        self._express = Express(floor, outlet, self.dialect.compression)
        floor.sessions.add(self)

    # ── in ────────────────────────────────────────────────────────────────────────────────────────────────────────────

    def received(self, message: bytes) -> None:
        """One whole message."""
        if self._express.take(self, message):
            return
        try:
            request = _decode(message)
        except (ValueError, RecursionError):
            self._received_malformed(message)
            return
        request_id = request.id
        if request_id is _UNSET:
            self._obey(request.method, request.params, None)
        elif 0 <= request_id <= wire.REQUEST_ID_MAX:
            self._obey(request.method, request.params, request_id)
        else:
            self._answer_error(None, bad_id(request_id, _OR_A_NOTICE))

    def refused(self, message: bytes) -> None:
        """A message over the rate limit."""
        try:
            request = wire.LOOSE_DECODER.decode(message)
        except (ValueError, RecursionError):
            request_id = None
        else:
            if request.id is _UNSET:
                return
            request_id = request.id if is_request_id(request.id) else None
        bound = self.floor.limits.requests_per_second_max
        sentence = f"more than {bound} requests a second; this one was not obeyed, slow down and send it again"
        self._answer_error(request_id, WireError(Code.RATE_LIMIT, sentence))

    def closed(self) -> None:
        """The connection is gone, and with it whatever it still wants to read."""
        self._held.clear()
        for task in self.history_tasks:
            task.cancel()
        self.channels.leave_all()
        self.floor.sessions.discard(self)
        if self.end_is_reported:
            self.floor.start_task(session_end.report(self.floor, self.sender.session_id))

    def _obey(self, name: str, params: list[Any], request_id: int | None) -> None:
        method = self.floor.methods.get(name)
        if method is None:
            self.refuse(request_id, unknown_method(name))
        else:
            self.obey(method, params, request_id)

    def _received_malformed(self, message: bytes) -> None:
        """What the strict decoder did not take: an unsubscribe without params, or an error to name."""
        try:
            request = wire.LOOSE_DECODER.decode(message)
        except (ValueError, RecursionError) as error:
            sentence = f"not a request: {sentence_of(message, error)}; send a JSON object like {_LIKE}"
            self._answer_error(None, invalid(sentence))
            return
        if request.id is _UNSET:
            request_id = None
        elif is_request_id(request.id):
            request_id = request.id
        else:
            self._answer_error(None, bad_id(request.id, _OR_A_NOTICE))
            return
        name, params = request.method, request.params
        if type(name) is not str:
            self.refuse(request_id, invalid(f"method is {shown(name)}; send a method's name as text"))
        elif (params is _UNSET or params is None) and name.endswith(".unsubscribe"):
            self._obey(name, [], request_id)
        elif type(params) is not list:
            self.refuse(request_id, invalid(f"params is {shown(params)}; send an array, [] if there are none"))
        else:
            self._obey(name, params, request_id)

    # ── out ───────────────────────────────────────────────────────────────────────────────────────────────────────────

    def reply(self, request_id: int | None, result: object) -> None:
        if request_id is not None:
            self.send(_encode(wire.Reply(None, result, request_id)))

    async def reply_later(self, request_id: int | None, result: object) -> None:
        if request_id is None:
            return
        payload = _encode(wire.Reply(None, result, request_id))
        if len(payload) <= PACKED_INLINE_BYTES_MAX:
            self.send(payload)
        else:
            self.outlet.send(await asyncio.to_thread(self._pack, payload), text=self._is_text)

    def refuse(self, request_id: int | None, error: WireError) -> None:
        if request_id is not None:
            self._answer_error(request_id, error)

    def send(self, payload: bytes) -> None:
        """One JSON message, packed as this connection speaks."""
        self.outlet.send(self._pack(payload), text=self._is_text)

    def _answer_error(self, request_id: int | None, error: WireError) -> None:
        self.send(_encode(wire.Reply(wire.ErrorBody(error.code, error.message), None, request_id)))

    # ── who ───────────────────────────────────────────────────────────────────────────────────────────────────────────

    def login(self, identity: Identity) -> list[str]:
        """From now on the connection speaks for this key; another user's private pushes end."""
        is_another = self.identity is not None and self.identity.user_id != identity.user_id
        ended = self.channels.leave_private() if is_another else []
        self.identity = identity
        self.sender = Sender(identity.key_id, self.sender.session_id, identity.user_id)
        self._express.sign(self.sender, "trade" in identity.scopes)
        return ended

    def logout(self) -> None:
        """The key was revoked: the connection lives and is a stranger's again."""
        self.channels.leave_private()
        self.identity = None
        self.sender = Sender(session_id=self.sender.session_id)
        self._express.sign(self.sender, False)


def unknown_method(name: str) -> WireError:
    return WireError(Code.METHOD_NOT_FOUND, f"there is no {name[:64]!r}; the reference lists the methods")


def is_request_id(value: object) -> bool:
    return type(value) is int and 0 <= value <= wire.REQUEST_ID_MAX


def bad_id(value: object, or_else: str) -> WireError:
    """``or_else`` says what a request without an id is to this caller."""
    shown = "out of range" if type(value) is int else kind_of(value)
    return invalid(f"id is {shown}; send an integer from 0 to {wire.REQUEST_ID_MAX}, or {or_else}")


def shown(value: object) -> str:
    return "missing" if value is _UNSET else kind_of(value)
