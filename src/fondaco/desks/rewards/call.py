"""One request on its way: who asks, and the two things a method can do, send a command and read the history.

    send   the action as one journalled command; returns its fact once it is durable and applied. A refusal of the
           core is raised as ``Failure``. With an ``Idempotency-Key`` the command carries hashes (``repeats.py``) of
           method and key and of the decoded body without its token, so that the core tells a repeat from a reuse
    read   a question over the projections, which waits until they hold the caller's own last write (the sequence is
           kept with his token), and after ``see_all`` all that was done before; bounded by ``history_wait_timeout_ms``

Invariants: a command that was submitted is carried out whether its sender still waits or not. ``as_of_seq`` is the
sequence that the answer speaks of. Cost: some 10 µs for a command beside the runtime's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Concatenate, Final, ParamSpec, TypeVar

import msgspec
from msgspec.structs import replace

from fondaco.core.command_records import encode
from fondaco.core.commands import HOUSE, Rewards
from fondaco.core.rejects import Reject
from fondaco.core.rewards.actions import Action, Idempotency
from fondaco.core.rewards.books import Books
from fondaco.core.rewards.entities import Operator
from fondaco.core.rewards.facts import RewardsApplied
from fondaco.desks.rewards.command_waiter import CommandWaiter
from fondaco.desks.rewards.failure import Code, Failure, invalid
from fondaco.desks.rewards.floor import Floor
from fondaco.desks.rewards.method import Method
from fondaco.desks.rewards.refusals import refused
from fondaco.desks.rewards.session import Login
from fondaco.desks.rewards.unprintable import unprintable
from fondaco.wire.rewards.base import Body, Request

if TYPE_CHECKING:
    from sqlalchemy import Connection

_KEY_LENGTH_MAX: Final = 255
_P = ParamSpec("_P")
_T = TypeVar("_T")


class Call:
    """``books`` and ``login`` are those of the token; a call without one (``authentication/token``) has neither."""

    __slots__ = (
        "_body", "_key", "_login", "_seen_seq", "_sent", "address", "as_of_seq", "authorization", "floor", "method",
        "operator",
    )  # fmt: skip

    def __init__(
        self,
        floor: Floor,
        method: Method,
        address: str,
        body: Request,
        login: Login | None = None,
        operator: Operator | None = None,
        key: bytes | None = None,
        authorization: bytes | None = None,
    ) -> None:
        self.floor = floor
        self.method = method
        self.address = address
        self.operator = operator
        self.authorization = authorization
        self.as_of_seq = floor.runtime.durable_seq
        self._body = body
        self._login = login
        self._key = _checked_key(key) if key is not None and method.writes else None
        self._seen_seq = 0
        self._sent = 0

    # ── who asks ──────────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def login(self) -> Login:
        assert self._login is not None
        return self._login

    @property
    def programme_id(self) -> int:
        return self.login.programme_id

    @property
    def books(self) -> Books:
        return self.floor.house.rewards.programmes[self.login.programme_id]

    @property
    def now_us(self) -> int:
        """The clock, never behind the journal's last time."""
        return self.floor.now_us()

    # ── what can be done ──────────────────────────────────────────────────────────────────────────────────────────────

    async def send(self, action: Action, part: tuple[str, msgspec.Struct] | None = None) -> RewardsApplied:
        """Carry out an action. Raises ``Failure`` if it is refused; then nothing was done.

        ``part`` is of the body: a request of its own, behind the key that it came with.
        """
        login = self.login
        idempotency = self._idempotency(part)
        try:
            record = encode(HOUSE, Rewards(login.programme_id, login.operator, action, idempotency))
        except ValueError as error:
            raise invalid(f"the request is too large for the journal: {error}; send less at a time", "") from None
        waiter = CommandWaiter()
        self.floor.runtime.submit(record, waiter)
        row, fact = await waiter.outcome
        login.last_seq = self.as_of_seq = max(login.last_seq, row[1])
        if fact is None:
            unnamed = refused(row, action, self.books)
            if row[2] == Reject.TEXT_NOT_PRINTABLE:
                raise unprintable(self._body if part is None else part[1]) or unnamed
            raise unnamed
        return fact

    def see_all(self) -> None:
        """Let the reads of this call wait also for what others did until now: a run's steps are nobody's own write."""
        self._seen_seq = self.floor.runtime.durable_seq

    async def read(
        self, question: Callable[Concatenate[Connection, _P], _T], *args: _P.args, **kwargs: _P.kwargs
    ) -> _T:
        """What a question over the history says. Raises ``ServiceTimeout``, ``Failure``."""
        login, history = self.login, self.floor.history
        questions_max = self.floor.limits.history_queries_in_flight_max
        if login.questions >= questions_max:
            raise Failure(
                Code.TOO_MANY_REQUESTS,
                f"{questions_max} questions of this token are being read already; wait for their answers",
                "history_queries_in_flight_max",
            )
        login.questions += 1
        try:
            await history.wait_for(max(login.last_seq, self._seen_seq))
            self.as_of_seq = history.seq
            return await history.ask(question, *args, **kwargs)
        finally:
            login.questions -= 1

    def _idempotency(self, part: tuple[str, msgspec.Struct] | None) -> Idempotency | None:
        """A method that sends several commands has a name for each: its part's key, or their order."""
        if part is not None:
            return self._named(b"part\0" + part[0].encode(), part[1])
        if self._key is None:
            return None
        assert isinstance(self._body, Body)
        name = b"%b\0%d" % (self._key, self._sent)
        self._sent += 1
        return self._named(name, replace(self._body, token="", fields_set=msgspec.UNSET))

    def _named(self, key: bytes, body: msgspec.Struct) -> Idempotency:
        return self.floor.repeats.named(self.method.path.encode() + b"\0" + key, body)


def _checked_key(key: bytes) -> bytes:
    if not 0 < len(key) <= _KEY_LENGTH_MAX or not all(0x20 <= byte < 0x7F for byte in key):
        raise invalid(
            f"Idempotency-Key has {len(key)} bytes; it takes 1 to {_KEY_LENGTH_MAX} printable ASCII characters",
            "Idempotency-Key",
        )
    return key
