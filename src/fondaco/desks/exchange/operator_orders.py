"""What the operator does about users' orders and deals: their fees, cancelling for them, taking a deal back.

A bust needs the terms of its deal, which the core does not keep: they are read from history, which is waited for, so
a deal that was seen can be busted.

Source: exchange.notes.md, Operator methods.
"""

from __future__ import annotations

from functools import partial
from typing import Any, Final

from fondaco.core.commands import FeesSet, OrdersCancel, Side, TradeBust
from fondaco.core.events import Fact, TradeBusted, UserFeesSet, side_of
from fondaco.core.instruments import UserFees
from fondaco.core.money_commands import REASON_LENGTH_MAX
from fondaco.core.units import format_rate_ppm
from fondaco.desks.exchange.caller import Caller, Pending
from fondaco.desks.exchange.errors import invalid
from fondaco.desks.exchange.fact_waiter import send, send_asked
from fondaco.desks.exchange.method import method
from fondaco.desks.exchange.operator_methods import maker_fee_ppm, taker_fee_ppm
from fondaco.desks.exchange.operator_params import known_user
from fondaco.desks.exchange.params import arity, integer, options, text
from fondaco.desks.exchange.refusals import Asked
from fondaco.desks.exchange.sweep_methods import cancelled
from fondaco.desks.exchange.trade_busts import busted_sides, short_side
from fondaco.desks.exchange.translate import COUNT_MAX
from fondaco.wire import exchange as wire

_FEES_PARAMS: Final = "user, market | null, {maker_fee, taker_fee} | null"


def _cancel_user(caller: Caller, params: list[Any], request_id: int | None) -> Pending:
    arity(params, 2, 2, "user, market | null")
    user = known_user(caller, params[0])
    terms = None if params[1] is None else caller.floor.catalogue.market(params[1])
    command = OrdersCancel(user.user_id, 0 if terms is None else terms.market_id, by_operator=True)
    return send(caller, request_id, command, cancelled, f"the orders of {user.name}")


def _set_fees(caller: Caller, params: list[Any], request_id: int | None) -> Pending:
    arity(params, 3, 3, _FEES_PARAMS)
    user = known_user(caller, params[0])
    market = None if params[1] is None else caller.floor.catalogue.market(params[1]).market
    name = "" if market is None else market.name
    if params[2] is None:
        command = FeesSet(user.user_id, name)
    else:
        given = options(params[2], ("maker_fee", "taker_fee"))
        for missing in ("maker_fee", "taker_fee"):
            if missing not in given:
                raise invalid(f"{missing} is missing; send both fees, or null to end the user's own")
        maker_ppm, taker_ppm = maker_fee_ppm(given["maker_fee"]), taker_fee_ppm(given["taker_fee"])
        command = FeesSet(user.user_id, name, maker_ppm, taker_ppm)
    return send(caller, request_id, command, _fees_set, f"the fees of {user.name}")


def _fees_set(caller: Caller, fact: Fact) -> wire.FeesRecord:
    assert isinstance(fact, UserFeesSet)
    return _fees_record(caller, fact.fees)


def _fees_record(caller: Caller, fees: UserFees) -> wire.FeesRecord:
    maker_ppm, taker_ppm = fees.maker_fee_ppm, fees.taker_fee_ppm
    return wire.FeesRecord(
        user=fees.user_id,
        market=caller.floor.catalogue.terms(fees.market_id).name if fees.market_id else None,
        maker_fee=None if maker_ppm is None else format_rate_ppm(maker_ppm),
        taker_fee=None if taker_ppm is None else format_rate_ppm(taker_ppm),
    )


def _list_fees(caller: Caller, params: list[Any], request_id: int | None) -> list[wire.FeesRecord]:
    arity(params, 1, 1, "user")
    user = known_user(caller, params[0])
    return [_fees_record(caller, fees) for fees in caller.floor.house.user_fees(user.user_id)]


async def _bust(caller: Caller, params: list[Any], request_id: int | None) -> Pending:
    arity(params, 3, 3, "market, deal_id, reason")
    floor = caller.floor
    terms = floor.catalogue.market(params[0])
    deal_id = integer(params[1], "deal_id", 1, COUNT_MAX)
    reason = text(params[2], "reason", REASON_LENGTH_MAX)
    await floor.history.wait_for(floor.runtime.durable_seq)
    fill = await floor.history.fill(terms.market_id, deal_id)
    if fill is None:
        raise invalid(f"unknown deal: {deal_id} on {terms.name}; deals.query lists them")
    command = TradeBust(
        market_id=terms.market_id,
        deal_id=deal_id,
        taker_user_id=fill[8] & 0xFFFF_FFFF,
        maker_user_id=fill[8] >> 32,
        taker_side=Side(side_of(fill)),
        size_lots=fill[4],
        money_units=fill[5],
        taker_fee_units=fill[9],
        maker_fee_units=fill[10],
        reason=reason,
    )
    asked = Asked(subject=f"deal {deal_id} of {terms.name}", short=partial(short_side, floor.house, terms, command))
    return send_asked(caller, request_id, command, _busted, asked)


def _busted(caller: Caller, fact: Fact) -> list[wire.BustedSide]:
    assert isinstance(fact, TradeBusted)
    return busted_sides(caller.floor.catalogue.terms(fact.market_id), fact)


METHODS: Final = (
    method("order.cancel_user", "operate", "user, market | null", _cancel_user, "Cancels a user's orders."),
    method("trade.bust", "operate", "market, deal_id, reason", _bust, "Takes a deal back, once; both sides are told."),
    method("user.fees", "operate", _FEES_PARAMS, _set_fees, "Gives a user fees of his own, or ends them.", reads=True),
    method("fees.query", "operate", "user", _list_fees, "A user's own fees.", reads=True),
)
