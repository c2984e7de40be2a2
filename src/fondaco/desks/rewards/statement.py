"""The statement of a receivable: every posting of the ledger on it, with the balance after each, as one long answer.

It is read from the projections a page at a time by its last position, and each page goes out before the next is read:
the first byte leaves after two questions, and memory holds one page, however long the statement is. Opening balance
plus debits less credits is the closing balance, line by line as the ledger posted them. The end is fixed when the first
page is read, so what is posted meanwhile does not come in.

Known limit: a page that cannot be read any more (history is being rebuilt) ends the connection in the middle, since the
status was sent; such an answer has no closing bracket, or no closing line.

Source: rewards.notes.md, Beyond the product.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Any, Final

from msgspec import UNSET
from msgspec.structs import replace

from fondaco.core.purposes import MERCHANT_RECEIVABLE
from fondaco.core.rewards import entities as e
from fondaco.core.rewards.entities import EntityKind
from fondaco.desks.rewards import translate
from fondaco.desks.rewards.answering import time_or_none, view_of
from fondaco.desks.rewards.exporting import lines, refuse_fields_set
from fondaco.desks.rewards.failure import invalid
from fondaco.desks.rewards.fields_set import selected
from fondaco.desks.rewards.method import Stream
from fondaco.desks.rewards.resolve import entity_of
from fondaco.projections.rewards_reads import Position, StatementEntry, balance_before, statement_entries
from fondaco.wire.rewards.base import ENCODER, OK
from fondaco.wire.rewards.receivable_requests import Statement, StatementRequest
from fondaco.wire.rewards.receivables import StatementLine

if TYPE_CHECKING:
    from fondaco.desks.rewards.call import Call
    from fondaco.desks.rewards.view import View

PAGE: Final = 500
COLUMNS: Final = ("posted_on", "type", "document", "debit_amount", "credit_amount", "balance_amount")


async def statement(call: Call, body: StatementRequest) -> Stream:
    receivable: e.Receivable = entity_of(
        call, EntityKind.RECEIVABLE, body.accounts_receivable_identifier, "accounts_receivable_identifier"
    )
    start_us = time_or_none(call, body.from_date, "from_date")
    end_us = time_or_none(call, body.to_date, "to_date")
    if end_us and end_us <= start_us:
        raise invalid(f"to_date {body.to_date} is not after from_date; it is the first moment left out", "to_date")
    if body.format == "csv":
        refuse_fields_set(body)
    call.see_all()
    pages = _Pages(call, view_of(call), receivable, start_us, end_us or call.now_us + 1)
    head = await pages.begin(start_us, end_us)
    name = f"{head.accounts_receivable.number}.{body.format}"
    if body.format == "csv":
        return Stream("text/csv; charset=utf-8", _as_csv(head, pages), name)
    pick = _picker(body.fields_set if body.fields_set is not UNSET else "")
    return Stream("application/json", _as_json(head, pages, pick))


class _Pages:
    """The lines of a statement, a page at a time. ``owed_units`` is the balance after the last that was read."""

    def __init__(self, call: Call, view: View, receivable: e.Receivable, start_us: int, end_us: int) -> None:
        self._call = call
        self._view = view
        self._receivable = receivable
        self._account = (call.programme_id, MERCHANT_RECEIVABLE, receivable.number, receivable.currency)
        self._start_us = start_us
        self._end_us = end_us
        self._first: list[StatementEntry] = []
        self.owed_units = 0

    async def begin(self, start_us: int, end_us: int) -> Statement:
        """The head of the statement; its first page is read, so that what can fail has failed."""
        view, currency = self._view, self._receivable.currency
        self.owed_units = -await self._call.read(balance_before, *self._account, self._start_us)
        self._first = await self._read(None)
        return Statement(
            accounts_receivable=translate.receivable(view, self._receivable.number),
            currency=translate.currency(view, currency),
            from_date=view.date_or_none(start_us),
            to_date=view.date_or_none(end_us),
            opening_balance=view.amount(self.owed_units, currency),
            lines=[],
            closing_balance=view.amount(self.owed_units, currency),
        )

    async def lines(self) -> AsyncIterator[list[StatementLine]]:
        page = self._first
        while page:
            yield [self._line(entry) for entry in page]
            self.owed_units = -page[-1].balance_units
            page = await self._read(page[-1].position) if len(page) == PAGE else []

    def end(self, head: Statement) -> Statement:
        return replace(head, closing_balance=self._view.amount(self.owed_units, self._receivable.currency))

    async def _read(self, after: Position | None) -> list[StatementEntry]:
        return await self._call.read(statement_entries, *self._account, self._start_us, self._end_us, after, PAGE)

    def _line(self, entry: StatementEntry) -> StatementLine:
        view, currency = self._view, self._receivable.currency
        return StatementLine(
            posted_on=view.date(entry.time_us),
            type=entry.kind.name,
            document=view.reference(entry.kind, entry.document),
            debit_amount=view.amount(max(-entry.change_units, 0), currency),
            credit_amount=view.amount(max(entry.change_units, 0), currency),
            balance_amount=view.amount(-entry.balance_units, currency),
        )


_Pick = Callable[[Statement], dict[str, Any]]


def _picker(fields_set: str) -> _Pick:
    """Which fields of the statement are answered. Raises ``Failure`` for what it has not."""

    def picked(whole: Statement) -> dict[str, Any]:
        if not fields_set:
            return {name: getattr(whole, name) for name in whole.__struct_fields__}
        found = selected(whole, fields_set, Statement)
        assert isinstance(found, dict)
        return found

    return picked


async def _as_json(head: Statement, pages: _Pages, pick: _Pick) -> AsyncIterator[bytes]:
    """The document's envelope around a statement whose lines and closing balance come last."""
    first = pick(head)
    lasting = ("lines", "closing_balance")
    members = [_member(name, value) for name, value in first.items() if name not in lasting]
    yield b'{"data":{' + b",".join(members)
    comma = b"," if members else b""
    if "lines" in first:
        yield comma + b'"lines":['
        is_first = True
        async for lines in pages.lines():
            shown = ENCODER.encode(pick(replace(head, lines=lines))["lines"])[1:-1]
            yield shown if is_first else b"," + shown
            is_first = False
        yield b"]"
        comma = b","
    elif "closing_balance" in first:
        async for _ in pages.lines():
            pass
    if "closing_balance" in first:
        yield comma + _member("closing_balance", pages.end(head).closing_balance)
    yield b"}," + _member("status", OK) + b"}"


def _member(name: str, value: object) -> bytes:
    return b'"' + name.encode() + b'":' + ENCODER.encode(value)


async def _as_csv(head: Statement, pages: _Pages) -> AsyncIterator[bytes]:
    """A line for the opening balance, one for each posting, one for the closing balance; amounts as plain decimals."""
    yield lines([COLUMNS, (head.from_date, "OPENING_BALANCE", None, None, None, head.opening_balance)])
    async for page in pages.lines():
        yield lines([getattr(line, column) for column in COLUMNS] for line in page)
    yield lines([(head.to_date, "CLOSING_BALANCE", None, None, None, pages.end(head).closing_balance)])
