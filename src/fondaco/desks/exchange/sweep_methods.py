"""Taking all of one's orders out: now, when one falls silent, or when the connection ends.

``order.cancel_all`` does it now. ``order.dead_man`` winds a clock in the house that does it unless it is wound again;
``order.cancel_on_disconnect`` marks the orders a session puts from then on, and the desk reports the session's end to
the house (session_end.py). ``order.safeguards`` tells how both stand.

Source: exchange.notes.md, Order entry.
"""

from __future__ import annotations

from typing import Any, Final

from fondaco.core.commands import CancelOnDisconnect, DeadMan, OrdersCancel
from fondaco.core.events import CancelOnDisconnectSet, DeadManSet, Fact, OrdersCancelled
from fondaco.core.order_commands import DEAD_MAN_US_MAX
from fondaco.desks.exchange.caller import Caller, Pending
from fondaco.desks.exchange.fact_waiter import send
from fondaco.desks.exchange.method import method
from fondaco.desks.exchange.params import arity, flag, integer
from fondaco.desks.exchange.session import Session
from fondaco.desks.exchange.translate import seconds
from fondaco.wire import exchange as wire

TIMEOUT_S_MAX: Final = DEAD_MAN_US_MAX // 1_000_000


def _cancel_all(caller: Caller, params: list[Any], request_id: int | None) -> Pending:
    arity(params, 1, 1, "market | null")
    terms = None if params[0] is None else caller.floor.catalogue.market(params[0])
    command = OrdersCancel(caller.user_id(), 0 if terms is None else terms.market_id)
    return send(caller, request_id, command, cancelled, "your orders")


def cancelled(caller: Caller, fact: Fact) -> wire.Count:
    assert isinstance(fact, OrdersCancelled)
    return wire.Count(fact.count)


def _dead_man(caller: Caller, params: list[Any], request_id: int | None) -> Pending:
    arity(params, 1, 1, "seconds")
    timeout_s = integer(params[0], "seconds", 0, TIMEOUT_S_MAX)
    command = DeadMan(caller.user_id(), timeout_s * 1_000_000)
    return send(caller, request_id, command, _wound, f"a dead man of {timeout_s} seconds")


def _wound(caller: Caller, fact: Fact) -> wire.DeadManAnswer:
    assert isinstance(fact, DeadManSet)
    return wire.DeadManAnswer(seconds(fact.deadline_us) if fact.deadline_us else None)


def _cancel_on_disconnect(caller: Caller, params: list[Any], request_id: int | None) -> Pending:
    arity(params, 1, 1, "true | false")
    is_on = flag(params[0], "cancel_on_disconnect")
    assert isinstance(caller, Session), "offered on sockets alone"
    caller.end_is_reported = True
    command = CancelOnDisconnect(caller.sender.session_id, is_on)
    return send(caller, request_id, command, _switched, "this session")


def _switched(caller: Caller, fact: Fact) -> wire.Status:
    assert isinstance(fact, CancelOnDisconnectSet)
    return wire.Status()


def _safeguards(caller: Caller, params: list[Any], request_id: int | None) -> wire.Safeguards:
    arity(params, 0, 0, "")
    house, session_id = caller.floor.house, caller.sender.session_id
    deadline_us = house.dead_man_us(caller.user_id())
    return wire.Safeguards(
        seconds(deadline_us) if deadline_us else None,
        house.cancels_on_disconnect(session_id) if caller.on_socket else None,
    )


METHODS: Final = (
    method(
        "order.cancel_all",
        "trade",
        "market | null",
        _cancel_all,
        "Cancels all your orders, on one market or on all.",
        for_disabled=True,
    ),
    method(
        "order.dead_man",
        "trade",
        "seconds",
        _dead_man,
        "Cancels all your orders so many seconds from now, unless it is called again before.",
    ),
    method(
        "order.cancel_on_disconnect",
        "trade",
        "true | false",
        _cancel_on_disconnect,
        "Cancels the orders this connection puts from now on when it ends.",
        on_socket_only=True,
    ),
    method(
        "order.safeguards",
        "read",
        "",
        _safeguards,
        "How your dead man's clock stands, and cancelling on disconnect on this connection.",
        reads=True,
    ),
)
