"""Putting, cancelling and looking up orders.

Put and cancel become commands; their answers are the order's record as it stands after matching. Open orders are asked
of the house, finished ones of the history, which is waited for, so nobody finds an order missing that he saw finish.

Source: exchange.md, Inquiry on User's Unfinished and Finished Orders; exchange.notes.md, Orders and Order entry.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

from fondaco.core.commands import CLIENT_ORDER_ID_LENGTH_MAX, OrderType, Side, encode_cancel, encode_place
from fondaco.core.events import Applied, Row, market_id_of
from fondaco.desks.exchange.caller import Caller, CommandWaiter, Pending, submit
from fondaco.desks.exchange.errors import Code, WireError, invalid
from fondaco.desks.exchange.method import method
from fondaco.desks.exchange.params import arity, array, integer, obj, options, page, period, printable
from fondaco.desks.exchange.refusals import Asked
from fondaco.desks.exchange.translate import (
    COUNT_MAX,
    TIME_IN_FORCE,
    Terms,
    kind_of,
    money_units,
    order_record,
    price_ticks,
    size_lots,
)
from fondaco.wire import exchange as wire

_ASK: Final = int(Side.ASK)
_BID: Final = int(Side.BID)
_LIMIT: Final = int(OrderType.LIMIT)
_MARKET: Final = int(OrderType.MARKET)
_GTC: Final = TIME_IN_FORCE["GTC"]
_IOC: Final = TIME_IN_FORCE["IOC"]

_OPTIONS: Final = ("client_order_id", "time_in_force")
_OPTIONS_LATER: Final = ("post_only", "stp", "display", "stop_price", "expire")
_TIME_IN_FORCE_LATER: Final = ("GTD",)


class OrderWaiter(CommandWaiter):
    """Waits for the answer of a put or a cancel."""

    __slots__ = ("_client_order_id", "_order_type", "_side", "_subject", "_terms")

    def __init__(
        self,
        caller: Caller,
        request_id: int | None,
        terms: Terms,
        side: int,
        order_type: int,
        client_order_id: str = "",
        subject: str = "",
    ) -> None:
        super().__init__(caller, request_id)
        self._terms = terms
        self._side = side
        self._order_type = order_type
        self._client_order_id = client_order_id
        self._subject = subject

    def result(self, row: Row, applied: Applied) -> wire.OrderRecord:
        if self._subject:
            return self._caller.floor.catalogue.record(row)
        return order_record(self._terms, row, client_order_id=self._client_order_id)

    def asked(self) -> Asked:
        return Asked(self._terms, self._side, self._order_type, self._subject)


def _put_limit(caller: Caller, params: list[Any], request_id: int | None) -> Pending:
    client_order_id, time_in_force = "", _GTC
    if len(params) != 4:
        arity(params, 4, 5, "market, side, amount, price, {options}?")
        client_order_id, time_in_force = _options(params[4], _GTC)
    terms = caller.floor.catalogue.market(params[0])
    side = _side(params[1])
    ticks = price_ticks(terms, params[3])
    lots = size_lots(terms, params[2])
    record = encode_place(
        caller.sender, terms.market_id, side, _LIMIT, time_in_force, ticks, lots, client_order_id.encode()
    )
    return submit(caller, record, OrderWaiter(caller, request_id, terms, side, _LIMIT, client_order_id))


def _put_market(caller: Caller, params: list[Any], request_id: int | None) -> Pending:
    arity(params, 3, 4, "market, side, amount, {options}?")
    client_order_id, time_in_force = "", _IOC
    if len(params) == 4:
        client_order_id, time_in_force = _options(params[3], _IOC)
        if time_in_force == _GTC:
            raise invalid("time_in_force GTC is for orders that can rest; a market order takes IOC or FOK")
    terms = caller.floor.catalogue.market(params[0])
    side = _side(params[1])
    amount = money_units(terms, params[2]) if side == _BID else size_lots(terms, params[2])
    record = encode_place(
        caller.sender, terms.market_id, side, _MARKET, time_in_force, 0, amount, client_order_id.encode()
    )
    return submit(caller, record, OrderWaiter(caller, request_id, terms, side, _MARKET, client_order_id))


def _cancel(caller: Caller, params: list[Any], request_id: int | None) -> Pending:
    arity(params, 2, 2, "market, id | {client_order_id}")
    terms = caller.floor.catalogue.market(params[0])
    order_id, client_order_id = _named_order(params[1])
    record = encode_cancel(caller.sender, terms.market_id, order_id, client_order_id.encode())
    subject = order_subject(order_id, client_order_id)
    return submit(caller, record, OrderWaiter(caller, request_id, terms, 0, 0, subject=subject))


async def _get(caller: Caller, params: list[Any], request_id: int | None) -> wire.OrderRecord:
    arity(params, 2, 2, "market, id | {client_order_id}")
    floor, user_id = caller.floor, caller.user_id()
    terms = floor.catalogue.market(params[0])
    order_id, client_order_id = _named_order(params[1])
    if client_order_id:
        order_id = floor.house.client_order(user_id, client_order_id) or 0
    row = floor.house.order(order_id) if order_id else None
    if row is not None:
        if market_id_of(row) != terms.market_id:
            raise _not_found(terms, order_id, client_order_id)
        if row[3] != user_id:
            raise WireError(Code.USER_NOT_MATCH, f"user not match: order {order_id} is another user's")
        return floor.catalogue.record(row)
    if not order_id:
        raise _not_found(terms, order_id, client_order_id)
    await floor.history.wait_for(floor.runtime.durable_seq)
    finished = await floor.history.finished_order(order_id)
    if finished is None or finished.market_id != terms.market_id:
        raise _not_found(terms, order_id, client_order_id)
    if finished.user_id != user_id:
        raise WireError(Code.USER_NOT_MATCH, f"user not match: order {order_id} was another user's")
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
        records = [floor.catalogue.record(row) for row in rows if row is not None]
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


def _side(value: object) -> int:
    if type(value) is not int or (value != _ASK and value != _BID):
        shown = value if type(value) is int else kind_of(value)
        raise invalid(f"side is {shown}; send 1 to sell (ask) or 2 to buy (bid)")
    return value


def _options(value: object, default: int) -> tuple[str, int]:
    """The client order id, empty for none, and the time in force."""
    given = options(value, _OPTIONS, _OPTIONS_LATER)
    client_order_id, time_in_force = "", default
    if "client_order_id" in given:
        client_order_id = _client_order_id(given["client_order_id"])
    if "time_in_force" in given:
        name = given["time_in_force"]
        found = TIME_IN_FORCE.get(name) if type(name) is str else None
        if found is None:
            if name in _TIME_IN_FORCE_LATER:
                raise invalid(f"time_in_force {name} comes in a later version; send GTC, IOC or FOK")
            shown = repr(name[:16]) if type(name) is str else kind_of(name)
            raise invalid(f"time_in_force is {shown}; send GTC, IOC or FOK")
        time_in_force = found
    return client_order_id, time_in_force


def _client_order_id(value: object) -> str:
    return printable(value, "client_order_id", CLIENT_ORDER_ID_LENGTH_MAX)


def _named_order(value: object) -> tuple[int, str]:
    """An order by its id, or by ``{client_order_id}``."""
    if type(value) is int:
        return integer(value, "id", 1, COUNT_MAX), ""
    if type(value) is not dict:
        raise invalid(f"id is {kind_of(value)}; send the order's id as an integer, or an object with client_order_id")
    given = obj(value, "id")
    if list(given) != ["client_order_id"]:
        raise invalid("an order is named by its id, or by an object with client_order_id alone")
    return 0, _client_order_id(given["client_order_id"])


def order_subject(order_id: int, client_order_id: str) -> str:
    return f"client_order_id {client_order_id}" if client_order_id else f"order {order_id}"


def _not_found(terms: Terms, order_id: int, client_order_id: str) -> WireError:
    sentence = f"order not found: {order_subject(order_id, client_order_id)} on {terms.name}"
    if client_order_id:
        sentence += "; a client_order_id is remembered for 24 hours after its order ended"
    return WireError(Code.ORDER_NOT_FOUND, sentence)


METHODS: Final = (
    method(
        "order.put_limit",
        "trade",
        "market, side, amount, price, {options}?",
        _put_limit,
        "Puts an order with a limit price.",
    ),
    method(
        "order.put_market",
        "trade",
        "market, side, amount, {options}?",
        _put_market,
        "Puts an order at the best prices there are; a buyer's amount is money.",
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
