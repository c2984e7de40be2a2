"""Cancelling many orders at once in the naive model: on demand, by a dead man, as a session ends, as time passes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fondaco.core import commands as c
from fondaco.core import events as e
from fondaco.core.commands import TimeInForce
from fondaco.core.events import Finish
from fondaco.core.rejects import Reject
from tests.core.reference_money import shown
from tests.core.reference_order import Refused
from tests.core.reference_trading import end

if TYPE_CHECKING:
    from tests.core.reference_house import ReferenceHouse

TIMEOUT_US_MIN = 1_000_000
TIMEOUT_US_MAX = 86_400_000_000
SESSION_ID_MAX = 2**32 - 1


def cancel_orders(house: ReferenceHouse, command: c.OrdersCancel) -> e.OrdersCancelled:
    if command.user_id not in house.users:
        raise Refused(Reject.UNKNOWN_USER)
    if command.market_id and command.market_id not in house.markets:
        raise Refused(Reject.UNKNOWN_MARKET, 0, command.market_id)
    orders = house.newest_first(command.user_id)
    there = [order for order in orders if command.market_id in (0, order.market.market_id)]
    for order in there:
        end(house, order, Finish.BY_OPERATOR if command.by_operator else Finish.CANCELLED)
    return e.OrdersCancelled(command.user_id, command.market_id, len(there))


def set_dead_man(house: ReferenceHouse, command: c.DeadMan) -> e.DeadManSet:
    if command.user_id not in house.users:
        raise Refused(Reject.UNKNOWN_USER)
    if command.timeout_us == 0:
        house.dead_men.pop(command.user_id, None)
        return e.DeadManSet(command.user_id, 0)
    if command.timeout_us < TIMEOUT_US_MIN:
        raise Refused(Reject.INVALID_ARGUMENT, TIMEOUT_US_MIN, shown(command.timeout_us))
    if command.timeout_us > TIMEOUT_US_MAX:
        raise Refused(Reject.INVALID_ARGUMENT, TIMEOUT_US_MAX, shown(command.timeout_us))
    house.dead_men[command.user_id] = house.time_us + command.timeout_us
    return e.DeadManSet(command.user_id, house.dead_men[command.user_id])


def meet_deadlines(house: ReferenceHouse) -> None:
    """What is due by now, the earliest first; of the same time orders first, then dead men."""
    due = [
        (order.place.expire_us, 0, order.order_id)
        for order in house.orders.values()
        if order.place.time_in_force == TimeInForce.GTD
    ]
    due += [(deadline_us, 1, user_id) for user_id, deadline_us in house.dead_men.items()]
    for deadline_us, kind, number in sorted(due):
        if deadline_us > house.time_us:
            return
        if kind == 0:
            if number in house.orders:  # a dead man may have been there before
                end(house, house.orders[number], Finish.EXPIRED)
        else:
            del house.dead_men[number]
            for order in house.newest_first(number):
                end(house, order, Finish.DEAD_MAN)


def set_cancel_on_disconnect(house: ReferenceHouse, command: c.CancelOnDisconnect) -> e.CancelOnDisconnectSet:
    _check_session(command.session_id)
    if command.is_on:
        house.sessions_on.setdefault(command.session_id, set())
    else:
        house.sessions_on.pop(command.session_id, None)
        for order in house.orders.values():
            if order.session_id == command.session_id:
                order.session_id = 0
    return e.CancelOnDisconnectSet(command.session_id, command.is_on)


def end_session(house: ReferenceHouse, command: c.SessionEnd) -> e.SessionEnded:
    _check_session(command.session_id)
    return e.SessionEnded(command.session_id, _end_session(house, command.session_id))


def open_house(house: ReferenceHouse) -> e.SessionEnded:
    return e.SessionEnded(0, sum(_end_session(house, session_id) for session_id in sorted(house.sessions_on)))


def _check_session(session_id: int) -> None:
    if not 1 <= session_id <= SESSION_ID_MAX:
        raise Refused(Reject.INVALID_ARGUMENT, SESSION_ID_MAX, shown(session_id))


def _end_session(house: ReferenceHouse, session_id: int) -> int:
    if session_id not in house.sessions_on:
        return 0
    del house.sessions_on[session_id]
    count = 0
    for user_id in sorted(house.users):
        for order in house.newest_first(user_id):
            if order.session_id == session_id:
                end(house, order, Finish.DISCONNECTED)
                count += 1
    return count
