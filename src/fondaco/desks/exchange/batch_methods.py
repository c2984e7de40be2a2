"""Many orders in one request: put, or cancelled, each by itself.

A row is what the single method takes, and is answered as that would be: an error or a result, in the row's own place.
A row that is malformed, or refused, does not stop the others. The rows become commands in their order, next to each
other in the inbox; there is no transaction around them.

Bounds: 100 rows. Each counts as a request under way of its connection, so that nobody fills the inbox with batches;
the rate of requests counts the batch as one.
Source: exchange.notes.md, Order entry.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from fondaco.core.applied import Applied
from fondaco.core.command_records import encode, encode_cancel
from fondaco.core.events import EventKind, Row, kind_of
from fondaco.desks.exchange.caller import PENDING, Caller, Pending
from fondaco.desks.exchange.errors import Code, WireError, invalid
from fondaco.desks.exchange.method import method
from fondaco.desks.exchange.order_entry import check_trail, limit_order
from fondaco.desks.exchange.order_names import asked_of, asked_of_place, named_order
from fondaco.desks.exchange.params import arity, array
from fondaco.desks.exchange.refusals import Asked, refusal
from fondaco.wire import exchange as wire

ROWS_MAX: Final = 100

#: Reads one row: the command's record, and what a refusal of it speaks of.
ReadRow = Callable[[Any], tuple[bytes, Callable[[], Asked]]]


class _Batch:
    """One request; answered when all of its rows are."""

    def __init__(self, caller: Caller, request_id: int | None, rows: int) -> None:
        self._caller = caller
        self._request_id = request_id
        self._entries: list[wire.BatchEntry | None] = [None] * rows
        self._open = rows

    def result(self, place: int, record: wire.OrderRecord) -> None:
        self._fill(place, wire.BatchEntry(None, record))

    def error(self, place: int, error: WireError) -> None:
        self._fill(place, wire.BatchEntry(wire.ErrorBody(error.code, error.message), None))

    def _fill(self, place: int, entry: wire.BatchEntry) -> None:
        self._entries[place] = entry
        self._open -= 1
        if not self._open:
            self._caller.reply(self._request_id, self._entries)


class _RowWaiter:
    """Waits for the command of one row."""

    __slots__ = ("_asked", "_batch", "_caller", "_place")

    def __init__(self, caller: Caller, batch: _Batch, place: int, asked: Callable[[], Asked]) -> None:
        self._caller = caller
        self._batch = batch
        self._place = place
        self._asked = asked

    def answered(self, row: Row, applied: Applied) -> None:
        if kind_of(row) == EventKind.REJECT:
            self._batch.error(self._place, refusal(row, self._asked()))
        else:
            self._batch.result(self._place, self._caller.floor.catalogue.answer(row, applied))
        self._caller.command_ended()

    def failed(self, reason: str) -> None:
        self._batch.error(self._place, WireError(Code.SERVICE_UNAVAILABLE, reason))
        self._caller.command_ended()


def _put(caller: Caller, params: list[Any], request_id: int | None) -> Pending:
    catalogue = caller.floor.catalogue

    def read(row: Any) -> tuple[bytes, Callable[[], Asked]]:
        entry = limit_order(catalogue, array(row, "an order", 5))
        check_trail(caller.floor.house, caller.user_id(), entry)
        terms, place = entry.terms, entry.place
        name = place.client_order_id
        return encode(caller.sender, place), partial(asked_of_place, caller, terms, place.side, place.order_type, name)

    return _obey_rows(caller, _rows(params, "orders"), read, request_id)


def _cancel(caller: Caller, params: list[Any], request_id: int | None) -> Pending:
    arity(params, 2, 2, "market, [id | {client_order_id}, …]")
    terms = caller.floor.catalogue.market(params[0])

    def read(row: Any) -> tuple[bytes, Callable[[], Asked]]:
        order_id, name = named_order(row)
        record = encode_cancel(caller.sender, terms.market_id, order_id, name.encode())
        return record, partial(asked_of, caller, terms, order_id, name)

    return _obey_rows(caller, _rows(params[1], "ids"), read, request_id)


def _rows(value: object, name: str) -> list[Any]:
    rows = array(value, name, ROWS_MAX)
    if not rows:
        raise invalid(f"{name} is empty; send 1 to {ROWS_MAX}")
    return rows


def _obey_rows(caller: Caller, rows: list[Any], read: ReadRow, request_id: int | None) -> Pending:
    batch = _Batch(caller, request_id, len(rows))
    for place, row in enumerate(rows):
        try:
            record, asked = read(row)
        except WireError as error:
            batch.error(place, error)
        else:
            caller.command_sent()
            caller.floor.runtime.submit(record, _RowWaiter(caller, batch, place, asked))
    return PENDING


METHODS: Final = (
    method(
        "order.batch_put",
        "trade",
        "[market, side, amount, price, {options}?], …",
        _put,
        "Puts up to 100 limit orders; each row is answered by itself.",
    ),
    method(
        "order.batch_cancel",
        "trade",
        "market, [id | {client_order_id}, …]",
        _cancel,
        "Cancels up to 100 orders of a market; each is answered by itself.",
        for_disabled=True,
    ),
)
