"""Putting, cancelling and looking up orders.

Put and cancel become commands; their answers are the order's record as it stands after matching. Open orders are asked
of the house, finished ones of the history, which is waited for, so nobody finds an order missing that he saw finish.

Source: exchange.md, Inquiry on User's Unfinished and Finished Orders; exchange.notes.md, Orders and Order entry.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

from msgspec.structs import replace

from fondaco.core.applied import Applied
from fondaco.core.command_records import encode, encode_cancel, encode_place
from fondaco.core.commands import OrderType, TimeInForce
from fondaco.core.events import Row
from fondaco.desks.exchange.caller import Caller, CommandWaiter, Pending, submit
from fondaco.desks.exchange.errors import Code, WireError
from fondaco.desks.exchange.method import method
from fondaco.desks.exchange.order_entry import (
    LIMIT_PARAMS,
    MARKET_PARAMS,
    STOP_PARAMS,
    Entry,
    check_trail,
    limit_order,
    market_order,
    side,
    stop_order,
)
from fondaco.desks.exchange.order_names import (
    asked_of,
    asked_of_place,
    named_order,
    not_found,
    open_order,
    order_subject,
)
from fondaco.desks.exchange.order_record import record
from fondaco.desks.exchange.params import arity, array, page, period
from fondaco.desks.exchange.refusals import Asked, another_users, not_open
from fondaco.desks.exchange.translate import Terms, price_ticks, size_lots
from fondaco.wire import exchange as wire

_LIMIT: Final = int(OrderType.LIMIT)
_GTC: Final = int(TimeInForce.GTC)


class OrderWaiter(CommandWaiter):
    """Waits for the answer of a put, an amend or a cancel. ``named`` is how an order was named that was there before.

    Of one that is to be cancelled the side is not known.
    """

    __slots__ = ("_client_order_id", "_in_other_unit", "_named", "_order_type", "_side", "_terms")

    def __init__(
        self,
        caller: Caller,
        request_id: int | None,
        terms: Terms,
        side: int,
        order_type: int,
        client_order_id: str = "",
        named: tuple[int, str] | None = None,
        in_other_unit: bool = False,
    ) -> None:
        super().__init__(caller, request_id)
        self._terms = terms
        self._side = side
        self._order_type = order_type
        self._client_order_id = client_order_id
        self._named = named
        self._in_other_unit = in_other_unit

    def result(self, row: Row, applied: Applied) -> wire.OrderRecord:
        catalogue = self._caller.floor.catalogue
        if self._named is not None:
            return catalogue.answer(row, applied)
        options = catalogue.batch_options.of(row, applied)
        return record(self._terms, row, options, client_order_id=self._client_order_id)

    def asked(self) -> Asked:
        caller, terms, side, order_type = self._caller, self._terms, self._side, self._order_type
        if self._named is None:
            return asked_of_place(
                caller, terms, side, order_type, self._client_order_id, in_other_unit=self._in_other_unit
            )
        asked = asked_of(caller, terms, *self._named)
        return replace(asked, side=side, order_type=order_type, is_amended=True) if side else asked


def _put_limit(caller: Caller, params: list[Any], request_id: int | None) -> Pending:
    if len(params) != 4:
        return _put(caller, limit_order(caller.floor.catalogue, params), request_id)
    terms = caller.floor.catalogue.market(params[0])
    order_side = side(params[1])
    ticks = price_ticks(terms, params[3])
    lots = size_lots(terms, params[2])
    placed = encode_place(caller.sender, terms.market_id, order_side, _LIMIT, _GTC, ticks, lots)
    return submit(caller, placed, OrderWaiter(caller, request_id, terms, order_side, _LIMIT))


def _put_market(caller: Caller, params: list[Any], request_id: int | None) -> Pending:
    return _put(caller, market_order(caller.floor.catalogue, params), request_id)


def _put_stop(caller: Caller, params: list[Any], request_id: int | None) -> Pending:
    return _put(caller, stop_order(caller.floor.catalogue, params), request_id)


def _put(caller: Caller, entry: Entry, request_id: int | None) -> Pending:
    check_trail(caller.floor.house, caller.user_id(), entry)
    place = entry.place
    waiter = OrderWaiter(
        caller,
        request_id,
        entry.terms,
        place.side,
        place.order_type,
        place.client_order_id,
        in_other_unit=place.in_other_unit,
    )
    return submit(caller, encode(caller.sender, place), waiter)


def _cancel(caller: Caller, params: list[Any], request_id: int | None) -> Pending:
    arity(params, 2, 2, "market, id | {client_order_id}")
    terms = caller.floor.catalogue.market(params[0])
    order_id, name = named_order(params[1])
    cancel = encode_cancel(caller.sender, terms.market_id, order_id, name.encode())
    return submit(caller, cancel, OrderWaiter(caller, request_id, terms, 0, 0, named=(order_id, name)))


async def _get(caller: Caller, params: list[Any], request_id: int | None) -> wire.OrderRecord:
    arity(params, 2, 2, "market, id | {client_order_id}")
    floor, user_id = caller.floor, caller.user_id()
    terms = floor.catalogue.market(params[0])
    order_id, name = named_order(params[1])
    row = open_order(caller, terms, order_id, name)
    if row is not None:
        return floor.catalogue.open_record(row)
    if name:
        order_id = floor.house.client_order(user_id, name) or 0
    if not order_id:
        raise not_found(terms, order_id, name)
    await floor.history.wait_for(floor.runtime.durable_seq)
    finished = await floor.history.finished_order(order_id)
    if finished is None or (finished.market_id != terms.market_id and finished.user_id != user_id):
        raise not_found(terms, order_id, name)
    if finished.user_id != user_id:
        raise WireError(Code.USER_NOT_MATCH, another_users(f"order {order_id}"))
    if finished.market_id != terms.market_id:
        where = floor.catalogue.terms(finished.market_id).name
        raise WireError(Code.ORDER_NOT_FOUND, not_open(order_subject(order_id, name), terms.name, where))
    return floor.catalogue.finished_record(finished)


async def _query(caller: Caller, params: list[Any], request_id: int | None) -> dict[str, wire.OrderPage]:
    arity(params, 3, 3, "[markets], offset, limit")
    floor = caller.floor
    offset, limit = page(params[1], params[2], floor.limits.query_rows_max)
    names = [params[0]] if type(params[0]) is str else array(params[0], "markets", len(floor.house.markets) + 1)
    markets = [floor.catalogue.market(name) for name in names] if names else list(floor.catalogue.markets())
    # A turn of its own: a user with many open orders does not keep others waiting for more than one such walk.
    await asyncio.sleep(0)
    found = floor.house.open_pages(caller.user_id(), offset, limit)
    pages = {}
    for terms in markets:
        total, order_ids = found.get(terms.market_id, (0, []))
        rows = map(floor.house.order, order_ids)
        records = [floor.catalogue.open_record(row) for row in rows if row is not None]
        pages[terms.name] = wire.OrderPage(limit, offset, total, records)
    return pages


async def _history(caller: Caller, params: list[Any], request_id: int | None) -> wire.OrderPage:
    arity(params, 5, 5, "market, start_time, end_time, offset, limit")
    floor, user_id = caller.floor, caller.user_id()
    terms = floor.catalogue.market(params[0])
    start_s, end_s = period(params[1], params[2])
    offset, limit = page(params[3], params[4], floor.limits.query_rows_max)
    await floor.history.wait_for(floor.runtime.durable_seq)
    total, finished = await floor.history.finished_orders(user_id, terms.market_id, start_s, end_s, offset, limit)
    return wire.OrderPage(limit, offset, total, [floor.catalogue.finished_record(order) for order in finished])


METHODS: Final = (
    method(
        "order.put_limit",
        "trade",
        LIMIT_PARAMS,
        _put_limit,
        "Puts an order with a limit price.",
    ),
    method(
        "order.put_market",
        "trade",
        MARKET_PARAMS,
        _put_market,
        "Puts an order at the best prices there are; a buyer's amount is money.",
    ),
    method(
        "order.put_stop",
        "trade",
        STOP_PARAMS,
        _put_stop,
        "Puts an order that waits until the last price reaches its stop price.",
    ),
    method(
        "order.cancel",
        "trade",
        "market, id | {client_order_id}",
        _cancel,
        "Cancels an open order.",
        for_disabled=True,
    ),
    method("order.get", "read", "market, id | {client_order_id}", _get, "One order, open or finished.", reads=True),
    method(
        "order.query",
        "read",
        "[markets], offset, limit",
        _query,
        "Your open orders, newest first, by market.",
        reads=True,
    ),
    method(
        "order.history",
        "read",
        "market, start_time, end_time, offset, limit",
        _history,
        "Your finished orders, by the time they were put.",
        reads=True,
    ),
)
