"""What the operator of the house does: assets and markets.

Everything becomes a command and is journalled before it is answered. The core checks again whatever matters to its
state; the checks here exist to say in a sentence what is wrong. Users and keys, money, and deals have their own files.

Source: exchange.notes.md, Operator methods.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from fondaco.core.commands import AssetCreate, MarketCreate, MarketPhase, MarketUpdate, Phase
from fondaco.core.events import AssetCreated, Fact, MarketCreated, MarketPhaseSet, MarketUpdated
from fondaco.core.instruments import FEE_RATE_PPM_MAX, PRICE_BAND_PPM_MAX, SCALE_DIGITS_MAX, Asset
from fondaco.core.units import UNITS_MAX, format_rate_ppm
from fondaco.desks.exchange.caller import Caller, Pending
from fondaco.desks.exchange.errors import Code, WireError, invalid
from fondaco.desks.exchange.fact_waiter import send
from fondaco.desks.exchange.method import method
from fondaco.desks.exchange.naming import ASSETS, MARKETS, named
from fondaco.desks.exchange.params import arity, integer, one_of, options
from fondaco.desks.exchange.translate import (
    COUNT_MAX,
    PHASES,
    asset_units,
    decimal_count,
    market_terms,
    rate_ppm,
)
from fondaco.wire import exchange as wire

_CHANGEABLE_TERMS: Final = ("min_amount", "min_money", "maker_fee", "taker_fee", "price_band", "reference_price")
_MARKET_TERMS: Final = ("price_digits", "amount_digits", *_CHANGEABLE_TERMS, "phase")
_UPDATE_PARAMS: Final = "name, {" + ", ".join(f"{term}?" for term in _CHANGEABLE_TERMS) + "}"
_CREATE_PARAMS: Final = (
    "name, stock, money, {price_digits, amount_digits, "
    + ", ".join(f"{term}?" for term in (*_CHANGEABLE_TERMS, "phase"))
    + "}"
)
_PHASES: Final = {name: phase for phase, name in PHASES.items()}
#: A market that is delisted as it begins would hold its name for nothing.
_FIRST_PHASES: Final = {name: phase for name, phase in _PHASES.items() if phase != Phase.DELISTED}


def _create_asset(caller: Caller, params: list[Any], request_id: int | None) -> Pending:
    arity(params, 2, 2, "name, scale_digits")
    name = named(params[0], "name", ASSETS)
    scale_digits = integer(params[1], "scale_digits", 0, SCALE_DIGITS_MAX)
    return send(caller, request_id, AssetCreate(name, scale_digits), _asset_created, f"the asset {name}")


def _asset_created(caller: Caller, fact: Fact) -> wire.AssetTerms:
    assert isinstance(fact, AssetCreated)
    return wire.AssetTerms(fact.asset.name, fact.asset.scale_digits)


def _create_market(caller: Caller, params: list[Any], request_id: int | None) -> Pending:
    arity(params, 4, 4, _CREATE_PARAMS)
    name = named(params[0], "name", MARKETS)
    stock, money = caller.floor.catalogue.asset(params[1]), caller.floor.catalogue.asset(params[2])
    if stock is money:
        raise invalid(f"stock and money are both {stock.name}; a market trades one asset for another")
    terms = options(params[3], _MARKET_TERMS)
    for missing in ("price_digits", "amount_digits"):
        if missing not in terms:
            raise invalid(f"{missing} is missing; send the decimals that the market takes")
    price_digits = integer(terms["price_digits"], "price_digits", 0, SCALE_DIGITS_MAX)
    amount_digits = integer(terms["amount_digits"], "amount_digits", 0, SCALE_DIGITS_MAX)
    if amount_digits > stock.scale_digits:
        raise invalid(
            f"amount_digits {amount_digits} is finer than {stock.name}, which has {stock.scale_digits}; lower it"
        )
    if price_digits + amount_digits > money.scale_digits:
        raise invalid(
            f"price_digits {price_digits} + amount_digits {amount_digits} is more than the {money.scale_digits} "
            f"of {money.name}; lower one of them"
        )
    command = MarketCreate(
        name=name,
        stock=stock.name,
        money=money.name,
        price_digits=price_digits,
        amount_digits=amount_digits,
        amount_lots_min=_min_amount(terms.get("min_amount", "0"), stock, amount_digits),
        money_units_min=_min_money(terms.get("min_money", "0"), money),
        maker_fee_ppm=maker_fee_ppm(terms.get("maker_fee", "0")),
        taker_fee_ppm=taker_fee_ppm(terms.get("taker_fee", "0")),
        price_band_ppm=_band_ppm(terms.get("price_band", "0")),
        reference_price_ticks=_reference_ticks(terms.get("reference_price", "0"), price_digits),
        phase=one_of(terms["phase"], "phase", _FIRST_PHASES) if "phase" in terms else Phase.CONTINUOUS,
    )
    return send(caller, request_id, command, _market_terms, f"the market {name}")


def _update_market(caller: Caller, params: list[Any], request_id: int | None) -> Pending:
    arity(params, 2, 2, _UPDATE_PARAMS)
    market = caller.floor.catalogue.market(params[0])
    if market.market.phase == Phase.DELISTED:
        sentence = f"{market.name} is delisted, for ever, and keeps its terms; market.list shows what trades"
        raise WireError(Code.NOT_IN_THIS_PHASE, sentence)
    terms = options(params[1], _CHANGEABLE_TERMS)
    if not terms:
        raise invalid(f"nothing to change; send one of {', '.join(_CHANGEABLE_TERMS)}")
    command = MarketUpdate(
        name=market.name,
        amount_lots_min=_given(terms, "min_amount", lambda v: _min_amount(v, market.stock, market.amount_digits)),
        money_units_min=_given(terms, "min_money", lambda v: _min_money(v, market.money)),
        maker_fee_ppm=_given(terms, "maker_fee", maker_fee_ppm),
        taker_fee_ppm=_given(terms, "taker_fee", taker_fee_ppm),
        price_band_ppm=_given(terms, "price_band", _band_ppm),
        reference_price_ticks=_given(terms, "reference_price", lambda v: _reference_ticks(v, market.price_digits)),
    )
    return send(caller, request_id, command, _market_terms, f"the market {market.name}")


def _market_terms(caller: Caller, fact: Fact) -> wire.MarketTerms:
    assert isinstance(fact, MarketCreated | MarketUpdated)
    return market_terms(caller.floor.catalogue.terms(fact.market.market_id))


def _phase(caller: Caller, params: list[Any], request_id: int | None) -> Pending:
    arity(params, 2, 2, "market, phase")
    market = caller.floor.catalogue.market(params[0])
    phase = one_of(params[1], "phase", _PHASES)
    return send(caller, request_id, MarketPhase(market.name, phase), _phase_set, market.name, terms=market)


def _phase_set(caller: Caller, fact: Fact) -> wire.PhaseAnswer:
    assert isinstance(fact, MarketPhaseSet)
    terms = caller.floor.catalogue.terms(fact.market.market_id)
    return wire.PhaseAnswer(
        market=terms.name,
        phase=PHASES[fact.market.phase],
        price=terms.price(fact.uncross_price_ticks),
        amount=terms.amount(fact.uncross_lots),
        cancelled=fact.cancelled,
    )


def _given(terms: dict[str, Any], name: str, read: Callable[[object], int]) -> int | None:
    return read(terms[name]) if name in terms else None


def _min_amount(value: object, stock: Asset, digits: int) -> int:
    lots = decimal_count(value, digits, "min_amount", "this market")
    return _within(lots, "min_amount", stock.name)


def _min_money(value: object, money: Asset) -> int:
    return _within(asset_units(money, value, "min_money"), "min_money", money.name)


def _within(units: int, name: str, asset: str) -> int:
    if not 0 <= units <= UNITS_MAX:
        raise invalid(f"{name} is out of bounds; send 0 or more {asset}, within what the house can hold")
    return units


def maker_fee_ppm(value: object) -> int:
    """A maker's fee; a negative one is a rebate."""
    return _rate(value, "maker_fee", -FEE_RATE_PPM_MAX, FEE_RATE_PPM_MAX)


def taker_fee_ppm(value: object) -> int:
    return _rate(value, "taker_fee", 0, FEE_RATE_PPM_MAX)


def _band_ppm(value: object) -> int:
    return _rate(value, "price_band", 0, PRICE_BAND_PPM_MAX)


def _rate(value: object, name: str, least_ppm: int, most_ppm: int) -> int:
    ppm = rate_ppm(value, name)
    if not least_ppm <= ppm <= most_ppm:
        bounds = f'"{format_rate_ppm(least_ppm)}" to "{format_rate_ppm(most_ppm)}"'
        raise invalid(f"{name} {value} is out of bounds; it takes {bounds}")
    return ppm


def _reference_ticks(value: object, price_digits: int) -> int:
    ticks = decimal_count(value, price_digits, "reference_price", "this market")
    if not 0 <= ticks <= COUNT_MAX:
        raise invalid(f'reference_price {value} is out of bounds; send a price, or "0" for the last one')
    return ticks


METHODS: Final = (
    method("asset.create", "operate", "name, scale_digits", _create_asset, "Makes an asset."),
    method(
        "market.create",
        "operate",
        _CREATE_PARAMS,
        _create_market,
        "Makes a market; it is open at once unless another phase is named.",
        reads=True,
    ),
    method(
        "market.update",
        "operate",
        _UPDATE_PARAMS,
        _update_market,
        "Changes a market's minimums and fees for orders put from now on, and its price band.",
        reads=True,
    ),
    method("market.phase", "operate", "market, phase", _phase, "Halts a market, opens it, or ends it for ever."),
)
