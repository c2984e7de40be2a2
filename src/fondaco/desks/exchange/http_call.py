"""One ``POST /exchange/<method>``: the same methods, answered once, in the same envelope.

The door has checked the signature and says who it was; here the body is read and the method obeyed. The id may be left
out and is null in the answer then. Subscriptions need a socket.

Source: exchange.notes.md, HTTP.
"""

from __future__ import annotations

import asyncio
from typing import Final

import msgspec

from fondaco.core.commands import Sender
from fondaco.desks.common.desk import Identity
from fondaco.desks.exchange.caller import Caller
from fondaco.desks.exchange.errors import Code, WireError, invalid
from fondaco.desks.exchange.floor import Floor
from fondaco.desks.exchange.session import bad_id, is_request_id, shown, unknown_method
from fondaco.desks.exchange.unreadable import sentence_of
from fondaco.wire import exchange as wire

_encode: Final = wire.ENCODER.encode


class HttpCall(Caller):
    """A caller that asks once. ``answer`` is done when the reply is known."""

    def __init__(self, floor: Floor, identity: Identity | None, address: str) -> None:
        super().__init__()
        self.floor = floor
        self.identity = identity
        self.address = address
        self.history_tasks = floor.history_tasks_of(address if identity is None else identity.api_key)
        if identity is not None:
            self.sender = Sender(identity.key_id, 0, identity.user_id)
        self.started = self.finished = _nothing_to_count
        self.answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    def call(self, name: str, body: bytes) -> None:
        """Obey the method of the path with the params of the body."""
        try:
            request = wire.LOOSE_DECODER.decode(body)
        except (ValueError, RecursionError) as error:
            sentence = f'not a request: {sentence_of(body, error)}; send a JSON object like {{"params": [], "id": 1}}'
            self.refuse(None, invalid(sentence))
            return
        request_id = None if request.id is msgspec.UNSET else request.id
        if request_id is not None and not is_request_id(request_id):
            self.refuse(None, bad_id(request_id, "leave it out; the answer's id is null then"))
            return
        method = self.floor.methods.get(name)
        if method is None:
            self.refuse(request_id, unknown_method(name))
        elif method.on_socket_only:
            sentence = (
                f"{name} works on the socket alone, at /exchange; over HTTP no connection stays that it could hold for"
            )
            self.refuse(request_id, WireError(Code.METHOD_NOT_FOUND, sentence))
        elif type(request.params) is not list:
            self.refuse(request_id, invalid(f"params is {shown(request.params)}; send an array, [] if there are none"))
        else:
            self.obey(method, request.params, request_id)

    def reply(self, request_id: int | None, result: object) -> None:
        self._answer(wire.Reply(None, result, request_id))

    def refuse(self, request_id: int | None, error: WireError) -> None:
        self._answer(wire.Reply(wire.ErrorBody(error.code, error.message), None, request_id))

    def _answer(self, reply: wire.Reply) -> None:
        if not self.answer.done():  # a client that went away cancelled it
            self.answer.set_result(_encode(reply))

    def login(self, identity: Identity) -> list[str]:
        """A signature that was checked; the next request must be signed by itself."""
        return []


def _nothing_to_count() -> None:
    """One call has one answer."""
