"""What ends many orders at once, or may later: sweeps, dead men, sessions, and the phases of a market."""

from __future__ import annotations

from msgspec.structs import replace

from fondaco.core import commands as c
from fondaco.core import events as e
from fondaco.core.commands import Phase
from fondaco.core.due_kind import DueKind
from fondaco.core.engine import Matching
from fondaco.core.events import Finish
from fondaco.core.naming_commands import put_market
from fondaco.core.refusal import Refusal, shown
from fondaco.core.register import Register
from fondaco.core.rejects import Reject

DEAD_MAN_US_MIN = 1_000_000
DEAD_MAN_US_MAX = 86_400_000_000
SESSION_ID_MAX = (1 << 32) - 1


def cancel_orders(command: c.OrdersCancel, register: Register, matching: Matching) -> e.Fact | Refusal:
    if command.user_id not in register.users:
        return Reject.UNKNOWN_USER, 0, 0
    if command.market_id != 0 and command.market_id not in register.markets:
        return Reject.UNKNOWN_MARKET, 0, shown(command.market_id)
    finish = Finish.BY_OPERATOR if command.by_operator else Finish.CANCELLED
    count = matching.floor.end_all(command.user_id, command.market_id, finish)
    return e.OrdersCancelled(command.user_id, command.market_id, count)


# dead men


def set_dead_man(command: c.DeadMan, register: Register, matching: Matching) -> e.Fact | Refusal:
    if command.user_id not in register.users:
        return Reject.UNKNOWN_USER, 0, 0
    if command.timeout_us == 0:
        matching.floor.due.drop(DueKind.DEAD_MAN, command.user_id)
        return e.DeadManSet(command.user_id, 0)
    if command.timeout_us < DEAD_MAN_US_MIN:
        return Reject.INVALID_ARGUMENT, DEAD_MAN_US_MIN, shown(command.timeout_us)
    if command.timeout_us > DEAD_MAN_US_MAX:
        return Reject.INVALID_ARGUMENT, DEAD_MAN_US_MAX, shown(command.timeout_us)
    deadline_us = matching.rows.time_us + command.timeout_us
    matching.floor.due.set(DueKind.DEAD_MAN, command.user_id, deadline_us)
    return e.DeadManSet(command.user_id, deadline_us)


# sessions


def set_cancel_on_disconnect(command: c.CancelOnDisconnect, matching: Matching) -> e.Fact | Refusal:
    if not 1 <= command.session_id <= SESSION_ID_MAX:
        return Reject.INVALID_ARGUMENT, SESSION_ID_MAX, shown(command.session_id)
    if command.is_on:
        matching.placing.sessions.setdefault(command.session_id, {})
    else:
        for user_id in matching.placing.sessions.pop(command.session_id, {}):
            matching.floor.untag(user_id, command.session_id)
    return e.CancelOnDisconnectSet(command.session_id, command.is_on)


def end_session(command: c.SessionEnd, matching: Matching) -> e.Fact | Refusal:
    if not 1 <= command.session_id <= SESSION_ID_MAX:
        return Reject.INVALID_ARGUMENT, SESSION_ID_MAX, shown(command.session_id)
    return e.SessionEnded(command.session_id, _ended(command.session_id, matching))


def open_house(matching: Matching) -> e.Fact | Refusal:
    return e.SessionEnded(0, sum(_ended(session_id, matching) for session_id in sorted(matching.placing.sessions)))


def _ended(session_id: int, matching: Matching) -> int:
    users = matching.placing.sessions.pop(session_id, {})
    return sum(matching.floor.end_session(user_id, session_id) for user_id in sorted(users))


# phases


def set_phase(command: c.MarketPhase, register: Register, matching: Matching) -> e.Fact | Refusal:
    market_id = register.market_ids.get(command.name)
    if market_id is None:
        return Reject.UNKNOWN_MARKET, 0, 0
    old = register.markets[market_id]
    if old.phase == Phase.DELISTED:
        return Reject.MARKET_DELISTED, 0, market_id
    market = replace(old, phase=command.phase)
    if command.phase == Phase.DELISTED:
        cancelled = matching.auction.delist(market_id)
        put_market(market, register, matching)
        return e.MarketPhaseSet(market, cancelled=cancelled)
    put_market(market, register, matching)
    if command.phase in (Phase.CONTINUOUS, Phase.CLOSE_ONLY):
        price_ticks, lots = matching.auction.uncross(market_id)
        return e.MarketPhaseSet(market, price_ticks, lots)
    return e.MarketPhaseSet(market)
