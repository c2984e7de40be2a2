"""Reading the rewards desk's documents, statements, events and runs.

A list is chosen by at most one column's index; what it names besides is looked at document by document, within the one
that holds the fewest: a participant's, an award's purchase, a credit note's invoice. Each value of ``status`` it wants
is a range of that index, in order, and a page is a merge of up to four such ranges. So it costs its offset + limit,
about a microsecond each, not the length of history. Statements are read forward a page at a time, each page a range of
the account's own tree.

All functions take a connection inside one transaction. Times are microseconds, [start, end); end 0 is open.
"""

from __future__ import annotations

from collections.abc import Iterator
from heapq import merge
from itertools import islice
from typing import Any, Final, cast

import msgspec
from sqlalchemy import Connection, Select, bindparam, func, select, tuple_

from fondaco.core.rewards.entities import Award, DocumentState, Entity, EntityKind, Purchase
from fondaco.projections.rewards import status_of
from fondaco.projections.rewards_tables import reward_documents, reward_entries, reward_events, reward_run_rows

_NO_END_US: Final = 1 << 62
_DECODE: Final = msgspec.msgpack.Decoder(Entity).decode
_DECODE_PURCHASE: Final = msgspec.msgpack.Decoder(Purchase).decode

#: By kind, what its lists can be chosen by and in which column that lies, the fewest documents first.
CHOICES: Final[dict[EntityKind, dict[str, str]]] = {
    EntityKind.PURCHASE: {"participant": "account", "unit": "place", "merchant": "origin"},
    EntityKind.AWARD: {"purchase": "origin", "participant": "account"},
    EntityKind.INVOICE: {"receivable": "account"},
    EntityKind.CREDIT_NOTE: {"invoice": "origin", "receivable": "account"},
    EntityKind.PAYMENT: {"receivable": "account"},
    EntityKind.SPEND: {"participant": "account"},
    EntityKind.EXPIRY: {"participant": "account"},
    EntityKind.WRITE_OFF: {"receivable": "account"},
}
_FLAGGED: Final = {EntityKind.PURCHASE: "is_settled", EntityKind.INVOICE: "is_open"}
_STATELESS: Final = (EntityKind.EXPIRY, EntityKind.WRITE_OFF)


class DocumentFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which documents of a kind are wanted; 0 and ``None`` choose nothing. A kind takes what ``CHOICES`` says of it.

    ``is_settled`` is a purchase's, ``is_open`` (something is unsettled) and the due times an invoice's. The other times
    are the document's own: when a purchase was performed, an award posted, an invoice issued, a payment received.
    """

    merchant: int = 0
    participant: int = 0
    unit: int = 0
    purchase: int = 0
    receivable: int = 0
    invoice: int = 0
    state: DocumentState | None = None
    is_settled: bool | None = None
    is_open: bool | None = None
    start_us: int = 0
    end_us: int = 0
    due_start_us: int = 0
    due_end_us: int = 0


class StatementEntry(msgspec.Struct, frozen=True, gc=False):
    """One side of a posting: what it changed on the account and the balance after it, credit positive."""

    time_us: int
    seq: int
    line: int
    kind: EntityKind
    document: int
    change_units: int
    balance_units: int

    @property
    def position(self) -> Position:
        return self.time_us, self.seq, self.line


Position = tuple[int, int, int]
"""Where an entry stands in its account."""
Place = tuple[int, int]
"""Where a document stands in its list: (time_us, number)."""


class RewardEvent(msgspec.Struct, frozen=True):
    """What a webhook tells; ``n`` counts the events of a command. ``entity`` is as it was after that command."""

    seq: int
    n: int
    time_us: int
    type: str
    entity: Entity


class RunRow(msgspec.Struct, frozen=True, gc=False):
    """What a run made of a purchase: settled with an invoice (0: none was needed), or refused with a reject (not 0)."""

    purchase: int
    invoice: int
    reject: int
    bound: int
    value: int


_d, _s, _e, _r = reward_documents.c, reward_entries.c, reward_events.c, reward_run_rows.c

_OF_KIND = (_d.programme == bindparam("programme"), _d.kind == bindparam("kind"))
NUMBERS = select(_d.number).where(*_OF_KIND).order_by(_d.number.desc()).limit(bindparam("n")).offset(bindparam("first"))
BODIES = select(_d.number, _d.body).where(*_OF_KIND, _d.number.in_(bindparam("numbers", expanding=True)))
ORIGINS = select(_d.number, _d.origin).where(*_OF_KIND, _d.number.in_(bindparam("numbers", expanding=True)))

_ACCOUNT = (
    _s.programme == bindparam("programme"),
    _s.purpose == bindparam("purpose"),
    _s.owner == bindparam("owner"),
    _s.currency == bindparam("currency"),
)
_STANDS = (_s.time_us, _s.seq, _s.line)
ENTRIES = (
    select(*_STANDS, _s.kind, _s.document, _s.change_units, _s.balance_units)
    .where(
        *_ACCOUNT,
        tuple_(*_STANDS) > tuple_(bindparam("after_us"), bindparam("after_seq"), bindparam("after_line")),
        _s.time_us < bindparam("end_us"),
    )
    .order_by(*_STANDS)
    .limit(bindparam("n"))
)
BALANCE_BEFORE = (
    select(_s.balance_units)
    .where(*_ACCOUNT, _s.time_us < bindparam("time_us"))
    .order_by(*(column.desc() for column in _STANDS))
    .limit(1)
)
EVENTS = (
    select(_e.seq, _e.n, _e.time_us, _e.type, _e.body)
    .where(_e.programme == bindparam("programme"), _e.seq > bindparam("seq"))
    .order_by(_e.seq, _e.n)
    .limit(bindparam("limit"))
)
EVENTS_WAITING = select(func.count()).select_from(
    select(_e.seq)
    .where(_e.programme == bindparam("programme"), _e.seq > bindparam("seq"))
    .limit(bindparam("limit"))
    .subquery()
)
REST_OF_EVENTS = (
    select(_e.seq, _e.n, _e.time_us, _e.type, _e.body)
    .where(_e.programme == bindparam("programme"), _e.seq == bindparam("seq"), _e.n > bindparam("n"))
    .order_by(_e.n)
)
RUN_ROWS = (
    select(_r.purchase, _r.invoice, _r.reject, _r.bound, _r.value)
    .where(
        _r.programme == bindparam("programme"), _r.run == bindparam("run"), _r.purchase > bindparam("after_purchase")
    )
    .order_by(_r.purchase)
    .limit(bindparam("limit"))
)


def documents_of(
    connection: Connection, programme_id: int, kind: EntityKind, wanted: DocumentFilter, offset: int, limit: int
) -> list[Entity]:
    """A page of documents of a kind, newest first by their own time (by the due time, where that is asked for).

    What a programme is made of is newest by its number, and takes no filter.
    """
    if kind in CHOICES:
        places = _places(connection, programme_id, kind, wanted, None, offset + limit)
        numbers = [number for _, number in places[offset:]]
    else:
        _refuse_others(kind, wanted, ())
        asked = {"programme": programme_id, "kind": kind, "n": limit, "first": offset}
        numbers = list(connection.execute(NUMBERS, asked).scalars())
    return _entities(connection, programme_id, kind, numbers)


def documents_before(
    connection: Connection,
    programme_id: int,
    kind: EntityKind,
    wanted: DocumentFilter,
    before: Place | None,
    limit: int,
) -> tuple[list[Entity], Place | None]:
    """The next of a list that is read to its end, newest first, and where the last of them stands.

    Each page begins where the one before it ended, so it costs what it holds, however far down the list it is.
    """
    places = _places(connection, programme_id, kind, wanted, before, limit)
    entities = _entities(connection, programme_id, kind, [number for _, number in places])
    return entities, places[-1] if places else None


def statement_entries(
    connection: Connection,
    programme_id: int,
    purpose: int,
    owner: int,
    currency: int,
    start_us: int,
    end_us: int,
    after: Position | None,
    limit: int,
) -> list[StatementEntry]:
    """Entries of an account in [start, end), oldest first; ``after`` is the position of the last one seen."""
    after_us, after_seq, after_line = after or (start_us, -1, -1)
    asked = {"after_us": after_us, "after_seq": after_seq, "after_line": after_line, "end_us": end_us or _NO_END_US}
    found = connection.execute(ENTRIES, _account(programme_id, purpose, owner, currency) | asked | {"n": limit})
    return [StatementEntry(time_us, seq, line, EntityKind(kind), *rest) for time_us, seq, line, kind, *rest in found]


def balance_before(
    connection: Connection, programme_id: int, purpose: int, owner: int, currency: int, time_us: int
) -> int:
    """What an account's balance was when everything before this moment had been posted."""
    asked = _account(programme_id, purpose, owner, currency) | {"time_us": time_us}
    return connection.execute(BALANCE_BEFORE, asked).scalar_one_or_none() or 0


def events_after(connection: Connection, programme_id: int, seq: int, limit: int) -> list[RewardEvent]:
    """Events of commands after ``seq``, at least ``limit`` if there are so many: a command's are never divided."""
    of_programme = {"programme": programme_id}
    rows = list(connection.execute(EVENTS, of_programme | {"seq": seq, "limit": limit}))
    if len(rows) == limit:
        rows += connection.execute(REST_OF_EVENTS, of_programme | {"seq": rows[-1].seq, "n": rows[-1].n}).all()
    return [RewardEvent(seq, n, time_us, type_, _DECODE(body)) for seq, n, time_us, type_, body in rows]


def events_waiting(connection: Connection, programme_id: int, seq: int, limit: int) -> int:
    """How many events of commands after ``seq`` there are, counted up to ``limit``."""
    return connection.execute(EVENTS_WAITING, {"programme": programme_id, "seq": seq, "limit": limit}).scalar_one()


def run_rows(
    connection: Connection,
    programme_id: int,
    run: int,
    after_purchase: int,
    limit: int,
    *,
    only_refused: bool = False,
) -> list[RunRow]:
    """What a run made of the purchases after one (0: from the first), in the order of their numbers."""
    statement = RUN_ROWS.where(_r.reject != 0) if only_refused else RUN_ROWS
    asked = {"programme": programme_id, "run": run, "after_purchase": after_purchase, "limit": limit}
    return [RunRow(*row) for row in connection.execute(statement, asked)]


def _account(programme_id: int, purpose: int, owner: int, currency: int) -> dict[str, int]:
    return {"programme": programme_id, "purpose": purpose, "owner": owner, "currency": currency}


def _entities(connection: Connection, programme_id: int, kind: EntityKind, numbers: list[int]) -> list[Entity]:
    if not numbers:
        return []
    if kind is EntityKind.AWARD:
        return [*_awards(connection, programme_id, numbers)]
    bodies = _bodies(connection, programme_id, kind, numbers)
    return [_DECODE(bodies[number]) for number in numbers]


def _places(
    connection: Connection,
    programme_id: int,
    kind: EntityKind,
    wanted: DocumentFilter,
    before: Place | None,
    limit: int,
) -> list[Place]:
    """The first of a list, or the first after a place: the merged ranges, one for each status."""
    statement = _range(kind, wanted, before)
    asked = {"programme": programme_id, "kind": kind, "n": limit}
    ranges = [_read(connection, statement, asked | {"status": status}) for status in _statuses(kind, wanted)]
    return list(islice(merge(*ranges, reverse=True), limit))


def _range(kind: EntityKind, wanted: DocumentFilter, before: Place | None) -> Select[tuple[int, int]]:
    """The documents of one status that the filter chooses, newest first; only those after a place, if one is given."""
    choices = CHOICES[kind]
    _refuse_others(kind, wanted, choices)
    is_by_due = bool(wanted.due_start_us or wanted.due_end_us)
    time = _d.due_us if is_by_due else _d.time_us
    chosen = [(_d[column], number) for name, column in choices.items() if (number := getattr(wanted, name))]
    where = [*_OF_KIND, _d.status == bindparam("status")]
    # Only the first is for the index to find; what is added to a column keeps the planner from another's index.
    where += [column == number if n == 0 else column + 0 == number for n, (column, number) in enumerate(chosen)]
    first_us, end_us = (wanted.due_start_us, wanted.due_end_us) if is_by_due else (wanted.start_us, wanted.end_us)
    where += [time >= first_us]
    # A place lies before the end, which the planner would seek instead and then read all there is above the place.
    where += [time < (end_us or _NO_END_US) if before is None else tuple_(time, _d.number) < before]
    if is_by_due and (wanted.start_us or wanted.end_us):
        where += [_d.time_us + 0 >= wanted.start_us, _d.time_us + 0 < (wanted.end_us or _NO_END_US)]
    return select(time, _d.number).where(*where).order_by(time.desc(), _d.number.desc()).limit(bindparam("n"))


def _refuse_others(kind: EntityKind, wanted: DocumentFilter, choices: Any) -> None:
    """A filter that a kind does not have is a mistake of the caller's."""
    own = {*choices, _FLAGGED.get(kind, "")}
    if kind in CHOICES:
        own |= {"start_us", "end_us"} | ({"state"} if kind not in _STATELESS else set())
    if kind is EntityKind.INVOICE:
        own |= {"due_start_us", "due_end_us"}
    unset = DocumentFilter()
    for name in DocumentFilter.__struct_fields__:
        if name not in own and getattr(wanted, name) != getattr(unset, name):
            allowed = ", ".join(sorted(own - {""})) or "nothing"
            raise ValueError(f"{kind.name} documents are not listed by {name}; they are by {allowed}")


def _statuses(kind: EntityKind, wanted: DocumentFilter) -> list[int]:
    states = [wanted.state] if wanted.state is not None else list(DocumentState)
    if kind in _STATELESS:
        states = [DocumentState.POSTED]
    flag = getattr(wanted, _FLAGGED[kind]) if kind in _FLAGGED else False
    flags = [flag] if flag is not None else [False, True]
    return [status_of(state, is_flagged=is_flagged) for state in states for is_flagged in flags]


def _read(connection: Connection, statement: Select[tuple[int, int]], asked: dict[str, int]) -> Iterator[Place]:
    with connection.execute(statement, asked) as found:
        yield from cast("Iterator[Place]", map(tuple, found))


def _bodies(connection: Connection, programme_id: int, kind: EntityKind, numbers: list[int]) -> dict[int, bytes]:
    asked = {"programme": programme_id, "kind": kind, "numbers": numbers}
    return dict(map(tuple, connection.execute(BODIES, asked)))


def _awards(connection: Connection, programme_id: int, numbers: list[int]) -> Iterator[Award]:
    """Awards stand in their purchases."""
    asked = {"programme": programme_id, "kind": EntityKind.AWARD, "numbers": numbers}
    origins = dict(map(tuple, connection.execute(ORIGINS, asked)))
    bodies = _bodies(connection, programme_id, EntityKind.PURCHASE, sorted(set(origins.values())))
    purchases = {number: _DECODE_PURCHASE(body) for number, body in bodies.items()}
    for number in numbers:
        yield next(award for award in purchases[origins[number]].awards if award.number == number)
