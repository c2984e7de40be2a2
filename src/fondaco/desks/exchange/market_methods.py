"""Markets: candles, prices, the state of a period and of the day, deals, depth.

Price and depth are asked of the house as it is now; the rest of the history, which is waited for, so that it never
lags behind what the asker has seen.

Source: exchange.md, Inquire Interface; exchange.notes.md, Depth, Kline, Deals, state / today.
"""

from __future__ import annotations

from functools import partial
from typing import Any, Final

import msgspec

from fondaco.core.commands import Side
from fondaco.desks.exchange.caller import Caller
from fondaco.desks.exchange.errors import invalid
from fondaco.desks.exchange.long_answers import json_list
from fondaco.desks.exchange.method import method
from fondaco.desks.exchange.params import arity, array, integer, period
from fondaco.desks.exchange.translate import (
    COUNT_MAX,
    Terms,
    candle,
    deal_of_history,
    interval_ticks,
    levels,
    market_state,
    market_terms,
    market_today,
)
from fondaco.projections.market_reads import STATE_PERIOD_S_MAX
from fondaco.projections.periods import MONTH_S, is_interval
from fondaco.wire import exchange as wire

_INTERVALS: Final = (
    "below 60 it divides 60; below 3600 it is whole minutes and divides 3600; below 86400 it is whole hours and "
    "divides 86400; then whole days below a week, 604800 (a week) or 2592000 (a month)"
)


def _list(caller: Caller, params: list[Any], request_id: int | None) -> list[wire.MarketTerms]:
    arity(params, 0, 0, "")
    return [market_terms(terms) for terms in caller.floor.catalogue.markets()]


def _price(caller: Caller, params: list[Any], request_id: int | None) -> str:
    arity(params, 1, 1, "market")
    terms = caller.floor.catalogue.market(params[0])
    return terms.price(caller.floor.house.last_price_ticks(terms.market_id))


def _depth(caller: Caller, params: list[Any], request_id: int | None) -> wire.Depth:
    arity(params, 3, 3, "market, limit, interval")
    floor = caller.floor
    terms = floor.catalogue.market(params[0])
    limit = integer(params[1], "limit", 1, floor.limits.depth_levels_max)
    ticks = interval_ticks(terms, params[2])
    asks = floor.house.depth(terms.market_id, Side.ASK, limit, ticks)
    bids = floor.house.depth(terms.market_id, Side.BID, limit, ticks)
    return wire.Depth(levels(terms, asks), levels(terms, bids))


async def _kline(caller: Caller, params: list[Any], request_id: int | None) -> msgspec.Raw:
    arity(params, 4, 4, "market, start, end, interval")
    floor = caller.floor
    terms = floor.catalogue.market(params[0])
    start_s, end_s = period(params[1], params[2])
    interval_s = kline_interval(params[3])
    await floor.history.wait_for(floor.runtime.durable_seq)
    now_s = floor.now_s()
    candles = await floor.history.klines(terms.market_id, start_s, end_s or now_s, interval_s, now_s)
    return await json_list(candles[-floor.limits.kline_rows_max :], partial(candle, terms))


async def _deals(caller: Caller, params: list[Any], request_id: int | None) -> msgspec.Raw:
    arity(params, 3, 3, "market, limit, last_id")
    floor = caller.floor
    terms = floor.catalogue.market(params[0])
    limit = integer(params[1], "limit", 1, floor.limits.deals_rows_max)
    last_id = integer(params[2], "last_id", 0, COUNT_MAX)
    await floor.history.wait_for(floor.runtime.durable_seq)
    entries = await floor.history.deals(terms.market_id, limit, last_id)
    return await json_list(entries, partial(deal_of_history, terms))


async def _state(
    caller: Caller, params: list[Any], request_id: int | None
) -> wire.MarketState | dict[str, wire.MarketState]:
    arity(params, 2, 2, "market | [markets], period")
    floor = caller.floor
    markets = _markets(caller, params[0])
    period_s = integer(params[1], "period", 1, STATE_PERIOD_S_MAX)
    await floor.history.wait_for(floor.runtime.durable_seq)
    now_s = floor.now_s()
    states = {
        terms.name: market_state(terms, period_s, await floor.history.state(terms.market_id, period_s, now_s))
        for terms in markets
    }
    return states if type(params[0]) is list else states[params[0]]


async def _today(
    caller: Caller, params: list[Any], request_id: int | None
) -> wire.MarketToday | dict[str, wire.MarketToday]:
    arity(params, 1, 1, "market | [markets]")
    floor = caller.floor
    markets = _markets(caller, params[0])
    await floor.history.wait_for(floor.runtime.durable_seq)
    now_s = floor.now_s()
    states = {terms.name: market_today(terms, await floor.history.today(terms.market_id, now_s)) for terms in markets}
    return states if type(params[0]) is list else states[params[0]]


def _markets(caller: Caller, value: object) -> list[Terms]:
    """One market, or some of them."""
    if type(value) is not list:
        return [caller.floor.catalogue.market(value)]
    names = array(value, "markets", caller.floor.limits.query_rows_max)
    return [caller.floor.catalogue.market(name) for name in names]


def kline_interval(value: object) -> int:
    interval_s = integer(value, "interval", 1, MONTH_S)
    if not is_interval(interval_s):
        raise invalid(f"interval {interval_s} is no length of a candle: {_INTERVALS}")
    return interval_s


METHODS: Final = (
    method("market.list", None, "", _list, "All markets, with their digits, minimums and fees.", reads=True),
    method("kline.query", None, "market, start, end, interval", _kline, "Candles of a time, oldest first.", reads=True),
    method("price.query", None, "market", _price, "The price of the last deal.", reads=True),
    method("state.query", None, "market | [markets], period", _state, "A market over a rolling period.", reads=True),
    method("today.query", None, "market | [markets]", _today, "A market over the calendar day.", reads=True),
    method("deals.query", None, "market, limit, last_id", _deals, "The latest deals, newest first.", reads=True),
    method("depth.query", None, "market, limit, interval", _depth, "The book, by price or merged.", reads=True),
)
