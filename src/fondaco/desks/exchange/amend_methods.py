"""Amending an open order in place: another amount, price, or stop price.

The numbers are read in the order's own units (a market bid that waits for its trigger is in money), so the order must
be known. One that was put by the same caller in the same breath is known when that put is answered: then its amend is
held until the commands before it are, and nothing else is.

Source: exchange.notes.md, Order entry.
"""

from __future__ import annotations

from typing import Any, Final

from fondaco.core.command_records import encode_amend
from fondaco.core.commands import Amend, OrderType
from fondaco.core.events import Row, is_by_money, is_waiting, order_type_of, side_of
from fondaco.desks.exchange.caller import PENDING, Caller, Pending, submit
from fondaco.desks.exchange.errors import Code, WireError, invalid
from fondaco.desks.exchange.method import Method, method
from fondaco.desks.exchange.order_methods import OrderWaiter
from fondaco.desks.exchange.order_names import named_order, open_order, order_subject
from fondaco.desks.exchange.params import arity, options
from fondaco.desks.exchange.refusals import not_open
from fondaco.desks.exchange.translate import Terms, money_units, price_ticks, size_lots

PARAMS: Final = "market, id | {client_order_id}, {amount?, price?, stop_price?}"
_CHANGES: Final = ("amount", "price", "stop_price")
_LINE: Final = "Changes an open order's amount, price or stop price."


def _amend(caller: Caller, params: list[Any], request_id: int | None) -> Pending:
    return _amend_or_hold(caller, params, request_id, may_hold=True)


def _amend_held(caller: Caller, params: list[Any], request_id: int | None) -> Pending:
    return _amend_or_hold(caller, params, request_id, may_hold=False)


def _amend_or_hold(caller: Caller, params: list[Any], request_id: int | None, *, may_hold: bool) -> Pending:
    arity(params, 3, 3, PARAMS)
    terms = caller.floor.catalogue.market(params[0])
    order_id, name = named_order(params[1])
    changes = options(params[2], _CHANGES)
    if not changes:
        raise invalid(f"nothing to change; send one of {', '.join(_CHANGES)}")
    row = open_order(caller, terms, order_id, name)
    if row is None:
        if may_hold and caller.awaits_answers:
            caller.hold(_HELD, params, request_id)
            return PENDING
        raise WireError(Code.ORDER_NOT_FOUND, not_open(order_subject(order_id, name), terms.name))
    command = Amend(
        market_id=terms.market_id,
        order_id=order_id,
        price_ticks=_price(terms, row, changes),
        amount=_amount(terms, row, changes["amount"]) if "amount" in changes else 0,
        trigger_price_ticks=_stop_price(terms, row, changes),
        client_order_id=name,
    )
    waiter = OrderWaiter(
        caller,
        request_id,
        terms,
        side_of(row),
        order_type_of(row),
        named=(order_id, name),
    )
    return submit(caller, encode_amend(caller.sender, command), waiter)


def _price(terms: Terms, row: Row, changes: dict[str, Any]) -> int:
    if "price" not in changes:
        return 0
    if order_type_of(row) == OrderType.MARKET:
        raise invalid(f"order {row[2]} is a market order and has no price; it takes amount or stop_price")
    return price_ticks(terms, changes["price"])


def _stop_price(terms: Terms, row: Row, changes: dict[str, Any]) -> int:
    if "stop_price" not in changes:
        return 0
    if not is_waiting(row):
        raise invalid(f"order {row[2]} does not wait for a trigger; it takes amount or price")
    return price_ticks(terms, changes["stop_price"], "stop_price")


def _amount(terms: Terms, row: Row, value: object) -> int:
    return money_units(terms, value) if is_by_money(row) else size_lots(terms, value)


_HELD: Final[Method] = method("order.amend", "trade", PARAMS, _amend_held, _LINE)

METHODS: Final = (method("order.amend", "trade", PARAMS, _amend, _LINE),)
