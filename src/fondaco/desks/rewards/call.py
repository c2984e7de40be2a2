"""One request of the rewards desk: who asks, about which programme, and the two ways to an answer.

``send`` journals a command and returns what it did; ``read`` asks the projections, after they have what this caller
wrote last. What is in the core's books is read at once.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

import msgspec
from sqlalchemy import Connection

from fondaco.core.command_records import encode
from fondaco.core.commands import HOUSE, Rewards
from fondaco.core.events import Applied, EventKind, Row
from fondaco.core.rewards.actions import Action, Idempotency
from fondaco.core.rewards.books import Books
from fondaco.core.rewards.entities import Currency, EntityKind, Operator
from fondaco.core.rewards.facts import RewardsApplied
from fondaco.desks.rewards.failure import Code, Failure, not_found
from fondaco.desks.rewards.identifiers import id_of, parsed, place_of
from fondaco.desks.rewards.refusals import failure
from fondaco.desks.rewards.session import Session
from fondaco.projections.history import ServiceTimeout
from fondaco.wire.rewards.base import Identifier

if TYPE_CHECKING:
    from fondaco.desks.rewards.desk import RewardsDesk

_P = ParamSpec("_P")
_T = TypeVar("_T")
_KEY_BODY = msgspec.json.Encoder(order="sorted", decimal_format="string")


class Call:
    """``session`` is ``None`` before a login; ``operator`` then as well."""

    def __init__(
        self,
        desk: RewardsDesk,
        path: str,
        address: str,
        *,
        session: Session | None = None,
        operator: Operator | None = None,
        idempotency: Idempotency | None = None,
        authorization: str = "",
    ) -> None:
        self.desk = desk
        self.path = path
        self.address = address
        self.session = session
        self.operator = operator
        self.authorization = authorization
        self.as_of_seq = 0
        self._idempotency = idempotency

    @property
    def programme_id(self) -> int:
        return self._session.programme_id

    @property
    def books(self) -> Books:
        return self.desk.house.rewards.programmes[self.programme_id]

    @property
    def now_us(self) -> int:
        """The time that a command sent now would have."""
        return self.desk.now_us()

    # ── answers ───────────────────────────────────────────────────────────────────────────────────────────────────────

    async def send(self, action: Action, currency: Currency | None = None) -> RewardsApplied:
        """Do it, durably. ``currency`` is what a refusal's amounts are told in. Raises ``Failure``."""
        operator = 0 if self.operator is None else self.operator.number
        record = encode(HOUSE, Rewards(self.programme_id, operator, action, self._idempotency))
        waiter = _Waiter()
        self.desk.runtime.submit(record, waiter)
        row, applied = await waiter.outcome
        self._session.last_seq = max(self._session.last_seq, row[1])
        self.as_of_seq = row[1]
        if row[0] & 0xFF == EventKind.REJECT:
            raise failure(row[2], row[4], row[5], currency)
        fact = applied.facts[row[2]]
        assert isinstance(fact, RewardsApplied)
        return fact

    async def read(
        self, question: Callable[Concatenate[Connection, _P], _T], *args: _P.args, **kwargs: _P.kwargs
    ) -> _T:
        """Ask the projections, which then have all that this caller wrote. Raises ``Failure``."""
        history = self.desk.history
        try:
            await history.wait_for(self._session.last_seq)
            self.as_of_seq = history.seq
            return await history.ask(question, *args, **kwargs)
        except ServiceTimeout as error:
            raise Failure(Code.UNAVAILABLE, str(error)) from None

    @property
    def _session(self) -> Session:
        assert self.session is not None, "the method needs a login"
        return self.session

    # ── names ─────────────────────────────────────────────────────────────────────────────────────────────────────────

    def id(self, kind: EntityKind, number: int) -> str:
        return id_of(self.programme_id, kind, number)

    def number(self, kind: EntityKind, given: Identifier, field: str) -> int:
        """The number that an identifier names. Raises ``Failure`` unless exactly one of its fields is given, and right.

        Whether something has the number is for the caller to see: here it is only read.
        """
        named = {name: text for name, text in msgspec.structs.asdict(given).items() if text is not None}
        if len(named) != 1:
            names = ", ".join(msgspec.structs.asdict(given))
            raise Failure(
                Code.MISSING_PARAMETER if not named else Code.INVALID_REQUEST,
                f"{field} has {len(named)} of {names}; give exactly one",
                field,
            )
        ((name, text),) = named.items()
        what = kind.name.lower().replace("_", " ")
        number = 0
        if name == "id":
            place = place_of(text)
            if place is not None and place[0] == self.programme_id:
                if place[1] is not kind and kind is EntityKind.PURCHASE:
                    raise Failure(Code.WRONG_EVENT_TYPE, f"this is a {place[1].name.lower()}, no purchase", field)
                number = place[2] if place[1] is kind else 0
        elif name == "number":
            number = parsed(kind, text)
        elif name == "reference_number":
            number = self.books.purchase_by_reference(text) or 0
        else:
            number = self._codes(kind).get(text, 0)
        if not number:
            raise not_found(what, f"{field}.{name}")
        return number

    def _codes(self, kind: EntityKind) -> dict[str, int]:
        books = self.books
        return {
            EntityKind.CURRENCY: books.currency_codes,
            EntityKind.MERCHANT: books.merchant_codes,
            EntityKind.UNIT: books.unit_codes,
            EntityKind.PARTICIPANT: books.participant_codes,
        }.get(kind, {})

    def currency(self, code: str, field: str) -> Currency:
        """A currency of the programme by its code. Raises ``Failure``."""
        number = self.books.currency_codes.get(code)
        if number is None:
            raise not_found("currency", field)
        return self.books.currencies[number]


def idempotency_of(path: str, key: str | None, body: msgspec.Struct) -> Idempotency | None:
    """What the core remembers a request by: a hash of method and key, and one of the body without its token.

    Raises ``Failure`` for a key that is none.
    """
    if key is None:
        return None
    if not (1 <= len(key) <= 255 and key.isascii() and key.isprintable()):
        raise Failure(
            Code.INVALID_REQUEST, "an Idempotency-Key has 1 to 255 printable ASCII characters", "Idempotency-Key"
        )
    content = msgspec.to_builtins(body, builtin_types=())
    content.pop("token", None)
    return Idempotency(_hash(f"{path}\n{key}".encode()), _hash(_KEY_BODY.encode(content)))


def _hash(content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=16).digest()


class _Waiter:
    """Waits for the answer of one command."""

    __slots__ = ("outcome",)

    def __init__(self) -> None:
        self.outcome: asyncio.Future[tuple[Row, Applied]] = asyncio.get_running_loop().create_future()

    def answered(self, row: Row, applied: Applied) -> None:
        if not self.outcome.done():
            self.outcome.set_result((row, applied))

    def failed(self, reason: str) -> None:
        if not self.outcome.done():
            self.outcome.set_exception(Failure(Code.UNAVAILABLE, reason))
