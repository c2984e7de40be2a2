"""How a request names an order that was put before: by the house's id, or by its ``client_order_id``."""

from __future__ import annotations

from fondaco.core.events import Row, market_id_of
from fondaco.desks.exchange.caller import Caller
from fondaco.desks.exchange.errors import Code, WireError, invalid
from fondaco.desks.exchange.order_entry import client_order_id
from fondaco.desks.exchange.params import integer, obj
from fondaco.desks.exchange.translate import COUNT_MAX, Terms, kind_of


def open_order(caller: Caller, terms: Terms, order_id: int, name: str) -> Row | None:
    """One of the caller's open orders; raises if it is another's, or on another market."""
    house, user_id = caller.floor.house, caller.user_id()
    if name:
        order_id = house.client_order(user_id, name) or 0
    row = house.order(order_id) if order_id else None
    if row is None:
        return None
    if market_id_of(row) != terms.market_id:
        raise not_found(terms, order_id, name)
    if row[3] != user_id:
        raise WireError(Code.USER_NOT_MATCH, f"user not match: order {order_id} is another user's")
    return row


def named_order(value: object) -> tuple[int, str]:
    """An order by its id, or by ``{client_order_id}``."""
    if type(value) is int:
        return integer(value, "id", 1, COUNT_MAX), ""
    if type(value) is not dict:
        raise invalid(f"id is {kind_of(value)}; send the order's id as an integer, or an object with client_order_id")
    given = obj(value, "id")
    if list(given) != ["client_order_id"]:
        raise invalid("an order is named by its id, or by an object with client_order_id alone")
    return 0, client_order_id(given["client_order_id"])


def order_subject(order_id: int, name: str) -> str:
    """An order as a sentence calls it: by its ``client_order_id`` if that is how it was named."""
    return f"client_order_id {name}" if name else f"order {order_id}"


def not_found(terms: Terms, order_id: int, name: str) -> WireError:
    sentence = f"order not found: {order_subject(order_id, name)} on {terms.name}"
    if name:
        sentence += "; a client_order_id is remembered for 24 hours after its order ended"
    return WireError(Code.ORDER_NOT_FOUND, sentence)
