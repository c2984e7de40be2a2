"""From the params of a put to the order it asks for: sides, amounts, prices, and every option.

The core checks each order whole and answers a wrong combination with INVALID_ARGUMENT alone. So what can be said
without the state of the market is said here, in the options' own names: which belong together, and which exclude each
other. What depends on the market (a price band, a trigger that would fire) the core says, but for ``check_trail``.

``stop_price`` or ``trail`` makes any order wait for its trigger: ``stop_price`` alone is a stop, ``trail`` alone a
trailing stop that begins at the last price. ``expire`` alone is good till that time.

Cost: about 2 µs on top of a plain order.
Source: exchange.notes.md, Order entry and Semantics.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from fondaco.core.commands import (
    CLIENT_ORDER_ID_LENGTH_MAX,
    OrderType,
    Place,
    SelfTrade,
    Side,
    TimeInForce,
    Trigger,
)
from fondaco.core.house import House
from fondaco.desks.exchange.catalogue import Catalogue
from fondaco.desks.exchange.errors import Code, WireError, invalid
from fondaco.desks.exchange.order_record import SELF_TRADES, TRIGGERS
from fondaco.desks.exchange.params import TIME_S_MAX, arity, flag, one_of, options, printable
from fondaco.desks.exchange.translate import (
    COUNT_MAX,
    Terms,
    decimal_count,
    kind_of,
    money_units,
    price_ticks,
    size_lots,
)

LIMIT_PARAMS: Final = "market, side, amount, price, {options}?"
MARKET_PARAMS: Final = "market, side, amount, {options}?"
STOP_PARAMS: Final = "market, side, amount, stop_price, price | null, {options}?"

_TRIGGER_OPTIONS: Final = ("stop_price", "trigger", "trail")
_COMMON_OPTIONS: Final = ("client_order_id", "time_in_force", "expire", "stp")
_RESTING_OPTIONS: Final = ("post_only", "display")
LIMIT_OPTIONS: Final = (*_COMMON_OPTIONS, *_RESTING_OPTIONS, *_TRIGGER_OPTIONS)
MARKET_OPTIONS: Final = (*_COMMON_OPTIONS, "amount_in", *_TRIGGER_OPTIONS)
STOP_LIMIT_OPTIONS: Final = (*_COMMON_OPTIONS, *_RESTING_OPTIONS, "trigger", "trail")
STOP_MARKET_OPTIONS: Final = (*_COMMON_OPTIONS, "trigger", "trail")

_GTC, _IOC, _FOK, _GTD = TimeInForce
_TIMES_IN_FORCE: Final = {mode.name: mode for mode in TimeInForce}
_RESTING: Final = (_GTC, _GTD)
_SELF_TRADES: Final = {
    **{name: mode for mode, name in SELF_TRADES.items()},
    "newest": SelfTrade.CANCEL_NEWEST,
    "oldest": SelfTrade.CANCEL_OLDEST,
    "both": SelfTrade.CANCEL_BOTH,
    "cn": SelfTrade.CANCEL_NEWEST,
    "co": SelfTrade.CANCEL_OLDEST,
    "cb": SelfTrade.CANCEL_BOTH,
    "dc": SelfTrade.DECREMENT,
}
_TRIGGERS: Final = {name: trigger for trigger, name in TRIGGERS.items()}
_UNITS: Final = {"stock": "stock", "money": "money"}
_TIME_DIGITS: Final = 6
_EXPIRE_US_MAX: Final = TIME_S_MAX * 1_000_000


class Entry(msgspec.Struct, frozen=True, gc=False):
    """An order to be put, with the terms its numbers were read by."""

    terms: Terms
    place: Place


class Options(msgspec.Struct):
    """What was asked for beside side, amount and price; ``None`` where nothing was said."""

    client_order_id: str = ""
    time_in_force: TimeInForce | None = None
    expire_us: int = 0
    post_only: bool = False
    self_trade: SelfTrade = SelfTrade.NONE
    display_lots: int = 0
    amount_in: str | None = None
    trigger: Trigger | None = None
    trigger_price_ticks: int = 0
    trail_ticks: int = 0


def limit_order(catalogue: Catalogue, params: list[Any]) -> Entry:
    """The params of ``order.put_limit``."""
    arity(params, 4, 5, LIMIT_PARAMS)
    terms = catalogue.market(params[0])
    order_side = side(params[1])
    asked = _read(terms, params[4], LIMIT_OPTIONS) if len(params) == 5 else Options()
    ticks = price_ticks(terms, params[3])
    lots = size_lots(terms, params[2])
    return Entry(terms, _limit(terms, order_side, lots, ticks, asked))


def market_order(catalogue: Catalogue, params: list[Any]) -> Entry:
    """The params of ``order.put_market``."""
    arity(params, 3, 4, MARKET_PARAMS)
    terms = catalogue.market(params[0])
    order_side = side(params[1])
    asked = _read(terms, params[3], MARKET_OPTIONS) if len(params) == 4 else Options()
    return Entry(terms, _market(terms, order_side, params[2], asked))


def stop_order(catalogue: Catalogue, params: list[Any]) -> Entry:
    """The params of ``order.put_stop``: with a price a stop-limit, with null a stop-market."""
    arity(params, 5, 6, STOP_PARAMS)
    terms = catalogue.market(params[0])
    order_side = side(params[1])
    known = STOP_MARKET_OPTIONS if params[4] is None else STOP_LIMIT_OPTIONS
    asked = _read(terms, params[5], known) if len(params) == 6 else Options()
    if params[3] is not None:
        asked.trigger_price_ticks = price_ticks(terms, params[3], "stop_price")
    elif not asked.trail_ticks:
        raise invalid("stop_price is null; only a trailing stop may leave it out: send stop_price, or the option trail")
    if params[4] is None:
        return Entry(terms, _market(terms, order_side, params[2], asked))
    ticks = price_ticks(terms, params[4])
    lots = size_lots(terms, params[2])
    return Entry(terms, _limit(terms, order_side, lots, ticks, asked))


def check_trail(house: House, user_id: int, entry: Entry) -> None:
    """Raises for a trailing sale that would begin at no price at all, which the core takes as one at the smallest.

    It is measured by the last price as it is when the request is read. A request that is sent again is not measured:
    the price may have fallen since.
    """
    place = entry.place
    if place.trigger is not Trigger.TRAILING or place.side is not Side.ASK or place.trigger_price_ticks:
        return
    last_ticks = house.last_price_ticks(place.market_id)
    if 0 < last_ticks <= place.trail_ticks:
        name = place.client_order_id
        if name and house.client_order(user_id, name) is not None:
            return
        terms = entry.terms
        raise WireError(
            Code.PRICE_OUT_OF_BOUNDS,
            f"trail {terms.price(place.trail_ticks)} reaches down from the last price of {terms.name}, "
            f"{terms.price(last_ticks)}, to nothing; send a smaller one, or stop_price as well",
        )


def side(value: object) -> Side:
    if type(value) is not int or value not in (Side.ASK, Side.BID):
        shown = value if type(value) is int else kind_of(value)
        raise invalid(f"side is {shown}; send 1 to sell (ask) or 2 to buy (bid)")
    return Side(value)


def client_order_id(value: object) -> str:
    return printable(value, "client_order_id", CLIENT_ORDER_ID_LENGTH_MAX)


def _read(terms: Terms, value: object, known: tuple[str, ...]) -> Options:
    """Each option by itself."""
    asked = Options()
    for name, given in options(value, known).items():
        match name:
            case "client_order_id":
                asked.client_order_id = client_order_id(given)
            case "time_in_force":
                asked.time_in_force = one_of(given, name, _TIMES_IN_FORCE)
            case "expire":
                asked.expire_us = _expire_us(given)
            case "post_only":
                asked.post_only = flag(given, name)
            case "stp":
                asked.self_trade = one_of(given, name, _SELF_TRADES)
            case "display":
                asked.display_lots = _display_lots(terms, given)
            case "amount_in":
                asked.amount_in = one_of(given, name, _UNITS)
            case "trigger":
                asked.trigger = one_of(given, name, _TRIGGERS)
            case "stop_price":
                asked.trigger_price_ticks = price_ticks(terms, given, name)
            case "trail":
                asked.trail_ticks = price_ticks(terms, given, name)
    return asked


def _expire_us(value: object) -> int:
    time_us = decimal_count(value, _TIME_DIGITS, "expire", "a time in seconds")
    if not 0 < time_us <= _EXPIRE_US_MAX:
        raise invalid(f"expire is {value}; send Unix time in seconds, like 1723132800")
    return time_us


def _display_lots(terms: Terms, value: object) -> int:
    lots = decimal_count(value, terms.amount_digits, "display", terms.name, Code.AMOUNT_OFF_STEP)
    if not 0 < lots <= COUNT_MAX:
        raise invalid(f"display is {value}; send how much of the amount the book shows, more than 0")
    return lots


# ── what goes with what ───────────────────────────────────────────────────────────────────────────────────────────────


def _limit(terms: Terms, order_side: Side, lots: int, ticks: int, asked: Options) -> Place:
    time_in_force = _time_in_force(asked, _GTC)
    if time_in_force not in _RESTING:
        for name, wanted in (("post_only", asked.post_only), ("display", asked.display_lots)):
            if wanted:
                raise invalid(f"{name} is for orders that can rest; with it, time_in_force takes GTC or GTD")
    return _place(terms, order_side, OrderType.LIMIT, time_in_force, ticks, lots, asked)


def _market(terms: Terms, order_side: Side, amount: object, asked: Options) -> Place:
    time_in_force = _time_in_force(asked, _IOC)
    usual = "money" if order_side == Side.BID else "stock"
    unit = asked.amount_in or usual
    if _trigger(asked) is Trigger.NONE:
        if time_in_force in _RESTING:
            raise invalid(
                f"time_in_force {time_in_force.name} is for orders that can rest; a market order takes IOC or FOK"
            )
    elif unit != usual:
        raise invalid(f"amount_in is {unit}; the amount of a market order with a trigger is {usual} on this side")
    if unit == "money":
        counted = money_units(terms, amount, f"a market {'bid' if usual == 'money' else 'ask with amount_in money'}")
    else:
        counted = size_lots(terms, amount)
    return _place(terms, order_side, OrderType.MARKET, time_in_force, 0, counted, asked, in_other_unit=unit != usual)


def _time_in_force(asked: Options, usual: TimeInForce) -> TimeInForce:
    if asked.time_in_force is None:
        return _GTD if asked.expire_us else usual
    if asked.expire_us and asked.time_in_force != _GTD:
        raise invalid(f"expire goes with time_in_force GTD, not with {asked.time_in_force.name}; leave one of them out")
    if asked.time_in_force == _GTD and not asked.expire_us:
        raise invalid("time_in_force GTD needs expire, the time in seconds until which the order is good")
    return asked.time_in_force


def _trigger(asked: Options) -> Trigger:
    trigger = asked.trigger
    if trigger is None:
        if asked.trail_ticks:
            return Trigger.TRAILING
        return Trigger.STOP if asked.trigger_price_ticks else Trigger.NONE
    if trigger is Trigger.TRAILING:
        if not asked.trail_ticks:
            raise invalid("trigger trailing needs trail, its distance from the last price")
    elif asked.trail_ticks:
        raise invalid(f"trail goes with trigger trailing, not with {TRIGGERS[trigger]}; leave one of them out")
    elif not asked.trigger_price_ticks:
        raise invalid(f"trigger {TRIGGERS[trigger]} needs stop_price, the last price at which the order wakes")
    return trigger


def _place(
    terms: Terms,
    order_side: Side,
    order_type: OrderType,
    time_in_force: TimeInForce,
    ticks: int,
    amount: int,
    asked: Options,
    *,
    in_other_unit: bool = False,
) -> Place:
    return Place(
        market_id=terms.market_id,
        side=order_side,
        order_type=order_type,
        time_in_force=time_in_force,
        price_ticks=ticks,
        amount=amount,
        client_order_id=asked.client_order_id,
        self_trade=asked.self_trade,
        post_only=asked.post_only,
        in_other_unit=in_other_unit,
        trigger=_trigger(asked),
        display_lots=asked.display_lots,
        trigger_price_ticks=asked.trigger_price_ticks,
        trail_ticks=asked.trail_ticks,
        expire_us=asked.expire_us,
    )
