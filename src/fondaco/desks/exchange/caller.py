"""Who calls a method: a session on a socket, or one HTTP request. Both obey the same methods the same way.

``obey`` is the one way from a request to its method: it checks that the method exists, that the caller is known and
may, runs it, and turns whatever it raises into the answer. A method returns its result, or ``PENDING`` when the answer
comes by another way (a command's waiter, or an acknowledgement sent before the first push). Methods over history are
coroutines and answer when they are done; their number under way is bounded per caller, and they end with a session.

Invariants: every request that has an id gets exactly one answer; a notice gets none. What a caller reads includes what
it sent before: a method that reads waits until the commands before it are answered, and only for those.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, Final

import structlog

from fondaco.core.applied import Applied
from fondaco.core.commands import Sender
from fondaco.core.events import EventKind, Row
from fondaco.desks.common.desk import Identity
from fondaco.desks.exchange.errors import Code, WireError
from fondaco.desks.exchange.refusals import ACCOUNT_DISABLED, Asked, refusal
from fondaco.projections.history import ServiceTimeout

if TYPE_CHECKING:
    from fondaco.desks.exchange.floor import Floor
    from fondaco.desks.exchange.method import Method

_log = structlog.get_logger("fondaco.exchange")


class Pending:
    """The result of a method whose answer comes by another way."""


PENDING: Final = Pending()


class Caller(ABC):
    """``identity`` is None until the caller proved who it is; ``sender`` stamps its commands."""

    floor: Floor
    identity: Identity | None = None
    sender: Sender = Sender()
    address: str = ""
    on_socket: bool = False
    #: Called when a request is under way, and when it was answered.
    started: Callable[[], None]
    finished: Callable[[], None]
    #: What is under way over history; for requests over HTTP shared by all of one key or address.
    history_tasks: set[asyncio.Task[None]]
    _commands_sent = 0
    _commands_ended = 0

    def __init__(self) -> None:
        self._held: deque[tuple[int, Method, list[Any], int | None]] = deque()

    @abstractmethod
    def reply(self, request_id: int | None, result: object) -> None:
        """Answer with a result."""

    async def reply_later(self, request_id: int | None, result: object) -> None:
        """Answer with a result that may be long."""
        self.reply(request_id, result)

    @abstractmethod
    def refuse(self, request_id: int | None, error: WireError) -> None:
        """Answer with an error."""

    @abstractmethod
    def login(self, identity: Identity) -> list[str]:
        """The caller proved who it is; answers the methods whose subscriptions ended by it."""

    def obey(self, method: Method, params: list[Any], request_id: int | None) -> None:
        if method.reads and self.awaits_answers:
            self.hold(method, params, request_id)
        else:
            self._obey_now(method, params, request_id)

    @property
    def awaits_answers(self) -> bool:
        """Whether a command of this caller is under way."""
        return self._commands_sent != self._commands_ended

    def hold(self, method: Method, params: list[Any], request_id: int | None) -> None:
        """Obey a method as soon as the commands sent so far are answered."""
        self._held.append((self._commands_sent, method, params, request_id))
        self.started()

    def _obey_now(self, method: Method, params: list[Any], request_id: int | None) -> None:
        try:
            if method.scope is not None:
                self._allow(method)
            if method.is_later:
                self.check_history_slot()
                self.started()
                self.start_history_work(self._finish(method, params, request_id))
                return
            result = method.handler(self, params, request_id)
        except WireError as error:
            self.refuse(request_id, error)
        except Exception:
            self.refuse(request_id, _defect(method.name))
        else:
            if result is not PENDING:
                self.reply(request_id, result)

    def command_sent(self) -> None:
        self._commands_sent += 1
        self.started()

    def command_ended(self) -> None:
        """A command was answered: what was asked after it and before the next may be told now."""
        self._commands_ended += 1
        self.finished()
        sent = self._commands_sent
        while self._held and self._held[0][0] <= self._commands_ended:
            if self._commands_sent != sent and self.awaits_answers:
                # One of those held was a command itself: the others were asked after it, and wait for it too.
                sent = self._commands_sent
                self._held = deque((sent, *held[1:]) for held in self._held)
                return
            _, method, params, request_id = self._held.popleft()
            self.finished()
            self._obey_now(method, params, request_id)

    def user_id(self) -> int:
        """The user the caller speaks for; 0 while it is not known (methods with a scope never see that)."""
        return self.sender.user_id

    def _allow(self, method: Method) -> None:
        identity = self.identity
        if identity is None:
            way = "call server.auth first" if self.on_socket else "sign the request"
            raise WireError(Code.AUTHENTICATION_REQUIRED, f"{method.name} is for known users; {way}")
        if method.scope not in identity.scopes and not (method.scope == "read" and "trade" in identity.scopes):
            has = ", ".join(identity.scopes) or "none"
            sentence = f"{method.name} takes the scope {method.scope}; this key has {has}: use another key"
            raise WireError(Code.SCOPE_MISSING, sentence)
        if self.floor.house.users.is_disabled(identity.user_id) and method.scope != "read" and not method.for_disabled:
            raise WireError(Code.ACCOUNT_DISABLED, ACCOUNT_DISABLED)

    def check_history_slot(self) -> None:
        """Raises if as many queries over history are under way as one caller may have."""
        bound = self.floor.limits.history_queries_in_flight_max
        if len(self.history_tasks) >= bound:
            sentence = f"{bound} queries over history are under way; wait for an answer before the next"
            raise WireError(Code.RATE_LIMIT, sentence)

    def start_history_work(self, work: Coroutine[Any, Any, None]) -> None:
        """Run a query over history, or first pushes that wait for it; it counts as one until it is done."""
        task = self.floor.start_task(work)
        self.history_tasks.add(task)
        task.add_done_callback(self.history_tasks.discard)

    async def _finish(self, method: Method, params: list[Any], request_id: int | None) -> None:
        try:
            result = await method.handler(self, params, request_id)
        except WireError as error:
            self.refuse(request_id, error)
        except ServiceTimeout as error:
            self.refuse(request_id, WireError(Code.SERVICE_TIMEOUT, str(error)))
        except asyncio.CancelledError:
            self.refuse(request_id, WireError(Code.SERVICE_UNAVAILABLE, "the house is closing; ask again later"))
            raise
        except Exception:
            self.refuse(request_id, _defect(method.name))
        else:
            if result is not PENDING:
                await self.reply_later(request_id, result)
        finally:
            self.finished()


def _defect(method: str) -> WireError:
    _log.exception("a method failed", method=method)
    return WireError(Code.INTERNAL_ERROR, f"{method} failed on our side and was logged; look up what became of it")


class CommandWaiter(ABC):
    """Waits for the answer of one command and tells its caller. ``Asked`` is made only for a refusal."""

    __slots__ = ("_caller", "_request_id")

    def __init__(self, caller: Caller, request_id: int | None) -> None:
        self._caller = caller
        self._request_id = request_id

    @abstractmethod
    def result(self, row: Row, applied: Applied) -> object:
        """What to tell of an ORDER, ORDER_REPEATED or FACT row."""

    @abstractmethod
    def asked(self) -> Asked:
        """What a refusal's sentence needs."""

    def answered(self, row: Row, applied: Applied) -> None:
        if row[0] & 0xFF == EventKind.REJECT:
            self._caller.refuse(self._request_id, refusal(row, self.asked()))
        else:
            self._caller.reply(self._request_id, self.result(row, applied))
        self._caller.command_ended()

    def failed(self, reason: str) -> None:
        self._caller.refuse(self._request_id, WireError(Code.SERVICE_UNAVAILABLE, reason))
        self._caller.command_ended()


def submit(caller: Caller, record: bytes, waiter: CommandWaiter) -> Pending:
    """Hand a command to the sequencer; its answer goes to the waiter."""
    caller.command_sent()
    caller.floor.runtime.submit(record, waiter)
    return PENDING
