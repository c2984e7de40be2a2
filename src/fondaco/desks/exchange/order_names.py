"""How a request names an order that was put before: by the house's id, or by its ``client_order_id``.

Who looks for his order on the wrong market is told the right one; of others' orders nothing is told.
"""

from __future__ import annotations

from msgspec.structs import replace

from fondaco.core.events import Row, market_id_of
from fondaco.desks.exchange.caller import Caller
from fondaco.desks.exchange.errors import Code, WireError, invalid
from fondaco.desks.exchange.order_entry import client_order_id
from fondaco.desks.exchange.params import integer, obj
from fondaco.desks.exchange.refusals import Asked, another_users, not_open
from fondaco.desks.exchange.translate import COUNT_MAX, Terms, kind_of


def open_order(caller: Caller, terms: Terms, order_id: int, name: str) -> Row | None:
    """One of the caller's open orders; raises if it is another's, or the caller's own on another market."""
    house, user_id = caller.floor.house, caller.user_id()
    where = other_market(caller, terms, order_id, name)
    if where:
        raise WireError(Code.ORDER_NOT_FOUND, not_open(order_subject(order_id, name), terms.name, where))
    if name:
        order_id = house.client_order(user_id, name) or 0
    row = house.order(order_id) if order_id else None
    if row is None or market_id_of(row) != terms.market_id:
        return None
    if row[3] != user_id:
        raise WireError(Code.USER_NOT_MATCH, another_users(f"order {order_id}"))
    return row


def other_market(caller: Caller, terms: Terms, order_id: int, name: str) -> str:
    """Where the caller's order is, if not on the market that was named; empty if it is there, or not known at all."""
    house, user_id = caller.floor.house, caller.user_id()
    row = house.client_order_row(user_id, name) if name else house.order(order_id)
    if row is None or row[3] != user_id or market_id_of(row) == terms.market_id:
        return ""
    return caller.floor.catalogue.terms(market_id_of(row)).name


def asked_of(caller: Caller, terms: Terms, order_id: int, name: str) -> Asked:
    """What a refusal to cancel an order speaks of."""
    subject = order_subject(order_id, name)
    return Asked(terms, subject=subject, other_market=other_market(caller, terms, order_id, name))


def asked_of_place(
    caller: Caller, terms: Terms, side: int, order_type: int, client_order_id: str, *, in_other_unit: bool = False
) -> Asked:
    """What a refusal of a new order speaks of."""
    asked = Asked(terms, side, order_type, in_other_unit=in_other_unit, client_order_id=client_order_id)
    row = caller.floor.house.client_order_row(caller.user_id(), client_order_id) if client_order_id else None
    return replace(asked, other_market=caller.floor.catalogue.terms(market_id_of(row)).name) if row else asked


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
    """An order that is neither open nor finished, as far as can be told by how it was named."""
    sentence = f"order not found: there is no {order_subject(order_id, name)} on {terms.name}; "
    sentence += "order.query lists your open orders, order.history the others"
    if name:
        sentence += ", as a client_order_id is forgotten 24 hours after its order ended"
    return WireError(Code.ORDER_NOT_FOUND, sentence)
