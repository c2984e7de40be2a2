"""Tables as CSV, written as they are read: what a bookkeeper takes into a spreadsheet.

A table's first page is read before its answer begins, so that what can fail has failed; each page goes out before the
next is read, so memory holds one page, however long the table is. A list goes on from where its last page ended, not by
an offset, so every page costs the same. What is posted meanwhile does not come in, but into a list by due date, where
it may belong further down.

Amounts are plain decimals, a thing that is referred to is its number or its code, what is not known is empty.

Known limit: a page that cannot be read any more (history is being rebuilt) ends the connection in the middle, since the
status was sent.
"""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from msgspec import UNSET

from fondaco.core.rewards.entities import EntityKind
from fondaco.desks.rewards.failure import invalid
from fondaco.desks.rewards.method import Stream
from fondaco.projections.rewards_reads import DocumentFilter, Place, documents_before
from fondaco.wire.rewards.base import Body

if TYPE_CHECKING:
    from fondaco.desks.rewards.call import Call

#: Rows that are translated in one turn of the loop, some 3 ms.
PAGE: Final = 100

Row = Sequence[object]


def refuse_fields_set(body: Body) -> None:
    """A table has its columns. Raises ``Failure``."""
    if body.fields_set is not UNSET:
        raise invalid("fields_set selects fields of JSON; leave it out, or take format json", "fields_set")


async def exported(
    call: Call,
    body: Body,
    name: str,
    kind: EntityKind,
    wanted: DocumentFilter,
    columns: Sequence[str],
    show: Callable[[list[Any]], Iterable[object]],
) -> Stream:
    """All documents that a filter chooses, newest first. ``show`` makes of entities what has the columns as fields."""
    refuse_fields_set(body)

    async def pages() -> AsyncIterator[list[Row]]:
        place: Place | None = None
        while True:
            found, place = await call.read(documents_before, call.programme_id, kind, wanted, place, PAGE)
            yield [[getattr(each, column) for column in columns] for each in show(found)]
            if len(found) < PAGE:
                return

    return await table(name, columns, pages())


async def table(name: str, columns: Sequence[str], pages: AsyncIterator[list[Row]]) -> Stream:
    """``name`` is the file's, without its ending. What raises before the first page is there is refused as usual."""
    first: list[Row] = await anext(pages, [])
    return Stream("text/csv; charset=utf-8", _pieces(columns, first, pages), f"{name}.csv")


async def _pieces(columns: Sequence[str], first: list[Row], pages: AsyncIterator[list[Row]]) -> AsyncIterator[bytes]:
    yield lines([columns, *first])
    async for page in pages:
        yield lines(page)


def lines(rows: Iterable[Row]) -> bytes:
    """Rows as CSV has them."""
    text = io.StringIO()
    csv.writer(text).writerows([_cell(value) for value in row] for row in rows)
    return text.getvalue().encode()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, str):
        return value
    name: str = value.number if hasattr(value, "number") else value.code
    return name
